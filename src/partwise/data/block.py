"""Some rows of X: the products that losses ask for, dense or sparse, so that no loss ever asks which."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from partwise import kernels
from partwise.interfaces import Array
from partwise.kernels import dense

CSR = tuple[Array, Array, Array]


@dataclass
class Worst:
    """A row of residuals, its negative entries set to 0, and its squared length; adding keeps the longer."""

    size: float
    row: Array

    def __iadd__(self, other: Worst) -> Worst:
        return other if other.size > self.size else self

    @classmethod
    def of(cls, residual: Array) -> Worst:
        """The worst row of a dense block of residuals, which is overwritten."""
        np.maximum(residual, 0, out=residual)
        sizes = np.einsum("ij,ij->i", residual, residual, dtype=np.float64)
        worst = int(np.argmax(sizes))
        return cls(float(sizes[worst]), residual[worst].copy())


@dataclass(frozen=True)
class DenseBlock:
    """A view of some rows of an ndarray."""

    X: Array

    @property
    def shape(self) -> tuple[int, int]:
        """(m, p)."""
        return self.X.shape

    def dot(self, B: Array, out: Array | None = None) -> Array:
        """``X_b B``."""
        return dense.dot(self.X, B, out)

    def rows_dot(self, B: Array) -> Array:
        """``X_b B``, each row by itself: BLAS adds in an order that depends on the number of rows."""
        out = np.empty((len(self.X), B.shape[1]), B.dtype)
        kernels.rows_dot(np.ascontiguousarray(self.X), B, out)
        return out

    def add_t_dot(self, A: Array, total: Array) -> None:
        """``total += X_b' A``."""
        dense.add_t_dot(self.X, A, total)

    def split(self, A: Array, B: Array, beta: float, floor: float) -> tuple[Array, Array | None]:
        """``(X_b * Y^(beta-2)) B`` and ``Y^(beta-1) B``; Y is formed strip by strip."""
        return dense.split(self.X, A, B, beta, floor)

    def add_split_t(self, A: Array, B: Array, beta: float, floor: float, neg: Array, pos: Array) -> None:
        """The same for the columns, added to the totals."""
        dense.add_split_t(self.X, A, B, beta, floor, neg, pos)

    def value(self, A: Array, B: Array, beta: float, floor: float) -> float:
        """The divergence, entry by entry."""
        return dense.value(self.X, A, B, beta, floor)

    def worst_row(self, A: Array, B: Array) -> Worst:
        """The row of ``X_b - A B'`` with the largest positive part."""
        return Worst.of(self.X - A @ B.T)

    def csr(self) -> tuple[CSR, int, int]:
        """The non-zero entries of the block as CSR; a copy of at most the block's size, twice."""
        m, p = self.X.shape
        stored = np.flatnonzero(self.X)
        indptr = np.searchsorted(stored, p * np.arange(m + 1))
        return (indptr, stored % p, self.X.ravel()[stored]), 0, m


@dataclass(frozen=True)
class SparseBlock:
    """Rows ``start:stop`` of a CSR matrix with ``p`` columns."""

    arrays: CSR
    start: int
    stop: int
    p: int

    @property
    def shape(self) -> tuple[int, int]:
        """(m, p)."""
        return self.stop - self.start, self.p

    def dot(self, B: Array, out: Array | None = None) -> Array:
        """``X_b B``."""
        if out is None:
            out = np.empty((self.stop - self.start, B.shape[1]), B.dtype)
        kernels.csr_dot(self.arrays, self.start, self.stop, B, out)
        return out

    def rows_dot(self, B: Array) -> Array:
        """The same: the kernel takes rows one by one."""
        return self.dot(B)

    def add_t_dot(self, A: Array, total: Array) -> None:
        """``total += X_b' A``, scattered straight into the float64 total."""
        kernels.csr_t_dot_add(self.arrays, self.start, self.stop, A, total)

    def ratio_dot(self, A: Array, B: Array, beta: float, floor: float) -> Array:
        """``(X_b * Y^(beta-2)) B`` over the stored entries."""
        out = np.empty_like(A)
        kernels.csr_ratio_dot(self.arrays, self.start, self.stop, A, B, beta, floor, out)
        return out

    def model_dot(self, A: Array, B: Array) -> Array:
        """``(X_b * Y) B`` over the stored entries."""
        indptr, indices, x = self.arrays
        part, out = slice(indptr[self.start], indptr[self.stop]), np.empty_like(A)
        gaps = np.empty(part.stop - part.start, A.dtype)
        kernels.csr_residual(self.arrays, self.start, self.stop, A, B, gaps)
        rows = indptr[self.start : self.stop + 1] - indptr[self.start]
        kernels.csr_dot((rows, indices[part], x[part] * (x[part] - gaps)), 0, len(A), B, out)
        return out

    def split(self, A: Array, B: Array, beta: float, floor: float) -> tuple[Array, Array | None]:
        """``(X_b * Y^(beta-2)) B`` over the stored entries; ``Y^(beta-1) B`` by small dense blocks of Y."""
        neg = self.ratio_dot(A, B, beta, floor)
        if beta == 1:
            return neg, None
        pos = np.empty_like(A)
        for rows in self._small(A.itemsize):
            pos[rows] = dense.power(dense.product(A[rows], B, floor), beta - 1) @ B
        return neg, pos

    def add_split_t(self, A: Array, B: Array, beta: float, floor: float, neg: Array, pos: Array) -> None:
        """The same for the columns, added to the totals."""
        kernels.csr_ratio_t_dot_add(self.arrays, self.start, self.stop, A, B, beta, floor, neg)
        if beta == 1:
            return
        for rows in self._small(A.itemsize):
            pos += dense.power(dense.product(A[rows], B, floor), beta - 1).T @ A[rows]

    def value(self, A: Array, B: Array, beta: float, floor: float) -> float:
        """The divergence, entry by entry, over small dense blocks: O(m p k)."""
        total = 0.0
        for rows in self._small(A.itemsize):
            low, high = self.start + rows.start, self.start + rows.stop
            total += dense.value(self._dense(low, high), A[rows], B, beta, floor)
        return total

    def stored_value(self, A: Array, B: Array, beta: float, floor: float) -> float:
        """The part of `value` that vanishes where x = 0: O(stored k). Dense blocks have no use for it."""
        return kernels.csr_value(self.arrays, self.start, self.stop, A, B, beta, floor)

    def worst_row(self, A: Array, B: Array) -> Worst:
        """The row of ``X_b - A B'`` with the largest positive part, by small dense blocks."""
        best = Worst(-1.0, np.zeros(self.p, A.dtype))
        for rows in self._small(A.itemsize):
            best += Worst.of(self._dense(self.start + rows.start, self.start + rows.stop) - A[rows] @ B.T)
        return best

    def csr(self) -> tuple[CSR, int, int]:
        """The whole matrix and the range of rows."""
        return self.arrays, self.start, self.stop

    def _small(self, itemsize: int) -> list[slice]:
        """Runs of rows, relative to the block, whose dense Y takes about 4 MiB."""
        m, height = self.stop - self.start, max(1, (4 << 20) // max(1, self.p * itemsize))
        return [slice(low, min(low + height, m)) for low in range(0, m, height)]

    def _dense(self, low: int, high: int) -> Array:
        indptr, indices, values = self.arrays
        part = slice(indptr[low], indptr[high])
        rows = sp.csr_array((values[part], indices[part], indptr[low : high + 1] - indptr[low]), (high - low, self.p))
        return rows.toarray()
