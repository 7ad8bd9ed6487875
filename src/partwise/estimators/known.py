"""Known parts: numbers that a fit keeps as they are, in arrays that hold NaN where it is free.

They are arguments of `fit` and `transform`, not parameters of the model: W has a row for each sample of these data, and
what is known belongs to them. The engine sees nothing but bounds.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from partwise.engine.units import Units
from partwise.errors import DataError
from partwise.estimators.checks import numbers
from partwise.interfaces import Array
from partwise.penalties import Box
from partwise.penalties.box import check_room
from partwise.penalties.sums import parts_of

AXES = {"W": ("n_samples", "n_components"), "H": ("n_components", "n_features")}


@dataclass(frozen=True)
class Known:
    """The known entries of both factors, tall, NaN where they are free; None where nothing is known.

    Examples
    --------
    >>> import numpy as np
    >>> known = Known.of((3, 2), 2, np.dtype(float), W=[1.0, np.nan])
    >>> known.W.tolist(), known.Ht
    ([[1.0, nan], [1.0, nan], [1.0, nan]], None)
    """

    W: Array | None = None
    Ht: Array | None = None

    @classmethod
    def of(cls, shape: tuple[int, int], k: int, dtype: Any, W: Any = None, H: Any = None) -> Known:
        """Check ``fixed_W`` and ``fixed_H`` for data of ``shape``; raises DataError."""
        W = checked(W, (shape[0], k), "W", dtype)
        H = checked(H, (k, shape[1]), "H", dtype)
        return cls(W, None if H is None else np.ascontiguousarray(H.T))

    @property
    def whole(self) -> bool:
        """Whether a factor is known altogether."""
        return any(values is not None and not np.isnan(values).any() for values in (self.W, self.Ht))

    def boxes(self) -> tuple[list[Box], list[Box]]:
        """The bounds of W and of H that say the same."""
        W, H = ([] if values is None else [Box.fixed(values)] for values in (self.W, self.Ht))
        return W, H

    def tilted(self, units: Units) -> Units:
        """The units in which the known entries of one factor are ordinary; the other one takes what is left of X's."""
        if (self.W is None) == (self.Ht is None):
            return units
        values: Any = self.W if self.Ht is None else self.Ht
        own = Units.of_factor(float(np.nanmax(values)), np.dtype(np.float64)).half
        return replace(units, tilt=own - units.half if self.Ht is None else units.half - own)

    def restore(self, W: Array, Ht: Array) -> None:
        """Write the known entries over what is left of them after a change of units, in place."""
        for factor, values in ((W, self.W), (Ht, self.Ht)):
            if values is not None:
                np.copyto(factor, values.astype(factor.dtype), where=~np.isnan(values))


def checked(values: Any, shape: tuple[int, int], name: str, dtype: Any) -> Array | None:
    """Known entries as a float64 array of the shape of the factor; None where nothing is known.

    One number for each component of W stands for all samples.
    """
    if values is None:
        return None
    values = numbers(values.toarray() if hasattr(values, "toarray") else values, f"fixed_{name}").astype(np.float64)
    if name == "W" and values.shape == shape[1:]:
        values = np.broadcast_to(values, shape)
    if values.shape != shape:
        raise DataError(
            f"fixed_{name} has the shape {values.shape}, but {name} is ({', '.join(AXES[name])}) = {shape}. Give an "
            f"array of that shape with NaN wherever {name} is free"
            + (", or one number for each component." if name == "W" else "; free components are rows of NaN.")
        )
    wrong = np.argwhere((values < 0) | (np.abs(values) > np.finfo(dtype).max))
    if len(wrong):
        i, j = wrong[0]
        raise DataError(
            f"fixed_{name} must hold finite numbers >= 0, or NaN where {name} is free, but {len(wrong)} entries are "
            f"others: the first, at row {i}, column {j}, is {values[i, j]:g} (X is {np.dtype(dtype)})."
        )
    empty = np.flatnonzero((values == 0).all(axis=0 if name == "W" else 1))
    if len(empty) and values.size:
        raise DataError(
            f"fixed_{name} holds component {empty[0]} at 0 everywhere, so it is no part of X. Leave an entry of it "
            "free (NaN), or fit one component less."
        )
    return None if np.isnan(values).all() else np.array(values.astype(dtype), np.float64)


def check_limits(penalty: Any, name: str) -> None:
    """Raise IncompatibleError unless some factor keeps all bounds of a penalty."""
    boxes = [part.terms() for part in parts_of(penalty) if "bounds" in part.faces]
    for i, one in enumerate(boxes):
        for other in boxes[i + 1 :]:
            both = one + other
            lower, upper = (np.asarray(b if b is not None else n) for b, n in ((both.lower, 0.0), (both.upper, np.inf)))
            check_room(lower, upper, name)
