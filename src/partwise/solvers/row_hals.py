"""Least squares rows that do not share a Gram matrix: ``"cd"`` and ``"bpp"`` on weighted data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Evidence, RowQuadratic, Terms
from partwise.solvers.hals import SOLVE_TOL, pivot_rest

GRAM_BYTES = 1 << 20
"""Of Gram matrices that solving rows keeps alive at a time; sweeps have a bound of their own, in the kernel."""

SOLVE_SWEEPS = {np.dtype(np.float64): 4, np.dtype(np.float32): 10}
"""Before block pivoting, which costs less than a few sweeps where every row has a matrix of its own."""

DIRECT_ABOVE = {np.dtype(np.float64): 50, np.dtype(np.float32): 64}
"""Components from which sweeps cost less without forming Gram matrices."""

SWEEPS, MOST_SWEEPS = 8, 20


@dataclass(frozen=True)
class RowHALS:
    """Coordinate descent as `HALS`, each row with its own Gram matrix.

    Monotone up to rounding. A Gram matrix costs k^2 for every cell that counts, a sweep k^2 for every row: so there are
    more sweeps, see `worthwhile_sweeps`.

    References
    ----------
    Kim, He & Park (2014), doi:10.1007/s10898-013-0035-4; weights: Gillis & Glineur (2011), doi:10.1137/110820361

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.penalties import Elastic
    >>> nothing = np.zeros(2, int), np.zeros(0, int), np.zeros(0)
    >>> A, stats = np.zeros((1, 2)), RowQuadratic(np.array([[3.0, -1.0]]), np.eye(2), np.eye(2), nothing, 0)
    >>> _ = RowHALS().update(A, stats, Elastic(), A.mean(0))
    >>> A.tolist()
    [[3.0, 0.0]]
    """

    name = "cd"
    needs = RowQuadratic
    faces = frozenset({"linear", "pull", "rows", "ridge", "ridges", "gram", "bounds"})
    monotone = True
    separable = True
    accelerable = True
    growing = False
    opening = 0

    def update(self, A: Array, stats: RowQuadratic, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A``; see the class."""
        seen = Evidence.zeros(A.shape[1])
        seen.fit = descend(A, stats, penalty.terms(), worthwhile_sweeps(stats), seen)
        return seen

    def solve(self, A: Array, stats: RowQuadratic, penalty) -> Array:
        """Overwrite the rows ``A``, a start, with the minimisers; returns the mask of solved rows."""
        solved = np.zeros(len(A), np.uint8)
        for part in parts(A, stats, penalty):
            done = solved[part.rows]
            tol, sweeps = SOLVE_TOL[A.dtype], SOLVE_SWEEPS[A.dtype]
            kernels.row_hals_solve(part.A, *part.system, tol, sweeps, done, *part.bounds)
            part.pivot(done)
        return solved.view(bool)


@dataclass(frozen=True)
class RowBPP(RowHALS):
    """Every row becomes its exact minimiser by block principal pivoting, as in `BPP`; monotone.

    References
    ----------
    Kim & Park (2011), doi:10.1137/110821172
    """

    name = "bpp"

    def update(self, A: Array, stats: RowQuadratic, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A`` with their minimisers."""
        seen = Evidence.zeros(A.shape[1])
        for part in parts(A, stats, penalty):
            swept, unused, done = part.A.copy(), np.zeros(A.shape[1]), np.zeros(len(part.A), np.uint8)
            kernels.row_hals(swept, *part.system, 1, seen.grad2, seen.neg2, unused, *part.bounds)
            part.pivot(done)
            part.A[done == 0] = swept[done == 0]
            seen.norm2[...] += np.einsum("ij,ij->j", part.A, part.A, dtype=np.float64)
            seen.fit += part.fit()
        return seen


@dataclass(frozen=True)
class Part:
    """Some rows, ``rows`` of all: their least squares with the terms of the penalty, ``ridge`` (k, k) among them."""

    rows: slice
    A: Array
    ridge: Array
    cross: Array
    system: tuple[Array, Array, float]
    bounds: tuple[Array | None, Array | None]

    def fit(self) -> float:
        """``sum_i 1/2 a_i gram_i a_i' - cross_i a_i'`` without the penalty, summed in float64."""
        pulled = np.matmul(self.A[:, None, :], self.system[0])[:, 0, :] - self.A @ self.ridge
        return float(np.einsum("ij,ij->", self.A, pulled / 2 - self.cross, dtype=np.float64))

    def pivot(self, done: Array) -> None:
        """Solve the rows that are not done by block pivoting, in place, and mark those that it finished."""
        pivot_rest(self.A, *self.system, self.bounds, done)


def parts(A: Array, stats: RowQuadratic, penalty: Any) -> Iterator[Part]:
    """The rows in runs whose Gram matrices, formed and forgotten, take at most `GRAM_BYTES`; each with its terms."""
    m, k = A.shape
    height = max(1, GRAM_BYTES // max(1, k * k * A.itemsize))
    for low in range(0, m, height):
        rows = slice(low, min(low + height, m))
        grams = np.empty((rows.stop - low, k, k), A.dtype)
        terms, cross = penalty.rows(low, rows.stop).terms(), stats.cross[rows]
        ridge, base = ridge_of(terms, k).astype(A.dtype), stats.base
        kernels.row_grams(stats.excess, stats.start + low, stats.start + rows.stop, stats.B, base + ridge, grams)
        yield Part(rows, A[rows], ridge, cross, (grams, *with_linear(terms, cross)), terms.bounds(A[rows]))


def descend(A: Array, stats: RowQuadratic, terms: Terms, sweeps: int, seen: Evidence) -> float:
    """Sweeps over the rows ``A``; the fit, without the penalty."""
    kernel = kernels.row_descend if A.shape[1] >= DIRECT_ABOVE[A.dtype] else kernels.row_gram_hals
    ridge = ridge_of(terms, A.shape[1])
    by_row = np.ndim(terms.linear) > 0
    cross = np.ascontiguousarray(stats.cross - terms.linear if by_row else stats.cross, A.dtype)
    with_penalty = kernel(
        stats.excess,
        stats.start,
        stats.start + len(A),
        A,
        stats.B,
        stats.base + ridge,
        cross,
        0.0 if by_row else float(terms.linear),
        sweeps,
        seen.grad2,
        seen.neg2,
        seen.norm2,
        *terms.bounds(A),
    )
    penalised = np.sum(terms.ridge * seen.norm2) / 2
    if by_row or terms.gram is not None:
        rest = (stats.cross - cross) + (0 if terms.gram is None else A @ (terms.gram / 2))
        penalised += np.einsum("ij,ij->", rest, A, dtype=np.float64)
    return with_penalty - float(penalised)


def worthwhile_sweeps(stats: RowQuadratic) -> int:
    """8; 16 for a factor with at most half the rows of the other, 20 with at most a third.

    Sweeps of the factor with few rows cost little beside those of the other. By the shape of X alone, so that neither
    blocks nor storage matter.
    """
    rows, others = len(stats.excess[0]) - 1, len(stats.B)
    return min(MOST_SWEEPS, SWEEPS * max(1, others // max(1, rows)))


def ridge_of(terms: Terms, k: int) -> Array:
    """What a penalty adds to the Gram matrix of every row, (k, k)."""
    return terms.ridge * np.eye(k) + (0 if terms.gram is None else terms.gram)


def with_linear(terms: Terms, cross: Array) -> tuple[Array, float]:
    """Cross products with the linear term of a penalty, and that term where it is one number."""
    linear = terms.linear
    if np.ndim(linear):
        cross, linear = (cross - linear).astype(cross.dtype), 0.0
    return np.ascontiguousarray(cross), float(linear)
