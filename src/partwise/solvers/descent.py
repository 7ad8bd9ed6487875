"""An accelerated projected descent that never gets worse: the steps of ``pg``, the judge of ``admm``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from partwise.interfaces import Array, Quadratic


class Descent:
    """The state of an accelerated descent of many rows; ``point`` is feasible and never gets worse."""

    def __init__(self, A: Array, gram: Array, cross: Array, prox: Callable[[Array, float], Array], coupled: bool):
        self.gram, self.cross, self.prox, self.coupled = gram, cross, prox, coupled
        largest = float(np.linalg.eigvalsh(gram.astype(np.float64))[-1]) if len(gram) else 0.0
        self.lipschitz = A.dtype.type(max(largest, np.finfo(A.dtype).tiny) * (1 + 4 * np.finfo(A.dtype).eps))
        self.point = prox(A, float(1 / self.lipschitz))
        self.product = self.point @ gram
        self.height = self.value(self.point, self.product)
        self.ahead, self.ahead_product = self.point, self.product
        self.t = np.ones((len(A), 1), A.dtype)
        self.plain_step = self.point
        self.begun = False
        self.moved = np.ones(len(A), bool)

    @classmethod
    def of(cls, A: Array, stats: Quadratic, penalty: Any) -> Descent:
        """The descent of the rows ``A`` for a statistic and a penalty."""
        gram, cross, linear = penalty.terms().join(stats, A.dtype)
        return cls(A, gram, cross - A.dtype.type(linear), proximal(penalty), penalty.whole)

    def value(self, A: Array, product: Array) -> Array:
        """The quadratic of every row, or the sum of all where rows are coupled, as a column; float64."""
        rows = np.einsum("ij,ij->i", A, product / 2 - self.cross, dtype=np.float64)[:, None]
        return np.full_like(rows, rows.sum()) if self.coupled else rows

    def offer(self, new: Array) -> None:
        """Move the rows to feasible ones, where these are better."""
        product = new @ self.gram
        height = self.value(new, product)
        better = height < self.height
        self.point, self.product = np.where(better, new, self.point), np.where(better, product, self.product)
        self.height = np.where(better, height, self.height)

    def step(self) -> None:
        """One step of every row; those that would rise stay, and take a plain step next."""
        new = self.prox(self.ahead - (self.ahead_product - self.cross) / self.lipschitz, float(1 / self.lipschitz))
        if not self.begun:
            self.plain_step, self.begun = new, True
        product = new @ self.gram
        height = self.value(new, product)
        plain = self.t == 1
        better = (height <= self.height) | plain  # a plain step only seems to rise, by roundoff
        following = (1 + np.sqrt(1 + 4 * self.t**2)) / 2
        weight = np.where(better, (self.t - 1) / following, 0).astype(new.dtype)
        self.moved = better[:, 0]
        self.t = np.where(better, following, 1).astype(new.dtype)
        point, point_product = np.where(better, new, self.point), np.where(better, product, self.product)
        self.ahead = point + weight * (point - self.point)
        self.ahead_product = point_product + weight * (point_product - self.product)
        self.point, self.product, self.height = point, point_product, np.where(better, height, self.height)


def proximal(penalty: Any) -> Callable[[Array, float], Array]:
    """The proximal step of a penalty without its terms: its own, or the bounds of the terms."""
    if "prox" in penalty.faces:
        return penalty.prox
    terms = penalty.terms()
    lower, upper = (0.0 if terms.lower is None else terms.lower), terms.upper

    def clip(A: Array, step: float) -> Array:
        clipped = np.maximum(A, lower) if upper is None else np.clip(A, lower, upper)
        return clipped.astype(A.dtype, copy=False)

    return clip
