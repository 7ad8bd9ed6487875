"""Accelerated projected gradient on a `Quadratic`, for penalties that are a proximal step: the solver ``"pg"``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.interfaces import Array, Evidence, Quadratic

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


def proximal(penalty: Any) -> Callable[[Array, float], Array]:
    """The proximal step of a penalty without its terms: its own, or the bounds of the terms."""
    if "prox" in penalty.faces:
        return penalty.prox
    terms = penalty.terms()
    lower, upper = (0.0 if terms.lower is None else terms.lower), terms.upper

    def clip(A: Array, step: float) -> Array:
        clipped = np.maximum(A, lower) if upper is None else np.clip(A, lower, upper)
        return clipped.astype(A.dtype, copy=False)

    return clip


class Descent:
    """The state of an accelerated descent of many rows; ``point`` is feasible and never gets worse."""

    def __init__(self, A: Array, gram: Array, cross: Array, prox: Callable[[Array, float], Array], coupled: bool):
        self.gram, self.cross, self.prox, self.coupled = gram, cross, prox, coupled
        largest = float(np.linalg.eigvalsh(gram.astype(np.float64))[-1]) if len(gram) else 0.0
        self.lipschitz = A.dtype.type(max(largest, np.finfo(A.dtype).tiny) * (1 + 4 * np.finfo(A.dtype).eps))
        self.point = prox(A, float(1 / self.lipschitz))
        self.product = self.point @ gram
        self.height = self.value(self.point, self.product)
        self.ahead, self.ahead_product = self.point, self.product
        self.t = np.ones((len(A), 1), A.dtype)
        self.plain_step = self.point
        self.begun = False
        self.moved = np.ones(len(A), bool)

    @classmethod
    def of(cls, A: Array, stats: Quadratic, penalty: Any) -> Descent:
        """The descent of the rows ``A`` for a statistic and a penalty."""
        gram, cross, linear = penalty.terms().join(stats, A.dtype)
        return cls(A, gram, cross - A.dtype.type(linear), proximal(penalty), penalty.whole)

    def value(self, A: Array, product: Array) -> Array:
        """The quadratic of every row, or the sum of all where rows are coupled, as a column; float64."""
        rows = np.einsum("ij,ij->i", A, product / 2 - self.cross, dtype=np.float64)[:, None]
        return np.full_like(rows, rows.sum()) if self.coupled else rows

    def offer(self, new: Array) -> None:
        """Move the rows to feasible ones, where these are better."""
        product = new @ self.gram
        height = self.value(new, product)
        better = height < self.height
        self.point, self.product = np.where(better, new, self.point), np.where(better, product, self.product)
        self.height = np.where(better, height, self.height)

    def step(self) -> None:
        """One step of every row; those that would rise stay, and take a plain step next."""
        new = self.prox(self.ahead - (self.ahead_product - self.cross) / self.lipschitz, float(1 / self.lipschitz))
        if not self.begun:
            self.plain_step, self.begun = new, True
        product = new @ self.gram
        height = self.value(new, product)
        plain = self.t == 1
        better = (height <= self.height) | plain  # a plain step only seems to rise, by roundoff
        following = (1 + np.sqrt(1 + 4 * self.t**2)) / 2
        weight = np.where(better, (self.t - 1) / following, 0).astype(new.dtype)
        self.moved = better[:, 0]
        self.t = np.where(better, following, 1).astype(new.dtype)
        point, point_product = np.where(better, new, self.point), np.where(better, product, self.product)
        self.ahead = point + weight * (point - self.point)
        self.ahead_product = point_product + weight * (point_product - self.product)
        self.point, self.product, self.height = point, point_product, np.where(better, height, self.height)
