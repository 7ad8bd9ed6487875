"""Ratings are opinions: biases and tastes, all non-negative, each drawn towards what is usual.

``x_ui ~ b_u + c_i + sum_q w_uq h_qi``: the biases are components of which one side is known, a column of ones in W
(its row of H are the items' biases) and a row of ones in H (its column of W the users'). The mean rating mu is shared
out beforehand: 1/4 to the tastes, 3/8 to each bias. A taste is usual, not absent, for somebody of whom nothing is
known: the prior mean of its entries is ``sqrt(mu / (4 k))``, and entries may fall below it as well as rise above it. So
W, H >= 0 binds almost nowhere, and says as much as signed factors do.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from partwise.apps.ratings.factors import Factors, trying
from partwise.apps.ratings.splits import split
from partwise.apps.ratings.table import Ratings
from partwise.errors import DataWarning

__all__ = ["BIASES", "TASTES", "Recipe", "chosen", "fit"]

TASTES_SHARE = 0.25
"""What part of the mean rating the tastes make up, where nothing is known."""

BIASES, TASTES = (2.0, 3.0, 5.0), (20.0, 16.0, 12.0, 8.0, 4.0, 2.0, 1.0)
"""Strengths to choose among, in ratings on a scale to 5."""

USUAL_MEAN = 3.5
"""The mean rating that strengths of tastes are said for; they grow with the scale."""


@dataclass(frozen=True)
class Recipe:
    """How many tastes, and how strongly biases and tastes are drawn towards their prior means.

    A strength is in ratings: a bias of strength 3 gives way as if three more ratings had said the usual.
    """

    tastes: int = 20
    bias: float = 3.0
    taste: float = 16.0
    tol: float = 1e-3
    max_iter: int = 500
    n_jobs: int | None = None

    def prior(self, mean: float) -> tuple[np.ndarray, np.ndarray]:
        """The usual row of W and column of H."""
        share = TASTES_SHARE if self.tastes else 0.0
        usual = np.full(self.tastes, np.sqrt(share * mean / max(self.tastes, 1)))
        bias = (1 - share) * mean / 2
        return np.r_[1.0, bias, usual], np.r_[bias, 1.0, usual]

    def weights(self, mean: float) -> tuple[np.ndarray, np.ndarray]:
        """The strengths of both, 0 for what is known."""
        tastes = np.full(self.tastes, self.taste * mean / USUAL_MEAN)
        return np.r_[0.0, self.bias, tastes], np.r_[self.bias, 0.0, tastes]

    def known(self) -> np.ndarray:
        """What is known of a row of W: the one of the items' biases."""
        return np.r_[1.0, np.full(self.tastes + 1, np.nan)]

    def model(self, mean: float) -> Any:
        """The estimator, unfitted."""
        import partwise

        penalties = (partwise.penalties.L2(*pair) for pair in zip(self.weights(mean), self.prior(mean), strict=True))
        size = {"n_components": self.tastes + 2, "tol": self.tol, "max_iter": self.max_iter, "n_jobs": self.n_jobs}
        return partwise.NMF(**size, init="custom", **dict(zip(("penalty_W", "penalty_H"), penalties, strict=True)))


def fit(train: Ratings, recipe: Recipe = Recipe(), seed: int = 0, model: Any = None) -> Factors:
    """Fit biases and tastes to the observed cells; who or what was never rated has what is usual.

    Notes
    -----
    O(ratings k^2) per iteration, monotone; stops by the tolerance of the recipe.

    References
    ----------
    Koren, Bell & Volinsky (2009), doi:10.1109/MC.2009.263

    Examples
    --------
    >>> from partwise.apps.ratings import Ratings
    >>> from partwise.apps.ratings.explicit import Recipe, fit
    >>> table = Ratings.of(["a", "a", "b", "b", "c"], ["x", "y", "x", "y", "x"], [5, 1, 5, 1, 5])
    >>> found = fit(table, Recipe(tastes=0))
    >>> c_of_y = found.scores([2])[0, 1]  # c is generous like the others, y is liked by nobody
    >>> bool(1 < c_of_y < 3)
    True
    """
    (n, p), rng = train.shape, np.random.default_rng(seed)
    users, items = (np.unique(index) for index in (train.user, train.item))
    mean = float(train.value.mean()) or 1.0
    usual_W, usual_H = recipe.prior(mean)
    W, H = np.tile(usual_W, (n, 1)), np.tile(usual_H[:, None], p)
    start_W, start_H = W[users], H[:, items]
    start_W[:, 2:] *= 1 + rng.random((len(users), recipe.tastes)) / 4  # tastes that begin alike would stay alike
    start_H[2:] *= 1 + rng.random((recipe.tastes, len(items))) / 4
    known_H = np.full(start_H.shape, np.nan)
    known_H[1] = 1
    model = recipe.model(mean) if model is None else model
    X = train.matrix()[users][:, items]
    known: dict[str, Any] = {"fixed_W": recipe.known(), "fixed_H": known_H}
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "n_components=", DataWarning)  # it counts the two of the biases as well
        W[users] = model.fit_transform(X, W=start_W, H=start_H, weight="stored", **known)
    H[:, items] = model.components_
    return Factors(W, H, usual_W, usual_H, slice(2, None), items, model)


def fit_as_it_is(train: Ratings, model: Any) -> Factors:
    """Fit a given estimator to the observed cells, without biases; what nobody rated is not determined."""
    W = np.asarray(model.fit_transform(train.matrix(), weight="stored"))
    H = np.asarray(model.components_)
    nothing = np.zeros(len(H))
    return Factors(W, H, nothing, nothing, slice(0, None), np.arange(train.shape[1]), model)


def chosen(
    train: Ratings,
    biases: tuple[float, ...] = BIASES,
    tastes: tuple[float, ...] = TASTES,
    base: Recipe = Recipe(),
) -> Recipe:
    """The recipe with the least error on a tenth of the training part: first the strength of biases, then of tastes.

    The strengths of tastes are walked from the strongest until the error rises.
    """
    from partwise.apps.ratings.measures import rmse

    inner, held, _ = split(train, "random", 0.1, 0)

    def error(recipe: Recipe) -> float:
        with trying() as whole:
            return rmse(held.value, whole(fit(inner, recipe)).predict(held), train.value)

    alone = [replace(base, tastes=0, bias=bias) for bias in biases]
    recipe = replace(base, bias=min(alone, key=error).bias)
    best, least = recipe, np.inf
    for taste in tastes:
        now = error(replace(recipe, taste=taste))
        if now > least:
            break
        best, least = replace(recipe, taste=taste), now
    return best
