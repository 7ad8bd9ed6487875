"""Beta-divergences of dense rows: their value and the two parts of their gradient, strip by strip of rows."""

from collections.abc import Iterator

import numpy as np

Array = np.ndarray

STRIP_BYTES, STRIP_ROWS = 1 << 19, 128
"""Y is formed in strips of rows that stay in L2 with what is made of them; all columns are met once a strip."""


def split(X, A, B, beta, floor, neg, pos):
    """Write ``(X * Y^(beta - 2)) B`` into ``neg`` and, unless beta = 1, ``Y^(beta - 1) B`` into ``pos``.

    ``Y = max(A B', floor)``; X (m, p) is dense, neg and pos (m, k). ``pos`` is None for beta = 1, where the power is 1
    everywhere. The native kernel knows beta = 1 and 0 only. O(m p k).
    """
    for rows, ratio, raised in ratios(X, A, B, beta, floor):
        np.matmul(ratio, B, out=neg[rows])
        if raised is not None:
            np.matmul(raised, B, out=pos[rows])


def split_t_add(X, A, B, beta, floor, neg, pos):
    """Add ``(X * Y^(beta - 2))' A`` to ``neg`` and, unless beta = 1, ``(Y^(beta - 1))' A`` to ``pos``.

    Both (p, k) and float64; the rest is as for `split`.
    """
    for rows, ratio, raised in ratios(X, A, B, beta, floor):
        neg += (A[rows].T @ ratio).T
        if raised is not None:
            pos += (A[rows].T @ raised).T


def divergence(X, A, B, beta, floor):
    """``sum d_beta(x | y)`` over the cells of dense rows, the terms in the dtype of the factors.

    beta = 2: half the squared error; beta = 1: ``x log(x / y) - x + y``; beta = 0: ``x / y - log(x / y) - 1``; else
    ``(x^beta + (beta - 1) y^beta - beta x y^(beta - 1)) / (beta (beta - 1))``; 0 log 0 = 0. The native kernel knows
    beta = 2, 1 and 0 only. O(m p k).
    """
    terms = TERMS.get(beta, _power_terms)
    return sum(terms(X[rows].astype(A.dtype, copy=False), Y, beta, floor) for rows, Y in strips(X, A, B))


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


def _squares(X: Array, Y: Array, beta: float, floor: float) -> float:
    Y -= X
    return float(np.einsum("ij,ij->i", Y, Y).sum(dtype=np.float64)) / 2


def _kullback_leibler(X: Array, Y: Array, beta: float, floor: float) -> float:
    linear = _sum(Y) - _sum(X)
    np.divide(X, np.maximum(Y, Y.dtype.type(floor), out=Y), out=Y)
    np.log(np.maximum(Y, np.finfo(Y.dtype).tiny, out=Y), out=Y)  # x log tiny is 0 where x / y underflows
    return linear + float(np.einsum("ij,ij->i", X, Y).sum(dtype=np.float64))


def _itakura_saito(X: Array, Y: Array, beta: float, floor: float) -> float:
    np.divide(X, np.maximum(Y, Y.dtype.type(floor), out=Y), out=Y)
    return _sum(Y) - Y.size - _sum(np.log(Y, out=Y))


def _power_terms(X: Array, Y: Array, beta: float, floor: float) -> float:
    np.maximum(Y, Y.dtype.type(floor), out=Y)
    terms = power(Y, beta - 1)
    last = (beta - 1) * np.vdot(terms, Y) - beta * np.vdot(terms, X)
    return float((np.sum(X**beta) + last) / (beta * (beta - 1)))


def _sum(Y: Array) -> float:
    """The sum of all cells: of a row in its own dtype, of the rows in float64; a cast of every cell costs more."""
    return float(Y.sum(axis=1).sum(dtype=np.float64))


TERMS = {2.0: _squares, 1.0: _kullback_leibler, 0.0: _itakura_saito}
