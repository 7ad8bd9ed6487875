"""Starts, the monitor, units, revival and the plan."""

import numpy as np
import pytest
import scipy.sparse as sp

from partwise import NMF
from partwise.data import as_data
from partwise.engine import init
from partwise.engine.iterate import STOP_REASONS, Limits, iterate
from partwise.engine.monitor import Monitor, kkt_residual
from partwise.engine.objective import divergence, explained, magnitude
from partwise.engine.plan import needs_columns
from partwise.engine.problem import Problem, auto, inner_sweeps, solver_of
from partwise.engine.revive import revive
from partwise.engine.rows import solve_rows
from partwise.engine.step import Reading, State
from partwise.engine.units import Units
from partwise.errors import DataError, IncompatibleError
from partwise.interfaces import Evidence
from partwise.losses import Beta
from partwise.penalties import Elastic
from partwise.solvers import BPP, HALS, SCD

STARTS = ("random", "nndsvd", "nndsvda", "nndsvdar", "nnsvdlrc")
both_forms = pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])


def table(seed=0, n=40, p=25):
    rng = np.random.default_rng(seed)
    return rng.random((n, 4)) @ rng.random((4, p)) * (rng.random((n, p)) < 0.7)


def start(X, name, k=4, seed=0):
    return init.start(as_data(X), k, name, np.random.RandomState(seed))


# ---------------------------------------------------------------------- starts


@pytest.mark.parametrize("name", STARTS)
@both_forms
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_starts_are_tall_non_negative_and_of_the_dtype_of_the_data(name, form, dtype):
    state = start(form(table().astype(dtype)), name)
    assert state.W.shape == (40, 4) and state.Ht.shape == (25, 4)
    for factor in (state.W, state.Ht):
        assert factor.dtype == dtype
        assert factor.flags.c_contiguous
        assert factor.min() >= 0
        assert np.isfinite(factor).all()
        assert factor.any(axis=0).all()


@pytest.mark.parametrize("name", STARTS)
@pytest.mark.parametrize("c", [1e-12, 1e4, 1e12])
def test_starts_grow_by_the_root_of_the_unit(name, c):
    one, other = start(table(), name), start(c * table(), name)
    for A, B in ((one.W, other.W), (one.Ht, other.Ht)):
        # singular vectors of c X are those of X up to rounding, times the gap of the singular values
        np.testing.assert_allclose(B / np.sqrt(c), A, rtol=1e-8, atol=1e-8 * A.max())


@pytest.mark.parametrize("name", STARTS)
def test_starts_are_the_same_for_dense_and_sparse_data(name):
    one, other = start(table(), name), start(sp.csr_array(table()), name)
    np.testing.assert_allclose(other.W, one.W, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(other.Ht, one.Ht, rtol=1e-9, atol=1e-12)


def test_random_starts_have_the_sum_of_the_data_and_follow_the_seed():
    X = table()
    states = [start(X, "random", seed=seed) for seed in (0, 0, 1)]
    assert states[0].W.tobytes() == states[1].W.tobytes()
    assert states[0].W.tobytes() != states[2].W.tobytes()
    assert (states[0].W @ states[0].Ht.T).sum() == pytest.approx(X.sum(), rel=1e-12)


def test_nndsvd_is_the_published_recipe():
    X = table()
    U, s, Vt = np.linalg.svd(X)
    state = start(X, "nndsvd")
    np.testing.assert_allclose(
        np.outer(state.W[:, 0], state.Ht[:, 0]), s[0] * np.abs(np.outer(U[:, 0], Vt[0])), atol=1e-10
    )
    for q in range(1, 4):
        positive = [(np.maximum(sign * U[:, q], 0), np.maximum(sign * Vt[q], 0)) for sign in (1, -1)]
        best = max(positive, key=lambda pair: np.linalg.norm(pair[0]) * np.linalg.norm(pair[1]))
        product = s[q] * np.outer(*best)
        floor = 2e-6 * s[q]  # entries below a millionth of the norm become 0
        np.testing.assert_allclose(np.outer(state.W[:, q], state.Ht[:, q]), product, atol=floor)


def test_the_filled_starts_have_no_zeros():
    for name in ("nndsvda", "nndsvdar"):
        state = start(table(), name)
        assert state.W.min() > 0 and state.Ht.min() > 0


def test_the_low_rank_corrected_start_is_better_than_the_others():
    X = table()
    errors = {name: np.linalg.norm(X - (s := start(X, name)).W @ s.Ht.T) for name in STARTS}
    assert min(errors, key=errors.get) == "nnsvdlrc"


@pytest.fixture
def large(monkeypatch):
    """What is small enough for LAPACK counts as large."""
    monkeypatch.setattr(init, "EXACT_SVD_COST", 0)


def mostly_zeros(seed=0, n=300, p=200):
    rng = np.random.default_rng(seed)
    return rng.random((n, 6)) * (rng.random((n, 6)) < 0.2) @ (rng.random((6, p)) * (rng.random((6, p)) < 0.05))


@pytest.mark.parametrize("name", STARTS[1:])
@pytest.mark.parametrize("k", [1, 2, 6, 25])
@pytest.mark.parametrize("X", [table(), table().T, mostly_zeros()], ids=["tall", "wide", "zeros"])
@both_forms
def test_starts_of_large_data_exist_for_any_k_and_do_not_depend_on_storage(large, form, X, k, name):
    assert init.mostly_zeros(as_data(X)) == (len(X) == 300)
    found = start(form(X), name, k)
    assert found.W.min() >= 0 and found.Ht.min() >= 0
    assert np.isfinite(found.W).all() and np.isfinite(found.Ht).all()
    dense = start(X, name, k)
    if name != "nndsvdar":  # draws a number for each zero, of which rounding may make one more
        np.testing.assert_allclose(found.W @ found.Ht.T, dense.W @ dense.Ht.T, rtol=1e-6, atol=1e-6 * X.max())


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_nndsvd_of_large_data_is_that_of_their_singular_vectors(large, monkeypatch, dtype):
    X = mostly_zeros().astype(dtype)
    many = start(X, "nndsvd", 4)
    monkeypatch.setattr(init, "EXACT_SVD_COST", 1e9)
    exact = start(X, "nndsvd", 4)
    np.testing.assert_allclose(many.W @ many.Ht.T, exact.W @ exact.Ht.T, atol=1e-3 * X.max())


@pytest.mark.parametrize("name", ["nndsvd", "nndsvda", "nndsvdar"])
def test_components_that_x_does_not_have_stay_zero_and_are_not_filled_alike(large, name):
    """Equal components would stay equal under multiplicative updates; zeros are revived where X is missed most."""
    X = mostly_zeros()
    found = start(X, name, 9)
    dead = ~found.W.any(axis=0)
    assert dead.sum() == 9 - np.linalg.matrix_rank(X)
    assert not found.Ht[:, dead].any()


@both_forms
def test_the_default_start_follows_from_how_much_is_zero_not_from_storage(form):
    for X, name in ((mostly_zeros(), "nndsvda"), (table(), "nnsvdlrc")):
        for solver in ("cd", "bpp"):
            default = NMF(4, solver=solver, max_iter=1, tol=0).fit(form(X))
            named = NMF(4, solver=solver, max_iter=1, tol=0, init=name).fit(form(X))
            np.testing.assert_array_equal(default.components_, named.components_)


@pytest.mark.parametrize("k", [1, 2, 25])
@pytest.mark.parametrize("name", STARTS)
def test_starts_exist_for_any_k_up_to_the_smaller_side(name, k):
    assert start(table(), name, k).W.shape == (40, k)


def test_more_singular_vectors_than_there_are_cannot_be_asked_for():
    with pytest.raises(DataError, match="30 singular vectors were asked of a 40 x 25 matrix, which has 25"):
        init.svd(as_data(table()), 30)


@pytest.mark.parametrize("largest", [1e-8, 1e8])
def test_the_unit_of_float32_data_does_not_matter_to_their_singular_vectors(largest):
    X = np.random.default_rng(0).random((300, 4000), dtype=np.float32)
    usual, found = (init.randomised_svd(as_data(X * np.float32(unit)), 3, 5, 2) for unit in (1, largest))
    np.testing.assert_allclose(found[1] / largest, usual[1], rtol=1e-3)
    np.testing.assert_allclose(np.abs(found[2].T @ usual[2]).diagonal(), 1, rtol=1e-2)


@both_forms
def test_the_randomised_singular_vectors_are_the_exact_ones(form):
    rng = np.random.default_rng(0)
    X = rng.random((300, 4)) @ rng.random((4, 200)) + 0.05 * rng.random((300, 200))
    U, s, V = init.randomised_svd(as_data(form(X)), 4, 5, 4)
    expected = np.linalg.svd(X, compute_uv=False)[:4]
    # the noise is a tenth of the fourth value; four power iterations take the tenth to its ninth power
    np.testing.assert_allclose(s[:4], expected, rtol=1e-8)
    np.testing.assert_allclose(X @ V, U * s, atol=1e-12 * expected[0])
    np.testing.assert_allclose(X.T @ U, V * s, atol=1e-5 * expected[0])


# ---------------------------------------------------------------------- the monitor


def evidence(grad2, neg2=(1.0, 1.0), norm2=(1.0, 1.0)):
    return Evidence(np.array([grad2, neg2, norm2], float))


def reading(size):
    return Reading(evidence([size**2, 0]), evidence([0, 0]))


def test_the_residual_is_blind_to_the_split_of_scale():
    W, H = evidence([1, 4], [9, 16], [2, 3]), evidence([5, 6], [7, 8], [4, 5])
    d = np.array([1e-3, 1e4])
    # W d and H / d: gradients of W shrink by d, those of H grow by it
    scaled_W = evidence(W.grad2 / d**2, W.neg2 / d**2, W.norm2 * d**2)
    scaled_H = evidence(H.grad2 * d**2, H.neg2 * d**2, H.norm2 / d**2)
    assert kkt_residual(scaled_W, scaled_H) == pytest.approx(kkt_residual(W, H), rel=1e-14)


def test_no_gradient_is_no_residual_and_no_data_are_none():
    assert kkt_residual(evidence([0, 0]), evidence([0, 0])) == 0
    assert kkt_residual(evidence([0, 0], [0, 0], [0, 0]), evidence([0, 0], [0, 0], [0, 0])) == 0


def test_a_small_residual_must_hold_twice():
    monitor = Monitor(tol=1e-4)
    answers = [monitor.note(i, 1.0 / (i + 1), reading(size), 0.0) for i, size in enumerate((1, 1e-5, 1, 1e-5, 1e-5))]
    assert answers == [None, None, None, None, "converged"]


def test_a_flat_objective_is_convergence_whatever_the_residual():
    monitor = Monitor(tol=1e-4)
    answers = [monitor.note(i, 1.0 - 1e-9 * i, reading(1), 0.0) for i in range(30)]
    assert "converged" in answers
    falling = Monitor(tol=1e-4)
    assert not any(falling.note(i, 0.99**i, reading(1), 0.0) for i in range(200))


def test_tol_0_never_stops():
    monitor = Monitor(tol=0)
    assert not any(monitor.note(i, 1.0, reading(0), 0.0) for i in range(50))


@pytest.mark.parametrize("objective, size", [(np.nan, 1), (np.inf, 1), (1.0, np.inf), (1.0, np.nan)])
def test_what_is_not_finite_stops_the_fit(objective, size):
    assert Monitor(tol=1e-4).note(1, objective, reading(size), 0.0) == "non-finite"


@pytest.mark.parametrize("beta", [2.0, 1.0, 0.0, 1.5, 3.0, -1.0])
def test_what_counts_as_rounding_has_the_unit_of_the_objective(beta):
    X = 0.1 + table()
    one, other = (magnitude(Beta(beta), as_data(c * X)) for c in (1, 1e6))
    assert other == pytest.approx(1e6**beta * one, rel=1e-12)
    assert magnitude(Beta(beta), as_data(np.zeros((3, 2)))) == 0


def test_every_reason_to_stop_has_a_sentence():
    assert set(STOP_REASONS) == {"converged", "max_iter", "time", "callback", "interrupted", "non-finite"}


def test_limits_are_reasons():
    X = table()
    data = as_data(X)
    problem = Problem(Beta(2.0).on(data), HALS(), HALS())
    reasons = []
    for limits in (
        Limits(tol=0, max_iter=3),
        Limits(tol=0, max_iter=10**6, max_time=0.01),
        Limits(tol=1e-3, max_iter=10**4),
    ):
        *_, progress = iterate(problem, data, start(X, "random"), limits)
        reasons.append(progress.reason)
    assert reasons == ["max_iter", "time", "converged"]


def test_factors_that_are_not_finite_end_the_fit():
    X = table()
    data = as_data(X)
    state = start(X, "random")
    state.W[0, 0] = np.nan
    problem = Problem(Beta(1.0).on(data), solver_of("mu", Beta(1.0)), solver_of("mu", Beta(1.0)))
    *_, progress = iterate(problem, data, state, Limits(max_iter=50))
    assert progress.reason == "non-finite"
    assert progress.state.n_iter == 1


# ---------------------------------------------------------------------- solved rows


@pytest.mark.parametrize("warm", [False, True])
@pytest.mark.parametrize("rows", [40, 4000])
@both_forms
def test_solving_the_rows_tells_what_their_loss_needs_of_x(form, rows, warm):
    X = table(n=rows)
    data, state = as_data(form(X)), start(X, "random")
    problem = Problem(Beta(2.0), HALS(), HALS())
    inner = solve_rows(problem, data, state.W, state.Ht, warm=warm).inner
    assert inner == pytest.approx(np.sum((X @ state.Ht) * state.W), rel=1e-12)
    expected = np.sum((X - state.W @ state.Ht.T) ** 2) / 2
    assert divergence(Beta(2.0), data, state.W, state.Ht, inner) == pytest.approx(expected, rel=1e-9)


def test_solving_rows_of_other_losses_tells_nothing():
    X = table()
    data, state = as_data(X), start(X, "random")
    loss = Beta(1.0).on(data)
    assert solve_rows(Problem(loss, SCD(), SCD()), data, state.W, state.Ht).inner is None


# ---------------------------------------------------------------------- dead components


@pytest.mark.parametrize("beta", [2.0, 1.0, 1.5])
@both_forms
def test_a_dead_component_restarts_where_x_is_missed_most(beta, form):
    X = table()
    data = as_data(form(X))
    loss = Beta(beta).on(data)
    solver = solver_of("mu", loss)
    problem = Problem(loss, solver, solver)
    state = start(X, "random")
    state.W[:, 2], state.Ht[:, 2] = 0, 0
    state.W *= 0.5
    before = divergence(loss, data, state.W, state.Ht)
    assert revive(problem, data, state, [2]) == [2]
    assert divergence(loss, data, state.W, state.Ht) < before
    assert state.W[:, 2].any() and state.Ht[:, 2].any()
    assert state.W.min() >= 0 and state.Ht.min() >= 0


def test_a_component_that_would_not_lower_the_objective_stays_dead():
    rng = np.random.default_rng(0)
    W, Ht = rng.random((30, 3)), rng.random((20, 3))
    W[:, 1], Ht[:, 1] = 0, 0
    data = as_data(W @ Ht.T)
    state = State(W, Ht)
    problem = Problem(Beta(2.0).on(data), HALS(), HALS(), Elastic(10.0, 0.0), Elastic(10.0, 0.0))
    assert revive(problem, data, state, [1]) == []
    assert not state.W[:, 1].any() and not state.Ht[:, 1].any()


def test_a_component_is_revived_from_a_row_whose_squares_are_no_numbers():
    X = np.diag([1, 1e-30]).astype(np.float32)
    data = as_data(X)
    loss = Beta(2.0).on(data)
    problem = Problem(loss, HALS(), HALS())
    state = State(*(np.array([[1, 0], [0, 0]], np.float32) for _ in range(2)))
    revive(problem, data, state, [1])
    assert np.isfinite(state.W).all() and np.isfinite(state.Ht).all()


@pytest.mark.parametrize(("dtype", "share"), [(np.float32, 1e-3), (np.float32, 1e-7), (np.float64, 1e-12)])
def test_a_start_keeps_a_small_block_beside_a_large_one(dtype, share):
    rng = np.random.default_rng(0)
    X = np.zeros((12, 10), dtype)
    X[:8, :6] = np.outer(rng.random(8) + 0.1, rng.random(6) + 0.1)
    X[8:, 6:] = share * np.outer(rng.random(4) + 0.1, rng.random(4) + 0.1)
    state = start(X, "nnsvdlrc", k=2)
    Y = state.W.astype(float) @ state.Ht.astype(float).T
    assert np.linalg.norm(X[8:, 6:] - Y[8:, 6:]) < 0.01 * np.linalg.norm(X[8:, 6:])


# ---------------------------------------------------------------------- units, plan and choices


@pytest.mark.parametrize("largest", [5e-324, 1e-300, 1e-61, 1e61, 1e300, 1.7e308])
def test_extreme_units_are_changed_by_a_power_of_four_and_back(largest):
    X = np.array([[largest, largest / 3]])
    units = Units.of(largest, X.dtype)
    assert units.half != 0
    inside = units.data(X)
    assert 0.1 <= inside.max() <= 4
    assert np.ldexp(inside, 2 * units.half)[0, 0] == largest
    factor = np.array([0.7, 1.3])
    assert units.inward(units.outward(factor)).tolist() == factor.tolist()


def test_ordinary_units_are_left_alone():
    X = table()
    for largest in (0.0, 1e-60, 1.0, 1e60):
        assert Units.of(largest, X.dtype).half == 0
    assert Units().data(X) is X


def test_penalties_follow_the_units():
    """c^beta d(x, y) and sqrt(c) a: a fit of X / c with these penalties is the fit of X with the given ones."""
    units = Units(half=3)  # X = 64 times what is fitted
    inside = units.penalty(Elastic(5.0, 7.0), beta=2.0)
    assert (inside.l1, inside.l2) == pytest.approx((5.0 * 8 / 64**2, 7.0 * 64 / 64**2), rel=1e-15)


@pytest.mark.parametrize("half", [-499, 512])
def test_penalties_in_extreme_units_are_numbers(half):
    for penalty in (Elastic(), Elastic(1.0, 1.0)):
        inside = Units(half).penalty(penalty, 2.0)
        assert 0 <= inside.l1 < 1e200 and 0 <= inside.l2 < 1e200
        assert penalty.l1 or (inside.l1, inside.l2) == (0, 0)


def test_h_is_updated_from_columns_when_x_is_sparse_or_the_solver_couples_rows():
    X = sp.random_array((200, 100), density=0.1, format="csr", rng=np.random.default_rng(0))

    def columns(X, beta, **options):
        loss = Beta(float(beta))
        solver = solver_of("auto" if beta == 2 else "mu", loss, **options)
        return needs_columns(Problem(loss, solver, solver), as_data(X), 5)

    assert columns(X, 1)
    assert columns(X, 2)
    assert not columns(X, 0.5)
    assert not columns(X.toarray(), 1)
    assert columns(X.toarray(), 1, normalize="W")


def test_h_is_updated_from_columns_when_dense_x_is_wide():
    def columns(shape, k, dtype=np.float32, beta=2.0):
        solver = solver_of("auto" if beta == 2 else "mu", Beta(beta))
        return needs_columns(Problem(Beta(beta), solver, solver), as_data(np.zeros(shape, dtype)), k)

    assert columns((400, 10304), 49)
    assert not columns((400, 10304), 49, beta=1.0)
    assert not columns((5000, 800), 50)
    assert not columns((2000, 2000), 10, np.float64)


def test_the_choice_of_the_solver_follows_the_loss():
    assert auto(Beta(2.0)) == "cd"
    assert auto(Beta(1.0)) == "scd"
    assert auto(Beta(1.0), sparse=False) == "mue"
    assert all(auto(Beta(beta)) == "mue" for beta in (0.0, 0.5, 1.5, 3.0))
    assert isinstance(solver_of("auto", Beta(2.0), sweeps=2), HALS)
    assert isinstance(solver_of("bpp", Beta(2.0)), BPP)
    with pytest.raises(IncompatibleError, match=r"solver='newton' is unknown\. Solvers: auto, cd, mu, mue, bpp, scd"):
        solver_of("newton", Beta(2.0))


def test_the_number_of_sweeps_is_the_same_for_dense_and_sparse_storage():
    for X in (table(), table() * (np.random.default_rng(0).random((40, 25)) < 0.1)):
        for k in (1, 4, 10):
            assert inner_sweeps(as_data(X), k) == inner_sweeps(as_data(sp.csr_array(X)), k)
            assert 1 <= inner_sweeps(as_data(X), k) <= 3


@pytest.mark.parametrize("far", [1.0, 1e37])
def test_what_a_fit_explains_is_known_even_where_the_squares_of_a_factor_leave_the_dtype(far):
    rng = np.random.default_rng(0)
    X, W, Ht = (rng.random(shape).astype(np.float32) for shape in ((40, 30), (40, 3), (30, 3)))
    data = as_data(X)
    with np.errstate(over="ignore"):
        found = explained(Beta(1.0).on(data), 0.0, data, W / np.float32(far), Ht * np.float32(far))
    error = np.sum((X - W.astype(float) @ Ht.T) ** 2) / np.sum(X.astype(float) ** 2)
    assert found == pytest.approx(1 - error, rel=1e-5)
