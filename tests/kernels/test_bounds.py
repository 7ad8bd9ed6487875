"""Kernels between bounds: `lower` and `upper` in place of 0 and infinity."""

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.optimize import lsq_linear

from partwise import kernels
from partwise.kernels import reference

DTYPES = (np.float32, np.float64)
WIDTHS = (1, 3, 8, 21)
MODULES = pytest.mark.parametrize("module", [kernels, reference], ids=["native", "reference"])
FLOOR = 1e-9
TAIL = {"hals": 3, "hals_solve": 1, "mu": 2, "pivot": 1, "kl_solve": 1, "kl_sweep": 2}
"""How many of the last arguments of each kernel it writes to, besides A."""


def box(m, k, dtype, seed=0, level=0.3):
    """Bounds of every kind: none, a lower one, an upper one, both, a fixed entry, an entry fixed to 0."""
    rng = np.random.default_rng(seed)
    lower, upper = np.zeros((m, k)), np.full((m, k), np.inf)
    kind = rng.integers(0, 6, (m, k))
    values = level * rng.random((m, k))
    lower[(kind == 1) | (kind == 3)] = values[(kind == 1) | (kind == 3)]
    upper[kind == 2] = values[kind == 2]
    upper[kind == 3] = 2 * values[kind == 3]
    lower[kind == 4] = upper[kind == 4] = values[kind == 4]
    upper[kind == 5] = 0
    return lower.astype(dtype), upper.astype(dtype)


def calls(k, dtype=np.float64, m=45, p=60, seed=0):
    """Each kernel with the rows that it starts from, its other arguments, and the statistics its objective is of."""
    rng = np.random.default_rng(seed)
    B = (0.05 + rng.random((p, k))).astype(dtype)
    X = rng.random((m, 3)) @ rng.random((3, p)) * (rng.random((m, p)) < 0.5)
    X[3] = 0
    csr = sp.csr_array(X.astype(dtype))
    csr = csr.indptr, csr.indices, csr.data
    gram, cross = B.T @ B, (X @ B).astype(dtype)
    ratio = np.divide(X, 0.5 + X).astype(dtype) @ B
    wide, colsum, size = gram.astype(np.float64), B.sum(axis=0, dtype=np.float64), np.ones(k, dtype)
    sums, done = np.zeros((3, k)), np.zeros(m, np.uint8)
    return {
        "hals": ((), (gram, cross, 0.1, 3, *sums)),
        "hals_solve": ((), (gram, cross, 0.1, 1e-5, 30, done)),
        "mu": ((), (ratio, np.ones((m, k), dtype), 0.5, 0.1, 0.2, size, *sums[:2])),
        "pivot": ((), (wide, cross, 0.1, done)),
        "kl_solve": ((csr, 0, m), (B, colsum, 0.1, 0.2, FLOOR, 1e-6, 8, done)),
        "kl_sweep": ((csr, 0, m), (B, colsum, 0.1, 0.2, FLOOR, 2, *sums[:2])),
    }


def run(module, name, A, bounds, k, dtype):
    """What the kernel makes of A, and what it writes besides."""
    before, after = calls(k, dtype)[name]
    A = A.copy()
    getattr(module, name)(*before, A, *after, *bounds)
    return A, after[-TAIL[name] :]


def start(k, dtype, bounds=None, m=45):
    A = np.random.default_rng(1).random((m, k)).astype(dtype)
    return A if bounds is None else np.clip(A, *bounds)


@pytest.mark.skipif(kernels.BUILD == "reference", reason="pure build")
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("k", WIDTHS)
@pytest.mark.parametrize("name", TAIL)
def test_the_bounded_kernels_equal_the_reference(name, k, dtype):
    bounds = box(45, k, dtype)
    A = start(k, dtype, bounds)
    (ours, seen), (expected, wanted) = (run(module, name, A, bounds, k, dtype) for module in (kernels, reference))
    bound = 4000 * k * np.finfo(dtype).eps  # as without bounds: rounding is carried through the coordinates of a sweep
    np.testing.assert_allclose(ours, expected, rtol=bound, atol=bound)
    if name not in ("hals_solve", "kl_solve"):  # a row may be judged finished a sweep earlier
        for one, other in zip(seen, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=bound, atol=bound * (1 + np.max(other)))


@MODULES
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TAIL)
def test_bounds_hold_exactly_and_fixed_entries_keep_their_bits(name, dtype, module):
    for k in WIDTHS:
        lower, upper = box(45, k, dtype)
        A, _ = run(module, name, start(k, dtype, (lower, upper)), (lower, upper), k, dtype)
        assert (lower <= A).all() and (upper >= A).all()


@MODULES
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", TAIL)
def test_bounds_of_zero_and_infinity_are_no_bounds(name, dtype, module):
    bound = 4000 * max(WIDTHS) * np.finfo(dtype).eps  # the compiler may contract other products and sums
    for k in WIDTHS:
        A = start(k, dtype)
        wide = np.zeros_like(A), np.full_like(A, np.inf)
        (one, seen), (other, wanted) = (run(module, name, A, bounds, k, dtype) for bounds in ((), wide))
        np.testing.assert_allclose(one, other, rtol=bound, atol=bound)
        if name not in ("hals_solve", "kl_solve"):
            for left, right in zip(seen, wanted, strict=True):
                np.testing.assert_allclose(left, right, rtol=bound, atol=bound * (1 + np.max(right)))


@MODULES
@pytest.mark.parametrize("name", ["hals", "mu", "kl_sweep"])
def test_where_every_entry_is_fixed_nothing_is_left_of_the_gradient(name, module):
    A = start(8, np.float64)
    fixed, seen = run(module, name, A, (A, A.copy()), 8, np.float64)
    np.testing.assert_array_equal(fixed, A)
    assert not seen[0].any()


@MODULES
@pytest.mark.parametrize("k", [2, 8, 21])
@pytest.mark.parametrize("full", [0.0, 1.0])
@pytest.mark.parametrize("condition", [1e2, 1e8])
def test_bounded_pivot_is_scipys_bounded_least_squares(k, full, condition, module):
    rng = np.random.default_rng(k)
    left, _, right = np.linalg.svd(rng.random((k, 60)), full_matrices=False)
    H = np.maximum(left * np.geomspace(1, condition**-0.5, k) @ right, 0) + 1e-3 * rng.random((k, 60))
    X = rng.random((45, k)) @ H + 0.01 * rng.random((45, 60))
    lower, upper = box(45, k, np.float64, level=0.6)
    A, done = np.clip(np.full((45, k), full), lower, upper), np.zeros(45, np.uint8)
    module.pivot(A, H @ H.T, X @ H.T, 0.0, done, lower, upper)
    assert done.all()
    for i, (low, high) in enumerate(zip(lower, upper, strict=True)):
        free = low < high
        rest = X[i] - low[~free] @ H[~free]
        best = lsq_linear(H[free].T, rest, (low[free], high[free]), tol=1e-14).fun if free.any() else -rest
        assert np.linalg.norm(A[i] @ H - X[i]) <= np.linalg.norm(best) * (1 + 1e-9) + 1e-12


@MODULES
@pytest.mark.parametrize("name", ["hals", "mu", "kl_sweep"])
def test_every_bounded_sweep_lowers_the_objective(name, module):
    k = 8
    bounds = box(45, k, np.float64)
    before, after = calls(k)[name]
    A = start(k, np.float64, bounds)
    if name == "mu":  # for the Itakura-Saito divergence, whose exponent is 1/2
        return multiplicative_steps_descend(module, A, bounds)
    objective = quadratic_objective(after) if name == "hals" else kl_objective(before[0], after)
    values = [objective(A)]
    for _ in range(12):
        getattr(module, name)(*before, A, *after, *bounds)
        values.append(objective(A))
    assert (np.diff(values, axis=0) <= 1e-12 * (1 + np.abs(values[0]))).all()
    assert (values[-1] < values[0]).mean() > 0.9
    return None


def quadratic_objective(after):
    gram, cross, l1 = after[:3]
    return lambda A: np.einsum("ij,jk,ik->i", A, gram, A) / 2 - np.sum((cross - l1) * A, axis=1)


def kl_objective(csr, after):
    B, colsum, l1, l2 = after[:4]
    X = sp.csr_array((csr[2], csr[1], csr[0]), shape=(45, len(B))).toarray()

    def objective(A):
        logs = np.log(np.maximum(A @ B.T, FLOOR * X.max(axis=1, keepdims=True) + 1e-154))
        return A @ (colsum + l1) + l2 / 2 * (A**2).sum(axis=1) - np.sum(X * logs, axis=1)

    return objective


def multiplicative_steps_descend(module, A, bounds):
    rng = np.random.default_rng(0)
    B, X = 0.1 + rng.random((60, 8)), 0.1 + rng.random((45, 60))
    values = []
    for _ in range(12):
        Y = A @ B.T
        Y = np.maximum(Y, 1e-12)
        values.append(np.sum(X / Y + np.log(Y), axis=1) + 0.1 * A.sum(axis=1) + 0.1 * (A**2).sum(axis=1))
        neg, pos = (X / Y**2) @ B, (1 / Y) @ B
        module.mu(A, neg, pos, 0.5, 0.1, 0.2, np.ones(8), np.zeros(8), np.zeros(8), *bounds)
    dead = (A @ B.T).min(axis=1) <= 1e-12
    assert (np.diff(values, axis=0)[:, ~dead] <= 1e-12 * np.abs(values[0][~dead])).all()


@pytest.mark.skipif(kernels.BUILD == "reference", reason="pure build: NumPy rounds a product by its size")
@MODULES
@pytest.mark.parametrize("name", ["hals_solve", "pivot", "kl_solve"])
def test_a_bounded_row_never_looks_at_its_neighbours(name, module):
    lower, upper = box(45, 8, np.float64)
    A = start(8, np.float64, (lower, upper))
    together, _ = run(module, name, A, (lower, upper), 8, np.float64)
    before, after = calls(8)[name]
    for i in (0, 3, 17, 44):
        own = slice(i, i + 1)
        rows = [part[own] if getattr(part, "shape", (0,))[0] == 45 else part for part in after]
        range_of_rows = (before[0], i, i + 1) if before else ()
        alone = A[own].copy()
        getattr(module, name)(*range_of_rows, alone, *rows, lower[own].copy(), upper[own].copy())
        if module is kernels:
            assert (alone == together[own]).all()
        else:
            np.testing.assert_allclose(alone, together[own], rtol=1e-9, atol=1e-9)


@pytest.mark.skipif(kernels.BUILD == "reference", reason="pure build")
@pytest.mark.parametrize("name", TAIL)
def test_bounds_of_a_wrong_shape_or_alone_are_refused(name):
    before, after = calls(3)[name]
    A = start(3, np.float64)
    for lower, upper in ((A[1:], A[1:]), (A, None), (None, A), (A, A[:, :2].copy())):
        with pytest.raises(ValueError, match=r"lower|upper"):
            getattr(kernels, name)(*before, A.copy(), *after, lower, upper)
