"""What can be asked of fitted tastes: what to recommend, to new users too, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils.validation import check_is_fitted

from partwise.apps.ratings.factors import takes_weights
from partwise.apps.ratings.measures import top
from partwise.apps.ratings.tastes import Tastes, UnknownError
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answers"]


class Answers(Tastes):
    """The questions of `Recommender`, over its fitted attributes; not to be used alone."""

    # ------------------------------------------------------------------ recommendations

    def recommend(
        self,
        user: Any = None,
        n: int = 10,
        filter_seen: bool = True,
        *,
        ratings: Mapping[Any, float] | Sequence[Any] | None = None,
        fallback: str = "error",
    ) -> pd.DataFrame:
        """The ``n`` best items for a user.

        Parameters
        ----------
        user : name of a user
        n : int
        filter_seen : bool
            Leave out what the user has rated or bought.
        ratings : dict of item to rating, or sequence of items
            A new user in place of ``user``, by what is known of them.
        fallback : {"error", "popular"}
            What to do for a user that is not in the model: refuse, or recommend what most users have.

        Returns
        -------
        DataFrame
            Columns item, score (for ratings in stars, within the scale), rank, because (the name of the taste that
            speaks most for the item; "popular" for the fallback).

        Raises
        ------
        UnknownError
            If the user is not in the model.
        """
        check_is_fitted(self, "user_factors_")
        if ratings is not None:
            had, row = self._had(ratings), self.fold_in(ratings)
        elif fallback == "popular" and str(user) not in self._users():
            return self.popular(n)
        else:
            place = self.place_of_user(user)
            had, row = self.seen_[[place]].indices, self.user_factors_[place]
        places, scores = self._best(row, had if filter_seen else had[:0], n)
        return self._listed(places, scores, self._speaks(row, places, self.taste_names_))

    def popular(self, n: int = 10) -> pd.DataFrame:
        """The ``n`` items that most users have, with their number of users as score."""
        counts = np.bincount(self.seen_.indices, minlength=len(self.items_)).astype(float)
        places = top(counts[None], n)[0]
        return self._listed(places, counts[places], ["popular"] * len(places))

    def recommend_all(
        self, users: Sequence[Any] | None = None, n: int = 10, filter_seen: bool = True, fallback: str = "error"
    ) -> pd.DataFrame:
        """`recommend` for many users (None: all) as one table: columns user, item, score, rank, because."""
        import pandas as pd

        wanted = self.users_.tolist() if users is None else list(map(str, users))
        names, known, columns = self.taste_names_, self._users(), ["user", "item", "score", "rank", "because"]
        rows: list[tuple[Any, ...]] = []
        for user in wanted:
            if user not in known:
                listed = self.recommend(user, n, fallback=fallback)
                rows += [(user, *found) for found in listed.itertuples(index=False)]
                continue
            row, had = self.user_factors_[known[user]], self.seen_[[known[user]]].indices
            places, scores = self._best(row, had if filter_seen else had[:0], n)
            because = self._speaks(row, places, names)
            ranks = range(1, len(places) + 1)
            rows += zip([user] * len(places), self.items_[places], scores.tolist(), ranks, because, strict=True)
        return pd.DataFrame(rows, columns=columns)

    def _listed(self, places: np.ndarray, scores: np.ndarray, because: list[str]) -> pd.DataFrame:
        import pandas as pd

        ranks = np.arange(1, len(places) + 1)
        return pd.DataFrame({"item": self.items_[places], "score": scores, "rank": ranks, "because": because})

    def _in_scale(self, scores: np.ndarray) -> np.ndarray:
        return np.clip(scores, self.seen_.data.min(), self.seen_.data.max()) if self.explicit_ else scores

    def _best(self, row: np.ndarray, without: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
        """Places and scores of the ``n`` best items."""
        scores = row @ self.components_
        scores[without] = -np.inf
        places = top(scores[None], n)[0]
        places = places[places >= 0]
        return places, self._in_scale(scores[places])

    def _speaks(self, row: np.ndarray, places: np.ndarray, names: list[str]) -> list[str]:
        """For each item the taste that adds most to its score, of those that user and item have more than usual."""
        first = self.first_taste_
        more = np.maximum(row - self.usual_user_, 0)[first:]
        parts = more[:, None] * (self.components_[first:, places] - self.usual_item_[first:, None])
        if not len(parts):
            return ["what is usual"] * len(places)
        return [
            names[q] if part > 0 else "what is usual" for q, part in zip(parts.argmax(0), parts.max(0), strict=True)
        ]

    def _parts(self, row: np.ndarray, item: int) -> np.ndarray:
        """What each taste adds to a score, over what is usual."""
        first = self.first_taste_
        return ((row - self.usual_user_) * (self.components_[:, item] - self.usual_item_))[first:]

    # ------------------------------------------------------------------ new users

    def fold_in(self, ratings: Mapping[Any, float] | Sequence[Any]) -> np.ndarray:
        """The row of factors of a new user, the items fixed; items that the model does not know are left out.

        Parameters
        ----------
        ratings : dict of item to rating (or count), or sequence of items

        Returns
        -------
        ndarray of shape (k,)

        Raises
        ------
        UnknownError
            If the model knows none of the items.
        """
        from partwise.apps.ratings import implicit

        check_is_fitted(self, "user_factors_")
        places = self._had(ratings)
        values = [float(v) for name, v in self._pairs(ratings) if str(name) in self._items()]
        if min(values) < 0:
            raise DataError(f"A rating of the new user is {min(values):g}. NMF needs values >= 0.")
        row = sp.csr_array((values, ([0] * len(places), places)), shape=(1, len(self.items_)))
        if self._biased():
            known = np.r_[1.0, np.full(len(self.components_) - 1, np.nan)]
            row = row[:, self.fitted_items_]
            return np.asarray(self.model_.transform(row, weight="stored", fixed_W=known))[0]
        signs, strength = implicit.cells(row)
        if not takes_weights(self.model_):
            return np.asarray(self.model_.transform(signs))[0]
        if self.explicit_:
            return np.asarray(self.model_.transform(row, weight="stored"))[0]
        return np.asarray(self.model_.transform(signs, weight=strength, background=self.settings_["background"]))[0]

    def _biased(self) -> bool:
        return self.first_taste_ == 2

    @staticmethod
    def _pairs(ratings: Mapping[Any, float] | Sequence[Any]) -> list[tuple[Any, float]]:
        return list(ratings.items()) if isinstance(ratings, Mapping) else [(name, 1.0) for name in ratings]

    def _had(self, ratings: Mapping[Any, float] | Sequence[Any]) -> np.ndarray:
        """The places of the items that are known."""
        items = self._items()
        names = [str(name) for name, _ in self._pairs(ratings)]
        places = [items[name] for name in names if name in items]
        if not places:
            first = f" (first: {names[0]!r})" if names else ""
            raise UnknownError(f"The model knows none of the {len(names):,} items of the new user{first}.")
        return np.array(places)

    # ------------------------------------------------------------------ reasons

    def explain(self, user: Any, item: Any, n: int = 3) -> pd.DataFrame:
        """Why a score is what it is: parts that sum to it.

        Returns
        -------
        DataFrame
            Columns part, value, because. For ratings the parts are the mean, the user (how high they rate), the item
            (how high it is rated) and the tastes over what is usual; for purchases the tastes alone. ``because`` names
            the ``n`` items of the user that speak most for the taste.
        """
        import pandas as pd

        row, j = self.user_factors_[self.place_of_user(user)], self.place_of_item(item)
        had = self.seen_[[self.place_of_user(user)]]
        column, usual_W, usual_H = self.components_[:, j], self.usual_user_, self.usual_item_
        parts = self._parts(row, j)
        order = np.argsort(-np.abs(parts), kind="stable")
        tastes = [(self.taste_names_[q], parts[q], self._because(row, q, had, n)) for q in order]
        general = []
        if usual_W.any():
            general = [
                ("mean", float(usual_W @ usual_H), ""),
                ("user", float((row - usual_W) @ usual_H), ""),
                ("item", float(usual_W @ (column - usual_H)), ""),
            ]
        return pd.DataFrame([*general, *tastes], columns=["part", "value", "because"])

    def _because(self, row: np.ndarray, taste: int, had: Any, n: int) -> str:
        """The items of a user that lie most in the direction of one of their tastes."""
        q = taste + self.first_taste_
        lean = np.maximum(self.components_[q, had.indices] - self.usual_item_[q], 0)
        if self._biased():  # much liked where the user has more of the taste than usual, else little
            lean = lean * np.sign(row[q] - self.usual_user_[q]) * (had.data - had.data.mean())
        order = np.argsort(-lean, kind="stable")[:n]
        return ", ".join(self.title_of(str(self.items_[had.indices[j]])) for j in order if lean[j] > 0)

    def predict(self, users: Sequence[Any], items: Sequence[Any]) -> np.ndarray:
        """The scores of pairs, in stars for ratings; who or what is unknown has what is usual."""
        import pandas as pd

        check_is_fitted(self, "user_factors_")
        i, j = (
            pd.Index(known).get_indexer([str(name) for name in given])
            for known, given in ((self.users_, users), (self.items_, items))
        )
        W = np.vstack([self.user_factors_, self.usual_user_])  # the place -1 is that of the usual
        H = np.column_stack([self.components_, self.usual_item_])
        return self._in_scale(np.einsum("nk,kn->n", W[i], H[:, j]))

    def predicted_table(
        self, users: Sequence[Any] | None = None, items: Sequence[Any] | None = None
    ) -> tuple[pd.DataFrame, pd.DataFrame]:
        """Scores of users by items, and which of these cells were observed (True) and which are predictions alone."""
        import pandas as pd

        rows = np.arange(len(self.users_)) if users is None else [self.place_of_user(user) for user in users]
        columns = np.arange(len(self.items_)) if items is None else [self.place_of_item(item) for item in items]
        scores = self._in_scale(self.user_factors_[rows] @ self.components_[:, columns])
        seen = self.seen_
        stored = sp.csr_array((np.ones(seen.nnz), seen.indices, seen.indptr), shape=seen.shape)  # a rating may be 0
        here = stored[rows][:, columns].toarray() > 0
        labels: Any = {"index": self.users_[rows], "columns": self.items_[columns]}
        return pd.DataFrame(scores, **labels), pd.DataFrame(here, **labels)
