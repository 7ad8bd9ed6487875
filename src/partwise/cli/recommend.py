"""``partwise recommend``: a long table of ratings or purchases into recommendations, and how good they are."""

from __future__ import annotations

import contextlib
import re
import warnings
from collections.abc import Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.refusals import BAD_DATA, USAGE, Refusal
from partwise.cli.stdin import file_or_stdin
from partwise.cli.voice import Voice
from partwise.cli.words import as_flags, flags

if TYPE_CHECKING:
    from partwise.apps.ratings import Ratings

__all__ = ["recommend"]


class Test(click.ParamType):
    """How to hold out a part."""

    name = "way:share"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text, known to be right."""
        text = str(value).strip()
        if not re.fullmatch(r"none|last:[1-9]\d*|(time|global|random):0?\.\d*[1-9]\d*", text):
            self.fail(
                f"{value!r} is no way to hold out a part. Write time:0.2 (the latest of each user), last:1, global:0.2 "
                "(the latest of all), random:0.2, or none."
            )
        return text


table = options.together(
    click.option("--user", metavar="COL", help="Column of users; default: guessed from the names, and told."),
    click.option("--item", metavar="COL", help="Column of items."),
    click.option("--rating", metavar="COL", help="Column of ratings (with --implicit: of counts)."),
    click.option("--time", metavar="COL", help="Column of times: numbers or dates."),
    click.option("--explicit/--implicit", default=None, help="Ratings are opinions, or signs of interest that count."),
    click.option("--negatives", type=click.Choice(("error", "drop", "shift")), default="error", show_default=True,
                 help="Ratings below 0: refuse, leave out, or raise all ratings."),
    click.option("--titles", metavar="FILE", help="Titles of items: a table whose first two columns are item, title."),
    click.option("--encoding", default="utf-8", show_default=True, help="Of the files; cp1252 is a common other one."),
)  # fmt: skip
"""How a file becomes ratings."""

questions = options.together(
    click.option("--for", "for_users", metavar="USER|FILE", multiple=True,
                 help="Recommend for this user, or each user of a file (a line each); repeatable. Default: all."),
    click.option("--new-user", metavar="FILE", help="Recommend for somebody new: a table of item[,rating]."),
    click.option("-n", "--number", type=click.IntRange(min=1), default=10, show_default=True,
                 help="Recommendations per user, and length of the lists that are judged."),
    click.option("--include-seen", is_flag=True, help="Recommend what the user has already, too."),
    click.option("--fallback", type=click.Choice(("error", "popular")), default="error", show_default=True,
                 help="For unknown users: refuse, or recommend what most users have."),
    click.option("--similar", metavar="ITEM", help="List the items most like this one."),
    click.option("--test", type=Test(), default="time:0.2", show_default=True,
                 help="What to hold out for judging: time:SHARE, last:N, global:SHARE, random:SHARE or none."),
    options.views,
)  # fmt: skip
"""What is asked of the tastes."""

fitting = options.together(
    click.option("-k", "--components", type=options.Size(), metavar="N", help="Tastes; default: 20 (implicit: 32)."),
    click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="For the start."),
    click.option("--max-iter", type=click.IntRange(min=1), default=500, show_default=True, help="Most iterations."),
    click.option("--tol", type=options.Number(min=0), default=1e-3, show_default=True, help="When it has converged."),
    click.option("--no-tune", is_flag=True, help="Take the usual strengths, not those that held-out cells choose."),
    click.option("--force", is_flag=True, help="Allow -k above the smaller side of the table."),
    click.option("--strict", is_flag=True, help="Exit with 4 if the fit has not converged."),
    options.threads,
)
"""What decides the model."""

IN_WORDS = flags("user", "item", "rating", "time", "negatives")


@click.command()
@file_or_stdin("source")
@table
@questions
@fitting
@options.folder("Where to write recommendations.csv, tastes.csv, metrics.json, model.pw; default: NAME-recommend.")
@options.voice
def recommend(source: str, voice: Voice, **chosen: Any) -> None:
    """Recommend items to users, from ratings or purchases.

    SOURCE is a .csv, .tsv, .jsonl (also .gz), .parquet or .xlsx file, or - for standard input, with a row per rating:
    user, item, rating and perhaps time. Without a rating it is a purchase history. The model is judged on what is held
    out, beside the baselines, and then fitted to everything. A model.pw of an earlier run is taken as it is.
    """
    from partwise.cli import recommend_files as files
    from partwise.cli.components import default_folder
    from partwise.cli.pages import write_report
    from partwise.cli.run import fingerprints

    chosen["for_users"] = list(chosen["for_users"])
    with as_flags(IN_WORDS):
        model = files.load_model(source)
        ratings = read_table(source, chosen, voice) if model is None else files.ratings_of(model)
        titles = files.read_titles(chosen["titles"], chosen["encoding"])
        new_user = files.read_new_user(chosen)
    check_tastes(chosen, ratings)
    check_asked(chosen, ratings, titles)
    chosen["out"] = chosen["out"] or default_folder(source, "recommend")
    folder = files.prepare_folder(chosen, voice)
    inputs = {"source": source, "titles": chosen["titles"], "new_user": chosen["new_user"]}
    sha256 = fingerprints({name: path for name, path in inputs.items() if path is not None}, voice)

    with as_flags(IN_WORDS), unwarned():
        metrics, seconds = None, 0.0
        if model is None:
            metrics, settings = judged(ratings, chosen, voice)
            model, seconds = fitted(ratings, settings or new_settings(chosen), voice)
        model.set_titles({**model.titles_, **titles})
        found = files.findings(model, ratings, metrics, chosen, new_user)
    written = files.write(folder, model, found, {**chosen, "source": source}, sha256)
    page = write_report(voice, chosen["report"], model, sha256=sha256["source"])
    files.tell(voice, model, found, source, seconds, chosen)
    voice.say(f"\nWrote {', '.join(written)} to {folder}{''.join(f' and {path}' for path in page.values())}")
    said = files.for_machines(model, found, seconds, written, folder, {**chosen, "source": source})
    voice.result(said | {"files": said["files"] | page})
    from partwise.cli.fit import ending

    ending(model.model_, chosen["strict"])


# ------------------------------------------------------------------ before


def read_table(source: str, chosen: dict[str, Any], voice: Voice) -> Ratings:
    """The ratings of a file; tells what was inferred."""
    from partwise.apps.ratings import read_ratings

    explicit = chosen["explicit"]
    ratings = read_ratings(
        source,
        **{name: chosen[name] for name in ("user", "item", "rating", "time", "negatives", "encoding")},
        implicit=None if explicit is None else not explicit,
    )
    for note in ratings.notes:
        voice.note(IN_WORDS(note))
    return ratings


def check_tastes(chosen: dict[str, Any], ratings: Ratings) -> None:
    """Refuse more tastes than the table can tell apart."""
    from partwise.cli.fit import check_size

    if chosen["components"] is not None:
        check_size(chosen["components"], ratings.shape, chosen["force"])


def check_asked(chosen: dict[str, Any], ratings: Ratings, titles: dict[str, str]) -> None:
    """Refuse users and items that do not exist, before the fit."""
    from partwise.cli.recommend_files import read_users

    chosen_users = read_users(chosen["for_users"], ratings, chosen["encoding"])
    known = set(ratings.users)
    unknown = [user for user in chosen_users if user not in known]
    if unknown and chosen["fallback"] == "error":
        more = f" ({len(unknown):,} of {len(chosen_users):,} users are unknown.)" if len(unknown) > 1 else ""
        raise Refusal(
            f"User {unknown[0]} is not in the model. Give their ratings with --new-user ratings{unknown[0]}.csv, "
            f"or get popular items with --fallback popular.{more}",
            BAD_DATA,
        )
    item = chosen["similar"]
    if item is not None and item not in {*ratings.items, *titles.values()}:
        raise Refusal(f"--similar: there is no item {item!r} in the table.", USAGE)


# ------------------------------------------------------------------ the fits


def new_settings(chosen: dict[str, Any]) -> dict[str, Any]:
    """The parameters of the model that the options describe."""
    return {
        "n_components": chosen["components"],
        "tune": not chosen["no_tune"],
        "tol": chosen["tol"],
        "max_iter": chosen["max_iter"],
        "random_state": chosen["seed"],
        "n_jobs": chosen["threads"],
    }


def judged(ratings: Ratings, chosen: dict[str, Any], voice: Voice) -> tuple[Any, dict[str, Any] | None]:
    """The table of models beside each other (None without a test), and the settings that were chosen for it."""
    from partwise.apps.ratings import Recommender, compare, split

    if chosen["test"] == "none":
        return None, None
    by, share = chosen["test"].split(":")
    train, test, notes = split(ratings, by, float(share), chosen["seed"])
    for note in notes:
        voice.note(note)
    model = Recommender(**new_settings(chosen)).fit(train)
    if model.model_.stop_reason_ == "interrupted":
        raise KeyboardInterrupt
    for note in model.notes_[len(ratings.notes) :]:
        voice.note(note)
    table = compare(train, test, {"partwise": model}, chosen["number"])
    strengths = {name: value for name, value in model.settings_.items() if name != "tastes"}
    size = {"n_components": model.settings_["tastes"], "tune": False}
    return table, {**new_settings(chosen), **strengths, **size}


def fitted(ratings: Ratings, settings: dict[str, Any], voice: Voice) -> tuple[Any, float]:
    """The model of everything, and the seconds of its fit."""
    from partwise.apps.ratings import Recommender

    began = perf_counter()
    model = Recommender(**settings).fit(ratings)
    for note in model.notes_[len(ratings.notes) :]:
        voice.note(note)
    return model, perf_counter() - began


@contextlib.contextmanager
def unwarned() -> Iterator[None]:
    """Non-convergence is told in the command line's own words."""
    from partwise.estimators import NotConvergedWarning

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotConvergedWarning)
        yield
