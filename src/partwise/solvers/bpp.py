"""Block principal pivoting: exact non-negative least squares of many rows at once, the solver ``"bpp"``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Evidence, Quadratic

CHUNK_BYTES = 8 << 20
"""Size of the k x k systems that are solved together."""


@dataclass(frozen=True)
class BPP:
    """Every row becomes the exact minimiser of its `Quadratic`: alternating non-negative least squares.

    Monotone (each half step is a global minimum). O(m k^3) a round and a handful of rounds; the fewest iterations, for
    small k, high accuracy or ill-conditioned factors. A row that does not finish in 5 k rounds is left to coordinate
    descent, so a degenerate system costs time, never the fit.

    References
    ----------
    Kim & Park (2011), doi:10.1137/110821172

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.penalties import Elastic
    >>> A, stats = np.zeros((1, 2)), Quadratic(np.array([[2.0, 1.0], [1.0, 2.0]]), np.array([[3.0, 0.0]]))
    >>> _ = BPP().update(A, stats, Elastic(), size=A.mean(0))
    >>> A.round(12).tolist()
    [[1.5, 0.0]]
    """

    name = "bpp"
    needs = Quadratic
    faces = frozenset({"elastic"})
    monotone = True
    separable = True
    accelerable = True

    def update(self, A: Array, stats: Quadratic, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A`` with their minimisers."""
        l1, l2 = penalty.elastic()
        gram = stats.gram + l2 * np.eye(len(stats.gram))
        cross = np.asarray(stats.cross, np.float64) - l1
        gradient = A @ gram - cross
        projected = np.where(A > 0, gradient, np.minimum(gradient, 0))
        solution, done = block_pivoting(gram, cross, A > 0)
        A[done] = solution[done]
        if not done.all():
            descend(A, ~done, gram, cross)
        return Evidence(*(np.einsum("ij,ij->j", part, part, dtype=np.float64) for part in (projected, cross + l1, A)))


def descend(A: Array, rows: Array, gram: Array, cross: Array, sweeps: int = 50) -> None:
    """Coordinate descent on the chosen rows, in place: the fallback that cannot fail."""
    part = np.ascontiguousarray(A[rows])
    unused = np.zeros((2, len(gram)))
    kernels.hals(part, gram.astype(A.dtype), cross[rows].astype(A.dtype), 0.0, sweeps, unused[0], unused[1])
    A[rows] = part


def block_pivoting(gram: Array, cross: Array, start: Array | None = None) -> tuple[Array, Array]:
    """Minimise ``1/2 a gram a' - cross_i a'`` over a >= 0 for every row i.

    A row holds the passive set F of its positive entries, solves ``gram_FF a_F = cross_F``, and exchanges the
    infeasible entries (a < 0 in F, gradient < 0 outside): all of them while that makes progress, then up to three
    more times, then only the last one, which must end.

    Parameters
    ----------
    gram : ndarray of shape (k, k), float64, symmetric positive semi-definite
    cross : ndarray of shape (m, k), float64
    start : ndarray of shape (m, k), bool, optional
        Entries expected to be positive, from an earlier solution; the result does not depend on them.

    Returns
    -------
    solution : ndarray of shape (m, k)
    done : ndarray of shape (m,), bool
        False for rows that still cycled after 5 k rounds; their solution must not be used.
    """
    m, k = cross.shape
    gram = gram + np.eye(k) * max(1e-14 * np.trace(gram) / max(k, 1), np.finfo(float).tiny)
    passive = np.zeros((m, k), bool) if start is None else start.copy()
    a = np.zeros((m, k)) if start is None else solve_passive(gram, cross, passive)
    gradient = np.where(passive, 0, a @ gram - cross)
    patience, fewest = np.full(m, 3), np.full(m, k + 1)
    done = np.zeros(m, bool)
    rows = np.arange(m)
    for _ in range(5 * k + 5):
        wrong = infeasible(a[rows], gradient[rows], passive[rows], cross[rows])
        count = wrong.sum(axis=1)
        done[rows[count == 0]] = True
        rows, wrong, count = rows[count > 0], wrong[count > 0], count[count > 0]
        if not len(rows):
            break
        better = count < fewest[rows]
        fewest[rows] = np.where(better, count, fewest[rows])
        patience[rows] = np.where(better, 3, patience[rows] - 1)
        single = patience[rows] < 0
        last = k - 1 - np.argmax(wrong[:, ::-1], axis=1)
        wrong[single] = np.arange(k) == last[single, None]
        passive[rows] ^= wrong
        a[rows] = solve_passive(gram, cross[rows], passive[rows])
        gradient[rows] = np.where(passive[rows], 0, a[rows] @ gram - cross[rows])
    return np.maximum(a, 0), done


def infeasible(a: Array, gradient: Array, passive: Array, cross: Array) -> Array:
    """Entries that break the optimality conditions by more than roundoff."""
    small_a = 1e-12 * np.abs(a).max(axis=1, keepdims=True, initial=0)
    small_g = 1e-12 * np.abs(cross).max(axis=1, keepdims=True, initial=0)
    return np.where(passive, a < -small_a, gradient < -small_g)


def solve_passive(gram: Array, cross: Array, passive: Array) -> Array:
    """Solve ``gram_FF a_F = cross_F`` for each row's own passive set F, zero elsewhere: O(m k^3)."""
    k = len(gram)
    result = np.empty_like(cross)
    chunk = max(1, CHUNK_BYTES // (8 * k * k))
    for start in range(0, len(cross), chunk):
        part = slice(start, start + chunk)
        inside = passive[part]
        systems = gram * (inside[:, :, None] & inside[:, None, :])
        systems[:, np.arange(k), np.arange(k)] += ~inside * np.diag(gram).max(initial=1)
        result[part] = np.linalg.solve(systems, np.where(inside, cross[part], 0)[..., None])[..., 0]
    return result
