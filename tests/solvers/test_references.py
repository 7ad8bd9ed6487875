"""Solvers against other people's code: scikit-learn's updates, SciPy's least squares and SciPy's minimiser.

Data are chosen so that scikit-learn's absolute epsilon (1.2e-7) is not active: nothing is that small.
"""

from itertools import pairwise

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse as sp
from scipy.special import kl_div
from sklearn.decomposition._nmf import (
    _multiplicative_update_h,
    _multiplicative_update_w,
    _update_coordinate_descent,
)

from partwise.data import as_data
from partwise.engine.problem import Problem, solver_of
from partwise.engine.rows import solve_rows
from partwise.engine.step import State, step
from partwise.interfaces import Quadratic
from partwise.losses import Beta
from partwise.penalties import Elastic
from partwise.solvers import BPP, HALS, SCD, LeeSeung

SEEDS = (0, 1, 2)
ROUNDING = 1e-12
"""Two half steps of sums of at most 40 positive terms, in two orders."""


def factors(seed, n=40, p=25, k=4):
    rng = np.random.default_rng(seed)
    return 0.5 + rng.random((n, p)), 0.5 + rng.random((n, k)), 0.5 + rng.random((k, p))


def one_step(X, W, H, solver, beta, l1=0.0, l2=0.0):
    """Both factors, W and H, after one iteration of ours."""
    data = as_data(X)
    penalty = Elastic(l1, l2)
    problem = Problem(Beta(float(beta)).on(data), solver, solver, penalty, penalty)
    state = State(W.copy(), H.T.copy())
    step(problem, data, None, state)
    return state.W, state.Ht.T


@pytest.mark.parametrize("beta", [2, 1, 0, 0.5, 1.5, 3])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "csr"])
@pytest.mark.parametrize("penalty", [(0.0, 0.0), (0.3, 0.0)], ids=["free", "l1"])  # its ridge is not monotone
@pytest.mark.parametrize("seed", SEEDS)
def test_a_multiplicative_step_is_scikit_learns(beta, form, penalty, seed):
    X, W, H = factors(seed)
    gamma = 1 / (2 - beta) if beta < 1 else 1 / (beta - 1) if beta > 2 else 1.0
    expected_W, *_ = _multiplicative_update_w(form(X), W.copy(), H.copy(), beta, *penalty, gamma)
    expected_H = _multiplicative_update_h(form(X), expected_W.copy(), H.copy(), beta, *penalty, gamma)
    got_W, got_H = one_step(form(X), W, H, solver_of("mu", Beta(float(beta))), beta, *penalty)
    np.testing.assert_allclose(got_W, expected_W, rtol=ROUNDING)
    np.testing.assert_allclose(got_H, expected_H, rtol=ROUNDING)


@pytest.mark.parametrize("beta", [2, 1.5, 1, 0.5, 0, -1, 3])
@pytest.mark.parametrize("ridge", [0.2, 3.0])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 30.0])
def test_a_ridge_does_not_make_multiplicative_steps_overshoot(beta, ridge, scale):
    rng = np.random.default_rng(0)
    X, W, H = (
        50 * (0.5 + rng.random((20, 12))),
        scale * (0.5 + rng.random((20, 3))),
        scale * (0.5 + rng.random((3, 12))),
    )

    def objective(W, H):
        Y = W @ H
        if beta == 1:
            loss = np.sum(X * np.log(X / Y) - X + Y)
        elif beta == 0:
            loss = np.sum(X / Y - np.log(X / Y) - 1)
        else:
            loss = np.sum(X**beta + (beta - 1) * Y**beta - beta * X * Y ** (beta - 1)) / (beta * (beta - 1))
        return loss + ridge / 2 * (np.sum(W**2) + np.sum(H**2))

    values = [objective(W, H)]
    for _ in range(20):
        W, H = one_step(X, W, H, solver_of("mu", Beta(float(beta))), beta, 0.0, ridge)
        values.append(objective(W, H))
    assert all(after <= before * (1 + 1e-12) for before, after in pairwise(values))


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["dense", "csr"])
@pytest.mark.parametrize("penalty", [(0.0, 0.0), (0.3, 0.7)], ids=["free", "elastic"])
@pytest.mark.parametrize("seed", SEEDS)
def test_one_sweep_of_coordinate_descent_is_scikit_learns(form, penalty, seed):
    X, W, H = factors(seed)
    expected_W, expected_Ht = W.copy(), H.T.copy()
    order = np.random.RandomState(0)
    _update_coordinate_descent(form(X), expected_W, expected_Ht, *penalty, False, order)
    _update_coordinate_descent(form(X).T, expected_Ht, expected_W, *penalty, False, order)
    got_W, got_H = one_step(form(X), W, H, HALS(sweeps=1), 2, *penalty)
    np.testing.assert_allclose(got_W, expected_W, rtol=ROUNDING, atol=ROUNDING)
    np.testing.assert_allclose(got_H, expected_Ht.T, rtol=ROUNDING, atol=ROUNDING)


def least_squares(seed, k, m=60, p=30, kind="random"):
    """X and a tall B: well conditioned, nearly collinear, or with a dead and a doubled column."""
    rng = np.random.default_rng(seed)
    B = rng.random((p, k)) * (rng.random((p, k)) < 0.7)
    if kind == "collinear":
        B = B[:, :1] + 1e-3 * B
    X = np.maximum(rng.random((m, k)) @ B.T + 0.3 * rng.standard_normal((m, p)), 0)
    X[3] = 0
    return X, B


def by_pivoting(A, stats, penalty):
    """Block pivoting solves rows whenever it updates them."""
    BPP().update(A, stats, penalty, size=np.ones(A.shape[1]))
    return np.ones(len(A), bool)


BOTH = pytest.mark.parametrize("solve", [by_pivoting, HALS().solve], ids=["bpp", "cd"])


@pytest.mark.parametrize("k", [1, 2, 5, 12])
@pytest.mark.parametrize("kind", ["random", "collinear"])
@BOTH
@pytest.mark.parametrize("seed", SEEDS)
def test_solved_rows_are_scipys_non_negative_least_squares(k, kind, solve, seed):
    X, B = least_squares(seed, k, kind=kind)
    expected = np.array([scipy.optimize.nnls(B, x)[0] for x in X])
    A = np.random.default_rng(9).random((len(X), k))
    assert solve(A, Quadratic(B.T @ B, X @ B), Elastic()).all()
    residual = np.linalg.norm(X - A @ B.T, axis=1)
    best = np.linalg.norm(X - expected @ B.T, axis=1)
    np.testing.assert_allclose(residual, best, rtol=1e-9, atol=1e-12)
    if kind == "random":  # of nearly collinear columns only the product is determined
        np.testing.assert_allclose(A, expected, rtol=1e-7, atol=1e-9)  # 1e-11 in the gradient, condition of B'B < 1e3


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("seed", SEEDS)
def test_rows_of_a_fit_are_scipys_non_negative_least_squares(form, seed):
    X, B = least_squares(seed, 5)
    data, W = as_data(form(X)), np.zeros((len(X), 5))
    assert solve_rows(Problem(Beta(2.0), HALS(), HALS()), data, W, B).unsolved == 0
    np.testing.assert_allclose(W, [scipy.optimize.nnls(B, x)[0] for x in X], rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize("l1, l2", [(0.2, 0.0), (0.0, 0.4), (0.2, 0.4)])
@BOTH
def test_penalised_rows_are_least_squares_of_a_longer_system(l1, l2, solve):
    """1/2 |x - B a|^2 + l1 sum a + l2/2 |a|^2 is least squares with the gradient moved by l1 and the Gram by l2."""
    X, B = least_squares(0, 5)
    A = np.zeros((len(X), 5))
    solve(A, Quadratic(B.T @ B, X @ B), Elastic(l1, l2))
    root = np.linalg.cholesky(B.T @ B + l2 * np.eye(5))
    right = np.linalg.solve(root, (X @ B - l1).T).T
    np.testing.assert_allclose(A, [scipy.optimize.nnls(root.T, r)[0] for r in right], rtol=1e-7, atol=1e-9)


def test_block_pivoting_survives_a_singular_system():
    B = np.random.default_rng(0).random((20, 4))
    B[:, 2] = B[:, 1]  # doubled
    B[:, 3] = 0  # dead
    X = np.random.default_rng(1).random((30, 20))
    A = np.zeros((30, 4))
    by_pivoting(A, Quadratic(B.T @ B, X @ B), Elastic())
    best = [scipy.optimize.nnls(B[:, :2], x)[1] for x in X]
    assert np.isfinite(A).all()
    assert A.min() >= 0
    np.testing.assert_allclose(np.linalg.norm(X - A @ B.T, axis=1), best, rtol=1e-9)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("l1, l2", [(0.0, 0.0), (0.3, 0.0), (0.2, 0.5)])
@pytest.mark.parametrize("seed", SEEDS)
def test_kullback_leibler_rows_are_as_good_as_scipys_minimiser(form, l1, l2, seed):
    rng = np.random.default_rng(seed)
    B = 0.05 + rng.random((30, 5)) * (rng.random((30, 5)) < 0.6)
    X = rng.poisson(3 * rng.random((12, 5)) @ B.T).astype(float)
    data, W = as_data(form(X)), np.zeros((12, 5))
    problem = Problem(Beta(1.0).on(data), SCD(), SCD(), Elastic(l1, l2))
    assert solve_rows(problem, data, W, B).unsolved == 0

    for x, a in zip(X, W, strict=True):

        def objective(a, x=x):
            y = B @ a + 1e-300
            penalty = l1 * a.sum() + l2 / 2 * a @ a
            return kl_div(x, y).sum() + penalty, B.T @ (1 - x / y) + l1 + l2 * a

        best = scipy.optimize.minimize(
            objective, np.full(5, 0.5), jac=True, method="L-BFGS-B", bounds=[(1e-12, None)] * 5,
            options={"ftol": 1e-15, "gtol": 1e-10, "maxiter": 2000},
        )  # fmt: skip
        assert objective(a)[0] <= best.fun + 1e-8 * (1 + abs(best.fun))


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_1999_form_is_the_three_printed_lines(form, seed):
    rng = np.random.default_rng(seed)
    V = rng.gamma(0.5, size=(30, 20))
    V *= rng.random(V.shape) < 0.8
    W, H = 0.1 + rng.random((30, 3)), 0.1 + rng.random((3, 20))
    H *= W.sum(axis=0)[:, None]
    W /= W.sum(axis=0)
    data = as_data(form(V))
    problem = Problem(Beta(1.0).on(data), LeeSeung(), LeeSeung())
    state = State(W.copy(), H.T.copy())
    before = np.inf
    for _ in range(30):
        W *= (V / (W @ H)) @ H.T
        W /= W.sum(axis=0)
        H *= W.T @ (V / (W @ H))
        step(problem, data, data.transposed(), state)
        np.testing.assert_allclose(state.W, W, rtol=1e-10, atol=1e-13)  # 30 iterations of rounding
        np.testing.assert_allclose(state.Ht.T, H, rtol=1e-10, atol=1e-13 * H.max())
        np.testing.assert_allclose(state.W.sum(axis=0), 1, rtol=1e-14)
        np.testing.assert_allclose(state.Ht.sum(axis=1), V.sum(axis=0), rtol=1e-13)
        now = kl_div(V, state.W @ state.Ht.T).sum()
        assert now <= before * (1 + 1e-14)
        before = now


@pytest.mark.parametrize("unit", [1e-8, 1e-4, 1.0, 1e6])
def test_rows_are_solved_whatever_the_units_of_the_components(unit):
    """A component in another unit is neither forgotten nor the only one that is seen."""
    rng = np.random.default_rng(0)
    B, X = rng.random((12, 4)), rng.random((9, 12))
    B[:, 1] *= unit
    A, stats = np.zeros((9, 4)), Quadratic(B.T @ B, X @ B)
    assert HALS().solve(A, stats, Elastic()).all()
    expected = np.array([scipy.optimize.nnls(B / [1, unit, 1, 1], x)[0] for x in X])
    np.testing.assert_allclose(A * [1, unit, 1, 1], expected, rtol=1e-8, atol=1e-10)
