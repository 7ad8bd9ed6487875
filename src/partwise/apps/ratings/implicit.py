"""Purchases, plays and clicks are signs of interest: all cells count, those without a sign a little.

``sum_ui c_ui (p_ui - w_u h_i)^2 / 2 + ridge / 2 (|W|^2 + |H|^2)`` with p = 1 and c = 1 + log(count) where something
happened, p = 0 and c = ``background`` elsewhere. The defaults (32 tastes, background .7, ridge 12) are those with the
best nDCG@10 on held-out cells of the training part of MovieLens latest-small; see ``benchmarks/recommend.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.apps.ratings.factors import Factors, takes_weights, trying
from partwise.apps.ratings.table import Ratings

__all__ = ["BACKGROUNDS", "RIDGES", "Recipe", "chosen", "cells", "fit"]

BACKGROUNDS, RIDGES = (0.3, 0.7, 1.0), (1.0, 4.0, 12.0, 25.0)
"""Settings to choose among."""


@dataclass(frozen=True)
class Recipe:
    """How many tastes, how much a cell without a sign counts, and the ridge on both factors."""

    tastes: int = 32
    background: float = 0.7
    ridge: float = 12.0
    tol: float = 1e-3
    max_iter: int = 500
    n_jobs: int | None = None

    def model(self, seed: int) -> Any:
        """The estimator, unfitted."""
        import partwise

        ridge = partwise.penalties.L2(self.ridge)
        return partwise.NMF(
            self.tastes,
            init="random",
            tol=self.tol,
            max_iter=self.max_iter,
            random_state=seed,
            penalty_W=ridge,
            penalty_H=ridge,
            n_jobs=self.n_jobs,
        )


def cells(counts: sp.csr_array) -> tuple[sp.csr_array, sp.csr_array]:
    """Ones where something happened, and what they count: ``1 + log(count)``, 1 for less than once."""
    signs = sp.csr_array((np.ones(counts.nnz), counts.indices, counts.indptr), shape=counts.shape)
    strength = 1 + np.log(np.maximum(counts.data, 1))
    return signs, sp.csr_array((strength, counts.indices, counts.indptr), shape=counts.shape)


def fit(train: Ratings, recipe: Recipe = Recipe(), seed: int = 0, model: Any = None) -> Factors:
    """Fit tastes to signs of interest.

    Notes
    -----
    O(signs k^2 + (users + items) k^2) per iteration and O(signs) memory, monotone. An estimator whose ``fit`` knows no
    weights is fitted with every cell counting alike.

    References
    ----------
    Hu, Koren & Volinsky (2008), doi:10.1109/ICDM.2008.22

    Examples
    --------
    >>> from partwise.apps.ratings import Ratings
    >>> from partwise.apps.ratings.implicit import Recipe, fit
    >>> bought = Ratings.of(["a", "a", "b", "b", "c"], ["tea", "milk", "tea", "milk", "tea"])
    >>> found = fit(bought, Recipe(tastes=1, ridge=0.1))
    >>> bool(found.scores([2])[0, 1] > 0.3)  # c, who has tea, may want milk
    True
    """
    model = recipe.model(seed) if model is None else model
    signs, strength = cells(train.matrix())
    given = {"weight": strength, "background": recipe.background} if takes_weights(model) else {}
    at_once = getattr(model, "fit_transform", None)
    W = at_once(signs, **given) if at_once is not None else model.fit(signs, **given).transform(signs, **given)
    H = np.asarray(model.components_)
    nothing = np.zeros(len(H))
    return Factors(np.asarray(W), H, nothing, nothing, slice(0, None), np.arange(train.shape[1]), model)


def chosen(
    train: Ratings,
    backgrounds: tuple[float, ...] = BACKGROUNDS,
    ridges: tuple[float, ...] = RIDGES,
    base: Recipe = Recipe(),
) -> Recipe:
    """The settings with the best nDCG@10 on the latest tenth of every user, the ridge first."""
    from partwise.apps.ratings.measures import ranking
    from partwise.apps.ratings.splits import split

    inner, held, _ = split(train, "time", 0.1)

    def loss(recipe: Recipe) -> float:
        with trying() as whole:
            return -ranking(whole(fit(inner, recipe)).scores, inner, held, 10)["nDCG@10"]

    ridge = min((replace(base, ridge=ridge) for ridge in ridges), key=loss).ridge
    return min((replace(base, ridge=ridge, background=one) for one in backgrounds), key=loss)
