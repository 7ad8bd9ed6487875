"""The products of a dense block, by kernels, BLAS and NumPy; buffers are of the size of the block, never of X.

The same vocabulary as the sparse kernels, see `partwise.kernels.reference`. A block has at most a few MiB (the grid
sees to that), so the temporaries stay in cache.
"""

from collections.abc import Iterator

import numpy as np

from partwise import kernels

Array = np.ndarray

NARROW = 64
"""Columns of a factor up to which a product is left to our kernels, which need not pack X or pad k as BLAS does."""

STRIP_BYTES, STRIP_ROWS = 1 << 19, 128
"""Y is formed in strips of rows that stay in L2 with what is made of them; all columns are met once a strip."""

EXACT_BELOW = 1e-3
"""Share of its terms below which a divergence of float32 numbers is summed from float64 ones."""


def dot(X: Array, B: Array) -> Array:
    """``X B``."""
    if B.shape[1] <= NARROW and X.strides[1] == X.itemsize:
        out = np.empty((len(X), B.shape[1]), B.dtype)
        kernels.dot(X, B, out)
        return out
    if B.shape[1] <= NARROW and X.strides[0] == X.itemsize:
        total = np.zeros((len(X), B.shape[1]))
        kernels.t_dot_add(X.T, B, total)
        return total.astype(B.dtype, copy=False)
    return X @ B


def add_t_dot(X: Array, A: Array, total: Array) -> None:
    """``total += X' A``."""
    if A.shape[1] <= NARROW and X.strides[1] == X.itemsize:
        kernels.t_dot_add(X, A, total)
    else:
        total += dot(X.T, A) if X.strides[0] == X.itemsize else (A.T @ X).T


def power(Y: Array, exponent: float) -> Array:
    """``Y ** exponent``, without `pow` where a product, a root or a reciprocal serves."""
    if exponent == 0:
        return np.ones_like(Y)
    if exponent == -1:
        return np.divide(1, Y)
    if exponent < 0:
        inverse = power(Y, -exponent)
        return np.divide(1, inverse, out=inverse)
    if exponent == 0.5:
        return np.sqrt(Y)
    if exponent in (1, 2):
        return Y.copy() if exponent == 1 else np.square(Y)
    if exponent == 1.5:
        return Y * np.sqrt(Y)
    return Y ** Y.dtype.type(exponent)


def product(A: Array, B: Array, floor: float) -> Array:
    """``max(A B', floor)``."""
    Y = A @ B.T
    return np.maximum(Y, Y.dtype.type(floor), out=Y)


def strips(X: Array, A: Array, B: Array) -> Iterator[tuple[slice, Array]]:
    """The rows of X in strips, and ``A B'`` for each, in a buffer that the next one overwrites."""
    m, p = X.shape
    height = max(STRIP_ROWS, STRIP_BYTES // max(1, p * A.itemsize))
    buffer = np.empty((min(height, m), p), A.dtype)
    for low in range(0, m, height):
        rows = slice(low, min(low + height, m))
        yield rows, np.matmul(A[rows], B.T, out=buffer[: rows.stop - low])


def ratios(X: Array, A: Array, B: Array, beta: float, floor: float) -> Iterator[tuple[slice, Array, Array | None]]:
    """For each strip ``X * Y^(beta - 2)`` and ``Y^(beta - 1)`` (None for beta = 1, where it is all ones)."""
    least = np.full(X.shape[1], floor, A.dtype)  # NumPy's maximum of two arrays is faster than with a number
    for rows, Y in strips(X, A, B):
        np.maximum(Y, least, out=Y)
        raised = None if beta == 1 else power(Y, beta - 1)
        if beta == 0 and raised is not None:
            ratio = np.multiply(X[rows], raised, out=Y)
        else:
            ratio = np.divide(X[rows], Y, out=Y)  # divided first: Y^(beta - 2) alone may leave the range of float32
        if raised is not None:
            ratio *= raised
        yield rows, ratio, raised


def weighted_ratios(
    Z: Array, weight: Array, A: Array, B: Array, beta: float, floor: float
) -> Iterator[tuple[slice, Array, Array]]:
    """For each strip ``Z * Y^(beta - 2)``, where Z is ``w x``, and ``w * Y^(beta - 1)``."""
    least = np.full(Z.shape[1], floor, A.dtype)
    for rows, Y in strips(Z, A, B):
        np.maximum(Y, least, out=Y)
        raised = power(Y, beta - 1)
        ratio = Z[rows] if beta == 2 else np.divide(Z[rows], Y, out=Y)
        if beta not in (1, 2):
            ratio *= raised
        raised *= weight[rows]
        yield rows, ratio, raised


def split(X: Array, A: Array, B: Array, beta: float, floor: float) -> tuple[Array, Array | None]:
    """``(X * Y^(beta - 2)) B`` and ``Y^(beta - 1) B``."""
    neg, pos = np.empty_like(A), None if beta == 1 else np.empty_like(A)
    for rows, ratio, raised in ratios(X, A, B, beta, floor):
        neg[rows] = dot(ratio, B)
        if pos is not None and raised is not None:
            pos[rows] = dot(raised, B)
    return neg, pos


def add_split_t(X: Array, A: Array, B: Array, beta: float, floor: float, neg: Array, pos: Array) -> None:
    """``neg += (X * Y^(beta - 2))' A`` and, unless beta = 1, ``pos += (Y^(beta - 1))' A``."""
    for rows, ratio, raised in ratios(X, A, B, beta, floor):
        add_t_dot(ratio, A[rows], neg)
        if raised is not None:
            add_t_dot(raised, A[rows], pos)


def value(X: Array, A: Array, B: Array, beta: float, floor: float) -> float:
    """``sum d_beta(x | y)`` over the block, summed in float64.

    beta = 2: half the squared error; beta = 1: ``x log(x / y) - x + y``; beta = 0: ``x / y - log(x / y) - 1``; else
    ``(x^beta + (beta - 1) y^beta - beta x y^(beta - 1)) / (beta (beta - 1))``; 0 log 0 = 0. The terms of beta = 1 and
    0 are float32 where X is, unless their sum is too small for that.
    """
    if beta in (0, 1) and X.dtype == np.float32:
        terms, size = _sum_up(X, A, B, beta, floor)
        if not terms < EXACT_BELOW * size:
            return terms
    return _sum_up(X, A.astype(np.float64), B.astype(np.float64), beta, floor)[0]


def weighted_value(X: Array, weight: Array, A: Array, B: Array, beta: float, floor: float) -> float:
    """``sum w d_beta(x | y)`` over the block, summed in float64; the value of a cell of weight 0 does not matter."""
    total = 0.0
    for rows, Y in strips(X, A.astype(np.float64), B.astype(np.float64)):
        counts = weight[rows] > 0
        x, y = X[rows][counts].astype(np.float64), Y[counts]
        total += float(weight[rows][counts].astype(np.float64) @ cells(x, y, beta, floor))
    return total


def cells(x: Array, y: Array, beta: float, floor: float) -> Array:
    """``d_beta(x | y)`` of each cell."""
    if beta == 2:
        return (x - y) ** 2 / 2
    y = np.maximum(y, floor)
    if beta == 1:
        return x * np.log(np.where(x > 0, x / y, 1)) - x + y
    if beta == 0:
        return x / y - np.log(x / y) - 1
    return (x**beta + (beta - 1) * y**beta - beta * x * y ** (beta - 1)) / (beta * (beta - 1))


def _sum_up(X: Array, A: Array, B: Array, beta: float, floor: float) -> tuple[float, float]:
    """The divergence from Y in the dtype of the factors, and what its terms add up to before they cancel."""
    total = size = 0.0
    for rows, Y in strips(X, A, B):
        x = X[rows].astype(A.dtype, copy=False)
        total += TERMS.get(beta, _power_terms)(x, Y, beta, floor)
        size += _sum(x) if beta else x.size
    return total, size


def _squares(X: Array, Y: Array, beta: float, floor: float) -> float:
    Y -= X
    return float(np.vdot(Y, Y)) / 2


def _kullback_leibler(X: Array, Y: Array, beta: float, floor: float) -> float:
    linear = _sum(Y) - _sum(X)
    np.divide(X, np.maximum(Y, Y.dtype.type(floor), out=Y), out=Y)
    np.log(np.maximum(Y, np.finfo(Y.dtype).tiny, out=Y), out=Y)  # x log tiny is 0 where x / y underflows
    return linear + float(np.einsum("ij,ij->i", X, Y).sum(dtype=np.float64))


def _itakura_saito(X: Array, Y: Array, beta: float, floor: float) -> float:
    np.divide(X, np.maximum(Y, Y.dtype.type(floor), out=Y), out=Y)
    return _sum(Y) - Y.size - _sum(np.log(Y, out=Y))


def _sum(Y: Array) -> float:
    """The sum of all cells: of a row in its own dtype, of the rows in float64; a cast of every cell costs more."""
    return float(Y.sum(axis=1).sum(dtype=np.float64))


def _power_terms(X: Array, Y: Array, beta: float, floor: float) -> float:
    np.maximum(Y, Y.dtype.type(floor), out=Y)
    terms = power(Y, beta - 1)
    last = (beta - 1) * np.vdot(terms, Y) - beta * np.vdot(terms, X)
    return float((np.sum(X**beta) + last) / (beta * (beta - 1)))


TERMS = {2.0: _squares, 1.0: _kullback_leibler, 0.0: _itakura_saito}
