"""Concave penalties on whole components: the volume that they span, and automatic relevance."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.errors import IncompatibleError
from partwise.interfaces import Array, Terms
from partwise.penalties.base import LARGEST, BasePenalty, number


@dataclass(frozen=True, eq=False)
class MinimumVolume(BasePenalty):
    """``weight / 2 (logdet(A'A + d I) - k log d)``, d = delta / m for m rows: components span as little as they can.

    For blind unmixing: of all factorizations that fit, the one whose components hug the data is the planted one when
    every component is nearly absent somewhere. Volume needs a scale: put it beside ``Simplex(each="component")``, which
    makes the components sum to one (then their squares are about 1 / m, which is why d is relative to that). A half
    step from A uses the tangent, ``weight Y / 2`` with ``Y = (A'A + d I)^-1``, which meets the penalty at A: monotone,
    O(m k^2).

    Parameters
    ----------
    weight : float
        In units of the loss: ``1e-4 |X|^2`` to ``1e-2 |X|^2`` is usual, the smaller the cleaner the data.
    delta : float, default=0.1
        The larger, the more all components count alike, and not mainly the smallest direction.

    References
    ----------
    Fu, Huang, Yang, Ma & Sidiropoulos (2016), doi:10.1109/TSP.2016.2602800; Leplat, Gillis & Ang (2020),
    doi:10.1109/TSP.2020.2991801

    Examples
    --------
    >>> import numpy as np
    >>> print(f"{MinimumVolume(2.0, delta=2.0).value(np.eye(2)):.3f}")
    1.386
    """

    weight: float = number(0, forms="scalar")
    delta: float = number(-2, 0, forms="scalar", default=0.1)

    separable = False
    kinds = frozenset({"gram"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.delta:
            raise IncompatibleError("MinimumVolume: delta must be above 0, or a component at 0 is worth everything.")

    def at(self, A: Array) -> Terms:
        """``weight Y`` as gram."""
        inverse = np.linalg.inv(self.spread(A))
        return Terms(gram=self.weight * (inverse + inverse.T) / 2)

    def spread(self, A: Array) -> Array:
        """``A'A + d I``, float64."""
        wide = A.astype(np.float64)
        return wide.T @ wide + self.delta / max(1, len(A)) * np.eye(A.shape[1])

    def value(self, A: Array) -> float:
        """Half the weighted logarithm of the determinant, 0 for A = 0."""
        d = self.delta / max(1, len(A))
        return float(self.weight * (np.linalg.slogdet(self.spread(A))[1] - A.shape[1] * np.log(d)) / 2)


@dataclass(frozen=True, eq=False)
class ARD(BasePenalty):
    """``weight sum_q log(1 + F(a_q) / b)``: automatic relevance, which finds how many components the data carry.

    F is the mean of the entries of a component (``norm="l1"``, b = scale) or of their squares ("l2", b = scale^2). This
    is Tan and Fevotte's penalty after their relevances are eliminated, with one for each factor instead of one for
    both: a logarithm of products, hence indifferent to the split of scale where F is far above b. Put it on both
    factors. A half step uses the tangent in F, a linear term or a ridge for each component: monotone.

    Parameters
    ----------
    weight : float
        In units of the loss: the noise variance times (m + 1) for a factor of m rows, roughly.
    scale : float
        A component whose usual entry is below it counts as absent.
    norm : {"l1", "l2"}, default="l1"

    References
    ----------
    Tan & Fevotte (2013), doi:10.1109/TPAMI.2012.240

    Examples
    --------
    >>> import numpy as np
    >>> print(f"{ARD(2.0, scale=1.0).value(np.array([[1.0, 0.0], [1.0, 0.0]])):.4f}")
    1.3863
    """

    weight: float = number(0, forms="scalar")
    scale: float = number(-1, 0, forms="scalar")
    norm: str = "l1"

    separable = False
    selects = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.norm not in ("l1", "l2") or not self.scale:
            raise IncompatibleError(f"{self}: norm must be 'l1' or 'l2', and scale above 0.")

    @property
    def faces(self) -> frozenset[str]:
        """A linear term or a ridge for each component."""
        return frozenset({"linear"} if self.norm == "l1" else {"ridge", "ridges"})

    def at(self, A: Array) -> Terms:
        """The tangent at A; see the class."""
        F, b = self.sizes(A)
        slope = np.minimum(self.weight / (F + b) / max(1, len(A)), LARGEST)
        return Terms(linear=slope) if self.norm == "l1" else Terms(ridge=2 * slope)

    def sizes(self, A: Array) -> tuple[Array, Any]:
        """F of every component, and b."""
        m = max(1, len(A))
        if self.norm == "l1":
            return A.sum(axis=0, dtype=np.float64) / m, self.scale
        return np.einsum("ij,ij->j", A, A, dtype=np.float64) / m, self.scale**2

    def value(self, A: Array) -> float:
        """The weighted sum of the logarithms."""
        F, b = self.sizes(A)
        return float(self.weight * np.log1p(F / b).sum())
