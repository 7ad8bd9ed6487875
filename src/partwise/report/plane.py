"""Many numbers as two: components and items as points of a plane, the same points for the same numbers.

Signs are fixed, so a map is never the mirror image of another one of the same data.
"""

from __future__ import annotations

import numpy as np

__all__ = ["by_distances", "by_neighbours", "by_rows", "cosines"]

NEIGHBOURS = 15.0
"""Perplexity of `by_neighbours`: about so many neighbours keep a point in its place."""


def cosines(A: np.ndarray) -> np.ndarray:
    """The cosine of every row with every row, in 0..1 for non-negative rows; a row of zeros is like nothing.

    Examples
    --------
    >>> import numpy as np
    >>> cosines(np.array([[3.0, 4.0], [0.0, 1.0]])).tolist()
    [[1.0, 0.8], [0.8, 1.0]]
    """
    A = np.asarray(A, dtype=np.float64)
    lengths = np.linalg.norm(A, axis=1, keepdims=True)
    unit = A / np.where(lengths > 0, lengths, 1)
    return np.clip(unit @ unit.T, 0, 1)


def by_distances(D: np.ndarray) -> np.ndarray:
    """Points of the plane with nearly the given distances: classical multidimensional scaling.

    ``-1/2 J D^2 J = U diag(s) U'`` with ``J`` the centring; the points are the first two columns of ``U sqrt(s)``.

    Parameters
    ----------
    D : ndarray of shape (n, n), symmetric, non-negative, zeros on its diagonal

    Returns
    -------
    ndarray of shape (n, 2)

    Notes
    -----
    O(n^3).

    References
    ----------
    Torgerson (1952), doi:10.1007/BF02288916

    Examples
    --------
    >>> import numpy as np
    >>> points = by_distances(np.array([[0.0, 5.0], [5.0, 0.0]]))
    >>> float(np.hypot(*(points[0] - points[1])).round(6))
    5.0
    """
    squares = np.asarray(D, dtype=np.float64) ** 2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1)[:, None] + squares.mean()
    values, vectors = np.linalg.eigh(-centred / 2)
    return in_two(vectors[:, ::-1] * np.sqrt(np.maximum(values[::-1], 0)))


def by_rows(A: np.ndarray) -> np.ndarray:
    """The plane in which rows spread most: their first two principal components, (n, 2).

    Notes
    -----
    O(n p^2), by the p x p Gram matrix: rows are many and columns few.

    Examples
    --------
    >>> import numpy as np
    >>> by_rows(np.array([[0.0, 0.0, 0.0], [0.0, 3.0, 0.0]])).tolist()
    [[1.5, 0.0], [-1.5, 0.0]]
    """
    centred = np.asarray(A, dtype=np.float64)
    centred = centred - centred.mean(axis=0)
    _, vectors = np.linalg.eigh(centred.T @ centred)
    return in_two(centred @ vectors[:, ::-1])


def in_two(points: np.ndarray) -> np.ndarray:
    """The first two columns (zeros where there is only one), each with its largest entry above 0."""
    points = np.pad(points, ((0, 0), (0, max(0, 2 - points.shape[1]))))[:, :2]
    if not len(points):
        return points
    places = np.abs(points.round(9)).argmax(axis=0)
    return points * np.where(points[places, [0, 1]] < 0, -1.0, 1.0) + 0.0


def by_neighbours(A: np.ndarray, steps: int = 300) -> np.ndarray:
    """Points of the plane that keep the neighbours of every row: t-SNE, from the plane of `by_rows`.

    The chance that i picks j as a neighbour falls as a Gaussian of their distance in A, and as a Student t in the
    plane; the Kullback-Leibler divergence between the two is descended.

    Parameters
    ----------
    A : ndarray of shape (n, p)
    steps : int, default=300

    Returns
    -------
    ndarray of shape (n, 2)

    Notes
    -----
    O(n^2) per step, exact; no chance is involved.

    References
    ----------
    van der Maaten & Hinton (2008), https://jmlr.org/papers/v9/vandermaaten08a.html
    """
    n = len(A)
    if n < 4:
        return by_rows(A)
    P = np.maximum(neighbourhoods(squared_distances(A), min(NEIGHBOURS, (n - 1) / 3)), 1e-12)
    Y = by_rows(A)
    Y *= 1e-2 / (Y.std() or 1.0)
    moved, gains = np.zeros_like(Y), np.ones_like(Y)
    for step in range(steps):
        early = step < steps // 4
        slope = gradient(4 * P if early else P, Y)
        gains = np.where(np.sign(slope) == np.sign(moved), gains * 0.8, gains + 0.2).clip(min=0.01)
        moved = (0.5 if early else 0.8) * moved - max(n / 16, 50.0) * gains * slope
        Y = Y + moved
    return by_rows(Y)


def squared_distances(A: np.ndarray) -> np.ndarray:
    """Between all rows, (n, n)."""
    squares = np.sum(A**2, axis=1)
    D = np.maximum(squares[:, None] + squares - 2 * A @ A.T, 0)
    np.fill_diagonal(D, 0)
    return D


def neighbourhoods(D: np.ndarray, perplexity: float) -> np.ndarray:
    """Probabilities of pairs, (n, n), of sum 1; each row's Gaussian is as wide as the perplexity asks, by bisection."""
    n = len(D)
    off = ~np.eye(n, dtype=bool)
    low, high = np.zeros((n, 1)), np.full((n, 1), np.inf)
    precision = np.full((n, 1), 1 / (D[off].mean() or 1.0))
    P = np.zeros_like(D)
    for _ in range(50):
        nearest = np.where(off, D, np.inf).min(axis=1, keepdims=True)
        P = np.where(off, np.exp(-np.clip((D - nearest) * precision, 0, 700)), 0)
        P /= P.sum(axis=1, keepdims=True)
        entropy = -np.sum(P * np.log(np.maximum(P, 1e-300)), axis=1, keepdims=True)
        wide = entropy > np.log(perplexity)
        low, high = np.where(wide, precision, low), np.where(wide, high, precision)
        precision = np.where(np.isinf(high), precision * 2, (low + high) / 2)
    return (P + P.T) / (2 * n)


def gradient(P: np.ndarray, Y: np.ndarray) -> np.ndarray:
    """Of the divergence, by the points, (n, 2)."""
    near = 1 / (1 + squared_distances(Y))
    np.fill_diagonal(near, 0)
    pull = (P - near / near.sum()) * near
    return 4 * (pull.sum(axis=1)[:, None] * Y - pull @ Y)
