"""A fit of a whole matrix, from checked cells to a result: what `NMF` does between its checks and its attributes."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from partwise.engine.iterate import Limits, Progress
from partwise.engine.plan import columns
from partwise.engine.problem import Problem
from partwise.engine.restarts import Start, race
from partwise.engine.rows import affordable, drop_invisible, solve_rows
from partwise.engine.sequential import by_cells
from partwise.engine.step import State, keep_within
from partwise.engine.units import Units
from partwise.errors import DataError
from partwise.estimators.callbacks import FitTask
from partwise.estimators.known import Known
from partwise.estimators.pose import posed
from partwise.estimators.resolve import solver_name
from partwise.estimators.result import Course, Result, absent, history_of, measured, sort
from partwise.estimators.shares import Shares
from partwise.estimators.starts import Given, given_start, size, starts_for
from partwise.estimators.warn import warn_apart, warn_unused
from partwise.estimators.weights import Cells, apart
from partwise.interfaces import Array, Data, Split
from partwise.kernels import pool

logger = logging.getLogger("partwise")


def factorize(
    model: Any, cells: Cells, shares: Shares | None, W: Any, H: Any, fixed_W: Any, fixed_H: Any
) -> tuple[Result, Array]:
    """Fit both factors; the result, and a row for each start (see `Start.row`).

    The model keeps what was chosen for it: the number of components, the solver, and whether its cells fall apart.
    """
    X, shape = cells.X, cells.X.shape
    per_sample = fixed_W if np.ndim(fixed_W) == 2 else None
    k = size(model.n_components, shape, per_sample if W is None else W, fixed_H if H is None else H)
    model._n_components = k
    given = given_factors(model, W, H, shape, X.dtype)
    known = Known.of(shape, k, X.dtype, fixed_W, fixed_H)
    if shares is not None:
        cells, known, given = shares.applied(cells), shares.known(known), given and shares.start(given)
    with pool.session(model.n_jobs) as threads:
        data, units = cells.data(model._beta_loss, threads)
        units = known.tilted(units)
        model._chosen = solver_name(model, model._beta_loss, data.sparse)
        problem = posed(model, cells, data, units, known, shares)
        model._apart = None if known.whole else apart(cells)
        warn_apart(model._apart)
        starts = starts_for(model, shape, data, given, units, problem, known)
        if problem.sequential:
            problem, data = by_cells(problem, data, units.half, units.weight)
        progress, reason, inner = run(model, X, problem, data, starts, units)
        if model.sort_components and model.init != "custom" and problem.symmetric:
            sort(progress.state, shares and shares.sums(progress.state.W))
        result = finished(problem, data, units, progress, reason, inner)
    (known if shares is None else Known(None, known.Ht)).restore(result.W, result.H.T)
    return result, compared(starts, progress, units, problem.loss.beta)


def given_factors(model: Any, W: Any, H: Any, shape: tuple[int, int], dtype: Any) -> Given | None:
    """Where ``init="custom"`` starts; None for other starts."""
    if model.init != "custom":
        if W is not None or H is not None:
            warn_unused("When init!='custom', provided W or H are ignored. Set init='custom' to use them.")
        return None
    given = given_start(W, H, shape, model.n_components, dtype)
    if model.n_init > 1:
        raise DataError(
            f"n_init={model.n_init} asks for several starts, but init='custom' gives one. Set n_init=1, or choose "
            "another init."
        )
    return given


def run(
    model: Any, X: Any, problem: Problem, data: Data, starts: list[Start], units: Units
) -> tuple[Progress, str, float | None]:
    """Iterate until a reason to stop, and solve W for the final H; where, why, and ``<X H', W>`` if that told it.

    An interruption, wherever it comes, keeps the state of the best start, which is never worse than before.
    """
    limits = Limits(model.tol, model.max_iter, model.max_time)
    by_columns = columns(problem, data, model._n_components)
    task = FitTask(model, X, model.max_iter)
    progress = None

    def attributes() -> dict[str, Any]:
        Ht = (progress or starts[0]).state.Ht
        return {"components_": units.of_H().outward(Ht.T.copy()), "n_components_": Ht.shape[1]}

    try:
        for progress in race(problem, data, starts, limits, by_columns):
            if model.verbose:
                report(progress)
            if task.iteration(attributes) and progress.reason is None:
                progress.reason = "callback"
                break
        reason = (progress and progress.reason) or "max_iter"
        task.end(attributes)
    except KeyboardInterrupt:
        reason = "interrupted"
    if progress is None:
        raise KeyboardInterrupt("interrupted before the first iteration was done; there is no model yet.")
    try:
        return progress, reason, solve_last(problem, data, progress.state, reason)
    except KeyboardInterrupt:  # leaves finished rows
        return progress, "interrupted", None


def report(progress: Progress) -> None:
    """Log one line for the iteration, if its objective was computed."""
    rows = progress.monitor.rows
    if rows and rows[-1][0] == progress.state.n_iter:
        logger.info("iteration %d: objective %.6g, KKT residual %.2e, %.2f s", *(rows[-1][i] for i in (0, 1, 2, 4)))


def solve_last(problem: Problem, data: Data, state: State, reason: str) -> float | None:
    """Solve W for the final H, unless its rows are coupled; ``<X H', W>``, if it was formed.

    A fit that was cut short gets only as much of it as its iterations are worth.
    """
    if not (problem.solver_W.separable and problem.penalty_W.separable):
        return None
    if problem.solver_H.needs is Split and not problem.constrained:
        drop_invisible(state.W, state.Ht, problem.loss.floor)
        keep_within(state.Ht, problem.penalty_H)
    sweeps = None if reason == "converged" else affordable(problem, state.n_iter)
    return solve_rows(problem, data, state.W, state.Ht, warm=True, sweeps=sweeps).inner


def finished(
    problem: Problem, data: Data, units: Units, progress: Progress, reason: str, inner: float | None
) -> Result:
    """Measure the leader's factors."""
    state, monitor = progress.state, progress.monitor
    course = Course(state.n_iter, reason, history_of(monitor.rows, units, problem.loss.beta))
    zero = absent(state.W) | absent(state.Ht)
    return measured(problem, data, units, state, course, monitor.last_kkt, zero, inner)


def compared(starts: list[Start], kept: Progress, units: Units, beta: float) -> Array:
    """A row for each start, objectives in the user's units."""
    rows = np.array([start.row(kept=start.progress is kept) for start in starts], dtype=np.float64)
    rows[:, 2] = [units.loss(value, beta) for value in rows[:, 2]]
    return rows
