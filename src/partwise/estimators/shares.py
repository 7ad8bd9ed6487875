"""``sample_weight``: what each sample counts, without any solver knowing of it.

``d_beta(c x | c y) = c^beta d_beta(x | y)``, so a sample that counts s is the sample times ``s^(1 / beta)`` that counts
1, and so are its weights W. Only Itakura-Saito (beta = 0), which does not see scale, takes weights of cells instead.
Samples that count nothing are left out of the fit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.errors import DataError, IncompatibleError
from partwise.estimators.checks import numbers
from partwise.estimators.known import Known
from partwise.estimators.weights import Cells, check_covered, like
from partwise.interfaces import Array
from partwise.penalties import total
from partwise.penalties.base import changed
from partwise.penalties.base import numbers as numbers_of
from partwise.penalties.sums import parts_of


@dataclass(frozen=True)
class Shares:
    """Checked sample weights.

    Attributes
    ----------
    weights : ndarray of shape (n_samples,), float64, non-negative
    beta : float
    """

    weights: Array
    beta: float

    @classmethod
    def of(cls, sample_weight: Any, n_samples: int, beta: float) -> Shares:
        """Raise DataError unless there is one finite weight >= 0 for each sample, and one above 0."""
        weights = numbers(sample_weight, "sample_weight").astype(np.float64)
        if weights.shape != (n_samples,):
            raise DataError(f"sample_weight has shape {weights.shape}, but X has {n_samples} samples.")
        wrong = np.flatnonzero(~np.isfinite(weights) | (weights < 0))
        if len(wrong):
            raise DataError(
                f"sample_weight has {len(wrong)} entries that are negative or not finite, the first is "
                f"{weights[wrong[0]]} for sample {wrong[0]}: weights are >= 0, and 0 leaves a sample out."
            )
        if not weights.any():
            raise DataError("every sample_weight is zero: at least one sample must count.")
        return cls(weights, beta)

    @property
    def total(self) -> float:
        """The number of samples that they stand for."""
        return float(self.weights.sum())

    @property
    def counting(self) -> Array:
        """The samples that count."""
        return np.flatnonzero(self.weights)

    @property
    def roots(self) -> Array:
        """``s^(1 / beta)`` of the samples that count; 1 for beta = 0. (m, 1)"""
        counts = self.weights[self.counting, None]
        return np.ones_like(counts) if self.beta == 0 else counts ** (1 / self.beta)

    def inward(self, W: Array) -> Array:
        """The rows of a factor as the fit sees them."""
        return np.ascontiguousarray(W[self.counting] * self.roots.astype(W.dtype))

    def start(self, given: tuple[Array | None, Array | None]) -> tuple[Array | None, Array | None]:
        """Given factors, W and the tall H, as the fit sees them."""
        W, Ht = given
        return None if W is None else self.inward(W), Ht

    def penalty(self, penalty: Any) -> Any:
        """A penalty of W as the fit sees it: a sample that counts s times counts its penalty s times."""
        if not penalty.separable or penalty.whole:
            names = " and ".join(type(part).__name__ for part in parts_of(penalty) if not part.separable or part.whole)
            raise IncompatibleError(
                f"sample_weight with {names} on W: it couples the samples, and what that means where they count "
                "differently is not defined. Repeat the rows, or put it on H."
            )
        penalty, counts = total(self.cut(part) for part in parts_of(penalty)), self.weights[self.counting, None]
        scaled = penalty.in_units(-np.log2(self.roots), np.log2(counts))
        if np.ndim(scaled.terms().ridge) == 2:
            raise IncompatibleError(
                f"sample_weight with beta_loss={self.beta:g} would need a ridge for every row of W, which no solver "
                "takes. Set alpha_W=0 or l1_ratio=1, use the Frobenius loss, or repeat the rows."
            )
        return scaled

    def cut(self, penalty: Any) -> Any:
        """A penalty with its numbers for the samples that count."""
        own = {one.name: getattr(penalty, one.name) for one in numbers_of(penalty)}
        each = {name: value for name, value in own.items() if np.ndim(value) == 2 and len(value) == len(self.weights)}
        return changed(penalty, {name: value[self.counting] for name, value in each.items()}) if each else penalty

    def known(self, known: Known) -> Known:
        """The known parts of the samples that count."""
        return Known(None if known.W is None else known.W[self.counting], known.Ht)

    def outward(self, W: Array, everybody: Array) -> Array:
        """The rows of a fitted factor written among those of ``everybody``; samples that count nothing keep theirs."""
        everybody[self.counting] = W / self.roots.astype(W.dtype)
        return everybody

    def sums(self, W: Array) -> Array:
        """``sum_i s_i w_i`` for a factor as the fit sees it."""
        return (self.weights[self.counting, None] / self.roots * W).sum(axis=0)

    def applied(self, cells: Cells) -> Cells:
        """The data as the fit sees them."""
        rows = self.counting
        X = cells.X.tocsr()[rows] if sp.issparse(cells.X) else cells.X[rows]
        weight = None if cells.weight is None else cells.weight[rows]
        if self.beta == 0:
            exponent = int(np.frexp(self.weights.max())[1]) - 1
            cells = replace(cells, exponent=cells.exponent + exponent)
            counts = np.ldexp(self.weights[rows, None], -exponent).astype(X.dtype)
            weight = np.broadcast_to(counts, X.shape) if weight is None else times(weight, counts)
        else:
            X = times(X, self.roots.astype(X.dtype))
        found = replace(cells, X=X, weight=weight, summary=None)
        check_covered(found, (1, 0))
        return found


def times(X: Any, factors: Array) -> Any:
    """Each row times its factor, (m, 1)."""
    if not sp.issparse(X):
        return X * factors
    return like(X, X.data * np.repeat(factors[:, 0], np.diff(X.indptr)))
