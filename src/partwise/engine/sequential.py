"""The one kind of iteration that is no pair of half steps: a visit of every cell that updates both factors there.

`partwise.engine.step` holds one factor while it updates the other, which is what makes blocks, threads and statistics
possible. Stochastic gradient descent cannot be cut so: each cell needs what the cells before it wrote to both factors.
It gets a room of its own here: a step with the signature of `step`, chosen by ``problem.sequential``; the loop, the
monitor and the restarts do not notice.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from partwise import kernels
from partwise.data.weighted import listed
from partwise.engine.problem import Problem
from partwise.engine.step import Reading, State
from partwise.interfaces import Array, Data, Evidence
from partwise.losses import WeightedBeta
from partwise.penalties.base import BasePenalty, times_power

LARGEST = np.finfo(np.float64).max


@dataclass(frozen=True, eq=False)
class PerCell(BasePenalty):
    """``weight / 2 sum_i counts_i |a_i|^2``: a ridge that acts once for every cell in which row i takes part."""

    weight: float
    counts: Array

    def value(self, A: Array) -> float:
        """The penalty of the factor, float64."""
        return self.weight / 2 * float(self.counts @ np.einsum("ij,ij->i", A, A, dtype=np.float64))

    def gradient(self, A: Array) -> Array:
        """Its gradient, float64."""
        return self.weight * self.counts[:, None] * A


def by_cells(problem: Problem, data: Data, half: int, weight: int = 0) -> tuple[Problem, Data]:
    """The problem and the data as `sequential_step` needs them: cells listed, the regularisation as penalties.

    X was divided by ``4^half``, both factors by ``2^half`` and the weights by ``2^weight``; the steps are to be those
    without that.
    """
    solver = in_units(problem.solver_W, half, weight)
    cells: Any = listed(data)
    loss = WeightedBeta(problem.loss.beta).on(cells)
    penalties = (PerCell(solver.regularisation / 2, counts) for counts in weights_of(cells))
    return Problem(loss, solver, solver, *penalties), cells


def in_units(solver: Any, half: int, weight: int) -> Any:
    """The solver whose steps are the same in units of ``2^half`` for both factors and ``2^weight`` for weights."""
    if not (half or weight):
        return solver
    rate, ridge = times_power(solver.learning_rate, 2 * half + weight), times_power(solver.regularisation, -2 * half)
    return replace(solver, learning_rate=min(rate, LARGEST), regularisation=min(ridge, LARGEST))


def weights_of(cells: Any) -> tuple[Array, Array]:
    """The sums of the weights of every row and of every column, float64."""
    entries = cells.entries
    indptr, indices, _ = entries.csr
    rows = np.repeat(np.arange(cells.shape[0]), np.diff(indptr))
    of_rows, of_columns = (
        np.bincount(index, entries.weights, length) for index, length in zip((rows, indices), cells.shape, strict=True)
    )
    return of_rows, of_columns


def sequential_step(problem: Problem, data: Data, by_columns: Data | None, state: State) -> Reading:
    """Advance ``state`` in place by one visit of all cells; see `partwise.engine.step.step` for the arguments.

    The evidence is that of the new factors, not of those before: the steps are so small that it hardly differs, and
    the objective comes with it.
    """
    cells: Any = data
    problem.solver_W.visit(state.W, state.Ht, cells.entries)
    state.n_iter += 1
    return judged(problem, cells, state)


def judged(problem: Problem, cells: Any, state: State) -> Reading:
    """The loss at the state, and the evidence from its exact gradient with the penalties. O(cells k)."""
    (indptr, indices, values), weights = cells.entries.csr, cells.entries.weights
    errors = np.empty_like(values)
    kernels.csr_residual(cells.entries.csr, 0, len(state.W), state.W, state.Ht, errors)
    fit = float(np.einsum("i,i,i->", weights, errors, errors, dtype=np.float64)) / 2
    downward = products((indptr, indices, weights * errors), state)
    cross = products((indptr, indices, cells.scaled), state)
    seen = (
        Evidence.of(problem.solver_W.project(A, penalty.gradient(A) - down), own, A)
        for A, penalty, down, own in zip(
            (state.W, state.Ht), (problem.penalty_W, problem.penalty_H), downward, cross, strict=True
        )
    )
    return Reading(*seen, fit=fit)


def products(csr: tuple[Array, Array, Array], state: State) -> tuple[Array, Array]:
    """``M Ht`` and ``M' W`` for a CSR matrix M."""
    left, right = np.empty_like(state.W), np.zeros(state.Ht.shape)
    kernels.csr_dot(csr, 0, len(left), state.Ht, left)
    kernels.csr_t_dot_add(csr, 0, len(left), state.W, right)
    return left, right
