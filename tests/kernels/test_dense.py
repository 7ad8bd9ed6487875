"""Products of dense blocks, whatever the order of their numbers in memory."""

import numpy as np
import pytest

from partwise.kernels import dense
from partwise.kernels.reference.divergences import STRIP_ROWS

ORDERS = {
    "C": np.ascontiguousarray,
    "Fortran": np.asfortranarray,
    "every other column": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "rows backwards": lambda X: np.ascontiguousarray(X[::-1])[::-1],
    "one row again and again": lambda X: np.broadcast_to(X[:1], X.shape),
}


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("k", [1, 10, dense.NARROW, dense.NARROW + 1])
@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("m, p", [(40, 30), (1, 30), (40, 1), (1, 1)])
def test_products_are_right_in_every_memory_order(m, p, order, k, dtype):
    rng = np.random.default_rng(0)
    X = ORDERS[order](rng.random((m, p)).astype(dtype))
    A, B, total = rng.random((m, k)).astype(dtype), rng.random((p, k)).astype(dtype), rng.random((p, k))
    exact, rtol = X.astype(np.float64), 100 * np.finfo(dtype).eps
    product, expected = dense.dot(X, B), total + exact.T @ A
    dense.add_t_dot(X, A, total)
    assert product.dtype == dtype and product.flags.c_contiguous
    np.testing.assert_allclose(product, exact @ B, rtol=rtol)
    np.testing.assert_allclose(total, expected, rtol=rtol)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("beta", [0, 1, 1.5])
@pytest.mark.parametrize("order", ORDERS)
def test_the_statistics_of_strips_are_those_of_the_whole_block(order, beta, dtype):
    rng = np.random.default_rng(0)
    X = ORDERS[order](rng.random((2 * STRIP_ROWS + 7, 3000)).astype(dtype) + dtype(0.1))
    A, B = rng.random((len(X), 4)).astype(dtype), rng.random((3000, 4)).astype(dtype)
    x, a, b = (part.astype(np.float64) for part in (X, A, B))
    y, rtol = a @ b.T, 100 * np.finfo(dtype).eps
    neg, pos = dense.split(X, A, B, beta, 0.0)
    np.testing.assert_allclose(neg, (x * y ** (beta - 2)) @ b, rtol=rtol)
    below, above = np.ones((3000, 4)), np.ones((3000, 4))
    dense.add_split_t(X, A, B, beta, 0.0, below, above)
    np.testing.assert_allclose(below, 1 + (x * y ** (beta - 2)).T @ a, rtol=rtol)
    if beta == 1:
        assert pos is None and (above == 1).all()
    else:
        np.testing.assert_allclose(pos, y ** (beta - 1) @ b, rtol=rtol)
        np.testing.assert_allclose(above, 1 + (y ** (beta - 1)).T @ a, rtol=rtol)


@pytest.mark.parametrize("beta", [0, 1])
@pytest.mark.parametrize("noise", [0.5, 1e-3])
def test_a_divergence_of_float32_numbers_has_the_digits_that_they_have(noise, beta):
    rng = np.random.default_rng(0)
    A, B = rng.random((50, 3)).astype(np.float32) + 1, rng.random((40, 3)).astype(np.float32) + 1
    exact = A.astype(np.float64) @ B.astype(np.float64).T
    X = (exact * (1 + noise * rng.random(exact.shape))).astype(np.float32)
    ratio = X / exact
    terms = X * np.log(ratio) - X + exact if beta else ratio - np.log(ratio) - 1
    assert dense.value(X, A, B, beta, 0.0) == pytest.approx(terms.sum(), rel=1e-5)


def test_an_entry_too_small_to_be_divided_adds_its_model_to_the_divergence():
    X, A, B = np.array([[5e-324, 1.0]]), np.array([[1.0]]), np.array([[3.0], [1.0]])
    assert dense.value(X, A, B, 1, 1e-30) == pytest.approx(3.0)
