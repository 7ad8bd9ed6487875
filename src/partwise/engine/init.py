"""Starting points: scaled random, the NNDSVD family and NNSVD-LRC, all from sweeps over the data.

Every start is scale-equivariant: c X gives sqrt(c) times both factors.
"""

from __future__ import annotations

import numpy as np

from partwise.engine.step import State
from partwise.errors import DataError
from partwise.interfaces import Array, Data, Quadratic
from partwise.losses.beta import gram_of
from partwise.penalties import Elastic
from partwise.solvers import HALS

NAMES = ("random", "nndsvd", "nndsvda", "nndsvdar", "nnsvdlrc", "custom")
SVD_NAMES = NAMES[1:5]

EXACT_SVD_SIZE = 1_000_000
"""Up to this many cells LAPACK finds the singular triplets, above it the randomised method."""


def start(data: Data, k: int, name: str, random_state: np.random.RandomState) -> State:
    """A starting point by name.

    Parameters
    ----------
    data : Data
    k : int
        Number of components.
    name : {"random", "nndsvd", "nndsvda", "nndsvdar", "nnsvdlrc"}
    random_state : RandomState
        For "random" and "nndsvdar"; the singular vectors do not depend on it.
    """
    if name == "random":
        W, Ht = random_factors(data, k, random_state)
    elif name == "nnsvdlrc":
        W, Ht = nnsvd_lrc(data, k)
    else:
        W, Ht = nndsvd(data, k, name, random_state)
    return State(np.ascontiguousarray(W, data.dtype), np.ascontiguousarray(Ht, data.dtype))


def level(data: Data, k: int) -> float:
    """The entry of constant factors whose product has the mean of X: ``sqrt(mean(X) / k)``."""
    return float(np.sqrt(data.total / max(1, data.shape[0] * data.shape[1]) / k))


def random_factors(data: Data, k: int, random_state: np.random.RandomState) -> tuple[Array, Array]:
    """Absolute normal numbers, drawn as scikit-learn draws them (H first), scaled so that sum(W H) = sum(X)."""
    n, p = data.shape
    Ht = np.abs(random_state.standard_normal(size=(k, p))).T
    W = np.abs(random_state.standard_normal(size=(n, k)))
    scale = np.sqrt(data.total / (W.sum(0) @ Ht.sum(0)))
    return W * scale, Ht * scale


def nndsvd(data: Data, k: int, name: str, random_state: np.random.RandomState) -> tuple[Array, Array]:
    """Non-negative double singular value decomposition.

    Each singular pair after the first gives its positive or its negative parts, whichever is larger. "nndsvda" fills
    the zeros with the entry of constant factors, "nndsvdar" with random hundredths of it: the unit of a factor is the
    square root of the data's.

    References
    ----------
    Boutsidis & Gallopoulos (2008), doi:10.1016/j.patcog.2007.09.010
    """
    U, s, V = svd(data, k)
    W, Ht = np.zeros((len(U), k)), np.zeros((len(V), k))
    W[:, 0], Ht[:, 0] = np.abs(U[:, 0]) * np.sqrt(s[0]), np.abs(V[:, 0]) * np.sqrt(s[0])
    for q in range(1, k):
        pairs = [(np.maximum(sign * U[:, q], 0), np.maximum(sign * V[:, q], 0)) for sign in (1, -1)]
        u, v = max(pairs, key=lambda pair: np.linalg.norm(pair[0]) * np.linalg.norm(pair[1]))
        lengths = np.linalg.norm(u), np.linalg.norm(v)
        if min(lengths) > 0:
            root = np.sqrt(s[q] * lengths[0] * lengths[1])
            W[:, q], Ht[:, q] = root * u / lengths[0], root * v / lengths[1]
    fill = level(data, k)
    for factor in (W, Ht):
        zeros = factor < 1e-6 * factor.max(initial=0)
        if name == "nndsvd":
            factor[zeros] = 0
        elif name == "nndsvda":
            factor[zeros] = fill
        else:
            factor[zeros] = np.abs(fill * random_state.standard_normal(int(zeros.sum())) / 100)
    return W, Ht


def nnsvd_lrc(data: Data, k: int, refinements: int = 20) -> tuple[Array, Array]:
    """Non-negative SVD with low-rank correction: k // 2 + 1 triplets, two components from each after the first.

    X is replaced by its truncated SVD ``Y Z'``; the positive and the negative parts of each triplet start one component
    each, and twenty sweeps of coordinate descent fit them to ``Y Z'`` at O((n + p) k^2) each.

    References
    ----------
    Atif, Qazi & Gillis (2019), doi:10.1016/j.patrec.2019.02.018
    """
    U, s, V = svd(data, k // 2 + 1)
    Y, Z = U * np.sqrt(s), V * np.sqrt(s)
    W, Ht = np.zeros((len(Y), k)), np.zeros((len(Z), k))
    W[:, 0], Ht[:, 0] = np.abs(Y[:, 0]), np.abs(Z[:, 0])
    for q in range(1, k):
        triplet, sign = (q + 1) // 2, 1 if q % 2 else -1
        W[:, q], Ht[:, q] = np.maximum(sign * Y[:, triplet], 0), np.maximum(sign * Z[:, triplet], 0)
    solver, free = HALS(sweeps=1), Elastic()
    for _ in range(refinements):
        solver.update(W, Quadratic(gram_of(Ht), Y @ (Z.T @ Ht)), free, W)
        solver.update(Ht, Quadratic(gram_of(W), Z @ (Y.T @ W)), free, Ht)
    return balanced(W, Ht)


def balanced(W: Array, Ht: Array) -> tuple[Array, Array]:
    """The same product with |w_q| = |h_q| for every component that is alive."""
    w, h = np.linalg.norm(W, axis=0), np.linalg.norm(Ht, axis=0)
    alive = (w > 0) & (h > 0)
    scale = np.ones_like(w)
    scale[alive] = np.sqrt(h[alive] / w[alive])
    return W * scale, Ht / scale


def svd(data: Data, rank: int) -> tuple[Array, Array, Array]:
    """The leading singular triplets of X with fixed signs: U (n, rank), s (rank,), V (p, rank), float64.

    Small matrices by LAPACK; others by a randomised range finder with four power iterations (ten readings of X), always
    from the same random numbers.

    References
    ----------
    Halko, Martinsson & Tropp (2011), doi:10.1137/090771806
    """
    n, p = data.shape
    if rank > min(n, p):
        raise DataError(f"{rank} singular vectors were asked of a {n} x {p} matrix, which has {min(n, p)}.")
    if n * p <= EXACT_SVD_SIZE:
        X = data.X.toarray() if data.sparse else data.X
        U, s, Vt = np.linalg.svd(np.asarray(X, np.float64), full_matrices=False)
        V = Vt.T
    else:
        U, s, V = randomised_svd(data, min(rank + 10, min(n, p)))
    U, s, V = U[:, :rank], s[:rank], V[:, :rank]
    signs = np.sign(V[np.argmax(np.abs(V), axis=0), np.arange(rank)])
    signs[signs == 0] = 1
    return U * signs, s, V * signs


def randomised_svd(data: Data, width: int, power_iterations: int = 4) -> tuple[Array, Array, Array]:
    """Halko, Martinsson and Tropp's method with ``width`` test vectors."""
    V = np.random.default_rng(0).standard_normal((data.shape[1], width))
    for _ in range(power_iterations):
        U = np.linalg.qr(times(data, V))[0]
        V = np.linalg.qr(times_transposed(data, U))[0]
    U = np.linalg.qr(times(data, V))[0]
    left, s, right = np.linalg.svd(times_transposed(data, U), full_matrices=False)
    return U @ right.T, s, left


def times(data: Data, B: Array) -> Array:
    """``X B`` in the dtype of X."""
    B = np.ascontiguousarray(B, data.dtype)
    out = np.empty((data.shape[0], B.shape[1]), data.dtype)

    def multiply(X, A, total):
        A[...] = X.dot(B)
        return 0

    data.sweep(multiply, out, collect=False)
    return out.astype(np.float64)


def times_transposed(data: Data, A: Array) -> Array:
    """``X' A`` in float64."""

    def add(X, rows, total):
        total = np.zeros((data.shape[1], A.shape[1])) if total is None else total
        X.add_t_dot(rows, total)
        return total

    return data.sweep(add, np.ascontiguousarray(A, data.dtype))
