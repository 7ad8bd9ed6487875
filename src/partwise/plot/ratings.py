"""Recommendations: the tastes, what a user likes, how popular items are, models beside each other, predicted cells.

A model here is what `partwise.apps.ratings.Recommender` is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.plot.bars import Ranking, bars, rankings
from partwise.plot.canvas import PALETTE, one_axes, panels
from partwise.plot.cells import heatmap

if TYPE_CHECKING:
    import pandas as pd

    from partwise.plot.canvas import Axes

__all__ = ["long_tail", "metric_bars", "predicted_cells", "taste_cards", "user_profile"]

CARDS = 12
"""Tastes that are drawn unless told otherwise."""


def taste_cards(model: Any, axes: Any = None, *, n: int = 6, most: int = CARDS, columns: int = 4) -> np.ndarray:
    """Draw the items that stand for each taste as bars, the largest taste first.

    Parameters
    ----------
    model : Recommender
    axes : as many Axes as tastes, or None
    n : int, default=6
        Items per taste.
    most : int, default=12
        Tastes to draw.
    columns : int, default=4
        Pictures side by side.

    Returns
    -------
    ndarray of Axes, one per taste

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.ratings import recommender
    >>> from partwise.datasets import make_ratings
    >>> len(plot.taste_cards(recommender(make_ratings().extra["table"], 4, tune=False)))
    4
    """
    cards = model.taste_cards(n).head(most)
    ranked = []
    for card in cards.to_dict("records"):
        name = model.labels_.get(card["taste"], f"taste {card['taste']}")
        ranked.append(Ranking(f"{name}, {card['share']:.0%}", card["items"], card["weights"]))
    return rankings(ranked, axes, n, columns)


def user_profile(model: Any, user: Any, ax: Axes | None = None) -> Axes:
    """Draw how much of each taste a user has, over what is usual.

    Parameters
    ----------
    model : Recommender
    user : name of a user
    ax : Axes or None

    Returns
    -------
    Axes

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.ratings import recommender
    >>> from partwise.datasets import make_ratings
    >>> plot.user_profile(recommender(make_ratings().extra["table"], 4, tune=False), "user001").get_title()
    'user001'
    """
    first = model.first_taste_
    row = (model.user_factors_[model.place_of_user(user)] - model.usual_user_)[first:]
    ax = one_axes(ax, (6, 1 + 0.3 * len(row)))
    bars(ax, model.taste_names_, row, [PALETTE[0] if value >= 0 else PALETTE[1] for value in row])
    ax.axvline(0, color="0.5", lw=1)
    ax.set_xlabel("over what is usual" if model.usual_user_.any() else "weight")
    ax.set_title(str(user))
    return ax


def long_tail(model: Any, ax: Axes | None = None) -> Axes:
    """Draw how many users each item has, the most popular first.

    Parameters
    ----------
    model : Recommender
    ax : Axes or None

    Returns
    -------
    Axes

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.ratings import recommender
    >>> from partwise.datasets import make_ratings
    >>> ax = plot.long_tail(recommender(make_ratings().extra["table"], 4, tune=False))
    >>> int(ax.lines[0].get_ydata().sum())  # ratings
    2504
    """
    counts = np.bincount(model.seen_.indices, minlength=model.seen_.shape[1])
    ax = one_axes(ax, (6, 3.5))
    ax.plot(np.arange(1, len(counts) + 1), np.sort(counts)[::-1], color=PALETTE[0])
    ax.set(xlabel="items, most popular first", ylabel="users", yscale="log" if counts.max() > 100 else "linear")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def metric_bars(table: pd.DataFrame, axes: Any = None, *, measures: Sequence[str] | None = None) -> np.ndarray:
    """Draw models beside each other, a small picture for each measure.

    Parameters
    ----------
    table : DataFrame
        What `partwise.apps.ratings.compare` returned.
    axes : as many Axes as measures, or None
    measures : sequence of str or None
        Columns of ``table``; None draws RMSE (if there is one), nDCG, recall and coverage.

    Returns
    -------
    ndarray of Axes, one per measure

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise import plot
    >>> table = pd.DataFrame({"RMSE": [1.0, 0.9]}, index=["global mean", "tastes"])
    >>> [float(bar.get_width()) for bar in plot.metric_bars(table)[0].patches]
    [1.0, 0.9]
    """
    usual = ("RMSE", "nDCG", "recall", "coverage")
    chosen = [name for name in table.columns if name.startswith(usual)] if measures is None else list(measures)
    axes = panels(axes, 1, len(chosen), (3.5 * len(chosen), 1 + 0.4 * len(table))).ravel()
    colours = {label: PALETTE[place % len(PALETTE)] for place, label in enumerate(table.index)}
    for ax, name in zip(axes, chosen, strict=True):
        values = table[name].dropna()
        bars(ax, list(map(str, values.index)), values.to_numpy(), [colours[label] for label in values.index])
        ax.set_title(name)
    return axes


def predicted_cells(scores: pd.DataFrame, observed: pd.DataFrame, ax: Axes | None = None, *, digits: int = 1) -> Axes:
    """Draw predicted scores; cells that were observed have bold numbers and a frame, the others are predictions alone.

    Parameters
    ----------
    scores, observed : DataFrame
        What ``Recommender.predicted_table`` returned: values, and True where a cell was observed.
    ax : Axes or None
    digits : int, default=1

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise import plot
    >>> ax = plot.predicted_cells(pd.DataFrame([[5.0, 1.0]]), pd.DataFrame([[True, False]]))
    >>> [text.get_weight() for text in ax.texts]
    ['bold', 'normal']
    """
    ax = heatmap(scores, ax, annotate=True, digits=digits, title="predicted; bold: observed")
    here = observed.to_numpy().astype(bool)
    texts: Any = ax.texts
    for text, (i, j) in zip(texts, np.ndindex(here.shape), strict=True):
        text.set_weight("bold" if here[i, j] else "normal")
        if here[i, j]:
            frame = ((j - 0.5, j + 0.5, j + 0.5, j - 0.5, j - 0.5), (i - 0.5, i - 0.5, i + 0.5, i + 0.5, i - 0.5))
            ax.plot(*frame, color="black", lw=1)
    return ax
