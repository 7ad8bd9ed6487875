"""``partwise report``: a model file, and perhaps its data, into one page."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from partwise.cli import options
from partwise.cli.refusals import BAD_DATA, USAGE, Refusal
from partwise.cli.voice import Voice
from partwise.errors import DataError

__all__ = ["report"]

OF_TEXTS = ("text", "title", "time", "by")
"""Options that only texts have: columns of their table."""


@click.command()
@options.model_file
@click.argument("data", required=False)
@click.option("-o", "--out", metavar="FILE", help="The page to write; default: MODEL with .html for .pw.")
@click.option("--labels", metavar="FILE", help="Names of the components: the labels.json that a page exports.")
@click.option("--no-text", is_flag=True, help="Leave out the documents, pictures and sounds; names and numbers remain.")
@click.option("--max-docs", type=click.IntRange(min=1), default=20_000, show_default=True, help="Most rows of DATA.")
@click.option("--max-size", type=options.ByteSize(), default="5MB", show_default=True, help="Largest size of the page.")
@click.option("--text", metavar="COL", help="For a model of topics: the column that holds the texts.")
@click.option("--title", metavar="COL", help="The column that names the documents.")
@click.option("--time", metavar="COL", help="Column of years or dates: topics over time.")
@click.option("--by", metavar="COL", help="Column of groups: topics per group.")
@options.data(negatives=("error", "clip", "drop"))
@options.voice
def report(model: str, data: str | None, voice: Voice, **chosen: Any) -> None:
    """Write a page about a model that opens in any browser, without the internet.

    MODEL is a .pw file, DATA what the model was made from or other rows of that kind: a matrix, texts, or pictures;
    without it the page shows the components alone. The page embeds what it shows of DATA; what was left out is told.
    """
    from partwise.cli.pages import prepare_report, write_report
    from partwise.cli.run import fingerprints, write_run

    fitted = load(model)
    chosen["out"] = out = chosen["out"] or str(Path(model).with_suffix(".html"))
    prepare_report(out)
    labels = labels_of(chosen["labels"])
    check_columns(fitted, data, chosen)
    rows, classes = read(fitted, data, chosen, voice)
    inputs = {"model": model, **({} if data is None else {"data": data})}
    sha256 = fingerprints(inputs, voice)
    given = {"labels": labels, "text": not chosen["no_text"], "max_items": chosen["max_docs"], **classes}
    written = write_report(voice, out, fitted, rows, max_size=chosen["max_size"], sha256=sha256.get("data"), **given)
    record = Path(out).with_suffix(".run.toml")
    write_run(record, "report", {**inputs, **chosen}, sha256, {})
    size = Path(out).stat().st_size
    voice.say(f"Wrote {out} ({size / 1e6:.2f} MB; open it in a browser) and {record.name}")
    files = {"report": written[Path(out).name], "run": str(record)}
    voice.result({"verb": "report", "model": model, "data": data, "bytes": size, "options": chosen, "files": files})


# ------------------------------------------------------------------ before


def labels_of(path: str | None) -> dict[int, str] | None:
    """The names in ``--labels``."""
    if path is None:
        return None
    from partwise.report import read_labels

    with as_usage("--labels: "):
        return read_labels(path)


@contextlib.contextmanager
def as_usage(prefix: str) -> Iterator[None]:
    """A wrong file beside the data is a mistake of usage."""
    try:
        yield
    except DataError as error:
        raise Refusal(f"{prefix}{error}", USAGE) from None


def load(path: str) -> Any:
    """The model in ``path``, which must have been fitted."""
    from partwise import persist

    fitted = persist.load(path)
    state = {"TopicModel": "loadings_", "Recommender": "user_factors_"}.get(type(fitted).__name__, "components_")
    if state not in vars(fitted):
        raise Refusal(
            f"{path} holds a {type(fitted).__name__} that was never fitted. Fit it and save it again.", BAD_DATA
        )
    return fitted


def check_columns(fitted: Any, data: str | None, chosen: dict[str, Any]) -> None:
    """Refuse columns of texts for what is no table of texts, and data for a model that needs none."""
    kind = type(fitted).__name__
    if kind == "Recommender" and data is not None:
        raise Refusal("A Recommender holds the ratings that it was fitted on. Leave DATA out.", USAGE)
    asked = next((name for name in OF_TEXTS if chosen[name] is not None), None)
    if asked is not None and (kind != "TopicModel" or data is None):
        missing = "needs DATA, the table of the texts" if kind == "TopicModel" else f"is for topics, not for {kind}"
        raise Refusal(f"--{asked} {missing}.", USAGE)


def read(fitted: Any, data: str | None, chosen: dict[str, Any], voice: Voice) -> tuple[Any, dict[str, Any]]:
    """The rows that the model is shown on, and their periods and classes."""
    if data is None:
        return None, {}
    if type(fitted).__name__ == "TopicModel":
        return read_documents(data, chosen, voice)
    from partwise.report.summarize import kind_of

    kind = kind_of(fitted)
    if kind == "matrix":
        return read_rows(fitted, data, chosen, voice), {}
    return told(READERS[kind](data, fitted, chosen), voice), {}


def read_images(path: str, fitted: Any, chosen: dict[str, Any]) -> Any:
    """Pictures of the size of the model's."""
    from partwise.io import read_pictures

    return read_pictures(path, size=tuple(fitted.image_shape_))


def read_recording(path: str, fitted: Any, chosen: dict[str, Any]) -> Any:
    """A sound."""
    from partwise.io import read_sound

    return read_sound(path)


def read_counts(path: str, fitted: Any, chosen: dict[str, Any]) -> Any:
    """Counts of genes in cells."""
    from dataclasses import replace

    from partwise.cli.programs import IN_WORDS
    from partwise.io import read_cells

    given = None if chosen["orient"] == "samples-first" else chosen["orient"]  # the default: `programs` guesses
    cells = read_cells(path, orient=given)
    return replace(cells, notes=tuple(map(IN_WORDS, cells.notes)))


def read_mutations(path: str, fitted: Any, chosen: dict[str, Any]) -> Any:
    """A catalogue of mutations."""
    from partwise.apps.programs import as_catalogue

    return as_catalogue(path)


def read_spectra(path: str, fitted: Any, chosen: dict[str, Any]) -> Any:
    """A table or a cube of spectra."""
    from partwise.apps.spectra import as_scene

    return as_scene(path, least=1)


READERS = {
    "images": read_images,
    "sound": read_recording,
    "programs": read_counts,
    "signatures": read_mutations,
    "spectra": read_spectra,
}
"""Kind of a model -> how its verb reads data."""


def told(found: Any, voice: Voice) -> Any:
    """What was read, with its notes told."""
    for note in found.notes:
        voice.note(note)
    return found


def read_documents(data: str, chosen: dict[str, Any], voice: Voice) -> tuple[Any, dict[str, Any]]:
    """Texts with their names, and the columns that were asked for."""
    from partwise.cli.topics import column, read_texts

    found = read_texts(data, chosen["text"], chosen["title"], "utf-8", voice)
    classes: dict[str, Any] = {}
    if chosen["time"] is not None:
        classes["time"] = column(found, chosen["time"], "time").tolist()
    if chosen["by"] is not None:
        classes["groups"] = {chosen["by"]: column(found, chosen["by"], "by").tolist()}
    return found, classes


def read_rows(fitted: Any, data: str, chosen: dict[str, Any], voice: Voice) -> Any:
    """A matrix with the columns of the model, treated as `apply` treats it."""
    from partwise.cli.apply import matched, shifted
    from partwise.cli.matrix import non_negative, read_matrix

    table = read_matrix(data, chosen["orient"], chosen["missing"], voice)
    table = shifted(fitted, matched(fitted, table, "ignore", voice), voice)
    return non_negative(table, chosen["negatives"], voice, shiftable=False)[0]
