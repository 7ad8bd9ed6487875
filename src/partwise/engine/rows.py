"""Solve every row of W for the H at hand: what ``transform`` does, and what every fit ends with.

Least squares rows are solved exactly, Kullback-Leibler rows to a small KKT residual, both from a start that depends on
the row alone; so the rows of a fit are what ``transform`` gives, whatever the batch. Rows of the other losses take
multiplicative steps until they stand still.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.engine.problem import Problem, fits
from partwise.engine.step import aligned, column_means, keep_within
from partwise.interfaces import Array, Data, Fixed, Quadratic, RowQuadratic, Rows, Split
from partwise.solvers import HALS, MU, PG, SCD, RowHALS
from partwise.solvers.scd import SOLVE_SWEEPS, SOLVE_SWEEPS_WARM

MU_STEPS, MU_STEPS_WARM = 500, 50
MU_ITERATIONS_PER_SWEEP, MANY_ITERATIONS = 20, 100
START_SHARE = 1e-3
"""Of the mean of its component: the least entry of a start for multiplicative updates."""

MU_CHANGE = {np.dtype(np.float64): 1e-7, np.dtype(np.float32): 1e-5}
"""A row stands still when no entry moves by more than this share of the largest."""


@dataclass
class Solved:
    """What the solved rows of all blocks add up: how many missed the tolerance, and ``<X H', W>``.

    ``inner`` is None where no `Quadratic` of the whole rows was formed; see `partwise.engine.objective.divergence`.
    """

    unsolved: int = 0
    inner: float | None = None

    def __iadd__(self, other: Solved) -> Solved:
        self.unsolved += other.unsolved
        if self.inner is not None and other.inner is not None:
            self.inner += other.inner
        return self


@dataclass(frozen=True)
class RowSolve:
    """Solve the rows of one block by the ``method`` that is `row_solver`'s.

    ``warm``: from what they hold, which unfinished rows keep, so nothing gets worse. ``sweeps`` bounds the sweeps or
    multiplicative steps of a row; None is the usual bound.
    """

    loss: Any
    method: Any
    fixed: Fixed
    warm: bool
    sweeps: int | None = None

    def __call__(self, X: Any, rows: tuple[Array, Any], total: Solved | None) -> Solved:
        found = self._solve(X, *rows)
        if total is None:
            return found
        total += found
        return total

    def _solve(self, X: Any, A: Array, penalty: Any) -> Solved:
        loss, method = self.loss, self.method
        if isinstance(method, MU):
            return Solved(self._multiply(X, A, penalty))
        new, stats = self._begin(method.needs, X, A)
        keep_within(new, penalty)
        if loss.weighted and method.needs is Quadratic:
            solved = self._refill(method, X, new, penalty)
        elif method.needs is Rows:
            solved = method.solve(new, stats, penalty, self._most(SOLVE_SWEEPS, SOLVE_SWEEPS_WARM))
        else:
            solved = method.solve(new, stats, penalty)
        pivots = isinstance(method, HALS | RowHALS)  # the others only go down
        gains = not pivots or not self.warm or solved.all()
        keep = slice(None) if gains else solved
        A[keep] = new[keep]
        known = isinstance(stats, Quadratic) and not loss.weighted
        inner = float(np.vdot(stats.cross, A)) if known else None
        return Solved(len(A) - int(np.count_nonzero(solved)), inner)

    def _refill(self, method: Any, X: Any, A: Array, penalty: Any) -> Array:
        """Step from the rows ``A``, fill missing cells with what came out, and again; the mask of those that stand."""
        moved, size = np.ones(len(A), bool), column_means(A)
        for _ in range(self._most(MU_STEPS, MU_STEPS_WARM)):
            before = A.copy()
            method.update(A, self.loss.rows(Quadratic, X, A, self.fixed), penalty, size)
            moved = np.abs(A - before).max(axis=1, initial=0) > MU_CHANGE[A.dtype] * A.max(axis=1, initial=0)
            if not moved.any():
                break
        return ~moved

    def _begin(self, kind: type, X: Any, A: Array) -> tuple[Array, Any]:
        """The rows to start from and their statistic; a cold start depends on the row alone."""
        B, gram = self.fixed.B, self.fixed.gram
        if kind is Rows:
            stats = self.loss.rows(kind, X, A, self.fixed)
            return (A.copy() if self.warm else flat_start(X, stats.colsum, A)), stats
        cross = (X.dot if self.warm else X.rows_dot)(B)
        if kind is RowQuadratic:
            return (A.copy() if self.warm else np.zeros_like(A)), RowQuadratic(
                cross, B, X.common * gram, *X.excess_rows
            )
        stats = Quadratic(self.loss.curvature(self.fixed, X), cross)
        return (A.copy() if self.warm else equal_weights(stats, A)), stats

    def _most(self, cold: int, warm: int) -> int:
        most = warm if self.warm else cold
        return most if self.sweeps is None else min(most, self.sweeps)

    def _multiply(self, X: Any, A: Array, penalty: Any) -> int:
        """Multiplicative steps, each row until it stands still; the number of rows that did not."""
        loss = self.loss
        solver = MU(loss.exponent)
        if not self.warm:
            A[...] = flat_start(X, self.fixed.colsum, A)
            keep_within(A, penalty)
        moving = np.ones(len(A), bool)
        for _ in range(self._most(MU_STEPS, MU_STEPS_WARM)):
            new = A.copy()
            solver.update(new, loss.rows(solver.needs, X, A, self.fixed), penalty, column_means(new))
            change = np.abs(new - A).max(axis=1, initial=0)
            A[moving] = new[moving]
            moving &= change > MU_CHANGE[A.dtype] * new.max(axis=1, initial=0)
            if not moving.any():
                break
        return int(moving.sum())


def row_solver(loss: Any, penalty: Any) -> Any:
    """The solver that solves rows: exactly where loss and penalty allow it, else by multiplicative steps."""
    solvers = (RowHALS(), HALS(), PG(), SCD(), MU(loss.exponent))
    return next((solver for solver in solvers if fits(loss, solver, penalty)), solvers[-1])


def equal_weights(stats: Quadratic, A: Array) -> Array:
    """The best row whose entries are all the same, ``sum(cross) / sum(gram)``, without its penalty."""
    total = A.dtype.type(stats.gram.sum())
    sums = stats.cross.sum(axis=1, keepdims=True)
    return np.repeat(sums / total if total > 0 else 0 * sums, A.shape[1], axis=1)


def flat_start(X: Any, colsum: Array, A: Array) -> Array:
    """The same weight for every component, so that each row of W H has the sum of its row of X."""
    mass = np.sum(colsum, axis=-1, keepdims=True).astype(A.dtype)
    sums = X.rows_dot(np.ones((X.shape[1], 1), A.dtype))
    return np.repeat(np.divide(sums, mass, out=np.zeros_like(sums), where=mass > 0), A.shape[1], axis=1)


def start_rows(problem: Problem, data: Data, W: Array, Ht: Array) -> None:
    """Overwrite ``W`` with a start of a fit from ``Ht``: its minimisers, but not 0 where updates would not leave it."""
    solve_rows(problem, data, W, Ht)
    if problem.solver_W.needs is Split or problem.solver_W.opening:
        np.maximum(W, W.dtype.type(START_SHARE) * column_means(W), out=W)
    keep_within(W, problem.penalty_W)


def drop_invisible(W: Array, Ht: Array, floor: float) -> None:
    """Set to 0, in place, entries of H that lift no y above the floor of the loss.

    Multiplicative updates shrink an entry for ever without reaching 0; below ``floor / max(w_q)`` no loss can tell.
    """
    tallest = W.max(axis=0, initial=0)
    limit = np.divide(floor, tallest, out=np.zeros_like(tallest), where=tallest > 0)
    Ht[Ht < limit] = 0


def affordable(problem: Problem, n_iter: int) -> int | None:
    """Sweeps of the closing solve that ``n_iter`` iterations are worth; None: no bound needed.

    A sweep of Kullback-Leibler rows costs about as much as three multiplicative iterations; after few of these it would
    take longer than they did.
    """
    if {Quadratic, RowQuadratic} & problem.loss.offers or n_iter >= MANY_ITERATIONS:
        return None
    return n_iter if problem.solver_W.needs is Rows else n_iter // MU_ITERATIONS_PER_SWEEP


def solve_rows(
    problem: Problem, data: Data, W: Array, Ht: Array, warm: bool = False, sweeps: int | None = None
) -> Solved:
    """Overwrite ``W`` with the minimisers of its rows for the fixed ``Ht``.

    Parameters
    ----------
    problem : Problem
        Its loss and its penalty on W count; its solvers do not.
    warm : bool
        W holds factors worth keeping: rows that cannot be solved stay as they are.
    sweeps : int or None
        Most sweeps, or multiplicative steps, of a row; None is enough for nearly all.

    Returns
    -------
    Solved
    """
    if not len(W) or sweeps == 0:
        return Solved(len(W))
    method = row_solver(problem.loss, problem.penalty_W)
    fn = RowSolve(problem.loss, method, problem.loss.fix(Ht), warm, sweeps)
    return data.sweep(fn, aligned(W, problem.penalty_W), collect=False)
