"""Which items and features of a result go into its report: all, or those that say most and a fair sample."""

from __future__ import annotations

import numpy as np

from partwise.errors import DataError
from partwise.report.result import TYPICAL, Choice, Result

__all__ = ["MAX_ITEMS", "TELLING", "chosen", "typical"]

MAX_ITEMS = 20_000

MAX_FEATURES = 3_000

TELLING = 30
"""Features of each component that are always kept."""


def chosen(found: Result, max_items: int = MAX_ITEMS, text: bool = True, room: float = 1.0) -> Choice:
    """The items and features that go in; ``room`` below 1 asks for fewer of both."""
    if max_items < 1:
        raise DataError(f"max_items={max_items} keeps nothing. Keep one item or more.")
    kept = sampled(found, max(1, int(room * min(max_items, 0 if found.W is None else len(found.W)))))
    k, p = found.H.shape
    limit = int(MAX_FEATURES * room)
    most = p if p <= limit else max(TELLING, limit // k)
    heaviest = np.argsort(-np.abs(found.H), axis=1, kind="stable")[:, :most]
    also = [] if found.order is None else [found.order[:, :TELLING].ravel()]
    also += [] if found.extra is None else [found.extra(kept)]
    features = np.unique(np.concatenate([heaviest.ravel(), *also]).astype(np.int64))
    return Choice(kept, features, tuple(found.labels), text, room)


def sampled(found: Result, most: int) -> np.ndarray:
    """Rows that are kept: all, or those that stand for components and others at equal distances."""
    n = 0 if found.W is None else len(found.W)
    if n <= most:
        return np.arange(n)
    first = typical(found)[:, : max(1, most // (2 * len(found.H)))].ravel()
    kept = np.zeros(n, dtype=bool)
    kept[first[first >= 0][:most]] = True
    others = np.flatnonzero(~kept)
    wanted = most - int(kept.sum())
    kept[others[np.linspace(0, len(others) - 1, wanted).round().astype(int)]] = True
    return np.flatnonzero(kept)


def typical(found: Result) -> np.ndarray:
    """Items that stand for each component, (k, m); -1 where there are no more."""
    if found.typical is not None:
        return found.typical
    W = np.asarray(found.W)
    order = np.argsort(-W, axis=0, kind="stable")[:TYPICAL]
    return np.where(np.take_along_axis(W, order, axis=0) > 0, order, -1).T
