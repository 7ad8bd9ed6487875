"""Products of rows of X with a factor, dense and sparse, and what is made of the two at the stored entries."""

import numpy as np
import scipy.sparse as sp


def dot(X, B, out):
    """Write ``X @ B`` into ``out`` of shape (m, k); X (m, p) is dense, the numbers of a row together. O(m p k)."""
    np.matmul(X, B, out=out)


def t_dot_add(X, A, total):
    """Add ``X.T @ A`` to the float64 array ``total`` of shape (p, k); X as for `dot`."""
    total += (A.T @ X).T  # BLAS is faster this way round


def gram_add(A, total):
    """Add ``A.T @ A`` to the float64 array ``total`` of shape (k, k); sums of some rows are in the dtype of A."""
    total += A.T @ A


def csr_dot(csr, start, stop, B, out):
    """Write ``X[start:stop] @ B`` into ``out`` of shape (m, k). O(nnz k)."""
    out[...] = rows_of(csr, start, stop, len(B)) @ B


def csr_t_dot_add(csr, start, stop, A, total):
    """Add ``X[start:stop].T @ A`` to the float64 array ``total`` of shape (p, k). O(nnz k)."""
    total += rows_of(csr, start, stop, len(total)).T @ A


def rows_dot(X, B, out):
    """Write ``X @ B`` of a dense C-ordered X into ``out``; a row's result has the same bits whatever the other rows.

    BLAS gives no such promise: it adds in an order that depends on the number of rows. Sums run over chunks of 256
    columns. O(m p k), less where columns are 0.
    """
    out[...] = 0
    for low in range(0, X.shape[1], 256):
        for i in range(len(X)):
            out[i] += X[i, low : low + 256] @ B[low : low + 256]


def rows_of(csr, start, stop, p):
    """Rows ``start:stop`` as a SciPy CSR array that shares memory with ``csr``."""
    indptr, indices, data = csr
    low, high = indptr[start], indptr[stop]
    return sp.csr_array(
        (data[low:high], indices[low:high], indptr[start : stop + 1] - low),
        shape=(stop - start, p),
        copy=False,
    )


def csr_residual(csr, start, stop, A, B, out):
    """Write ``x - a_i . b_j`` at the stored entries of the rows, in their order, into ``out``. O(nnz k)."""
    X = rows_of(csr, start, stop, len(B))
    out[...] = X.data - stored_y(X, A, B, -np.inf)


def row_grams(csr, start, stop, B, base, out):
    """Write ``base + sum_j e_ij b_j b_j'`` over the stored entries e of every row i into ``out`` of shape (m, k, k).

    What a row of A sees of B where each cell has a weight of its own: with the weights for data and a ``base`` of 0 the
    weighted Gram matrix; with ``base = B'B`` and -1 at the missing cells what is left of it. Data may have any sign;
    sums are float64 whatever the dtype, rounded once. ``base`` (k, k) is float64 and symmetric, and may hold a ridge.
    O(nnz k^2).
    """
    indptr, indices, data = csr
    for i in range(start, stop):
        entries = slice(indptr[i], indptr[i + 1])
        b = B[indices[entries]].astype(np.float64)
        out[i - start] = base + (b.T * data[entries]) @ b


def csr_ratio_dot(csr, start, stop, A, B, beta, floor, out):
    """Write ``(x * y^(beta - 2)) @ B`` over the stored entries into ``out`` of shape (m, k). O(nnz k).

    ``x`` may have any sign: with weights for data, ``beta + 1`` gives the ``(weight * y^(beta - 1)) @ B`` of a mask.
    """
    out[...] = _ratio(rows_of(csr, start, stop, len(B)), A, B, beta, floor) @ B


def csr_ratio_t_dot_add(csr, start, stop, A, B, beta, floor, total):
    """Add ``(x * y^(beta - 2)).T @ A`` over the stored entries to ``total`` of shape (p, k). O(nnz k)."""
    total += _ratio(rows_of(csr, start, stop, len(B)), A, B, beta, floor).T @ A


def _ratio(X, A, B, beta, floor):
    """The block with ``x y^(beta - 2)`` in place of x at its stored entries, 0 where x = 0 whatever y."""
    y = stored_y(X, A, B, floor)
    with np.errstate(over="ignore", invalid="ignore"):  # the power of a small y may be infinite, and 0 times that nan
        values = X.data / y if beta == 1 else X.data * y ** X.data.dtype.type(beta - 2)
    values[X.data == 0] = 0
    return sp.csr_array((values, X.indices, X.indptr), shape=X.shape, copy=False)


def stored_y(X, A, B, floor):
    """``max(a_i . b_j, floor)`` at the stored entries of the block ``X``, in their order."""
    rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    y = np.empty(len(X.data), X.data.dtype)
    for low in range(0, len(y), 65536):  # never an array of size nnz x k
        part = slice(low, low + 65536)
        y[part] = np.einsum("ij,ij->i", A[rows[part]], B[X.indices[part]])
    return np.maximum(y, floor, out=y)
