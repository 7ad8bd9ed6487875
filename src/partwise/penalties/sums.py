"""Several penalties on one factor are one: their sum."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import Any

from partwise.errors import IncompatibleError
from partwise.interfaces import Array, Terms
from partwise.penalties.elastic import Elastic


@dataclass(frozen=True)
class Sum:
    """The sum of penalties; their terms are added, and at most one of them may need a proximal step.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.penalties import L1, L2
    >>> Sum((L1(1.0), L2(2.0))).value(np.array([[1.0, 2.0]]))
    8.0
    """

    parts: tuple[Any, ...]

    @property
    def separable(self) -> bool:
        """Whether all parts are."""
        return all(part.separable for part in self.parts)

    @property
    def whole(self) -> bool:
        """Whether the part with a proximal step needs all rows at once."""
        return any(part.whole for part in self.parts)

    @property
    def selects(self) -> bool:
        """Whether a part is meant to remove components."""
        return any(part.selects for part in self.parts)

    @property
    def symmetric(self) -> bool:
        """Whether all parts are."""
        return all(part.symmetric for part in self.parts)

    @property
    def faces(self) -> frozenset[str]:
        """Those of all parts."""
        return frozenset().union(*(part.faces for part in self.parts))

    def value(self, A: Array) -> float:
        """The sum of the values."""
        return sum(part.value(A) for part in self.parts)

    def at(self, A: Array) -> Sum:
        """The sum of what the parts are at A."""
        return Sum(tuple(part.at(A) for part in self.parts))

    def rows(self, start: int, stop: int) -> Sum:
        """The sum of the parts of some rows."""
        return Sum(tuple(part.rows(start, stop) for part in self.parts))

    def terms(self) -> Terms:
        """The terms of all parts, added."""
        return reduce(add, (part.terms() for part in self.parts))

    def prox(self, A: Array, step: float) -> Array:
        """That of the part that has one."""
        for part in self.parts:
            if "prox" in part.faces:
                return part.prox(A, step)
        return A

    def in_units(self, factor: float, loss: float) -> Sum:
        """The parts in other units."""
        return Sum(tuple(part.in_units(factor, loss) for part in self.parts))

    def check(self, shape: tuple[int, int], name: str) -> None:
        """Check all parts."""
        for part in self.parts:
            part.check(shape, name)

    @property
    def transfers(self) -> bool:
        """Whether all parts apply to new rows."""
        return all(part.transfers for part in self.parts)


FREE = Elastic()
"""No penalty."""


def total(penalties: Iterable[Any]) -> Any:
    """One penalty for several: `Elastic` without weights for none, the only one itself, else their `Sum`.

    Examples
    --------
    >>> from partwise.penalties import L1, L2, total
    >>> type(total([L1(1.0), L2(2.0)])).__name__
    'Sum'
    """
    parts = [part for penalty in penalties for part in parts_of(penalty) if part.faces or not part.separable]
    proximal = [type(part).__name__ for part in parts if "prox" in part.faces]
    if len(proximal) > 1:
        raise IncompatibleError(
            f"{' and '.join(proximal)} on one factor: each needs a proximal step of its own, and the steps of two do "
            "not add. Keep one of them on this factor."
        )
    bounded = [type(part).__name__ for part in parts if "bounds" in part.faces]
    if proximal and bounded:
        raise IncompatibleError(
            f"{proximal[0]} and {bounded[0]} (fixed entries are bounds too) on one factor: a projection onto the one "
            "leaves the other. Keep one of them on this factor."
        )
    return FREE if not parts else parts[0] if len(parts) == 1 else Sum(tuple(parts))


def parts_of(penalty: Any) -> tuple[Any, ...]:
    """The penalties that it is the sum of."""
    return penalty.parts if isinstance(penalty, Sum) else (penalty,)


def for_new_rows(penalty: Any) -> Any:
    """What of it applies to rows that it was not fitted with, as in ``transform``.

    Examples
    --------
    >>> from partwise.penalties import L1, Smooth, for_new_rows
    >>> for_new_rows(Smooth(2.0))
    Elastic(l1=0.0, l2=0.0)
    """
    return total(part for part in parts_of(penalty) if part.transfers)
