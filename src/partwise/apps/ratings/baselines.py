"""What every model must beat: the mean, biases of any sign, and what everybody likes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from partwise.apps.ratings.measures import rmse
from partwise.apps.ratings.splits import split
from partwise.apps.ratings.table import Ratings

__all__ = ["Biases", "Popular", "best_biases"]

STRENGTHS, USUAL = (1.0, 2.0, 3.0, 5.0, 8.0), 3.0
SWEEPS, TOL = 500, 1e-10


@dataclass(frozen=True, eq=False)
class Biases:
    """``mean + user + item``, biases of any sign: least squares with a ridge of ``strength``.

    Examples
    --------
    >>> from partwise.apps.ratings import Ratings
    >>> table = Ratings.of(["a", "a", "b", "b"], ["x", "y", "x", "y"], [5, 3, 3, 1])
    >>> Biases.of(table, 1e-9).predict(table).round(6).tolist()
    [5.0, 3.0, 3.0, 1.0]
    """

    mean: float
    user: np.ndarray
    item: np.ndarray
    strength: float

    @classmethod
    def of(cls, train: Ratings, strength: float) -> Biases:
        """Users and items solved in turn until neither moves. O(ratings) per turn; the objective never rises."""
        mean, X = float(train.value.mean()), train.matrix()
        n, p = train.shape
        seen = sp.csr_array((np.ones(len(X.data)), X.indices, X.indptr), shape=X.shape)
        above = sp.csr_array((X.data - mean, X.indices, X.indptr), shape=X.shape)
        users, items = (np.asarray(seen.sum(axis=axis)).ravel() + strength for axis in (1, 0))
        of_users, of_items = (np.asarray(above.sum(axis=axis)).ravel() for axis in (1, 0))
        back, user, item = sp.csr_array(seen.T), np.zeros(n), np.zeros(p)
        for _ in range(SWEEPS):
            before = user
            user = (of_users - seen @ item) / users
            item = (of_items - back @ user) / items
            if np.abs(user - before).max() <= TOL * max(mean, 1e-300):
                break
        return cls(mean, user, item, strength)

    def predict(self, at: Ratings) -> np.ndarray:
        """The values of the cells of ``at``."""
        return self.mean + self.user[at.user] + self.item[at.item]

    def scores(self, users: np.ndarray) -> np.ndarray:
        """All items for some users."""
        return self.mean + self.user[users][:, None] + self.item


def best_biases(train: Ratings) -> Biases:
    """The biases of that strength which errs least on a tenth of the training part; of the usual one below 10 ratings.

    Examples
    --------
    >>> from partwise.apps.ratings import best_biases, read_ratings
    >>> from partwise.datasets import make_ratings
    >>> print(f"{best_biases(read_ratings(make_ratings().extra['table'])).mean:.2f}")
    2.37
    """
    if len(train) < 10:  # a tenth of which is nothing
        return Biases.of(train, USUAL)
    inner, held, _ = split(train, "random", 0.1, 0)

    def error(strength: float) -> float:
        return rmse(held.value, Biases.of(inner, strength).predict(held), train.value)

    return Biases.of(train, min(STRENGTHS, key=error))


@dataclass(frozen=True, eq=False)
class Popular:
    """What most users have, whoever asks.

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise.apps.ratings import Popular, read_ratings
    >>> bought = pd.DataFrame({"user": ["Ann", "Ben", "Ben"], "item": ["tea", "tea", "milk"]})
    >>> Popular.of(read_ratings(bought)).count.tolist()
    [2.0, 1.0]
    """

    count: np.ndarray

    @classmethod
    def of(cls, train: Ratings) -> Popular:
        """The number of users of each item."""
        return cls(np.bincount(train.item, minlength=train.shape[1]).astype(float))

    def scores(self, users: np.ndarray) -> np.ndarray:
        """The same for all."""
        return np.broadcast_to(self.count, (len(users), len(self.count)))
