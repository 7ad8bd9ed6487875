"""The objective, exactly: from products where that is accurate, entry by entry where cancellation bites."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from partwise.engine.problem import Problem
from partwise.interfaces import Array, Data
from partwise.losses.beta import gram_of, sums_of

CANCELS_BELOW = {np.dtype(np.float64): 1e-3, np.dtype(np.float32): 3e-2}
"""Share of |X|^2 below which a squared error from products has lost too many digits, and is summed by entries."""


def penalties(problem: Problem, W: Array, Ht: Array) -> float:
    """``penalty_W(W) + penalty_H(H)``."""
    return problem.penalty_W.value(W) + problem.penalty_H.value(Ht)


def magnitude(loss: Any, data: Data) -> float:
    """What the terms of the divergence add up to before they cancel; scales with the unit of X as the divergence does.

    ``|X|^2`` for beta = 2, else the number of cells times ``mean(X)^beta``.
    """
    if loss.beta == 2:
        return data.norm2
    cells = data.shape[0] * data.shape[1]
    return cells * (data.total / cells) ** loss.beta if data.total > 0 else 0.0


def divergence(loss: Any, data: Data, W: Array, Ht: Array, inner: float | None = None) -> float:
    """``sum d_beta(x | (W H))``, never negative, never nan for finite factors, summed in float64.

    beta = 2 from products, ``1/2 (|X|^2 - 2 <X H', W> + <W'W, H H'>)``, O(stored k), unless the value is below
    1e-3 of |X|^2 (3e-2 in float32); then, and for other beta, entry by entry, O(n p k), in small dense blocks. Sparse X
    with beta = 1: O(stored k) from ``sum over stored + sum over all``. ``inner`` is ``<X H', W>``, if it is known: then
    beta = 2 usually costs O((n + p) k^2).
    """
    if data.weighted:
        value = _sum(data, W, lambda X, A: loss.value(X, A, Ht))
        return max(value + data.elsewhere * loss.elsewhere(W, Ht) if data.elsewhere else value, 0.0)
    if loss.beta == 2:
        value = _by_products(data, W, Ht, inner)
        if value > CANCELS_BELOW[data.dtype] * data.norm2:
            return value
    elif loss.beta == 1 and data.sparse:
        stored = _sum(data, W, lambda X, A: X.stored_value(A, Ht, 1.0, loss.floor))
        return max(stored + float(sums_of(W) @ sums_of(Ht)), 0.0)
    return max(_sum(data, W, lambda X, A: loss.value(X, A, Ht)), 0.0)


def squared_error(loss: Any, data: Data, W: Array, Ht: Array) -> float:
    """``|X - W H|^2``, weighted as ``loss`` is."""
    return 2 * divergence(replace(loss, beta=2.0), data, W, Ht)


def _by_products(data: Data, W: Array, Ht: Array, inner: float | None) -> float:
    if inner is None:
        inner = _sum(data, W, lambda X, A: float(np.vdot(X.dot(Ht), A)))
    grams = np.vdot(gram_of(W, data.threads), gram_of(Ht, data.threads))
    return (data.norm2 - 2 * inner + float(grams)) / 2


def _sum(data: Data, W: Array, of_block: Callable[[Any, Array], float]) -> float:
    """The sum of a number over the blocks of X and W."""
    return float(data.sweep(lambda X, A, total: (total or 0.0) + of_block(X, A), W, collect=False))


def norm(value: float) -> float:
    """The error that scikit-learn reports: ``sqrt(2 d)``, for Frobenius the norm of X - W H."""
    return math.sqrt(2 * max(value, 0.0))


def explained(loss: Any, value: float, data: Data, W: Array, Ht: Array) -> float:
    """``1 - |X - W H|^2 / |X|^2``; 0 for an X of zeros. ``value`` is the loss, which for beta = 2 has the answer."""
    if not data.norm2:
        return 0.0
    if loss.beta == 2:
        error = 2 * value
    elif data.weighted or not math.isfinite(error := 2 * _by_products(data, W, Ht, None)):
        error = squared_error(loss, data, W, Ht)
    return 1 - max(error, 0.0) / data.norm2  # what cancels in products is lost beside 1 anyway


def leaves_something(loss: Any, data: Data, value: float) -> bool:
    """Whether a loss of ``value`` is more than rounding of an exact fit."""
    return value > 1e-12 * magnitude(loss, data)
