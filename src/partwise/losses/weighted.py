"""The beta-divergences where cells do not all count the same: ``sum w d_beta(x | y)``.

What a weight changes is the Gram matrix: every row has one of its own. So least squares gives `RowQuadratic`, and
Kullback-Leibler gives each row column sums of its own; the multiplicative statistic is weighted term by term.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from partwise.interfaces import Array, Data, Entries, Fixed, Quadratic, RowQuadratic, Rows, Split
from partwise.losses.beta import RELATIVE_FLOOR, Beta, gram_of, sums_of


@dataclass(frozen=True)
class WeightedBeta:
    """A beta-divergence of weighted data (see `partwise.data.weighted`).

    Parameters
    ----------
    beta, floor : float
        As in `Beta`.

    Examples
    --------
    >>> sorted(kind.__name__ for kind in WeightedBeta(2.0).offers)
    ['Entries', 'Quadratic', 'RowQuadratic', 'Split']
    """

    beta: float
    floor: float = 0.0

    weighted = True

    @property
    def offers(self) -> frozenset[type]:
        """Statistics that it can give."""
        extra: dict[float, set[type]] = {2.0: {Quadratic, RowQuadratic, Entries}, 1.0: {Rows}}
        return frozenset({Split} | extra.get(self.beta, set()))

    @property
    def exponent(self) -> float:
        """The power of the multiplicative factor that makes the update monotone."""
        return Beta(self.beta).exponent

    def on(self, data: Data) -> WeightedBeta:
        """The same loss with its floor at the scale of ``data``."""
        return replace(self, floor=RELATIVE_FLOOR[data.dtype] * (data.largest or 1.0))

    def fix(self, B: Array, threads: int = 1) -> Fixed:
        """What the half step of the other factor needs of the fixed ``B``."""
        gram = gram_of(B, threads) if self.beta == 2 else np.zeros(0)
        return Fixed(B, gram, sums_of(B))

    def curvature(self, fixed: Fixed, data: Any) -> Array:
        """The Gram matrix of the `Quadratic` of every row."""
        return data.top * fixed.gram

    def rows(self, kind: type, X: Any, A: Array, fixed: Fixed) -> Any:
        """The statistic of the rows ``A``. O(cells that count k), or k^2 for the Gram matrices."""
        if kind is RowQuadratic:
            return RowQuadratic(X.dot(fixed.B), fixed.B, X.common * fixed.gram, *X.excess_rows)
        if kind is Quadratic:
            return Quadratic(self.curvature(fixed, X), self._filled(X, A, fixed))
        if kind is Rows:
            return Rows(X, fixed.B, X.weights_dot(fixed.B, fixed.colsum))
        neg, pos = X.split(A, fixed.B, self.beta, self.floor)
        if X.elsewhere:
            everywhere = A @ fixed.gram if self.beta == 2 else fixed.colsum
            pos = np.maximum(pos + X.elsewhere * everywhere, 0).astype(A.dtype)
        return Split(neg, pos)

    def _filled(self, X: Any, A: Array, fixed: Fixed) -> Array:
        """``Z B``, where Z is X with W H where cells are missing, in between where they count less than the top weight.

        ``top (y + w / top (x - y))``: the quadratic lies above the weighted squares and meets them at A.
        """
        rest = X.top - X.common
        cross = X.dot(fixed.B) - X.excess_dot(A, fixed.B)
        return cross + A @ (rest * fixed.gram).astype(A.dtype) if rest else cross

    def empty(self, kind: type, p: int, k: int) -> Split:
        """Float64 zeros that `add_columns` fills."""
        return Split(np.zeros((p, k)), np.zeros((p, k)))

    def add_columns(self, total: Split, X: Any, A: Array, B: Array) -> None:
        """Add this block's share of the statistic of the columns, ``A`` being its finished rows. Dense X only."""
        X.add_split_t(A, B, self.beta, self.floor, total.neg, total.pos)

    def columns(self, kind: type, total: Split, B: Array) -> Split:
        """The finished statistic."""
        return total

    def constant(self, data: Any) -> float:
        """What the loss adds to the ``fit`` of a `RowQuadratic` or of `Rows`: see `Evidence`."""
        return data.norm2 / 2 if self.beta == 2 else -data.log_weights

    def value(self, X: Any, A: Array, B: Array) -> float:
        """The weighted divergence of one block, float64, but for what the cells elsewhere cost: see `elsewhere`."""
        return X.value(A, B, self.beta, self.floor)

    def elsewhere(self, W: Array, Ht: Array) -> float:
        """``sum d_beta(0 | y)`` over all cells, from sums."""
        if self.beta == 2:
            return float(np.vdot(gram_of(W), gram_of(Ht))) / 2
        return float(sums_of(W) @ sums_of(Ht))
