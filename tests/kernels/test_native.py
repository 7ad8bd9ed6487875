"""The native kernels against their specification, `partwise.kernels.reference`."""

import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import nnls

from partwise import kernels
from partwise.kernels import reference

pytestmark = pytest.mark.skipif(kernels.BUILD == "reference", reason="pure build")

DTYPES = (np.float32, np.float64)
INDEX_TYPES = (np.int32, np.int64)
WIDTHS = (1, 2, 3, 7, 8, 10, 16, 33, 50, 64, 128, 200)  # around every vector, tile and block size
FEW_WIDTHS = (1, 3, 8, 17, 20, 33)  # for kernels whose tiles are small
BETAS = (1, 0, 0.5, 1.5, -0.7)
FLOOR = 1e-4


def frozen(*arrays):
    """The arrays, read-only: what a kernel only reads may come from a memory map."""
    for array in arrays:
        array.flags.writeable = False
    return arrays if len(arrays) > 1 else arrays[0]


def tolerance(dtype, terms=1):
    """Bound on the rounding of sums of ``terms`` non-negative numbers, added in any order, and of what came before."""
    return (16 + terms) * np.finfo(dtype).eps


def problem(k, dtype=np.float64, index=np.int32, seed=0, n=61, p=97):
    """A sparse matrix with empty rows, a long row and unsorted indices, and two positive factors."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(0, 30, n)
    lengths[[0, 5, 6, n - 1]] = 0
    lengths[7] = p
    indptr = np.concatenate([[0], np.cumsum(lengths)]).astype(index)
    indices = np.concatenate([rng.permutation(p)[:length] for length in lengths]).astype(index)
    data = rng.gamma(1.0, 1.0, len(indices)).astype(dtype)
    data[::11] = 0  # stored zeros
    A = (0.1 + rng.random((n, k))).astype(dtype)
    B = (0.1 + rng.random((p, k))).astype(dtype)
    return frozen(indptr, indices, data), *frozen(A, B)


def quadratic(k, m, dtype, seed=0):
    """A start, a Gram matrix with one dead component, and linear terms of both signs."""
    rng = np.random.default_rng(seed)
    factor = rng.random((2 * k + 3, k))
    if k > 2:
        factor[:, 2] = 0
    gram = (factor.T @ factor).astype(dtype)
    A = rng.random((m, k)).astype(dtype) * (rng.random((m, k)) > 0.4).astype(dtype)
    cross = (rng.random((m, 2 * k + 3)) @ factor - 0.1 * k * rng.random((m, k))).astype(dtype)
    return A, *frozen(gram, cross)


def quadratics(k, m, dtype, seed=0):
    """A start, a Gram matrix for each row, of which some have a dead component, and linear terms of both signs."""
    rng = np.random.default_rng(seed)
    factors = rng.random((m, 2 * k + 3, k)) + 0.5 * np.eye(2 * k + 3, k)
    if k > 2:
        factors[::3, :, 2] = 0
    grams = np.matmul(factors.transpose(0, 2, 1), factors)
    A = rng.random((m, k)).astype(dtype) * (rng.random((m, k)) > 0.4).astype(dtype)
    cross = np.einsum("ij,ijk->ik", rng.random((m, 2 * k + 3)), factors) - 0.1 * k * rng.random((m, k))
    return A, *frozen(grams.astype(dtype), cross.astype(dtype))


def agree(name, arguments, written, rtol, atol=0.0):
    """Call both kernels on copies of the arrays at the positions ``written`` and compare those and the results."""
    results = []
    for module in (kernels, reference):
        copied = [value.copy() if place in written else value for place, value in enumerate(arguments)]
        returned = getattr(module, name)(*copied)
        results.append([returned or 0.0, *(copied[place] for place in written)])
    for ours, expected in zip(*results, strict=True):
        np.testing.assert_allclose(ours, expected, rtol=rtol, atol=atol)


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("rows", [(0, 61), (5, 38), (7, 8), (5, 7), (12, 12)])
def test_linear_products_equal_the_reference(k, dtype, index, rows):
    csr, A, B = problem(k, dtype, index)
    start, stop = rows
    out = np.full((stop - start, k), np.nan, dtype)
    agree("csr_dot", [csr, start, stop, B, out], [4], tolerance(dtype, 97))
    total = np.random.default_rng(1).random(B.shape)
    agree("csr_t_dot_add", [csr, start, stop, A[start:stop], total], [4], tolerance(dtype, 61))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("m, p", [(1, 1), (2, 3), (5, 7), (70, 8), (33, 17), (130, 100), (3, 2100), (0, 9), (9, 0)])
def test_dense_products_equal_the_reference(m, p, k, dtype):
    rng = np.random.default_rng(m + p)
    X = frozen(rng.random((m, p + 3)).astype(dtype))[:, 1 : p + 1]  # rows that do not follow each other
    A, B = frozen((0.1 + rng.random((m, k))).astype(dtype), (0.1 + rng.random((p, k))).astype(dtype))
    agree("dot", [X, B, np.full((m, k), np.nan, dtype)], [2], tolerance(dtype, p))
    agree("t_dot_add", [X, A, rng.random((p, k))], [2], tolerance(dtype, m))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("p", [3, 100, 1500])
def test_a_row_of_a_dense_product_does_not_depend_on_its_neighbours(p, dtype):
    rng = np.random.default_rng(0)
    X, B = rng.random((11, p)).astype(dtype), rng.random((p, 10)).astype(dtype)
    together, alone = np.empty((11, 10), dtype), np.empty((11, 10), dtype)
    kernels.dot(X, B, together)
    for i in range(11):
        kernels.dot(X[i : i + 1], B, alone[i : i + 1])
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_nan_and_infinity_stay_in_their_row_and_column_of_a_dense_product(value, dtype):
    X, A, B = (np.ones(shape, dtype) for shape in [(9, 21), (9, 5), (21, 5)])
    X[4, 20] = value
    out, total = np.empty((9, 5), dtype), np.zeros((21, 5))
    kernels.dot(X, B, out)
    kernels.t_dot_add(X, A, total)
    assert np.flatnonzero(~np.isfinite(out).all(axis=1)).tolist() == [4]
    assert np.flatnonzero(~np.isfinite(total).all(axis=1)).tolist() == [20]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", FEW_WIDTHS)
@pytest.mark.parametrize("m, p", [(1, 1), (2, 3), (5, 7), (70, 16), (33, 17), (19, 1100), (0, 9), (9, 0)])
@pytest.mark.parametrize("beta", [1, 0])
def test_the_parts_of_a_dense_gradient_and_its_divergence_equal_the_reference(beta, m, p, k, dtype):
    rng = np.random.default_rng(m + p)
    X = frozen((0.1 + rng.random((m, p + 3))).astype(dtype))[:, 1 : p + 1]  # rows that do not follow each other
    A, B = frozen((0.1 + rng.random((m, k))).astype(dtype), (0.1 + rng.random((p, k))).astype(dtype))
    arguments = [X, A, B, beta, FLOOR]
    rows = [np.full((m, k), np.nan, dtype), np.full((m, k), np.nan, dtype) if beta == 0 else None]
    columns = [rng.random((p, k)), rng.random((p, k)) if beta == 0 else None]
    written = [5, 6] if beta == 0 else [5]
    agree("split", [*arguments, *rows], written, tolerance(dtype, p + k))
    agree("split_t_add", [*arguments, *columns], written, tolerance(dtype, m + k))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", FEW_WIDTHS)
@pytest.mark.parametrize("m, p", [(1, 1), (5, 7), (70, 16), (33, 17), (19, 1100), (0, 9), (9, 0)])
@pytest.mark.parametrize("beta", [2, 1, 0])
def test_the_divergence_of_dense_rows_equals_the_reference(beta, m, p, k, dtype):
    rng = np.random.default_rng(m + p)
    X = frozen((0.1 + rng.random((m, p + 3))).astype(dtype))[:, 1 : p + 1]
    A, B = frozen((0.1 + rng.random((m, k))).astype(dtype), (0.1 + rng.random((p, k))).astype(dtype))
    wanted = reference.divergence(*(array.astype(np.float64) for array in (X, A, B)), beta, FLOOR)
    size = max(1.0, float(np.sum(X, dtype=np.float64)))
    assert abs(kernels.divergence(X, A, B, beta, FLOOR) - wanted) <= tolerance(dtype, k) * max(size, wanted)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_cell_of_nothing_adds_its_model_and_no_y_is_below_the_floor(dtype, module):
    X, A, B = np.array([[0, 2]], dtype), np.array([[1.0]], dtype), np.array([[3], [0]], dtype)
    assert module.divergence(X, A, B, 1, 0.5) == pytest.approx(3 + 2 * np.log(4) - 2)
    neg = np.empty((1, 1), dtype)
    module.split(X, A, np.array([[3], [1e-9]], dtype), 1, 0.5, neg, None)
    assert neg[0, 0] == pytest.approx(4e-9)


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_row_of_a_dense_gradient_does_not_depend_on_its_neighbours(dtype):
    rng = np.random.default_rng(0)
    X, A, B = (rng.random(shape).astype(dtype) for shape in [(11, 700), (11, 10), (700, 10)])
    together, alone = np.empty((11, 10), dtype), np.empty((11, 10), dtype)
    kernels.split(X, A, B, 1, FLOOR, together, None)
    for i in range(11):
        kernels.split(X[i : i + 1], A[i : i + 1], B, 1, FLOOR, alone[i : i + 1], None)
    np.testing.assert_array_equal(together, alone)


@pytest.mark.parametrize("value", [np.nan, np.inf])
def test_bad_factors_show_in_a_dense_gradient_and_its_divergence(value):
    X, A, B = (np.ones(shape, np.float32) for shape in [(9, 21), (9, 5), (21, 5)])
    A[4, 2] = value
    neg, pos = np.empty((9, 5), np.float32), np.empty((9, 5), np.float32)
    kernels.split(X, A, B, 0, FLOOR, neg, pos)
    assert np.isnan(neg[4]).all() if np.isnan(value) else (neg[4] == 0).all()
    assert not np.isfinite(kernels.divergence(X, A, B, 1, FLOOR))


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("beta", BETAS)
@pytest.mark.parametrize("rows", [(0, 61), (5, 38)])
def test_ratio_products_and_values_equal_the_reference(k, dtype, index, beta, rows):
    csr, A, B = problem(k, dtype, index)
    start, stop = rows
    block = [csr, start, stop, A[start:stop], B, beta, FLOOR]
    rtol = tolerance(dtype, 97 + 3 * k)  # y is a sum of k terms, raised to a power of at most 2.7
    agree("csr_ratio_dot", [*block, np.full((stop - start, k), np.nan, dtype)], [7], rtol)
    agree("csr_ratio_t_dot_add", [*block, np.random.default_rng(1).random(B.shape)], [7], rtol)
    magnitude = sum(len(csr[2]) * abs(term) for term in (1.0, np.log(k + 1.0)))  # terms of both signs
    agree("csr_value", block, [], rtol, atol=rtol * magnitude)


@pytest.mark.parametrize("dtype", DTYPES)
def test_small_y_is_replaced_by_the_floor(dtype):
    csr, A, B = problem(10, dtype)
    rtol = tolerance(dtype, 200)
    for beta in BETAS:
        block = [csr, 0, 61, A, B, beta, 1e3]
        agree("csr_ratio_dot", [*block, np.empty((61, 10), dtype)], [7], rtol)
        agree("csr_ratio_t_dot_add", [*block, np.zeros((97, 10))], [7], rtol)
        agree("csr_value", block, [], 10 * rtol)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beta", [3, 2, 1, 0.5, 0, -0.7, -3])
def test_a_stored_zero_adds_nothing_to_a_ratio_even_where_the_power_of_y_is_infinite(beta, dtype, module):
    csr, A, B = problem(10, dtype)
    tiny = float(np.finfo(dtype).tiny)
    A = frozen(np.full_like(A, 0))  # every y is the floor
    zeros = csr[0], csr[1], frozen(np.zeros_like(csr[2]))
    out, total = np.full_like(A, np.nan), np.zeros((97, 10))
    module.csr_ratio_dot(zeros, 0, 61, A, B, beta, tiny, out)
    module.csr_ratio_t_dot_add(zeros, 0, 61, B[:61], frozen(np.zeros_like(B)), beta, tiny, total)
    assert not out.any() and not total.any()


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", FEW_WIDTHS)
@pytest.mark.parametrize("beta", [3, 2.5, 2, 1.5, 1, 0.3])  # of the ratio: that of the loss and 1
def test_ratio_products_take_weights_of_any_sign_for_data(k, dtype, index, beta):
    csr, A, B = problem(k, dtype, index)
    weights = frozen(np.random.default_rng(4).integers(-1, 2, len(csr[2])).astype(dtype))
    block = [(*csr[:2], weights), 5, 38, A[5:38], B, beta, FLOOR]
    out, total = np.full((33, k), np.nan, dtype), np.zeros(B.shape)
    largest = 97 * max(1.0, 1.21 * k) ** max(beta - 2, 0) * 10  # of a sum of terms of both signs; y <= 1.21 k, >= .01 k
    atol = tolerance(dtype, 97 + 3 * k) * largest * 1.1
    agree("csr_ratio_dot", [*block, out], [7], 0, atol)
    agree("csr_ratio_t_dot_add", [*block, total], [7], 0, atol)


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", FEW_WIDTHS)
@pytest.mark.parametrize("beta", [2, 1, 0.5, 1.5, 3, 0, -0.7])
def test_weighted_values_equal_the_reference(k, dtype, index, beta):
    csr, A, B = problem(k, dtype, index)
    data = frozen(csr[2] + dtype(0.1) * (beta <= 0))  # there every x is positive
    weights = frozen(np.random.default_rng(4).random(len(data)).astype(dtype) * (np.arange(len(data)) % 3 > 0))
    for start, stop in [(0, 61), (5, 38), (7, 8), (5, 7)]:
        call = [(*csr[:2], data), weights, start, stop, A[start:stop], B, beta, FLOOR]
        magnitude = len(data) * max(1.0, 1.21 * k) ** max(beta, 1) * 10  # the parts of a divergence, of both signs
        agree("csr_weighted_value", call, [], 0, tolerance(dtype, 3 * k) * magnitude)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beta", [2, 1.5, 1, 0.5, 0, -0.7])
def test_a_weighted_value_is_the_divergence_of_the_cells_that_count(beta, dtype, module):
    csr, A, B = problem(3, dtype)
    data = csr[2] + dtype(0.1) * (beta <= 0)
    counted = np.arange(len(data)) % 2 == 0
    hidden = np.where(counted, data, np.nan).astype(dtype)
    X, mask = (sp.csr_array((values, csr[1], csr[0]), shape=(61, 97)).toarray() for values in (data, 0.5 * counted))
    x, y, weight = X.astype(np.float64), np.asarray(A, np.float64) @ np.asarray(B, np.float64).T, mask
    with np.errstate(divide="ignore", invalid="ignore"):
        if beta == 1:
            d = np.where(x == 0, 0, x * np.log(x / y)) - x + y
        elif beta == 0:
            d = x / y - np.log(x / y) - 1
        else:
            d = (np.where(x == 0, 0, x**beta) + (beta - 1) * y**beta - beta * x * y ** (beta - 1)) / beta / (beta - 1)
    expected = weight[weight > 0] @ d[weight > 0]
    value = module.csr_weighted_value((*csr[:2], hidden), (0.5 * counted).astype(dtype), 0, 61, A, B, beta, FLOOR)
    assert value == pytest.approx(expected, rel=200 * float(np.finfo(dtype).eps))


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", (*FEW_WIDTHS, 0))
@pytest.mark.parametrize("rows", [(0, 61), (5, 38), (7, 8), (5, 7), (12, 12)])
def test_residuals_equal_the_reference(k, dtype, index, rows):
    csr, A, B = problem(k, dtype, index)
    start, stop = rows
    out = np.full(csr[0][stop] - csr[0][start], np.nan, dtype)
    atol = tolerance(dtype, k) * (15 + 1.21 * k)  # of the larger of x and y
    agree("csr_residual", [csr, start, stop, A[start:stop], B, out], [5], 0, atol)


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", (*FEW_WIDTHS, 64, 130))
@pytest.mark.parametrize("rows", [(0, 61), (5, 38), (7, 8), (5, 7), (12, 12)])
def test_row_grams_equal_the_reference_and_are_symmetric(k, dtype, index, rows):
    csr, _, B = problem(k, dtype, index)
    data = frozen(csr[2] * np.random.default_rng(4).choice([-1, 1], len(csr[2])).astype(dtype))
    start, stop = rows
    base = frozen(0.1 * np.asarray(B, np.float64).T @ B)
    out = np.full((stop - start, k, k), np.nan, dtype)
    size = 97 * 1.21 * 15  # float64 sums of terms of both signs, rounded once
    atol = tolerance(np.float64, 97) * size
    agree("row_grams", [(*csr[:2], data), start, stop, B, base, out], [5], np.finfo(dtype).eps, atol)
    kernels.row_grams((*csr[:2], data), start, stop, B, base, out)
    assert (out == out.transpose(0, 2, 1)).all()


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", FEW_WIDTHS)
@pytest.mark.parametrize("rows", [(0, 61), (5, 38), (12, 12)])
@pytest.mark.parametrize("is_signed", [False, True])
def test_descent_by_cells_equals_the_reference(is_signed, rows, k, dtype, index):
    csr, A, B = problem(k, dtype, index)
    start, stop = rows
    weights = frozen((np.arange(len(csr[2])) % 3 / 2).astype(dtype))
    # nothing but rounding differs; a step of 0.01 passes errors on through the 30 cells of a row and the 18 of a column
    arguments = [csr, weights, start, stop, A[start:stop], B, 0.01, 0.3, is_signed]
    agree("sgd_pass", arguments, [4, 5], tolerance(dtype, 97), tolerance(dtype, 97) * 10)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("dtype", DTYPES)
def test_what_a_downdate_leaves_of_a_gram_matrix_has_all_its_digits(dtype, module):
    rng = np.random.default_rng(0)
    B = rng.random((3000, 20)).astype(dtype)
    wide = B.astype(np.float64)
    missing = np.arange(2970)
    csr = np.array([0, 2970]), missing, np.full(2970, -1, dtype)
    out = np.empty((1, 20, 20), dtype)
    module.row_grams(csr, 0, 1, B, wide.T @ wide, out)
    expected = wide[2970:].T @ wide[2970:]
    np.testing.assert_allclose(out[0], expected, rtol=np.finfo(dtype).eps if dtype == np.float32 else 1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 3, 10, 20, 33])
def test_the_gram_matrix_of_a_row_does_not_depend_on_its_neighbours(k, dtype):
    csr, _, B = problem(k, dtype)
    together, alone = np.empty((61, k, k), dtype), np.empty((61, k, k), dtype)
    kernels.row_grams(csr, 0, 61, B, np.eye(k), together)
    for i in range(61):
        kernels.row_grams(csr, i, i + 1, B, np.eye(k), alone[i : i + 1])
    assert together.tobytes() == alone.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_repeated_indices_count_as_their_sum(dtype):
    indptr = np.array([0, 5, 9])
    indices = np.array([3, 3, 1, 3, 3, 0, 0, 0, 0])
    data = np.arange(1.0, 10.0, dtype=dtype)
    rng = np.random.default_rng(0)
    A, B = rng.random((2, 10)).astype(dtype), rng.random((4, 10)).astype(dtype)
    dense = np.zeros((2, 4))
    np.add.at(dense, (np.repeat([0, 1], [5, 4]), indices), data)
    out, total = np.empty((2, 10), dtype), np.zeros((4, 10))
    kernels.csr_dot((indptr, indices, data), 0, 2, B, out)
    kernels.csr_t_dot_add((indptr, indices, data), 0, 2, A, total)
    np.testing.assert_allclose(out, dense @ B, rtol=tolerance(dtype, 9))
    np.testing.assert_allclose(total, dense.T @ A, rtol=tolerance(dtype, 9))


def test_sums_over_rows_are_float64_for_float32_data():
    csr = tuple(part for part in (np.array([0, 1, 2]), np.array([0, 0]), np.ones(2, np.float32)))
    A, total = np.array([[1], [1e-9]], np.float32), np.zeros((1, 1))
    kernels.csr_t_dot_add(csr, 0, 2, A, total)
    assert total[0, 0] == 1 + float(A[1, 0])
    grad2, neg2 = np.zeros(1), np.zeros(1)
    kernels.mu(
        np.ones((2, 1), np.float32), A, np.ones((1, 1), np.float32), 1, 0, 0, np.ones(1, np.float32), grad2, neg2
    )
    assert neg2[0] == 1 + float(A[1, 0]) ** 2


def test_a_matrix_without_entries_or_columns_is_no_special_case():
    csr = (np.zeros(5, np.int32), np.empty(0, np.int32), np.empty(0))
    A, B, out = np.ones((4, 3)), np.ones((6, 3)), np.full((4, 3), np.nan)
    kernels.csr_dot(csr, 0, 4, B, out)
    assert not out.any()
    kernels.csr_ratio_dot(csr, 0, 4, A, B[:0], 1, FLOOR, out)
    assert kernels.csr_value(csr, 0, 4, A, B, 1, FLOOR) == 0
    converged = np.zeros(4, np.uint8)
    kernels.kl_solve(csr, 0, 4, A, B, B.sum(0), 0, 0, FLOOR, 1e-3, 5, converged)
    assert not A.any() and converged.all()


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("k", [3, 10, 64])
def test_bad_numbers_survive_to_be_detected(value, k):
    csr, A, B = problem(k)
    B = B.copy()
    B[csr[1][csr[0][7]]] = value
    out, total = np.empty_like(A), np.zeros_like(B)
    kernels.csr_dot(csr, 0, 61, B, out)
    assert not np.isfinite(out[7]).any()
    kernels.csr_ratio_dot(csr, 0, 61, A, B, 1, FLOOR, out)
    kernels.csr_ratio_t_dot_add(csr, 0, 61, A, B, 1, FLOOR, total)
    if np.isnan(value):
        assert np.isnan(out[7]).all() and np.isnan(total).any(axis=0).all()
    start, gram, cross = quadratic(k, 40, np.float64)
    cross = cross.copy()
    cross[33, 0] = value
    grad2, neg2 = np.zeros(k), np.zeros(k)
    kernels.hals(start, gram, cross, 0.0, 2, grad2, neg2, np.zeros(k))
    assert not np.isfinite(start[33]).all() and not np.isfinite(neg2[0])
    assert np.isfinite(np.delete(start, 33, axis=0)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("m", [0, 1, 31, 75])
@pytest.mark.parametrize(("l1", "sweeps"), [(0.0, 1), (0.3, 3)])
def test_hals_equals_the_reference(k, dtype, m, l1, sweeps):
    A, gram, cross = quadratic(k, m, dtype)
    sums = np.random.default_rng(2).random((3, k))
    # a gradient is a difference of sums as large as cross: an entry of A is known to that over the diagonal
    scale = np.abs(cross).max(initial=0) / gram.max()
    arguments = [A, gram, cross, l1, sweeps]
    atol = 40 * k * np.finfo(dtype).eps * scale
    agree("hals", [*arguments, *np.zeros((3, k))], [0], 0, atol)
    copies = [[A.copy(), *sums.copy()] for _ in range(2)]
    for module, (a, grad2, neg2, norm2) in zip((kernels, reference), copies, strict=True):
        module.hals(a, gram, cross, l1, sweeps, grad2, neg2, norm2)
    (a, grad2, neg2, norm2), (_, expected_grad2, expected_neg2, _) = copies
    np.testing.assert_allclose(norm2, sums[2] + (a.astype(np.float64) ** 2).sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(neg2, expected_neg2, rtol=1e-12)  # float64 sums of the same numbers
    limit = 400 * k * np.finfo(dtype).eps * (1 + expected_neg2.max() + expected_grad2.max())
    np.testing.assert_allclose(grad2, expected_grad2, rtol=0, atol=limit)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("seed", range(3))
def test_every_hals_sweep_lowers_the_quadratic(k, dtype, seed):
    A, gram, cross = quadratic(k, 45, dtype, seed)

    def objective():
        a, g, c = (array.astype(np.float64) for array in (A, gram, cross))
        return 0.5 * np.einsum("ij,jk,ik->i", a, g, a) - np.einsum("ij,ij->i", c - 0.2, a)

    values = [objective()]
    for _ in range(6):
        kernels.hals(A, gram, cross, 0.2, 1, *np.zeros((3, k)))
        values.append(objective())
    rounding = 10 * k * np.finfo(dtype).eps * np.abs(values[0]).max()
    assert (np.diff(values, axis=0) <= rounding).all()
    assert (A >= 0).all()


@pytest.mark.parametrize("scale", [1e-19, 1e-12, 1e12])
def test_hals_works_at_any_scale_of_the_data(scale):
    A, gram, cross = quadratic(6, 40, np.float32)
    expected = A.copy()
    kernels.hals(expected, gram, cross, 0.0, 4, *np.zeros((3, 6)))
    scaled = frozen(*(array * np.float32(scale) * np.float32(scale) for array in (gram, cross)))
    grad2, neg2 = np.zeros(6), np.zeros(6)
    kernels.hals(A, *scaled, 0.0, 4, grad2, neg2, np.zeros(6))
    # at 1e-38 the numbers of gram are near the smallest float32 and have lost digits
    np.testing.assert_allclose(A, expected, rtol=0, atol=1e-4 if scale > 1e-19 else 0.1)
    assert np.isfinite(grad2).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [k for k in WIDTHS if k <= 64])  # above it the reference takes 18 s
@pytest.mark.parametrize("m", [0, 1, 75])
def test_hals_solve_equals_the_reference(k, dtype, m):
    A, gram, cross = quadratic(k, m, dtype)
    gram = gram + np.diag(np.diag(gram))  # well conditioned: the two paths end at the same point
    tol = 100 * k * np.finfo(dtype).eps
    # stopping may come a sweep apart: each solution is within tol * |cross| / (least eigenvalue) of the optimum
    solutions = []
    for module in (kernels, reference):
        a, converged = A.copy(), np.full(m, 7, np.uint8)
        module.hals_solve(a, gram, cross, 0.1, tol, 3000, converged)
        assert converged.tolist() == [1] * m
        solutions.append(a)
    active = np.diag(gram) > 0
    least = np.linalg.eigvalsh(gram[np.ix_(active, active)].astype(np.float64)).min()
    atol = 4 * k * tol * np.abs(cross).max(initial=0) / least
    np.testing.assert_allclose(*solutions, rtol=0, atol=atol)


@pytest.mark.parametrize("dtype", DTYPES)
def test_hals_solve_reports_the_rows_that_did_not_finish(dtype):
    A, gram, cross = quadratic(10, 50, dtype)
    converged = np.full(50, 7, np.uint8)
    kernels.hals_solve(A, gram, cross, 0.0, 1e-5, 1, converged)
    assert not converged.any()
    kernels.hals_solve(A, gram, cross, 0.0, 1e-3, 0, converged)
    assert not converged.any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 3, 10, 33])
def test_a_row_solved_alone_is_bitwise_the_row_solved_among_others(k, dtype):
    A, gram, cross = quadratic(k, 71, dtype)
    together = A.copy()
    kernels.hals_solve(together, gram, cross, 0.1, 1e-4, 200, np.empty(71, np.uint8))
    order = np.random.default_rng(3).permutation(71)
    moved, moved_cross = A[order].copy(), cross[order].copy()
    kernels.hals_solve(moved, gram, moved_cross, 0.1, 1e-4, 200, np.empty(71, np.uint8))
    assert (moved == together[order]).all()
    for i in range(71):
        alone = A[i : i + 1].copy()
        kernels.hals_solve(alone, gram, cross[i : i + 1], 0.1, 1e-4, 200, np.empty(1, np.uint8))
        assert (alone[0] == together[i]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", FEW_WIDTHS)
@pytest.mark.parametrize("m", [0, 1, 4, 31])
@pytest.mark.parametrize(("l1", "sweeps"), [(0.0, 1), (0.3, 3)])
def test_row_hals_equals_the_reference(k, dtype, m, l1, sweeps):
    A, grams, cross = quadratics(k, m, dtype)
    scale = np.abs(cross).max(initial=0) / (k / 2)  # as for hals; the least live diagonal is about 2 k / 3
    atol = 80 * k * np.finfo(dtype).eps * scale
    agree("row_hals", [A, grams, cross, l1, sweeps, *np.zeros((3, k))], [0], 0, atol)
    sums = np.random.default_rng(2).random((3, k))
    copies = [[A.copy(), *sums.copy()] for _ in range(2)]
    for module, (a, grad2, neg2, norm2) in zip((kernels, reference), copies, strict=True):
        module.row_hals(a, grams, cross, l1, sweeps, grad2, neg2, norm2)
    (a, grad2, neg2, norm2), (_, expected_grad2, expected_neg2, _) = copies
    np.testing.assert_allclose(norm2, sums[2] + (a.astype(np.float64) ** 2).sum(axis=0), rtol=1e-12)
    np.testing.assert_allclose(neg2, expected_neg2, rtol=1e-12)  # float64 sums of the same numbers
    limit = 400 * k * np.finfo(dtype).eps * (1 + expected_neg2.max() + expected_grad2.max())
    np.testing.assert_allclose(grad2, expected_grad2, rtol=0, atol=limit)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("k", [1, 2, 5, 10, 17])
def test_row_hals_with_one_gram_for_all_rows_is_hals(k, module):
    A, gram, cross = quadratic(k, 13, np.float64)
    expected, sums = A.copy(), np.zeros((2, 3, k))
    module.hals(expected, gram, cross, 0.1, 2, *sums[0])
    module.row_hals(A, np.tile(gram, (13, 1, 1)), cross, 0.1, 2, *sums[1])
    np.testing.assert_allclose(A, expected, rtol=1e-9, atol=1e-11)
    np.testing.assert_allclose(sums[1], sums[0], rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 3, 6, 20])
def test_a_coordinate_is_left_alone_in_the_rows_where_its_diagonal_is_not_positive(k, dtype, module):
    A, grams, cross = quadratics(k, 9, dtype)
    A, grams = A + dtype(1), grams.copy()
    grams[4, k - 1], grams[4, :, k - 1] = 0, 0
    grams[5, 0, 0] = -1
    before, sums = A.copy(), np.zeros((3, k))
    module.row_hals(A, grams, cross, 0.0, 2, *sums)
    assert A[4, k - 1] == before[4, k - 1] and A[5, 0] == before[5, 0]
    if k == 1:
        alone = np.zeros((3, 1))
        rest = [0, 1, 2, 3, 6, 7, 8]
        module.row_hals(before[rest], grams[rest], cross[rest], 0.0, 2, *alone)
        assert sums[0] == pytest.approx(alone[0])


@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("k", [3, 10, 64])
def test_bad_numbers_stay_in_their_row_where_each_row_has_its_gram_matrix(value, k):
    A, grams, cross = quadratics(k, 11, np.float64)
    cross, grams = cross.copy(), grams.copy()
    cross[5, 0], grams[7, 1, 1] = value, np.nan
    kernels.row_hals(A, grams, cross, 0.0, 2, *np.zeros((3, k)))
    assert not np.isfinite(A[[5, 7]]).all(axis=1).any()
    assert np.isfinite(np.delete(A, [5, 7], axis=0)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", FEW_WIDTHS)
@pytest.mark.parametrize("m", [0, 1, 3, 23])
def test_row_hals_solve_equals_the_reference(k, dtype, m):
    A, grams, cross = quadratics(k, m, dtype)
    grams = grams + np.eye(k, dtype=dtype) * np.einsum("ijj->ij", grams)[:, None, :]  # well conditioned
    tol = 100 * k * np.finfo(dtype).eps
    solutions = []
    for module in (kernels, reference):
        a, converged = A.copy(), np.full(m, 7, np.uint8)
        module.row_hals_solve(a, grams, cross, 0.1, tol, 3000, converged)
        assert converged.tolist() == [1] * m
        solutions.append(a)
    atol = 8 * k * tol * np.abs(cross).max(initial=0) / (k / 12)  # over the least eigenvalue, as for hals_solve
    np.testing.assert_allclose(*solutions, rtol=0, atol=atol)


@pytest.mark.parametrize("dtype", DTYPES)
def test_row_hals_solve_reports_the_rows_that_did_not_finish(dtype):
    A, grams, cross = quadratics(10, 21, dtype)
    for sweeps in (1, 0):
        a, expected, converged = A.copy(), A.copy(), np.full(21, 7, np.uint8)
        kernels.row_hals_solve(a, grams, cross, 0.0, 1e-6, sweeps, converged)
        assert not converged.any()
        reference.row_hals_solve(expected, grams, cross, 0.0, 1e-6, sweeps, converged)
        np.testing.assert_allclose(a, expected, rtol=0, atol=1e4 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 3, 6, 10, 20, 33])
def test_a_row_with_its_gram_matrix_solved_alone_is_bitwise_the_row_among_others(k, dtype):
    A, grams, cross = quadratics(k, 31, dtype)
    for name, numbers in [("row_hals_solve", (1e-4, 200)), ("row_hals", (3,))]:
        order = np.random.default_rng(3).permutation(31)

        def solved(rows, name=name, numbers=numbers):
            a = A[rows].copy()
            kept = [np.empty(len(rows), np.uint8)] if name == "row_hals_solve" else np.zeros((3, k))
            getattr(kernels, name)(a, grams[rows], cross[rows], 0.1, *numbers, *kept)
            return a

        together = solved(np.arange(31))
        assert (solved(order) == together[order]).all()
        assert all((solved(np.array([i])) == together[i]).all() for i in range(31))


def least_squares(k, kind, m=60, seed=0):
    """Rows X and a basis H of k rows whose best non-negative combinations are sought."""
    rng = np.random.default_rng(seed)
    H, X = rng.random((k, 3 * k + 5)), rng.random((m, 3 * k + 5))
    if kind == "correlated":  # condition 1e8 of the Gram matrix
        left, _, right = np.linalg.svd(H, full_matrices=False)
        H = left * np.geomspace(1, 1e-4, k) @ right
    elif kind == "degenerate":  # rank below k, an empty row, two equal ones
        rank = max(1, k // 3)
        H = rng.random((k, rank)) @ rng.random((rank, 3 * k + 5))
        H[k // 2] = 0
        H[-1] = H[0]
    elif kind == "exact":  # minimum 0
        X = rng.random((m, k)) * (rng.random((m, k)) > 0.5) @ H
    return X, H


def pivoted(X, H, start=0.0, dtype=np.float64, l1=0.0, module=kernels):
    A = np.array(np.broadcast_to(start, (len(X), len(H))), dtype)
    done = np.full(len(X), 7, np.uint8)
    module.pivot(A, *frozen(H @ H.T, (X @ H.T).astype(dtype)), l1, done)
    assert done.tolist() == [1] * len(X)
    return A


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("m", [0, 1, 37])
def test_pivot_equals_the_reference(k, dtype, m):
    X, H = least_squares(k, "random", m)
    H[k // 2 : k // 2 + (k > 2)] = 0  # a dead component
    start = np.random.default_rng(1).random((m, k)) > 0.5
    both = [pivoted(X, H, start, dtype, 0.3, module) for module in (kernels, reference)]
    # float64 inside: the same number up to roundoff, then rounded once
    rtol, atol = (2 * np.finfo(np.float32).eps, 1e-9) if dtype == np.float32 else (1e-9, 1e-11)
    np.testing.assert_allclose(*both, rtol=rtol, atol=atol)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("kind", ["random", "correlated", "degenerate", "exact"])
@pytest.mark.parametrize("k", [1, 2, 8, 21, 50])
@pytest.mark.parametrize("full", [0.0, 1.0])
def test_pivot_is_scipys_non_negative_least_squares(k, kind, full, module):
    X, H = least_squares(k, kind)
    expected = np.array([nnls(H.T, x)[0] for x in X])
    A, done = np.full((len(X), k), full), np.zeros(len(X), np.uint8)
    module.pivot(A, H @ H.T, X @ H.T, 0.0, done)
    assert done.all()
    assert (A >= 0).all()
    residual = [np.linalg.norm(X - a @ H, axis=1) for a in (A, expected)]
    np.testing.assert_allclose(*residual, rtol=0, atol=1e-11)
    if kind != "degenerate":  # there only A @ H is determined
        atol = 1e-13 * np.linalg.cond(H @ H.T) * expected.max()  # the Gram matrix squares the condition of H
        np.testing.assert_allclose(A, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("condition", [1e8, 1e12, 1e20])
@pytest.mark.parametrize("full", [0.0, 1.0])
def test_pivot_finishes_every_row_of_an_ill_conditioned_system(full, condition, module):
    rng = np.random.default_rng(4)
    left, _, right = np.linalg.svd(rng.random((24, 60)), full_matrices=False)
    H = np.maximum(left * np.geomspace(1, condition**-0.5, 24) @ right, 0)
    X = rng.random((20, 24)) @ H + 1e-6 * rng.random((20, 60))
    A, done = np.full((20, 24), full), np.zeros(20, np.uint8)
    module.pivot(A, H @ H.T, X @ H.T, 0.0, done)
    assert done.all()
    gradient = (A @ H - X) @ H.T
    assert np.abs(np.where(A > 0, gradient, np.minimum(gradient, 0))).max() < 1e-11 * (X @ H.T).max()


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("k", [1, 2, 8, 21, 50])
def test_pivot_of_float32_rows_is_rounded_once(k, module):
    X, H = least_squares(k, "random")
    cross = (X @ H.T).astype(np.float32)
    root = np.linalg.cholesky(H @ H.T)
    expected = [nnls(root.T, row)[0] for row in np.linalg.solve(root, cross.astype(np.float64).T).T]
    A = pivoted(X, H, 1.0, np.float32, module=module)
    np.testing.assert_allclose(A, expected, rtol=np.finfo(np.float32).eps, atol=1e-10)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 8, 50])
def test_pivot_takes_l1_off_cross_and_answers_zero_with_zeros(k, dtype, module):
    X, H = least_squares(k, "random")
    cross = X @ H.T
    l1 = 0.2 * cross.max()
    root = np.linalg.cholesky(H @ H.T)
    right = np.linalg.solve(root, (cross.astype(dtype) - l1).T).T
    expected = [nnls(root.T, row)[0] for row in right]
    atol = 1e-9 if dtype == np.float64 else 4 * np.finfo(dtype).eps
    np.testing.assert_allclose(pivoted(X, H, 1.0, dtype, l1, module), expected, rtol=0, atol=atol)
    assert not pivoted(0 * X, H, 1.0, dtype, module=module).any()
    assert not pivoted(X, 0 * H, 0.0, dtype, module=module).any()
    assert not pivoted(X, H, 1.0, dtype, 2 * cross.max(), module).any()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 3, 10, 33, 70])
def test_pivot_depends_neither_on_the_start_nor_on_the_neighbours(k, dtype):
    X, H = least_squares(k, "random", 71)
    X[20:40] = X[20:21] * (1 + 0.01 * np.random.default_rng(2).random((20, 1)))  # runs of equal passive sets
    rng = np.random.default_rng(3)
    start = rng.random((71, k)) > 0.5
    together = pivoted(X, H, start, dtype)
    for other in (0.0, 1.0, rng.random((71, k)) > 0.2, together):
        assert (pivoted(X, H, other, dtype) == together).all()
    gram, cross = H @ H.T, (X @ H.T).astype(dtype)
    order = rng.permutation(71)
    moved = start[order].astype(dtype)
    kernels.pivot(moved, gram, cross[order], 0.0, np.empty(71, np.uint8))
    assert (moved == together[order]).all()
    for i in range(71):
        alone = start[i : i + 1].astype(dtype)
        kernels.pivot(alone, gram, cross[i : i + 1], 0.0, np.empty(1, np.uint8))
        assert (alone[0] == together[i]).all()


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 3, 8, 17, 33])
def test_pivot_takes_a_gram_matrix_for_each_row(k, dtype, module):
    rng = np.random.default_rng(0)
    bases, X = rng.random((19, k, 3 * k + 5)), rng.random((19, 3 * k + 5))
    grams = frozen(np.matmul(bases, bases.transpose(0, 2, 1)))
    cross = frozen(np.einsum("ij,ikj->ik", X, bases).astype(dtype))
    A, done = (rng.random((19, k)) > 0.5).astype(dtype), np.full(19, 7, np.uint8)
    start = A.copy()
    module.pivot(A, grams, cross, 0.1, done)
    assert done.tolist() == [1] * 19
    for i in range(19):
        alone, one = start[i : i + 1].copy(), np.zeros(1, np.uint8)
        module.pivot(alone, grams[i], cross[i : i + 1], 0.1, one)  # a matrix shared by a single row
        if module is kernels:
            assert (alone[0] == A[i]).all()
        np.testing.assert_allclose(alone[0], A[i], rtol=1e-6 if dtype == np.float32 else 1e-9, atol=1e-11)
    again = np.zeros_like(A)
    module.pivot(again, frozen(np.tile(grams[0], (19, 1, 1))), cross, 0.1, done)
    shared = np.zeros_like(A)
    module.pivot(shared, grams[0], cross, 0.1, done)
    np.testing.assert_allclose(again, shared, rtol=1e-6 if dtype == np.float32 else 1e-9, atol=1e-11)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
def test_pivot_leaves_only_the_rows_alone_whose_own_gram_matrix_has_no_solution(module):
    X, H = least_squares(6, "random", 5)
    grams = np.tile(H @ H.T, (5, 1, 1))
    grams[2] = np.nan
    A, done = np.ones((5, 6)), np.full(5, 7, np.uint8)
    module.pivot(A, grams, X @ H.T, 0.0, done)
    assert done.tolist() == [1, 1, 0, 1, 1] and (A[2] == 1).all()
    np.testing.assert_allclose(A[[0, 4]], [nnls(H.T, X[i])[0] for i in (0, 4)], atol=1e-12)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_pivot_leaves_the_rows_alone_that_it_does_not_finish(bad, module):
    X, H = least_squares(10, "random", 20)
    gram, cross = H @ H.T, X @ H.T
    cross[[3, 7], 4] = bad
    start = np.random.default_rng(0).random((20, 10))
    A, done = start.copy(), np.full(20, 7, np.uint8)
    module.pivot(A, gram, cross, 0.0, done)
    assert np.flatnonzero(done == 0).tolist() == [3, 7] and done.max() == 1
    assert (A[[3, 7]] == start[[3, 7]]).all()
    good = np.delete(np.arange(20), [3, 7])
    np.testing.assert_allclose(A[good], [nnls(H.T, x)[0] for x in X[good]], atol=1e-12)
    A = start.copy()
    module.pivot(A, np.full_like(gram, np.nan), X @ H.T, 0.0, done)
    assert not done.any() and not (A - start).any()


def test_pivot_leaves_an_indefinite_system_alone():
    A, done = np.ones((2, 2)), np.full(2, 7, np.uint8)
    kernels.pivot(A, np.array([[1.0, 2.0], [2.0, 1.0]]), np.ones((2, 2)), 0.0, done)
    assert not done.any() and (A == 1).all()


@pytest.mark.parametrize("scale", [1e-100, 1e-9, 1e9, 1e100])
def test_pivot_works_at_any_scale_of_the_data(scale):
    X, H = least_squares(8, "random")
    expected = pivoted(X, H)
    np.testing.assert_allclose(pivoted(X * scale, H * scale), expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("gamma", [1, 0.5, 0.7, 1.25, 1.75])
@pytest.mark.parametrize("shared", [True, False])
def test_mu_equals_the_reference(k, dtype, gamma, shared):
    rng = np.random.default_rng(0)
    A, neg, pos = (rng.random((37, k)).astype(dtype) for _ in range(3))
    A[::3] = 0
    pos[5] = pos[0, 0] = 0
    pos = pos[:1].copy() if shared else pos
    frozen(neg, pos)
    for l1, l2 in [(0.0, 0.0), (0.1, 0.2)]:
        size = np.linspace(0, 2, k, dtype=dtype)
        arguments = [A, neg, pos, gamma, l1, l2, size, *np.ones((2, k))]
        # grad2 squares a difference of numbers of size 1, hence the absolute part
        agree("mu", arguments, [0, 7, 8], tolerance(dtype), 37 * tolerance(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("weight", [0.0, 0.3, 0.99])
@pytest.mark.parametrize("lowest", [0.0, 0.1, 1.0])
@pytest.mark.parametrize("into", ["previous", "current", "another"])
def test_look_ahead_equals_the_reference_and_keeps_nan(dtype, weight, lowest, into):
    rng = np.random.default_rng(0)
    given = {name: rng.random((61, 7)).astype(dtype) for name in ("previous", "current", "another")}
    given["previous"][3, 2] = np.nan
    expected, found = ({name: A.copy() for name, A in given.items()} for _ in range(2))
    reference.look_ahead(expected["previous"], expected["current"], weight, lowest, expected[into])
    kernels.look_ahead(found["previous"], found["current"], weight, lowest, found[into])
    assert np.isnan(found[into][3, 2])
    assert np.nanmin(found[into]) >= 0
    for name in given:
        np.testing.assert_allclose(found[name], expected[name], rtol=0, atol=4 * np.finfo(dtype).eps)
    if weight == 0:
        kept = np.isfinite(found[into])
        assert (found[into][kept] == given["current"][kept]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (7, 5), (61, 17)])
def test_parts_of_singular_vectors_equal_the_reference(dtype, shape):
    rng = np.random.default_rng(0)
    A = rng.standard_normal(shape).astype(dtype)
    A[::3] = 0
    A[4:5, 0] = np.nan
    expected, found = np.ones((2, 2, shape[1]))
    reference.add_parts_norm2(A, *expected)
    kernels.add_parts_norm2(A, *found)
    np.testing.assert_allclose(found, expected, rtol=10 * np.finfo(dtype).eps)
    finite = np.isfinite(found[0])
    assert (np.isfinite(A).all(0) == finite).all()
    np.testing.assert_allclose(
        found.sum(0)[finite] - 2, np.square(A[:, finite], dtype=float).sum(0), rtol=1e-6, atol=1e-6
    )

    scale, zero = rng.standard_normal((2, shape[1])).astype(dtype)
    noise = np.full(shape[1], 0.1, dtype)
    expected, found = A.copy(), A.copy()
    reference.take_parts(expected, scale, noise, zero)
    kernels.take_parts(found, scale, noise, zero)
    assert np.array_equal(found, expected, equal_nan=True)
    assert np.array_equal(found, np.where(A * scale <= noise, zero, A * scale), equal_nan=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("m", [0, 1, 5, 64, 129, 1000])
@pytest.mark.parametrize("k", WIDTHS)
def test_the_gram_matrix_equals_the_reference_and_is_added(k, m, dtype):
    A = frozen(np.random.default_rng(0).random((m, k)).astype(dtype))
    expected, found = np.ones((2, k, k))
    reference.gram_add(A.astype(np.float64), expected)
    kernels.gram_add(A, found)
    np.testing.assert_allclose(found, expected, rtol=tolerance(dtype, min(m, 128)))
    assert np.array_equal(found, found.T)


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_multiplicative_updates_shrink_becomes_zero_instead_of_a_number_that_is_slow_to_compute_with(dtype):
    tiny = np.finfo(dtype).tiny
    A = np.array([[4 * tiny, 1]], dtype)
    kernels.mu(A, *frozen(np.array([[0.1, 1]], dtype), np.ones((1, 2), dtype)), 1.0, 0.0, 0.0, A[0], *np.zeros((2, 2)))
    assert A.tolist() == [[0, 1]]
    assert dtype(tiny) / dtype(4) > 0, "elsewhere such numbers stay what they are"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("beta", [0, -1])
def test_to_a_loss_an_entry_too_small_to_be_normal_is_not_zero(beta, dtype):
    x, ones = np.finfo(dtype).tiny / dtype(2), np.ones((1, 1), dtype)
    csr = np.array([0, 1], np.int32), np.zeros(1, np.int32), np.array([x])
    for value in (kernels.csr_value, reference.csr_value):
        assert value(csr, 0, 1, ones, ones, beta, 1e-12) > 80
    for value in (kernels.csr_weighted_value, reference.csr_weighted_value):
        assert 80 < value(csr, np.ones(1, dtype), 0, 1, ones, ones, beta, 1e-12) < np.inf


def test_the_rows_beyond_do_not_matter_to_a_gram_matrix():
    whole = np.full((40, 3), np.nan, np.float32)
    whole[5:30] = 1
    total = np.zeros((3, 3))
    kernels.gram_add(whole[5:30], total)
    assert (total == 25).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("m", [0, 1, 5, 64, 129])
@pytest.mark.parametrize("k", WIDTHS)
def test_the_value_of_quadratics_equals_the_reference(k, m, dtype):
    rng = np.random.default_rng(0)
    A, factor, cross = rng.random((m, k)).astype(dtype), rng.random((k + 3, k)), rng.random((m, k))
    gram = factor.T @ factor
    value = kernels.quadratic_value(*frozen(A, gram, cross))
    wide = A.astype(np.float64)
    terms = np.einsum("ip,pq,iq->", wide, gram, wide) / 2, (wide * cross).sum()
    assert value == pytest.approx(reference.quadratic_value(A, gram, cross), abs=1e-13 * (1 + sum(terms)))
    assert value == pytest.approx(terms[0] - terms[1], abs=1e-13 * (1 + sum(terms)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("count", [0, 1, 7, 8, 1003])
def test_summary_equals_the_reference(dtype, count):
    values = np.random.default_rng(0).gamma(1.0, 1.0, count).astype(dtype)
    values[::3] = 0
    values[5:6] = -1
    frozen(values)
    np.testing.assert_allclose(kernels.summary(values), reference.summary(values), rtol=1e-14)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(0, 3), (1, 1), (7, 5), (1003, 17)])
def test_column_sums_equal_the_reference(dtype, shape):
    A = np.random.default_rng(0).random(shape).astype(dtype)
    frozen(A)
    expected, found = np.ones((2, shape[1]))
    reference.column_sums(A, expected)
    kernels.column_sums(A, found)
    np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_mu_leaves_an_entry_with_denominator_zero_alone():
    A, zero = np.full((2, 3), 5.0), np.zeros((1, 3))
    kernels.mu(A, np.ones((2, 3)), zero, 1, 0, 0, np.ones(3), np.zeros(3), np.zeros(3))
    assert (A == 5).all()


def kl_divergence(csr, A, B, floor, l1, l2):
    indptr, indices, data = csr
    X = sp.csr_array((data, indices, indptr), shape=(len(A), len(B))).toarray().astype(np.float64)
    a, b = A.astype(np.float64), B.astype(np.float64)
    y = np.maximum(a @ b.T, floor)
    loss = (a @ b.sum(0)) - np.sum(np.where(X > 0, X, 0) * np.log(y), axis=1)
    return loss + l1 * a.sum(1) + l2 / 2 * (a**2).sum(1)


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("sweeps", [1, 3])
def test_kl_solve_equals_the_reference_sweep_by_sweep(k, dtype, index, sweeps):
    csr, A, B = problem(k, dtype, index)
    colsum = frozen(B.sum(0, dtype=np.float64))
    converged = np.full(61, 7, np.uint8)
    arguments = [csr, 0, 61, A.copy(), B, colsum, 0.1, 0.01, FLOOR, 1e-3, sweeps, converged]
    # a coordinate step divides a difference of sums by their curvature; rounding is carried through k steps a sweep
    agree("kl_solve", arguments, [3, 11], 0, 2000 * k * sweeps * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 3, 10, 33])
def test_kl_solve_is_monotone_and_a_row_never_looks_at_its_neighbours(k, dtype):
    csr, A, B = problem(k, dtype)
    colsum = B.sum(0, dtype=np.float64)
    a, converged = A.copy(), np.empty(61, np.uint8)
    floor = 1e-12
    # a step from a = 0 takes y for the floor it was raised to: it may cost what an entry of A of size floor / b costs
    allowed = k * colsum.max() * floor / B.min()
    before = kl_divergence(csr, a, B, floor, 0.0, 0.0)
    for _ in range(8):
        kernels.kl_solve(csr, 0, 61, a, B, colsum, 0, 0, floor, 0, 1, converged)
        after = kl_divergence(csr, a, B, floor, 0.0, 0.0)
        assert (after <= before + allowed + 1e3 * k * np.finfo(dtype).eps * (1 + np.abs(before))).all()
        before = after
    together = A.copy()
    kernels.kl_solve(csr, 0, 61, together, B, colsum, 0, 0, FLOOR, 1e-3, 50, converged)
    for i in range(61):
        alone = A[i : i + 1].copy()
        kernels.kl_solve(csr, i, i + 1, alone, B, colsum, 0, 0, FLOOR, 1e-3, 50, np.empty(1, np.uint8))
        assert (alone[0] == together[i]).all()


def test_kl_solve_ignores_stored_zeros_and_empties_empty_rows():
    csr, A, B = problem(10)
    a, converged = A.copy(), np.zeros(61, np.uint8)
    kernels.kl_solve(csr, 0, 61, a, B, B.sum(0), 0, 0, FLOOR, 1e-3, 500, converged)
    assert not a[0].any() and converged.all()
    X = sp.csr_array((csr[2], csr[1], csr[0]), shape=(61, 97)).copy()
    X.eliminate_zeros()
    again = A.copy()
    kernels.kl_solve((X.indptr, X.indices, X.data), 0, 61, again, B, B.sum(0), 0, 0, FLOOR, 1e-3, 500, converged)
    np.testing.assert_allclose(a, again, rtol=1e-9, atol=1e-9)  # other lanes of the sums


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("l1, l2", [(0, 0), (0.1, 0.01)])
def test_kl_sweep_equals_the_reference(k, dtype, index, l1, l2):
    csr, A, B = problem(k, dtype, index)
    A = A * (np.random.default_rng(1).random(A.shape) < 0.7) + 0.1 * (np.arange(k) == 0)
    A = frozen(A.astype(dtype))
    colsum = frozen(B.sum(0, dtype=np.float64))
    arguments = [csr, 0, 61, A, B, colsum, l1, l2, FLOOR, 2, np.ones(k), np.ones(k)]
    bound = 4000 * k * np.finfo(dtype).eps  # as for kl_solve, two sweeps
    agree("kl_sweep", arguments, [3, 10, 11], bound, bound)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 3, 10, 33])
@pytest.mark.parametrize("l1, l2", [(0, 0), (0.1, 3.0)])
def test_kl_sweep_is_monotone_and_returns_the_value_of_the_new_rows(k, dtype, l1, l2):
    csr, A, B = problem(k, dtype)
    a, colsum, unused = 10 * A, B.sum(0, dtype=np.float64), np.zeros((2, k))
    before = kl_divergence(csr, a, B, 1e-12, l1, l2)
    for _ in range(8):
        value = kernels.kl_sweep(csr, 0, 61, a, B, colsum, l1, l2, 1e-12, 1, unused[0], unused[1])
        after = kl_divergence(csr, a, B, 1e-12, l1, l2)
        assert (after <= before + 1e3 * k * np.finfo(dtype).eps * (1 + np.abs(before))).all()
        before = after
        exact = kernels.csr_value(csr, 0, 61, a, B, 1.0, 1e-12)
        assert value == pytest.approx(exact, rel=1e3 * float(np.finfo(dtype).eps), abs=1e3 * float(np.finfo(dtype).eps))


def masked(k, dtype, index=np.int32):
    """A problem whose stored cells alone are observed, with weights: the weighted data, and each row's column sums."""
    csr, A, B = problem(k, dtype, index)
    weights = 0.5 + np.random.default_rng(5).random(len(csr[2]))
    W = sp.csr_array((weights, csr[1], csr[0]), shape=(61, 97))
    return (*csr[:2], frozen((weights * csr[2]).astype(dtype))), weights, A, B, frozen(W @ B.astype(np.float64))


@pytest.mark.parametrize("index", INDEX_TYPES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", FEW_WIDTHS)
@pytest.mark.parametrize("rows", [(0, 61), (5, 38), (7, 8), (5, 7)])
def test_kl_kernels_with_column_sums_of_each_row_equal_the_reference(k, dtype, index, rows):
    csr, _, A, B, colsum = masked(k, dtype, index)
    start, stop = rows
    m, part = stop - start, slice(*rows)
    bound = 4000 * k * np.finfo(dtype).eps  # as for kl_sweep
    block = [csr, start, stop, A[part], B, colsum[part], 0.01, 0.01, FLOOR]
    agree("kl_sweep", [*block, 2, np.ones(k), np.ones(k)], [3, 10, 11], bound, bound)
    agree("kl_solve", [*block, 1e-3, 3, np.full(m, 7, np.uint8)], [3, 11], 0, bound)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
def test_equal_column_sums_for_each_row_are_the_shared_ones(module):
    csr, A, B = problem(5)
    colsum, found = B.sum(0), []
    for sums in (colsum, np.tile(colsum, (61, 1))):
        a, evidence = A.copy(), np.zeros((2, 5))
        value = module.kl_sweep(csr, 0, 61, a, B, sums, 0.1, 0.0, FLOOR, 2, *evidence)
        module.kl_solve(csr, 0, 61, a, B, sums, 0.1, 0.0, FLOOR, 1e-3, 8, np.zeros(61, np.uint8))
        found.append((a.tobytes(), evidence.tobytes(), value))
    assert found[0] == found[1]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [1, 3, 10, 33])
def test_a_masked_kl_sweep_lowers_the_weighted_divergence(k, dtype):
    csr, weights, A, B, colsum = masked(k, dtype)
    x = (csr[2] / weights).astype(dtype)
    a, unused = 10 * A, np.zeros((2, k))

    def divergence():
        return kernels.csr_weighted_value((*csr[:2], x), weights.astype(dtype), 0, 61, a, B, 1, 1e-12)

    values = [divergence()]
    for _ in range(8):
        kernels.kl_sweep(csr, 0, 61, a, B, colsum, 0, 0, 1e-12, 1, *unused)
        values.append(divergence())
    assert (np.diff(values) <= 1e3 * k * np.finfo(dtype).eps * values[0]).all()
    assert values[-1] < 0.5 * values[0]


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_coordinate_that_does_not_help_becomes_exactly_zero_in_one_sweep(dtype):
    X = sp.csr_array(np.array([[2.0, 4.0, 0.0, 0.0]], dtype))
    B = np.array([[1, 0], [2, 1e-3], [0, 1], [0, 1]], dtype)
    a, unused = np.ones((1, 2), dtype), np.zeros((2, 2))
    for _ in range(3):
        csr = X.indptr, X.indices, X.data
        kernels.kl_sweep(csr, 0, 1, a, B, B.sum(0, dtype=np.float64), 0, 0, 1e-12, 1, unused[0], unused[1])
    assert a[0, 1] == 0
    assert a[0, 0] == pytest.approx(2, rel=10 * float(np.finfo(dtype).eps))


def test_a_row_slice_and_a_single_row_with_odd_strides_are_contiguous():
    csr, A, B = problem(10)
    out = np.empty((1, 10))
    big = np.ones((8, 10))
    kernels.csr_ratio_dot(csr, 7, 8, A[::7][1:2], B, 1, FLOOR, out)
    expected = np.empty((1, 10))
    kernels.csr_ratio_dot(csr, 7, 8, A[7:8].copy(), B, 1, FLOOR, expected)
    assert (out == expected).all()
    kernels.csr_dot(csr, 5, 10, B, big[2:7])
    assert (big[[0, 1, 7]] == 1).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", (*WIDTHS, 0))
@pytest.mark.parametrize("m, p", [(0, 5), (1, 0), (1, 700), (6, 97), (9, 513)])
def test_rows_dot_equals_the_reference(m, p, k, dtype):
    rng = np.random.default_rng(0)
    X = rng.random((m, p), dtype=dtype) * (rng.random((m, p)) < 0.5)
    X[:, p // 2 :] *= rng.random((m, 1)) < 0.5  # chunks of zeros
    B, out = rng.random((p, k), dtype=dtype), np.full((2, m, k), np.nan, dtype)
    kernels.rows_dot(*frozen(X, B), out[0])
    reference.rows_dot(*frozen(X, B), out[1])
    np.testing.assert_allclose(*out, rtol=100 * np.finfo(dtype).eps)


@pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", [*range(1, 21), 50, 67])
def test_rows_dot_of_a_row_alone_has_the_bits_of_the_row_in_a_batch(k, dtype, module):
    rng = np.random.default_rng(1)
    X = rng.random((23, 301), dtype=dtype) * (rng.random((23, 301)) < rng.random((23, 1)))
    B, together = rng.random((301, k), dtype=dtype), np.empty((23, k), dtype)
    module.rows_dot(X, B, together)
    for part in (slice(5, 6), slice(0, 3), slice(1, 23), slice(9, 14)):
        out = np.empty((len(X[part]), k), dtype)
        module.rows_dot(X[part], B, out)
        assert out.tobytes() == together[part].tobytes()


def wrong_calls():
    csr, A, B = problem(5)
    indptr, indices, data = csr
    out, total, k = np.empty((61, 5)), np.zeros((97, 5)), np.zeros(5)
    gram, done = np.eye(5), np.zeros(61, np.uint8)
    short = np.zeros(4)
    yield "out with too few rows", ValueError, "csr_dot", (csr, 0, 61, B, out[1:])
    yield "out with too few columns", ValueError, "csr_dot", (csr, 0, 61, B, np.empty((61, 4)))
    yield "stop beyond X", ValueError, "csr_dot", (csr, 0, 62, B, np.empty((62, 5)))
    yield "negative start", ValueError, "csr_dot", (csr, -1, 60, B, out)
    yield "stop before start", ValueError, "csr_dot", (csr, 3, 2, B, out)
    yield "no row pointers", ValueError, "csr_dot", ((indptr[:0], indices, data), 0, 0, B, out[:0])
    yield "too few entries", ValueError, "csr_dot", ((indptr, indices[:9], data[:9]), 0, 61, B, out)
    yield "fewer indices than data", ValueError, "csr_dot", ((indptr, indices[1:], data), 0, 61, B, out)
    yield "mixed dtypes", TypeError, "csr_dot", (csr, 0, 61, B.astype(np.float32), out)
    yield "mixed index types", TypeError, "csr_dot", ((indptr.astype(np.int64), indices, data), 0, 61, B, out)
    yield "integers for data", TypeError, "csr_dot", ((indptr, indices, indices), 0, 61, B, out)
    yield "Fortran order", TypeError, "csr_dot", (csr, 0, 61, np.asfortranarray(B), out)
    yield "read-only out", TypeError, "csr_dot", (csr, 0, 61, B, frozen(np.empty((61, 5))))
    yield "A of other rows", ValueError, "csr_t_dot_add", (csr, 0, 60, A, total)
    yield "float32 total", TypeError, "csr_t_dot_add", (csr, 0, 61, A, total.astype(np.float32))
    yield "A of other rows", ValueError, "csr_ratio_dot", (csr, 1, 61, A, B, 1, FLOOR, out[1:])
    yield "A of other columns", ValueError, "csr_ratio_dot", (csr, 0, 61, A[:, :4].copy(), B, 1, FLOOR, out)
    yield "total of other rows", ValueError, "csr_ratio_t_dot_add", (csr, 0, 61, A, B, 1, FLOOR, total[1:])
    yield "A of other rows", ValueError, "csr_value", (csr, 1, 61, A, B, 1, FLOOR)
    yield "B of other columns", ValueError, "dot", (A, B, out)
    yield "out of other rows", ValueError, "dot", (A, gram, out[1:])
    yield "columns apart", ValueError, "dot", (A[:, ::2], gram[:3], out)
    yield "Fortran order", ValueError, "dot", (np.asfortranarray(A), gram, out)
    yield "mixed dtypes", TypeError, "dot", (A, gram.astype(np.float32), out)
    yield "A of other rows", ValueError, "t_dot_add", (A, out[1:], gram)
    yield "total of other rows", ValueError, "t_dot_add", (A, out, gram[1:])
    yield "Fortran order", ValueError, "t_dot_add", (np.asfortranarray(A), out, gram)
    yield "float32 total", TypeError, "t_dot_add", (A, out, gram.astype(np.float32))
    yield "gram not square", ValueError, "hals", (out, gram[1:], A, 0, 1, k, k, k)
    yield "cross of other rows", ValueError, "hals", (out, gram, A[1:], 0, 1, k, k, k)
    yield "short grad2", ValueError, "hals", (out, gram, A, 0, 1, short, k, k)
    yield "short neg2", ValueError, "hals", (out, gram, A, 0, 1, k, short, k)
    yield "short norm2", ValueError, "hals", (out, gram, A, 0, 1, k, k, short)
    yield "gram of other dtype", TypeError, "hals", (out, gram.astype(np.float32), A, 0, 1, k, k, k)
    yield "strided A", TypeError, "hals", (np.empty((61, 10))[:, ::2], gram, A, 0, 1, k, k, k)
    yield "short converged", ValueError, "hals_solve", (out, gram, A, 0, 1e-3, 5, done[1:])
    yield "boolean converged", TypeError, "hals_solve", (out, gram, A, 0, 1e-3, 5, done.astype(bool))
    yield "pos of other rows", ValueError, "mu", (out, A, A[1:], 1, 0, 0, k, k, k)
    yield "neg of other rows", ValueError, "mu", (out, A[1:], A, 1, 0, 0, k, k, k)
    yield "short size", ValueError, "mu", (out, A, A, 1, 0, 0, short, k, k)
    yield "B of other rows", ValueError, "rows_dot", (A, np.ones((4, 5)), out)
    yield "out of other columns", ValueError, "rows_dot", (A, np.ones((5, 5)), out[:, :4].copy())
    yield "Fortran order", TypeError, "rows_dot", (np.asfortranarray(A), np.ones((5, 5)), out)
    yield "gram not square", ValueError, "pivot", (out, gram[1:], A, 0, done)
    yield "cross of other rows", ValueError, "pivot", (out, gram, A[1:], 0, done)
    yield "cross of other columns", ValueError, "pivot", (out, gram, A[:, :4].copy(), 0, done)
    yield "short done", ValueError, "pivot", (out, gram, A, 0, done[1:])
    yield "boolean done", TypeError, "pivot", (out, gram, A, 0, done.astype(bool))
    yield "float32 gram", TypeError, "pivot", (out, gram.astype(np.float32), A, 0, done)
    yield "cross of other dtype", TypeError, "pivot", (out, gram, A.astype(np.float32), 0, done)
    yield "read-only A", TypeError, "pivot", (A, gram, A, 0, done)
    yield "colsum of other rows", ValueError, "kl_solve", (csr, 0, 61, out, B, A[1:], 0, 0, FLOOR, 1e-3, 5, done)
    yield "colsum of other rows", ValueError, "kl_sweep", (csr, 0, 61, out, B, A[1:], 0, 0, FLOOR, 1, k, k)
    cube = np.zeros((61, 5, 5))
    yield "gram of other rows", ValueError, "pivot", (out, cube[1:], A, 0, done)
    yield "gram of four dimensions", ValueError, "pivot", (out, cube[None], A, 0, done)
    yield "grams of other rows", ValueError, "row_hals", (out, cube[1:], A, 0, 1, k, k, k)
    yield "one gram", TypeError, "row_hals", (out, gram, A, 0, 1, k, k, k)
    yield "short norm2", ValueError, "row_hals", (out, cube, A, 0, 1, k, k, short)
    yield "cross of other rows", ValueError, "row_hals", (out, cube, A[1:], 0, 1, k, k, k)
    yield "grams of other rows", ValueError, "row_hals_solve", (out, cube[1:], A, 0, 1e-3, 5, done)
    yield "short converged", ValueError, "row_hals_solve", (out, cube, A, 0, 1e-3, 5, done[1:])
    yield "out of other rows", ValueError, "row_grams", (csr, 0, 61, B, gram, cube[1:])
    yield "out not square", ValueError, "row_grams", (csr, 0, 61, B, gram, np.zeros((61, 5, 4)))
    yield "base not square", ValueError, "row_grams", (csr, 0, 61, B, gram[1:], cube)
    yield "float32 base", TypeError, "row_grams", (csr, 0, 61, B, gram.astype(np.float32), cube)
    yield "short weights", ValueError, "csr_weighted_value", (csr, data[1:], 0, 61, A, B, 1, FLOOR)
    yield "A of other rows", ValueError, "csr_weighted_value", (csr, data, 1, 61, A, B, 1, FLOOR)
    yield "short weights", ValueError, "sgd_pass", (csr, data[1:], 0, 61, out, out[:97].copy(), 0.1, 0.1, False)
    yield "A of other rows", ValueError, "sgd_pass", (csr, data, 1, 61, out, out.copy(), 0.1, 0.1, False)
    yield "read-only B", TypeError, "sgd_pass", (csr, data, 0, 61, out, B, 0.1, 0.1, False)
    yield "short out", ValueError, "csr_residual", (csr, 0, 61, A, B, np.empty(len(data) - 1))
    yield "A of other rows", ValueError, "csr_residual", (csr, 1, 61, A, B, np.empty(len(data)))
    yield "short colsum", ValueError, "kl_solve", (csr, 0, 61, out, B, short, 0, 0, FLOOR, 1e-3, 5, done)
    yield "short converged", ValueError, "kl_solve", (csr, 0, 61, out, B, k, 0, 0, FLOOR, 1e-3, 5, done[1:])
    yield "short colsum", ValueError, "kl_sweep", (csr, 0, 61, out, B, short, 0, 0, FLOOR, 1, k, k)
    yield "short evidence", ValueError, "kl_sweep", (csr, 0, 61, out, B, k, 0, 0, FLOOR, 1, short, k)
    yield "A of other rows", ValueError, "kl_solve", (csr, 1, 61, out, B, k, 0, 0, FLOOR, 1e-3, 5, done[1:])


@pytest.mark.parametrize(
    ("error", "name", "arguments"), [pytest.param(*call[1:], id=f"{call[2]}: {call[0]}") for call in wrong_calls()]
)
def test_wrong_shapes_and_types_are_refused(error, name, arguments):
    with pytest.raises(error):
        getattr(kernels, name)(*arguments)


def test_numpy_scalars_are_taken_as_numbers():
    csr, A, B = problem(4)
    out, expected = np.empty_like(A), np.empty_like(A)
    kernels.csr_ratio_dot(csr, np.int64(0), np.int32(61), A, B, np.float32(1), np.float64(FLOOR), out)
    kernels.csr_ratio_dot(csr, 0, 61, A, B, 1, FLOOR, expected)
    assert (out == expected).all()


def imported(isa):
    """What importing the kernels prints with PARTWISE_ISA set: the build, or the error."""
    code = "from partwise import kernels; print(kernels.BUILD)"
    paths = os.pathsep.join(path for path in sys.path if path)
    environment = {**os.environ, "PARTWISE_ISA": isa, "PYTHONPATH": paths}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    return done.stdout.strip() or done.stderr.strip().splitlines()[-1]


def test_the_environment_pins_the_instruction_set():
    assert imported("baseline") == "native baseline"
    assert imported("reference") == "reference"
    levels = ["x86-64-v3", "x86-64-v4"]
    there = [level for level in levels if imported(level) == f"native {level}"]
    assert there == levels[: len(there)]  # who can do more can do less
    assert all(f"PARTWISE_ISA='{level}' is not supported" in imported(level) for level in levels if level not in there)
    assert imported("") == f"native {['baseline', *there][-1]}"


def test_an_unknown_instruction_set_is_refused_with_the_known_ones():
    message = imported("avx99")
    assert message.startswith("ValueError") and "avx99" in message
    assert all(name in message for name in ("baseline", "x86-64-v3", "x86-64-v4", "reference"))


def test_every_public_kernel_of_the_reference_is_exported():
    public = {name for name, value in vars(reference).items() if callable(value) and not name.startswith("_")}
    assert public | {"BUILD"} == set(kernels.__all__)
