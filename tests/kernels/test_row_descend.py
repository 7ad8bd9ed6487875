"""Coordinate descent on rows with Gram matrices of their own gives the same whether these are formed or not."""

import numpy as np
import pytest
import scipy.sparse as sp

from partwise import kernels
from partwise.kernels import reference


def rows(k, dtype, index=np.int32, based=True, seed=0, m=23, p=17):
    """Excess weights, some negative, of a matrix with an empty row; factors, and cross products of a planted row."""
    rng = np.random.default_rng(seed)
    E = sp.random_array((m, p), density=0.4, format="csr", rng=rng, dtype=dtype)
    E.data[:] = -0.5 if based else rng.random(len(E.data)) + 0.5
    E = sp.csr_array(np.where(np.arange(m)[:, None] == 4, 0, E.toarray())).astype(dtype)
    B = rng.random((p, k)).astype(dtype)
    base = (B.T.astype(float) @ B) * based + 0.1 * np.eye(k)
    csr = E.indptr.astype(index), E.indices.astype(index), E.data
    return csr, rng.random((m, k)).astype(dtype), B, base, rng.random((m, k)).astype(dtype) * 3


def outcome(kernel, given, bounds=(None, None), sweeps=3, l1=0.1):
    csr, A, B, base, cross = given
    a, sums = A.copy(), [np.zeros(B.shape[1]) for _ in range(3)]
    fit = kernel(csr, 0, len(A), a, B, base, cross, l1, sweeps, *sums, *bounds)
    return a, np.array(sums), fit


@pytest.mark.parametrize("index", [np.int32, np.int64])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("based", [True, False])
@pytest.mark.parametrize("k", [1, 3, 17, 33])
def test_the_native_kernel_does_what_the_reference_does(k, based, dtype, index):
    given = rows(k, dtype, index, based)
    (a, sums, fit), (b, others, value) = (outcome(module.row_descend, given) for module in (kernels, reference))
    rtol = 1e-10 if dtype == "float64" else 2e-3
    np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * b.max())
    np.testing.assert_allclose(sums, others, rtol=rtol, atol=rtol * others.max())
    assert fit == pytest.approx(value, rel=rtol)


def test_bounds_hold_and_a_range_of_rows_is_that_of_the_matrix():
    csr, A, B, base, cross = given = rows(9, "float64")
    lower, upper = np.full_like(A, 0.2), np.full_like(A, 0.4)
    (a, sums, _), (b, others, _) = (outcome(m.row_descend, given, (lower, upper)) for m in (kernels, reference))
    assert a.min() >= 0.2 and a.max() <= 0.4
    np.testing.assert_allclose(a, b, rtol=1e-10)
    np.testing.assert_allclose(sums, others, rtol=1e-10)
    part, unused = A[5:11].copy(), np.zeros((3, 9))
    kernels.row_descend(csr, 5, 11, part, B, base, cross[5:11], 0.1, 3, *unused)
    np.testing.assert_array_equal(part, outcome(kernels.row_descend, given)[0][5:11])


def test_the_fit_is_that_of_the_matrices_formed():
    csr, A, B, base, cross = given = rows(7, "float64")
    a, _, fit = outcome(kernels.row_descend, given)
    grams = np.empty((len(A), 7, 7))
    kernels.row_grams(csr, 0, len(A), B, base, grams)
    assert fit == pytest.approx(np.einsum("ij,ijk,ik->", a, grams, a) / 2 - np.sum(cross * a), rel=1e-12)
