"""Fits in units where nothing overflows: X at 1e300 or 1e-300 is fitted as if its largest entry were about 1.

Within ordinary units the data are used as they are; outside them they are multiplied by an even power of two, which is
exact, and the factors are multiplied back by its root.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.interfaces import Array
from partwise.penalties.base import times_power

ORDINARY = {np.dtype(np.float64): (1e-60, 1e60), np.dtype(np.float32): (1e-8, 1e8)}
"""Largest entries for which fourth powers and the floors of the losses stay within the dtype."""

ORDINARY_BELOW_1 = {np.dtype(np.float64): (1e-30, 1e30), np.dtype(np.float32): (1e-2, 1e2)}
"""The same for beta < 1, where the loss divides by powers of y."""


def ordinary(dtype: np.dtype, beta: float) -> tuple[float, float]:
    """The range of the largest entry in which data are fitted as they are."""
    return (ORDINARY_BELOW_1 if beta < 1 else ORDINARY)[dtype]


@dataclass(frozen=True)
class Units:
    """``X = 4^half * X_fitted``, and ``W = 2^(half + tilt) * W_fitted``, ``H = 2^(half - tilt) * H_fitted``.

    The weights of cells are ``2^weight`` times those of the fit.

    The tilt is 0 unless a factor has known parts, whose unit is not a matter of choice.

    Examples
    --------
    >>> Units.of(1e-300, np.dtype("float64")).half
    -498
    """

    half: int = 0
    tilt: int = 0
    weight: int = 0

    @classmethod
    def of(cls, largest: float, dtype: np.dtype, beta: float = 2.0) -> Units:
        """The units that bring an extreme largest entry to about 1; otherwise the given ones."""
        low, high = ordinary(dtype, beta)
        if largest == 0 or low <= largest <= high:
            return cls()
        return cls(int(np.frexp(largest)[1]) // 2)

    @classmethod
    def of_factor(cls, largest: float, dtype: np.dtype) -> Units:
        """The same for a factor, whose ordinary range is the root of the data's."""
        low, high = ORDINARY[dtype]
        if largest == 0 or low <= largest * largest <= high:
            return cls()
        return cls(int(np.frexp(largest)[1]))

    def data(self, X: Any) -> Any:
        """X in the units of the fit: X itself in ordinary units, else a copy."""
        if self.half == 0:
            return X
        if isinstance(X, np.ndarray):
            return np.ldexp(X, -2 * self.half)
        X = X.copy()
        X.data = np.ldexp(X.data, -2 * self.half)
        return X

    def of_H(self) -> Units:
        """The same seen from X', whose W is the tall H."""
        return Units(self.half, -self.tilt, self.weight)

    @property
    def factor(self) -> int:
        """The power of two by which W was divided."""
        return self.half + self.tilt

    def inward(self, factor: Array) -> Array:
        """W in the units of the fit."""
        return np.ldexp(factor, -self.factor) if self.factor else factor

    def outward(self, factor: Array) -> Array:
        """W in the units of the user."""
        return np.ldexp(factor, self.factor) if self.factor else factor

    def penalty(self, penalty: Any, beta: float) -> Any:
        """The same penalty of W in the units of the fit, where the loss is ``4^(-half beta) / 2^weight`` of itself."""
        return penalty.in_units(self.factor, -2 * self.half * beta - self.weight)

    def loss(self, value: float, beta: float) -> float:
        """A loss in the units of the user; infinite where no number is so large."""
        return times_power(value, 2 * self.half * beta + self.weight) if self.half or self.weight else value

    def error(self, norm: float, beta: float) -> float:
        """``sqrt(2 d)`` in the units of the user; infinite where no number is so large."""
        return times_power(norm, self.half * beta + self.weight / 2)
