"""Block principal pivoting: exact non-negative least squares of many rows at once, the solver ``"bpp"``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Evidence, Quadratic
from partwise.kernels.reference.bounds import projected
from partwise.solvers.hals import of_rows


@dataclass(frozen=True)
class BPP:
    """Every row becomes the exact minimiser of its `Quadratic`: alternating non-negative least squares.

    Monotone (each half step is a global minimum). O(m k^3) a round and a handful of rounds; the fewest iterations, for
    small k, high accuracy or ill-conditioned factors. A row that `kernels.pivot` does not finish is left to coordinate
    descent, so a degenerate system costs time, never the fit.

    References
    ----------
    Kim & Park (2011), doi:10.1137/110821172

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.penalties import Elastic
    >>> A, stats = np.zeros((1, 2)), Quadratic(np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[3.0, 0.0]]))
    >>> _ = BPP().update(A, stats, Elastic(), size=A.mean(0))
    >>> A.round(12).tolist()
    [[1.5, 0.0]]
    """

    name = "bpp"
    needs = Quadratic
    faces = frozenset({"linear", "pull", "rows", "ridge", "ridges", "gram", "bounds"})
    monotone = True
    separable = True
    accelerable = True
    growing = False
    opening = 0

    def update(self, A: Array, stats: Quadratic, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A`` with their minimisers."""
        terms = penalty.terms()
        (gram, cross, l1), bounds = terms.join(stats, A.dtype), terms.bounds(A)
        gram = gram.astype(np.float64, copy=False)
        gradient = A @ gram - cross + l1
        lower, upper = (0, np.inf) if bounds[0] is None else bounds
        mapped = projected(A, gradient, lower, upper)
        done = np.zeros(len(A), np.uint8)
        kernels.pivot(A, gram, cross, l1, done, *bounds)
        if not done.all():
            descend(A, done == 0, gram, cross, l1, bounds)
        return Evidence.of(mapped, cross, A)


def descend(A: Array, rows: Array, gram: Array, cross: Array, l1: float, bounds: Any, sweeps: int = 50) -> None:
    """Coordinate descent on the chosen rows, in place: the fallback that cannot fail."""
    part = np.ascontiguousarray(A[rows])
    unused = np.zeros((3, len(gram)))
    kernels.hals(part, gram.astype(A.dtype), cross[rows], l1, sweeps, *unused, *of_rows(bounds, rows))
    A[rows] = part
