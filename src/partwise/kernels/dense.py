"""The products of a dense block, by kernels, BLAS and NumPy; buffers are of the size of the block, never of X.

The same vocabulary as the sparse kernels, see `partwise.kernels.reference`. A block has at most a few MiB (the grid
sees to that), so the temporaries stay in cache.
"""

from collections.abc import Container, Iterator
from typing import Any

import numpy as np

from partwise import kernels
from partwise.kernels import reference
from partwise.kernels.reference.divergences import power, strips

Array = np.ndarray

NARROW = 64
"""Columns of a factor up to which a product is left to our kernels, which need not pack X or pad k as BLAS does."""

EXACT_BELOW = 1e-3
"""Share of its terms below which a divergence of float32 numbers is summed from float64 ones."""


SIZES = {
    2.0: lambda X, A, B: float(np.vdot(A.T @ A, B.T @ B)) / 2,
    1.0: lambda X, A, B: float(A.sum(axis=0) @ B.sum(axis=0)),
    0.0: lambda X, A, B: float(X.size),
}
"""About what the terms of a divergence from A B' add up to before they cancel."""


def dot(X: Array, B: Array, out: Array | None = None) -> Array:
    """``X B``."""
    if out is None:
        out = np.empty((len(X), B.shape[1]), B.dtype)
    if B.shape[1] <= NARROW and X.strides[1] == X.itemsize:
        kernels.dot(X, B, out)
        return out
    if B.shape[1] <= NARROW and X.strides[0] == X.itemsize:
        total = np.zeros((len(X), B.shape[1]))
        kernels.t_dot_add(X.T, B, total)
        out[...] = total
        return out
    return np.matmul(X, B, out=out)


def add_t_dot(X: Array, A: Array, total: Array) -> None:
    """``total += X' A``."""
    if A.shape[1] <= NARROW and X.strides[1] == X.itemsize:
        kernels.t_dot_add(X, A, total)
    else:
        total += dot(X.T, A) if X.strides[0] == X.itemsize else (A.T @ X).T


def gram(A: Array) -> Array:
    """``A'A`` in float64."""
    total = np.zeros((A.shape[1], A.shape[1]))
    add_gram(A, total)
    return total


def add_gram(A: Array, total: Array) -> None:
    """``total += A'A``; A is C-ordered."""
    if A.shape[1] <= NARROW:
        kernels.gram_add(A, total)
    else:
        total += A.T @ A


def product(A: Array, B: Array, floor: float) -> Array:
    """``max(A B', floor)``."""
    Y = A @ B.T
    return np.maximum(Y, Y.dtype.type(floor), out=Y)


def build(X: Array, B: Array, beta: float, known: Container[float] = (0, 1)) -> Any:
    """The kernels for a divergence: ours where they know it and the factor is narrow, else the reference, by BLAS."""
    return kernels if beta in known and B.shape[1] <= NARROW and X.strides[1] == X.itemsize else reference


def split(X: Array, A: Array, B: Array, beta: float, floor: float) -> tuple[Array, Array | None]:
    """``(X * Y^(beta - 2)) B`` and ``Y^(beta - 1) B``, None for beta = 1."""
    neg, pos = np.empty_like(A), None if beta == 1 else np.empty_like(A)
    build(X, B, beta).split(X, A, B, beta, floor, neg, pos)
    return neg, pos


def add_split_t(X: Array, A: Array, B: Array, beta: float, floor: float, neg: Array, pos: Array) -> None:
    """``neg += (X * Y^(beta - 2))' A`` and, unless beta = 1, ``pos += (Y^(beta - 1))' A``."""
    build(X, B, beta).split_t_add(X, A, B, beta, floor, neg, None if beta == 1 else pos)


def value(X: Array, A: Array, B: Array, beta: float, floor: float) -> float:
    """``sum d_beta(x | y)`` over the block, summed in float64; see `partwise.kernels.reference.divergence`.

    The terms are float32 where X is and beta is 2, 1 or 0, unless their sum is too small for that.
    """
    if beta in SIZES:
        total = build(X, B, beta, SIZES).divergence(X, A, B, beta, floor)
        if X.dtype == np.float64 or not total < EXACT_BELOW * SIZES[beta](X, A, B):
            return total
    return reference.divergence(X, A.astype(np.float64), B.astype(np.float64), beta, floor)


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
