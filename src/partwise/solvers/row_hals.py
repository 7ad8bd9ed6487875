"""Least squares rows that do not share a Gram matrix: ``"cd"`` and ``"bpp"`` on weighted data."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Evidence, RowQuadratic
from partwise.solvers.hals import SOLVE_SWEEPS, SOLVE_TOL


@dataclass(frozen=True)
class RowHALS:
    """Coordinate descent as `HALS`, each row with its own Gram matrix.

    Monotone. A Gram matrix costs k^2 for every cell that counts, a sweep k^2 for every row: so there are more sweeps.

    References
    ----------
    Kim, He & Park (2014), doi:10.1007/s10898-013-0035-4; weights: Gillis & Glineur (2011), doi:10.1137/110820361

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.penalties import Elastic
    >>> A, grams = np.zeros((1, 2)), np.eye(2)[None]
    >>> _ = RowHALS().update(A, RowQuadratic(np.array([[3.0, -1.0]]), lambda low, high: grams), Elastic(), A.mean(0))
    >>> A.tolist()
    [[3.0, 0.0]]
    """

    sweeps: int = 5

    name = "cd"
    needs = RowQuadratic
    faces = frozenset({"elastic"})
    monotone = True
    separable = True
    accelerable = True
    growing = False
    opening = 0

    def update(self, A: Array, stats: RowQuadratic, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A``; see the class."""
        seen = Evidence.zeros(A.shape[1])
        l1, l2 = penalty.elastic()
        for rows, grams in stats.chunks():
            a, cross = A[rows], stats.cross[rows]
            kernels.row_hals(a, with_ridge(grams, l2), cross, l1, self.sweeps, seen.grad2, seen.neg2, seen.norm2)
            seen.fit += fit_of(a, grams, cross) - l2 / 2 * float(np.einsum("ij,ij->", a, a, dtype=np.float64))
        return seen

    def solve(self, A: Array, stats: RowQuadratic, penalty) -> Array:
        """Overwrite the rows ``A``, a start, with the minimisers; returns the mask of solved rows."""
        l1, l2 = penalty.elastic()
        solved = np.zeros(len(A), np.uint8)
        for rows, grams in stats.chunks():
            a, cross, done = A[rows], stats.cross[rows], solved[rows]
            with_ridge(grams, l2)
            kernels.row_hals_solve(a, grams, cross, l1, SOLVE_TOL[A.dtype], SOLVE_SWEEPS[A.dtype], done)
            pivot_rest(a, grams, cross, l1, done)
        return solved.view(bool)


@dataclass(frozen=True)
class RowBPP(RowHALS):
    """Every row becomes its exact minimiser by block principal pivoting, as in `BPP`; monotone.

    References
    ----------
    Kim & Park (2011), doi:10.1137/110821172
    """

    sweeps: int = 1

    name = "bpp"

    def update(self, A: Array, stats: RowQuadratic, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A`` with their minimisers."""
        seen = Evidence.zeros(A.shape[1])
        l1, l2 = penalty.elastic()
        for rows, grams in stats.chunks():
            a, cross, ignored = A[rows], stats.cross[rows], np.zeros(A.shape[1])
            with_ridge(grams, l2)
            start = a.copy()
            kernels.row_hals(start, grams, cross, l1, 1, seen.grad2, seen.neg2, ignored)
            done = np.zeros(len(a), np.uint8)
            pivot_rest(a, grams, cross, l1, done)
            a[done == 0] = start[done == 0]
            seen.norm2 += np.einsum("ij,ij->j", a, a, dtype=np.float64)
            seen.fit += fit_of(a, grams, cross) - l2 / 2 * float(np.einsum("ij,ij->", a, a, dtype=np.float64))
        return seen


def with_ridge(grams: Array, l2: float) -> Array:
    """The Gram matrices with l2 on their diagonals, in place."""
    if l2:
        np.einsum("iqq->iq", grams)[...] += grams.dtype.type(l2)
    return grams


def pivot_rest(A: Array, grams: Array, cross: Array, l1: float, done: Array) -> None:
    """Solve the rows that are not done by block pivoting, in place, and mark those that it finished."""
    hard = np.flatnonzero(done == 0)
    if len(hard):
        rows, finished = A[hard], np.zeros(len(hard), np.uint8)
        kernels.pivot(rows, grams[hard].astype(np.float64), cross[hard], l1, finished)
        A[hard], done[hard] = rows, finished


def fit_of(A: Array, grams: Array, cross: Array) -> float:
    """``sum_i 1/2 a_i gram_i a_i' - cross_i a_i'``, summed in float64."""
    pulled = np.matmul(A[:, None, :], grams)[:, 0, :]
    return float(np.einsum("ij,ij->", A, pulled / 2 - cross, dtype=np.float64))
