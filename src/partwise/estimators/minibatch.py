"""Factorization of a stream or of a large matrix, one batch of rows at a time: `MiniBatchNMF`."""

from __future__ import annotations

from numbers import Integral, Real
from time import perf_counter
from typing import Any

import numpy as np
from sklearn.base import _fit_context
from sklearn.utils import check_random_state, gen_batches
from sklearn.utils._param_validation import Interval, StrOptions

from partwise.data import as_data
from partwise.engine import init
from partwise.engine.iterate import STOP_REASONS, Limits, iterate
from partwise.engine.monitor import kkt_residual
from partwise.engine.objective import divergence, norm
from partwise.engine.online import Running, RunningQuadratic, RunningRatio, Smoothed, batch_statistic, batch_step
from partwise.engine.plan import needs_columns
from partwise.engine.problem import Problem, inner_sweeps, solver_of
from partwise.engine.rows import drop_invisible, solve_rows
from partwise.engine.step import State, column_means, half_step
from partwise.engine.units import Units
from partwise.errors import DataError
from partwise.estimators.base import BaseNMF, explained, leaves_something, logger
from partwise.estimators.callbacks import FitTask, with_callbacks
from partwise.estimators.checks import check_unit, largest
from partwise.estimators.warn import warn_dead, warn_not_converged, warn_one_sided
from partwise.estimators.words import describe
from partwise.kernels import pool
from partwise.losses import Beta, as_beta

RUNNING = {"mu": RunningRatio, "cd": RunningQuadratic}
"""What each solver remembers of earlier batches."""


class MiniBatchNMF(BaseNMF):
    """Non-negative matrix factorization by mini-batches of samples, or of a stream by `partial_fit`.

    A drop-in superset of scikit-learn's ``MiniBatchNMF``: the same objective as `NMF`, multiplicative statistics that
    forget old batches. Each step updates the rows of W of one batch and then H from running sums. It reaches a good
    model after few readings of X, but stale statistics keep it from the optimum of the whole matrix. A few final passes
    over all of it mend that: where the data are a matrix, ``solver="cd", final_passes=10`` is recommended (Frobenius;
    for other losses ``final_passes`` alone): on tf-idf of texts it ends about 0.1 % above the objective of the best
    whole fit, the defaults, which are scikit-learn's, 1.4 to 2.7 % (benchmarks/minibatch.py).

    Parameters
    ----------
    n_components, init, beta_loss, random_state, alpha_W, alpha_H, l1_ratio, sort_components, n_jobs
        As in `NMF`; the default start is "nndsvda", for ``cd`` "nnsvdlrc" ("random" if k > min(X.shape)).
    solver : {"mu", "cd"}, default="mu"
        "mu": multiplicative updates, every loss. "cd": coordinate descent, rows as in `NMF` and H by sweeps over the
        running least squares statistic, Frobenius only; the better one there.
    final_passes : int, default=0
        Iterations over the whole matrix at the end of `fit`, as `NMF` makes them with this solver, nothing forgotten.
    batch_size : int, default=1024
        Samples in a batch. Larger is slower per step and ends nearer to the optimum.
    tol : float, default=1e-4
        The fit stops when H stands still: its relative change in a step, divided by the weight of the batch in the
        running sums, is at most ``tol`` for a whole reading of the matrix. 0 never.
    max_no_improvement : int or None, default=10
        Or when the smoothed batch cost has found no new minimum for this many steps; None never.
    max_iter : int, default=200
        Most readings of the whole matrix.
    forget_factor : float, default=0.7
        Weight of old statistics after one reading of the whole matrix; 1 forgets nothing. In `partial_fit`, per batch.
    fresh_restarts : bool, default=False
        Solve the rows of a batch anew at each step instead of one update from where they were.
    fresh_restarts_max_iter : int, default=30
    transform_max_iter : int or None, default=None
        Both accepted for scikit-learn's sake and not used: rows are solved to a tolerance here (see `transform`), not
        for a number of steps.
    verbose : int, default=0
        1 or more: one line per step through ``logging.getLogger("partwise")``, at level INFO.

    Attributes
    ----------
    components_, n_components_, reconstruction_err_, explained_variance_, converged_, kkt_, history_, \
dead_components_, n_features_in_, feature_names_in_
        As in `NMF`; in ``history_`` a row is a step, the objective that of its batch times
        n_samples, and relative_decrease the relative change of H; then a row is a final pass, as in `NMF`. ``kkt_`` is
        taken over the whole matrix at the end.
    n_iter_ : int
        Readings of the matrix begun, and final passes.
    n_steps_ : int
        Batches processed.
    stop_reason_ : str
        Why the batches ended: "converged", "max_iter", "callback" or "interrupted"; or why the final passes ended
        early: one of the last two, or "non-finite".

    Notes
    -----
    A step costs O(stored entries of the batch x k + (batch_size + n_features) k^2). `partial_fit` needs memory for one
    batch and one (``cd``) or two (``mu``) float64 arrays of the size of H. Not monotone: every batch has its own
    objective; the final passes are.

    References
    ----------
    mu: Lefevre, Bach & Fevotte (2011), doi:10.1109/ASPAA.2011.6082314; cd: Mairal, Bach, Ponce & Sapiro (2010),
    https://www.jmlr.org/papers/v11/mairal10a.html

    Examples
    --------
    >>> import numpy as np
    >>> from partwise import MiniBatchNMF
    >>> rng = np.random.default_rng(0)
    >>> X = rng.random((200, 3)) @ rng.random((3, 20))
    >>> model = MiniBatchNMF(3, batch_size=50, tol=0.01, random_state=0).fit(X)
    >>> bool(model.explained_variance_ > 0.98)
    True
    """

    _parameter_constraints: dict = {
        **BaseNMF._parameter_constraints,
        "solver": [StrOptions(set(RUNNING))],
        "final_passes": [Interval(Integral, 0, None, closed="left")],
        "batch_size": [Interval(Integral, 1, None, closed="left")],
        "max_no_improvement": [Interval(Integral, 1, None, closed="left"), None],
        "forget_factor": [Interval(Real, 0, 1, closed="both")],
        "fresh_restarts": ["boolean"],
        "fresh_restarts_max_iter": [Interval(Integral, 1, None, closed="left")],
        "transform_max_iter": [Interval(Integral, 1, None, closed="left"), None],
    }

    _saved_state = (*BaseNMF._saved_state, "_sums", "_unit")

    def __init__(
        self,
        n_components: int | str = "auto",
        *,
        init: str | None = None,
        solver: str = "mu",
        final_passes: int = 0,
        batch_size: int = 1024,
        beta_loss: str | float = "frobenius",
        tol: float = 1e-4,
        max_no_improvement: int | None = 10,
        max_iter: int = 200,
        alpha_W: float = 0.0,
        alpha_H: float | str = "same",
        l1_ratio: float = 0.0,
        forget_factor: float = 0.7,
        fresh_restarts: bool = False,
        fresh_restarts_max_iter: int = 30,
        transform_max_iter: int | None = None,
        random_state: Any = None,
        verbose: int = 0,
        sort_components: bool = True,
        n_jobs: int | None = None,
    ):
        self.n_components = n_components
        self.init = init
        self.solver = solver
        self.final_passes = final_passes
        self.batch_size = batch_size
        self.beta_loss = beta_loss
        self.tol = tol
        self.max_no_improvement = max_no_improvement
        self.max_iter = max_iter
        self.alpha_W = alpha_W
        self.alpha_H = alpha_H
        self.l1_ratio = l1_ratio
        self.forget_factor = forget_factor
        self.fresh_restarts = fresh_restarts
        self.fresh_restarts_max_iter = fresh_restarts_max_iter
        self.transform_max_iter = transform_max_iter
        self.random_state = random_state
        self.verbose = verbose
        self.sort_components = sort_components
        self.n_jobs = n_jobs

    def fit(self, X: Any, y: Any = None, W: Any = None, H: Any = None) -> MiniBatchNMF:
        """Learn the components of X; parameters as in `NMF.fit`."""
        self.fit_transform(X, W=W, H=H)
        return self

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(self, X: Any, y: Any = None, W: Any = None, H: Any = None) -> Any:
        """Learn the components of X and return the weights of its samples, solved for the final components.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), non-negative
        y : ignored
        W, H : array-like, optional
            Where to start, with ``init="custom"``; copied.

        Returns
        -------
        W : ndarray of shape (n_samples, n_components), non-negative, of the dtype of X
        """
        self._solver(Beta(as_beta(self.beta_loss)))
        X = self._read(X, reset=True)
        self._set_unit(X)
        X = self._units.data(X.tocsr() if hasattr(X, "tocsr") else X)
        warn_one_sided(*self._penalties(X.shape))
        with pool.session(self.n_jobs) as threads:
            state = self._first(X, W, H, threads)
            self._forget_all(state)
            task = FitTask(self, X, self.max_iter + self.final_passes)
            self._batches(X, state, threads, task)
            self._pass_over(X, state, threads, task)
            task.end(self._so_far(state))
            W = self._finish(X, state, threads)
        if self.stop_reason_ == "max_iter" and self.tol > 0:
            warn_not_converged(self.max_iter, self._history[-1, 3], self.kkt_, self.tol)
        return W

    @_fit_context(prefer_skip_nested_validation=True)
    def partial_fit(self, X: Any, y: Any = None, W: Any = None, H: Any = None) -> MiniBatchNMF:
        """Take one more batch of a stream into account, in constant memory.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), non-negative
            The batch.
        y : ignored
        W, H : array-like, optional
            On the first call, with ``init="custom"``: where to start.

        Returns
        -------
        self
        """
        self._solver(Beta(as_beta(self.beta_loss)))
        first = not hasattr(self, "components_")
        X = self._read(X, reset=first)
        if first:
            self._set_unit(X)
        check_unit(X, self._units, type(self).__name__)
        X = self._units.data(X)
        with pool.session(self.n_jobs) as threads:
            if first:
                state = self._first(X, W, H, threads)
                self._forget_all(state)
            else:
                Ht = np.array(self._units.inward(self.components_).T, X.dtype, order="C")
                state = State(np.zeros((0, 0), X.dtype), Ht)
            problem, data = self._batch_problem(X, threads)
            batch_step(problem, data, None, state.Ht, self._running(), self.forget_factor)
        self.components_ = np.ascontiguousarray(self._units.outward(state.Ht.T))
        self.n_components_ = len(self.components_)
        self.n_steps_ += 1
        return self

    # ------------------------------------------------------------------ the fit

    def _first(self, X: Any, W: Any, H: Any, threads: int) -> State:
        """The starting point."""
        self._loss(X)
        k = self._n_components = self._size(X, W, H)
        if self.init == "custom":
            W, Ht = (np.ascontiguousarray(self._units.inward(factor)) for factor in self._given_factors(X, W, H))
            return State(W, Ht)
        name = self._start_name(X, k, "nndsvda" if self.solver == "mu" else "nnsvdlrc")
        return init.start(as_data(X, threads), k, name, check_random_state(self.random_state))

    def _solver(self, loss: Beta, sweeps: int = 3) -> Any:
        """The solver; refuses a loss that it cannot work with, without having seen data."""
        solver = solver_of(self.solver, loss, sweeps)
        Problem(loss, solver, solver).check()
        return solver

    def _set_unit(self, X: Any) -> None:
        """Choose the units of this fit or stream, from its matrix or its first batch."""
        self._unit = Units.of(largest(X), X.dtype, as_beta(self.beta_loss)).half

    @property
    def _units(self) -> Units:
        return Units(self._unit)

    def _so_far(self, state: State) -> Any:
        """What callbacks are told."""
        return lambda: {"components_": self._units.outward(state.Ht.T.copy())}

    def _forget_all(self, state: State) -> None:
        self._sums = vars(RUNNING[self.solver].empty(*state.Ht.shape))
        self.n_steps_ = 0

    def _running(self) -> Running:
        """The running sums; what is added to them stays in ``_sums``."""
        return RUNNING[self.solver](**self._sums)

    def _batch_problem(self, X: Any, threads: int) -> tuple[Problem, Any]:
        """The problem of one batch; penalties scale with its number of rows."""
        loss = self._loss(X)
        data = as_data(X, threads)
        solver = self._solver(loss, inner_sweeps(data, self._n_components))
        penalties = (self._units.penalty(penalty, loss.beta) for penalty in self._penalties(X.shape))
        return Problem(loss.on(data), solver, solver, *penalties), data

    def _batches(self, X: Any, state: State, threads: int, task: FitTask) -> None:
        """Steps over the batches until a reason to stop is found."""
        n = X.shape[0]
        size = min(self.batch_size, n)
        batches = list(gen_batches(n, size))
        rho = self.forget_factor ** (size / n)
        smoothed = Smoothed(self.tol, self.max_no_improvement, len(batches))
        rows, began, running = [], perf_counter(), self._running()
        reason = "max_iter"
        try:
            for step in range(self.max_iter * len(batches)):
                batch = batches[step % len(batches)]
                before = state.Ht.copy()
                problem, data = self._batch_problem(X[batch], threads)
                W = None if self.fresh_restarts else state.W[batch]
                cost, share = batch_step(problem, data, W, state.Ht, running, rho)
                self.n_steps_ += 1
                change = float(np.linalg.norm(state.Ht - before) / max(np.linalg.norm(state.Ht), np.finfo(float).tiny))
                shown = self._units.loss(cost, problem.loss.beta)
                rows.append((step + 1, shown * n, np.nan, change, perf_counter() - began))
                if self.verbose:
                    logger.info("step %d: batch cost %.6g per sample, H moved by %.1e", step + 1, shown, change)
                if step and smoothed.done(cost, min(1, data.shape[0] / (n + 1)), change / share if share > 0 else 0.0):
                    reason = "converged"
                    break
                last = (step + 1) % len(batches) == 0
                if last and task.iteration(self._so_far(state)):
                    reason = "callback"
                    break
        except KeyboardInterrupt:
            if not self.n_steps_:
                raise
            reason = "interrupted"
        self.stop_reason_ = reason
        self.n_iter_ = -(-self.n_steps_ // len(batches))
        self._history = np.array(rows, dtype=np.float64).reshape(-1, 5)

    def _pass_over(self, X: Any, state: State, threads: int, task: FitTask) -> None:
        """The final passes: iterations as `NMF` makes them, from where the batches have led, nothing forgotten."""
        if not self.final_passes or self.stop_reason_ in ("interrupted", "callback"):
            return
        problem, data = self._batch_problem(X, threads)
        by_columns = data.transposed() if needs_columns(problem, data, self._n_components) else None
        progress = None
        try:
            for progress in iterate(problem, data, state, Limits(0, self.final_passes), by_columns):
                if task.iteration(self._so_far(state)) and progress.reason is None:
                    self.stop_reason_ = "callback"
                    break
        except KeyboardInterrupt:
            self.stop_reason_ = "interrupted"
        if progress is None:
            return
        if progress.reason == "non-finite":
            self.stop_reason_ = "non-finite"
        self.n_iter_ += state.n_iter
        self._history = np.vstack([self._history, self._passes(progress.monitor.rows, problem.loss.beta)])
        self._running().restart(problem, data, batch_statistic(problem, data, state.W, state.Ht), state.Ht)

    def _passes(self, rows: list, beta: float) -> np.ndarray:
        """Rows of the history for final passes, which go on counting where the batches ended."""
        passes = np.array(rows, dtype=np.float64).reshape(-1, 5)
        passes[:, 1] = [self._units.loss(value, beta) for value in passes[:, 1]]
        passes[:, [0, 4]] += self._history[-1, [0, 4]]
        return passes

    def _finish(self, X: Any, state: State, threads: int) -> np.ndarray:
        """Solve W for the final H, sort, and measure over the whole matrix."""
        problem, data = self._batch_problem(X, threads)
        drop_invisible(state.W, state.Ht, problem.loss.floor)
        solve_rows(problem, data, state.W, state.Ht, warm=not self.fresh_restarts)
        W, Ht = self._sorted(state)
        value = divergence(problem.loss, data, W, Ht)
        self.components_ = np.ascontiguousarray(self._units.outward(Ht).T)
        self.n_components_ = len(self.components_)
        self.reconstruction_err_ = self._units.error(norm(value), problem.loss.beta)
        self.explained_variance_ = explained(problem.loss, value, data, W, Ht)
        self.converged_ = self.stop_reason_ == "converged"
        self.kkt_ = self._kkt(problem, data, W, Ht)
        dead = np.flatnonzero(Ht.max(axis=0, initial=0) == 0)
        self.dead_components_ = dead if leaves_something(problem.loss, data, value) else dead[:0]
        warn_dead(self.dead_components_.tolist())
        return self._units.outward(W)

    def _sorted(self, state: State) -> tuple[np.ndarray, np.ndarray]:
        """The factors in order of mass; the running sums follow, so that `partial_fit` can go on."""
        if not self.sort_components or self.init == "custom":
            return state.W, state.Ht
        mass = state.W.sum(axis=0, dtype=np.float64) * state.Ht.sum(axis=0, dtype=np.float64)
        order = np.argsort(-mass, kind="stable")
        running = self._running()
        running.reorder(order)
        self._sums = vars(running)
        return np.take(state.W, order, axis=1), np.take(state.Ht, order, axis=1)

    def _kkt(self, problem: Problem, data: Any, W: np.ndarray, Ht: np.ndarray) -> float:
        """The KKT residual of the whole matrix, from one reading that leaves the factors alone."""
        W, Ht = W.copy(), Ht.copy()
        total = half_step(
            problem.loss, problem.solver_W, problem.penalty_W, data, W, problem.loss.fix(Ht), collect=True
        )
        stats = problem.loss.columns(problem.solver_H.needs, total.columns, Ht)
        return kkt_residual(total.evidence, problem.solver_H.update(Ht, stats, problem.penalty_H, column_means(Ht)))

    def info(self) -> str:
        """The fit in words; see `NMF.info`."""
        if not hasattr(self, "stop_reason_"):
            raise DataError("info() describes a fit; after partial_fit there is no whole matrix to describe it on.")
        return describe(self, STOP_REASONS)
