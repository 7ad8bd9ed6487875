"""Momentum between iterations: Nesterov's extrapolation, taken back whenever the objective would rise.

A wrapper of `step`: it starts an iteration from a point ahead of the current factors, and keeps the result only if the
objective did not rise; otherwise the momentum is dropped, and the next iteration is a plain one. So an accelerated fit
is as monotone as the solver inside, and costs one more copy of the factors.
"""

from __future__ import annotations

import math

import numpy as np

from partwise import kernels
from partwise.engine.objective import magnitude, penalties
from partwise.engine.problem import Problem
from partwise.engine.step import Lean, Momentum, Reading, State, keep_within, step
from partwise.interfaces import Array, Data
from partwise.kernels import pool

COMPARABLE_ABOVE = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 1e-5}
"""Share of `magnitude` above which the loss from sums has enough digits to be compared."""

OVERSHOOT = 0.5
"""Share of the momentum's weight by which the new W goes on in its direction before H is updated against it."""

LOWEST = 0.1
"""Share of itself that an entry keeps when looking ahead, for losses whose gradient is infinite where y = 0 < x."""

APART = 8.0
"""How far the norms of both sides of a component must be apart until `balance` brings them together."""

BALANCE_EVERY = 10
"""Iterations from one look at the norms, in the first, to the next; a look takes some .02 ms."""


def accelerated_step(problem: Problem, data: Data, by_columns: Data | None, state: State) -> Reading:
    """Advance ``state`` by one iteration from ``max(0, A + b (A - A_previous))``, b = (t - 1) / t+.

    ``t+ = (1 + sqrt(1 + 4 t^2)) / 2`` from t = 1, and t = 1 again after an iteration that raised the objective, which
    is taken back (``accepted`` is False). Where the loss is too small to be compared (cancellation), iterations are
    plain. Before H is updated, W goes on by b/2 times its own step, which saves up to a fifth of the iterations
    (docs/adr/0008).

    References
    ----------
    Guan, Tao, Luo & Yuan (2012), doi:10.1109/TSP.2012.2190406; restart: O'Donoghue & Candes (2015),
    doi:10.1007/s10208-013-9150-3; H against a W that goes on: Ang & Gillis (2019), doi:10.1162/neco_a_01157
    """
    if state.momentum is None:
        state.momentum = Momentum(state.W.copy(), state.Ht.copy())
    now = state.momentum
    weight, following = nesterov(now.t)
    lowest = LOWEST if problem.loss.beta < 2 else 0.0
    look_ahead(now.W, state.W, weight, lowest, data.threads, now.W)
    look_ahead(now.Ht, state.Ht, weight, lowest, data.threads, now.Ht)
    keep_within(now.W, problem.penalty_W)
    keep_within(now.Ht, problem.penalty_H)
    free = weight > 0 and not (problem.coupled or problem.constrained)
    ahead = State(now.W, now.Ht, state.n_iter)
    reading = step(problem, data, by_columns, ahead, Lean(state.W, OVERSHOOT * weight, lowest) if free else None)
    objective = (reading.fit or 0.0) + penalties(problem, ahead.W, ahead.Ht)
    state.n_iter = ahead.n_iter
    reading.accepted = weight == 0 or objective <= now.objective
    if not reading.accepted:
        now.t = 1.0
        return reading
    now.W, now.Ht, state.W, state.Ht = state.W, state.Ht, ahead.W, ahead.Ht
    if problem.scale_free and state.n_iter % BALANCE_EVERY == 1:
        balance(state, now, reading, data.threads)
    trusted = (reading.fit or 0.0) > COMPARABLE_ABOVE[data.dtype] * magnitude(problem.loss, data)
    now.t, now.objective = (following, objective) if trusted else (1.0, np.inf)
    return reading


def nesterov(t: float) -> tuple[float, float]:
    """The weight ``(t - 1) / t+`` of an extrapolation and ``t+ = (1 + sqrt(1 + 4 t^2)) / 2``."""
    following = (1 + math.sqrt(1 + 4 * t**2)) / 2
    return (t - 1) / following, following


def look_ahead(previous: Array, current: Array, weight: float, lowest: float, threads: int, out: Array) -> None:
    """Put ``max(lowest * current, current + weight (current - previous))`` into ``out``, which may be either."""

    def chunk(rows: slice) -> None:
        kernels.look_ahead(previous[rows], current[rows], weight, lowest, out[rows])

    pool.over_rows(chunk, current, threads)


def balance(state: State, now: Momentum, reading: Reading, threads: int) -> None:
    """Bring the norms of the sides of each component within a factor of two, once those of one are `APART` times apart.

    In the current and the last factors, by powers of two: no digit changes, nor anything that an iteration does. A
    component of which a side is zero is left alone. O(k), and O((m + p) k) once in a while.
    """
    W2, H2 = reading.W.norm2, reading.H.norm2
    low, high = np.minimum(W2, H2), np.maximum(W2, H2)
    if not ((low > 0) & (low <= high / APART**2)).any():
        return
    alive = np.flatnonzero((low > 0) & np.isfinite(high))
    halves = np.zeros(len(low))
    halves[alive] = np.rint((np.log2(H2[alive]) - np.log2(W2[alive])) / 4)
    for W, Ht in ((state.W, state.Ht), (now.W, now.Ht)):
        scale(W, 2.0**halves, threads)
        scale(Ht, 2.0**-halves, threads)


def scale(A: Array, by: Array, threads: int) -> None:
    """Multiply the columns of ``A``, in place; several rows at a time, since NumPy is slow on short ones."""
    k, together = A.shape[1], 64
    wide = np.tile(by.astype(A.dtype), together)

    def chunk(rows: slice) -> None:
        part = A[rows]
        split = len(part) // together * together
        part[:split].reshape(-1, together * k)[...] *= wide
        part[split:] *= wide[:k]

    pool.over_rows(chunk, A, threads)
