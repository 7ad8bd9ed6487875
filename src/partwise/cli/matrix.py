"""From a file to a matrix that NMF can take, saying aloud what was inferred and refusing in the user's own names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.cli.refusals import USAGE, Refusal
from partwise.cli.voice import Voice
from partwise.errors import DataError
from partwise.io import Matrix, read

__all__ = ["check_positive", "column_label", "non_negative", "read_matrix", "row_label", "tell_zeros"]


def read_matrix(path: str, orient: str, missing: str, voice: Voice) -> Matrix:
    """The matrix in ``path`` without infinity, with every guess told; negative entries pass.

    Parameters
    ----------
    path : str
        The file; the suffix says what it is.
    orient : {"samples-first", "features-first"}
    missing : {"skip", "error", "zero"}
        What to do with empty cells and NaN; "skip" leaves them NaN.
    voice : Voice
    """
    matrix = read(path, orient=orient, missing="zero" if missing == "zero" else "nan")
    for note in matrix.notes:
        voice.note(note)
    rows, columns = matrix.X.shape
    other = "features-first" if orient == "samples-first" else "samples-first"
    voice.note(
        f"{matrix.source.name}: {rows:,} samples (rows of X) x {columns:,} features (columns of X); "
        f"say --orient {other} if it is the other way round."
    )
    return without_holes(matrix, missing, voice)


def without_holes(matrix: Matrix, missing: str, voice: Voice) -> Matrix:
    """The matrix without infinity, and without NaN unless the fit shall leave them out."""
    stored = values(matrix.X)
    if stored.dtype.kind != "f" or np.isfinite(np.sum(stored, dtype=np.float64)):
        return matrix
    holes = np.isnan(stored)
    if holes.any() and missing == "error":
        raise DataError(
            f"{told(matrix, holes, 'empty')}. Empty is not zero: leave such cells out of the fit with --missing skip, "
            "or count them as zeros with --missing zero."
        )
    if (infinite := np.isinf(stored)).any():
        raise DataError(f"{told(matrix, infinite, 'infinite')}. NMF needs finite values: correct the file.")
    if not holes.any():  # finite numbers with an infinite sum
        return matrix
    if missing == "skip":
        voice.note(f"{told(matrix, holes, 'empty')}; missing, not zero: the fit leaves such cells out.")
        return matrix
    voice.note(f"{told(matrix, holes, 'NaN')}; counted as zeros.")
    return with_values(matrix, np.where(holes, 0, stored))


def non_negative(
    matrix: Matrix, treatment: str, voice: Voice, shiftable: bool = True
) -> tuple[Matrix, np.ndarray | None]:
    """The matrix without negative entries.

    Parameters
    ----------
    matrix : Matrix
    treatment : {"error", "clip", "shift", "drop"}
    voice : Voice
    shiftable : bool
        Whether the verb offers "shift".

    Returns
    -------
    matrix : Matrix
    offset : ndarray of shape (n_features,), or None
        What "shift" added to each column.
    """
    stored = values(matrix.X)
    if not (stored < 0).any():
        return matrix, None
    finding = f"{told(matrix, stored < 0, 'negative')}; the lowest is {np.nanmin(stored):.6g}"
    if treatment == "error":
        raise DataError(
            f"{finding}. NMF needs values >= 0. Set them to 0 with --negatives clip, "
            f"{'raise their columns with --negatives shift, ' if shiftable else ''}"
            "or leave out their rows with --negatives drop."
        )
    return TREATMENTS[treatment](matrix, finding, voice)


def clip(matrix: Matrix, finding: str, voice: Voice) -> tuple[Matrix, None]:
    """Negative entries become 0."""
    voice.note(f"{finding}. They are set to 0.")
    return with_values(matrix, np.maximum(values(matrix.X), 0)), None


def shift(matrix: Matrix, finding: str, voice: Voice) -> tuple[Matrix, np.ndarray]:
    """Every column that has negative entries is raised so that its lowest is 0."""
    if sp.issparse(matrix.X):
        raise Refusal(
            f"{matrix.source.name} is sparse; --negatives shift would fill its zeros. Use clip or drop.", USAGE
        )
    offset = np.maximum(-np.nanmin(matrix.X, axis=0).astype(np.float64), 0)
    voice.note(f"{finding}. {np.count_nonzero(offset):,} columns are raised so that their lowest is 0.")
    return replace(matrix, X=matrix.X + offset), offset


def drop(matrix: Matrix, finding: str, voice: Voice) -> tuple[Matrix, None]:
    """Rows with a negative entry are left out."""
    rows = np.unique(positions(matrix.X, values(matrix.X) < 0)[0])
    keep = np.setdiff1d(np.arange(matrix.X.shape[0]), rows)
    if not len(keep):
        raise DataError(f"{finding}. Every row holds one, so --negatives drop leaves nothing; use clip or shift.")
    voice.note(f"{finding}. {some([row_label(matrix, i) for i in rows], 'row')} left out.")
    names = tuple(row_label(matrix, i) for i in keep)
    return replace(matrix, X=matrix.X[keep], row_names=names), None


TREATMENTS: dict[str, Callable[[Matrix, str, Voice], tuple[Matrix, np.ndarray | None]]] = {
    "clip": clip,
    "shift": shift,
    "drop": drop,
}


def tell_zeros(matrix: Matrix, voice: Voice) -> None:
    """Note how many cells are zero, and name the rows and columns that are nothing else."""
    X = matrix.X
    cells = X.shape[0] * X.shape[1]
    zeros = cells - np.count_nonzero(values(X))
    if zeros:
        voice.note(
            f"{matrix.source.name}: {zeros:,} of {cells:,} cells {be(zeros)} zero ({share(zeros, cells)}); "
            f"{'it counts' if zeros == 1 else 'they count'} as observed."
        )
    for axis, label, effect in ((1, row_label, "loadings"), (0, column_label, "weights")):
        empty = np.flatnonzero(np.asarray(X.sum(axis=axis)).ravel() == 0)
        if len(empty):
            kind = "row" if axis else "column"
            named = some([label(matrix, i) for i in empty.tolist()], kind)
            voice.note(f"{matrix.source.name}: {named} all zero; the {effect} will be 0.")


def check_positive(matrix: Matrix, loss: str | float) -> None:
    """Refuse zeros for a loss that is infinite there."""
    X = matrix.X
    zeros = X.shape[0] * X.shape[1] - np.count_nonzero(values(X))
    if zeros:
        first = "" if sp.issparse(X) else f" (first: {place(matrix, *map(int, np.argwhere(X == 0)[0]))})"
        raise DataError(
            f"{matrix.source.name}: {zeros:,} cells of X {be(zeros)} zero{first}, where --loss {loss} is infinite. "
            "Add a small offset to the data, or use --loss kl."
        )


# ------------------------------------------------------------------ words


def row_label(matrix: Matrix, i: int) -> str:
    """The name of a row, or its number from 0."""
    return matrix.row_names[i] if matrix.row_names else f"row {i}"


def column_label(matrix: Matrix, j: int) -> str:
    """The name of a column, or scikit-learn's name for an unnamed one."""
    return matrix.column_names[j] if matrix.column_names else f"x{j}"


def place(matrix: Matrix, i: int, j: int) -> str:
    """Row and column of a cell, by name where they have one, else counted from 0."""
    row = f"row {matrix.row_names[i]!r}" if matrix.row_names else f"row {i}"
    column = f"column {matrix.column_names[j]!r}" if matrix.column_names else f"column {j}"
    counted = "" if matrix.row_names and matrix.column_names else ", counted from 0"
    return f"{row}, {column}{counted}"


def told(matrix: Matrix, mask: np.ndarray, what: str) -> str:
    """How many cells of the mask over the stored values there are, and where the first is."""
    rows, columns = positions(matrix.X, mask)
    count, cells = len(rows), matrix.X.shape[0] * matrix.X.shape[1]
    return (
        f"{matrix.source.name}: {count:,} of {cells:,} cells {be(count)} {what} "
        f"({share(count, cells)}; first: {place(matrix, rows[0], columns[0])})"
    )


def be(count: int) -> str:
    """is or are."""
    return "is" if count == 1 else "are"


def share(part: int, whole: int) -> str:
    """A percentage that is never rounded to nothing or to all."""
    percent = 100 * part / whole
    if 0 < percent < 0.05:
        return "< 0.1%"
    return "> 99.9%" if 99.95 <= percent < 100 else f"{percent:.1f}%"


def some(names: list[str], kind: str) -> str:
    """The first few of a list of names, and what verb goes with them.

    Examples
    --------
    >>> some(["a", "b", "c", "d"], "row")
    "4 rows (first: 'a', 'b', 'c') are"
    """
    first = ", ".join(repr(name) for name in names[:3])
    return f"1 {kind} ({first}) is" if len(names) == 1 else f"{len(names):,} {kind}s (first: {first}) are"


# ------------------------------------------------------------------ storage


def values(X: Any) -> np.ndarray:
    """The stored values of an array or CSR matrix."""
    return X.data if sp.issparse(X) else X


def with_values(matrix: Matrix, stored: np.ndarray) -> Matrix:
    """The matrix with other stored values; the file's own memory is left alone."""
    X = matrix.X
    return replace(matrix, X=sp.csr_array((stored, X.indices, X.indptr), shape=X.shape) if sp.issparse(X) else stored)


def positions(X: Any, mask: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rows and columns of the stored values that the mask marks."""
    if not sp.issparse(X):
        return np.nonzero(mask)  # pyright: ignore[reportReturnType]
    where = np.flatnonzero(mask)
    return np.searchsorted(X.indptr, where, side="right") - 1, X.indices[where]
