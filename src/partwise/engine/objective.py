"""The objective, exactly: from products where that is accurate, entry by entry where cancellation bites."""

from __future__ import annotations

import math

import numpy as np

from partwise.engine.problem import Problem
from partwise.interfaces import Array, Data
from partwise.losses.beta import Beta, gram_of

CANCELS_BELOW = {np.dtype(np.float64): 1e-3, np.dtype(np.float32): 3e-2}
"""Below this share of |X|^2 a squared error taken from products has lost too many digits, and is summed anew."""


def penalties(problem: Problem, W: Array, Ht: Array) -> float:
    """``penalty_W(W) + penalty_H(H)``."""
    return problem.penalty_W.value(W) + problem.penalty_H.value(Ht)


def magnitude(loss: Beta, data: Data) -> float:
    """What the terms of the divergence add up to before they cancel; scales with the unit of X as the divergence does.

    ``|X|^2`` for beta = 2, else the number of cells times ``mean(X)^beta``.
    """
    if loss.beta == 2:
        return data.norm2
    cells = data.shape[0] * data.shape[1]
    return cells * (data.total / cells) ** loss.beta if data.total > 0 else 0.0


def divergence(loss: Beta, data: Data, W: Array, Ht: Array) -> float:
    """``sum d_beta(x | (W H))`` in float64, never negative, never nan for finite factors.

    Dense X: entry by entry, O(n p k). Sparse X with beta = 2 or 1: O(stored k) from
    ``sum over stored + sum over all``, unless (beta = 2) the value is below 1e-3 of |X|^2, where it is recomputed entry
    by entry in small dense blocks; other beta always that way.
    """
    if data.sparse and loss.beta in (1, 2):
        value = _by_sums(loss, data, W, Ht)
        if loss.beta == 1 or value > CANCELS_BELOW[data.dtype] * data.norm2:
            return max(value, 0.0)
    return max(_sweep_value(loss, data, W, Ht, "value"), 0.0)


def squared_error(data: Data, W: Array, Ht: Array) -> float:
    """``|X - W H|^2``."""
    return 2 * divergence(Beta(2.0), data, W, Ht)


def _by_sums(loss: Beta, data: Data, W: Array, Ht: Array) -> float:
    stored = _sweep_value(loss, data, W, Ht, "stored_value")
    if loss.beta == 1:
        return stored + float(W.sum(0, dtype=np.float64) @ Ht.sum(0, dtype=np.float64))
    return stored + float(np.vdot(gram_of(W), gram_of(Ht))) / 2


def _sweep_value(loss: Beta, data: Data, W: Array, Ht: Array, method: str) -> float:
    def add(X, A, total):
        return (total or 0.0) + getattr(X, method)(A, Ht, loss.beta, loss.floor)

    return float(data.sweep(add, W, collect=False))


def norm(value: float) -> float:
    """The error that scikit-learn reports: ``sqrt(2 d)``, for Frobenius the norm of X - W H."""
    return math.sqrt(2 * max(value, 0.0))
