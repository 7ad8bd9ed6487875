"""The beta-divergences, Frobenius (2), Kullback-Leibler (1) and Itakura-Saito (0) among them.

``d(x | y) = (x^b + (b - 1) y^b - b x y^(b - 1)) / (b (b - 1))`` with the limits at b = 1 and b = 0. Knows blocks only
through their products, hence neither storage nor threads.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import reduce
from operator import iadd
from typing import Any

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Block, Data, Entries, Fixed, Quadratic, Rows, Split
from partwise.kernels import dense, pool

RELATIVE_FLOOR = {np.dtype(np.float64): 1e-30, np.dtype(np.float32): 1e-12}
"""Smallest y that is divided by, as a share of the largest x: small enough to matter only where y should be 0."""

GRAM_FLOPS = 2e10
"""Flops a second of one thread, low; only decides whether threads are worth waking."""


@dataclass(frozen=True)
class Beta:
    """A beta-divergence, with the floor that belongs to the data it is used on.

    Parameters
    ----------
    beta : float
        2 is half the squared Frobenius norm, 1 Kullback-Leibler, 0 Itakura-Saito; convex in y for 1 <= beta <= 2.
    floor : float
        Smallest y that is divided by, in the unit of X; `on` derives it from the data.

    References
    ----------
    Fevotte & Idier (2011), doi:10.1162/NECO_a_00168

    Examples
    --------
    >>> Beta(2.0).exponent, Beta(0.0).exponent, Beta(3.0).exponent
    (1.0, 0.5, 0.5)
    """

    beta: float
    floor: float = 0.0

    weighted = False

    @property
    def offers(self) -> frozenset[type]:
        """Statistics that it can give."""
        extra: dict[float, set[type]] = {2.0: {Quadratic, Entries}, 1.0: {Rows}}
        return frozenset({Split} | extra.get(self.beta, set()))

    @property
    def exponent(self) -> float:
        """The power of the multiplicative factor that makes the update monotone."""
        if self.beta < 1:
            return 1 / (2 - self.beta)
        return 1 / (self.beta - 1) if self.beta > 2 else 1.0

    def on(self, data: Data) -> Beta:
        """The same loss with its floor at the scale of ``data`` (any scale will do for zeros)."""
        return replace(self, floor=RELATIVE_FLOOR[data.dtype] * (data.largest or 1.0))

    def fix(self, B: Array, threads: int = 1) -> Fixed:
        """What the half step of the other factor needs of the fixed ``B``: O(p k^2) for beta = 2, else O(p k)."""
        nothing = np.zeros(0)
        if self.beta == 2:
            return Fixed(B, gram_of(B, threads), nothing)
        return Fixed(B, nothing, sums_of(B))

    def curvature(self, fixed: Fixed, data: Data) -> Array:
        """The Gram matrix of the `Quadratic` of every row."""
        return fixed.gram

    def rows(self, kind: type, X: Block, A: Array, fixed: Fixed) -> Any:
        """The statistic of the rows ``A``, in the dtype of the data. O(stored k), or O(m p k) for other beta."""
        if kind is Rows:
            return Rows(X, fixed.B, fixed.colsum)
        if self.beta == 2:
            stats = Quadratic(fixed.gram, X.dot(fixed.B))
            return stats if kind is Quadratic else as_split(stats, A)
        neg, pos = X.split(A, fixed.B, self.beta, self.floor)
        return Split(neg, fixed.colsum[None].astype(A.dtype) if pos is None else pos)

    def empty(self, kind: type, p: int, k: int) -> Quadratic | Split:
        """Float64 zeros that `add_columns` fills."""
        if self.beta == 2:
            return Quadratic(np.zeros((k, k)), np.zeros((p, k)))
        return Split(np.zeros((p, k)), np.zeros((1 if self.beta == 1 else p, k)))

    def add_columns(self, total: Quadratic | Split, X: Block, A: Array, B: Array) -> None:
        """Add this block's share of the statistic of the columns, ``A`` being its finished rows."""
        if isinstance(total, Quadratic):
            dense.add_gram(A, total.gram)
            X.add_t_dot(A, total.cross)
            return
        X.add_split_t(A, B, self.beta, self.floor, total.neg, total.pos)
        if self.beta == 1:
            total.pos += sums_of(A)

    def columns(self, kind: type, total: Quadratic | Split, B: Array) -> Quadratic | Split:
        """The finished statistic, in the kind that the solver of the columns asked for."""
        return as_split(total, B) if isinstance(total, Quadratic) and kind is Split else total

    def constant(self, data: Data) -> float:
        """What the loss adds to the ``fit`` of a `Quadratic` or of `Rows`: see `Evidence`."""
        return data.norm2 / 2 if self.beta == 2 else 0.0

    def value(self, X: Block, A: Array, B: Array) -> float:
        """The divergence of one block entry by entry, float64."""
        return X.value(A, B, self.beta, self.floor)


def sums_of(B: Array) -> Array:
    """The column sums of a factor, in float64."""
    total = np.zeros(B.shape[1])
    kernels.column_sums(np.ascontiguousarray(B), total)
    return total


def gram_of(B: Array, threads: int = 1) -> Array:
    """``B'B`` in float64, from products of at most `pool.CHUNK_ROWS` rows, up to k = 64 of 128, in the dtype of B."""
    p, k = B.shape
    parts = pool.over_rows(lambda rows: dense.gram(B[rows]), B, threads, seconds=2 * p * k * k / GRAM_FLOPS)
    return reduce(iadd, parts)


def as_split(stats: Quadratic, A: Array) -> Split:
    """The same gradient as two non-negative parts: ``neg = cross``, ``pos = A gram``."""
    return Split(stats.cross, A @ stats.gram.astype(A.dtype))
