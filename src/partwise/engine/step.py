"""One outer iteration: update the rows of W block by block, then H from what the same reading of X said.

Rows of W are independent given H, so taking the statistic of H from each block with its *new* rows is exactly the
ordinary alternating method with one reading of X instead of two. Where that cannot be (a solver that couples the rows
of W) or does not pay (sparse X, see `partwise.engine.plan`), the second half reads X by columns.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import add, iadd
from typing import Any

import numpy as np

from partwise import kernels
from partwise.engine.problem import Problem
from partwise.interfaces import ROW_LOCAL, Array, Data, Evidence, Fixed, Quadratic, Split
from partwise.kernels import pool
from partwise.losses.beta import gram_of, sums_of
from partwise.penalties.sums import parts_of

H_CHUNK_ROWS = 2048
"""The most rows of H that a thread solves at a time; fixed, so that sums do not depend on threads."""

SOLVER_FLOPS = 4e9


@dataclass
class State:
    """Everything that the next iteration depends on.

    Attributes
    ----------
    W : ndarray of shape (n_samples, k)
    Ht : ndarray of shape (n_features, k)
        Both C-ordered and overwritten by `step`: a state is valid until the next is asked for; `copy` to keep one.
    n_iter : int
        Iterations done.
    momentum : Momentum or None
        What an accelerated fit remembers (see `partwise.engine.accelerate`).
    """

    W: Array
    Ht: Array
    n_iter: int = 0
    momentum: Momentum | None = None

    def copy(self) -> State:
        """A state of its own."""
        return State(self.W.copy(), self.Ht.copy(), self.n_iter, self.momentum and self.momentum.copy())


@dataclass
class Momentum:
    """The previous factors, the step counter t of Nesterov's rule, and the objective last accepted.

    ``safe`` are the factors that had this objective, where they are not the current ones, and ``plain`` says that the
    iterations since were taken without momentum (see `partwise.engine.grow`).
    """

    W: Array
    Ht: Array
    t: float = 1.0
    objective: float = np.inf
    safe: tuple[Array, Array] | None = None
    plain: bool = False

    def copy(self) -> Momentum:
        """A momentum of its own."""
        safe = self.safe and (self.safe[0].copy(), self.safe[1].copy())
        return Momentum(self.W.copy(), self.Ht.copy(), self.t, self.objective, safe, self.plain)


@dataclass
class Reading:
    """What an iteration saw: the evidence of both halves and, where a solver has it for nothing, the current loss.

    ``accepted`` is False for an accelerated iteration that was taken back.
    """

    W: Evidence
    H: Evidence
    fit: float | None = None
    accepted: bool = True


@dataclass
class Total:
    """What the blocks of a sweep add up: evidence and the statistic of the columns."""

    evidence: Evidence
    columns: Any = None
    inner: float = 0.0

    def __iadd__(self, other: Total) -> Total:
        self.evidence += other.evidence
        self.inner += other.inner
        if self.columns is not None:
            self.columns += other.columns
        return self


@dataclass(frozen=True)
class Lean:
    """The way W goes on from ``before`` ahead of the update of H: ``max(lowest W, W + weight (W - before))``."""

    before: Array
    weight: float
    lowest: float

    def rows(self, start: int, stop: int) -> Lean:
        """That of some rows."""
        return Lean(self.before[start:stop], self.weight, self.lowest)

    def __call__(self, W: Array, penalty: Any) -> None:
        """Move ``W``, in place and within the bounds of its penalty."""
        kernels.look_ahead(self.before, W, self.weight, self.lowest, W)
        keep_within(W, penalty)


@dataclass(frozen=True)
class Aligned:
    """A factor and what may hold numbers for each of its rows: a sweep cuts all by the same slice."""

    A: Array
    others: tuple[Any, ...]

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the factor."""
        return self.A.shape

    def __len__(self) -> int:
        return len(self.A)

    def __getitem__(self, rows: slice) -> tuple[Any, ...]:
        return self.A[rows], *(other.rows(rows.start, rows.stop) for other in self.others)


@dataclass(frozen=True)
class Cut:
    """Another array with the same rows, to be cut beside a factor."""

    A: Array

    def rows(self, start: int, stop: int) -> Array:
        """Some of them, without copying."""
        return self.A[start:stop]


@dataclass(frozen=True)
class HalfStep:
    """Update the rows of one block, let them lean and, if ``collects``, add what they say about the columns."""

    loss: Any
    solver: Any
    fixed: Fixed
    size: Array
    collects: type | None

    def __call__(self, X: Any, rows: tuple[Any, ...], total: Total | None) -> Total:
        A, penalty, *leans = rows
        stats = self.loss.rows(self.solver.needs, X, A, self.fixed)
        if total is None:  # after a kernel: threads that begin together would queue for the GIL
            p, k = self.fixed.B.shape
            total = Total(Evidence.zeros(k), self.loss.empty(self.collects, p, k) if self.collects else None)
        total.evidence += self.solver.update(A, stats, penalty, self.size)
        if not self.collects and isinstance(stats, Quadratic):
            total.inner += float(np.vdot(stats.cross, A))
        for lean in leans:
            lean(A, penalty)
        if self.collects:
            self.loss.add_columns(total.columns, X, A, self.fixed.B)
        return total


def step(problem: Problem, data: Data, by_columns: Data | None, state: State, lean: Lean | None = None) -> Reading:
    """Advance ``state`` in place by one iteration.

    Parameters
    ----------
    problem : Problem
    data : Data
        X by rows.
    by_columns : Data or None
        X by columns, if H is to be updated from a second reading; None for the usual single one.
    state : State
        Overwritten. Interrupted at any point it is still a valid, and no worse, state.
    lean : Lean or None
        How the new W goes on before H is updated against it; for penalties that do not couple the rows of W.
    """
    if by_columns is None:
        reading = one_reading(problem, data, state, lean)
    else:
        reading = two_readings(problem, data, by_columns, state, lean)
    state.n_iter += 1
    return reading


def one_reading(problem: Problem, data: Data, state: State, lean: Lean | None = None) -> Reading:
    """Update W block by block, and H from what the blocks said with their new rows."""
    fixed = problem.loss.fix(state.Ht, data.threads)
    total = half_step(problem.loss, problem.solver_W, problem.penalty_W, data, state.W, fixed, True, lean)
    columns = problem.loss.columns(problem.solver_H.needs, total.columns, state.Ht)
    squares = total.columns if isinstance(total.columns, Quadratic) else None
    seen = update_columns(problem.solver_H, problem.penalty_H, columns, state.Ht, data.threads, squares)
    return Reading(total.evidence, seen, None if squares is None else seen.fit + problem.loss.constant(data))


def two_readings(problem: Problem, data: Data, by_columns: Data, state: State, lean: Lean | None = None) -> Reading:
    """Update all of W, finish it where its rows are coupled, then all of H by columns."""
    W = state.W.copy() if problem.coupled else state.W
    fixed = problem.loss.fix(state.Ht, data.threads)
    first = half_step(problem.loss, problem.solver_W, problem.penalty_W, data, W, fixed, lean=lean)
    if not problem.solver_W.separable:
        problem.solver_W.finish(W, first.evidence)
    state.W = W
    fixed = problem.loss.fix(state.W, data.threads)
    second = half_step(problem.loss, problem.solver_H, problem.penalty_H, by_columns, state.Ht, fixed)
    fit = None
    if problem.solver_H.needs in ROW_LOCAL:
        fit = second.evidence.fit + problem.loss.constant(by_columns)
    elif problem.solver_H.needs is Quadratic and not data.weighted:
        fit = (data.norm2 - 2 * second.inner + float(np.vdot(fixed.gram, gram_of(state.Ht, data.threads)))) / 2
    return Reading(first.evidence, second.evidence, fit)


def half_step(
    loss, solver, penalty, data: Data, A: Array, fixed: Fixed, collect: bool = False, lean: Lean | None = None
) -> Total:
    """Update all rows of ``A`` with the other factor fixed, in place; collect what they say about the columns."""
    if penalty.whole:
        return whole_half_step(loss, solver, penalty, data, A, fixed)
    fn = HalfStep(loss, solver, fixed, sizes(solver, A), solver.needs if collect else None)
    return data.sweep(fn, aligned(A, penalty, lean), collect)


def whole_half_step(loss, solver, penalty, data: Data, A: Array, fixed: Fixed) -> Total:
    """The same where the rows of ``A`` are coupled: the statistic of all rows first, then one update of them all."""
    cross = np.empty(A.shape, A.dtype)

    def fill(X: Any, rows: tuple[Array, Array], total: int | None) -> int:
        part, here = rows
        part[...] = loss.rows(Quadratic, X, here, fixed).cross
        return 0

    data.sweep(fill, Aligned(cross, (Cut(A),)), collect=False)
    stats = Quadratic(loss.curvature(fixed, data), cross)
    seen = solver.update(A, stats, penalty.at(A), sizes(solver, A))
    return Total(seen, inner=float(np.vdot(cross, A)))


def aligned(A: Array, penalty: Any, lean: Lean | None = None) -> Aligned:
    """The factor to be swept together with its penalty, as a half step from ``A`` uses it, and its lean if any."""
    return Aligned(A, (penalty.at(A), lean) if lean else (penalty.at(A),))


def keep_within(A: Array, penalty: Any) -> None:
    """Move the factor into the bounds of its penalty, in place; O(m k), nothing where there are none."""
    if "bounds" not in penalty.faces:
        return
    terms = reduce(add, (part.terms() for part in parts_of(penalty) if "bounds" in part.faces))
    np.clip(A, *terms.bounds(A), out=A)


def sizes(solver: Any, A: Array) -> Array:
    """The column means of the factor for solvers that weigh gradients by them, which need a `Split`; else zeros."""
    return column_means(A) if solver.needs is Split else np.zeros(A.shape[1], A.dtype)


def column_means(A: Array) -> Array:
    """The usual size of each component's entries: the column means, in the dtype of the factor."""
    return sums_of(A).astype(A.dtype) / A.dtype.type(max(1, len(A)))


def update_columns(
    solver, penalty, columns: Any, Ht: Array, threads: int, squares: Quadratic | None = None
) -> Evidence:
    """Update all rows of ``Ht`` from their statistic, in place, in fixed runs, or at once where they are coupled.

    The ``fit`` of the evidence is the value of ``squares`` at the new rows, if they are given; exact up to roundoff of
    the size of |X|^2.
    """
    p, k = Ht.shape
    size = sizes(solver, Ht)
    factor = aligned(Ht, penalty)

    def update(rows: slice) -> Evidence:
        A, here = factor[rows]
        seen = solver.update(A, columns.rows(rows.start, rows.stop), here, size)
        if squares is not None:
            seen.fit = kernels.quadratic_value(A, squares.gram, squares.cross[rows])
        return seen

    if penalty.whole:
        return update(slice(0, p))
    flops = 10 if solver.needs is Split else 3 * k
    first, *others = pool.over_rows(update, Ht, threads, flops * p * k / SOLVER_FLOPS, H_CHUNK_ROWS)
    return reduce(iadd, others, first)
