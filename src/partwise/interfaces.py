"""The words that every inner room shares: the statistics, the terms of a penalty, the evidence of a half step, and four
interfaces.

A loss turns a block of data into a small statistic; a solver turns a statistic into better rows of a factor; a
penalty knows one factor; only the data know where the rows lie. Factors are *tall*: ``W`` of shape (n_samples, k)
and ``Ht`` of shape (n_features, k), both C-ordered, so that the k numbers of a row lie together. ``A`` is the
factor being updated, ``B`` the fixed one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

Array = np.ndarray


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


FACES = {
    "linear": "a linear term",
    "pull": "a linear term below 0",
    "rows": "numbers for each row",
    "ridge": "a ridge",
    "ridges": "a ridge for each component",
    "gram": "products of components",
    "bounds": "bounds",
    "prox": "a proximal step",
}
"""What a penalty may consist of; it goes with the solvers that understand all of its parts."""


@dataclass(frozen=True)
class Terms:
    """What a penalty adds to a half step: for each row a, ``linear a' + a (diag(ridge) + gram) a' / 2`` within bounds.

    Attributes
    ----------
    linear : float or ndarray of shape (k,) or (m, k)
        Added to the gradient.
    ridge : float or ndarray of shape (k,)
        Added to the diagonal of the quadratic form, non-negative.
    gram : ndarray of shape (k, k) or None
        Added to the quadratic form, symmetric; the sum with the statistic's must have a positive diagonal.
    lower, upper : ndarray that broadcasts to (m, k), or None
        Bounds of the entries; None: 0 and none.

    Examples
    --------
    >>> both = Terms(linear=1.0) + Terms(linear=np.array([1.0, 2.0]), ridge=3.0)
    >>> both.linear.tolist(), both.ridge, sorted(both.faces)
    ([2.0, 3.0], 3.0, ['linear', 'ridge'])
    """

    linear: Any = 0.0
    ridge: Any = 0.0
    gram: Array | None = None
    lower: Array | None = None
    upper: Array | None = None

    whole = False

    @property
    def faces(self) -> frozenset[str]:
        """Keys of `FACES`: what a solver must understand to use these terms."""
        arrays = isinstance(self.linear, np.ndarray), isinstance(self.ridge, np.ndarray)
        parts = {
            "linear": self.linear.any() if arrays[0] else self.linear,
            "pull": (self.linear < 0).any() if arrays[0] else self.linear < 0,
            "rows": arrays[0] and self.linear.ndim == 2,
            "ridge": self.ridge.any() if arrays[1] else self.ridge,
            "ridges": arrays[1],
            "gram": self.gram is not None,
            "bounds": self.lower is not None or self.upper is not None,
        }
        return frozenset([name for name, present in parts.items() if present])

    def terms(self) -> Terms:
        """Themselves: what a penalty is at a point may be its terms there."""
        return self

    def rows(self, start: int, stop: int) -> Terms:
        """The terms of some rows of the factor, without copying."""
        return Terms(
            _rows(self.linear, start, stop),
            self.ridge,
            self.gram,
            _rows(self.lower, start, stop),
            _rows(self.upper, start, stop),
        )

    def __add__(self, other: Terms) -> Terms:
        gram = other.gram if self.gram is None else self.gram if other.gram is None else self.gram + other.gram
        lower = _both(np.maximum, self.lower, other.lower)
        upper = _both(np.minimum, self.upper, other.upper)
        return Terms(self.linear + other.linear, self.ridge + other.ridge, gram, lower, upper)

    def bounds(self, A: Array) -> tuple[Array | None, Array | None]:
        """The bounds of the rows ``A`` as kernels take them, C-ordered in their dtype; None twice if there are none."""
        if self.lower is None and self.upper is None:
            return None, None
        both = 0.0 if self.lower is None else self.lower, np.inf if self.upper is None else self.upper
        lower, upper = (np.ascontiguousarray(np.broadcast_to(one, A.shape), A.dtype) for one in both)
        return lower, upper

    def join(self, stats: Quadratic, dtype: Any) -> tuple[Array, Array, float]:
        """``gram`` and ``cross`` with the terms, C-ordered in ``dtype``, and the linear term where it is one number."""
        gram, cross, linear = stats.gram, stats.cross, self.linear
        if isinstance(self.ridge, np.ndarray) or self.ridge:
            gram = gram + self.ridge * np.eye(len(gram))
        if self.gram is not None:
            gram = gram + self.gram
        if isinstance(linear, np.ndarray):
            cross, linear = cross - linear, 0.0
        return np.ascontiguousarray(gram, dtype), np.ascontiguousarray(cross, dtype), float(linear)

    def diagonal(self, A: Array) -> Terms:
        """A majoriser without ``gram`` that meets the terms at the rows ``A``.

        ``(a - A) gram (a - A)' <= sum_q (a_q - A_q)^2 sum_p |gram_pq|``, which is diagonal dominance. O(m k^2).
        """
        if self.gram is None:
            return self
        dominant = np.abs(self.gram).sum(axis=0)
        linear = self.linear + (A @ self.gram - A * dominant)
        return Terms(linear, self.ridge + dominant, None, self.lower, self.upper)


def _rows(value: Any, start: int, stop: int) -> Any:
    """The rows of an array that has some of its own; anything else as it is."""
    return value[start:stop] if np.ndim(value) == 2 and len(value) > 1 else value


def _both(tighter: Callable[[Array, Array], Array], one: Array | None, other: Array | None) -> Array | None:
    return other if one is None else one if other is None else tighter(one, other)


@dataclass
class Evidence:
    """What a half step saw, per component: three vectors of shape (k,), float64, additive over rows.

    ``grad2``: squares of the projected gradient met before each row was changed (solvers that never reach 0 weigh
    positive gradients by ``min(1, a / size)`` instead); ``neg2``: squares of the negative
    part of the gradient, its natural scale; ``norm2``: squares of the updated factor. ``fit``: the loss with the
    updated rows, up to a constant of the data, from solvers that have it for nothing.
    """

    grad2: Array
    neg2: Array
    norm2: Array
    fit: float = 0.0

    @classmethod
    def zeros(cls, k: int) -> Evidence:
        """Evidence of no rows at all."""
        return cls(np.zeros(k), np.zeros(k), np.zeros(k))

    def __iadd__(self, other: Evidence) -> Evidence:
        self.grad2 += other.grad2
        self.neg2 += other.neg2
        self.norm2 += other.norm2
        self.fit += other.fit
        return self


@dataclass(frozen=True)
class Fixed:
    """The fixed factor ``B`` of a half step, and from it ``gram = B'B`` (beta = 2) or the column sums (others)."""

    B: Array
    gram: Array
    colsum: Array


class Block(Protocol):
    """Some rows of X, wherever and however they are stored. ``shape`` is (m, p)."""

    shape: tuple[int, int]

    def dot(self, B: Array) -> Array:
        """``X_b B``."""
        ...

    def rows_dot(self, B: Array) -> Array:
        """``X_b B``, each row with the same bits whatever the other rows of the block."""
        ...

    def add_t_dot(self, A: Array, total: Array) -> None:
        """Add ``X_b' A`` to the float64 array ``total``."""
        ...

    def split(self, A: Array, B: Array, beta: float, floor: float) -> tuple[Array, Array | None]:
        """``(X_b * Y^(beta-2)) B`` and, unless beta = 1, ``Y^(beta-1) B``."""
        ...

    def add_split_t(self, A: Array, B: Array, beta: float, floor: float, neg: Array, pos: Array) -> None:
        """Add the same two for the columns, ``( )' A``, to float64 totals (``pos`` is left alone for beta = 1)."""
        ...

    def value(self, A: Array, B: Array, beta: float, floor: float) -> float:
        """``sum d_beta(x | y)`` over the block, computed entry by entry."""
        ...

    def csr(self) -> tuple[tuple[Array, Array, Array], int, int]:
        """``(indptr, indices, data), start, stop`` of the same rows."""
        ...


class Loss(Protocol):
    """A divergence between X and Y = A B' that adds over entries; knows neither penalties nor files."""

    offers: frozenset[type]
    weighted: bool

    def rows(self, kind: type, X: Block, A: Array, fixed: Fixed) -> Any:
        """The statistic of the rows of ``A``, given the other factor."""
        ...

    def empty(self, kind: type, p: int, k: int) -> Any:
        """A float64 statistic of no rows, for the columns."""
        ...

    def add_columns(self, total: Any, X: Block, A: Array, B: Array) -> None:
        """Add what this block says about the columns to ``total``."""
        ...

    def columns(self, kind: type, total: Any, B: Array) -> Any:
        """The finished statistic of the columns' factor ``B``."""
        ...

    def curvature(self, fixed: Fixed, data: Data) -> Array:
        """The Gram matrix of a `Quadratic`, which all rows share."""
        ...

    def constant(self, data: Data) -> float:
        """What to add to the ``fit`` of `Evidence`, which leaves out what only depends on the data."""
        ...


class Penalty(Protocol):
    """A function of one factor that is added to the loss, or infinite outside a set."""

    @property
    def separable(self) -> bool:
        """Whether the rows of the factor do not know of each other, so that each can be solved alone."""
        ...

    @property
    def whole(self) -> bool:
        """Whether its proximal step needs all rows of the factor at once."""
        ...

    @property
    def selects(self) -> bool:
        """Whether it is meant to remove components, so that one at 0 is no surprise."""
        ...

    @property
    def symmetric(self) -> bool:
        """Whether all components are treated alike, so that they may be reordered."""
        ...

    @property
    def faces(self) -> frozenset[str]:
        """What a solver must understand: keys of `FACES`."""
        ...

    def value(self, A: Array) -> float:
        """The penalty of the factor, float64; 0 for constraints, which solvers keep."""
        ...

    def at(self, A: Array) -> Any:
        """The penalty as a half step from the whole factor ``A`` uses it: itself, or a majoriser that meets it at A.

        What is returned has `rows`, `terms` and, if "prox" is among the faces, `prox`.
        """
        ...

    def rows(self, start: int, stop: int) -> Any:
        """The penalty of some rows of the factor: itself, unless it holds numbers for each row."""
        ...

    def terms(self) -> Terms:
        """The quadratic form that it is; without the part that `prox` stands for."""
        ...

    def in_units(self, factor: float, loss: float) -> Penalty:
        """The same penalty of a factor in units of ``2^factor``, beside a loss that is multiplied by ``2^loss``."""
        ...

    def check(self, shape: tuple[int, int], name: str) -> None:
        """Raise IncompatibleError if the numbers that it holds do not fit factor ``name`` of the given tall shape."""
        ...

    @property
    def transfers(self) -> bool:
        """Whether it applies to new rows: not if it is about the rows that it was fitted with."""
        ...


class Solver(Protocol):
    """A way from a statistic to better rows; sees k-sized arrays, never X as a whole, never the loop."""

    @property
    def name(self) -> str: ...
    @property
    def needs(self) -> type: ...
    @property
    def faces(self) -> frozenset[str]: ...
    @property
    def monotone(self) -> bool: ...
    @property
    def separable(self) -> bool: ...
    @property
    def accelerable(self) -> bool: ...
    @property
    def growing(self) -> bool: ...
    @property
    def opening(self) -> int: ...

    def update(self, A: Array, stats: Any, penalty: Any, size: Array) -> Evidence:
        """Overwrite the rows ``A`` with better ones; ``size`` (k,) is the column mean of the whole factor."""
        ...


class Data(Protocol):
    """A matrix that can be swept in blocks of rows."""

    shape: tuple[int, int]
    dtype: np.dtype
    X: Any
    threads: int
    stored: int
    sparse: bool
    weighted: bool
    elsewhere: float
    blocks: list[tuple[int, int]]

    @property
    def nonzeros(self) -> int: ...
    @property
    def norm2(self) -> float: ...
    @property
    def total(self) -> float: ...
    @property
    def largest(self) -> float: ...

    def sweep(self, fn: Callable[[Any, Any, Any], Any], W: Any, collect: bool = True) -> Any:
        """Call ``total = fn(X_b, W_b, total)`` for every block and add the lanes' totals in a fixed order."""
        ...

    def transposed(self) -> Data:
        """The same data by columns."""
        ...
