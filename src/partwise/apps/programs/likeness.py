"""How alike non-negative vectors are, and which of one set belongs to which of another."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["STABLE", "again", "assign", "cosines"]

STABLE = 0.8
"""From this cosine on a component counts as found again."""


def cosines(A: Any, B: Any) -> np.ndarray:
    """The cosine of every row of A with every row of B, (len(A), len(B)); rows of zeros are like nothing.

    Examples
    --------
    >>> from partwise.apps.programs.likeness import cosines
    >>> cosines([[3, 4]], [[3, 4], [0, 1]]).round(2).tolist()
    [[1.0, 0.8]]
    """
    A, B = unit(A), unit(B)
    return np.minimum(A @ B.T, 1.0)


def unit(A: Any) -> np.ndarray:
    """Rows of length 1; those of zeros stay."""
    A = np.asarray(A, dtype=np.float64)
    lengths = np.linalg.norm(A, axis=1, keepdims=True)
    return A / np.where(lengths > 0, lengths, 1)


def assign(alike: np.ndarray) -> np.ndarray:
    """For each row the column that is its own, one to one, so that the sum is largest; -1 where columns run out.

    Notes
    -----
    The Hungarian method, O(max(n, m)^3).

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.programs.likeness import assign
    >>> assign(np.array([[0.9, 0.8], [0.8, 0.1]])).tolist()
    [1, 0]
    """
    from scipy.optimize import linear_sum_assignment

    own = np.full(len(alike), -1)
    rows, columns = linear_sum_assignment(-alike)
    own[rows] = columns
    return own


def again(H: Any, other: Any) -> np.ndarray:
    """How well each row is found in another set: the cosine with its partner, one to one; 0 without one.

    Examples
    --------
    >>> from partwise.apps.programs.likeness import again
    >>> again([[1, 0], [0, 1]], [[0, 2], [3, 4]]).round(2).tolist()
    [0.6, 1.0]
    """
    alike = cosines(H, other)
    own = assign(alike)
    return np.where(own < 0, 0.0, alike[np.arange(len(alike)), own])
