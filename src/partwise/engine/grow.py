"""Momentum for multiplicative updates, where an objective costs a reading of X: only where a factor grows.

A wrapper of `step` as `partwise.engine.accelerate` is, but judged every few iterations instead of every one: `judge`
takes a whole stretch back if the objective rose, and the next stretch is taken plainly, which is provably monotone. So
the objectives that a fit reports never rise.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from partwise.engine.accelerate import look_ahead, nesterov
from partwise.engine.problem import Problem
from partwise.engine.step import Momentum, Reading, State, keep_within, step
from partwise.interfaces import Data
from partwise.solvers import MU


class Pace(NamedTuple):
    """Iterations of the opening, the exponent of the multiplicative factor and the share of the momentum in them, and
    the exponent later.

    With beta = 1 the opening's exponent takes the place of the momentum, below it comes on top; later 1 is as fast.
    """

    opening: int
    exponent: float
    share: float
    later: float = 1.0

    def at(self, n_iter: int) -> tuple[float, float]:
        """Exponent and share in the iteration after ``n_iter``."""
        return (self.exponent, self.share) if n_iter < self.opening else (self.later, 1.0)


def growing_step(problem: Problem, data: Data, by_columns: Data | None, state: State) -> Reading:
    """Advance ``state`` by one iteration from ``A + b max(0, A - A_previous)``, b = (t - 1) / t+.

    ``t+ = (1 + sqrt(1 + 4 t^2)) / 2`` from t = 1. A factor that shrinks is left where it is, so no entry comes near 0.
    In the opening the multiplicative factor is taken to a power, later to 1, not to the provable one; with beta = 1 b
    is 0 there. None of this is proven: see `judge`.

    References
    ----------
    Hien, Leplat & Gillis (2025), block majorization minimization with extrapolation, https://arxiv.org/abs/2401.06646;
    the exponent: Fevotte & Idier (2011), doi:10.1162/NECO_a_00168
    """
    now = state.momentum
    if now is None or now.plain:
        return step(problem, data, by_columns, state)
    weight, following = nesterov(now.t)
    exponent, share = pace(problem.loss).at(state.n_iter)
    weight *= share
    look_ahead(now.W, state.W, weight, 1.0, data.threads, now.W)
    look_ahead(now.Ht, state.Ht, weight, 1.0, data.threads, now.Ht)
    keep_within(now.W, problem.penalty_W)
    keep_within(now.Ht, problem.penalty_H)
    now.W, now.Ht, state.W, state.Ht, now.t = state.W, state.Ht, now.W, now.Ht, following
    return step(replace(problem, solver_W=MU(exponent), solver_H=MU(exponent)), data, by_columns, state)


def begin(state: State, objective: float | None) -> None:
    """Give ``state``, whose objective is given, a momentum to start with."""
    now = state.momentum = Momentum(state.W.copy(), state.Ht.copy())
    now.objective, now.safe = np.inf if objective is None else objective, (now.W.copy(), now.Ht.copy())


def pace(loss: Any) -> Pace:
    """How a loss is taken on; above beta = 1 always with the provable exponent."""
    if loss.beta > 1:
        return Pace(8, loss.exponent, 1.0, loss.exponent)
    return Pace(8, 1.75, 0.0) if loss.beta == 1 else Pace(20, 1.25, 1.0)


def judge(state: State, objective: float, keep: bool) -> bool:
    """Whether the stretch that led to ``objective`` stands; if not, ``state`` is what it was before.

    ``keep``: from now on this is what a later stretch goes back to. A plain stretch always stands: it can only have
    risen by rounding.
    """
    now = state.momentum
    if now is None:  # components were revived
        if keep:
            begin(state, objective)
        return True
    if now.plain or objective <= now.objective or now.safe is None:
        if keep:
            if now.plain:
                now.W, now.Ht, now.t, now.plain = state.W.copy(), state.Ht.copy(), 1.0, False
            now.objective, now.safe = objective, (state.W.copy(), state.Ht.copy())
        return True
    state.W, state.Ht = now.safe[0].copy(), now.safe[1].copy()
    now.plain = True
    return False
