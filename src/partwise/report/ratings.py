"""Tastes behind ratings and purchases."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.report.matrix import refuse_data
from partwise.report.result import Choice, Result, printable

__all__ = ["gather"]

USERS = 200
"""Whose pages are in a report."""
RATED, RECOMMENDED = 20, 10
"""Of the items on the page of a user."""
TOP, BOTTOM = 10, 5
"""Of the items on the card of a taste."""


def gather(model: Any, data: Any = None, W: Any = None) -> Result:
    """Tastes over what is usual, users and items."""
    refuse_data(model, data)
    first, (n, p) = model.first_taste_, model.seen_.shape
    lean = model.components_[first:] - model.usual_item_[first:, None]
    cards = model.taste_cards().sort_values("taste")
    deeds = "ratings" if model.explicit_ else "purchases"
    return Result(
        kind="ratings",
        title=f"{len(lean)} tastes of {n:,} users",
        words="taste user item",
        model=model.model_,
        H=np.maximum(lean, 0),
        labels=model.taste_names_,
        features=[model.title_of(item) for item in model.items_],
        W=np.maximum(model.user_factors_ - model.usual_user_, 0)[:, first:],
        items=model.users_,
        shares=cards["share"].to_numpy(),
        facts=[
            ("tastes", len(lean)),
            ("users", n),
            ("items", p),
            (deeds, model.seen_.nnz),
            ("known cells", f"{model.seen_.nnz / (n * p):.2%}"),
            *((name.replace("_", " "), value) for name, value in model.settings_.items() if name != "tastes"),
        ],
        notices=list(model.notes_),
        extra=lambda kept: mentioned(model, lean, kept),
        views=lambda choice: {"ratings": views(model, lean, choice)},
    )


def ends(lean: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The items that a taste is most for, and most against, (k, m) each."""
    order = np.argsort(-lean, axis=1, kind="stable")
    return order[:, :TOP], order[:, ::-1][:, : min(BOTTOM, max(0, lean.shape[1] - TOP))]


def spread(kept: np.ndarray) -> np.ndarray:
    """Users that get a page: some of those that are kept, at equal distances."""
    places = np.unique(np.linspace(0, len(kept) - 1, min(USERS, len(kept))).round().astype(int))
    return kept[places]


def rated(model: Any, user: int) -> tuple[np.ndarray, np.ndarray]:
    """The items that a user rated best, and how."""
    row = model.seen_[[user]]
    order = np.argsort(-row.data, kind="stable")[:RATED]
    return row.indices[order], row.data[order]


def recommended(model: Any, users: np.ndarray) -> Any:
    """A table of the best items that each user has not seen, with their places."""
    import pandas as pd

    table = model.recommend_all(model.users_[users].tolist(), RECOMMENDED)
    return table.assign(place=pd.Index(model.items_).get_indexer(table["item"]))


def mentioned(model: Any, lean: np.ndarray, kept: np.ndarray) -> np.ndarray:
    """The items on all cards and pages."""
    users = spread(kept)
    own = [rated(model, user)[0] for user in users.tolist()]
    places = recommended(model, users)["place"].to_numpy(np.int64)
    return np.concatenate([*(end.ravel() for end in ends(lean)), *own, places])


def views(model: Any, lean: np.ndarray, choice: Choice) -> dict[str, Any]:
    """Cards of tastes and pages of users."""
    users = spread(choice.items)
    top, bottom = ends(lean)
    called = dict(zip(model.taste_names_, choice.labels, strict=True))
    by_user = dict(list(recommended(model, users).groupby("user", sort=False)))
    data = model.seen_.data
    return {
        "cards": [
            {"top": pairs(choice, high, row[high]), "bottom": pairs(choice, low, row[low])}
            for row, high, low in zip(lean, top, bottom, strict=True)
        ],
        "users": [
            {
                "item": int(place),
                "ratings": pairs(choice, *rated(model, user)),
                "recommended": advice(choice, by_user.get(model.users_[user]), called),
            }
            for user, place in zip(users.tolist(), choice.item(users).tolist(), strict=True)
        ],
        "scale": [float(data.min()), float(data.max())] if model.explicit_ else None,
    }


def pairs(choice: Choice, places: np.ndarray, values: np.ndarray) -> list[list[float]]:
    """Feature and value."""
    found = zip(choice.feature(places).tolist(), np.asarray(values, dtype=np.float64).tolist(), strict=True)
    return [[place, value] for place, value in found]


def advice(choice: Choice, table: Any, called: dict[str, str]) -> list[list[Any]]:
    """Item, score and reason."""
    if table is None:
        return []
    scored = pairs(choice, table["place"].to_numpy(np.int64), table["score"].to_numpy())
    return [[*pair, because(name, called)] for pair, name in zip(scored, table["because"], strict=True)]


def because(name: str, called: dict[str, str]) -> str:
    """The reason in words."""
    return f"because of the taste {printable(called[name])}" if name in called else f"because of {name}"
