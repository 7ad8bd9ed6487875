"""Coordinate descent on the Kullback-Leibler divergence of rows."""

import numpy as np

from partwise.kernels.reference.bounds import bounds_of, projected

SWEEP_LIMIT_TINY = 1e-300
"""Guards a division where both sides are zero; far below every floor a caller passes."""


def kl_solve(csr, start, stop, A, B, colsum, l1, l2, floor, tol, max_sweeps, converged, lower=None, upper=None):
    """Minimise the Kullback-Leibler divergence of every row of X over its row a >= 0 of ``A``, B fixed.

    Coordinate descent on the row's nonzeros, see `kl_sweep`, four sweeps a round. ``colsum`` (k,) holds the column
    sums of B, or (m, k) those of each row; ``floor`` is a share of the row's largest x here. A row is finished before
    the first round in which, for all q, the projected gradient is <= ``tol * (colsum[q] + l1)`` in absolute value; a
    row never looks at its neighbours. A row without nonzeros becomes 0, or its lower bounds. ``A`` is overwritten;
    ``converged`` as in `hals_solve`.
    """
    lower, upper = bounds_of(A, lower, upper)
    pushes = np.broadcast_to(colsum, A.shape) + l1
    for i, x, b in _positive_rows(csr, start, stop, B):
        converged[i] = 0
        for sweep in range(0, max_sweeps, 4):
            y, pull = _kl_look(x, b, A[i], floor, lower[i])
            g = pushes[i] + l2 * A[i] - pull
            worst = np.abs(projected(A[i], g, lower[i], upper[i])) / np.maximum(pushes[i], SWEEP_LIMIT_TINY)
            if worst.max(initial=0) <= tol:
                converged[i] = 1
                break
            bounds = lower[i], upper[i]
            _kl_descend(x, b, A[i], y, g, pushes[i], l2, floor, min(4, max_sweeps - sweep), *bounds)


def kl_sweep(csr, start, stop, A, B, colsum, l1, l2, floor, sweeps, grad2, neg2, lower=None, upper=None):
    """``sweeps`` rounds of coordinate descent on the Kullback-Leibler divergence of every row; returns its stored part.

    For each row, with x its nonzeros, b the rows of B beside them, y = b @ a floored at ``floor`` times the largest x,
    first the gradient g = colsum + l1 + l2 a - sum(x b / y) of all coordinates is taken; it makes the evidence
    ``grad2`` (projected) and ``neg2`` (of sum(x b / y)). Then each coordinate with a_q > 0 or g_q < 0, in turn, takes a
    step that lowers the divergence and never passes its minimiser, from pull = sum(x b_q / y), curve = sum(x b_q^2 /
    y^2) and push = colsum[q] + l1 + l2 a_q at the current y:

    * pull > push: up, to where ``pull / (1 + d curve / pull) = push``: the left side is below the true pull (Jensen).
    * down to 0, where Newton's step would leave the positive numbers and sum(x b_q / (y - a_q b_q)) <= colsum[q] + l1;
    * else down, to the share t of a_q where ``pull - a_q curve + a_q curve / t = push``: each 1 / (1 - s (1 - t)) lies
      below its chord in s = a_q b_q / y.

    Each agrees with Newton's step near the minimiser. With bounds it ends at the first it meets, and a coordinate moves
    whose step is not barred by one. A row without nonzeros becomes 0, or its lower bounds. ``colsum`` (k,) holds the
    column sums of B. Where cells have weights w, the data are w x and ``colsum`` (m, k) holds ``sum_j w_ij b_j`` for
    each row, >= 0 and not below its rounding if it is a difference. Returns the sum over stored
    entries of ``x log(x / y) - x`` with the new rows. O(nnz k + nnz (coordinates that can move) sweeps).

    References
    ----------
    Hsieh & Dhillon (2011), doi:10.1145/2020408.2020577; Hien & Gillis (2021), doi:10.1007/s10915-021-01504-0
    """
    value, (lower, upper) = 0.0, bounds_of(A, lower, upper)
    pushes = np.broadcast_to(colsum, A.shape) + l1
    for i, x, b in _positive_rows(csr, start, stop, B):
        y, pull = _kl_look(x, b, A[i], floor, lower[i])
        g = pushes[i] + l2 * A[i] - pull
        grad2 += projected(A[i], g, lower[i], upper[i]) ** 2
        neg2 += pull.astype(np.float64) ** 2
        y = _kl_descend(x, b, A[i], y, g, pushes[i], l2, floor, sweeps, lower[i], upper[i])
        x, y = x.astype(np.float64), y.astype(np.float64)
        value += float(np.sum(x * np.log(x / y) - x))
    return value


def _positive_rows(csr, start, stop, B):
    """Number in the range, positive x and rows of B beside them; the rows of ``A`` without any are the caller's."""
    indptr, indices, data = csr
    for i in range(start, stop):
        nonzeros = slice(indptr[i], indptr[i + 1])
        x, b = data[nonzeros], B[indices[nonzeros]]
        yield i - start, x[x > 0], b[x > 0]


def _kl_look(x, b, a, floor, lower):
    """y = b a, floored, and the pull of every coordinate."""
    if not len(x):
        a[...] = lower
    y = np.maximum(b @ a, _kl_floor(x, floor))
    return y, (x / y) @ b


def _kl_floor(x, floor):
    """The smallest y of a row; at least such that (b / y)^2 is a number even in a row of almost nothing."""
    return x.dtype.type(max(floor * x.max(initial=0), 1e-154 if x.dtype == np.float64 else 1e-19))


def _kl_descend(x, b, a, y, g, scale, l2, floor, sweeps, lower, upper):
    """Sweeps over the coordinates of one row that can move, in place; returns y."""
    moving = np.flatnonzero(((a > lower) | (g < 0)) & ((a < upper) | (g > 0))) if len(x) else []
    floor = _kl_floor(x, floor)
    for _ in range(sweeps):
        for q in moving:
            new = np.clip(x.dtype.type(_kl_best(x, b[:, q], y, a[q], scale[q], l2, floor)), lower[q], upper[q])
            y = np.maximum(y + (new - a[q]) * b[:, q], floor)
            a[q] = new
    return y


def _kl_best(x, b, y, a, scale, l2, floor):
    """The new value of one coordinate."""
    share = b / y
    pull, curve, now = float(x @ share), float((x * share) @ share), float(a)
    push = scale + l2 * now
    g = push - pull
    if g < 0:
        slope = push * curve / pull + l2
        bottom = slope + np.sqrt(slope * slope - 4 * l2 * curve / pull * g)
        return now - 2 * g / bottom if bottom > 0 else 0.0
    if now == 0:
        return 0.0
    if now * (curve + l2) <= g and x @ (b / np.maximum(y - a * b, floor)) <= scale:
        return 0.0
    bend = now * curve
    rest = scale - pull + bend
    return now * 2 * bend / (rest + np.sqrt(rest * rest + 4 * l2 * now * bend))
