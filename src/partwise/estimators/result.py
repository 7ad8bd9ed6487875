"""A finished fit: measured, ordered, and translated into the user's units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.engine.objective import divergence, explained, leaves_something, norm
from partwise.engine.problem import Problem
from partwise.engine.step import State
from partwise.engine.units import Units
from partwise.interfaces import Array, Data
from partwise.losses.beta import sums_of

HISTORY = ("iteration", "objective", "kkt", "relative_decrease", "seconds")
RESTARTS = ("seed", "iterations", "objective", "kept")


@dataclass(frozen=True)
class Course:
    """How a fit went: iterations, why it stopped, and its history, objectives in the user's units."""

    n_iter: int
    reason: str
    history: Array


@dataclass(frozen=True)
class Result:
    """A finished fit in the user's units."""

    course: Course
    W: Array
    H: Array
    error: float
    explained: float
    kkt: float
    dead: Array


def measured(
    problem: Problem,
    data: Data,
    units: Units,
    state: State,
    course: Course,
    kkt: float,
    zero: Array,
    inner: float | None = None,
) -> Result:
    """Factors with their error; ``zero`` says which components ended at 0, dead if they leave something of X.

    ``inner`` is what solving the rows told, see `partwise.engine.rows.Solved`.
    """
    loss, W, Ht = problem.loss, state.W, state.Ht
    value = divergence(loss, data, W, Ht, inner)
    return Result(
        course=course,
        W=units.outward(W),
        H=np.ascontiguousarray(units.of_H().outward(Ht).T),
        error=units.error(norm(value), loss.beta),
        explained=explained(loss, value, data, W, Ht),
        kkt=kkt,
        dead=np.flatnonzero(zero & leaves_something(loss, data, value)),
    )


def history_of(rows: list[Any], units: Units, beta: float) -> Array:
    """The notes of a monitor as an array, one row each, objectives in the user's units."""
    history = np.array(rows, dtype=np.float64).reshape(-1, len(HISTORY))
    history[:, 1] = [units.loss(value, beta) for value in history[:, 1]]
    return history


def sort(state: State, mass: Array | None = None) -> Array:
    """Order the components by the mass of W H that they carry, largest first, in place; the order.

    ``mass`` is that of W, the column sums unless samples count differently.
    """
    carried: Array = state.W.sum(axis=0, dtype=np.float64) if mass is None else mass
    order = np.argsort(-carried * state.Ht.sum(axis=0, dtype=np.float64), kind="stable")
    state.W, state.Ht = np.take(state.W, order, axis=1), np.take(state.Ht, order, axis=1)
    return order


def absent(A: Array) -> Array:
    """Which components of a factor are 0 altogether."""
    return sums_of(A) == 0  # many times as fast as the largest of a short row
