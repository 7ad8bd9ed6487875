"""The one objective of the race: float64, plain NumPy, whoever made the factors, and never X or W H as a whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import scipy.sparse as sp

CELLS = 1 << 21  # of a temporary


def objective(X: np.ndarray | sp.csr_matrix, W: np.ndarray, H: np.ndarray, beta: float) -> float:
    """``d_beta(X | W H)``: half the squared Frobenius norm (2), Kullback-Leibler (1), Itakura-Saito (0)."""
    W, H = np.asarray(W, dtype=np.float64), np.asarray(H, dtype=np.float64)
    if not (np.isfinite(W).all() and np.isfinite(H).all() and W.min() >= 0 and H.min() >= 0):
        return float("inf")
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(sparse(X, W, H, beta) if sp.issparse(X) else sum(dense(X, W, H, beta)))


def dense(X: np.ndarray, W: np.ndarray, H: np.ndarray, beta: float) -> Iterator[float]:
    """The objective of each block of rows, entry by entry."""
    rows = max(1, CELLS // X.shape[1])
    for start in range(0, len(X), rows):
        x = X[start : start + rows].astype(np.float64)
        yield divergence(x, W[start : start + rows] @ H, beta)


def divergence(x: np.ndarray, y: np.ndarray, beta: float) -> float:
    """The sum over the entries, with ``0 log 0 = 0``."""
    if beta == 2:
        return 0.5 * float(np.square(x - y).sum())
    if beta == 1:
        return float(np.where(x > 0, x * np.log(x / y), 0).sum() - x.sum() + y.sum())
    return float((x / y - np.log(x / y) - 1).sum())


def sparse(X: sp.csr_matrix, W: np.ndarray, H: np.ndarray, beta: float) -> float:
    """The stored entries, and the rest in closed form; beta 2 or 1."""
    x, y = X.data.astype(np.float64), stored(X, W, H)
    if beta == 2:
        return 0.5 * float(x @ x - 2 * (x @ y) + np.sum((W.T @ W) * (H @ H.T)))
    return float(np.sum(np.where(x > 0, x * np.log(x / y), 0)) - x.sum() + W.sum(0) @ H.sum(1))


def stored(X: sp.csr_matrix, W: np.ndarray, H: np.ndarray) -> np.ndarray:
    """``W H`` where X has stored entries."""
    rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    Ht, y = np.ascontiguousarray(H.T), np.empty(X.nnz)
    some = max(1, CELLS // H.shape[0])
    for start in range(0, X.nnz, some):
        part = slice(start, start + some)
        np.einsum("ij,ij->i", W[rows[part]], Ht[X.indices[part]], out=y[part])
    return y
