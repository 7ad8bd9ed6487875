"""How good predictions and lists are: RMSE and MAE; nDCG, recall, precision, MAP and coverage at k."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from partwise.apps.ratings.table import Ratings

__all__ = ["mae", "ranking", "rmse", "top"]

BLOCK = 512
"""Users whose scores of all items are held at a time."""


def _within(predicted: np.ndarray, scale: np.ndarray | None) -> np.ndarray:
    return predicted if scale is None else np.clip(predicted, scale.min(), scale.max())


def rmse(true: np.ndarray, predicted: np.ndarray, scale: np.ndarray | None = None) -> float:
    """Root mean square error; predictions are first brought into the range of ``scale``.

    Examples
    --------
    >>> import numpy as np
    >>> rmse(np.array([5.0, 3.0]), np.array([6.0, 3.0]), np.array([1.0, 5.0])), rmse(np.array([1.0]), np.array([3.0]))
    (0.0, 2.0)
    """
    return float(np.sqrt(np.mean((true - _within(predicted, scale)) ** 2)))


def mae(true: np.ndarray, predicted: np.ndarray, scale: np.ndarray | None = None) -> float:
    """Mean absolute error, in the same way.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.ratings import mae
    >>> mae(np.array([5.0, 3.0]), np.array([4.0, 3.0]))
    0.5
    """
    return float(np.mean(np.abs(true - _within(predicted, scale))))


def top(scores: np.ndarray, k: int) -> np.ndarray:
    """The places of the ``k`` largest of each row, largest first, equal ones by place; -inf is never among them (-1).

    Examples
    --------
    >>> import numpy as np
    >>> top(np.array([[1.0, 3.0, 3.0, -np.inf]]), 4).tolist()
    [[1, 2, 0, -1]]
    """
    order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
    return np.where(np.isneginf(np.take_along_axis(scores, order, 1)), -1, order)


def ranking(scores: Callable[[np.ndarray], np.ndarray], train: Ratings, test: Ratings, k: int = 10) -> dict[str, float]:
    """Judge the lists of the users that are known and have something held out.

    What a user had in ``train`` is not recommended again; everything that is held out is relevant, items that nobody
    had in ``train`` too.

    Parameters
    ----------
    scores : callable
        From places of users to their scores of all items.
    train, test : Ratings
        Of the same users and items.
    k : int
        Length of a list.

    Returns
    -------
    dict
        nDCG@k (a hit at place r is worth ``1 / log2(r + 1)``, the best list 1), recall@k, precision@k, MAP@k, each the
        mean over users; coverage@k (share of the items of ``train`` on at least one list); users (how many were
        judged).

    References
    ----------
    Jaervelin & Kekaelaeinen (2002), doi:10.1145/582415.582418

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.ratings import Ratings
    >>> both = Ratings.of(["a", "a", "a"], ["x", "y", "z"])
    >>> train, test = both.take(np.array([0])), both.take(np.array([2]))
    >>> found = ranking(lambda users: np.array([[9.0, 2.0, 1.0]]), train, test, 2)
    >>> round(found["nDCG@2"], 4), found["recall@2"], found["precision@2"], found["MAP@2"]
    (0.6309, 1.0, 0.5, 0.5)
    """
    had, wanted = train.matrix(), test.matrix()
    users = np.flatnonzero((np.diff(wanted.indptr) > 0) & (np.diff(had.indptr) > 0))
    sums, listed = np.zeros(4), np.zeros(train.shape[1], bool)
    for start in range(0, len(users), BLOCK):
        some = users[start : start + BLOCK]
        found = np.array(scores(some), dtype=np.float64)
        found[_cells(had, some)] = -np.inf
        places = top(found, k)
        listed[places[places >= 0]] = True
        relevant = np.zeros(found.shape, bool)
        relevant[_cells(wanted, some)] = True
        hits = np.take_along_axis(relevant, places, 1) & (places >= 0)
        sums += _judged(hits, relevant.sum(axis=1), k).sum(axis=0)
    means = sums / max(len(users), 1)
    names = [f"{name}@{k}" for name in ("nDCG", "recall", "precision", "MAP")]
    coverage = listed.sum() / max(len(np.unique(train.item)), 1)
    return {**dict(zip(names, means.tolist(), strict=True)), f"coverage@{k}": float(coverage), "users": len(users)}


def _cells(matrix, users: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Row (within ``users``) and column of the stored cells of some rows."""
    rows = matrix[users].tocoo()
    return rows.coords


def _judged(hits: np.ndarray, relevant: np.ndarray, k: int) -> np.ndarray:
    """nDCG, recall, precision and average precision of each list."""
    places = np.arange(1, hits.shape[1] + 1)
    gains = 1 / np.log2(places + 1)
    best = np.concatenate([[0.0], np.cumsum(gains)])[np.minimum(relevant, hits.shape[1])]
    so_far = np.cumsum(hits, axis=1) / places
    average = (so_far * hits).sum(axis=1) / np.minimum(relevant, k)
    return np.column_stack([hits @ gains / best, hits.sum(axis=1) / relevant, hits.sum(axis=1) / k, average])
