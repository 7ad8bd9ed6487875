"""Products of dense blocks, whatever the order of their numbers in memory."""

import numpy as np
import pytest

from partwise.kernels import dense

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
