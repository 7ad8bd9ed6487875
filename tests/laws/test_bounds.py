"""Laws of bounds, for every loss and solver: they hold exactly, and cost neither monotonicity nor determinism."""

import numpy as np
import pytest
import scipy.sparse as sp

from partwise.data import as_data
from partwise.engine import step as stepping
from partwise.engine.accelerate import accelerated_step
from partwise.engine.grow import begin, growing_step
from partwise.engine.problem import SOLVERS, Problem, gap, solver_of
from partwise.engine.revive import objective
from partwise.engine.step import State, keep_within, step
from partwise.interfaces import Rows
from partwise.kernels import pool
from partwise.losses import Beta
from partwise.penalties import Box, Elastic, Sum

BETAS = (2, 1, 0, 0.5, 3)
GRID = [
    pytest.param(beta, solver, id=f"{beta}-{solver}")
    for beta in BETAS
    for solver in SOLVERS
    if not gap(Beta(float(beta)), solver_of(solver, Beta(float(beta))), Box(upper=1.0))
]
every_pair = pytest.mark.parametrize("beta, solver", GRID)
forms = pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
N, P, K = 37, 23, 4


def matrix(beta, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((N, 3)) @ rng.random((3, P)) + 0.1 * rng.random((N, P))
    return X if beta <= 0 else X * (rng.random((N, P)) < 0.7)


def box(m, seed=0, level=0.6):
    """Bounds of every kind, among them a component that is fixed as a whole and entries fixed to 0."""
    rng = np.random.default_rng(seed)
    kind, value = rng.integers(0, 6, (m, K)), level * rng.random((m, K))
    kind[:, 1] = 4
    lower = np.where((kind == 1) | (kind == 3) | (kind == 4), value, 0)
    upper = np.select([kind == 2, kind == 3, kind == 4, kind == 5], [value, 2 * value, value, 0 * value], np.inf)
    return Box(lower, upper)


def problem_of(data, beta, solver):
    loss = Beta(float(beta)).on(data)
    method = solver_of(solver, loss)
    return Problem(loss, method, method, box(N), Sum((Elastic(0.01, 0.02), box(P, 1))))


def start(problem, X, dtype=np.float64):
    rng = np.random.default_rng(5)
    level = np.sqrt(X.mean() / K)
    W, Ht = ((level * (0.5 + rng.random((m, K)))).astype(dtype) for m in (N, P))
    keep_within(W, problem.penalty_W)
    keep_within(Ht, problem.penalty_H)
    return State(W, Ht)


def columns_of(problem, data):
    return data.transposed() if problem.solver_H.needs is Rows else None


def assert_within(state, problem):
    for A, penalty in ((state.W, problem.penalty_W), (state.Ht, problem.penalty_H)):
        lower, upper = penalty.terms().bounds(A)
        assert (lower <= A).all()
        assert (upper >= A).all()


@every_pair
@forms
def test_bounds_hold_exactly_and_the_objective_never_rises(beta, solver, form):
    X = matrix(beta)
    data = as_data(form(X), 1)
    problem = problem_of(data, beta, solver)
    problem.check()
    state = start(problem, X)
    before = first = objective(problem, data, state)
    for _ in range(25):
        step(problem, data, columns_of(problem, data), state)
        assert_within(state, problem)
        now = objective(problem, data, state)
        assert now <= before + 1e-13 * first or not problem.monotone  # rounding of the sums
        before = now
    assert now < first


@every_pair
def test_looking_ahead_stays_within_the_bounds(beta, solver):
    X = matrix(beta)
    data = as_data(X, 1)
    problem = problem_of(data, beta, solver)
    state = start(problem, X)
    if problem.growing:
        begin(state, objective(problem, data, state))
    advance = accelerated_step if problem.accelerable else growing_step
    seen, before = [], stepping.step

    def watch(*arguments):
        seen.append(arguments[3].copy())
        return before(*arguments)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("partwise.engine.accelerate.step", watch)
        patch.setattr("partwise.engine.grow.step", watch)
        for _ in range(15):
            advance(problem, data, columns_of(problem, data), state)
            assert_within(state, problem)
    assert len(seen) == 15
    for ahead in seen:
        assert_within(ahead, problem)


@every_pair
@forms
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_neither_threads_nor_blocks_matter_within_bounds(beta, solver, form, dtype, monkeypatch):
    from partwise.data import grid
    from partwise.data import sparse as sparse_data

    X = matrix(beta).astype(dtype)

    def after(threads):
        with pool.session(threads) as count:
            data = as_data(form(X), count)
            problem = problem_of(data, beta, solver)
            state = start(problem, X, dtype)
            for _ in range(6):
                step(problem, data, columns_of(problem, data), state)
        return state

    whole = after(1)
    monkeypatch.setattr(grid, "DENSE_BLOCK_BYTES", 700)
    monkeypatch.setattr(grid, "DENSE_BLOCK_ROWS", 1)
    monkeypatch.setattr(grid, "SPARSE_BLOCK_STORED", 60)
    monkeypatch.setattr(sparse_data, "ENTRIES_PER_LANE", 1)
    monkeypatch.setattr(stepping, "H_CHUNK_ROWS", 5)
    monkeypatch.setattr(pool, "SERIAL_BELOW_SECONDS", 0)
    one, four = after(1), after(4)
    assert one.W.tobytes() == four.W.tobytes()
    assert one.Ht.tobytes() == four.Ht.tobytes()
    if dtype == np.float64:  # other order of the sums; the momentum inside pg enlarges that in six iterations
        np.testing.assert_allclose(one.W, whole.W, rtol=1e-6, atol=1e-6 * whole.W.max())


@every_pair
def test_the_evidence_vanishes_at_the_optimum_of_a_bounded_half_step(beta, solver):
    X = matrix(beta)
    data = as_data(X, 1)
    problem = problem_of(data, beta, solver)
    state, seen = start(problem, X), []
    for _ in range(400):
        fixed = problem.loss.fix(state.Ht)
        total = stepping.half_step(problem.loss, problem.solver_W, problem.penalty_W, data, state.W, fixed)
        seen.append(np.sqrt(total.evidence.grad2.sum() / total.evidence.neg2.sum()))
    # multiplicative steps approach 0 as 1 / t; that of pg and admm is the step of a whole row, with the rounding of one
    limit = {"mu": 0.05, "mue": 0.05, "pg": 1e-7, "admm": 1e-7}.get(solver, 1e-9)
    assert seen[-1] < limit * seen[0]


@pytest.mark.parametrize("value", [-1.0, np.nan])
def test_bounds_that_are_no_bounds_are_refused(value):
    for arguments in ({"lower": value}, {"upper": value}, {"lower": [0.0, value]}):
        with pytest.raises(ValueError, match=r"Box: (lower|upper) must hold numbers of at least 0"):
            Box(**arguments)


def test_crossed_bounds_name_the_first_place_and_both_numbers():
    with pytest.raises(ValueError, match=r"1 lower bounds are above .* first at \(1,\): 3 > 2\."):
        Box([0.0, 3.0], [2.0, 2.0])
    with pytest.raises(ValueError, match="finite"):
        Box(np.inf, np.inf)
