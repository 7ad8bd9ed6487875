"""The default ratings model: biases and tastes, all non-negative, each drawn towards what is usual.

``x_ui ~ b_u + c_i + sum_q w_uq h_qi``: the biases are components of which one side is known, a column of ones in W
(its row of H are the items' biases) and a row of ones in H (its column of W the users'). The mean rating mu is shared
out beforehand: 1/4 to the tastes, 3/8 to each bias. A taste is usual, not absent, for somebody of whom nothing is
known: the prior mean of its entries is ``sqrt(mu / (4 k))``, and entries may fall below it as well as rise above it. So
W, H >= 0 binds almost nowhere, and says as much as signed factors do.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from benchmarks.movielens import Ratings
from partwise import NMF
from partwise.penalties import L2

TASTES_SHARE = 0.25
"""What part of the mean rating the tastes make up, where nothing is known."""


@dataclass(frozen=True)
class Recipe:
    """How many tastes, and how strongly biases and tastes are drawn towards their prior means.

    A strength is in ratings: a bias of strength 3 gives way as if three more ratings had said the usual.
    """

    tastes: int = 20
    bias: float = 3.0
    taste: float = 16.0
    tol: float = 1e-3

    def prior(self, mean: float) -> tuple[np.ndarray, np.ndarray]:
        """The usual row of W and column of H."""
        share = TASTES_SHARE if self.tastes else 0.0
        usual = np.full(self.tastes, np.sqrt(share * mean / max(self.tastes, 1)))
        bias = (1 - share) * mean / 2
        return np.r_[1.0, bias, usual], np.r_[bias, 1.0, usual]

    def weights(self) -> tuple[np.ndarray, np.ndarray]:
        """The strengths of both, 0 for what is known."""
        tastes = np.full(self.tastes, self.taste)
        return np.r_[0.0, self.bias, tastes], np.r_[self.bias, 0.0, tastes]


@dataclass(frozen=True)
class Fitted:
    """Factors for all users and items; who was never seen has what is usual."""

    W: np.ndarray
    H: np.ndarray
    iterations: int

    def predict(self, at: Ratings) -> np.ndarray:
        """The predicted stars."""
        return np.einsum("ij,ji->i", self.W[at.user], self.H[:, at.item])


def fit(train: Ratings, recipe: Recipe, seed: int = 0) -> Fitted:
    """Fit biases and tastes to the observed cells."""
    (n, p), rng = train.shape, np.random.default_rng(seed)
    users, items = (np.unique(index) for index in (train.user, train.item))
    usual_W, usual_H = recipe.prior(float(train.stars.mean()))
    weight_W, weight_H = recipe.weights()
    W, H = np.tile(usual_W, (n, 1)), np.tile(usual_H[:, None], p)
    start_W, start_H = W[users], H[:, items]
    start_W[:, 2:] *= 1 + rng.random((len(users), recipe.tastes)) / 4  # tastes that begin alike would stay alike
    start_H[2:] *= 1 + rng.random((recipe.tastes, len(items))) / 4
    free = np.full(recipe.tastes + 2, np.nan)
    known_W, known_H = free.copy(), np.tile(free[:, None], len(items))
    known_W[0], known_H[1] = 1, 1
    penalty_W, penalty_H = L2(weight_W, usual_W), L2(weight_H, usual_H)
    model = NMF(len(free), init="custom", tol=recipe.tol, max_iter=500, penalty_W=penalty_W, penalty_H=penalty_H)
    X = train.matrix()[users][:, items]
    W[users] = model.fit_transform(X, W=start_W, H=start_H, weight="stored", fixed_W=known_W, fixed_H=known_H)
    H[:, items] = model.components_
    return Fitted(W, H, model.n_iter_)


def chosen(train: Ratings, biases: tuple[float, ...], tastes: tuple[float, ...], base: Recipe = Recipe()) -> Recipe:
    """The recipe of a grid of strengths with the least error on a tenth of the training part, biases first."""
    inner, held = train.split(0)

    def error(recipe: Recipe) -> float:
        return held.rmse(fit(inner, recipe).predict(held))

    alone = [replace(base, tastes=0, bias=bias) for bias in biases]
    bias = min(alone, key=error).bias
    return min((replace(base, bias=bias, taste=taste) for taste in tastes), key=error)
