"""Sums over entries: the divergence, and what a reader of X wants to know of it first."""

import numpy as np

from partwise.kernels.reference.products import rows_of, stored_y


def csr_value(csr, start, stop, A, B, beta, floor):
    """Sum over stored entries of the part of ``d_beta(x | y)`` that is zero where x = 0, as a float64.

    beta = 1: ``x log(x / y) - x``; beta = 0: ``x / y - log(x / y) - 1``;
    otherwise ``x^beta / (beta (beta - 1)) - x y^(beta - 1) / (beta - 1)``. A stored zero contributes 0.
    """
    X = rows_of(csr, start, stop, len(B))
    x = X.data.astype(np.float64)
    y = stored_y(X, A, B, floor).astype(np.float64)
    x, y = x[x > 0], y[x > 0]
    if beta == 1:
        return float(np.sum(x * np.log(x / y) - x))
    if beta == 0:
        return float(np.sum(x / y - np.log(x / y) - 1))
    return float(np.sum(x**beta / (beta * (beta - 1)) - x * y ** (beta - 1) / (beta - 1)))


def csr_weighted_value(csr, weights, start, stop, A, B, beta, floor):
    """Sum over stored entries of ``weight * d_beta(x | y)``, the whole divergence, as a float64. O(nnz k).

    ``weights`` lie beside ``csr[2]``, of the same length and dtype. An entry of weight 0 contributes exactly 0 whatever
    its x; x = 0 counts as the limit, y for beta = 1 and ``y^beta / beta`` for any other beta > 0. beta = 2 is
    ``(x - y)^2 / 2`` with y as it is: nothing is divided by it, and there is no floor.
    """
    X = rows_of(csr, start, stop, len(B))
    part = slice(csr[0][start], csr[0][stop])
    y = stored_y(X, A, B, -np.inf if beta == 2 else floor).astype(np.float64)
    counted = weights[part] != 0
    weight, x, y = weights[part][counted].astype(np.float64), X.data[counted].astype(np.float64), y[counted]
    return float(weight @ _divergence(x, y, beta))


def _divergence(x, y, beta):
    """``d_beta(x | y)``, entry by entry."""
    if beta == 2:
        return (x - y) ** 2 / 2
    if beta == 1:
        return x * np.log(np.where(x == 0, 1, x / y)) - x + y
    if beta == 0:
        return x / y - np.log(x / y) - 1
    at_zero = y**beta / beta
    return np.where(x == 0, at_zero, x**beta / (beta * (beta - 1)) - x * y ** (beta - 1) / (beta - 1) + at_zero)


def column_sums(A, total):
    """``total += A.sum(axis=0)``, float64, row after row. O(m k)."""
    total += A.sum(axis=0, dtype=np.float64)


def summary(values):
    """Sum and sum of squares, in float64; the lowest and the largest of the numbers and 0; how many are not 0.

    O(m). Infinities and nan show in the sum.
    """
    wide = values.astype(np.float64)
    extremes = float(wide.min(initial=0)), float(wide.max(initial=0))
    with np.errstate(over="ignore", invalid="ignore"):
        sums = float(wide.sum()), float(wide @ wide)
    return *sums, *extremes, int(np.count_nonzero(values))
