"""Ratings and purchases: a long table in, recommendations with their reasons out.

`recommender` goes from a file or a table to a fitted `Recommender`. The room knows users, items and tastes; how cells
are factorized it leaves to `partwise.NMF`, or to any estimator with ``fit``, ``transform`` and ``components_``.
"""

from typing import Any

from partwise.apps.ratings.baselines import Biases, Popular, best_biases
from partwise.apps.ratings.evaluation import compare
from partwise.apps.ratings.measures import mae, ranking, rmse
from partwise.apps.ratings.model import Recommender
from partwise.apps.ratings.reading import read_ratings
from partwise.apps.ratings.splits import split
from partwise.apps.ratings.table import Ratings
from partwise.apps.ratings.tastes import UnknownError
from partwise.errors import ColumnError

__all__ = [
    "Biases",
    "ColumnError",
    "Popular",
    "Ratings",
    "Recommender",
    "UnknownError",
    "best_biases",
    "compare",
    "mae",
    "ranking",
    "read_ratings",
    "recommender",
    "rmse",
    "split",
]


def recommender(
    source: Any,
    n_components: int | None = None,
    *,
    user: str | None = None,
    item: str | None = None,
    rating: str | None = None,
    time: str | None = None,
    implicit: bool | None = None,
    negatives: str = "error",
    encoding: str = "utf-8",
    **settings: Any,
) -> Recommender:
    """Learn the tastes behind a long table of ratings or purchases, in one call.

    Parameters
    ----------
    source : path or DataFrame
        A .csv, .tsv, .jsonl, .parquet or .xlsx file, or a table, with a row per rating or purchase.
    n_components : int or None
        Number of tastes; None: see `Recommender`.
    user, item, rating, time, implicit, negatives, encoding
        As in `read_ratings`.
    **settings
        Of `Recommender`: ``tune``, ``model``, ``random_state`` and so on.

    Returns
    -------
    Recommender
        Fitted. ``notes_`` says what was read and inferred.

    Examples
    --------
    >>> from partwise.apps.ratings import recommender
    >>> from partwise.datasets import make_ratings
    >>> model = recommender(make_ratings().extra["table"], 4, implicit=True)
    >>> model.recommend("user001", 2)["rank"].tolist()
    [1, 2]
    """
    columns = {"user": user, "item": item, "rating": rating, "time": time}
    read = read_ratings(source, **columns, implicit=implicit, negatives=negatives, encoding=encoding)
    return Recommender(n_components, **settings).fit(read)
