"""Stochastic gradient descent."""

import numpy as np


def sgd_pass(csr, weights, start, stop, A, B, rate, ridge, is_signed):
    """One step of gradient descent at every stored entry of the rows, in their order; ``A`` and ``B`` are overwritten.

    With w the entry's weight and e = x - a . b at the current rows, both rows move by what they were before::

        a <- max(0, a + rate w (2 e b - ridge a)),   b <- max(0, b + rate w (2 e a - ridge b))

    ``is_signed`` leaves out the max. ``weights`` lie beside ``csr[2]``, of the same length and dtype. Not monotone, and
    the result depends on the order of the entries: that is the method. O(nnz k).
    """
    indptr, indices, data = csr
    lowest = A.dtype.type(-np.inf if is_signed else 0)
    for i in range(start, stop):
        for place in range(indptr[i], indptr[i + 1]):
            a, b = A[i - start].copy(), B[indices[place]].copy()
            step = A.dtype.type(rate) * weights[place]
            keep, pull = 1 - step * A.dtype.type(ridge), 2 * step * (data[place] - a @ b)
            A[i - start] = np.maximum(keep * a + pull * b, lowest)
            B[indices[place]] = np.maximum(keep * b + pull * a, lowest)
