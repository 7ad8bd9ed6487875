"""Block principal pivoting: exact non-negative least squares, and an active set where that stalls."""

import numpy as np

from partwise.kernels.reference.bounds import bounds_of

PIVOT_BYTES = 8 << 20
"""Size of the k x k systems that `pivot` solves together."""


def pivot(A, gram, cross, l1, done, lower=None, upper=None):
    """Minimise ``1/2 a gram a' - (cross - l1) a'`` exactly for every row a >= 0 of ``A``, by block principal pivoting.

    A row holds the passive set F of its positive entries, at first those of ``A``, solves ``gram_FF a_F = cross_F -
    l1`` and exchanges the infeasible entries (a < 0 in F, gradient < 0 outside), all of them, while their number falls
    at least every fourth round: at most 4 k + 4 rounds, usually three. Where that stalls (ill-conditioned systems), an
    active set starts from the row of ``A``, a feasible point: it goes towards the solution for F until an entry reaches
    0 and leaves F, or there, whereupon the entry with the lowest gradient enters. Each step lowers the quadratic, so
    no F comes twice and it ends; 10 k + 20 steps are granted. Where the minimiser is unique it does not depend on the
    start; it never depends on the neighbours. With bounds the row is ``lower + a`` with ``0 <= a <= upper - lower``,
    and an entry outside F lies at either end of its room; a fixed one never enters. ``gram`` is float64 and already
    holds the ridge, (k, k) for all rows or (m, k, k) with a matrix for each; its diagonal gains 4 eps times its trace,
    so that a singular one can be factorised. ``cross`` is (m, k), of the dtype of A; the arithmetic is float64. ``A``
    is overwritten in the rows that finish; they get 1 in ``done``, uint8 of shape (m,), the others 0: rows that meet a
    system without a solution or a number that is not finite. O(|F|^3 + k |F|) a round natively, O(k^3) here.

    References
    ----------
    Kim & Park (2011), doi:10.1137/110821172; Bro & De Jong (1997),
    doi:10.1002/(SICI)1099-128X(199709/10)11:5<393::AID-CEM483>3.0.CO;2-L; bounds: Judice & Pires (1994),
    doi:10.1016/0305-0548(94)90106-6
    """
    m, k = A.shape
    grams = np.broadcast_to(gram, (m, k, k))
    lower, upper = bounds_of(A, lower, upper)
    chunk = max(1, PIVOT_BYTES // (8 * max(k, 1) ** 2))
    for part in (slice(low, low + chunk) for low in range(0, m, chunk)):
        low, right = lower[part].astype(np.float64), cross[part].astype(np.float64) - l1
        systems = grams[part] + np.eye(k) * _jitter(grams[part])
        taken, room = np.einsum("ij,ijk->ik", low, systems), upper[part] - low
        size = np.maximum(np.abs(right), np.abs(taken)).max(axis=1, keepdims=True, initial=0)
        right, start = right - taken, np.clip(A[part] - low, 0, room)
        a, finished = _exchange_rows(systems, right, start, room, size)
        for i in np.flatnonzero(~finished):
            a[i], finished[i] = _descend_row(systems[i : i + 1], right[i : i + 1], start[i], room[i], size[i])
        finished &= np.isfinite(a).all(axis=1)
        A[part][finished] = np.clip((a + low).astype(A.dtype), lower[part], upper[part])[finished]
        done[part] = finished


def _jitter(grams):
    """What the diagonal of each matrix gains, so that a singular one can be factorised."""
    trace = np.trace(grams, axis1=1, axis2=2)[:, None, None]
    return np.maximum(4 * np.finfo(float).eps * trace, np.finfo(float).tiny)


def _exchange_rows(grams, cross, start, room, size):
    """The minimisers of some rows by exchanging all infeasible entries, and the mask of those that finished.

    ``room``: the largest value of each entry. ``size`` (m, 1): the numbers that gradients are differences of.
    """
    m, k = cross.shape
    full, a, done = (room > 0) & (start >= room), np.zeros((m, k)), np.zeros(m, bool)
    passive, fewest, patience = (start > 0) & ~full, np.full(m, k + 1), np.full(m, 4)
    rows = np.flatnonzero(np.isfinite(cross).all(axis=1))
    while len(rows):
        a[rows] = _solve_passive(grams[rows], cross[rows], passive[rows], np.where(full, room, 0)[rows])
        gradient = np.einsum("ij,ijk->ik", a[rows], grams[rows]) - cross[rows]
        wrong = _infeasible(a[rows], gradient, passive[rows], full[rows], room[rows], size[rows])
        count = wrong.sum(axis=1)
        done[rows[count == 0]] = True
        patience[rows] = np.where(count < fewest[rows], 4, patience[rows]) - 1
        fewest[rows] = np.minimum(fewest[rows], count)
        full[rows] = np.where(wrong, passive[rows] & (a[rows] > room[rows]), full[rows])
        passive[rows] ^= wrong
        rows = rows[(count > 0) & (patience[rows] > 0)]
    return a, done


def _descend_row(grams, cross, start, room, size):
    """The minimiser of one row by an active set from a feasible point, and whether it was reached."""
    k = len(start)
    point, full, barred, entered, moved = start.copy(), (room > 0) & (start >= room), np.zeros(k, bool), None, False
    passive = (point > 0) & ~full
    if not (np.isfinite(cross).all() and np.isfinite(point).all()):
        return point, False
    for _ in range(10 * k + 20):
        a = _solve_passive(grams, cross, passive[None], np.where(full, room, 0)[None])[0]
        if not np.isfinite(a).all():
            return point, False
        falls, rises = passive & (a <= 0), passive & (a >= room)
        share = np.full(k, 2.0)
        share[falls] = point[falls] / (point[falls] - a[falls])
        share[rises] = (room[rises] - point[rises]) / (a[rises] - point[rises])
        step = min(1.0, share.min())
        out = share <= step
        point = a.copy() if step == 1 else point + passive * step * (a - point)
        full |= out & rises
        point[out], passive[out] = np.where(rises, room, 0)[out], False
        if entered is not None:
            moved |= step > 0
            barred[entered] |= step == 0 and not passive[entered]  # sent back at once, by roundoff
        if step < 1:
            continue
        barred &= not moved
        gradient = np.where(passive | barred | (room == 0), 0, a @ grams[0] - cross[0])
        gain = np.where(full, gradient, -gradient)
        entered, moved = int(np.argmax(gain)), False
        if gain[entered] <= 1e-12 * size:
            return point, True
        passive[entered], full[entered] = True, False
    return point, False


def _infeasible(a, gradient, passive, full, room, size):
    """Entries that break the optimality conditions by more than roundoff."""
    small_a = 1e-12 * np.abs(a).max(axis=1, keepdims=True, initial=0)
    outside = (a < -small_a) | (a > room + small_a)
    pushed = np.where(full, gradient, -gradient) > 1e-12 * size
    return np.where(passive, outside, pushed & (room > 0))


def _solve_passive(grams, cross, passive, held):
    """Solve ``gram_FF a_F = cross_F - (held gram)_F`` for each row's own matrix and set F, ``held`` elsewhere."""
    diagonal, right = np.arange(passive.shape[1]), cross - np.einsum("ij,ijk->ik", held, grams)
    systems = grams * (passive[:, :, None] & passive[:, None, :])
    systems[:, diagonal, diagonal] += ~passive * grams[:, diagonal, diagonal].max(axis=1, keepdims=True, initial=1)
    try:
        return held + np.linalg.solve(systems, np.where(passive, right, 0)[..., None])[..., 0]
    except np.linalg.LinAlgError:
        if len(cross) == 1:
            return np.full_like(cross, np.nan)
        rows = [slice(i, i + 1) for i in range(len(cross))]
        return np.concatenate([_solve_passive(grams[i], cross[i], passive[i], held[i]) for i in rows])
