"""What a penalty adds to a half step, and the parts of it that a solver must understand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.interfaces.statistics import Array, Quadratic

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
