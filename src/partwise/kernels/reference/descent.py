"""Coordinate descent on least squares in rows, which share a Gram matrix or have one each."""

import numpy as np

from partwise.kernels.reference.bounds import bounds_of, projected
from partwise.kernels.reference.products import row_grams


def hals(A, gram, cross, l1, sweeps, grad2, neg2, norm2, lower=None, upper=None):
    """``sweeps`` rounds of coordinate descent on ``1/2 a gram a' - (cross - l1) a'`` for every row a >= 0 of ``A``.

    ``A`` is overwritten. For q = 0..k-1 in order, with g = a . gram[:, q] - cross[q] + l1 taken at the *current*
    a: a_q <- max(0, a_q - g / gram[q, q]), or clipped to its bounds; a coordinate with gram[q, q] <= 0 is left alone.
    ``gram`` (k, k), symmetric, already holds the ridge; ``cross`` is (m, k). Squares are added to three sums: to
    ``grad2`` those of the projected gradient met in the first sweep (g where a_q > 0, else min(g, 0)), to ``neg2``
    those of ``cross``, to ``norm2`` those of the new ``A``.
    Each coordinate step is the exact minimiser, hence monotone. O(m k^2 sweeps).

    References
    ----------
    Cichocki & Phan (2009), doi:10.1587/transfun.E92.A.708; Gillis & Glineur (2012), doi:10.1162/NECO_a_00256
    """
    lower, upper = bounds_of(A, lower, upper)
    neg2 += np.einsum("ij,ij->j", cross, cross, dtype=np.float64)
    for sweep in range(sweeps):
        for q in range(A.shape[1]):
            g, step = _slope(A, gram, cross, l1, q)
            if sweep == 0:
                met = projected(A[:, q], g, lower[:, q], upper[:, q]).astype(np.float64)
                grad2[q] += met @ met
            np.clip(A[:, q] - step, lower[:, q], upper[:, q], out=A[:, q])
    norm2 += np.einsum("ij,ij->j", A, A, dtype=np.float64)


def quadratic_value(A, gram, cross):
    """``sum_i 1/2 a_i gram a_i' - cross_i a_i'``, a float64 from float64 products, whatever the dtype of ``A``.

    ``gram`` (k, k), symmetric, and ``cross`` (m, k) are float64. O(m k^2).
    """
    rows = A.astype(np.float64)
    return float(np.vdot(gram, rows.T @ rows) / 2 - np.vdot(cross, rows))


def row_hals(A, grams, cross, l1, sweeps, grad2, neg2, norm2, lower=None, upper=None):
    """`hals` where row i has the Gram matrix ``grams[i]``: ``grams`` is (m, k, k), of the dtype of A.

    A coordinate is left alone in the rows whose ``grams[i, q, q]`` is <= 0. Monotone as `hals`. O(m k^2 sweeps).
    """
    hals(A, grams, cross, l1, sweeps, grad2, neg2, norm2, lower, upper)


def hals_solve(A, gram, cross, l1, tol, max_sweeps, converged, lower=None, upper=None):
    """The same coordinate descent, each row until its own projected gradient is small.

    A row is finished, and not touched again, after the first sweep in which the largest absolute projected
    gradient met is <= ``tol * max_q |cross_q|``; a row never looks at its neighbours. ``A`` is overwritten;
    ``converged``, uint8 of shape (m,), becomes 1 for the rows that finished within ``max_sweeps``.
    """
    lower, upper = bounds_of(A, lower, upper)
    converged[...] = 0
    limit = tol * np.abs(cross).max(axis=1, initial=0)
    for _ in range(max_sweeps):
        rows = np.flatnonzero(converged == 0)
        if not len(rows):
            return
        a, c, low, high = A[rows], cross[rows], lower[rows], upper[rows]
        grams, worst = gram if gram.ndim == 2 else gram[rows], np.zeros(len(rows), A.dtype)
        for q in range(A.shape[1]):
            g, step = _slope(a, grams, c, l1, q)
            np.maximum(worst, np.abs(projected(a[:, q], g, low[:, q], high[:, q])), out=worst)
            np.clip(a[:, q] - step, low[:, q], high[:, q], out=a[:, q])
        A[rows] = a
        converged[rows] = worst <= limit[rows]


def row_hals_solve(A, grams, cross, l1, tol, max_sweeps, converged, lower=None, upper=None):
    """`hals_solve` where row i has the Gram matrix ``grams[i]``: ``grams`` is (m, k, k), of the dtype of A."""
    hals_solve(A, grams, cross, l1, tol, max_sweeps, converged, lower, upper)


def row_gram_hals(csr, start, stop, A, B, base, cross, l1, sweeps, grad2, neg2, norm2, lower=None, upper=None):
    """`row_hals` with the Gram matrices of `row_grams`, each forgotten after its use.

    Returns ``sum_i 1/2 a gram_i a' - cross_i a'`` with the new rows, a float64. O(nnz k^2 + m k^2 sweeps).
    """
    grams = np.empty((stop - start, *base.shape), B.dtype)
    row_grams(csr, start, stop, B, base, grams)
    hals(A, grams, cross, l1, sweeps, grad2, neg2, norm2, lower, upper)
    pulled = np.einsum("ij,ijk->ik", A, grams, dtype=np.float64)
    return float(np.einsum("ij,ij->", A, pulled / 2 - cross, dtype=np.float64))


def row_descend(csr, start, stop, A, B, base, cross, l1, sweeps, grad2, neg2, norm2, lower=None, upper=None):
    """`row_gram_hals` without forming matrices: ``a gram_i`` is ``a base`` and a sum over the stored entries.

    Natively O(nnz k sweeps), and O(m k^2 sweeps) more unless ``base`` is 0; for many components less than to form the
    matrices. Coordinate descent on residuals, as CCD.

    References
    ----------
    Yu, Hsieh, Si & Dhillon (2012), doi:10.1109/ICDM.2012.168
    """
    return row_gram_hals(csr, start, stop, A, B, base, cross, l1, sweeps, grad2, neg2, norm2, lower, upper)


def _slope(A, gram, cross, l1, q):
    """The gradient of every row along coordinate q and the step to its zero; both 0 where the curvature is not > 0.

    ``gram`` is (k, k), or (m, k, k) with a matrix for each row.
    """
    slope = A @ gram[:, q] if gram.ndim == 2 else np.einsum("ij,ij->i", A, gram[:, :, q])
    curvature = gram[..., q, q]
    dead = curvature <= 0
    g = np.where(dead, A.dtype.type(0), slope - cross[:, q] + A.dtype.type(l1))
    return g, g / np.where(dead, A.dtype.type(1), curvature)
