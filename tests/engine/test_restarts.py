"""Successive halving: who is dropped when, and that the kept start is untouched by the others."""

import numpy as np
import pytest
import scipy.sparse as sp

from partwise.data import as_data
from partwise.engine import init
from partwise.engine.iterate import Limits, iterate
from partwise.engine.plan import needs_columns
from partwise.engine.problem import Problem, solver_of
from partwise.engine.restarts import Start, race
from partwise.losses import Beta
from partwise.penalties import Elastic

K = 4
CASES = [("cd", 2), ("bpp", 2), ("mu", 2), ("mu", 1), ("mu", 0.5), ("mu", 3)]


def table(dtype=np.float64):
    rng = np.random.default_rng(0)
    return (rng.random((60, 6)) @ rng.random((6, 30)) * (rng.random((60, 30)) < 0.6)).astype(dtype)


def setting(X, solver="cd", beta=2.0, penalty=Elastic()):
    data = as_data(X)
    loss = Beta(beta).on(data)
    solve = solver_of(solver, loss)
    problem = Problem(loss, solve, solve, penalty, penalty)
    return problem, data, data.transposed() if needs_columns(problem, data, K) else None


def starts(data, count):
    return [Start(init.start(data, K, "random", np.random.RandomState(seed)), seed) for seed in range(count)]


def alone(problem, data, columns, seed, limits):
    *_, progress = iterate(problem, data, starts(data, seed + 1)[seed].state, limits, columns)
    return progress


def run(X, count, limits, **options):
    problem, data, columns = setting(X, **options)
    field = starts(data, count)
    *_, progress = race(problem, data, field, limits, columns)
    return problem, data, columns, field, progress


@pytest.mark.parametrize("solver, beta", CASES)
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("penalty", [Elastic(), Elastic(0.01, 0.02)], ids=["free", "penalised"])
def test_the_kept_start_has_the_bits_of_a_fit_from_it_alone(solver, beta, form, penalty):
    limits = Limits(tol=0, max_iter=25)
    problem, data, columns, field, progress = run(form(table()), 5, limits, solver=solver, beta=beta, penalty=penalty)
    kept = next(start for start in field if start.progress is progress)
    expected = alone(problem, data, columns, kept.seed, limits)
    assert progress.state.W.tobytes() == expected.state.W.tobytes()
    assert progress.state.Ht.tobytes() == expected.state.Ht.tobytes()
    assert [row[:4] for row in progress.monitor.rows][-1] == [row[:4] for row in expected.monitor.rows][-1]
    assert progress.reason == expected.reason == "max_iter"


@pytest.mark.parametrize(
    "count, iterations", [(1, [100]), (2, [20, 100]), (5, [20, 20, 40, 60, 100]), (4, [20, 20, 40, 100])]
)
def test_the_worse_half_is_dropped_every_twenty_iterations(count, iterations):
    *_, field, _ = run(table(), count, Limits(tol=0, max_iter=100))
    assert sorted(start.state.n_iter for start in field) == iterations


def test_a_short_fit_has_shorter_stages_and_ends_with_one():
    *_, field, _ = run(table(), 5, Limits(tol=0, max_iter=8))
    assert sorted(start.state.n_iter for start in field) == [2, 2, 4, 6, 8]


@pytest.mark.parametrize("solver, beta", CASES)
def test_nobody_was_better_than_the_kept_one_when_dropped(solver, beta):
    *_, field, progress = run(table(), 6, Limits(tol=0, max_iter=60), solver=solver, beta=beta)
    kept = next(start for start in field if start.progress is progress)
    assert kept.objective == min(start.objective for start in field)
    assert len({start.objective for start in field}) == 6


def test_every_start_may_converge_before_the_first_cut():
    limits = Limits(tol=0.5, max_iter=1000)
    problem, data, columns, field, progress = run(table(), 4, limits)
    assert all(start.progress.reason == "converged" for start in field)
    assert progress.reason == "converged"
    for start in field:
        assert start.state.n_iter == alone(problem, data, columns, start.seed, limits).state.n_iter
    assert progress.monitor.rows[-1][1] == min(start.objective for start in field)


def test_a_start_that_is_no_number_loses():
    problem, data, columns = setting(table())
    field = starts(data, 2)
    field[0].state.W[3, 1] = np.nan
    *_, progress = race(problem, data, field, Limits(tol=0, max_iter=30), columns)
    assert progress is field[1].progress


def test_the_time_limit_ends_the_race_with_the_best_so_far():
    *_, field, progress = run(table(), 3, Limits(tol=0, max_iter=10**6, max_time=1e-9))
    assert progress.reason == "time"
    assert [start.state.n_iter for start in field] == [1, 1, 1]
    assert progress.monitor.rows[-1][1] == min(start.objective for start in field)


def test_progress_tells_of_every_iteration_once():
    problem, data, columns = setting(table())
    told = [progress.state.n_iter for progress in race(problem, data, starts(data, 4), Limits(0, 90), columns)]
    assert told == list(range(1, 91))
