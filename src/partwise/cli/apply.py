"""``partwise apply``: the components of a model in new rows."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.stdin import file_or_stdin
from partwise.cli.voice import Voice
from partwise.errors import DataError

if TYPE_CHECKING:
    import numpy as np

    from partwise.io import Matrix

__all__ = ["apply"]


@click.command()
@options.model_file
@file_or_stdin("matrix")
@click.option("-o", "--out", metavar="FILE", help="Where to write the loadings (.csv, .tsv, .npz); default: stdout.")
@click.option(
    "--unknown",
    type=click.Choice(("ignore", "error")),
    default="ignore",
    show_default=True,
    help="Named columns that the model does not know.",
)
@click.option("--text", metavar="COL", help="For a model of topics: the column that holds the texts.")
@options.data(negatives=("error", "clip", "drop"))
@options.plots
@options.threads
@options.voice
def apply(model: str, matrix: str, voice: Voice, **chosen: Any) -> None:
    """Find the parts of a model in new rows.

    MODEL is a .pw file, MATRIX what `fit` takes. Columns are matched by name when both sides have names, by place
    otherwise. Writes a table of loadings, a line per row of MATRIX and a column per component.

    For a model of topics, MATRIX is what `topics` takes, and its table comes back with columns of topics.
    """
    from partwise.cli.pictures import draw_loadings, prepare_plots

    prepare_plots(chosen["plots"], voice)
    if (topics := load_topics(model)) is not None:
        from partwise.cli.topic_files import apply_topics

        apply_topics(topics, matrix, chosen["text"], chosen["out"], chosen["plots"], voice)
        return
    from partwise.cli.matrix import non_negative, read_matrix
    from partwise.cli.run import fingerprints

    fitted = load_fitted(model)
    fitted.n_jobs = chosen["threads"]
    table = read_matrix(matrix, chosen["orient"], chosen["missing"], voice)
    sha256 = fingerprints({"model": model, "matrix": matrix}, voice)
    table = matched(fitted, table, chosen["unknown"], voice)
    table = shifted(fitted, table, voice)
    table, _ = non_negative(table, chosen["negatives"], voice, shiftable=False)
    vars(fitted).pop("feature_names_in_", None)  # matched by us; scikit-learn would ask for a table with names
    W = fitted.transform(table.X)
    draw_loadings(voice, chosen["plots"], W, table.row_names)
    hand_over(W, table, {"model": model, "matrix": matrix, **chosen}, sha256, voice)


def load_topics(path: str) -> Any:
    """The model in ``path`` if it is one of topics, else None."""
    from partwise.persist import describe, load

    return load(path) if describe(path)["class"] == "TopicModel" else None


def load_fitted(path: str) -> Any:
    """The model in ``path``, which must have been fitted."""
    from partwise.persist import load

    fitted = load(path)
    if type(fitted).__name__ == "Recommender":
        raise DataError(f"{path} holds a Recommender. Use partwise recommend {path} --for USER, or --new-user FILE.")
    if "components_" not in vars(fitted):
        raise DataError(f"{path} holds an {type(fitted).__name__} that was never fitted. Fit it and save it again.")
    return fitted


def shifted(fitted: Any, table: Matrix, voice: Voice) -> Matrix:
    """The new rows, raised like those that the model was fitted on."""
    import scipy.sparse as sp

    offset = vars(fitted).get("offset_")
    if offset is None:
        return table
    voice.note("the model was fitted with --negatives shift; the same offsets are added to the columns.")
    dense = table.X.toarray() if sp.issparse(table.X) else table.X
    return replace(table, X=dense + offset)


# ------------------------------------------------------------------ columns


def matched(fitted: Any, table: Matrix, unknown: str, voice: Voice) -> Matrix:
    """The table with the columns of the model, in its order."""
    names = vars(fitted).get("feature_names_in_")
    width = fitted.components_.shape[1]
    ours, theirs = table.column_names, None if names is None else tuple(map(str, names))
    if ours is None or theirs is None or ours == theirs:
        return by_place(table, width, theirs is not None)
    check_unique(theirs, "the model")
    check_unique(ours, table.source.name)
    where = {name: j for j, name in enumerate(theirs)}
    target = [where.get(name, -1) for name in ours]
    known, strange = width_known(target)
    if not known:
        raise DataError(
            f"{table.source.name} shares no column with the model (its first: {theirs[0]!r}, the model's; {ours[0]!r}, "
            "the file's). Check --orient, or give the file the model was made for."
        )
    if strange and unknown == "error":
        first = next(name for name, j in zip(ours, target, strict=True) if j < 0)
        raise DataError(
            f"{table.source.name}: {strange:,} columns are unknown to the model (first: {first!r}). "
            "Remove them, or say --unknown ignore."
        )
    missing = width - known
    if missing or strange:
        voice.note(
            f"{missing:,} columns missing (counted as 0), {strange:,} unknown (ignored); {known:,} matched by name."
        )
    else:
        voice.note("columns are in another order than the model's; matched by name.")
    return replace(table, X=rearranged(table.X, target, width), column_names=theirs)


def width_known(target: list[int]) -> tuple[int, int]:
    """How many columns the model knows, and how many it does not."""
    known = sum(j >= 0 for j in target)
    return known, len(target) - known


def by_place(table: Matrix, width: int, model_has_names: bool) -> Matrix:
    """The table as it is, if its width is the model's."""
    found = table.X.shape[1]
    if found == width:
        return table
    which = "the file" if model_has_names else "the model"
    raise DataError(
        f"{table.source.name} has {found:,} columns, but the model expects {width:,}, and {which} has no names to "
        "match them by. Give the columns the model was fitted on, in that order (or check --orient)."
    )


def check_unique(names: tuple[str, ...], whose: str) -> None:
    """Names that repeat cannot be matched."""
    seen: set[str] = set()
    double = next((name for name in names if name in seen or seen.add(name)), None)
    if double is not None:
        raise DataError(
            f"The column name {double!r} occurs twice in {whose}, so columns cannot be matched. Rename one."
        )


def rearranged(X: Any, target: list[int], width: int) -> Any:
    """Column j of X at place ``target[j]`` (-1: left out) of a matrix of ``width`` columns; zeros elsewhere."""
    import numpy as np
    import scipy.sparse as sp

    places = np.array(target)
    keep = np.flatnonzero(places >= 0)
    if not sp.issparse(X):
        out = np.zeros((X.shape[0], width), X.dtype)
        out[:, places[keep]] = X[:, keep]
        return out
    found = sp.coo_array(X)
    kept = places[found.col] >= 0
    coordinates = (found.row[kept], places[found.col[kept]])
    return sp.csr_array((found.data[kept], coordinates), shape=(X.shape[0], width))


# ------------------------------------------------------------------ out


def hand_over(W: np.ndarray, table: Matrix, chosen: dict[str, Any], sha256: dict[str, str], voice: Voice) -> None:
    """The loadings, to the file, to stdout or into the JSON object."""
    from partwise.cli.components import component_names
    from partwise.cli.run import write_run
    from partwise.io import write_table

    names = component_names(W.shape[1])
    out = chosen["out"]
    found: dict[str, Any] = {"verb": "apply", "shape": list(W.shape), "options": chosen}
    if out is not None:
        write_table(out, W, table.row_names, names)
        record = Path(out).with_suffix(".run.toml")
        write_run(record, "apply", chosen, sha256, {"n_rows": W.shape[0]})
        voice.say(f"Wrote {W.shape[0]:,} rows x {W.shape[1]} components to {out} (and {record.name})")
        found["files"] = {"loadings": out, "run": str(record)}
    elif voice.json:
        found["rows"], found["loadings"] = table.row_names, W.tolist()
    else:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "W.csv"
            write_table(path, W, table.row_names, names)
            click.echo(path.read_bytes(), nl=False)
    voice.result(found)
