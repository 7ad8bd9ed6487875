"""Some rows of weighted data: what the weighted losses ask for, dense or sparse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise import kernels
from partwise.data.block import CSR, DenseBlock, SparseBlock
from partwise.interfaces import Array
from partwise.kernels import dense


@dataclass(frozen=True)
class WeightedDenseBlock:
    """Rows ``start:stop`` of a `WeightedDense`."""

    data: Any
    start: int
    stop: int

    elsewhere = 0.0

    @property
    def shape(self) -> tuple[int, int]:
        """(m, p)."""
        return self.stop - self.start, self.data.shape[1]

    @property
    def X(self) -> Array:
        """The values; 0 where the weight is."""
        return self.data.X[self.start : self.stop]

    @property
    def weight(self) -> Array:
        """The weights in the dtype of X."""
        return self.data.weight[self.start : self.stop].astype(self.data.dtype, copy=False)

    @property
    def scaled(self) -> DenseBlock:
        """``w x``."""
        return DenseBlock(self.data.scaled[self.start : self.stop])

    def dot(self, B: Array, out: Array | None = None) -> Array:
        """``(w x) B``."""
        return self.scaled.dot(B, out)

    def rows_dot(self, B: Array) -> Array:
        """The same, each row by itself."""
        return self.scaled.rows_dot(B)

    @property
    def common(self) -> float:
        """The weight that `excess_rows` adds to."""
        return self.data.common

    @property
    def excess_rows(self) -> tuple[CSR, int]:
        """What the weights are more than `common`, as CSR arrays and the number of the first row."""
        return self.data.excess, self.start

    @property
    def top(self) -> float:
        """The largest weight of the whole matrix."""
        return self.data.top

    def excess_dot(self, A: Array, B: Array) -> Array:
        """``((w - common) * Y) B``. O(cells that differ k)."""
        return SparseBlock(self.data.excess, self.start, self.stop, self.shape[1]).model_dot(A, B)

    def weights_dot(self, B: Array, colsum: Array) -> Array:
        """``sum_j w_ij b_j`` for every row, float64."""
        return np.asarray(self.weight @ B, np.float64)

    def split(self, A: Array, B: Array, beta: float, floor: float) -> tuple[Array, Array]:
        """``(w x * Y^(beta-2)) B`` and ``(w * Y^(beta-1)) B``; Y is formed strip by strip."""
        neg, pos = np.empty_like(A), np.empty_like(A)
        for rows, ratio, raised in dense.weighted_ratios(self.scaled.X, self.weight, A, B, beta, floor):
            neg[rows], pos[rows] = dense.dot(ratio, B), dense.dot(raised, B)
        return neg, pos

    def add_split_t(self, A: Array, B: Array, beta: float, floor: float, neg: Array, pos: Array) -> None:
        """The same for the columns, added to the totals."""
        for rows, ratio, raised in dense.weighted_ratios(self.scaled.X, self.weight, A, B, beta, floor):
            dense.add_t_dot(ratio, A[rows], neg)
            dense.add_t_dot(raised, A[rows], pos)

    def value(self, A: Array, B: Array, beta: float, floor: float) -> float:
        """``sum w d_beta(x | y)``, cell by cell, float64."""
        return dense.weighted_value(self.X, self.weight, A, B, beta, floor)

    def csr(self) -> tuple[CSR, int, int]:
        """The non-zero ``w x`` as CSR."""
        return self.scaled.csr()


@dataclass(frozen=True)
class WeightedSparseBlock:
    """Some rows of a `WeightedSparse`: ``w x`` and ``w - elsewhere`` at the stored cells, and x and w of all rows."""

    scaled: SparseBlock
    excess: SparseBlock
    values: Array
    weights: Array
    elsewhere: float
    top: float

    @property
    def shape(self) -> tuple[int, int]:
        """(m, p)."""
        return self.scaled.shape

    def dot(self, B: Array, out: Array | None = None) -> Array:
        """``(w x) B``."""
        return self.scaled.dot(B, out)

    def rows_dot(self, B: Array) -> Array:
        """The same: the kernel takes rows one by one."""
        return self.scaled.dot(B)

    @property
    def common(self) -> float:
        """The weight that `excess_rows` adds to."""
        return self.elsewhere

    @property
    def excess_rows(self) -> tuple[CSR, int]:
        """What the weights are more than `common`, as CSR arrays and the number of the first row."""
        return self.excess.arrays, self.excess.start

    def excess_dot(self, A: Array, B: Array) -> Array:
        """``((w - elsewhere) * Y) B`` over the stored cells."""
        return self.excess.model_dot(A, B)

    def weights_dot(self, B: Array, colsum: Array) -> Array:
        """``sum_j w_ij b_j`` for every row, float64; ``colsum`` are the column sums of B."""
        return np.maximum(self.elsewhere * colsum + self.excess.dot(B), 0)

    def split(self, A: Array, B: Array, beta: float, floor: float) -> tuple[Array, Array]:
        """``(w x * Y^(beta-2)) B`` and, over the stored cells, ``((w - elsewhere) * Y^(beta-1)) B``."""
        return self.scaled.ratio_dot(A, B, beta, floor), self.excess.ratio_dot(A, B, beta + 1, floor)

    def value(self, A: Array, B: Array, beta: float, floor: float) -> float:
        """``sum w d_beta(x | y)`` over the stored cells, less what `elsewhere` counts there for x = 0; float64."""
        indptr, indices, _ = self.scaled.arrays
        _, start, stop = self.scaled.csr()

        def stored(x: Array, w: Array) -> float:
            return kernels.csr_weighted_value((indptr, indices, x), w, start, stop, A, B, beta, floor)

        value = stored(self.values, self.weights)
        if not self.elsewhere:
            return value
        nothing = np.zeros_like(self.values)
        return value - stored(nothing, np.full_like(self.values, self.elsewhere))

    def csr(self) -> tuple[CSR, int, int]:
        """The whole matrix of ``w x`` and the range of rows."""
        return self.scaled.csr()
