"""Bring dead components back: what W H misses most gives them a new start, if that lowers the objective.

A component whose row of H (or column of W) has become zero can be a saddle that no update leaves (a tiny ridge is
enough), although a part of the data is then not explained at all.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.engine import objective as exact
from partwise.engine.problem import Problem
from partwise.engine.step import State, keep_within
from partwise.interfaces import Array, Data


def revive(problem: Problem, data: Data, state: State, dead: list[int]) -> list[int]:
    """Restart dead components in place; returns those for which it lowered the objective, the others stay zero.

    The new row of H is the positive part r of the worst row of the residual R = X - W H; the new column of W is
    ``max(0, R r) / |r|^2``, the least squares weights of r; both within their bounds. Two readings of X a component,
    one of them O(n p k).
    """
    revived = []
    bounded = "bounds" in problem.penalty_W.faces | problem.penalty_H.faces

    def put(q: int, w: Any, h: Any) -> None:
        state.W[:, q], state.Ht[:, q] = w, h
        keep_within(state.W, problem.penalty_W)
        keep_within(state.Ht, problem.penalty_H)

    for q in dead:
        put(q, 0, 0)
        before = objective(problem, data, state)
        h = worst_residual(data, state)
        if h is None:
            continue
        put(q, 0, h if bounded else h / h.max())
        h = state.Ht[:, q].copy()
        w = weights(data, state, h) if h.any() else state.W[:, q].copy()
        scale = np.sqrt(w.max()) if w.any() and not bounded else 1.0  # that of h is 1
        put(q, w / scale, h * scale)
        if objective(problem, data, state) < before:
            revived.append(q)
        else:
            put(q, 0, 0)
    return revived


def objective(problem: Problem, data: Data, state: State) -> float:
    """Loss and penalties, exactly."""
    loss = exact.divergence(problem.loss, data, state.W, state.Ht)
    return loss + exact.penalties(problem, state.W, state.Ht)


def worst_residual(data: Data, state: State) -> Array | None:
    """The positive part of the row of X - W H with the largest one; None if no entry of X is above W H."""

    def look(X, A, best):
        found = X.worst_row(A, state.Ht)
        return found if best is None or found.size > best.size else best

    best = data.sweep(look, state.W, collect=False)
    return best.row if best.size > 0 else None


def weights(data: Data, state: State, h: Array) -> Array:
    """``max(0, (X - W H) h) / |h|^2`` for every row, without forming the residual."""
    w = np.zeros((len(state.W), 1), state.W.dtype)
    product = state.W @ (state.Ht.T @ h)

    def multiply(X, A, total):
        A[...] = X.dot(np.ascontiguousarray(h[:, None]))
        return 0

    data.sweep(multiply, w, collect=False)
    size = float(np.square(h, dtype=np.float64).sum())  # may be too little for a float32
    return np.maximum(w[:, 0] - product, 0) / size if size else np.zeros_like(product)
