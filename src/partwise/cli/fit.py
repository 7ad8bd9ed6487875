"""``partwise fit``: a matrix file into W.csv, H.csv and a model."""

from __future__ import annotations

import warnings
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.refusals import INTERRUPTED, NOT_CONVERGED, USAGE, Refusal
from partwise.cli.stdin import file_or_stdin
from partwise.cli.voice import Voice

if TYPE_CHECKING:
    import numpy as np

    from partwise.io import Matrix

__all__ = ["STOPS", "ending", "fit", "run_fit", "tell_stop"]

FILES = ("W.csv", "H.csv", "model.pw", "run.toml")
TOP = 8

STOPS = {
    "converged": "converged",
    "max_iter": "not converged, --max-iter was reached",
    "time": "not converged, --max-time was reached",
    "interrupted": "interrupted; this is the best model so far",
    "callback": "asked to stop",
    "non-finite": "a factor became infinite or nan",
}
"""Reasons to stop, for people."""


@click.command()
@file_or_stdin("matrix")
@options.model
@options.data()
@options.folder("Where to write W.csv, H.csv, model.pw and run.toml; default: NAME-nmf.")
@options.views
@options.voice
def fit(matrix: str, voice: Voice, **chosen: Any) -> None:
    """Factorize a matrix file into W, H and a model.

    MATRIX is a .csv, .tsv, .txt (also .gz), .npy, .npz, .mtx, .parquet or .xlsx file; FILE.npz:NAME picks one array,
    FILE.xlsx:NAME a sheet; - is text on standard input. Rows are samples, columns features; names on either side are
    found and kept. Ctrl-C keeps the best model so far.
    """
    check_size_given(chosen["components"])
    from partwise.cli.components import default_folder, output_folder
    from partwise.cli.matrix import check_positive, non_negative, read_matrix, tell_zeros
    from partwise.cli.pages import prepare_views, write_report
    from partwise.cli.run import fingerprints

    model = new_model(chosen, voice)
    refuse_wrong_pair(model)
    table = read_matrix(matrix, chosen["orient"], chosen["missing"], voice)
    table, offset = non_negative(table, chosen["negatives"], voice)
    tell_zeros(table, voice)
    if options.beta(chosen["loss"]) <= 0:
        check_positive(table, chosen["loss"])
    check_size(chosen["components"], table.X.shape, chosen["force"])
    chosen["out"] = chosen["out"] or default_folder(matrix, "nmf")
    folder = output_folder(chosen["out"], FILES, voice)
    prepare_views(chosen, voice)
    sha256 = fingerprints({"matrix": matrix}, voice)

    W, seconds = run_fit(model, table.X, table.column_names, voice)
    if offset is not None:
        model.offset_ = offset
    write(folder, model, W, table, {"matrix": matrix, **chosen}, sha256)
    drawn = draw(model, W, table, chosen["plots"])
    drawn |= write_report(voice, chosen["report"], model, table, W=W, sha256=sha256["matrix"])
    report(voice, model, W, table, folder, drawn, seconds, chosen)
    ending(model, chosen["strict"])


# ------------------------------------------------------------------ before


def check_size_given(k: int | None) -> None:
    """``-k`` has no default: only the user knows."""
    if k is None:
        raise click.UsageError(
            "-k is missing: how many components (parts) to look for. Give a whole number, such as -k 10.",
            click.get_current_context(),
        )


def check_size(k: int, shape: tuple[int, ...], force: bool) -> None:
    """Refuse more components than the matrix can tell apart."""
    limit = min(shape)
    if k > limit and not force:
        raise Refusal(
            f"-k {k} is more than min(rows, columns) = {limit}. Parts beyond {limit} cannot be told apart; "
            f"use -k {limit} or less, or --force.",
            USAGE,
        )


def new_model(chosen: dict[str, Any], voice: Voice) -> Any:
    """The estimator that the options describe."""
    from partwise.estimators import NMF

    return NMF(
        chosen["components"],
        init=None if chosen["init"] == "auto" else chosen["init"],
        n_init=chosen["n_init"],
        solver=chosen["solver"],
        beta_loss=chosen["loss"],
        tol=chosen["tol"],
        max_iter=chosen["max_iter"],
        max_time=chosen["max_time"],
        random_state=chosen["seed"],
        n_jobs=chosen["threads"],
        verbose=min(voice.verbosity, 1),
    )


def refuse_wrong_pair(model: Any) -> None:
    """Raise IncompatibleError for a solver and a loss that cannot work together, before a large file is read."""
    from sklearn.base import clone

    rehearsal: Any = clone(model)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        rehearsal.set_params(n_components=1, init="random", n_init=1, max_iter=1, verbose=0).fit(
            [[1.0, 1.0], [1.0, 1.0]]
        )


# ------------------------------------------------------------------ the fit


def run_fit(model: Any, X: Any, names: Any, voice: Voice) -> tuple[np.ndarray, float]:
    """Fit, showing progress; returns W and the seconds. The model carries the names of the columns."""
    import numpy as np

    from partwise.cli.progress import watch
    from partwise.estimators import NotConvergedWarning

    watch(model, voice)
    warnings.simplefilter("ignore", NotConvergedWarning)  # told in the command line's own words; `listening` restores
    began = perf_counter()
    W = model.fit_transform(X)
    seconds = perf_counter() - began
    if names is not None:
        model.feature_names_in_ = np.array(names, dtype=object)
    return W, seconds


def ending(model: Any, strict: bool) -> None:
    """Leave with the exit code that the reason to stop asks for."""
    if model.stop_reason_ == "interrupted":
        click.get_current_context().exit(INTERRUPTED)
    if strict and not model.converged_:
        click.get_current_context().exit(NOT_CONVERGED)


# ------------------------------------------------------------------ after


def write(folder: Path, model: Any, W: np.ndarray, table: Matrix, chosen: dict, sha256: dict[str, str]) -> None:
    """The four files, each whole or not at all; run.toml last."""
    from partwise.cli.components import component_names, feature_names
    from partwise.cli.run import write_run
    from partwise.io import write_table
    from partwise.persist import save

    names = component_names(len(model.components_))
    write_table(folder / "W.csv", W, table.row_names, names)
    write_table(folder / "H.csv", model.components_, names, feature_names(model))
    save(model, folder / "model.pw")
    result = {"stop_reason": model.stop_reason_, "n_iter": model.n_iter_}
    write_run(folder / "run.toml", "fit", chosen, sha256, result)


def draw(model: Any, W: np.ndarray, table: Matrix, directory: str | None) -> dict[str, str]:
    """The pictures of ``--plots``: file name -> path."""
    import pandas as pd
    from scipy import sparse

    from partwise.cli.pictures import draw_all, fit_pictures

    if directory is None:
        return {}
    small = None if sparse.issparse(table.X) else pd.DataFrame(table.X, table.row_names, table.column_names)
    return draw_all(directory, fit_pictures(model, small, W))


def report(
    voice: Voice,
    model: Any,
    W: np.ndarray,
    table: Matrix,
    folder: Path,
    drawn: dict[str, str],
    seconds: float,
    chosen: dict[str, Any],
) -> None:
    """What came out, for people and for machines."""
    from partwise.cli.components import feature_names, shares, tell_components, top_features
    from partwise.cli.pages import views_too

    names, H = feature_names(model), model.components_
    parts = [
        {"component": q, "share": part, "top": top_features(H[q], names, TOP)} for q, part in enumerate(shares(W, H))
    ]
    rows, columns = table.X.shape
    voice.say(f"{table.source.name}: {rows:,} x {columns:,}, seed {chosen['seed']}")
    voice.say(model.info().splitlines()[0])
    tell_stop(voice, model, seconds)
    tell_starts(voice, model)
    voice.say()
    tell_components(voice, parts)
    voice.say(f"\nWrote {', '.join(FILES)} to {folder}{views_too(chosen)}")
    voice.say(f"Next: partwise show {folder / 'model.pw'}")
    voice.result(
        {
            "verb": "fit",
            "shape": [rows, columns],
            **quality(model, seconds),
            "options": chosen,
            "components": parts,
            "files": {name: str(folder / name) for name in FILES} | drawn,
        }
    )


def quality(model: Any, seconds: float) -> dict[str, Any]:
    """How well it fits and why it stopped, for machines."""
    return {
        "n_components": len(model.components_),
        "explained_variance": model.explained_variance_,
        "reconstruction_err": model.reconstruction_err_,
        "n_iter": model.n_iter_,
        "stop_reason": model.stop_reason_,
        "converged": model.converged_,
        "kkt": model.kkt_,
        "seconds": round(seconds, 3),
    }


def tell_starts(voice: Voice, model: Any) -> None:
    """How far apart several starts ended, or were dropped."""
    if model.n_init > 1:
        ends = model.restarts_["objective"]
        voice.say(f"Starts: the best of {model.n_init}; objectives from {ends.min():.6g} to {ends.max():.6g}")


def tell_stop(voice: Voice, model: Any, seconds: float) -> None:
    """Fit quality and the reason to stop, in two lines; and what to do if it was too early."""
    voice.say(
        f"Fit: {model.explained_variance_:.1%} of the squares of X explained; error {model.reconstruction_err_:.6g}"
    )
    voice.say(
        f"Stop: {STOPS[model.stop_reason_]}, after {model.n_iter_} iterations and {seconds:.2f} s; "
        f"KKT residual {model.kkt_:.1e} (tol {model.tol:g})"
    )
    if model.stop_reason_ in ("max_iter", "time"):
        fall = model.history_["relative_decrease"].iloc[-1] if len(model.history_) else float("nan")
        more = f"--max-iter {2 * model.max_iter}" if model.stop_reason_ == "max_iter" else "a larger --max-time"
        voice.note(f"stopped early: the objective still fell by {fall:.1e} of itself per iteration; {more} goes on.")
    elif model.stop_reason_ == "non-finite":
        voice.note("the result is not usable: rescale the data or choose another loss.")
