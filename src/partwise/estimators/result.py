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
    problem: Problem, data: Data, units: Units, state: State, course: Course, kkt: float, zero: Array
) -> Result:
    """Factors with their error; ``zero`` says which components ended at 0, dead if they leave something of X."""
    loss, W, Ht = problem.loss, state.W, state.Ht
    value = divergence(loss, data, W, Ht)
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


def by_mass(mass: Array, Ht: Array) -> Array:
    """The order of the components by the mass of W H that they carry, largest first; ``mass`` is that of W."""
    return np.argsort(-mass * Ht.sum(axis=0, dtype=np.float64), kind="stable")


def absent(A: Array) -> Array:
    """Which components of a factor are 0 altogether."""
    return A.max(axis=0, initial=0) == 0
