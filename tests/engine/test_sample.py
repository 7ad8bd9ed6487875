"""The opening of a fit on a sample of its rows."""

import numpy as np
import pytest
import scipy.sparse as sp

from partwise.data import as_data
from partwise.engine import iterate as loop
from partwise.engine.iterate import Limits, iterate
from partwise.engine.objective import divergence
from partwise.engine.problem import Problem, solver_of
from partwise.engine.sample import RoughSolve, open_on_sample, sample
from partwise.engine.step import Reading, State
from partwise.interfaces import Evidence
from partwise.kernels import pool
from partwise.losses import Beta
from partwise.penalties import L1

n, p, k = 600, 40, 5
BETAS = (1.0, 0.0, 0.5, 1.5, 3.0)


def table(seed=0):
    rng = np.random.default_rng(seed)
    return rng.gamma(0.5, 1, (n, k)) @ rng.gamma(0.5, 1, (k, p)) + 0.01


def start(X, seed=0):
    rng = np.random.default_rng(seed)
    W, Ht = rng.random((len(X), k)), rng.random((X.shape[1], k))
    scale = np.sqrt(X.sum() / (W.sum(0) @ Ht.sum(0)))
    return State(scale * W, scale * Ht)


def problem(data, beta=1.0, **penalties):
    loss = Beta(beta).on(data)
    solver = solver_of("mue", loss)
    return Problem(loss, solver, solver, **penalties)


def same(one, other):
    return one.W.tobytes() == other.W.tobytes() and one.Ht.tobytes() == other.Ht.tobytes()


def untouched(X, state=None, **penalties):
    data = as_data(X)
    state = state or start(X)
    before = state.copy()
    open_on_sample(problem(data, **penalties), data, state)
    return same(state, before)


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("seed", range(3))
def test_one_iteration_after_it_is_worth_five_without(beta, seed, monkeypatch):
    data = as_data(table(seed))
    task = problem(data, beta)

    def reached(iterations):
        *_, progress = iterate(task, data, start(data.X, seed), Limits(0, iterations))
        return progress.monitor.rows[-1][1]

    with_it = reached(1)
    monkeypatch.setattr(loop, "open_on_sample", lambda *args: None)
    assert with_it < reached(5)


@pytest.mark.parametrize("beta", BETAS)
def test_objectives_fall_from_that_of_the_start(beta):
    data = as_data(table())
    state, task = start(data.X), problem(data, beta)
    first = divergence(task.loss, data, state.W, state.Ht)
    *_, progress = iterate(task, data, state, Limits(0, 60))
    assert (np.diff([first, *(row[1] for row in progress.monitor.rows)]) <= 0).all()


def test_an_opening_that_did_harm_is_taken_back(monkeypatch):
    def harm(task, data, state):
        state.W *= 1e6

    data = as_data(table())
    task, state = problem(data), start(data.X)
    first = divergence(task.loss, data, state.W, state.Ht)
    monkeypatch.setattr(loop, "open_on_sample", harm)
    monkeypatch.setattr(loop, "growing_step", lambda task, data, columns, state: step_of_nothing(state))
    *_, progress = iterate(task, data, state, Limits(0, 1))
    assert not progress.monitor.rows
    assert divergence(task.loss, data, state.W, state.Ht) == first


def step_of_nothing(state):
    state.n_iter += 1
    return Reading(Evidence.zeros(k), Evidence.zeros(k))


def test_rows_and_columns_change_places():
    X = table()
    tall, wide = start(X), start(X)
    open_on_sample(problem(as_data(X)), as_data(X), tall)
    turned = State(wide.Ht, wide.W)
    data = as_data(np.ascontiguousarray(X.T))
    open_on_sample(problem(data), data, turned)
    np.testing.assert_allclose(turned.Ht, tall.W, rtol=1e-9)
    np.testing.assert_allclose(turned.W, tall.Ht, rtol=1e-9)


@pytest.mark.parametrize("form", [sp.csr_array, sp.csr_matrix])
def test_dense_and_sparse_x_open_alike(form):
    X = table() * (np.random.default_rng(1).random((n, p)) < 0.5)
    dense, sparse = start(X), start(X)
    for data, state in ((as_data(X), dense), (as_data(form(X)), sparse)):
        open_on_sample(problem(data), data, state)
    np.testing.assert_allclose(sparse.W, dense.W, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(sparse.Ht, dense.Ht, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_do_not_change_a_bit(threads, monkeypatch):
    monkeypatch.setattr(pool, "SERIAL_BELOW_SECONDS", 0.0)
    X = np.random.default_rng(0).random((3000, 300))
    assert len(as_data(X[:500]).lanes) > 1, "a sample of one block is not shared"
    one, many = start(X), start(X)
    open_on_sample(problem(as_data(X)), as_data(X, 1), one)
    open_on_sample(problem(as_data(X)), as_data(X, threads), many)
    assert same(one, many)


def test_columns_that_the_sample_did_not_see_are_not_lost():
    X = table()
    X[:, -1] = 0
    unseen = np.setdiff1d(np.arange(n), sample(X.sum(1), min(n // 6, 64 * k)))[0]
    X[unseen, -1] = 3.0
    assert unseen not in sample(X.sum(1), min(n // 6, 64 * k))
    data, state = as_data(X), start(X)
    *_, _ = iterate(problem(data), data, state, Limits(0, 300))
    assert (state.W @ state.Ht[-1]).sum() == pytest.approx(3, rel=0.01)


def test_nothing_is_done_where_the_start_is_a_model_already():
    X = table()
    fitted = start(X)
    *_, _ = iterate(problem(as_data(X)), as_data(X), fitted, Limits(0, 30))
    assert not untouched(X)
    assert untouched(X, State(fitted.W, fitted.Ht))


@pytest.mark.parametrize("factor", ["W", "Ht"])
def test_zeros_of_the_start_stay_zero(factor):
    X = table()
    masked = start(X)
    getattr(masked, factor)[:10, 1] = 0
    assert untouched(X, masked)
    *_, _ = iterate(problem(as_data(X)), as_data(X), masked, Limits(0, 20))
    assert not getattr(masked, factor)[:10, 1].any()


def test_nothing_is_done_for_few_rows_penalties_or_weights():
    X = table()
    assert untouched(X[: 4 * 6 * k - 1])
    assert not untouched(X[: 4 * 6 * k])
    assert untouched(X, penalty_W=L1(0.1))
    data, state = as_data(X, weight=np.ones(X.shape)), start(X)
    before = state.copy()
    open_on_sample(problem(as_data(X)), data, state)
    assert same(state, before)


def test_a_fit_that_goes_on_does_not_open_again():
    data = as_data(table())
    state = start(data.X)
    *_, _ = iterate(problem(data), data, state, Limits(0, 3))
    whole, parts = start(data.X), state.copy()
    *_, _ = iterate(problem(data), data, whole, Limits(0, 8))
    *_, _ = iterate(problem(data), data, parts, Limits(0, 5))
    assert same(whole, parts)


def test_a_sample_is_sorted_always_the_same_and_prefers_rows_with_mass():
    mass = np.ones(1000)
    mass[:100] = 50
    rows = sample(mass, 100)
    assert (np.diff(rows) > 0).all() and len(rows) == 100
    assert (rows == sample(mass, 100)).all()
    assert (rows < 100).sum() > 60
    assert len(sample(np.eye(1, 1000)[0], 100)) == 100  # fewer rows with mass than asked for


@pytest.mark.parametrize("beta", [2.0, 1.0, 0.0, -3.0])
def test_the_rough_solve_comes_near_the_rows_of_an_exact_product(beta):
    rng = np.random.default_rng(0)
    W, Ht = rng.gamma(0.5, 1, (20, 3)), rng.gamma(0.5, 1, (p, 3))
    data, found = as_data(W @ Ht.T), np.zeros((20, 3))
    data.sweep(RoughSolve.of(beta, W[:5], Ht), found, collect=False)
    assert np.linalg.norm(found - W) < 0.1 * np.linalg.norm(W)
