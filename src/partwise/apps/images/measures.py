"""How sparse parts are, and how far pictures are from each other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

__all__ = ["hoyer", "relative_error"]


def hoyer(A: Any) -> np.ndarray:
    """Hoyer's sparseness of every row: 0 where all entries are alike, 1 where all but one are 0.

    ``(sqrt(p) - |a|_1 / |a|_2) / (sqrt(p) - 1)``; a row of zeros has 1, a row of one entry 0.

    Parameters
    ----------
    A : array-like of shape (n, p)
        Signs do not matter.

    Returns
    -------
    ndarray of shape (n,), 0 to 1

    References
    ----------
    P. O. Hoyer (2004), Non-negative matrix factorization with sparseness constraints,
    https://www.jmlr.org/papers/v5/hoyer04a.html.

    Examples
    --------
    >>> from partwise.apps.images import hoyer
    >>> hoyer([[1, 1, 1, 1], [0, 0, 7, 0]]).tolist()
    [0.0, 1.0]
    """
    A = np.abs(np.asarray(A, dtype=np.float64))
    root = math.sqrt(A.shape[1])
    if root <= 1:
        return np.zeros(len(A))
    norms = np.linalg.norm(A, axis=1)
    ratio = np.where(norms > 0, A.sum(axis=1) / np.where(norms > 0, norms, 1), 1)
    return np.clip((root - ratio) / (root - 1), 0, 1)


def relative_error(X: np.ndarray, Y: np.ndarray) -> float:
    """``|X - Y| / |X|``."""
    return float(np.linalg.norm(X - Y) / (np.linalg.norm(X) or 1.0))
