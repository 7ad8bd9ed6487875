"""L1 and L2 on every entry of a factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.interfaces import Array, Terms
from partwise.penalties.base import BasePenalty, number


@dataclass(frozen=True, eq=False)
class Elastic(BasePenalty):
    """``l1 * sum(A) + l2 / 2 * sum(A^2)`` for a factor A >= 0.

    The estimators scale as scikit-learn does: ``l1_W = alpha_W * l1_ratio * n_features``,
    ``l1_H = alpha_H * l1_ratio * n_samples``, and the same with ``1 - l1_ratio`` for l2.

    Examples
    --------
    >>> import numpy as np
    >>> Elastic(l1=1.0, l2=2.0).value(np.array([[1.0, 2.0]]))
    8.0
    """

    l1: float = number(1, forms="scalar", default=0.0)
    l2: float = number(2, forms="scalar", default=0.0)

    @property
    def faces(self) -> frozenset[str]:
        """Those of its terms; a free penalty, which every plain fit has, is not asked."""
        arrays = isinstance(self.l1, np.ndarray) or isinstance(self.l2, np.ndarray)
        return self.terms().faces if arrays or self.l1 or self.l2 else frozenset()

    def terms(self) -> Terms:
        """The two weights; for weighted samples one for each row."""
        return Terms(self.l1, self.l2)

    def value(self, A: Array) -> float:
        """The penalty, float64; a pass over A for each weight that is not 0."""
        total = 0.0
        if not self.faces:
            return total
        if np.any(self.l1):
            total += np.sum(self.l1 * A.sum(axis=1, dtype=np.float64)[:, None])
        if np.any(self.l2):
            total += np.sum(self.l2 / 2 * np.einsum("ij,ij->i", A, A, dtype=np.float64)[:, None])
        return float(total)


@dataclass(frozen=True, eq=False)
class L1(BasePenalty):
    """``sum_iq weight_q a_iq``: entries that are not worth their weight become 0.

    Shrinking one factor costs nothing while the other may grow, so on one factor alone it needs something that holds
    the other: an `L2`, a `UnitNorm` or a `Simplex` there.

    Parameters
    ----------
    weight : float or array-like of shape (k,)
        Not scaled with the size of X, unlike alpha_W and alpha_H.

    References
    ----------
    Hoyer (2002), doi:10.1109/NNSP.2002.1030067

    Examples
    --------
    >>> import numpy as np
    >>> L1([1.0, 3.0]).value(np.array([[1.0, 2.0]]))
    7.0
    """

    weight: Any = number(1)

    def terms(self) -> Terms:
        """The weight as a linear term."""
        return Terms(linear=self.weight)

    def value(self, A: Array) -> float:
        """The weighted sum of the entries."""
        return float(np.sum(self.weight * A.sum(axis=0, dtype=np.float64)))


@dataclass(frozen=True, eq=False)
class L2(BasePenalty):
    """``1/2 sum_iq weight_q (a_iq - mean_iq)^2``: entries are drawn towards a prior mean, by default 0.

    Parameters
    ----------
    weight : float or array-like of shape (k,)
        Not scaled with the size of X, unlike alpha_W and alpha_H.
    mean : float or array-like of shape (k,), or of shape (m, 1) or (m, k) for a factor of m rows, default=0.0
        Non-negative. For H, whose tall form has a row per feature, (n_features, k).

    References
    ----------
    Hoerl & Kennard (1970), doi:10.1080/00401706.1970.10488634

    Examples
    --------
    >>> import numpy as np
    >>> L2(2.0).value(np.array([[1.0, 2.0]])), L2(2.0, mean=1.0).value(np.array([[1.0, 2.0]]))
    (5.0, 1.0)
    """

    weight: Any = number(2)
    mean: Any = number(-1, 0, "scalar component row", default=0.0)

    def terms(self) -> Terms:
        """``-weight * mean`` as a linear term, and the ridge."""
        return Terms(-(self.weight * self.mean) if np.any(self.mean) else 0.0, self.weight)

    def value(self, A: Array) -> float:
        """Half the weighted squares of the distances from the mean."""
        away = A.astype(np.float64) - self.mean
        return float(np.sum(self.weight * np.einsum("ij,ij->j", away, away)) / 2)
