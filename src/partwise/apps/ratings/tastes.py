"""What the tastes are: their items and users, who and what is alike, names and titles."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from partwise.card import EstimatorCard
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Tastes", "UnknownError"]


class UnknownError(DataError):
    """A user or an item that the model does not know.

    Examples
    --------
    >>> from partwise.apps.ratings import recommender
    >>> from partwise.datasets import make_ratings
    >>> recommender(make_ratings().extra["table"], 2).recommend("nobody")
    Traceback (most recent call last):
        ...
    partwise.apps.ratings.tastes.UnknownError: ...
    """


class Tastes(EstimatorCard, BaseEstimator):
    """The fitted attributes of `Recommender`, and what they are called; not to be used alone."""

    model_: Any
    user_factors_: np.ndarray
    components_: np.ndarray
    usual_user_: np.ndarray
    usual_item_: np.ndarray
    first_taste_: int
    fitted_items_: np.ndarray
    users_: np.ndarray
    items_: np.ndarray
    seen_: Any
    explicit_: bool
    settings_: dict[str, Any]
    labels_: dict[int, str]
    titles_: dict[str, str]

    # ------------------------------------------------------------------ likeness

    def similar_items(self, item: Any, n: int = 10) -> pd.Series:
        """The ``n`` items most like one, by the cosine of their tastes (over what is usual); itself first, with 1."""
        tastes = self.components_[self.first_taste_ :].T - self.usual_item_[self.first_taste_ :]
        return self._similar(tastes, self.place_of_item(item), n, self.items_)

    def similar_users(self, user: Any, n: int = 10) -> pd.Series:
        """The ``n`` users most like one, in the same way."""
        tastes = self.user_factors_[:, self.first_taste_ :] - self.usual_user_[self.first_taste_ :]
        return self._similar(tastes, self.place_of_user(user), n, self.users_)

    @staticmethod
    def _similar(tastes: np.ndarray, place: int, n: int, names: np.ndarray) -> pd.Series:
        import pandas as pd

        lengths = np.linalg.norm(tastes, axis=1, keepdims=True)
        unit = tastes / np.where(lengths > 0, lengths, 1)
        cosines = unit @ unit[place]
        order = np.lexsort((np.arange(len(cosines)) != place, -cosines.round(12)))[:n]
        return pd.Series(cosines[order], index=names[order])

    # ------------------------------------------------------------------ tastes

    def taste_cards(self, n: int = 5) -> pd.DataFrame:
        """A row per taste, the largest first: its share, name, and the ``n`` items that stand for it.

        Columns taste, share (of what all tastes explain beyond the usual), name, items, weights (over what is usual),
        users (those with the most of it).
        """
        import pandas as pd

        check_is_fitted(self, "user_factors_")
        first = self.first_taste_
        W = self.user_factors_[:, first:] - self.usual_user_[first:]
        H = self.components_[first:] - self.usual_item_[first:, None]
        size = (W**2).sum(axis=0) * (H**2).sum(axis=1)
        rows = []
        for q, share in enumerate(size / (size.sum() or 1)):
            best = np.argsort(-H[q], kind="stable")[:n]
            best = best[H[q, best] > 0]
            fans = np.argsort(-W[:, q], kind="stable")[:3]
            items = [self.title_of(name) for name in self.items_[best]]
            rows.append([q, share, self.taste_names_[q], items, H[q, best].tolist(), self.users_[fans].tolist()])
        table = pd.DataFrame(rows, columns=["taste", "share", "name", "items", "weights", "users"])
        return table.sort_values("share", ascending=False, kind="stable", ignore_index=True)

    @property
    def taste_names_(self) -> list[str]:
        """The name of each taste: the one that was set, or its first two items."""
        H = self.components_[self.first_taste_ :]
        named = []
        for q, row in enumerate(H):
            best = np.argsort(-row, kind="stable")[:2]
            named.append(self.labels_.get(q, " / ".join(self.title_of(name) for name in self.items_[best])))
        return named

    def set_taste_labels(self, labels: Sequence[str] | dict[int, str]) -> Self:
        """Name tastes: a label for each, or a dict from number to label. They travel to every table and picture."""
        given = labels if isinstance(labels, dict) else dict(enumerate(labels))
        k = len(self.components_) - self.first_taste_
        wrong = next((q for q in given if not 0 <= q < k), None)
        if wrong is not None or (not isinstance(labels, dict) and len(labels) != k):
            raise DataError(f"There are {k} tastes, numbered from 0: give {k} labels, or a dict of some.")
        self.labels_ = {**self.labels_, **{int(q): str(label) for q, label in given.items()}}
        return self

    def set_titles(self, titles: Mapping[Any, str]) -> Self:
        """Titles of items, for reading; recommendations keep the names of the table."""
        self.titles_ = {str(item): str(title) for item, title in titles.items()}
        return self

    def title_of(self, item: str) -> str:
        """The title of an item, or its name."""
        return self.titles_.get(item, item)

    # ------------------------------------------------------------------ places

    def place_of_user(self, user: Any) -> int:
        """The row of a user."""
        return self._place(user, self._users(), "User")

    def place_of_item(self, item: Any) -> int:
        """The column of an item, by name or title."""
        by_title = {title: name for name, title in self.titles_.items()}
        return self._place(by_title.get(str(item), item), self._items(), "Item")

    @staticmethod
    def _place(name: Any, known: dict[str, int], what: str) -> int:
        if str(name) in known:
            return known[str(name)]
        near = difflib.get_close_matches(str(name), known, n=1, cutoff=0.8)
        hint = f" Did you mean {near[0]!r}?" if near else ""
        raise UnknownError(f"{what} {name} is not in the model.{hint}")

    def _users(self) -> dict[str, int]:
        return _places(self, "_user_places", self.users_)

    def _items(self) -> dict[str, int]:
        return _places(self, "_item_places", self.items_)


def _places(owner: Any, name: str, labels: np.ndarray) -> dict[str, int]:
    """Label -> place, made once for these labels."""
    kept = vars(owner).get(name)
    if kept is None or kept[0] is not labels:
        kept = (labels, {str(label): place for place, label in enumerate(labels.tolist())})
        vars(owner)[name] = kept
    return kept[1]
