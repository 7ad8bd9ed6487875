"""What all penalties share: each is a frozen dataclass whose fields know their units and the shapes they may have.

From that follow, once for all, the checks of the numbers, the slices of those that belong to rows, the same penalty in
other units, and whether the components may be reordered.
"""

from __future__ import annotations

from dataclasses import field, fields
from functools import cache
from typing import Any

import numpy as np

from partwise.errors import IncompatibleError
from partwise.interfaces import Array, Terms

LARGEST = 1e30
"""In the units of a fit, where X is about 1, a weight of 1e30 says all that a larger one could."""


def number(factor: float, loss: float = 1, forms: str = "scalar component", low: float = 0.0, **default: Any) -> Any:
    """A field that is a number, or several.

    Parameters
    ----------
    factor, loss : float
        In units where the factor is ``2^-f`` and the loss ``2^l`` of what it was, it is ``2^(factor f + loss l)`` of
        what it was: a weight of L1 has (1, 1), of L2 (2, 1), a bound (-1, 0).
    forms : str
        Which of "scalar", "component" (k,) and "row" (m, 1) or (m, k) it may be; m counts rows of the tall factor.
    low : float
        The least value allowed.
    """
    return field(metadata={"factor": factor, "loss": loss, "forms": forms, "low": low}, **default)


class BasePenalty:
    """The part of a penalty that follows from its fields; see `partwise.interfaces.Penalty`.

    A penalty that ``selects`` is meant to remove components. The rows of the factor are independent unless a class says
    ``separable = False`` and what it is `at` a factor.
    """

    separable = True
    kinds: frozenset[str] = frozenset()
    whole = False
    selects = False

    def __post_init__(self) -> None:
        for one in numbers(self):
            value = getattr(self, one.name)
            if type(value) is not float or not one.metadata["low"] <= value < np.inf:
                object.__setattr__(
                    self, one.name, checked(value, one.metadata, f"{type(self).__name__}({one.name}=...)")
                )

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(same(getattr(self, one.name), getattr(other, one.name)) for one in fields(self))  # type: ignore

    def __hash__(self) -> int:
        return hash(type(self))

    @property
    def symmetric(self) -> bool:
        """Whether no number belongs to a component."""
        return all(shape == () or shape[-1] == 1 for shape in shapes(self))

    @property
    def faces(self) -> frozenset[str]:
        """Its ``kinds``, or where these follow from its weights those of its terms."""
        return self.kinds or self.terms().faces

    def terms(self) -> Terms:
        """No terms."""
        return Terms()

    def value(self, A: Array) -> float:
        """0, as of a constraint."""
        return 0.0

    def at(self, A: Array) -> Any:
        """Itself, whatever the factor."""
        return self

    def rows(self, start: int, stop: int) -> Any:
        """Itself, with the rows of those numbers that belong to rows."""
        cut = {one.name: value for one in numbers(self) if getattr(value := getattr(self, one.name), "ndim", 0) == 2}
        if not cut:
            return self
        return changed(self, {name: value[start:stop] for name, value in cut.items()})

    def in_units(self, factor: Any, loss: Any) -> Any:
        """Itself, with all numbers in other units, which may be arrays (m, 1); a weight is at most `LARGEST`."""
        if is_zero(factor) and is_zero(loss):
            return self
        scaled = {}
        for one in numbers(self):
            power = one.metadata["factor"] * factor + one.metadata["loss"] * loss
            value = same_for_all(times_power(getattr(self, one.name), power))
            scaled[one.name] = np.minimum(value, LARGEST)[()] if one.metadata["loss"] else value
        return changed(self, scaled)

    def check(self, shape: tuple[int, int], name: str) -> None:
        """Refuse numbers for other components or rows than those of the factor."""
        for one in numbers(self):
            held = np.shape(getattr(self, one.name))
            fits = held in ((), (1,), shape[1:], (shape[0], 1), tuple(shape))
            if not fits:
                raise IncompatibleError(
                    f"{type(self).__name__} on {name}: {one.name} has the shape {held}, but the factor has {shape[0]} "
                    f"{'samples' if name == 'W' else 'features'} and {shape[1]} components. Give one number, or "
                    f"{one.metadata['forms'].replace('scalar ', '')} numbers."
                )

    @property
    def transfers(self) -> bool:
        """Whether rows are independent and alike, so that it applies to new ones."""
        return self.separable and not any(len(shape) == 2 for shape in shapes(self))


def numbers(penalty: Any) -> tuple[Any, ...]:
    """The fields of a penalty that were declared with `number`."""
    return numbers_of(type(penalty))


@cache
def numbers_of(kind: type) -> tuple[Any, ...]:
    """The same of a class; every block of every iteration asks."""
    return tuple(one for one in fields(kind) if one.metadata)


def shapes(penalty: Any) -> list[tuple[int, ...]]:
    """The shapes of its numbers."""
    return [np.shape(getattr(penalty, one.name)) for one in numbers(penalty)]


def changed(penalty: Any, values: dict[str, Any]) -> Any:
    """The penalty with other numbers, which are not checked again."""
    new = object.__new__(type(penalty))
    vars(new).update({**vars(penalty), **values})
    return new


def is_zero(power: Any) -> bool:
    """Whether a number, or every one of an array, is 0."""
    return power == 0 if isinstance(power, int | float) else not np.any(power)


def same(one: Any, other: Any) -> bool:
    """Whether two fields hold the same."""
    if hasattr(one, "tocsr"):
        return hasattr(other, "tocsr") and one.shape == other.shape and not (one != other).sum()
    return bool(np.array_equal(one, other))


def checked(value: Any, rule: Any, owner: str) -> Any:
    """A float, or a float64 array of a form that the rule allows."""
    array = np.asarray(value, np.float64)
    form = ("scalar", "component", "row")[array.ndim] if array.ndim < 3 else "none"
    if form not in rule["forms"]:
        raise IncompatibleError(f"{owner}: a number of shape {array.shape} is none of: {rule['forms']}.")
    if not (array >= rule["low"]).all() or not np.isfinite(array).all():
        raise IncompatibleError(f"{owner}: its numbers must be finite and at least {rule['low']:g}.")
    return array if array.ndim else float(array)


def same_for_all(value: Any) -> Any:
    """A column (m, 1) that holds one number as that number; anything else as it is."""
    constant = np.ndim(value) == 2 and value.shape[1] == 1 and value.size and np.ptp(value) <= 1e-12 * np.max(value)
    return float(value[0, 0]) if constant else value


def times_power(value: Any, exponent: Any) -> Any:
    """``value * 2^exponent``, infinite or 0 where it leaves the range of float64, for any exponent."""
    whole = np.floor(exponent).astype(int) if np.ndim(exponent) else int(np.floor(exponent))
    with np.errstate(over="ignore", under="ignore"):
        scaled = np.ldexp(value * 2.0 ** (exponent - whole), whole)
    return scaled if np.ndim(scaled) else float(scaled)
