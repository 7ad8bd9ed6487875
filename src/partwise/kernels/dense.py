"""The products of a dense block, by kernels, BLAS and NumPy; buffers are of the size of the block, never of X.

The same vocabulary as the sparse kernels, see `partwise.kernels.reference`. A block has at most a few MiB (the grid
sees to that), so the temporaries stay in cache.
"""

import numpy as np

from partwise import kernels

Array = np.ndarray

NARROW = 64
"""Columns of a factor up to which a product is left to our kernels, which need not pack X or pad k as BLAS does."""


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


def ratio_and_power(X: Array, A: Array, B: Array, beta: float, floor: float) -> tuple[Array, Array | None]:
    """``X * Y^(beta - 2)`` and ``Y^(beta - 1)`` (None for beta = 1, where it is all ones)."""
    Y = product(A, B, floor)
    if beta == 1:
        return np.divide(X, Y, out=Y), None
    raised = power(Y, beta - 1)
    ratio = np.divide(X, Y, out=Y)  # divided first: Y^(beta - 2) alone may leave the range of float32
    ratio *= raised
    return ratio, raised


def value(X: Array, A: Array, B: Array, beta: float, floor: float) -> float:
    """``sum d_beta(x | y)`` over the block in float64.

    beta = 2: half the squared error; beta = 1: ``x log(x / y) - x + y``; beta = 0: ``x / y - log(x / y) - 1``; else
    ``(x^beta + (beta - 1) y^beta - beta x y^(beta - 1)) / (beta (beta - 1))``; 0 log 0 = 0.
    """
    X, Y = X.astype(np.float64), A.astype(np.float64) @ B.astype(np.float64).T
    if beta == 2:
        Y -= X
        return float(np.vdot(Y, Y)) / 2
    if beta == 1:
        inside = X > 0
        x, y = X[inside], np.maximum(Y[inside], floor)
        return float(x @ np.log(x / y) - x.sum() + Y.sum())
    np.maximum(Y, floor, out=Y)
    if beta == 0:
        X /= Y
        return float(np.sum(X - np.log(X) - 1))
    terms = power(Y, beta - 1)
    last = (beta - 1) * np.vdot(terms, Y) - beta * np.vdot(terms, X)
    return float((np.sum(X**beta) + last) / (beta * (beta - 1)))
