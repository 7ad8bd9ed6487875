"""Starting points: scaled random, the NNDSVD family and NNSVD-LRC, all from sweeps over the data.

Every start is scale-equivariant: c X gives sqrt(c) times both factors.
"""

from __future__ import annotations

import numpy as np

from partwise.engine.step import SOLVER_FLOPS, State
from partwise.errors import DataError
from partwise.interfaces import Array, Data, Quadratic
from partwise.kernels import pool
from partwise.losses.beta import gram_of
from partwise.penalties import Elastic
from partwise.solvers import HALS

NAMES = ("random", "nndsvd", "nndsvda", "nndsvdar", "nnsvdlrc", "custom")
SVD_NAMES = NAMES[1:5]

EXACT_SVD_COST = 1e8
"""Up to this ``n p min(n, p)`` LAPACK finds the singular triplets, in a few hundredths of a second; above it the
randomised method."""

OVERSAMPLING, POWER_ITERATIONS = 5, 1
"""Of the randomised method: as much as a start needs, three readings of X."""

CHUNK_ROWS = 8192


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


def nnsvd_lrc(data: Data, k: int) -> tuple[Array, Array]:
    """Non-negative SVD with low-rank correction: k // 2 + 1 triplets, two components from each after the first.

    X is replaced by its truncated SVD ``Y Z'``; the positive and the negative parts of each triplet start one component
    each, and sweeps of coordinate descent fit them to ``Y Z'``: twenty for a small X, one for others. It
    costs O((n + p) k^2), which for a large sparse X is as much as an iteration on X itself.

    References
    ----------
    Atif, Qazi & Gillis (2019), doi:10.1016/j.patrec.2019.02.018
    """
    U, s, V = svd(data, k // 2 + 1)
    Y, Z = ((side * np.sqrt(s)).astype(data.dtype) for side in (U, V))
    W, Ht = non_negative_parts(Y, k), non_negative_parts(Z, k)
    for _ in range(20 if is_small(data) else 1):
        refine(W, Ht, Y, Z, data.threads)
        refine(Ht, W, Z, Y, data.threads)
    drop_noise(W, Ht)
    return W, Ht


def drop_noise(W: Array, Ht: Array) -> None:
    """Set components to 0, in place, whose squares are no numbers, as a half step would divide by them.

    They are the rounding of the others, and revived later.
    """
    limits = np.finfo(W.dtype)
    sizes = W.max(axis=0, initial=0).astype(np.longdouble) * Ht.max(axis=0, initial=0)
    noise = sizes < limits.tiny / limits.eps
    W[:, noise] = Ht[:, noise] = 0


def non_negative_parts(Y: Array, k: int) -> Array:
    """|y_0|, then the positive and the negative parts of y_1, y_2, ..., in turn."""
    A = np.empty((len(Y), k), Y.dtype)
    np.abs(Y[:, 0], out=A[:, 0])
    np.maximum(Y[:, 1 : 1 + k // 2], 0, out=A[:, 1::2])
    np.maximum(-Y[:, 1 : 1 + (k - 1) // 2], 0, out=A[:, 2::2])
    return A


def refine(A: Array, B: Array, Y: Array, Z: Array, threads: int) -> None:
    """One sweep of coordinate descent on the rows of A for ``Y Z' ~ A B'``, in place."""
    gram, small = gram_of(B, threads), Z.T @ B

    def chunk(start: int) -> None:
        rows = slice(start, start + CHUNK_ROWS)
        HALS(sweeps=1).update(A[rows], Quadratic(gram, Y[rows] @ small), Elastic(), A)

    seconds = 4 * len(A) * B.shape[1] ** 2 / SOLVER_FLOPS
    pool.run(chunk, range(0, len(A), CHUNK_ROWS), threads, seconds)


def svd(data: Data, rank: int) -> tuple[Array, Array, Array]:
    """The leading singular triplets of X with fixed signs: U (n, rank), s (rank,), V (p, rank).

    Small matrices by LAPACK; others by subspace iteration from a few more vectors than asked for, always from the same
    random numbers, in three readings of X: as exact as a start needs.

    References
    ----------
    Halko, Martinsson & Tropp (2011), doi:10.1137/090771806
    """
    n, p = data.shape
    if rank > min(n, p):
        raise DataError(f"{rank} singular vectors were asked of a {n} x {p} matrix, which has {min(n, p)}.")
    if is_small(data):
        X = data.X.toarray() if data.sparse else data.X
        U, s, Vt = np.linalg.svd(np.asarray(X, np.float64), full_matrices=False)
        V = Vt.T
        signs = signs_of(V)
        return U[:, :rank] * signs[:rank], s[:rank], V[:, :rank] * signs[:rank]
    return randomised_svd(data, rank)


def is_small(data: Data) -> bool:
    """Whether LAPACK finds the singular triplets."""
    n, p = data.shape
    return n * p * min(n, p) <= EXACT_SVD_COST


def signs_of(V: Array) -> Array:
    """The sign of the largest entry of each column."""
    return np.where(V[np.argmax(np.abs(V), axis=0), np.arange(V.shape[1])] < 0, -1.0, 1.0)


def randomised_svd(data: Data, rank: int, power_iterations: int = POWER_ITERATIONS) -> tuple[Array, Array, Array]:
    """Subspace iteration from a few more random vectors, ``V <- orth(X'(X V))``, then the SVD of ``X V``.

    Both by Gram matrices, which is all that a tall matrix allows at the cost of a product: singular values below 1e-7
    of the largest are given as 0, and so are their vectors.
    """
    width = min(rank + OVERSAMPLING, *data.shape)
    V = orthonormal(np.random.default_rng(0).standard_normal((data.shape[1], width)))
    for _ in range(power_iterations):
        V = orthonormal(transposed_times(data, times(data, V)))
    U = times(data, V)
    s, right, inverse = gram_svd(U, data.threads)
    V = V @ right[:, :rank]
    signs = signs_of(V)
    return U @ (right * inverse)[:, :rank].astype(U.dtype) * signs.astype(U.dtype), s[:rank], V * signs


def orthonormal(V: Array) -> Array:
    """An orthonormal basis of the columns of V; a zero column for every direction that they lack."""
    _, right, inverse = gram_svd(V)
    return V @ (right * inverse)


def gram_svd(U: Array, threads: int = 1) -> tuple[Array, Array, Array]:
    """Singular values of a tall U in falling order, its right vectors, and the inverses of the values (0 for 0)."""
    values, right = np.linalg.eigh(gram_of(U, threads))
    values, right = values[::-1], right[:, ::-1]
    s = np.sqrt(np.where(values > 1e-14 * values[0], values, 0))
    return s, right, np.divide(1, s, out=np.zeros_like(s), where=s > 0)


def times(data: Data, B: Array) -> Array:
    """``X B`` in the dtype of X."""
    B = np.ascontiguousarray(B, data.dtype)
    out = np.empty((data.shape[0], B.shape[1]), data.dtype)

    def multiply(X, A, total):
        A[...] = X.dot(B)
        return 0

    data.sweep(multiply, out, collect=False)
    return out


def transposed_times(data: Data, A: Array) -> Array:
    """``X' A`` in the dtype of X: a sparse one by columns, which a fit needs anyway, a dense one by its rows."""
    if data.sparse:
        return times(data.transposed(), A)

    def add(X, rows, total):
        total = np.zeros((data.shape[1], A.shape[1])) if total is None else total
        X.add_t_dot(rows, total)
        return total

    return data.sweep(add, np.ascontiguousarray(A, data.dtype), collect=True).astype(data.dtype)
