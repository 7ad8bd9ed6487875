"""The one loop: a generator of progress that everything else consumes.

Stopping is a value, not a hook: whoever consumes the generator may break at any point and keep the state. Monitor,
time limit and revival of dead components live here; callbacks and interruption with the consumer.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from time import perf_counter

import numpy as np

from partwise.engine import objective as exact
from partwise.engine.accelerate import accelerated_step
from partwise.engine.grow import begin, growing_step, judge
from partwise.engine.monitor import Monitor
from partwise.engine.problem import Problem
from partwise.engine.revive import revive
from partwise.engine.sample import open_on_sample
from partwise.engine.sequential import sequential_step
from partwise.engine.step import Reading, State, step
from partwise.interfaces import Data

CHECK_EVERY = 10
"""An objective that costs a reading of X is computed every tenth iteration."""

TRUSTED_ABOVE = {np.dtype(np.float64): 1e-8, np.dtype(np.float32): 1e-3}
"""Share of `magnitude` above which an objective from sums has enough digits for the stopping rule."""

STOP_REASONS = {
    "converged": "the KKT residual reached tol, or the objective stopped falling",
    "max_iter": "the iterations were used up before the fit converged",
    "time": "the time limit was reached before the fit converged",
    "callback": "a callback asked to stop",
    "interrupted": "interrupted from the keyboard; the best model so far was kept",
    "non-finite": "a factor or the objective became infinite or nan",
}


@dataclass(frozen=True)
class Limits:
    """When to stop: ``tol`` (see `Monitor`), ``max_iter`` iterations, ``max_time`` seconds (None: no limit)."""

    tol: float = 1e-4
    max_iter: int = 200
    max_time: float | None = None


@dataclass
class Progress:
    """Where the fit is: the state (valid until the next is asked for), its monitor, and why it stopped, if it did."""

    state: State
    monitor: Monitor
    reason: str | None = None
    dead: list[int] = field(default_factory=list)


def iterate(
    problem: Problem, data: Data, state: State, limits: Limits, by_columns: Data | None = None
) -> Iterator[Progress]:
    """Yield after every iteration until a reason to stop is found.

    Parameters
    ----------
    problem : Problem
    data : Data
        X by rows; ``by_columns`` is X by columns where the plan asks for a second reading.
    state : State
        Advanced in place. Continuing from a state is the same, bit for bit, as never having stopped.
    limits : Limits
    """
    began = perf_counter()
    resolution = np.finfo(data.dtype).eps * exact.magnitude(problem.loss, data) / 100
    progress = Progress(state, Monitor(limits.tol, resolution))
    hopeless: set[int] = set()
    if problem.growing and state.momentum is None:
        begin(state, current(problem, data, state, None, True))
        if state.n_iter == 0:
            open_on_sample(problem, data, state)
    for done in range(1, limits.max_iter + 1):
        current_problem = problem.at(state.n_iter)
        advance = stepper(current_problem)
        reading = advance(current_problem, data, by_columns, state)
        last = done == limits.max_iter
        seconds = perf_counter() - began
        regular = state.n_iter % CHECK_EVERY == 0
        value = current(problem, data, state, reading, last or regular) if reading.accepted else None
        if problem.growing and value is not None:
            reading.accepted = judge(state, value, keep=regular)
        if reading.accepted:
            progress.reason = progress.monitor.note(state.n_iter, value, reading, seconds)
            progress.dead = dead_components(reading)
        if revivable(problem, data, progress, hopeless):
            revived = revive(problem, data, state, progress.dead)
            hopeless |= set(progress.dead) - set(revived)
            if revived:
                state.momentum = None
                progress.monitor.restart()
                progress.reason = None
        if progress.reason is None and limits.max_time is not None and seconds >= limits.max_time:
            progress.reason = "time"
        if progress.reason is None and last:
            progress.reason = "max_iter"
        yield progress
        if progress.reason:
            return


def stepper(problem: Problem) -> Callable[[Problem, Data, Data | None, State], Reading]:
    """How the problem makes an iteration."""
    if problem.sequential:
        return sequential_step
    return accelerated_step if problem.accelerable else growing_step if problem.growing else step


def current(problem: Problem, data: Data, state: State, reading: Reading | None, check: bool) -> float | None:
    """The objective of the state: free where the reading has it, else computed where ``check`` says so."""
    fit = reading.fit if reading else None
    if fit is None or fit <= TRUSTED_ABOVE[data.dtype] * exact.magnitude(problem.loss, data):
        if not check:
            return None
        fit = exact.divergence(problem.loss, data, state.W, state.Ht)
    return fit + exact.penalties(problem, state.W, state.Ht)


def dead_components(reading: Reading) -> list[int]:
    """Components of which a factor is zero altogether."""
    return np.flatnonzero(np.minimum(reading.W.norm2, reading.H.norm2) == 0).tolist()


def revivable(problem: Problem, data: Data, progress: Progress, hopeless: set[int]) -> bool:
    """Whether a dead component might still lower the objective, and has not been tried in vain.

    Not on weighted data: the residual of a cell that does not count says nothing.
    """
    if not set(progress.dead) - hopeless or progress.reason == "non-finite":
        return False
    return problem.solver_W.separable and not problem.constrained and not data.weighted
