"""Momentum for multiplicative updates, where an objective costs a reading of X: only where a factor grows.

A wrapper of `step` as `partwise.engine.accelerate` is, but judged every few iterations instead of every one: `judge`
takes a whole stretch back if the objective rose, and the next stretch is taken plainly, which is provably monotone. So
the objectives that a fit reports never rise.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from partwise.engine.accelerate import look_ahead
from partwise.engine.problem import Problem
from partwise.engine.step import Momentum, Reading, State, step
from partwise.interfaces import Data
from partwise.solvers import MU


def growing_step(problem: Problem, data: Data, by_columns: Data | None, state: State) -> Reading:
    """Advance ``state`` by one iteration from ``A + b max(0, A - A_previous)``, b = (t - 1) / t+.

    ``t+ = (1 + sqrt(1 + 4 t^2)) / 2`` from t = 1. A factor that shrinks is left where it is, so no entry comes near 0.
    Below beta = 1 the multiplicative factor is taken as it is instead of to the provable power. Both are only known to
    work: see `judge`.

    References
    ----------
    Hien, Leplat & Gillis (2025), block majorization minimization with extrapolation, https://arxiv.org/abs/2401.06646;
    the exponent: Fevotte & Idier (2011), doi:10.1162/NECO_a_00168
    """
    if state.momentum is None:
        state.momentum = Momentum(state.W.copy(), state.Ht.copy())
    now = state.momentum
    if now.plain:
        return step(problem, data, by_columns, state)
    following = (1 + np.sqrt(1 + 4 * now.t**2)) / 2
    weight = (now.t - 1) / following
    look_ahead(now.W, state.W, weight, 1.0, data.threads)
    look_ahead(now.Ht, state.Ht, weight, 1.0, data.threads)
    now.W, now.Ht, state.W, state.Ht, now.t = state.W, state.Ht, now.W, now.Ht, following
    return step(eager(problem), data, by_columns, state)


def eager(problem: Problem) -> Problem:
    """The same problem with at least the exponent 1."""
    solver = MU(max(1.0, problem.loss.exponent)) if problem.loss.beta < 1 else problem.solver_W
    return replace(problem, solver_W=solver, solver_H=solver)


def judge(state: State, objective: float, keep: bool) -> bool:
    """Whether the stretch that led to ``objective`` stands; if not, ``state`` is what it was before.

    ``keep``: from now on this is what a later stretch goes back to. A plain stretch always stands: it can only have
    risen by rounding.
    """
    now = state.momentum
    if now is None:
        return True
    if now.plain or not objective > now.objective:
        if keep:
            now.W, now.Ht, now.plain = (state.W.copy(), state.Ht.copy(), False) if now.plain else (now.W, now.Ht, False)
            now.objective, now.safe = objective, (state.W.copy(), state.Ht.copy())
        return True
    if now.safe is not None:
        state.W, state.Ht = now.safe[0].copy(), now.safe[1].copy()
        now.t, now.plain = 1.0, True
    return False
