"""The interfaces: rows of a matrix, a loss, a penalty, a solver, and data that can be swept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

import numpy as np

from partwise.interfaces.statistics import Array, Evidence, Fixed
from partwise.interfaces.terms import Terms


class Block(Protocol):
    """Some rows of X, wherever and however they are stored. ``shape`` is (m, p)."""

    shape: tuple[int, int]

    def dot(self, B: Array, out: Array | None = None) -> Array:
        """``X_b B``, into ``out`` if it is given."""
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
