"""Who watches the iterations: the KKT residual, the history, and the rules that end a fit."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from partwise.engine.problem import Problem
from partwise.engine.step import Reading, column_means, half_step
from partwise.interfaces import Array, Data, Evidence

WINDOW = 10
"""Iterations over which the decrease of the objective is judged."""

FLAT = 1e-3
"""Share of ``tol`` that the objective must still lose per iteration."""

COLUMNS = ("iteration", "objective", "kkt", "relative_decrease", "seconds")


def kkt_residual(W: Evidence, H: Evidence) -> float:
    """How far the factors are from stationary, free of units and of the split of scale between W and H.

    With P the projected gradient (g where an entry is positive, else min(g, 0)) and N the negative part of the
    gradient, both at the scaling where |w_q| = |h_q| for every component q,
    ``sqrt(|P_W|^2 + |P_H|^2) / sqrt(|N_W|^2 + |N_H|^2)``. It is 0 exactly at stationary points, does not know the
    start, and is unchanged by X -> c X for every loss. A dead component (w_q or h_q zero) counts unscaled.
    """
    w, h = np.sqrt(W.norm2), np.sqrt(H.norm2)
    balance = np.divide(h, w, out=np.ones_like(w), where=np.minimum(w, h) > 0)
    top, bottom = (W.sums[:2] / balance + H.sums[:2] * balance).sum(axis=1).tolist()
    return 0.0 if bottom == 0 else math.sqrt(top / bottom)  # nan stays nan


def kkt_of(problem: Problem, data: Data, W: Array, Ht: Array) -> float:
    """The KKT residual of the whole matrix, from one reading that leaves the factors alone."""
    W, Ht = W.copy(), Ht.copy()
    loss, fixed = problem.loss, problem.loss.fix(Ht)
    total = half_step(loss, problem.solver_W, problem.penalty_W, data, W, fixed, collect=True)
    stats = loss.columns(problem.solver_H.needs, total.columns, Ht)
    return kkt_residual(total.evidence, problem.solver_H.update(Ht, stats, problem.penalty_H, column_means(Ht)))


@dataclass
class Monitor:
    """Judges each iteration and keeps the history.

    Parameters
    ----------
    tol : float
        0 never stops. Otherwise a fit has converged when, twice running, the KKT residual is at most ``tol``, or the
        objective has fallen by less than ``FLAT * tol`` of itself per iteration over the last ten iterations.
    resolution : float
        Changes of the objective below this are rounding.
    """

    tol: float
    resolution: float = 0.0
    rows: list[tuple[int, float, float, float, float]] = field(default_factory=list)
    small: int = 0
    level: int = 0
    last_kkt: float = float("nan")
    past: deque[tuple[int, float]] = field(default_factory=lambda: deque(maxlen=WINDOW + 1))

    def note(self, n_iter: int, objective: float | None, reading: Reading, seconds: float) -> str | None:
        """Judge one iteration; ``objective`` is None where it was not computed, and then no row is kept.

        Returns
        -------
        str or None
            The reason to stop: "converged" or "non-finite".
        """
        kkt = self.last_kkt = kkt_residual(reading.W, reading.H)
        drop = self._drop(n_iter, objective)
        if objective is not None:
            relative = drop / objective if objective > 0 else 0.0
            self.rows.append((n_iter, objective, kkt, relative, seconds))
            self.past.append((n_iter, objective))
        if not math.isfinite(kkt) or (objective is not None and not math.isfinite(objective)):
            return "non-finite"
        if self.tol == 0:
            return None
        flat = objective is not None and drop <= max(FLAT * self.tol * objective, self.resolution)
        self.small = self.small + 1 if kkt <= self.tol else 0
        if objective is not None:
            self.level = self.level + 1 if flat else 0
        return "converged" if max(self.small, self.level) >= 2 else None

    def _drop(self, n_iter: int, objective: float | None) -> float:
        """Mean decrease per iteration over the window; nan where it is not known."""
        if not self.past or objective is None:
            return np.nan
        first, before = self.past[0]
        return (before - objective) / max(1, n_iter - first)

    def restart(self) -> None:
        """Forget the past of the objective, after the factors were changed from outside."""
        self.past.clear()
        self.small = self.level = 0
