"""Where a fit starts: the number of components, and factors that were drawn or given."""

from __future__ import annotations

import logging
from numbers import Integral
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from partwise.engine import init
from partwise.engine.problem import Problem
from partwise.engine.restarts import Start
from partwise.engine.rows import start_rows
from partwise.engine.step import State, keep_within
from partwise.engine.units import Units
from partwise.errors import DataError, IncompatibleError
from partwise.estimators.checks import check_factor
from partwise.estimators.known import Known
from partwise.estimators.warn import warn_many, warn_stuck
from partwise.interfaces import Array, Data
from partwise.solvers import LeeSeung

logger = logging.getLogger("partwise")

Given = tuple[Array | None, Array | None]
"""W and the tall H of ``init="custom"``."""


def size(k: int | str, shape: tuple[int, int], W: Any = None, H: Any = None) -> int:
    """The number of components; "auto" takes it from a given factor, else from the number of features."""
    n, p = shape
    if k == "auto":
        k = H.shape[0] if H is not None else p if W is None else W.shape[1]
        logger.info('n_components="auto" means %d here (scikit-learn\'s rule); give a number to choose it.', k)
    k = int(k)
    warn_many(k, shape)
    if k * (n + p) >= n * p:
        told = "n_components=%d makes factors of %d numbers for %d cells: they do not compress X."
        logger.info(told, k, k * (n + p), n * p)
    return k


def given_start(W: Any, H: Any, shape: tuple[int, int], k: int | str, dtype: Any, partly: bool = True) -> Given:
    """Checked copies of the factors of ``init="custom"``, tall; ``partly``: either may be missing, or hold NaN."""
    if partly and W is None and H is None:
        raise DataError(
            "init='custom' needs W or H, but none was given. Give the one you have: the other is solved from it, and "
            "NaN stands for what you do not know."
        )
    if H is not None or not partly:
        H = check_factor(H, (k, shape[1]), "NMF (input H)", dtype, unknown=partly)
        k = len(H)
    if W is not None or not partly:
        W = check_factor(W, (shape[0], k), "NMF (input W)", dtype, unknown=partly)
    for factor, name in ((H, "H"), (W, "W")):
        if factor is not None and not (factor > 0).any():
            raise DataError(f"Array passed to NMF (input {name}) is full of zeros: no update leaves zero.")
    return None if W is None else W.copy(order="C"), None if H is None else H.T.copy(order="C")


def start_name(
    asked: str | None, shape: tuple[int, int], k: int, solver: Any, weighted: bool = False, zeros: bool = False
) -> str:
    """The name of the start, and whether it can be used; ``zeros``: X is hardly anything else."""
    too_many = k > min(shape)
    if asked is None:
        default = "nndsvda" if zeros or solver in ("mu", "mue", "scd") else "nnsvdlrc"
        return "random" if too_many or weighted else default
    if weighted and asked in init.SVD_NAMES:
        raise IncompatibleError(
            f"init={asked!r} needs singular vectors, which X with missing or weighted cells does not have. Use "
            "init='random' or 'custom', or leave it out."
        )
    if too_many and asked in init.SVD_NAMES:
        raise DataError(
            f"init = '{asked}' can only be used when n_components <= min(n_samples, n_features); here "
            f"n_components={k} and the shape is {shape}. Use init='random'."
        )
    warn_stuck(asked, solver)
    return asked


def starts_for(
    model: Any, shape: tuple[int, int], data: Data, given: Given | None, units: Units, problem: Problem, known: Known
) -> list[Start]:
    """The starting points of a fit, in its units and within the bounds; ``shape`` is that of X as it was given."""
    if given is None:
        starts = drawn(model, shape, data, problem, known)
    else:
        starts = [resumed(model, data, given, units, problem)]
    if isinstance(problem.solver_W, LeeSeung):
        for start in starts:
            problem.solver_W.start(start.state.W, start.state.Ht)
    return starts


def drawn(model: Any, shape: tuple[int, int], data: Data, problem: Problem, known: Known) -> list[Start]:
    """Starting points by the name of ``init``, one or ``n_init``."""
    k, seed = model._n_components, model.random_state
    zeros = not data.weighted and init.mostly_zeros(data)
    name = start_name(model.init, shape, k, model._chosen, data.weighted, zeros)
    shown = int(seed) if name == "random" and isinstance(seed, Integral) else None
    starts = [Start(draw(model, data, name, seed), shown)]
    if model.n_init > 1:
        seeds = check_random_state(seed).randint(np.iinfo(np.int32).max, size=model.n_init - 1)
        starts += [Start(draw(model, data, "random", one), one) for one in seeds.tolist()]
    for start in starts:
        settle(start.state, problem, known)
    return starts


def draw(model: Any, data: Data, name: str, random_state: Any) -> State:
    """A starting point by name, its components shuffled if that was asked for."""
    rng, k = check_random_state(random_state), model._n_components
    state = init.start(data, k, name, rng)
    if not model.shuffle:
        return state
    order = rng.permutation(k)
    return State(np.ascontiguousarray(state.W[:, order]), np.ascontiguousarray(state.Ht[:, order]))


def settle(state: State, problem: Problem, known: Known) -> None:
    """Bring a drawn start into the bounds, in place; the components that it found first go where most is free."""
    fixed = np.zeros(state.W.shape[1])
    for values in (known.W, known.Ht):
        if values is not None:
            fixed += np.mean(~np.isnan(values), axis=0)
    if fixed.any():
        order = np.argsort(fixed, kind="stable")
        for factor in (state.W, state.Ht):
            factor[:, order] = factor.copy()
    keep_within(state.W, problem.penalty_W)
    keep_within(state.Ht, problem.penalty_H)


def resumed(model: Any, data: Data, given: Given, units: Units, problem: Problem) -> Start:
    """A start from given factors: NaN becomes what it would be without them, a missing factor is solved."""
    W, Ht = (
        None if factor is None else np.ascontiguousarray(unit.inward(factor))
        for unit, factor in zip((units, units.of_H()), given, strict=True)
    )
    if any(factor is not None and np.isnan(factor).any() for factor in (W, Ht)):
        other = draw(model, data, "random", model.random_state)
        for factor, values in ((W, other.W), (Ht, other.Ht)):
            if factor is not None:
                np.copyto(factor, values, where=np.isnan(factor))
    n, p = (np.zeros((length, model._n_components), data.dtype) for length in data.shape)
    state = State(n if W is None else W, p if Ht is None else Ht)
    keep_within(state.W, problem.penalty_W)
    keep_within(state.Ht, problem.penalty_H)
    if W is None:
        start_rows(problem, data, state.W, state.Ht)
    if Ht is None:
        start_rows(problem.transposed(), data.transposed(), state.Ht, state.W)
    return Start(state)
