"""Data whose cells do not all count the same: missing ones (weight 0), weighted ones, implicit feedback.

A cell's loss is multiplied by its weight, so the value of a cell of weight 0 is never read. `WeightedDense` holds a
weight for every cell, `WeightedSparse` for the stored ones and a single weight for all others, whose value is 0. Where
less than half of a dense X counts, the cells that do are stored sparsely: the work is that of the observed cells.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.data import grid
from partwise.data.block import SparseBlock
from partwise.data.dense import DENSE_FLOPS, sweep
from partwise.data.sparse import SPARSE_FLOPS
from partwise.data.weighted_block import WeightedDenseBlock, WeightedSparseBlock
from partwise.interfaces import Array, Entries

SPARSE_BELOW = 0.5
"""Share of the cells of a dense X that count, below which only those are stored."""


class Counted:
    """The sums of weighted data, over the cells that count."""

    shape: tuple[int, int]
    elsewhere: float
    weighted = True

    def _sums(self) -> tuple[float, float, float, float]:
        """Sum of weights, of ``w x``, of ``w x^2``, and the largest x that counts."""
        raise NotImplementedError

    @cached_property
    def top(self) -> float:
        """The largest weight."""
        return max(float(self._cells()[1].max(initial=0)), self.elsewhere)

    @cached_property
    def sums(self) -> tuple[float, float, float, float]:
        """See `_sums`; found once."""
        return self._sums()

    @property
    def total(self) -> float:
        """The weighted mean of X times the number of all cells: what the sum would be if all cells were like these."""
        weight, total, _, _ = self.sums
        return total / weight * self.shape[0] * self.shape[1] if weight else 0.0

    @property
    def norm2(self) -> float:
        """``sum w x^2``, float64."""
        return self.sums[2]

    @property
    def largest(self) -> float:
        """The largest x that counts."""
        return self.sums[3]

    @cached_property
    def log_weights(self) -> float:
        """``sum w x log w``: Kullback-Leibler of ``w x`` is less than that of x, weighted, by it."""
        scaled, weights = self._cells()
        counts = weights > 0
        return float(scaled[counts].astype(np.float64) @ np.log(weights[counts].astype(np.float64)))

    def _cells(self) -> tuple[Array, Array]:
        """``w x`` and w of the cells."""
        raise NotImplementedError


class WeightedDense(Counted):
    """A dense matrix with a weight for every cell.

    Parameters
    ----------
    X : ndarray of shape (n, p), float32 or float64
        Non-negative, finite, 0 where the weight is.
    weight : ndarray of shape (n, p), bool or of the dtype of X, non-negative
    threads : int
        How many threads a sweep may use.
    """

    sparse = False
    elsewhere = 0.0

    def __init__(self, X: Array, weight: Array, threads: int = 1, scaled: Array | None = None) -> None:
        self.X, self.weight, self.threads = X, weight, threads
        self.scaled = scaled if scaled is not None else X if weight.dtype == bool else X * weight
        self.shape: tuple[int, int] = (X.shape[0], X.shape[1])
        self.dtype, self.stored = X.dtype, X.size
        self.blocks = grid.dense_blocks(len(X), X.shape[1] * X.itemsize, collect=True)

    @cached_property
    def common(self) -> float:
        """The weight that the cells are compared with: that of most of them, or 0 if most have none."""
        middle = float(np.median(self.weight))
        return middle if np.count_nonzero(self.weight != middle) < np.count_nonzero(self.weight) else 0.0

    @cached_property
    def excess(self) -> tuple[Array, Array, Array]:
        """``weight - common`` where it is not 0, as the arrays of a CSR matrix."""
        rows, columns = np.nonzero(self.weight != self.common)
        values = self.weight[rows, columns].astype(self.dtype) - self.dtype.type(self.common)
        indptr = np.searchsorted(rows, np.arange(self.shape[0] + 1))
        return indptr.astype(np.int64), columns.astype(np.int64), values

    def _sums(self) -> tuple[float, float, float, float]:
        total, norm2 = 0.0, 0.0
        for low, high in self.blocks:
            total += float(self.scaled[low:high].sum(dtype=np.float64))
            norm2 += float(np.einsum("ij,ij->", self.scaled[low:high], self.X[low:high], dtype=np.float64))
        return float(self.weight.sum(dtype=np.float64)), total, norm2, float(self.X.max(initial=0))

    @cached_property
    def nonzeros(self) -> int:
        """Cells that count and are not 0."""
        return int(np.count_nonzero(self.X))

    def _cells(self) -> tuple[Array, Array]:
        return self.scaled, self.weight

    def block(self, rows: grid.Range) -> WeightedDenseBlock:
        """The rows as a block, without copying."""
        return WeightedDenseBlock(self, *rows)

    def sweep(self, fn: Callable[[Any, Any, Any], Any], W: Any, collect: bool = True) -> Any:
        """See `partwise.data.dense.sweep`."""
        seconds = 4 * self.stored * W.shape[1] / DENSE_FLOPS
        return sweep(self, fn, W, grid.lanes(self.blocks, len(self.blocks)), seconds)

    def transposed(self) -> WeightedDense:
        """The same by columns: views."""
        return WeightedDense(self.X.T, self.weight.T, self.threads, self.scaled.T)


class WeightedSparse(Counted):
    """A matrix with a weight for each stored cell, and one weight for all others, whose value is 0.

    Parameters
    ----------
    X, weight : CSR array or matrix of shape (n, p), float32 or float64, with the same stored cells
    elsewhere : float, non-negative
        Weight of the cells that are not stored; 0: they are missing.
    threads : int
        How many threads a sweep may use.
    """

    sparse = True

    def __init__(self, X: Any, weight: Any, elsewhere: float = 0.0, threads: int = 1) -> None:
        self.X, self.weight, self.elsewhere, self.threads = X, weight, float(elsewhere), threads
        self.shape, self.dtype, self.stored = X.shape, X.dtype, len(X.data)
        self.pattern = X.indptr, X.indices
        self.scaled = X.data * weight.data
        self.common = self.elsewhere
        differences = weight.data - self.dtype.type(elsewhere) if elsewhere else weight.data
        self.excess = *self.pattern, differences
        self.blocks = grid.sparse_blocks(X.indptr, grid.GRAM_BLOCK_STORED, grid.GRAM_ROW_ENTRIES)

    def _sums(self) -> tuple[float, float, float, float]:
        x, others = self.X.data, self.shape[0] * self.shape[1] - self.stored
        counts = float(self.weight.data.sum(dtype=np.float64)) + self.elsewhere * others
        norm2 = float(np.einsum("i,i->", self.scaled, x, dtype=np.float64))
        return counts, float(self.scaled.sum(dtype=np.float64)), norm2, float(x.max(initial=0))

    @cached_property
    def nonzeros(self) -> int:
        """Cells that count and are not 0."""
        return int(np.count_nonzero(self.X.data))

    def _cells(self) -> tuple[Array, Array]:
        return self.scaled, self.weight.data

    def block(self, rows: grid.Range) -> WeightedSparseBlock:
        """The rows as a block, without copying."""
        scaled, excess = (
            SparseBlock((*self.pattern, values), *rows, self.shape[1]) for values in (self.scaled, self.excess[2])
        )
        return WeightedSparseBlock(scaled, excess, self.X.data, self.weight.data, self.elsewhere, self.top)

    def sweep(self, fn: Callable[[Any, Any, Any], Any], W: Any, collect: bool = True) -> Any:
        """See `partwise.data.dense.sweep`."""
        seconds = 4 * (self.stored + grid.ROW_ENTRIES * self.shape[0]) * W.shape[1] / SPARSE_FLOPS
        return sweep(self, fn, W, grid.lanes(self.blocks, len(self.blocks)), seconds)

    @cached_property
    def _transposed(self) -> WeightedSparse:
        X, weight = (sp.csr_array(side.T) for side in (self.X, self.weight))
        return WeightedSparse(X, weight, self.elsewhere, self.threads)

    def transposed(self) -> WeightedSparse:
        """The same by columns: a copy, made once."""
        return self._transposed

    @property
    def entries(self) -> Entries:
        """The cells that count, one by one, if no others do."""
        return Entries((*self.pattern, self.X.data), self.weight.data)


def gathered(X: Array, weight: Array, threads: int) -> WeightedSparse:
    """A dense X of which only the cells that count are stored, zeros among them, row by row."""
    counts = weight != 0
    pattern = sp.csr_array(counts)
    stored = [
        sp.csr_array((values[counts].astype(X.dtype), pattern.indices, pattern.indptr), shape=X.shape)
        for values in (X, weight)
    ]
    return WeightedSparse(stored[0], stored[1], 0.0, threads)


def listed(data: Any) -> WeightedSparse:
    """Any data with every cell that counts stored, zeros among them. O(n p) unless those are all that is stored."""
    if data.weighted and data.sparse and not data.elsewhere:
        return data
    X = data.X.toarray() if data.sparse else data.X
    if not data.weighted:
        weight = np.ones(data.shape, data.dtype)
    elif data.sparse:
        weight = np.full(data.shape, data.elsewhere, data.dtype)
        weight[np.repeat(np.arange(len(X)), np.diff(data.X.indptr)), data.X.indices] = data.weight.data
    else:
        weight = data.weight
    return gathered(X, weight, data.threads)
