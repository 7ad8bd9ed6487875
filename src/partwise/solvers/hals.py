"""Hierarchical alternating least squares: coordinate descent on a `Quadratic`, the solver ``"cd"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Evidence, Quadratic

SOLVE_TOL = {np.dtype(np.float64): 1e-11, np.dtype(np.float32): 1e-6}
"""Projected gradient of a solved row, as a share of its largest cross product: some digits above roundoff."""

SOLVE_SWEEPS = 10
"""Rows that coordinate descent has not solved by then go to block pivoting, which starts from where they are.

Most rows of texts have two or three components and are solved in eight to ten sweeps, also to the tolerance of float64;
for the others a sweep costs little beside pivoting, and leaves it a passive set that needs few exchanges."""


SPREAD = 1e4
"""Ratio of the largest to the least curvature from which coordinates are brought to units of their own."""


@dataclass(frozen=True)
class HALS:
    """``a_q <- max(0, a_q - (a gram_q - cross_q + l1) / gram_qq)`` for q = 1..k, ``sweeps`` times over.

    Every step is the exact minimiser in one coordinate, hence monotone; the terms of a penalty stand in gram and cross,
    ridges on the diagonal *before* it divides. O(m k^2) a sweep.

    References
    ----------
    Cichocki & Phan (2009), doi:10.1587/transfun.E92.A.708; inner sweeps: Gillis & Glineur (2012),
    doi:10.1162/NECO_a_00256

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.penalties import Elastic
    >>> A, stats = np.zeros((1, 2)), Quadratic(np.eye(2), np.array([[3.0, -1.0]]))
    >>> _ = HALS(sweeps=1).update(A, stats, Elastic(), size=A.mean(0))
    >>> A.tolist()
    [[3.0, 0.0]]
    """

    sweeps: int = 3

    name = "cd"
    needs = Quadratic
    faces = frozenset({"linear", "pull", "rows", "ridge", "ridges", "gram", "bounds"})
    monotone = True
    separable = True
    accelerable = True
    growing = False
    opening = 0

    def update(self, A: Array, stats: Quadratic, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A``; see the class for the formula."""
        seen = Evidence.zeros(A.shape[1])
        terms = penalty.terms()
        gram, cross, l1 = terms.join(stats, A.dtype)
        kernels.hals(A, gram, cross, l1, self.sweeps, seen.grad2, seen.neg2, seen.norm2, *terms.bounds(A))
        return seen

    def solve(self, A: Array, stats: Quadratic, penalty) -> Array:
        """Overwrite the rows ``A``, a start, with the minimisers; returns the mask of solved rows."""
        terms = penalty.terms()
        (gram, cross, l1), bounds = terms.join(stats, A.dtype), terms.bounds(A)
        scale = scales(np.diagonal(gram))
        if scale is None:
            return self._solve(A, gram, cross, l1, bounds)
        A /= scale
        bounds = [bound if bound is None else bound / scale for bound in bounds]
        solved = self._solve(A, gram * scale[:, None] * scale, (cross - A.dtype.type(l1)) * scale, 0.0, bounds)
        A *= scale
        return solved

    def _solve(self, A: Array, gram: Array, cross: Array, l1: float, bounds: Any) -> Array:
        converged = np.zeros(len(A), np.uint8)
        kernels.hals_solve(A, gram, cross, l1, SOLVE_TOL[A.dtype], SOLVE_SWEEPS, converged, *bounds)
        pivot_rest(A, gram, cross, l1, bounds, converged)
        return converged.view(bool)


def pivot_rest(A: Array, gram: Array, cross: Array, l1: float, bounds: Any, done: Array) -> None:
    """Solve the rows that are not done by block pivoting, in place, and mark those that it finished.

    ``gram`` is (k, k) for all rows, or (m, k, k) with a matrix for each.
    """
    hard = np.flatnonzero(done == 0)
    if len(hard):
        rows, finished = A[hard], np.zeros(len(hard), np.uint8)
        grams = (gram if gram.ndim == 2 else gram[hard]).astype(np.float64)
        kernels.pivot(rows, grams, cross[hard], l1, finished, *of_rows(bounds, hard))
        A[hard], done[hard] = rows, finished


def scales(diagonal: Array) -> Array | None:
    """Units for the coordinates in which their curvatures are about 1; None where they are of one size anyway.

    The tolerance of a row is a share of its largest cross product, which says nothing of a coordinate in another unit.
    Powers of two, so that nothing is rounded.
    """
    alive = diagonal > 0
    if not alive.any() or diagonal.max() <= SPREAD * diagonal[alive].min():
        return None
    roots = np.sqrt(np.where(alive, diagonal, 1))
    return np.exp2(-np.round(np.log2(roots))).astype(diagonal.dtype)


def of_rows(bounds: tuple[Array | None, Array | None], rows: Array) -> list[Array | None]:
    """The bounds of some rows, chosen by number or by mask."""
    return [bound if bound is None else bound[rows] for bound in bounds]
