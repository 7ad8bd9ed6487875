"""Newton coordinate descent for Kullback-Leibler rows, on the data themselves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Block, Fixed, Rows

SOLVE_TOL = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 1e-5}
"""Projected gradient of a solved row, as a share of the column sums of the other factor."""

SOLVE_SWEEPS = 200


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

    def solve(self, X: Block, A: Array, fixed: Fixed, floor: float, penalty) -> Array:
        """Overwrite ``A`` with the minimisers of its rows, whatever it held; returns the mask of solved rows."""
        (indptr, indices, values), start, stop = X.csr()
        converged = np.zeros(len(A), np.uint8)
        mass = A.dtype.type(fixed.colsum.sum())
        ones = np.ones((len(fixed.B), 1), A.dtype)
        A[...] = X.dot(ones) / mass if mass > 0 else 0  # the same weight for all: y > 0 wherever B allows
        colsum, (l1, l2), tol = fixed.colsum.astype(A.dtype), penalty.elastic(), SOLVE_TOL[A.dtype]
        csr = indptr, indices, values
        kernels.kl_solve(csr, start, stop, A, fixed.B, colsum, l1, l2, floor, tol, SOLVE_SWEEPS, converged)
        return converged.view(bool)
