"""What a half step works on: the fixed factor, the statistics of a block, and the evidence of what was done with them.

The kinds of statistics are the vocabulary between losses and solvers; see docs/how_it_works.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from partwise.interfaces.protocols import Block

Array = np.ndarray


@dataclass(frozen=True)
class Fixed:
    """The fixed factor ``B`` of a half step, and from it ``gram = B'B`` (beta = 2) or the column sums (others)."""

    B: Array
    gram: Array
    colsum: Array


@dataclass
class Quadratic:
    """Least squares in rows: each row a minimises ``1/2 a gram a' - cross_i a'``.

    Attributes
    ----------
    gram : ndarray of shape (k, k)
        ``B'B``, float64.
    cross : ndarray of shape (m, k)
        ``X B``; float64 where it was summed over blocks, else of the data's dtype.
    """

    gram: Array
    cross: Array

    def rows(self, start: int, stop: int) -> Quadratic:
        """The statistic of some rows of the factor, without copying."""
        return Quadratic(self.gram, self.cross[start:stop])

    def __iadd__(self, other: Quadratic) -> Quadratic:
        self.gram += other.gram
        self.cross += other.cross
        return self

    def gradient(self, A: Array) -> Array:
        """``A gram - cross``, the gradient of the loss in the rows ``A``."""
        return A @ self.gram - self.cross


@dataclass
class Split:
    """The gradient as a difference of two non-negative parts, ``pos - neg``.

    Attributes
    ----------
    neg : ndarray of shape (m, k)
        ``(X * Y^(beta - 2)) B``.
    pos : ndarray of shape (m, k) or (1, k)
        ``Y^(beta - 1) B``; a single row where all rows share it (beta = 1: the column sums of B).
    """

    neg: Array
    pos: Array

    def rows(self, start: int, stop: int) -> Split:
        """The statistic of some rows of the factor, without copying."""
        return Split(self.neg[start:stop], self.pos if len(self.pos) == 1 else self.pos[start:stop])

    def __iadd__(self, other: Split) -> Split:
        self.neg += other.neg
        self.pos += other.pos
        return self

    def gradient(self, A: Array) -> Array:
        """``pos - neg``, the gradient of the loss in the rows ``A``."""
        return self.pos - self.neg


@dataclass(frozen=True)
class RowQuadratic:
    """Least squares in rows that do not share a Gram matrix: each minimises ``1/2 a gram_i a' - cross_i a'``.

    ``gram_i = base + sum_j e_ij b_j b_j'``: that of all cells, and what each row has more or less. Solvers form the
    matrices of a few rows at a time, or none.

    Attributes
    ----------
    cross : ndarray of shape (m, k)
        ``(w * X) B``, in the dtype of the data.
    B : ndarray of shape (p, k)
        The fixed factor.
    base : ndarray of shape (k, k), float64
    excess : (indptr, indices, e)
        CSR arrays of a matrix of which row ``start`` is the first of these.
    start : int
    """

    cross: Array
    B: Array
    base: Array
    excess: tuple[Array, Array, Array]
    start: int


@dataclass(frozen=True)
class Rows:
    """The data themselves beside the fixed factor, for solvers that work on the stored entries of each row.

    Attributes
    ----------
    X : Block
    B : ndarray of shape (p, k)
    colsum : ndarray of shape (k,) or (m, k), float64
        The sums over j of ``b_j``, or for weighted data of ``w_ij b_j`` for each row.
    """

    X: Block
    B: Array
    colsum: Array


@dataclass(frozen=True)
class Entries:
    """All cells that count, one by one, for solvers that update both factors at each of them: no half steps.

    The data list them (`partwise.data.weighted.listed`); a loss that offers them says that its derivative is y - x.

    Attributes
    ----------
    csr : tuple (indptr, indices, values)
    weights : ndarray
        Of the entries, in their order.
    """

    csr: tuple[Array, Array, Array]
    weights: Array


ROW_LOCAL = frozenset({Rows, RowQuadratic})
"""Statistics that do not add up over rows: the columns need a reading of X of their own."""


@dataclass
class Evidence:
    """What a half step saw, per component: the rows of ``sums``, of shape (3, k), float64, additive over rows.

    ``grad2``: squares of the projected gradient met before each row was changed (solvers that never reach 0 weigh
    positive gradients by ``min(1, a / size)`` instead); ``neg2``: squares of the negative
    part of the gradient, its natural scale; ``norm2``: squares of the updated factor. ``fit``: the loss with the
    updated rows, up to a constant of the data, where somebody has it for nothing.
    """

    sums: Array
    fit: float = 0.0

    @property
    def grad2(self) -> Array:
        """The first row of ``sums``, to be added to in place."""
        return self.sums[0]

    @property
    def neg2(self) -> Array:
        """The second row."""
        return self.sums[1]

    @property
    def norm2(self) -> Array:
        """The third row."""
        return self.sums[2]

    @classmethod
    def zeros(cls, k: int) -> Evidence:
        """Evidence of no rows at all."""
        return cls(np.zeros((3, k)))

    @classmethod
    def of(cls, gradient: Array, negative: Array, A: Array) -> Evidence:
        """Evidence of some rows: the projected gradient, the negative part of the gradient, and the new rows."""
        parts = (gradient, negative, A)
        return cls(np.array([np.einsum("ij,ij->j", part, part, dtype=np.float64) for part in parts]))

    def __iadd__(self, other: Evidence) -> Evidence:
        self.sums += other.sums
        self.fit += other.fit
        return self
