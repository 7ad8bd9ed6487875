"""The beta-divergences: values against their formulas, statistics against differences of values."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import kl_div

from partwise.data import as_data
from partwise.engine.objective import divergence, squared_error
from partwise.interfaces import Entries, Quadratic, Rows, Split
from partwise.losses import Beta, as_beta

BETAS = (2.0, 1.0, 0.0, 0.5, 1.5, 3.0, -1.0, 1.7, 2.5)
FORMS = {"dense": np.asarray, "csr": sp.csr_array}


def problem(beta, seed=0, n=9, p=7, k=3):
    """X with zeros where the loss allows them, and positive factors, tall."""
    rng = np.random.default_rng(seed)
    X = 0.1 + rng.random((n, p))
    if beta > 0:
        X *= rng.random((n, p)) < 0.6
    return X, 0.2 + rng.random((n, k)), 0.2 + rng.random((p, k))


def by_formula(X, Y, beta):
    if beta == 1:
        return float(kl_div(X, Y).sum())
    if beta == 0:
        return float(np.sum(X / Y - np.log(X / Y) - 1))
    return float(np.sum(X**beta + (beta - 1) * Y**beta - beta * X * Y ** (beta - 1)) / (beta * (beta - 1)))


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("seed", range(3))
def test_the_value_is_the_divergence(beta, form, seed):
    X, W, Ht = problem(beta, seed)
    data = as_data(form(X))
    # 63 terms of both signs: their rounding is about 63 epsilon of the largest sum
    assert divergence(Beta(beta).on(data), data, W, Ht) == pytest.approx(by_formula(X, W @ Ht.T, beta), rel=1e-12)


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_a_perfect_fit_has_the_value_zero(beta, form):
    W, Ht = (np.random.default_rng(seed).random((6, 2)) + 0.1 for seed in (0, 1))
    data = as_data(form(W @ Ht.T))
    assert 0 <= divergence(Beta(beta).on(data), data, W, Ht) <= 1e-13 * data.total  # sums of terms of that size


@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("kind", [Quadratic, Split])
@pytest.mark.parametrize("side", ["rows", "columns"])
def test_the_gradient_of_the_statistic_is_the_slope_of_the_value(beta, form, kind, side):
    loss = Beta(beta)
    if kind not in loss.offers:
        assert (beta == 2) or kind is Quadratic
        return
    X, W, Ht = problem(beta)
    data = as_data(form(X))
    loss = loss.on(data)
    block = data.block((0, len(X)))
    if side == "rows":
        A, value = W, lambda A: by_formula(X, A @ Ht.T, beta)
        gradient = loss.rows(kind, block, W, loss.fix(Ht)).gradient(W)
    else:
        total = loss.empty(kind, *Ht.shape)
        loss.add_columns(total, block, W, Ht)
        A, value = Ht, lambda A: by_formula(X, W @ A.T, beta)
        gradient = loss.columns(kind, total, Ht).gradient(Ht)
    gradient = np.broadcast_to(gradient, A.shape)
    for i, q in [(0, 0), (1, 2), (3, 1), (6, 0)]:
        h = np.zeros_like(A)
        h[i, q] = 1e-5  # the error of a central difference is of the order h^2
        slope = (value(A + h) - value(A - h)) / 2e-5
        assert gradient[i, q] == pytest.approx(slope, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("beta", BETAS)
def test_the_divergence_scales_as_the_unit_to_the_power_beta(beta):
    X, W, Ht = problem(beta)
    one, other = as_data(X), as_data(1e6 * X)
    expected = 1e6**beta * divergence(Beta(beta).on(one), one, W, Ht)
    assert divergence(Beta(beta).on(other), other, 1e3 * W, 1e3 * Ht) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("beta", BETAS)
def test_blocks_add_up_to_the_whole(beta):
    X, W, Ht = problem(beta)
    data = as_data(X)
    loss = Beta(beta).on(data)
    parts = [loss.value(data.block(rows), W[slice(*rows)], Ht) for rows in ((0, 4), (4, 5), (5, 9))]
    assert sum(parts) == pytest.approx(loss.value(data.block((0, 9)), W, Ht), rel=1e-13)  # one more rounding a part


@pytest.mark.parametrize(
    "beta, kinds", [(2, {Split, Quadratic, Entries}), (1, {Split, Rows}), (0, {Split}), (1.5, {Split})]
)
def test_a_loss_says_which_statistics_it_has(beta, kinds):
    assert Beta(float(beta)).offers == kinds


@pytest.mark.parametrize(
    "name, beta", [("frobenius", 2.0), ("kullback-leibler", 1.0), ("itakura-saito", 0.0), (1.5, 1.5), (2, 2.0)]
)
def test_names_are_numbers(name, beta):
    assert as_beta(name) == beta


@pytest.mark.parametrize(
    "beta, exponent", [(-1, 1 / 3), (0, 1 / 2), (0.5, 2 / 3), (1, 1), (1.5, 1), (2, 1), (3, 1 / 2)]
)
def test_the_exponent_is_the_one_that_makes_the_update_monotone(beta, exponent):
    assert Beta(float(beta)).exponent == pytest.approx(exponent, rel=1e-15)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_small_errors_do_not_drown_in_cancellation(form):
    rng = np.random.default_rng(0)
    W, Ht = rng.random((60, 3)), rng.random((40, 3))
    X = (W @ Ht.T) * (rng.random((60, 40)) < 0.5)
    X[0, 0] += 1
    factors = np.eye(60), X.T.copy()
    noisy = factors[0] + 0, factors[1] + 1e-9 * rng.random(X.T.shape)
    expected = np.sum((X - noisy[0] @ noisy[1].T) ** 2)
    assert expected < 1e-14 * np.sum(X**2)
    # the difference X - WH of nearly equal numbers has about seven digits left
    assert squared_error(Beta(2.0), as_data(form(X)), *noisy) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sums_are_float64_whatever_the_data(dtype):
    X = np.full((400, 50), 0.1, dtype)
    data = as_data(X)
    assert data.total == pytest.approx(20000 * float(X[0, 0]), rel=1e-12)
    assert data.norm2 == pytest.approx(20000 * float(X[0, 0]) ** 2, rel=1e-12)
    W, Ht = np.ones((400, 1), dtype), np.ones((50, 1), dtype)
    rounded_products = 1e-12 if dtype == np.float64 else 1e-7  # of 50 terms: X H' is in the dtype of the data
    assert squared_error(Beta(2.0), data, W, Ht) == pytest.approx(
        20000 * (1 - float(X[0, 0])) ** 2, rel=rounded_products
    )


@pytest.mark.parametrize("beta", [2.0, 1.0, 0.5, 1.5, 3.0])
def test_stored_zeros_mean_the_same_as_zeros_that_are_not_stored(beta):
    X, W, Ht = problem(beta)
    plain = sp.csr_array(X)
    full = sp.csr_array((X.ravel(), np.tile(np.arange(7), 9), 7 * np.arange(10)), shape=X.shape)
    assert full.nnz > plain.nnz
    values = []
    for csr in (plain, full):
        data = as_data(csr)
        loss = Beta(beta).on(data)
        values.append(divergence(loss, data, W, Ht))
        values.append(loss.rows(Split, data.block((0, 9)), W, loss.fix(Ht)).neg.sum())
    assert values[:2] == pytest.approx(values[2:], rel=1e-13)
