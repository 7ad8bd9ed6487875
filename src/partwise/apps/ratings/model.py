"""`Recommender`: ratings or purchases in, recommendations with their reasons out."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from partwise.apps.ratings import explicit, implicit
from partwise.apps.ratings.answers import Answers
from partwise.apps.ratings.factors import Factors, takes_weights
from partwise.apps.ratings.reading import read_ratings
from partwise.apps.ratings.table import Ratings
from partwise.card import card
from partwise.errors import DataError

__all__ = ["Recommender"]

ENOUGH = 100
"""So many ratings are needed for strengths to be chosen by a tenth of them."""


class Recommender(Answers):
    """Learn the tastes behind ratings or purchases, and recommend by them.

    Ratings (explicit) are opinions: only the cells that were rated count, and biases of users and items are fitted
    beside the tastes. Purchases, plays and clicks (implicit) are signs of interest: all cells count, those without a
    sign a little.

    Parameters
    ----------
    n_components : int or None, default=None
        Number of tastes. None: 20 for ratings, 32 for purchases, fewer for few users or items.
    implicit : bool or None, default=None
        Whether the values count how often instead of how much. None: what the table says.
    tune : bool, default=True
        Choose the strengths by a tenth held out, from 100 ratings on: about seven fits. False takes those below.
    bias, taste : float, default=3.0, 16.0
        For ratings: how many ratings' worth biases and tastes are drawn towards what is usual.
    background, ridge : float, default=0.7, 12.0
        For purchases: what a cell without one counts, and the ridge on both factors.
    model : estimator or None, default=None
        What factorizes instead: any estimator with ``fit``, ``transform`` and non-negative ``components_``; it is
        cloned. One whose ``fit`` knows no weights counts every empty cell as a zero: for purchases only.
    tol : float, default=1e-3
    max_iter : int, default=500
    random_state : int, default=0
    n_jobs : int or None, default=None

    Attributes
    ----------
    model_ : estimator
        The fitted factorization.
    user_factors_ : ndarray of shape (n_users, k)
    components_ : ndarray of shape (k, n_items)
        For ratings the first two components are the biases of items and of users, the others tastes.
    users_, items_ : ndarray of str
    seen_ : csr_array of shape (n_users, n_items)
        The ratings or counts.
    explicit_ : bool
    settings_ : dict
        The strengths in use.
    notes_ : list of str
        What was inferred, joined and left out.

    Notes
    -----
    O(ratings k^2) per iteration, both ways. Cold users and items have what is usual: their biases and tastes are the
    prior means for ratings, and zeros for purchases.

    References
    ----------
    Koren, Bell & Volinsky (2009), doi:10.1109/MC.2009.263; Hu, Koren & Volinsky (2008), doi:10.1109/ICDM.2008.22

    Examples
    --------
    >>> from partwise.apps.ratings import Recommender
    >>> from partwise.datasets import make_ratings
    >>> model = Recommender().fit(make_ratings().extra["table"])
    >>> model.recommend("user001", n=3).columns.tolist()
    ['item', 'score', 'rank', 'because']
    """

    def __init__(
        self,
        n_components: int | None = None,
        *,
        implicit: bool | None = None,
        tune: bool = True,
        bias: float = 3.0,
        taste: float = 16.0,
        background: float = 0.7,
        ridge: float = 12.0,
        model: Any = None,
        tol: float = 1e-3,
        max_iter: int = 500,
        random_state: int = 0,
        n_jobs: int | None = None,
    ) -> None:
        self.n_components = n_components
        self.implicit = implicit
        self.tune = tune
        self.bias = bias
        self.taste = taste
        self.background = background
        self.ridge = ridge
        self.model = model
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.n_jobs = n_jobs

    def fit(self, ratings: Any, y: Any = None) -> Recommender:
        """Learn tastes.

        Parameters
        ----------
        ratings : Ratings, DataFrame or path
            What `read_ratings` reads.
        y : ignored

        Returns
        -------
        self

        Raises
        ------
        DataError
            If the table cannot be read, or the model cannot know what was not rated.
        """
        train = self._prepare(ratings)
        model = self.model_
        if not self.explicit_:
            return self._adopt(implicit.fit(train, self._recipe, self.random_state, model))
        if self.model is not None:
            return self._adopt(explicit.fit_as_it_is(train, model))
        return self._adopt(explicit.fit(train, self._recipe, self.random_state, model))

    def _prepare(self, ratings: Any) -> Ratings:
        """Read the table, and choose settings and the unfitted ``model_``."""
        train = read_ratings(ratings, implicit=self.implicit)
        self.explicit_ = train.explicit and not self.implicit
        self.notes_ = list(train.notes)
        if train.explicit and not self.explicit_:  # a table in memory that was read as ratings
            train = replace(train, value=np.ones(len(train)), explicit=False)
        self._train = train
        self._recipe: Any = self._strengths(train)
        self.settings_ = {
            name: value for name, value in vars(self._recipe).items() if name not in ("tol", "max_iter", "n_jobs")
        }
        self.model_ = self._new_model(train)
        return train

    def _adopt(self, found: Factors) -> Recommender:
        """Take the factors of the table."""
        if min(found.W.min(initial=0), found.H.min(initial=0)) < 0:
            raise DataError(
                f"{type(found.model).__name__} gave negative factors: tastes that cancel cannot be read. Use a "
                "non-negative model."
            )
        self.user_factors_, self.components_ = found.W, found.H
        self.usual_user_, self.usual_item_ = found.usual_W, found.usual_H
        self.first_taste_ = int(found.tastes.start or 0)
        self.fitted_items_ = found.columns
        self.users_, self.items_ = self._train.users, self._train.items
        self.seen_ = self._train.matrix()
        self.labels_: dict[int, str] = {}
        self.titles_: dict[str, str] = {}
        del self._train
        return self

    def _strengths(self, train: Ratings) -> Any:
        """The recipe: the given strengths, or those that held-out cells choose."""
        limits = {"tol": self.tol, "max_iter": self.max_iter, "n_jobs": self.n_jobs}
        rows, columns = (len(np.unique(index)) for index in (train.user, train.item))
        kind = explicit if self.explicit_ else implicit
        room = max(0, min(rows, columns) - 2) if self.explicit_ else max(1, min(rows, columns) - 1)
        k = min(kind.Recipe.tastes, room) if self.n_components is None else self.n_components
        given = {"bias": self.bias, "taste": self.taste}
        if not self.explicit_:
            given = {"background": self.background, "ridge": self.ridge}
        recipe: Any = kind.Recipe(k, **given, **limits)
        if not self.tune or self.model is not None:
            return recipe
        if len(train) < ENOUGH:
            self.notes_.append(f"{len(train):,} ratings are too few to choose strengths by; the usual ones are taken.")
            return recipe
        recipe = kind.chosen(train, base=recipe)
        names = ("bias", "taste") if self.explicit_ else ("ridge", "background")
        said = ", ".join(f"{name} {getattr(recipe, name):g}" for name in names)
        self.notes_.append(f"strengths chosen by a tenth held out: {said}; {recipe.tastes} tastes.")
        return recipe

    def _new_model(self, train: Ratings) -> Any:
        """The estimator to fit, with the number of tastes."""
        if self.model is None:
            mean = float(train.value.mean()) or 1.0
            return self._recipe.model(mean if self.explicit_ else self.random_state)
        model: Any = clone(self.model)
        if self.n_components is not None:
            model.set_params(n_components=self.n_components)
        if self.explicit_ and not takes_weights(model):
            raise DataError(
                f"{type(model).__name__} counts what was not rated as a rating of 0. Use a model whose fit takes "
                "weight= (as partwise.NMF), or implicit=True."
            )
        if not takes_weights(model):
            self.notes_.append(f"{type(model).__name__} knows no weights: what was not bought counts like a purchase.")
        return model

    def info(self) -> str:
        """The model in words."""
        check_is_fitted(self, "user_factors_")
        cards = self.taste_cards(5)
        kind = "ratings" if self.explicit_ else "purchases"
        lines = [
            f"Recommender: {len(cards)} tastes of {len(self.users_):,} users and {len(self.items_):,} items, from "
            f"{self.seen_.nnz:,} {kind}, by {type(self.model_).__name__}.",
            *self.notes_,
        ]
        lines += [
            f"{taste:3d} {share:6.1%}  {name}: {', '.join(items)}"
            for taste, share, name, items in zip(cards.taste, cards.share, cards.name, cards["items"], strict=True)
        ]
        return "\n".join(lines)

    def _card(self) -> str:
        return card(self.info()) if "user_factors_" in vars(self) else ""

    def save(self, path: Any) -> None:
        """Write the model with what each user has seen to one ``.pw`` file; `partwise.load` reads it."""
        from partwise import persist

        check_is_fitted(self, "user_factors_")
        persist.save(self, path)
