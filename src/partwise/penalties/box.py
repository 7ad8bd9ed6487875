"""Bounds on the entries of a factor: known parts, fixed zeros, upper limits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.errors import IncompatibleError
from partwise.interfaces import Array, Terms
from partwise.penalties.base import BasePenalty, number


@dataclass(frozen=True, eq=False)
class Box(BasePenalty):
    """``lower <= A <= upper``, entry by entry; an entry with equal bounds is fixed.

    The bounds hold exactly after every half step, in every solver. ``"bpp"`` and `transform` solve bounded rows of
    least squares exactly; coordinate descent and multiplicative updates clip their steps, which lowers the objective as
    surely as without bounds. Multiplicative updates never leave 0, unless for a lower bound.

    Parameters
    ----------
    lower : float or array-like of shape (k,), or of shape (m, 1) or (m, k) for a factor of m rows, default=0.0
        Finite and at least 0. For H, whose tall form has a row per feature, (n_features, k).
    upper : the same, default=inf
        At least ``lower``.

    Examples
    --------
    The second component may be at most 1, the first is 2 everywhere:

    >>> import numpy as np
    >>> limits = Box([2.0, 0.0], [2.0, 1.0]).terms()
    >>> np.clip([[5.0, 3.0]], limits.lower, limits.upper).tolist()
    [[2.0, 1.0]]
    """

    lower: Any = number(-1, 0, "scalar component row", default=0.0)
    upper: Any = number(-1, 0, "scalar component row", default=np.inf)

    def __post_init__(self) -> None:
        lower, upper = (np.asarray(bound, np.float64) for bound in (self.lower, self.upper))
        for name, bound in (("lower", lower), ("upper", upper)):
            if bound.ndim > 2 or not (bound >= 0).all() or (name == "lower" and not np.isfinite(bound).all()):
                raise IncompatibleError(
                    f"Box: {name} must hold numbers of at least 0{', finite' if name == 'lower' else ''}, one, one for "
                    f"each component or one for each entry, but has the shape {bound.shape} and runs from "
                    f"{bound.min(initial=np.inf):g} to {bound.max(initial=-np.inf):g}."
                )
            object.__setattr__(self, name, bound if bound.ndim else float(bound))
        check_room(lower, upper, "Box")

    @classmethod
    def fixed(cls, values: Array) -> Box:
        """The bounds that hold the entries of ``values`` that are numbers, and leave those free that are NaN."""
        free = np.isnan(values)
        return cls(np.where(free, 0.0, values), np.where(free, np.inf, values))

    def terms(self) -> Terms:
        """The bounds, where they say anything."""
        lower, upper = np.asarray(self.lower), np.asarray(self.upper)
        return Terms(lower=lower if lower.any() else None, upper=upper if np.isfinite(upper).any() else None)


def check_room(lower: Array, upper: Array, whose: str) -> None:
    """Raise IncompatibleError if a lower bound is above an upper one."""
    try:
        crossed = np.argwhere(np.greater(lower, upper))
    except ValueError:
        raise IncompatibleError(
            f"{whose}: the bounds have the shapes {np.shape(lower)} and {np.shape(upper)}, which do not go together."
        ) from None
    if len(crossed):
        place = tuple(int(index) for index in crossed[0])
        low, high = (bound[place] for bound in np.broadcast_arrays(lower, upper))
        where = f", the first at {place}" if place else ""
        raise IncompatibleError(
            f"{whose}: {len(crossed)} lower bounds are above their upper bounds{where}: {low:g} > {high:g}. No factor "
            "fits; raise the upper one or lower the other."
        )
