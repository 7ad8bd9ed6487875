"""What the caller says about the cells: NaN, ``weight=``, ``background=``; checked, and brought to one form.

Missing is said by NaN or by a weight of 0, never inferred: the cells that a sparse X does not store are zeros, unless
``weight="stored"`` or a sparse ``weight`` says that they are not observed.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from numbers import Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from partwise.data import as_data
from partwise.data.summary import Summary
from partwise.engine.units import Units
from partwise.errors import DataError
from partwise.estimators.checks import check_positive, numbers
from partwise.interfaces import Data
from partwise.losses import Beta, WeightedBeta

BLOCK_ROWS = 4096
"""Rows that a callable weight is asked for at a time."""


@dataclass(frozen=True)
class Cells:
    """X, 0 where nothing counts; the weights of its cells (None: all 1), and the weight of cells not stored.

    The weights were divided by ``2^exponent``, so that the largest is about 1: floors and tolerances are for such.

    ``summary`` is that of X, where the check of its entries has found it.

    ``weight`` is dense for a dense X, else a CSR matrix that stores the cells that X stores.
    """

    X: Any
    weight: Any = None
    elsewhere: float = 0.0
    exponent: int = 0
    summary: Summary | None = None

    def data(self, beta: float, threads: int) -> tuple[Data, Units]:
        """As data in the units of a fit, and those units; the pass that finds the largest entry also sums it up."""
        data = as_data(self.X, threads, self.weight, self.elsewhere, self.summary)
        units = Units.of(data.largest, self.X.dtype, beta)
        if units.half:
            data = as_data(units.data(self.X), threads, self.weight, self.elsewhere)
        return data, replace(units, weight=self.exponent)

    def counts(self) -> bool:
        """Whether any cell does."""
        weights = self.weight.data if sp.issparse(self.weight) else self.weight
        return self.weight is None or bool(self.elsewhere) or bool(np.any(weights))

    def loss(self, beta: float) -> Beta | WeightedBeta:
        """The divergence over these cells."""
        return Beta(beta) if self.weight is None else WeightedBeta(beta)

    def check_loss(self, beta: float) -> None:
        """Raise DataError unless X has a finite divergence, and weights that the loss can take."""
        if beta <= 0:
            check_positive(self.X, beta, self.weight, self.elsewhere)
        if self.elsewhere and beta not in (1, 2):
            raise DataError(
                f"beta_loss={beta:g} cannot weigh the cells that a sparse X does not store (background, or NaN in a "
                "sparse X): use Frobenius or Kullback-Leibler, or a dense X."
            )


def weigh(X: Any, weight: Any = None, background: float = 0.0) -> Cells:
    """X as read (dense or CSR/CSC, perhaps with NaN) and its weights as cells.

    Parameters
    ----------
    X : ndarray or sparse matrix of shape (n, p)
    weight : None, "stored", array-like, sparse matrix or callable
        See `partwise.NMF.fit`.
    background : float
        Weight of the cells that a sparse ``weight`` does not store.

    Raises
    ------
    DataError
        The weights do not fit X, or are negative or not finite.
    """
    if weight is None:
        if background:
            raise DataError(f'background={background} needs weight="stored" or a sparse weight: it is for the others.')
        return missing(X)
    if not (isinstance(background, Real) and np.isfinite(background) and background >= 0):
        raise DataError(f"background={background!r} must be a finite weight >= 0.")
    if callable(weight):
        weight = called(weight, X.shape)
    few = is_sparse_weight(X, weight)
    weight = weight if isinstance(weight, str) else check_weight(weight, X)
    weight, background, exponent = in_own_unit(weight, background)
    return replace((stored if few else everywhere)(X, weight, background), exponent=exponent)


def in_own_unit(weight: Any, background: float) -> tuple[Any, float, int]:
    """The weights divided by the power of two of the largest, that of a background among them, and the power."""
    if isinstance(weight, str):
        return weight, background, 0  # the stored cells count 1
    values = weight.data if sp.issparse(weight) else weight
    largest = max(float(values.max(initial=0)), background)
    exponent = int(np.frexp(largest)[1]) - 1 if largest else 0
    if exponent == 0:
        return weight, background, 0
    background = float(np.ldexp(background, -exponent))
    weight = like(weight, np.ldexp(values, -exponent)) if sp.issparse(weight) else np.ldexp(weight, -exponent)
    return weight, background, exponent


def missing(X: Any) -> Cells:
    """X whose NaN have weight 0."""
    if sp.issparse(X):
        X = X.tocsr()
        known = ~np.isnan(X.data)
        cells = Cells(like(X, np.where(known, X.data, 0)), like(X, known.astype(X.dtype)), 1.0)
    else:
        known = ~np.isnan(X)
        cells = Cells(np.where(known, X, 0), known)
    return Cells(cells.X) if known.all() else cells


def is_sparse_weight(X: Any, weight: Any) -> bool:
    """Whether the weights name cells, all others having one weight."""
    if isinstance(weight, str):
        if weight != "stored":
            raise DataError(f'weight={weight!r} is unknown: the one word is "stored"; or give an array or a callable.')
        if not sp.issparse(X):
            raise DataError('weight="stored" is for sparse X. In a dense X mark missing cells by NaN, or give a mask.')
        return True
    return sp.issparse(weight)


def stored(X: Any, weight: Any, background: float) -> Cells:
    """X and weights that are given at some cells only."""
    X = X.tocsr() if sp.issparse(X) else X
    if isinstance(weight, str):
        if not X.has_canonical_format:
            X = X.copy()
            X.sum_duplicates()
        W = like(X, np.ones(len(X.data), X.dtype))
    else:
        X, W = same_cells(X, weight.astype(X.dtype), background)
    gone = np.isnan(X.data) | (W.data == 0)
    W.data[np.isnan(X.data)] = 0
    return Cells(like(X, np.where(gone, 0, X.data)), W, background)


def same_cells(X: Any, W: Any, background: float) -> tuple[Any, Any]:
    """X and W on one pattern: the cells of W, and with a background those of X too."""
    if sp.issparse(X):
        pattern = W.copy()
        pattern.data = np.ones_like(W.data)
        if background:
            pattern = pattern + like(X, np.ones_like(X.data))
        values = stored_at(X, pattern)
    else:
        if background:
            raise DataError("background= with a sparse weight needs a sparse X; for a dense X give a dense weight.")
        pattern = W
        rows = np.repeat(np.arange(W.shape[0]), np.diff(W.indptr))
        values = X[rows, W.indices]
    weights = stored_at(W, pattern, background)
    return like(pattern, values), like(pattern, weights)


def stored_at(M: Any, pattern: Any, default: float = 0.0) -> np.ndarray:
    """The entries of M at the cells of a canonical ``pattern``; ``default`` where M stores none."""
    M = sp.csr_array(M)
    if not M.has_canonical_format:
        M = M.copy()
        M.sum_duplicates()
    p = pattern.shape[1]
    wanted, have = (np.repeat(np.arange(A.shape[0]), np.diff(A.indptr)) * p + A.indices for A in (pattern, M))
    place = np.searchsorted(have, wanted)
    place[place == len(have)] = 0
    found = have[place] == wanted if len(have) else np.zeros(len(wanted), bool)
    return np.where(found, M.data[place] if len(have) else 0, default).astype(pattern.dtype)


def everywhere(X: Any, weight: Any, background: float) -> Cells:
    """X and a weight for every cell."""
    if background:
        raise DataError(f'background={background} needs weight="stored" or a sparse weight; here every cell has one.')
    X = X.toarray() if sp.issparse(X) else X
    counts = (weight != 0) & ~np.isnan(X)
    is_mask = weight.dtype == bool or bool(np.isin(weight, (0, 1)).all())
    return Cells(np.where(counts, X, 0), counts if is_mask else np.where(counts, weight, 0).astype(X.dtype))


def check_weight(weight: Any, X: Any) -> Any:
    """The weights as float64 or bool, a copy in CSR if sparse, if they fit X and each is finite and not negative."""
    if sp.issparse(weight):
        weight = sp.csr_array(weight, dtype=np.float64, copy=True)
        weight.sum_duplicates()
    else:
        weight = numbers(weight, "weight")
    if weight.shape != X.shape:
        raise DataError(f"weight has shape {weight.shape}, but X has {X.shape}: give one weight for each cell.")
    values = weight.data if sp.issparse(weight) else weight
    wrong = ~np.isfinite(values) | (values < 0) if values.dtype != bool else np.zeros(0, bool)
    if wrong.any():
        first = values[wrong].flat[0]
        raise DataError(
            f"weight has {int(wrong.sum())} entries that are negative or not finite, the first is {first}: weights are "
            ">= 0, and 0 says that a cell is missing."
        )
    return weight


def called(weight: Any, shape: tuple[int, int]) -> Any:
    """The weights that a callable gives for runs of rows, as one array or CSR matrix."""
    parts: list[Any] = [weight(slice(low, min(low + BLOCK_ROWS, shape[0]))) for low in range(0, shape[0], BLOCK_ROWS)]
    if any(sp.issparse(part) for part in parts):
        return sp.csr_array(sp.vstack(parts))
    parts = [numbers(part, "what weight(rows) returns") for part in parts]
    if any(part.shape[1:] != shape[1:] for part in parts):
        raise DataError(
            f"weight(rows) must return an array with a row for each of the rows and {shape[1]} columns, not one of "
            f"shape {parts[0].shape}."
        )
    return np.concatenate(parts)


def like(pattern: Any, values: np.ndarray) -> Any:
    """Other values at the stored cells of a CSR matrix."""
    return sp.csr_array((values, pattern.indices, pattern.indptr), shape=pattern.shape)


def counts_of(cells: Cells, axis: int) -> np.ndarray:
    """How many cells count in every row (axis 1) or column (axis 0); not for a background."""
    W = cells.weight
    counts = like(W, (W.data != 0).astype(np.int64)) if sp.issparse(W) else W != 0
    return np.asarray(counts.sum(axis=axis)).ravel()


def check_covered(cells: Cells, axes: tuple[int, ...]) -> None:
    """Raise DataError unless every row (axis 1) and every column (axis 0) has a cell that counts."""
    if cells.weight is None or cells.elsewhere:
        return
    for axis, name in ((axis, ("column", "row")[axis]) for axis in axes):
        counts = counts_of(cells, axis)
        empty = np.flatnonzero(counts == 0)
        if len(empty) == len(counts):
            raise DataError("All cells of X are missing or have weight 0: each row and column needs one that counts.")
        if len(empty):
            raise DataError(
                f"{name}s of X without any observed cell: {len(empty)}, the first is {name} {empty[0]}. Nothing "
                f"determines their factors: drop these {name}s, or give some of their cells a small weight."
            )


def scarce(cells: Cells, k: int, axis: int) -> np.ndarray:
    """Rows (axis 1) or columns (axis 0) with fewer cells that count than components, which these cannot determine."""
    if cells.weight is None or cells.elsewhere:
        return np.zeros(0, int)
    return np.flatnonzero(counts_of(cells, axis) < k)


def apart(cells: Cells) -> tuple[int, int, int] | None:
    """Whether the cells that count fall apart into blocks that share no row and no column.

    Returns
    -------
    None or (blocks, between, n p)
        ``between`` of the n p cells join two blocks. What a factorization says there is arbitrary: the parts of W and H
        of one block may be scaled, or for the same fit belong to other components, without regard to those of another.

    Notes
    -----
    Connected components of the graph whose nodes are the rows and columns and whose edges are the cells. O(cells that
    count), or O(n + p) where a full row or column, or rows that are more than half full, make it one block.
    """
    if cells.weight is None or cells.elsewhere:
        return None
    n, p = cells.X.shape
    for axis, length in ((1, p), (0, n)):
        counts = counts_of(cells, axis)
        if counts.max(initial=0) == length or 2 * counts.min(initial=length) > length:
            return None
    cells_that_count = sp.coo_array(cells.weight != 0)
    rows, columns = cells_that_count.coords
    graph = sp.coo_array((np.ones(len(rows), bool), (rows, columns + n)), shape=(n + p, n + p))
    blocks, labels = connected_components(graph, directed=False)
    inside = int(np.bincount(labels[:n], minlength=blocks) @ np.bincount(labels[n:], minlength=blocks))
    return (int(blocks), n * p - inside, n * p) if blocks > 1 else None
