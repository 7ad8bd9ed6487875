"""A CSR matrix as data: int32 or int64 indices, never densified."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import scipy.sparse as sp

from partwise.data import grid
from partwise.data.block import SparseBlock
from partwise.data.dense import sweep
from partwise.data.summary import Summarised, Summary
from partwise.interfaces import Array

SPARSE_FLOPS = 3e9
"""Flops a second of one thread, low; only decides whether threads are worth waking."""

ENTRIES_PER_LANE = 32
"""A lane's buffer has a row for every column of X; it pays when the lane stores at least 32 entries a column."""


class Sparse(Summarised):
    """A sparse matrix of float32 or float64.

    Parameters
    ----------
    X : CSR array or matrix of shape (n, p), non-negative and finite
        Duplicates must have been summed; indices need not be sorted.
    threads : int
        How many threads a sweep may use.
    summary : Summary, optional
        That of X, if it is known.
    """

    sparse = True
    weighted, elsewhere = False, 1.0

    def __init__(self, X: Any, threads: int = 1, summary: Summary | None = None) -> None:
        self.X, self.threads = X, threads
        self.shape, self.dtype = X.shape, X.dtype
        self.stored = len(X.data)
        if summary:
            self.summary = summary
        self.arrays = X.indptr, X.indices, X.data
        self.blocks = grid.sparse_blocks(X.indptr, grid.SPARSE_BLOCK_STORED, grid.ROW_ENTRIES)
        self._transposed: Sparse | None = None

    @property
    def entries(self) -> Array:
        """The stored entries."""
        return self.X.data

    def block(self, rows: grid.Range) -> SparseBlock:
        """The rows as a block, without copying."""
        return SparseBlock(self.arrays, *rows, self.shape[1])

    def sweep(self, fn: Callable[[Any, Any, Any], Any], W: Array, collect: bool = True) -> Any:
        """See `partwise.data.dense.sweep`."""
        most = self.stored // (ENTRIES_PER_LANE * max(1, self.shape[1])) if collect else len(self.blocks)
        seconds = 4 * (self.stored + grid.ROW_ENTRIES * self.shape[0]) * W.shape[1] / SPARSE_FLOPS
        return sweep(self, fn, W, grid.lanes(self.blocks, most), seconds)

    def transposed(self) -> Sparse:
        """The same numbers by columns: a copy of the size of X, made once."""
        if self._transposed is None:
            self._transposed = Sparse(sp.csr_array(self.X.T), self.threads)
        return self._transposed
