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
"""

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
    """The block with ``x y^(beta - 2)`` in place of x at its stored entries."""
    y = _stored_y(X, A, B, floor)
    values = X.data / y if beta == 1 else X.data * y ** X.data.dtype.type(beta - 2)
    return sp.csr_array((values, X.indices, X.indptr), shape=X.shape, copy=False)


def csr_ratio_dot(csr, start, stop, A, B, beta, floor, out):
    """Write ``(x * y^(beta - 2)) @ B`` over the stored entries into ``out`` of shape (m, k). O(nnz k)."""
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


def hals(A, gram, cross, l1, sweeps, grad2, neg2, norm2):
    """``sweeps`` rounds of coordinate descent on ``1/2 a gram a' - (cross - l1) a'`` for every row a >= 0 of ``A``.

    ``A`` is overwritten. For q = 0..k-1 in order, with g = a . gram[:, q] - cross[q] + l1 taken at the *current*
    a: a_q <- max(0, a_q - g / gram[q, q]); a coordinate with gram[q, q] <= 0 is left alone. ``gram`` (k, k),
    symmetric, already holds the ridge; ``cross`` is (m, k). Squares are added to three sums: to ``grad2`` those of the
    projected gradient met in the first sweep (g where a_q > 0, else min(g, 0)), to ``neg2`` those of ``cross``, to
    ``norm2`` those of the new ``A``.
    Each coordinate step is the exact minimiser, hence monotone. O(m k^2 sweeps).

    References
    ----------
    Cichocki & Phan (2009), doi:10.1587/transfun.E92.A.708; Gillis & Glineur (2012), doi:10.1162/NECO_a_00256
    """
    neg2 += np.einsum("ij,ij->j", cross, cross, dtype=np.float64)
    for sweep in range(sweeps):
        for q in range(len(gram)):
            if gram[q, q] <= 0:
                continue
            g = A @ gram[:, q] - cross[:, q] + A.dtype.type(l1)
            if sweep == 0:
                projected = np.where(A[:, q] > 0, g, np.minimum(g, 0)).astype(np.float64)
                grad2[q] += projected @ projected
            np.maximum(A[:, q] - g / gram[q, q], 0, out=A[:, q])
    norm2 += np.einsum("ij,ij->j", A, A, dtype=np.float64)


def hals_solve(A, gram, cross, l1, tol, max_sweeps, converged):
    """The same coordinate descent, each row until its own projected gradient is small.

    A row is finished, and not touched again, after the first sweep in which the largest absolute projected
    gradient met is <= ``tol * max_q |cross_q|``; a row never looks at its neighbours. ``A`` is overwritten;
    ``converged``, uint8 of shape (m,), becomes 1 for the rows that finished within ``max_sweeps``.
    """
    converged[...] = 0
    limit = tol * np.abs(cross).max(axis=1, initial=0)
    for _ in range(max_sweeps):
        rows = np.flatnonzero(converged == 0)
        if not len(rows):
            return
        a, c = A[rows], cross[rows]
        worst = np.zeros(len(rows), A.dtype)
        for q in range(len(gram)):
            if gram[q, q] <= 0:
                continue
            g = a @ gram[:, q] - c[:, q] + A.dtype.type(l1)
            np.maximum(worst, np.abs(np.where(a[:, q] > 0, g, np.minimum(g, 0))), out=worst)
            np.maximum(a[:, q] - g / gram[q, q], 0, out=a[:, q])
        A[rows] = a
        converged[rows] = worst <= limit[rows]


def look_ahead(previous, current, weight, lowest):
    """Overwrite ``previous`` with ``max(lowest * current, current + weight (current - previous))``. O(m k)."""
    ahead = current.dtype.type(1 + weight) * current - current.dtype.type(weight) * previous
    np.maximum(ahead, current.dtype.type(lowest) * current, out=previous)


def mu(A, neg, pos, gamma, l1, l2, size, grad2, neg2):
    """One multiplicative update ``A <- A * s^gamma``, in place, s the root of ``l2 A s^2 + (pos + l1) s = neg``.

    Without a ridge s is ``neg / (pos + l1)``. The positive root lies between 1 and the minimiser of the convex
    majoriser of any beta-divergence plus penalties, hence monotone with the gamma of the loss;
    ``neg / (pos + l1 + l2 A)``, which is often printed, is not. ``neg`` is (m, k); ``pos`` is (m, k), or (1, k) when
    all rows share it. An entry whose denominator is 0 is left alone. ``grad2`` and ``neg2`` gain the squares of the
    scaled gradient and of ``neg``, per component, both before the update. With g = pos + l1 + l2 A - neg the scaled
    gradient is g where g < 0, else ``g * min(1, A / size)``: an entry on its way to 0, which these updates never reach,
    counts by how far it still is. ``size`` (k,), in the dtype of A, is the usual magnitude of a component's entries.
    Here, not natively, ``l2`` may also be an array of shape (k,). O(m k).

    References
    ----------
    Fevotte & Idier (2011), doi:10.1162/NECO_a_00168
    """
    push, ridge = pos + A.dtype.type(l1), np.asarray(l2, A.dtype) * A
    g = push + ridge - neg
    share = np.divide(A, size, out=np.zeros_like(A), where=size > 0)
    scaled = np.where(g < 0, g, g * np.minimum(share, 1))
    grad2 += np.einsum("ij,ij->j", scaled, scaled, dtype=np.float64)
    neg2 += np.einsum("ij,ij->j", neg, neg, dtype=np.float64)
    push = np.broadcast_to(push, A.shape)
    bottom = (push + np.sqrt(push * push + 4 * ridge * neg)) / 2 if np.any(l2) else push
    factor = np.divide(neg, bottom, out=np.ones_like(neg), where=bottom > 0)
    A *= factor if gamma == 1 else factor ** A.dtype.type(gamma)


def pivot(A, gram, cross, l1, done):
    """Minimise ``1/2 a gram a' - (cross - l1) a'`` exactly for every row a >= 0 of ``A``, by block principal pivoting.

    A row holds the passive set F of its positive entries, at first those of ``A``, solves ``gram_FF a_F = cross_F -
    l1`` and exchanges the infeasible entries (a < 0 in F, gradient < 0 outside), all of them, while their number falls
    at least every fourth round: at most 4 k + 4 rounds, usually three. Where that stalls (ill-conditioned systems), an
    active set starts from the row of ``A``, a feasible point: it goes towards the solution for F until an entry reaches
    0 and leaves F, or there, whereupon the entry with the lowest gradient enters. Each step lowers the quadratic, so
    no F comes twice and it ends; 10 k + 20 steps are granted. Where the minimiser is unique it does not depend on the
    start; it never depends on the neighbours. ``gram`` (k, k) is float64 and already holds the ridge; its diagonal
    gains 4 eps times its trace, so that a singular one can be factorised. ``cross`` is (m, k), of the dtype of A; the
    arithmetic is float64. ``A`` is overwritten in the rows that finish; they get 1 in ``done``, uint8 of shape (m,),
    the others 0: rows that meet a system without a solution or a number that is not finite.
    O(|F|^3 + k |F|) a round natively, O(k^3) here.

    References
    ----------
    Kim & Park (2011), doi:10.1137/110821172; Bro & De Jong (1997),
    doi:10.1002/(SICI)1099-128X(199709/10)11:5<393::AID-CEM483>3.0.CO;2-L
    """
    m, k = A.shape
    gram = gram + np.eye(k) * max(4 * np.finfo(float).eps * np.trace(gram), np.finfo(float).tiny)
    chunk = max(1, PIVOT_BYTES // (8 * max(k, 1) ** 2))
    for low in range(0, m, chunk):
        part = slice(low, low + chunk)
        right, start = cross[part].astype(np.float64) - l1, A[part].astype(np.float64)
        a, finished = _exchange_rows(gram, right, start)
        for i in np.flatnonzero(~finished):
            a[i], finished[i] = _descend_row(gram, right[i : i + 1], start[i])
        finished &= np.isfinite(a).all(axis=1)
        A[part][finished] = np.maximum(a, 0)[finished]
        done[part] = finished


def _exchange_rows(gram, cross, start):
    """The minimisers of some rows by exchanging all infeasible entries, and the mask of those that finished."""
    m, k = cross.shape
    passive = start > 0
    a, fewest, patience, done = np.zeros((m, k)), np.full(m, k + 1), np.full(m, 4), np.zeros(m, bool)
    rows = np.flatnonzero(np.isfinite(cross).all(axis=1))
    while len(rows):
        a[rows] = _solve_passive(gram, cross[rows], passive[rows])
        wrong = _infeasible(a[rows], a[rows] @ gram - cross[rows], passive[rows], cross[rows])
        count = wrong.sum(axis=1)
        done[rows[count == 0]] = True
        patience[rows] = np.where(count < fewest[rows], 4, patience[rows]) - 1
        fewest[rows] = np.minimum(fewest[rows], count)
        passive[rows] ^= wrong
        rows = rows[(count > 0) & (patience[rows] > 0)]
    return a, done


def _descend_row(gram, cross, start):
    """The minimiser of one row by an active set from a feasible point, and whether it was reached."""
    k = len(gram)
    point, barred, entered, moved = np.maximum(start, 0), np.zeros(k, bool), None, False
    passive = point > 0
    if not (np.isfinite(cross).all() and np.isfinite(point).all()):
        return point, False
    for _ in range(10 * k + 20):
        a = _solve_passive(gram, cross, passive[None])[0]
        if not np.isfinite(a).all():
            return point, False
        falls = passive & (a <= 0)
        share = np.full(k, 2.0)
        share[falls] = point[falls] / (point[falls] - a[falls])
        step = min(1.0, share.min())
        out = share <= step
        point = a.copy() if step == 1 else point + passive * step * (a - point)
        point[out], passive[out] = 0, False
        if entered is not None:
            moved |= step > 0
            barred[entered] |= step == 0 and not passive[entered]  # sent back at once, by roundoff
        if step < 1:
            continue
        barred &= not moved
        gradient = np.where(passive | barred, 0, a @ gram - cross[0])
        entered, moved = int(np.argmin(gradient)), False
        if gradient[entered] >= -1e-12 * np.abs(cross).max():
            return point, True
        passive[entered] = True
    return point, False


def _infeasible(a, gradient, passive, cross):
    """Entries that break the optimality conditions by more than roundoff."""
    small_a = 1e-12 * np.abs(a).max(axis=1, keepdims=True, initial=0)
    small_g = 1e-12 * np.abs(cross).max(axis=1, keepdims=True, initial=0)
    return np.where(passive, a < -small_a, gradient < -small_g)


def _solve_passive(gram, cross, passive):
    """Solve ``gram_FF a_F = cross_F`` for each row's own passive set F, zero elsewhere."""
    k = len(gram)
    systems = gram * (passive[:, :, None] & passive[:, None, :])
    systems[:, np.arange(k), np.arange(k)] += ~passive * np.diag(gram).max(initial=1)
    try:
        return np.linalg.solve(systems, np.where(passive, cross, 0)[..., None])[..., 0]
    except np.linalg.LinAlgError:
        if len(cross) == 1:
            return np.full_like(cross, np.nan)
        return np.concatenate([_solve_passive(gram, cross[i : i + 1], passive[i : i + 1]) for i in range(len(cross))])


def rows_dot(X, B, out):
    """Write ``X @ B`` of a dense C-ordered X into ``out``; a row's result has the same bits whatever the other rows.

    BLAS gives no such promise: it adds in an order that depends on the number of rows. Sums run over chunks of 256
    columns. O(m p k), less where columns are 0.
    """
    out[...] = 0
    for low in range(0, X.shape[1], 256):
        for i in range(len(X)):
            out[i] += X[i, low : low + 256] @ B[low : low + 256]


def kl_solve(csr, start, stop, A, B, colsum, l1, l2, floor, tol, max_sweeps, converged):
    """Minimise the Kullback-Leibler divergence of every row of X over its row a >= 0 of ``A``, B fixed.

    Coordinate descent on the row's nonzeros, see `kl_sweep`, four sweeps a round. ``colsum`` (k,) holds the column
    sums of B; ``floor`` is a share of the row's largest x here. A row is finished before the first round in which, for
    all q, the projected gradient is <= ``tol * (colsum[q] + l1)`` in absolute value; a row never looks at its
    neighbours. A row without nonzeros becomes 0. ``A`` is overwritten; ``converged`` as in `hals_solve`.
    """
    for i, x, b in _positive_rows(csr, start, stop, B):
        converged[i] = 0
        for sweep in range(0, max_sweeps, 4):
            y, pull = _kl_look(x, b, A[i], floor)
            g = colsum + l1 + l2 * A[i] - pull
            worst = np.abs(np.where(A[i] > 0, g, np.minimum(g, 0))) / np.maximum(colsum + l1, SWEEP_LIMIT_TINY)
            if worst.max(initial=0) <= tol:
                converged[i] = 1
                break
            _kl_descend(x, b, A[i], y, g, colsum + l1, l2, floor, min(4, max_sweeps - sweep))


def kl_sweep(csr, start, stop, A, B, colsum, l1, l2, floor, sweeps, grad2, neg2):
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

    Each agrees with Newton's step near the minimiser. A row without nonzeros becomes 0. Returns the sum over stored
    entries of ``x log(x / y) - x`` with the new rows. O(nnz k + nnz (coordinates that can move) sweeps).

    References
    ----------
    Hsieh & Dhillon (2011), doi:10.1145/2020408.2020577; Hien & Gillis (2021), doi:10.1007/s10915-021-01504-0
    """
    value = 0.0
    for i, x, b in _positive_rows(csr, start, stop, B):
        y, pull = _kl_look(x, b, A[i], floor)
        g = colsum + l1 + l2 * A[i] - pull
        grad2 += np.where(A[i] > 0, g, np.minimum(g, 0)) ** 2
        neg2 += pull.astype(np.float64) ** 2
        y = _kl_descend(x, b, A[i], y, g, colsum + l1, l2, floor, sweeps)
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


def _kl_look(x, b, a, floor):
    """y = b a, floored, and the pull of every coordinate."""
    if not len(x):
        a[...] = 0
    y = np.maximum(b @ a, _kl_floor(x, floor))
    return y, (x / y) @ b


def _kl_floor(x, floor):
    """The smallest y of a row; at least such that (b / y)^2 is a number even in a row of almost nothing."""
    return x.dtype.type(max(floor * x.max(initial=0), 1e-154 if x.dtype == np.float64 else 1e-19))


def _kl_descend(x, b, a, y, g, scale, l2, floor, sweeps):
    """Sweeps over the coordinates of one row that can move, in place; returns y."""
    moving = np.flatnonzero((a > 0) | (g < 0)) if len(x) else []
    floor = _kl_floor(x, floor)
    for _ in range(sweeps):
        for q in moving:
            new = x.dtype.type(_kl_best(x, b[:, q], y, a[q], scale[q], l2, floor))
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
