"""Accelerated projected gradient on a `Quadratic`, for penalties that are a proximal step: the solver ``"pg"``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partwise.interfaces import Array, Evidence, Quadratic
from partwise.solvers.descent import Descent

SOLVE_STEPS = 2000
SOLVE_TOL = {np.dtype(np.float64): 1e-9, np.dtype(np.float32): 1e-5}
"""A row is solved when no entry moves by more than this share of its largest."""


@dataclass(frozen=True)
class PG:
    """``steps`` times ``a <- P(y - (y gram - cross) / L)``, L = |gram|_2, y ahead of a by Nesterov's rule.

    P is the proximal step of the penalty, or the bounds. A row whose quadratic would rise keeps its place and takes a
    plain step next, so it is monotone, also where the set of P is not convex; rows that P couples are judged together.
    What is returned is always a result of P: the constraint holds exactly. O(m k^2) a step and the cost of P.

    References
    ----------
    Beck & Teboulle (2009), doi:10.1137/080716542; for NMF: Guan, Tao, Luo & Yuan (2012), doi:10.1109/TSP.2012.2190406;
    restart: O'Donoghue & Candes (2015), doi:10.1007/s10208-013-9150-3

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.penalties import Simplex
    >>> A, stats = np.zeros((1, 2)), Quadratic(np.eye(2), np.array([[3.0, -1.0]]))
    >>> _ = PG().update(A, stats, Simplex(), size=A.mean(0))
    >>> A.tolist()
    [[1.0, 0.0]]
    """

    steps: int = 10

    name = "pg"
    needs = Quadratic
    faces = frozenset({"linear", "pull", "rows", "ridge", "ridges", "gram", "bounds", "prox"})
    monotone = True
    separable = True
    accelerable = True
    growing = False
    opening = 0

    def update(self, A: Array, stats: Quadratic, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A``; see the class."""
        descent = Descent.of(A, stats, penalty)
        first = descent.point
        for _ in range(self.steps):
            descent.step()
        A[...] = descent.point
        return Evidence.of(descent.lipschitz * (first - descent.plain_step), stats.cross, A)

    def solve(self, A: Array, stats: Quadratic, penalty) -> Array:
        """Overwrite the rows ``A``, a start, with the minimisers; returns the mask of solved rows."""
        descent, tol = Descent.of(A, stats, penalty), SOLVE_TOL[A.dtype]
        solved = np.zeros(len(A), bool)
        for _ in range(SOLVE_STEPS):
            before = descent.point
            descent.step()
            moved = np.abs(descent.point - before).max(axis=1, initial=0)
            solved = (moved <= tol * np.abs(descent.point).max(axis=1, initial=0)) & descent.moved
            if solved.all():
                break
        A[...] = descent.point
        return solved
