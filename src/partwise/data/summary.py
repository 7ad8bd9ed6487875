"""What one pass over the entries tells: their sum, sum of squares, largest, and how many are not zero."""

from __future__ import annotations

from functools import cached_property
from typing import NamedTuple

import numpy as np

from partwise import kernels
from partwise.interfaces import Array
from partwise.kernels import pool

CHUNK = 500_000
"""Entries summed at a time."""

BYTES_PER_SECOND = 8e9
"""Of one thread, about; only decides whether threads are worth waking."""


class Summary(NamedTuple):
    """Sum and sum of squares in float64, the lowest and the largest entry (0 included), and how many are not 0."""

    total: float = 0.0
    norm2: float = 0.0
    lowest: float = 0.0
    largest: float = 0.0
    nonzeros: int = 0


def summarise(chunks: list[Array], threads: int | None = None) -> Summary:
    """The summary of all chunks, added in their order; on as many threads as are granted, or fewer."""
    seconds = sum(chunk.nbytes for chunk in chunks) / BYTES_PER_SECOND
    parts = pool.run(lambda chunk: kernels.summary(np.ravel(chunk)), chunks, threads, seconds)
    if not parts:
        return Summary()
    totals, squares, lowest, largest, nonzeros = zip(*parts, strict=True)
    return Summary(sum(totals), sum(squares), min(lowest), max(largest), sum(nonzeros))


def pieces(values: Array) -> list[Array]:
    """The array cut along its first axis into pieces of about `CHUNK` entries."""
    rows = max(1, CHUNK // max(1, values[:1].size))
    return [values[low : low + rows] for low in range(0, len(values), rows)]


class Summarised:
    """The sums of a matrix, from one pass over its `entries` when the first of them is asked for."""

    threads: int

    @property
    def entries(self) -> Array:
        """The stored entries."""
        raise NotImplementedError

    @cached_property
    def summary(self) -> Summary:
        """All of them."""
        return summarise(pieces(self.entries), self.threads)

    @property
    def total(self) -> float:
        """Sum of the entries, float64."""
        return self.summary.total

    @property
    def norm2(self) -> float:
        """Sum of squares, float64."""
        return self.summary.norm2

    @property
    def largest(self) -> float:
        """Largest entry; 0 for an empty matrix."""
        return self.summary.largest

    @property
    def nonzeros(self) -> int:
        """Entries that are not zero, however they are stored, so that no choice depends on that."""
        return self.summary.nonzeros
