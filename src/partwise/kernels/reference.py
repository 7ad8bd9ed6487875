"""The kernels in NumPy and SciPy: specification, oracle and fallback of the native ones.

A kernel is a serial function of a range of rows. It knows neither threads nor losses nor files: it
gets arrays, writes into the arrays that its docstring names, and returns at most a few numbers.

Conventions shared by all of them:

* ``csr`` is the tuple ``(indptr, indices, data)`` of the whole matrix X of shape (n, p); ``indptr`` and
  ``indices`` are both int32 or both int64, ``data`` is float32 or float64. Indices inside a row need not be
  sorted and may repeat (a repeated index counts as its sum wherever that is linear in x; callers sum duplicates
  before a non-linear loss sees them).
* ``start, stop`` is the range of rows; ``m = stop - start``.
* ``A`` of shape (m, k) holds the rows of the factor that belongs to these rows of X, ``B`` of shape (p, k) the
  other one; both C-ordered, of the dtype of ``data``. ``y = A @ B.T`` is never formed for a sparse X.
* Sums over rows are float64 whatever the dtype: ``total`` of shape (p, k) and the vectors ``grad2``, ``neg2``
  of shape (k,) are float64 and are *added to*.
* ``floor > 0`` is the smallest y that is divided by; the caller derives it from the scale of X.
* ``lower, upper``, both or neither, are (m, k) of the dtype of ``A``: bounds that stand in place of 0 and infinity,
  ``0 <= lower <= upper``, equal for an entry that is fixed. ``A`` comes within them and stays there. Gradients are
  projected: at a lower bound only a negative one counts, at an upper one only a positive one, where both meet none.
"""

import typing

import numpy as np
import scipy.sparse as sp

SWEEP_LIMIT_TINY = 1e-300
"""Guards a division where both sides are zero; far below every floor a caller passes."""

PIVOT_BYTES = 8 << 20
"""Size of the k x k systems that `pivot` solves together."""


def _rows(csr, start, stop, p):
    """Rows ``start:stop`` as a SciPy CSR array that shares memory with ``csr``."""
    indptr, indices, data = csr
    low, high = indptr[start], indptr[stop]
    return sp.csr_array(
        (data[low:high], indices[low:high], indptr[start : stop + 1] - low),
        shape=(stop - start, p),
        copy=False,
    )


def _bounds(A, lower, upper) -> tuple[typing.Any, typing.Any]:
    """The bounds, 0 and infinity where none are given."""
    if lower is None:
        return np.broadcast_to(A.dtype.type(0), A.shape), np.broadcast_to(A.dtype.type(np.inf), A.shape)
    return lower, upper


def _projected(a, g, lower, upper):
    """The part of the gradient that a step within the bounds could follow."""
    g = np.where(a > lower, g, np.minimum(g, 0))
    return np.where(a < upper, g, np.maximum(g, 0))


def dot(X, B, out):
    """Write ``X @ B`` into ``out`` of shape (m, k); X (m, p) is dense, the numbers of a row together. O(m p k)."""
    np.matmul(X, B, out=out)


def t_dot_add(X, A, total):
    """Add ``X.T @ A`` to the float64 array ``total`` of shape (p, k); X as for `dot`."""
    total += (A.T @ X).T  # BLAS is faster this way round


def csr_dot(csr, start, stop, B, out):
    """Write ``X[start:stop] @ B`` into ``out`` of shape (m, k). O(nnz k)."""
    out[...] = _rows(csr, start, stop, len(B)) @ B


def csr_t_dot_add(csr, start, stop, A, total):
    """Add ``X[start:stop].T @ A`` to the float64 array ``total`` of shape (p, k). O(nnz k)."""
    total += _rows(csr, start, stop, len(total)).T @ A


def _stored_y(X, A, B, floor):
    """``max(a_i . b_j, floor)`` at the stored entries of the block ``X``, in their order."""
    rows = np.repeat(np.arange(X.shape[0]), np.diff(X.indptr))
    y = np.empty(len(X.data), X.data.dtype)
    for low in range(0, len(y), 65536):  # never an array of size nnz x k
        part = slice(low, low + 65536)
        y[part] = np.einsum("ij,ij->i", A[rows[part]], B[X.indices[part]])
    return np.maximum(y, floor, out=y)


def _ratio(X, A, B, beta, floor):
    """The block with ``x y^(beta - 2)`` in place of x at its stored entries, 0 where x = 0 whatever y."""
    y = _stored_y(X, A, B, floor)
    with np.errstate(over="ignore", invalid="ignore"):  # the power of a small y may be infinite, and 0 times that nan
        values = X.data / y if beta == 1 else X.data * y ** X.data.dtype.type(beta - 2)
    values[X.data == 0] = 0
    return sp.csr_array((values, X.indices, X.indptr), shape=X.shape, copy=False)


def csr_ratio_dot(csr, start, stop, A, B, beta, floor, out):
    """Write ``(x * y^(beta - 2)) @ B`` over the stored entries into ``out`` of shape (m, k). O(nnz k).

    ``x`` may have any sign: with weights for data, ``beta + 1`` gives the ``(weight * y^(beta - 1)) @ B`` of a mask.
    """
    out[...] = _ratio(_rows(csr, start, stop, len(B)), A, B, beta, floor) @ B


def csr_ratio_t_dot_add(csr, start, stop, A, B, beta, floor, total):
    """Add ``(x * y^(beta - 2)).T @ A`` over the stored entries to ``total`` of shape (p, k). O(nnz k)."""
    total += _ratio(_rows(csr, start, stop, len(B)), A, B, beta, floor).T @ A


def csr_value(csr, start, stop, A, B, beta, floor):
    """Sum over stored entries of the part of ``d_beta(x | y)`` that is zero where x = 0, as a float64.

    beta = 1: ``x log(x / y) - x``; beta = 0: ``x / y - log(x / y) - 1``;
    otherwise ``x^beta / (beta (beta - 1)) - x y^(beta - 1) / (beta - 1)``. A stored zero contributes 0.
    """
    X = _rows(csr, start, stop, len(B))
    x = X.data.astype(np.float64)
    y = _stored_y(X, A, B, floor).astype(np.float64)
    x, y = x[x > 0], y[x > 0]
    if beta == 1:
        return float(np.sum(x * np.log(x / y) - x))
    if beta == 0:
        return float(np.sum(x / y - np.log(x / y) - 1))
    return float(np.sum(x**beta / (beta * (beta - 1)) - x * y ** (beta - 1) / (beta - 1)))


def csr_weighted_value(csr, weights, start, stop, A, B, beta, floor):
    """Sum over stored entries of ``weight * d_beta(x | y)``, the whole divergence, as a float64. O(nnz k).

    ``weights`` lie beside ``csr[2]``, of the same length and dtype. An entry of weight 0 contributes exactly 0 whatever
    its x; x = 0 counts as the limit, y for beta = 1 and ``y^beta / beta`` for any other beta > 0. beta = 2 is
    ``(x - y)^2 / 2`` with y as it is: nothing is divided by it, and there is no floor.
    """
    X = _rows(csr, start, stop, len(B))
    part = slice(csr[0][start], csr[0][stop])
    y = _stored_y(X, A, B, -np.inf if beta == 2 else floor).astype(np.float64)
    counted = weights[part] != 0
    weight, x, y = weights[part][counted].astype(np.float64), X.data[counted].astype(np.float64), y[counted]
    return float(weight @ _divergence(x, y, beta))


def _divergence(x, y, beta):
    """``d_beta(x | y)``, entry by entry."""
    if beta == 2:
        return (x - y) ** 2 / 2
    if beta == 1:
        return x * np.log(np.where(x == 0, 1, x / y)) - x + y
    if beta == 0:
        return x / y - np.log(x / y) - 1
    at_zero = y**beta / beta
    return np.where(x == 0, at_zero, x**beta / (beta * (beta - 1)) - x * y ** (beta - 1) / (beta - 1) + at_zero)


def csr_residual(csr, start, stop, A, B, out):
    """Write ``x - a_i . b_j`` at the stored entries of the rows, in their order, into ``out``. O(nnz k)."""
    X = _rows(csr, start, stop, len(B))
    out[...] = X.data - _stored_y(X, A, B, -np.inf)


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
    lower, upper = _bounds(A, lower, upper)
    neg2 += np.einsum("ij,ij->j", cross, cross, dtype=np.float64)
    for sweep in range(sweeps):
        for q in range(A.shape[1]):
            g, step = _slope(A, gram, cross, l1, q)
            if sweep == 0:
                projected = _projected(A[:, q], g, lower[:, q], upper[:, q]).astype(np.float64)
                grad2[q] += projected @ projected
            np.clip(A[:, q] - step, lower[:, q], upper[:, q], out=A[:, q])
    norm2 += np.einsum("ij,ij->j", A, A, dtype=np.float64)


def _slope(A, gram, cross, l1, q):
    """The gradient of every row along coordinate q and the step to its zero; both 0 where the curvature is not > 0.

    ``gram`` is (k, k), or (m, k, k) with a matrix for each row.
    """
    slope = A @ gram[:, q] if gram.ndim == 2 else np.einsum("ij,ij->i", A, gram[:, :, q])
    curvature = gram[..., q, q]
    dead = curvature <= 0
    g = np.where(dead, A.dtype.type(0), slope - cross[:, q] + A.dtype.type(l1))
    return g, g / np.where(dead, A.dtype.type(1), curvature)


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
    lower, upper = _bounds(A, lower, upper)
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
            np.maximum(worst, np.abs(_projected(a[:, q], g, low[:, q], high[:, q])), out=worst)
            np.clip(a[:, q] - step, low[:, q], high[:, q], out=a[:, q])
        A[rows] = a
        converged[rows] = worst <= limit[rows]


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


def row_hals_solve(A, grams, cross, l1, tol, max_sweeps, converged, lower=None, upper=None):
    """`hals_solve` where row i has the Gram matrix ``grams[i]``: ``grams`` is (m, k, k), of the dtype of A."""
    hals_solve(A, grams, cross, l1, tol, max_sweeps, converged, lower, upper)


def look_ahead(previous, current, weight, lowest, out):
    """``out = max(lowest * current, current + weight (current - previous))``; ``out`` may be either of them. O(m k)."""
    ahead = current.dtype.type(1 + weight) * current - current.dtype.type(weight) * previous
    np.maximum(ahead, current.dtype.type(lowest) * current, out=out)


def mu(A, neg, pos, gamma, l1, l2, size, grad2, neg2, lower=None, upper=None):
    """One multiplicative update ``A <- A * s^gamma``, in place, s the root of ``l2 A s^2 + (pos + l1) s = neg``.

    Without a ridge s is ``neg / (pos + l1)``. The positive root lies between 1 and the minimiser of the convex
    majoriser of any beta-divergence plus penalties, hence monotone with the gamma of the loss;
    ``neg / (pos + l1 + l2 A)``, which is often printed, is not. ``neg`` is (m, k); ``pos`` is (m, k), or (1, k) when
    all rows share it. An entry whose denominator is 0 is left alone. ``grad2`` and ``neg2`` gain the squares of the
    scaled gradient and of ``neg``, per component, both before the update. With g = pos + l1 + l2 A - neg the scaled
    gradient is g where g < 0, else ``g * min(1, A / size)``: an entry on its way to 0, which these updates never reach,
    counts by how far it still is. ``size`` (k,), in the dtype of A, is the usual magnitude of a component's entries.
    Here, not natively, ``l2`` may also be an array of shape (k,). With bounds the result is clipped to them, which a
    majoriser that is convex in each entry allows. O(m k).

    References
    ----------
    Fevotte & Idier (2011), doi:10.1162/NECO_a_00168
    """
    push, ridge = pos + A.dtype.type(l1), np.asarray(l2, A.dtype) * A
    g = push + ridge - neg
    if lower is not None:
        g = _projected(A, g, lower, upper)
    share = np.divide(A, size, out=np.zeros_like(A), where=size > 0)
    scaled = np.where(g < 0, g, g * np.minimum(share, 1))
    grad2 += np.einsum("ij,ij->j", scaled, scaled, dtype=np.float64)
    neg2 += np.einsum("ij,ij->j", neg, neg, dtype=np.float64)
    push = np.broadcast_to(push, A.shape)
    bottom = (push + np.sqrt(push * push + 4 * ridge * neg)) / 2 if np.any(l2) else push
    factor = np.divide(neg, bottom, out=np.ones_like(neg), where=bottom > 0)
    A *= factor if gamma == 1 else factor ** A.dtype.type(gamma)
    if lower is not None:
        np.clip(A, lower, upper, out=A)


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
    lower, upper = _bounds(A, lower, upper)
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


def rows_dot(X, B, out):
    """Write ``X @ B`` of a dense C-ordered X into ``out``; a row's result has the same bits whatever the other rows.

    BLAS gives no such promise: it adds in an order that depends on the number of rows. Sums run over chunks of 256
    columns. O(m p k), less where columns are 0.
    """
    out[...] = 0
    for low in range(0, X.shape[1], 256):
        for i in range(len(X)):
            out[i] += X[i, low : low + 256] @ B[low : low + 256]


def kl_solve(csr, start, stop, A, B, colsum, l1, l2, floor, tol, max_sweeps, converged, lower=None, upper=None):
    """Minimise the Kullback-Leibler divergence of every row of X over its row a >= 0 of ``A``, B fixed.

    Coordinate descent on the row's nonzeros, see `kl_sweep`, four sweeps a round. ``colsum`` (k,) holds the column
    sums of B, or (m, k) those of each row; ``floor`` is a share of the row's largest x here. A row is finished before
    the first round in which, for all q, the projected gradient is <= ``tol * (colsum[q] + l1)`` in absolute value; a
    row never looks at its neighbours. A row without nonzeros becomes 0, or its lower bounds. ``A`` is overwritten;
    ``converged`` as in `hals_solve`.
    """
    lower, upper = _bounds(A, lower, upper)
    pushes = np.broadcast_to(colsum, A.shape) + l1
    for i, x, b in _positive_rows(csr, start, stop, B):
        converged[i] = 0
        for sweep in range(0, max_sweeps, 4):
            y, pull = _kl_look(x, b, A[i], floor, lower[i])
            g = pushes[i] + l2 * A[i] - pull
            worst = np.abs(_projected(A[i], g, lower[i], upper[i])) / np.maximum(pushes[i], SWEEP_LIMIT_TINY)
            if worst.max(initial=0) <= tol:
                converged[i] = 1
                break
            bounds = lower[i], upper[i]
            _kl_descend(x, b, A[i], y, g, pushes[i], l2, floor, min(4, max_sweeps - sweep), *bounds)


def kl_sweep(csr, start, stop, A, B, colsum, l1, l2, floor, sweeps, grad2, neg2, lower=None, upper=None):
    """``sweeps`` rounds of coordinate descent on the Kullback-Leibler divergence of every row; returns its stored part.

    For each row, with x its nonzeros, b the rows of B beside them, y = b @ a floored at ``floor`` times the largest x,
    first the gradient g = colsum + l1 + l2 a - sum(x b / y) of all coordinates is taken; it makes the evidence
    ``grad2`` (projected) and ``neg2`` (of sum(x b / y)). Then each coordinate with a_q > 0 or g_q < 0, in turn, takes a
    step that lowers the divergence and never passes its minimiser, from pull = sum(x b_q / y), curve = sum(x b_q^2 /
    y^2) and push = colsum[q] + l1 + l2 a_q at the current y:

    * pull > push: up, to where ``pull / (1 + d curve / pull) = push``: the left side is below the true pull (Jensen).
    * down to 0, where Newton's step would leave the positive numbers and sum(x b_q / (y - a_q b_q)) <= colsum[q] + l1;
    * else down, to the share t of a_q where ``pull - a_q curve + a_q curve / t = push``: each 1 / (1 - s (1 - t)) lies
      below its chord in s = a_q b_q / y.

    Each agrees with Newton's step near the minimiser. With bounds it ends at the first it meets, and a coordinate moves
    whose step is not barred by one. A row without nonzeros becomes 0, or its lower bounds. ``colsum`` (k,) holds the
    column sums of B. Where cells have weights w, the data are w x and ``colsum`` (m, k) holds ``sum_j w_ij b_j`` for
    each row, >= 0 and not below its rounding if it is a difference. Returns the sum over stored
    entries of ``x log(x / y) - x`` with the new rows. O(nnz k + nnz (coordinates that can move) sweeps).

    References
    ----------
    Hsieh & Dhillon (2011), doi:10.1145/2020408.2020577; Hien & Gillis (2021), doi:10.1007/s10915-021-01504-0
    """
    value, (lower, upper) = 0.0, _bounds(A, lower, upper)
    pushes = np.broadcast_to(colsum, A.shape) + l1
    for i, x, b in _positive_rows(csr, start, stop, B):
        y, pull = _kl_look(x, b, A[i], floor, lower[i])
        g = pushes[i] + l2 * A[i] - pull
        grad2 += _projected(A[i], g, lower[i], upper[i]) ** 2
        neg2 += pull.astype(np.float64) ** 2
        y = _kl_descend(x, b, A[i], y, g, pushes[i], l2, floor, sweeps, lower[i], upper[i])
        x, y = x.astype(np.float64), y.astype(np.float64)
        value += float(np.sum(x * np.log(x / y) - x))
    return value


def _positive_rows(csr, start, stop, B):
    """Number in the range, positive x and rows of B beside them; the rows of ``A`` without any are the caller's."""
    indptr, indices, data = csr
    for i in range(start, stop):
        nonzeros = slice(indptr[i], indptr[i + 1])
        x, b = data[nonzeros], B[indices[nonzeros]]
        yield i - start, x[x > 0], b[x > 0]


def _kl_look(x, b, a, floor, lower):
    """y = b a, floored, and the pull of every coordinate."""
    if not len(x):
        a[...] = lower
    y = np.maximum(b @ a, _kl_floor(x, floor))
    return y, (x / y) @ b


def _kl_floor(x, floor):
    """The smallest y of a row; at least such that (b / y)^2 is a number even in a row of almost nothing."""
    return x.dtype.type(max(floor * x.max(initial=0), 1e-154 if x.dtype == np.float64 else 1e-19))


def _kl_descend(x, b, a, y, g, scale, l2, floor, sweeps, lower, upper):
    """Sweeps over the coordinates of one row that can move, in place; returns y."""
    moving = np.flatnonzero(((a > lower) | (g < 0)) & ((a < upper) | (g > 0))) if len(x) else []
    floor = _kl_floor(x, floor)
    for _ in range(sweeps):
        for q in moving:
            new = np.clip(x.dtype.type(_kl_best(x, b[:, q], y, a[q], scale[q], l2, floor)), lower[q], upper[q])
            y = np.maximum(y + (new - a[q]) * b[:, q], floor)
            a[q] = new
    return y


def _kl_best(x, b, y, a, scale, l2, floor):
    """The new value of one coordinate."""
    share = b / y
    pull, curve, now = float(x @ share), float((x * share) @ share), float(a)
    push = scale + l2 * now
    g = push - pull
    if g < 0:
        slope = push * curve / pull + l2
        bottom = slope + np.sqrt(slope * slope - 4 * l2 * curve / pull * g)
        return now - 2 * g / bottom if bottom > 0 else 0.0
    if now == 0:
        return 0.0
    if now * (curve + l2) <= g and x @ (b / np.maximum(y - a * b, floor)) <= scale:
        return 0.0
    bend = now * curve
    rest = scale - pull + bend
    return now * 2 * bend / (rest + np.sqrt(rest * rest + 4 * l2 * now * bend))


def summary(values):
    """Sum and sum of squares, in float64; the lowest and the largest of the numbers and 0; how many are not 0.

    O(m). Infinities and nan show in the sum.
    """
    wide = values.astype(np.float64)
    extremes = float(wide.min(initial=0)), float(wide.max(initial=0))
    with np.errstate(over="ignore", invalid="ignore"):
        sums = float(wide.sum()), float(wide @ wide)
    return *sums, *extremes, int(np.count_nonzero(values))
