"""How near to X any matrix of some rank can be, by Eckart and Young."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.data import as_data
from partwise.kernels import pool

EXACT_BELOW = 1e9
"""Up to this ``n p min(n, p)`` LAPACK finds all singular values, in about a second."""


def svd_bound(X: Any, k: int) -> float:
    """``sqrt(sum_{i > k} sigma_i(X)^2)``; ARPACK for large X, whose converged values keep the bound honest."""
    n, p = X.shape
    if k >= min(n, p):
        return 0.0
    if n * p * min(n, p) <= EXACT_BELOW:
        values = np.linalg.svd(np.asarray(X.toarray() if sp.issparse(X) else X, np.float64), compute_uv=False)
        return float(np.linalg.norm(values[k:]))
    from scipy.sparse.linalg import svds

    values: Any = svds(X.astype(np.float64), k=k, return_singular_vectors=False, v0=np.ones(min(n, p)))
    with pool.session() as threads:
        total = as_data(X, threads).norm2
    margin = 1e-12 * total  # the iterated values err downwards, the difference of two sums by rounding: stay below
    return float(np.sqrt(max(total - float(np.sum(values**2)) - margin, 0.0)))
