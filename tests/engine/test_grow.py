import numpy as np
import pytest

from partwise.data import as_data
from partwise.engine.grow import begin, growing_step, judge
from partwise.engine.iterate import Limits, iterate
from partwise.engine.objective import divergence
from partwise.engine.problem import Problem, solver_of
from partwise.engine.step import State
from partwise.losses import Beta

BETAS = (1.0, 0.0, 0.5, 1.5, 3.0)


def task(beta, solver="mue", seed=0):
    rng = np.random.default_rng(seed)
    data = as_data(rng.gamma(0.5, 1, (40, 4)) @ rng.gamma(0.5, 1, (4, 30)) + 0.01, 1)
    loss = Beta(beta).on(data)
    method = solver_of(solver, loss)
    return Problem(loss, method, method), data, State(rng.random((40, 4)) + 0.1, rng.random((30, 4)) + 0.1)


def run(problem, data, state, iterations):
    *_, progress = iterate(problem, data, state, Limits(0, iterations))
    return progress


@pytest.mark.parametrize("beta", BETAS)
def test_the_reported_objectives_fall_and_lie_below_those_without_momentum(beta):
    progress = run(*task(beta), 60)
    found = [row[1] for row in progress.monitor.rows]
    assert all(np.diff(found) <= 0)
    assert found[-1] < run(*task(beta, "mu"), 60).monitor.rows[-1][1]


@pytest.mark.parametrize("beta", BETAS)
def test_a_fit_that_is_continued_has_the_bits_of_one_that_never_stopped(beta):
    problem, data, state = task(beta)
    other = state.copy()
    run(problem, data, state, 25)
    run(problem, data, other, 7)
    other = other.copy()
    run(problem, data, other, 18)
    assert state.W.tobytes() == other.W.tobytes()
    assert state.Ht.tobytes() == other.Ht.tobytes()


def test_a_stretch_that_raised_the_objective_is_taken_back_and_the_next_one_is_plain():
    problem, data, state = task(0.0)
    before = divergence(problem.loss, data, state.W, state.Ht)
    begin(state, before)
    first = state.copy()
    state.W *= 5
    assert not judge(state, divergence(problem.loss, data, state.W, state.Ht), keep=True)
    assert state.W.tobytes() == first.W.tobytes()
    assert state.momentum.plain
    plain, _, _ = task(0.0, "mu")
    growing_step(problem, data, None, state)
    run(plain, data, first, 1)
    assert state.W.tobytes() == first.W.tobytes()
    assert judge(state, before + 1, keep=True)  # a plain stretch stands, and momentum may begin anew
    assert not state.momentum.plain


def test_what_is_not_a_number_is_taken_back():
    problem, data, state = task(1.0)
    begin(state, divergence(problem.loss, data, state.W, state.Ht))
    assert not judge(state, np.nan, keep=True)
