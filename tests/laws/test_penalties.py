"""Laws of every loss, solver and penalty that the pairing rule allows: the grid is the rule's, on small matrices."""

import numpy as np
import pytest
import scipy.sparse as sp

from partwise.data import as_data
from partwise.engine import step as stepping
from partwise.engine.iterate import Limits, iterate
from partwise.engine.objective import divergence
from partwise.engine.plan import needs_columns
from partwise.engine.problem import SOLVERS, Problem, fits, gap, solver_of
from partwise.engine.step import State, step
from partwise.errors import IncompatibleError
from partwise.losses import Beta
from partwise.penalties import (
    ARD,
    L1,
    L2,
    Decorrelation,
    Exclusive,
    Graph,
    Group,
    Hoyer,
    MinimumVolume,
    Simplex,
    Smooth,
    Sum,
    UnitNorm,
)

N, P, K = 31, 19, 3
BETAS = (2, 1, 0, 0.5, 1.5, 3)


def ring(m):
    """Each row is a neighbour of the next, the last of the first."""
    nodes = np.arange(m)
    return sp.coo_array((np.ones(m), (nodes, np.roll(nodes, 1))), shape=(m, m))


PENALTIES = {  # on W and on H
    "l1 by component": (L1([0.02, 0.05, 0.0]), L2([0.0, 0.1, 0.02])),
    "mean": (L2(0.3, mean=0.4), L2(0.2, mean=np.linspace(0, 1, P)[:, None])),
    "exclusive": (Exclusive(0.02), L2(0.1)),
    "decorrelation": (L2(0.1), Decorrelation(0.1)),
    "group": (Group(0.05), Group([0.1, 0.02, 0.05])),
    "smooth": (Smooth(0.3), L2(0.1)),
    "graph": (L2(0.1), Graph(0.3, ring(P))),
    "ard": (ARD(0.2, 0.1), ARD(0.2, 0.1, norm="l2")),
    "volume": (Sum((MinimumVolume(0.02), Simplex(each="component"))), L1(0.01)),
    "volume alone": (MinimumVolume(0.02), L2(0.1)),
    "simplex": (Simplex(), L1(0.01)),
    "simplex of H": (L2(0.01), Simplex(each="component")),
    "at most": (Simplex(at_most=True), Sum((L1(0.01), Simplex(4.0, each="row", at_most=True)))),
    "unit norm": (UnitNorm(), L1(0.05)),
    "hoyer": (Hoyer(0.4), L2(0.01)),
    "hoyer of H": (L2(0.01), Hoyer(0.4)),
}
GRID = [
    pytest.param(beta, solver, *penalties, id=f"{beta}-{solver}-{name}")
    for beta in BETAS
    for solver in SOLVERS
    for name, penalties in PENALTIES.items()
    if all(fits(Beta(float(beta)), solver_of(solver, Beta(float(beta))), penalty) for penalty in penalties)
]
every_combination = pytest.mark.parametrize("beta, solver, penalty_W, penalty_H", GRID)


def matrix(beta, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.random((N, 3)) @ rng.random((3, P)) + 0.1 * rng.random((N, P))
    return X if beta <= 0 else X * (rng.random((N, P)) < 0.7)


def start(seed=0):
    rng = np.random.default_rng(100 + seed)
    return State(0.3 + 0.5 * rng.random((N, K)), 0.3 + 0.5 * rng.random((P, K)))


def setting(X, beta, solver, penalty_W, penalty_H):
    """The problem, the data, and X by columns where the plan asks for them."""
    data = as_data(X, 1)
    loss = Beta(float(beta)).on(data)
    method = solver_of(solver, loss)
    problem = Problem(loss, method, method, penalty_W, penalty_H)
    problem.check()
    return problem, data, data.transposed() if needs_columns(problem, data, K) else None


def objective(problem, data, state):
    values = problem.penalty_W.value(state.W), problem.penalty_H.value(state.Ht)
    return divergence(problem.loss, data, state.W, state.Ht) + sum(values)


def broken(penalty, A):
    """How far a factor is outside the set of a penalty."""
    far = 0.0 if A.min() >= 0 else np.inf
    for part in penalty.parts if isinstance(penalty, Sum) else (penalty,):
        if "prox" in part.faces:
            far = max(far, float(np.abs(part.prox(A, 1.0) - A).max()))
    return far


def test_every_penalty_goes_with_some_solver_of_the_squared_error():
    for penalties in PENALTIES.values():
        assert any(all(fits(Beta(2.0), solver_of(s, Beta(2.0)), part) for part in penalties) for s in SOLVERS)


@every_combination
@pytest.mark.parametrize("seed", [0, 1])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_no_iteration_raises_the_objective_or_leaves_the_set(beta, solver, penalty_W, penalty_H, seed, form):
    problem, data, columns = setting(form(matrix(beta, seed)), beta, solver, penalty_W, penalty_H)
    assert problem.monotone
    state = start(seed)
    before = first = None
    for _ in range(20):
        step(problem, data, columns, state)
        assert broken(penalty_W, state.W) <= 1e-10
        assert broken(penalty_H, state.Ht) <= 1e-10
        now = objective(problem, data, state)
        first = now if first is None else first  # the start need not be in the set
        assert before is None or now <= before + 1e-12 * first
        before = now
    assert now < first


@every_combination
def test_an_accelerated_fit_is_monotone_and_keeps_the_sets(beta, solver, penalty_W, penalty_H):
    problem, data, columns = setting(matrix(beta), beta, solver, penalty_W, penalty_H)
    values = []
    for progress in iterate(problem, data, start(), Limits(tol=0, max_iter=40), columns):
        assert broken(penalty_W, progress.state.W) <= 1e-10
        assert broken(penalty_H, progress.state.Ht) <= 1e-10
        values = [row[1] for row in progress.monitor.rows]
    assert np.all(np.diff(values) <= 1e-12 * values[0])


@every_combination
def test_scaled_data_and_penalties_give_scaled_factors(beta, solver, penalty_W, penalty_H):
    X, half = matrix(beta), 6
    one, other = start(), start()
    other.W *= 2**half
    other.Ht *= 2**half
    scaled = (penalty.in_units(-half, 2 * half * beta) for penalty in (penalty_W, penalty_H))
    for state, setup in (
        (one, setting(X, beta, solver, penalty_W, penalty_H)),
        (other, setting(4.0**half * X, beta, solver, *scaled)),
    ):
        problem, data, columns = setup
        for _ in range(6):
            step(problem, data, columns, state)
    for A, B in ((one.W, other.W), (one.Ht, other.Ht)):
        np.testing.assert_allclose(B / 2**half, A, rtol=1e-8, atol=1e-10 * A.max())  # roundoff, six iterations on


@every_combination
def test_blocks_do_not_matter(beta, solver, penalty_W, penalty_H, monkeypatch):
    from partwise.data import grid

    one, other = start(), start()
    for state, small in ((one, False), (other, True)):
        if small:
            monkeypatch.setattr(grid, "DENSE_BLOCK_BYTES", 700)
            monkeypatch.setattr(grid, "DENSE_BLOCK_ROWS", 1)
            monkeypatch.setattr(stepping, "H_CHUNK_ROWS", 5)
        problem, data, columns = setting(matrix(beta), beta, solver, penalty_W, penalty_H)
        for _ in range(4):
            step(problem, data, columns, state)
    np.testing.assert_allclose(other.W, one.W, rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(other.Ht, one.Ht, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(
    "beta, solver, penalty, words",
    [
        (2, "cd", Simplex(), "Simplex needs a proximal step.*HALS.*'cd'.*solver='pg' or 'admm'"),
        (1, "scd", Group(1.0), "Group needs a ridge for each component.*SCD.*'mu' or 'mue'"),
        (1, "scd", Smooth(1.0), "Smooth needs .*numbers for each row.*SCD"),
        (1, "mu", Hoyer(0.5), "Hoyer needs a proximal step.*MU.*use another loss"),
    ],
)
def test_a_penalty_that_a_solver_cannot_take_is_refused_with_the_gap_and_a_way_out(beta, solver, penalty, words):
    loss = Beta(float(beta))
    method = solver_of(solver, loss)
    assert gap(loss, method, L2(0.0)) == ""
    with pytest.raises(IncompatibleError, match=words):
        Problem(loss, method, method, penalty).check()
