"""Momentum between iterations: Nesterov's extrapolation, taken back whenever the objective would rise.

A wrapper of `step`: it starts an iteration from a point ahead of the current factors, and keeps the result only if the
objective did not rise; otherwise the momentum is dropped, and the next iteration is a plain one. So an accelerated fit
is as monotone as the solver inside, and costs one more copy of the factors.
"""

from __future__ import annotations

import numpy as np

from partwise.engine.objective import penalties
from partwise.engine.problem import Problem
from partwise.engine.step import Momentum, Reading, State, step
from partwise.interfaces import Array, Data

COMPARABLE_ABOVE = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 1e-5}
"""Share of |X|^2 above which the loss from products has enough digits to be compared."""


def accelerated_step(problem: Problem, data: Data, by_columns: Data | None, state: State) -> Reading:
    """Advance ``state`` by one iteration from ``max(0, A + b (A - A_previous))``, b = (t - 1) / t+.

    ``t+ = (1 + sqrt(1 + 4 t^2)) / 2`` from t = 1, and t = 1 again after an iteration that raised the objective, which
    is taken back (``accepted`` is False). Where the loss is too small to be compared (cancellation), iterations are
    plain.

    References
    ----------
    Guan, Tao, Luo & Yuan (2012), doi:10.1109/TSP.2012.2190406; restart: O'Donoghue & Candes (2015),
    doi:10.1007/s10208-013-9150-3
    """
    if state.momentum is None:
        state.momentum = Momentum(state.W.copy(), state.Ht.copy())
    now = state.momentum
    following = (1 + np.sqrt(1 + 4 * now.t**2)) / 2
    weight = (now.t - 1) / following
    ahead = State(look_ahead(now.W, state.W, weight), look_ahead(now.Ht, state.Ht, weight), state.n_iter)
    reading = step(problem, data, by_columns, ahead)
    objective = (reading.fit or 0.0) + penalties(problem, ahead.W, ahead.Ht)
    state.n_iter = ahead.n_iter
    reading.accepted = weight == 0 or objective <= now.objective
    if not reading.accepted:
        now.t = 1.0
        return reading
    now.W, now.Ht, state.W, state.Ht = state.W, state.Ht, ahead.W, ahead.Ht
    trusted = (reading.fit or 0.0) > COMPARABLE_ABOVE[data.dtype] * data.norm2
    now.t, now.objective = (following, objective) if trusted else (1.0, np.inf)
    return reading


def look_ahead(previous: Array, current: Array, weight: float) -> Array:
    """``max(0, current + weight (current - previous))``, written over ``previous``."""
    if weight == 0:
        np.copyto(previous, current)
        return previous
    previous *= -weight
    previous += current.dtype.type(1 + weight) * current
    return np.maximum(previous, 0, out=previous)
