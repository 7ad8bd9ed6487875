"""Laws of missing and weighted cells, for every loss and solver, dense and sparse.

Objectives are computed anew in NumPy, from dense X and weights.
"""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import kl_div

from partwise import NMF
from partwise.data import as_data, grid
from partwise.engine import step as stepping
from partwise.engine.objective import divergence
from partwise.engine.plan import needs_columns
from partwise.engine.problem import SOLVERS, Problem, gap, solver_of
from partwise.engine.step import State, step
from partwise.errors import IncompatibleError
from partwise.kernels import pool
from partwise.losses import WeightedBeta
from partwise.penalties import Elastic, Simplex
from partwise.solvers import row_hals

BETAS = (2, 1, 0, 0.5, 1.5, 3)
FREE, PENALISED = Elastic(), Elastic(l1=0.02, l2=0.05)
PAIRS = [
    pytest.param(beta, solver, id=f"{beta}-{solver}")
    for beta in BETAS
    for solver in SOLVERS
    if not gap(WeightedBeta(float(beta)), solver_of(solver, WeightedBeta(float(beta))), FREE)
]
every_pair = pytest.mark.parametrize("beta, solver", PAIRS)
EXACT = [pytest.param(beta, solver, id=f"{beta}-{solver}") for beta, solver in ((2, "cd"), (2, "bpp"), (1, "scd"))]


def setting(beta, seed=0, observed=0.6, n=37, p=23):
    """Positive X (with zeros where the loss takes them) and weights of which four in ten are 0."""
    rng = np.random.default_rng(seed)
    X = rng.random((n, 3)) @ rng.random((3, p)) + 0.1 * rng.random((n, p))
    if beta > 0:
        X[rng.random((n, p)) < 0.2] = 0
    weight = rng.random((n, p)) + 0.5
    hidden = rng.random((n, p)) > observed
    hidden[np.arange(n), np.arange(n) % p] = False
    weight[hidden] = 0
    return X, weight


def start(X, k=3, seed=0):
    rng = np.random.default_rng(100 + seed)
    level = np.sqrt(X.mean() / k)
    return State(level * (0.5 + rng.random((X.shape[0], k))), level * (0.5 + rng.random((X.shape[1], k))))


def objective(X, weight, state, beta, penalty=FREE):
    """The weighted divergence and the penalties by their textbook formulas."""
    Y = state.W @ state.Ht.T
    counts = weight > 0
    x, y, w = X[counts], Y[counts], weight[counts]
    if beta == 2:
        terms = 0.5 * (x - y) ** 2
    elif beta == 1:
        terms = kl_div(x, y)
    elif beta == 0:
        terms = x / y - np.log(x / y) - 1
    else:
        terms = (x**beta + (beta - 1) * y**beta - beta * x * y ** (beta - 1)) / (beta * (beta - 1))
    return w @ terms + sum(penalty.l1 * A.sum() + penalty.l2 / 2 * np.sum(A**2) for A in (state.W, state.Ht))


def dense(X, weight, threads=1):
    return as_data(np.where(weight > 0, X, 0), threads, weight)


def few(X, weight, threads=1):
    """The same cells, stored sparsely."""
    pattern = sp.csr_array(weight > 0)
    X, weight = (sp.csr_array((A[weight > 0], pattern.indices, pattern.indptr), shape=X.shape) for A in (X, weight))
    return as_data(X, threads, weight)


def problem_of(data, beta, solver, penalty=FREE):
    loss = WeightedBeta(float(beta)).on(data)
    method = solver_of(solver, loss)
    return Problem(loss, method, method, penalty, penalty)


def after(data, beta, solver, state, iterations=6, penalty=FREE):
    """The state after some iterations."""
    problem, state = problem_of(data, beta, solver, penalty), state.copy()
    with pool.session(data.threads):
        columns = data.transposed() if needs_columns(problem, data, state.W.shape[1]) else None
        for _ in range(iterations):
            step(problem, data, columns, state)
    return state


def assert_near(one, other, rtol=1e-9):
    for A, B in ((one.W, other.W), (one.Ht, other.Ht)):
        np.testing.assert_allclose(A, B, rtol=rtol, atol=rtol * np.abs(B).max())


def assert_same_bits(one, other):
    assert one.W.tobytes() == other.W.tobytes()
    assert one.Ht.tobytes() == other.Ht.tobytes()


@pytest.mark.parametrize("penalty", [FREE, PENALISED], ids=["free", "penalised"])
@pytest.mark.parametrize("storage", [dense, few])
@every_pair
def test_no_iteration_raises_the_objective(beta, solver, storage, penalty):
    for seed in range(3):
        X, weight = setting(beta, seed)
        data, state = storage(X, weight), start(X, seed=seed)
        values = [objective(X, weight, state, beta, penalty)]
        for _ in range(12):
            state = after(data, beta, solver, state, 1, penalty)
            values.append(objective(X, weight, state, beta, penalty))
        assert np.all(np.diff(values) <= 1e-12 * values[0])
        assert values[-1] < 0.9 * values[0]


@pytest.mark.parametrize("storage", [dense, few])
@every_pair
def test_the_divergence_is_that_of_the_textbook(beta, solver, storage):
    X, weight = setting(beta)
    data, state = storage(X, weight), start(X)
    found = divergence(WeightedBeta(float(beta)).on(data), data, state.W, state.Ht)
    assert found == pytest.approx(objective(X, weight, state, beta), rel=1e-12)


@pytest.mark.parametrize("beta, solver", EXACT)
def test_the_objective_that_comes_with_an_iteration_is_that_of_its_result(beta, solver):
    X, weight = setting(beta)
    for data in (dense(X, weight), few(X, weight)):
        problem, state = problem_of(data, beta, solver), start(X)
        for _ in range(3):
            reading = step(problem, data, data.transposed(), state)
            assert reading.fit == pytest.approx(objective(X, weight, state, beta), rel=1e-10)


@every_pair
def test_hidden_values_do_not_change_a_bit(beta, solver):
    X, weight = setting(beta)
    garbage = np.where(weight > 0, X, np.random.default_rng(9).random(X.shape) * 1e6)
    for hidden in (garbage, np.where(weight > 0, X, np.nan)):
        models = [NMF(3, beta_loss=beta, solver=solver, random_state=0, max_iter=8, tol=1e9) for _ in range(2)]
        W, V = (model.fit_transform(Z, weight=weight) for model, Z in zip(models, (X, hidden), strict=True))
        assert W.tobytes() == V.tobytes()
        assert models[0].components_.tobytes() == models[1].components_.tobytes()


@every_pair
def test_sparse_and_dense_storage_give_the_same(beta, solver):
    X, weight = setting(beta)
    assert_near(after(few(X, weight), beta, solver, start(X)), after(dense(X, weight), beta, solver, start(X)))


@pytest.mark.parametrize("penalty", [FREE, PENALISED], ids=["free", "penalised"])
@pytest.mark.parametrize("storage", [dense, few])
def test_gram_matrices_need_not_be_formed(storage, penalty, monkeypatch):
    X, weight = setting(2)
    data, state = storage(X, weight), start(X)
    formed = after(data, 2, "cd", state, penalty=penalty)
    monkeypatch.setattr(row_hals, "DIRECT_ABOVE", dict.fromkeys(row_hals.DIRECT_ABOVE, 1))
    assert_near(after(data, 2, "cd", state, penalty=penalty), formed)
    problem = problem_of(data, 2, "cd", penalty)
    reading = step(problem, data, data.transposed(), state)
    assert reading.fit == pytest.approx(objective(X, weight, state, 2), rel=1e-10)


@every_pair
def test_weight_one_is_no_weight(beta, solver):
    from partwise.losses import Beta

    X, _ = setting(beta)
    state = after(dense(X, np.ones_like(X)), beta, solver, start(X))
    plain = as_data(X)
    loss = Beta(float(beta)).on(plain)
    method = solver_of(solver, loss, sweeps=row_hals.SWEEPS)
    problem, other = Problem(loss, method, method), start(X)
    columns = plain.transposed() if needs_columns(problem, plain, 3) else None
    for _ in range(6):
        step(problem, plain, columns, other)
    assert_near(state, other)


@every_pair
def test_a_factor_of_all_weights_changes_nothing_but_the_objective(beta, solver):
    X, weight = setting(beta)
    one, other = (after(dense(X, c * weight), beta, solver, start(X)) for c in (1, 7.0))
    assert_near(one, other)
    assert objective(X, 7 * weight, other, beta) == pytest.approx(7 * objective(X, weight, one, beta), rel=1e-9)


@every_pair
def test_rows_and_columns_change_places(beta, solver):
    """After W given H comes H given W: exchanged, one half step earlier."""
    X, weight = setting(beta)
    state = start(X)
    first = after(few(X, weight), beta, solver, state, 1)
    turned = few(np.ascontiguousarray(X.T), np.ascontiguousarray(weight.T))
    again = after(turned, beta, solver, State(state.Ht.copy(), first.W.copy()), 1)
    np.testing.assert_allclose(again.W, first.Ht, rtol=1e-9)


@pytest.mark.parametrize("storage", [dense, few])
@every_pair
def test_blocks_and_threads_do_not_matter(beta, solver, storage, monkeypatch):
    X, weight = setting(beta)
    whole = after(storage(X, weight), beta, solver, start(X))
    for name, value in (("DENSE_BLOCK_BYTES", 700), ("DENSE_BLOCK_ROWS", 1), ("GRAM_BLOCK_STORED", 60)):
        monkeypatch.setattr(grid, name, value)
    monkeypatch.setattr(stepping, "H_CHUNK_ROWS", 5)
    monkeypatch.setattr(pool, "SERIAL_BELOW_SECONDS", 0)
    one, two = (after(storage(X, weight, threads), beta, solver, start(X)) for threads in (1, 2))
    assert_near(one, whole)
    assert_same_bits(one, two)


@every_pair
def test_float32_stays_float32(beta, solver):
    X, weight = setting(beta)
    model = NMF(3, beta_loss=beta, solver=solver, random_state=0, max_iter=20, tol=1e9)
    W = model.fit_transform(X.astype(np.float32), weight=weight)
    assert W.dtype == model.components_.dtype == np.float32


@pytest.mark.parametrize("beta, solver", [(2, "cd"), (2, "bpp"), (2, "mu"), (1, "scd"), (1, "mu")])
def test_a_background_weight_is_a_weight_of_every_cell(beta, solver):
    X, weight = setting(beta)
    X = X * (weight > 0)
    everywhere = np.where(weight > 0, weight, 0.2)
    pattern = few(X, weight)
    sparse = as_data(pattern.X, 1, pattern.weight, 0.2)
    one, other = (after(data, beta, solver, start(X)) for data in (sparse, as_data(X, 1, everywhere)))
    assert_near(one, other)
    loss = WeightedBeta(float(beta)).on(sparse)
    assert divergence(loss, sparse, one.W, one.Ht) == pytest.approx(objective(X, everywhere, one, beta), rel=1e-9)


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@every_pair
def test_an_integer_sample_weight_is_that_many_rows(beta, solver, dtype):
    X, _ = setting(beta)
    X = X.astype(dtype)
    counts = np.random.default_rng(3).integers(0, 4, len(X))
    repeated = np.repeat(X, counts, axis=0)
    first = start(X)
    W, H = first.W.astype(dtype), np.ascontiguousarray(first.Ht.T).astype(dtype)
    steps = 3 if (solver, dtype) == ("pg", "float32") else 10  # later it takes back a step in one of the fits only
    settings = {"beta_loss": beta, "solver": solver, "init": "custom", "max_iter": steps, "tol": 0}
    one = NMF(3, **settings).fit(X, W=W, H=H, sample_weight=counts)
    other = NMF(3, **settings).fit(repeated, W=np.repeat(W, counts, axis=0), H=H)
    rtol = 1e-7 if dtype == "float64" else 2e-3
    np.testing.assert_allclose(one.components_, other.components_, rtol=rtol, atol=rtol * other.components_.max())
    assert one.reconstruction_err_ == pytest.approx(other.reconstruction_err_, rel=1e-6 if dtype == "float64" else 1e-3)


@pytest.mark.parametrize("l1_ratio", [1.0, 0.0])
@pytest.mark.parametrize("beta, solver", [(2, "cd"), (2, "bpp"), (2, "mu"), (1, "mu"), (1, "scd")])
def test_a_weighted_sample_has_a_weighted_penalty(beta, solver, l1_ratio):
    X, _ = setting(beta)
    counts = np.random.default_rng(3).integers(0, 4, len(X))
    first = start(X)
    settings = {"beta_loss": beta, "solver": solver, "init": "custom", "max_iter": 6, "tol": 0, "alpha_W": 1e-3}
    one, other = (NMF(3, alpha_H=1e-3, l1_ratio=l1_ratio, **settings) for _ in range(2))
    if beta == 1 and l1_ratio == 0:
        with pytest.raises(IncompatibleError, match="repeat the rows"):
            one.fit(X, W=first.W, H=first.Ht.T, sample_weight=counts)
        return
    one.fit(X, W=first.W, H=first.Ht.T, sample_weight=counts)
    other.fit(np.repeat(X, counts, axis=0), W=np.repeat(first.W, counts, axis=0), H=first.Ht.T)
    np.testing.assert_allclose(one.components_, other.components_, rtol=1e-7, atol=1e-9)
    np.testing.assert_allclose(one.history_.objective, other.history_.objective, rtol=1e-9)


def test_weighted_samples_start_and_are_sorted_as_repeated_rows():
    """The default start of Frobenius fits needs no luck: singular vectors are the same."""
    X, _ = setting(2)
    counts = np.random.default_rng(4).integers(0, 5, len(X))
    one = NMF(3, tol=0, max_iter=30).fit(X, sample_weight=counts)
    other = NMF(3, tol=0, max_iter=30).fit(np.repeat(X, counts, axis=0))
    np.testing.assert_allclose(one.components_, other.components_, rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize("solver", ["pg", "admm"])
def test_constraints_hold_around_missing_cells(solver):
    """Rows of W that sum to one, with a quarter of the cells missing; transform keeps the constraint too."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(3, 0.3), size=60)
    X = shares @ rng.random((3, 20))
    holes = np.where(rng.random(X.shape) < 0.25, np.nan, X)
    model = NMF(3, solver=solver, penalty_W=Simplex(), random_state=0, max_iter=2000, tol=1e-6)
    W = model.fit_transform(holes)
    np.testing.assert_allclose(W.sum(axis=1), 1, atol=1e-10)
    np.testing.assert_allclose(model.transform(holes).sum(axis=1), 1, atol=1e-10)
    assert np.abs(W @ model.components_ - X).max() < 0.05


@pytest.mark.parametrize("share", [0.3, 0.7, 0.9])
def test_planted_parts_are_found_behind_missing_cells(share):
    """Noise .001 of the RMS; masked multiplicative updates leave .003, .012 and .040 on the observed cells."""
    for seed in range(3):
        rng = np.random.default_rng(seed)
        clean = rng.random((400, 4)) @ rng.random((4, 300))
        level = 1e-3 * np.sqrt(np.mean(clean**2))
        X = np.maximum(clean + level * rng.standard_normal(clean.shape), 0)
        hidden = rng.random(X.shape) < share
        model = NMF(4, random_state=seed, tol=0, max_iter=200)
        Y = model.fit_transform(np.where(hidden, np.nan, X)) @ model.components_
        assert np.linalg.norm((Y - X)[~hidden]) <= 1.0e-3 * np.linalg.norm(X[~hidden])
        assert np.sqrt(np.mean((Y - X)[hidden] ** 2)) < 1.3 * level
