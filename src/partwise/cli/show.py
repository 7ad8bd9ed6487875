"""``partwise show``: a model file in words."""

from __future__ import annotations

from typing import Any

import click

from partwise.cli import options
from partwise.cli.refusals import USAGE, Refusal
from partwise.cli.voice import Voice

__all__ = ["show"]


@click.command()
@options.model_file
@click.option("--component", type=click.IntRange(min=0), metavar="N", help="Only this one, with weights; from 0.")
@click.option("--top", type=click.IntRange(min=1), default=10, show_default=True, help="Features per component.")
@options.plots
@options.voice
def show(model: str, component: int | None, top: int, plots: str | None, voice: Voice) -> None:
    """Tell what a model file holds: the fit in words, the top features of every component, and what made it.

    MODEL is a .pw file that a verb or `model.save()` wrote.
    """
    from partwise.cli.apply import load_fitted, load_topics
    from partwise.cli.components import feature_names, tell_components, top_features
    from partwise.cli.pictures import fit_pictures, prepare_plots, tell_drawn
    from partwise.persist import describe

    prepare_plots(plots, voice)
    if (topics := load_topics(model)) is not None:
        from partwise.cli.topic_files import show_topics

        wanted(component, topics.n_topics_, model)
        show_topics(topics, model, component, top, plots, voice)
        return
    if describe(model)["class"] == "Recommender":
        from partwise.cli.recommend_files import show_tastes

        show_tastes(model, component, top, plots, voice)
        return
    fitted, described = load_fitted(model), describe(model)
    chosen = wanted(component, len(fitted.components_), model)
    names = feature_names(fitted)
    parts = [{"component": q, "top": top_features(fitted.components_[q], names, top)} for q in chosen]
    info = fitted.info()
    if component is None:
        voice.say(info + "\n")
        tell_components(voice, parts, "top features")
        tell_origin(voice, described)
    else:
        voice.say(f"Component {component} of {model}")
        rows = [[part["feature"], f"{part['weight']:.6g}"] for part in parts[0]["top"]]
        voice.table(["feature", "weight"], rows, right=(1,))
    tell_drawn(voice, plots, fit_pictures(fitted))
    facts = {name: described[name] for name in ("class", "params", "versions")}
    voice.result({"verb": "show", "model": model, **facts, "info": info, "components": parts})


def wanted(component: int | None, k: int, path: str) -> list[int]:
    """The numbers of the components to show."""
    if component is not None and component >= k:
        raise Refusal(
            f"{path} has {k} components, numbered from 0 to {k - 1}; there is no component {component}.", USAGE
        )
    return list(range(k)) if component is None else [component]


def tell_origin(voice: Voice, described: dict[str, Any]) -> None:
    """The versions that wrote the file and the parameters of the fit."""
    made = ", ".join(f"{name} {version}" for name, version in described["versions"].items())
    given = ", ".join(f"{name}={value!r}" for name, value in described["params"].items())
    voice.say(f"\nWritten by: {made}\nParameters: {given}")
    if "offset_" in described["attributes"]:
        voice.say("Columns were raised by --negatives shift; apply does the same.")
