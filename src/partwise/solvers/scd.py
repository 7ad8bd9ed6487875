"""Coordinate descent for Kullback-Leibler rows, on the data themselves: the solver ``"scd"``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Evidence, Rows

SOLVE_TOL = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 1e-5}
"""Projected gradient of a solved row, as a share of the column sums of the other factor."""

SOLVE_SWEEPS, SOLVE_SWEEPS_WARM = 200, 40
"""Sweeps that a row gets, at most; one that starts near its solution is either there soon or near enough."""

FLOOR = {np.dtype(np.float64): 1e-30, np.dtype(np.float32): 1e-12}
"""Smallest y that is divided by, as a share of the row's largest x: far below what a solution leaves standing."""


@dataclass(frozen=True)
class SCD:
    """Coordinate descent on each row's Kullback-Leibler divergence, on its stored entries, ``sweeps`` times over.

    Only coordinates that are positive, or have a negative gradient, are visited; a step agrees with Newton's near the
    minimiser of its coordinate and never passes it, so it is monotone from any start (see
    `partwise.kernels.reference.kl_sweep` for the formulas). O(stored k) to look, O(stored moving) a sweep. Far from a
    solution the coordinates fit each other's errors; hence the first ``opening`` iterations of a fit are
    multiplicative.

    References
    ----------
    Hsieh & Dhillon (2011), doi:10.1145/2020408.2020577; the opening: Carbonetto et al. (2021),
    https://arxiv.org/abs/2105.13440

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.data import as_data
    >>> from partwise.penalties import Elastic
    >>> X, A, B = np.array([[6.0, 2.0]]), np.array([[1.0]]), np.array([[3.0], [1.0]])
    >>> _ = SCD().update(A, Rows(as_data(X).block((0, 1)), B, B.sum(0)), Elastic(), size=A.mean(0))
    >>> A.tolist()
    [[2.0]]
    """

    sweeps: int = 2
    opening: int = 10

    name = "scd"
    needs = Rows
    faces = frozenset({"linear", "ridge", "bounds"})
    monotone = True
    separable = True
    accelerable = True
    growing = False

    def update(self, A: Array, stats: Rows, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A``; see the class."""
        seen = Evidence.zeros(A.shape[1])
        (csr, start, stop), B = stats.X.csr(), stats.B
        colsum, l1, l2 = regularised(stats.colsum, penalty)
        floor, bounds = FLOOR[A.dtype], penalty.terms().bounds(A)
        stored = kernels.kl_sweep(
            csr, start, stop, A, B, colsum, l1, l2, floor, self.sweeps, seen.grad2, seen.neg2, *bounds
        )
        seen.fit = stored + float(np.sum(stats.colsum * A, dtype=np.float64))
        seen.norm2[...] += np.einsum("ij,ij->j", A, A)
        return seen

    def solve(self, A: Array, stats: Rows, penalty, sweeps: int = SOLVE_SWEEPS) -> Array:
        """Overwrite the rows ``A``, a start, with the minimisers; returns the mask of solved rows."""
        (csr, start, stop), (floor, tol) = stats.X.csr(), (FLOOR[A.dtype], SOLVE_TOL[A.dtype])
        colsum, l1, l2 = regularised(stats.colsum, penalty)
        converged = np.zeros(len(A), np.uint8)
        bounds = penalty.terms().bounds(A)
        kernels.kl_solve(csr, start, stop, A, stats.B, colsum, l1, l2, floor, tol, sweeps, converged, *bounds)
        return converged.view(bool)


def regularised(colsum: Array, penalty) -> tuple[Array, float, float]:
    """The column sums, with the linear term where it has a number for each component, else that number; the ridge."""
    terms = penalty.terms()
    if np.ndim(terms.linear):
        return colsum + terms.linear, 0.0, float(terms.ridge)
    return colsum, float(terms.linear), float(terms.ridge)
