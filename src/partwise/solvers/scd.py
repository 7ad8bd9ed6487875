"""Newton coordinate descent for Kullback-Leibler rows, on the data themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Block, Fixed, Rows

SOLVE_TOL = {np.dtype(np.float64): 1e-6, np.dtype(np.float32): 1e-5}
"""Projected gradient of a solved row, as a share of the column sums of the other factor."""

SOLVE_SWEEPS, SOLVE_SWEEPS_WARM = 200, 40
"""Sweeps that a row gets, at most; one that starts near its solution is either there soon or near enough."""

SOLVE_FLOOR = {np.dtype(np.float64): 1e-30, np.dtype(np.float32): 1e-12}
"""Smallest y that is divided by, as a share of the row's largest x: far below what a solution leaves standing."""


@dataclass(frozen=True)
class SCD:
    """Solve each row's Kullback-Leibler problem with the other factor fixed, see `partwise.kernels.reference.kl_solve`.

    Monotone from any start. O(stored k) a sweep, usually 5 to 30 sweeps.

    References
    ----------
    Hsieh & Dhillon (2011), doi:10.1145/2020408.2020577
    """

    name = "scd"
    needs = Rows
    faces = frozenset({"elastic"})
    monotone = True
    separable = True
    accelerable = False

    def solve(self, X: Block, A: Array, fixed: Fixed, penalty, sweeps: int = SOLVE_SWEEPS) -> Array:
        """Overwrite the rows ``A``, a start, with the minimisers; returns the mask of solved rows."""
        csr, start, stop = X.csr()
        converged = np.zeros(len(A), np.uint8)
        colsum, (l1, l2) = fixed.colsum.astype(A.dtype), penalty.elastic()
        floor, tol = SOLVE_FLOOR[A.dtype], SOLVE_TOL[A.dtype]
        kernels.kl_solve(csr, start, stop, A, fixed.B, colsum, l1, l2, floor, tol, sweeps, converged)
        return converged.view(bool)
