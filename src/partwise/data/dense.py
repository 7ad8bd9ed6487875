"""An ndarray as data: C or Fortran order, read-only or memory-mapped, never copied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from partwise.data import grid
from partwise.data.block import DenseBlock
from partwise.data.summary import Summarised, Summary
from partwise.interfaces import Array
from partwise.kernels import pool

DENSE_FLOPS = 2e10
"""Flops a second of one thread, low; only decides whether threads are worth waking."""


class Dense(Summarised):
    """A dense matrix of float32 or float64.

    Parameters
    ----------
    X : ndarray of shape (n, p), float32 or float64, non-negative and finite
    threads : int
        How many threads a sweep may use.
    summary : Summary, optional
        That of X, if it is known.
    """

    sparse = False
    weighted, elsewhere = False, 1.0

    def __init__(self, X: Array, threads: int = 1, summary: Summary | None = None) -> None:
        self.X, self.threads = X, threads
        self.shape: tuple[int, int] = (X.shape[0], X.shape[1])
        self.dtype = X.dtype
        self.stored = X.size
        if summary:
            self.summary = summary
        row_bytes = X.shape[1] * X.itemsize
        self.blocks, self.small_blocks = (grid.dense_blocks(len(X), row_bytes, collect) for collect in (True, False))
        self.lanes, self.small_lanes = (grid.lanes(blocks, len(blocks)) for blocks in (self.blocks, self.small_blocks))

    @property
    def entries(self) -> Array:
        """X itself."""
        return self.X

    def block(self, rows: grid.Range) -> DenseBlock:
        """The rows as a block, without copying."""
        return DenseBlock(self.X[rows[0] : rows[1]])

    def sweep(self, fn: Callable[[Any, Any, Any], Any], W: Array, collect: bool = True) -> Any:
        """See `partwise.data.sweep`."""
        seconds = 4 * self.stored * W.shape[1] / DENSE_FLOPS
        return sweep(self, fn, W, self.lanes if collect else self.small_lanes, seconds)

    def transposed(self) -> Dense:
        """The same numbers by columns: a view."""
        return Dense(self.X.T, self.threads)


def sweep(data, fn, W: Array, lanes: tuple[grid.Lane, ...], seconds: float) -> Any:
    """Call ``total = fn(block, W[rows], total)`` along every lane, the first call of a lane with total None.

    Returns the totals of the lanes added in a fixed order. ``fn`` may overwrite its rows of W.
    """

    sum_of_lanes = grid.Sum(len(lanes))

    def lane(i: int) -> None:
        total = None
        for rows in lanes[i]:
            total = fn(data.block(rows), W[rows[0] : rows[1]], total)
        sum_of_lanes.put(i, total)

    pool.run(lane, range(len(lanes)), data.threads, seconds)
    return sum_of_lanes.result
