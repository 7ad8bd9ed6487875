"""What one pass over the entries tells: their sum, sum of squares, largest, and how many are not zero."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import numpy as np

from partwise import kernels
from partwise.interfaces import Array
from partwise.kernels import pool

BYTES_PER_SECOND = 8e9
"""Of one thread, about; only decides whether threads are worth waking."""


class Summarised:
    """The sums of a matrix, from a single pass over its `chunks` when the first of them is asked for."""

    stored: int
    threads: int

    def chunks(self) -> Iterable[Array]:
        """The stored entries in pieces, which do not depend on threads."""
        raise NotImplementedError

    @cached_property
    def _summary(self) -> tuple[float, float, float, int]:
        seconds = 8 * self.stored / BYTES_PER_SECOND
        parts = pool.run(lambda chunk: kernels.summary(np.ravel(chunk)), self.chunks(), self.threads, seconds)
        totals, squares, largest, nonzeros = zip(*parts, strict=True) if parts else ((), (), (), ())
        return sum(totals), sum(squares), max(largest, default=0.0), sum(nonzeros)

    @property
    def total(self) -> float:
        """Sum of the entries, float64."""
        return self._summary[0]

    @property
    def norm2(self) -> float:
        """Sum of squares, float64."""
        return self._summary[1]

    @property
    def largest(self) -> float:
        """Largest entry; 0 for an empty matrix."""
        return self._summary[2]

    @property
    def nonzeros(self) -> int:
        """Entries that are not zero, however they are stored, so that no choice depends on that."""
        return self._summary[3]
