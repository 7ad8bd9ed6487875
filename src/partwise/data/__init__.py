"""Data: where the rows of X are, and how to sweep them. `as_data` is the only door."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import scipy.sparse as sp

from partwise.data.dense import Dense
from partwise.data.sparse import Sparse
from partwise.data.summary import Summary
from partwise.data.weighted import SPARSE_BELOW, WeightedDense, WeightedSparse, gathered
from partwise.errors import DataError
from partwise.interfaces import Data


def as_data(
    X: Any, threads: int = 1, weight: Any = None, elsewhere: float = 0.0, summary: Summary | None = None
) -> Data:
    """The adapter for X.

    Parameters
    ----------
    X : ndarray, or SciPy sparse array or matrix, of shape (n, p), float32 or float64
        CSR is used as it is; other sparse formats are converted once. Duplicate entries are summed in a copy.
    threads : int
        How many threads its sweeps may use.
    weight : ndarray of shape (n, p), or CSR matrix with the stored cells of a CSR X, optional
        What each cell counts, >= 0; X is 0 where it is 0.
    elsewhere : float
        With a sparse weight: what the cells count that are not stored.
    summary : Summary, optional
        That of X, where a check of its entries has found it; not used where a sparse X is stored anew.

    Examples
    --------
    >>> import numpy as np
    >>> as_data(np.ones((3, 2))).norm2
    6.0
    """
    if weight is not None:
        return cast("Data", weighted(X, weight, elsewhere, threads))
    if not sp.issparse(X):
        return cast("Data", Dense(np.asarray(X), threads, summary))
    check_structure(X)
    rows = X.tocsr()
    if not rows.has_canonical_format and has_duplicates(rows):
        rows = rows.copy()
        rows.sum_duplicates()
    return cast("Data", Sparse(rows, threads, summary if rows is X else None))


def weighted(X: Any, weight: Any, elsewhere: float, threads: int) -> WeightedDense | WeightedSparse:
    """The adapter for X with weights; a dense X of which few cells count is stored as those."""
    if sp.issparse(X):
        return WeightedSparse(X, weight, elsewhere, threads)
    if np.count_nonzero(weight) >= SPARSE_BELOW * X.size:
        return WeightedDense(X, weight, threads)
    return gathered(X, weight, threads)


def check_structure(X: Any) -> None:
    """Raise DataError unless the row pointers and indices of a CSR or CSC matrix are in range; others check themselves.

    SciPy does not look when a matrix is made from its parts, and compiled loops trust what they are given. O(stored).
    """
    if X.format not in ("csr", "csc"):
        return
    length, width = X.shape if X.format == "csr" else X.shape[::-1]
    pointers, indices = X.indptr, X.indices
    rises = len(pointers) == length + 1 and pointers[0] == 0 and bool((np.diff(pointers) >= 0).all())
    if not (rises and pointers[-1] <= min(len(indices), len(X.data))):
        raise DataError("X is not a valid sparse matrix: its indptr must rise from 0 to the number of stored entries.")
    used = indices[: pointers[-1]]
    if len(used) and not 0 <= used.min() <= used.max() < width:
        found = f"{used.min()} to {used.max()}"
        raise DataError(
            f"X is not a valid sparse matrix: its indices run from {found}, but must lie between 0 and {width - 1}. "
            "Build it anew from rows, columns and values."
        )


def has_duplicates(X: Any) -> bool:
    """Whether an index occurs twice in a row of a CSR matrix; X itself is left as it is. O(stored log)."""
    copy = sp.csr_array((np.zeros(len(X.data), np.int8), X.indices.copy(), X.indptr.copy()), shape=X.shape)
    copy.sort_indices()
    same = copy.indices[1:] == copy.indices[:-1]
    row_starts = copy.indptr[1:-1]
    same[row_starts[(row_starts > 0) & (row_starts < len(copy.indices))] - 1] = False
    return bool(same.any())


__all__ = ["Dense", "Sparse", "WeightedDense", "WeightedSparse", "as_data"]
