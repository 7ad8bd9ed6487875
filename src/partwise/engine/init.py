"""Starting points: scaled random, the NNDSVD family and NNSVD-LRC, all from sweeps over the data.

Every start is scale-equivariant: c X gives sqrt(c) times both factors.
"""

from __future__ import annotations

import numpy as np

from partwise import kernels
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

MOSTLY_ZEROS = 0.1
"""Share of cells that are not zero below which exact singular vectors are the better start (docs/adr/0016)."""

OVERSAMPLING, POWER_ITERATIONS = 5, 1
"""Of the randomised method: as much as a start needs, three readings of X."""

EXACT_MULTIPLE, EXACT_POWER_ITERATIONS = 16, 2
"""For NNDSVD of an X that is mostly zeros: five readings, with a number of vectors that products make at one go."""

SEED = 3
"""Of the random vectors. It decides between optima: one of six that were tried (docs/adr/0016)."""

NOISE = 1e-6
"""Entries of a column of at most this share of its norm are taken for zeros."""


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

    Each singular pair gives its positive or its negative parts, whichever are larger. "nndsvda" fills the zeros with
    the entry of constant factors, "nndsvdar" with random hundredths of it: the unit of a factor is the square root of
    the data's.

    References
    ----------
    Boutsidis & Gallopoulos (2008), doi:10.1016/j.patcog.2007.09.010
    """
    U, s, V = exact_svd(data, k) if mostly_zeros(data) else svd(data, k)
    U, V = np.ascontiguousarray(U), np.ascontiguousarray(V)
    (u, u_other), (v, v_other) = (lengths_of_parts(A, data.threads) for A in (U, V))
    flip = u_other * v_other > u * v
    u[flip], v[flip] = u_other[flip], v_other[flip]
    root = np.sqrt(s * u * v)
    fill = level(data, k)
    found = root > 0  # the others stay 0, and are revived where X is missed most
    for factor, length in ((U, u), (V, v)):
        scale = np.divide(root, length, out=np.zeros(k), where=found) * np.where(flip, -1, 1)
        take_parts(factor, scale, NOISE * root, found * (fill if name == "nndsvda" else 0.0), data.threads)
        if name == "nndsvdar":
            zeros = (factor == 0) & found
            factor[zeros] = np.abs(fill * random_state.standard_normal(int(zeros.sum())) / 100)
    return U, V


def lengths_of_parts(U: Array, threads: int) -> tuple[Array, Array]:
    """The norms of the positive and of the negative part of each column."""

    def chunk(rows: slice) -> Array:
        squares = np.zeros((2, U.shape[1]))
        kernels.add_parts_norm2(U[rows], *squares)
        return squares

    positive, negative = np.sqrt(sum(pool.over_rows(chunk, U, threads)))
    return positive, negative


def take_parts(U: Array, scale: Array, noise: Array, zero: Array, threads: int) -> None:
    """``U scale`` in place, and ``zero`` where that is not above the ``noise``: for each column its own numbers."""
    numbers = [column.astype(U.dtype) for column in (scale, noise, zero)]
    pool.over_rows(lambda rows: kernels.take_parts(U[rows], *numbers), U, threads)


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
    Y, Z = ((side * np.sqrt(s).astype(side.dtype)).astype(data.dtype, copy=False) for side in (U, V))
    W, Ht = (non_negative_parts(side, k, data.threads) for side in (Y, Z))
    squares: list[Array] = []
    for _ in range(20 if is_small(data) else 1):
        squares = [refine(W, Ht, Y, Z, data.threads), refine(Ht, W, Z, Y, data.threads)]
    drop_noise(W, Ht, np.prod(np.sqrt(np.array(squares, np.longdouble)), axis=0))
    return W, Ht


def drop_noise(W: Array, Ht: Array, sizes: Array) -> None:
    """Set components to 0, in place, whose squares are no numbers, as a half step would divide by them.

    They are the rounding of the others, and revived later. ``sizes`` are the products of their norms.
    """
    limits = np.finfo(W.dtype)
    noise = sizes < limits.tiny / limits.eps
    if noise.any():
        W[:, noise] = Ht[:, noise] = 0


def non_negative_parts(Y: Array, k: int, threads: int) -> Array:
    """|y_0|, then the positive and the negative parts of y_1, y_2, ..., in turn."""
    A = np.empty((len(Y), k), Y.dtype)

    def chunk(rows: slice) -> None:
        np.abs(Y[rows, 0], out=A[rows, 0])
        np.maximum(Y[rows, 1 : 1 + k // 2], 0, out=A[rows, 1::2])
        np.maximum(-Y[rows, 1 : 1 + (k - 1) // 2], 0, out=A[rows, 2::2])

    pool.over_rows(chunk, A, threads)
    return A


def refine(A: Array, B: Array, Y: Array, Z: Array, threads: int) -> Array:
    """One sweep of coordinate descent on the rows of A for ``Y Z' ~ A B'``, in place; squared norms of its columns."""
    gram, small = gram_of(B, threads), Z.T @ B

    def chunk(rows: slice) -> Array:
        return HALS(sweeps=1).update(A[rows], Quadratic(gram, Y[rows] @ small), Elastic(), A).norm2

    seconds = 4 * len(A) * B.shape[1] ** 2 / SOLVER_FLOPS
    return sum(pool.over_rows(chunk, A, threads, seconds), np.zeros(A.shape[1]))


def mostly_zeros(data: Data) -> bool:
    """Whether hardly a cell is anything else, however X is stored."""
    return data.nonzeros < MOSTLY_ZEROS * data.shape[0] * data.shape[1]


def exact_svd(data: Data, rank: int) -> tuple[Array, Array, Array]:
    """The same as `svd`, in more readings and from more vectors."""
    more = OVERSAMPLING + -(rank + OVERSAMPLING) % EXACT_MULTIPLE
    return svd(data, rank, more, EXACT_POWER_ITERATIONS)


def svd(
    data: Data, rank: int, oversampling: int = OVERSAMPLING, power_iterations: int = POWER_ITERATIONS
) -> tuple[Array, Array, Array]:
    """The leading singular triplets of X with fixed signs: U (n, rank), s (rank,), V (p, rank).

    Small matrices by LAPACK; others by subspace iteration from a few more vectors than asked for, always from the same
    random numbers, in ``1 + 2 power_iterations`` readings of X: as exact as a start needs.

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
    return randomised_svd(data, rank, oversampling, power_iterations)


def is_small(data: Data) -> bool:
    """Whether LAPACK finds the singular triplets."""
    n, p = data.shape
    return n * p * min(n, p) <= EXACT_SVD_COST


def signs_of(V: Array) -> Array:
    """The sign of the largest entry of each column."""
    return np.where(V.max(axis=0) < -V.min(axis=0), -1.0, 1.0)


def randomised_svd(data: Data, rank: int, oversampling: int, power_iterations: int) -> tuple[Array, Array, Array]:
    """Subspace iteration from a few more random vectors, ``V <- orth(X'(X V))``, then the SVD of ``X V``.

    Both by Gram matrices, which is all that a tall matrix allows at the cost of a product: singular values below 1e-7
    of the largest are given as 0, and so are their vectors; those of float32 data are rough already below 1e-2. At
    least one power iteration.
    """
    width, threads = min(rank + oversampling, *data.shape), data.threads
    V = random_block(data.shape[1], width).astype(data.dtype)
    U = np.empty((data.shape[0], width), data.dtype)
    shrink = data.dtype.type(1 / (data.norm2 or 1.0))  # the fourth powers of large numbers are infinite in float32
    for _ in range(power_iterations):
        V = transposed_times(data, times(data, V, U))
        V *= shrink
        V = orthonormal(V, threads)
    times(data, V, U)
    s, right, inverse = gram_svd(U, threads)
    V = tall_dot(V, right[:, :rank], threads)
    signs = signs_of(V)
    V *= signs.astype(V.dtype)
    return tall_dot(U, (right * inverse)[:, :rank] * signs, threads), s[:rank], V


def random_block(p: int, width: int) -> Array:
    """Whole numbers around 0, always the same, a byte each: drawn in a third of the time of floats."""
    return np.frombuffer(np.random.default_rng(SEED).bytes(p * width), np.int8).reshape(p, width)


def orthonormal(V: Array, threads: int) -> Array:
    """An orthonormal basis of the columns of V; a zero column for every direction that they lack."""
    _, right, inverse = gram_svd(V, threads)
    return tall_dot(V, right * inverse, threads)


def tall_dot(A: Array, small: Array, threads: int) -> Array:
    """``A small`` in the dtype of A."""
    out, small = np.empty((len(A), small.shape[1]), A.dtype), small.astype(A.dtype)
    pool.over_rows(lambda rows: np.dot(A[rows], small, out=out[rows]), A, threads)
    return out


def gram_svd(U: Array, threads: int) -> tuple[Array, Array, Array]:
    """Singular values of a tall U in falling order, its right vectors, and the inverses of the values (0 for 0)."""
    values, right = np.linalg.eigh(gram_of(U, threads))
    values, right = values[::-1], right[:, ::-1]
    s = np.sqrt(np.where(values > 1e-14 * values[0], values, 0))
    return s, right, np.divide(1, s, out=np.zeros_like(s), where=s > 0)


def times(data: Data, B: Array, out: Array | None = None) -> Array:
    """``X B`` in the dtype of X."""
    B = np.ascontiguousarray(B, data.dtype)
    if out is None:
        out = np.empty((data.shape[0], B.shape[1]), data.dtype)

    def multiply(X, A, total):
        X.dot(B, out=A)
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
