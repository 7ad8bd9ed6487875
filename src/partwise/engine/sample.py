"""The opening of a fit with momentum: its first iterations on a sample of the rows, at a fraction of their cost.

Far from a solution a fit need not see all rows to know where the components go. So a few iterations, which are not
counted, see a sixth of them or less; then all rows are solved roughly for the components found, and the fit goes on
with the whole X. `partwise.engine.grow.judge` takes all of it back should the objective have risen. Why it is only for
multiplicative updates stands in docs/adr/0013.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.data import as_data
from partwise.engine.grow import begin, growing_step
from partwise.engine.objective import divergence
from partwise.engine.problem import Problem
from partwise.engine.rows import equal_weights
from partwise.engine.step import State, column_means
from partwise.interfaces import Array, Data, Quadratic
from partwise.losses.beta import sums_of
from partwise.penalties import Elastic
from partwise.solvers import HALS

LEAST, PLENTY = 4, 64
"""Rows for each component below which no sample is taken, and from which on a sixth of all rows is more than needed."""

MOST_BYTES = 1 << 28
"""Of a sample with more rows than are plenty: it is a copy."""

ITERATIONS = 12
"""Of updates whose multiplicative factor may be taken whole; smaller steps are taken more often."""

LIFT = 1e-2
"""Of the mean of its component: the least entry of a row that was solved, as no multiplicative update leaves zero."""

SWEEPS = 3


@dataclass(frozen=True)
class RoughSolve:
    """Solve the rows of a block by least squares of which column j has the weight ``s_j^(beta - 2)``, s its mass.

    Where y is near the product of its row's and its column's sum, these are the second derivatives of the divergence;
    the row's part of them changes nothing. O(stored k + m k^2).
    """

    weighed: Array
    gram: Array

    @classmethod
    def of(cls, beta: float, W: Array, Ht: Array) -> RoughSolve:
        """For rows of the components ``Ht``, given some rows that were fitted with them."""
        mass = Ht @ sums_of(W)
        mass /= max(mass.max(initial=0), np.finfo(np.float64).tiny)
        weight = np.maximum(mass, 1e-6) ** (min(max(beta, 1.0), 2.0) - 2)
        weighed = Ht * weight[:, None]
        return cls(weighed.astype(Ht.dtype), weighed.T @ Ht)

    def __call__(self, X: Any, A: Array, total: int | None) -> int:
        stats = Quadratic(self.gram, X.dot(self.weighed))
        A[...] = equal_weights(stats, A)
        HALS(SWEEPS).update(A, stats, Elastic(), A)
        return 0


def open_on_sample(problem: Problem, data: Data, state: State) -> None:
    """Advance a fresh ``state``, in place, by iterations on a sample of the rows or columns, whichever are more.

    Nothing is done below beta = 0, where X is weighted or its factors are penalised, where the start has a zero, which
    multiplicative updates keep, where the longer side has too few rows, and where the start is better than a model of
    one component already.
    """
    if problem.loss.beta < 0 or data.weighted or not problem.scale_free:
        return
    if not (data.stored and state.W.all() and state.Ht.all()):
        return
    if data.shape[0] < data.shape[1]:
        turned = State(state.Ht, state.W)
        open_on_rows(problem.transposed(), data.transposed(), turned)
        state.W, state.Ht = turned.Ht, turned.W
    else:
        open_on_rows(problem, data, state)


def open_on_rows(problem: Problem, data: Data, state: State) -> None:
    """The same with a sample of the rows; O(n p k) times a sixteenth to a sixth of its iterations."""
    loss, (n, k) = problem.loss, state.W.shape
    most = MOST_BYTES * n // (data.stored * data.dtype.itemsize)
    size = min(n // 6, max(min(n // 16, most), PLENTY * k))
    if size < LEAST * k:
        return
    rows = sample(sums(data, 1) ** min(max(loss.beta, 0.0), 1.0), size)
    few = as_data(data.X[rows], data.threads)
    part = State(state.W[rows], state.Ht.copy())
    if better_than_one(loss, few, part):
        return
    begin(part, None)
    for _ in range(round(ITERATIONS / loss.exponent)):
        growing_step(problem, few, None, part)
    data.sweep(RoughSolve.of(loss.beta, part.W, part.Ht), state.W, collect=False)
    state.W[rows], state.Ht = part.W, part.Ht
    for A in (state.W, state.Ht):
        np.maximum(A, A.dtype.type(LIFT) * column_means(A), out=A)


def sample(mass: Array, size: int) -> Array:
    """Some rows, always the same, in order: drawn with chances in proportion to their mass.

    References
    ----------
    Efraimidis & Spirakis (2006), doi:10.1016/j.ipl.2005.11.003
    """
    with np.errstate(divide="ignore", over="ignore"):
        waits = np.random.default_rng(0).standard_exponential(len(mass)) / mass
    return np.sort(np.argsort(waits, kind="stable")[:size])


def sums(data: Data, axis: int) -> Array:
    """The sums of X over its columns (axis 1) or rows (axis 0), float64."""
    return np.asarray(data.X.sum(axis=axis, dtype=np.float64)).ravel()  # a sparse matrix gives a matrix


def better_than_one(loss: Any, data: Data, state: State) -> bool:
    """Whether the divergence is already less than that of a model of one component, the product of the sums of X."""
    rows, columns = (sums(data, axis).astype(data.dtype)[:, None] for axis in (1, 0))
    columns /= data.total or 1.0
    return divergence(loss, data, state.W, state.Ht) < divergence(loss, data, rows, columns)
