"""L1 and L2 on every entry of a factor."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partwise.interfaces import Array


@dataclass(frozen=True)
class Elastic:
    """``l1 * sum(A) + l2 / 2 * sum(A^2)`` for a factor A >= 0.

    The estimators scale as scikit-learn does: ``l1_W = alpha_W * l1_ratio * n_features``,
    ``l1_H = alpha_H * l1_ratio * n_samples``, and the same with ``1 - l1_ratio`` for l2.

    Examples
    --------
    >>> import numpy as np
    >>> Elastic(l1=1.0, l2=2.0).value(np.array([[1.0, 2.0]]))
    8.0
    """

    l1: float = 0.0
    l2: float = 0.0

    separable = True
    faces = frozenset({"elastic"})

    def elastic(self) -> tuple[float, float]:
        """The two weights, for solvers that treat them in closed form."""
        return self.l1, self.l2

    def at(self, A: Array) -> Elastic:
        """The same whatever the factor."""
        return self

    def rows(self, start: int, stop: int) -> Elastic:
        """The same for all rows."""
        return self

    def value(self, A: Array) -> float:
        """The penalty, float64; 0 without a pass over A when both weights are 0."""
        if not (self.l1 or self.l2):
            return 0.0
        squares = np.einsum("ij,ij->", A, A, dtype=np.float64)
        return float(self.l1 * A.sum(dtype=np.float64) + self.l2 / 2 * squares)
