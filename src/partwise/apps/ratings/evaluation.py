"""Models beside each other on the same held-out part, always with the baselines that they must beat."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.ratings.baselines import Popular, best_biases
from partwise.apps.ratings.measures import mae, ranking, rmse
from partwise.apps.ratings.table import Ratings

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare"]


def compare(train: Ratings, test: Ratings, models: Mapping[str, Any], k: int = 10) -> pd.DataFrame:
    """Judge fitted models and the baselines on what was held out.

    Parameters
    ----------
    train, test : Ratings
        What `split` gave.
    models : dict of str to Recommender
        Fitted on ``train``.
    k : int, default=10
        Length of the lists.

    Returns
    -------
    DataFrame
        A row per model: the baselines first ("global mean" and "biases" of ratings only, "most popular"). Columns RMSE
        and MAE (ratings only; predictions are brought into the scale), nDCG@k, recall@k, precision@k, MAP@k,
        coverage@k and users, as `ranking` says. What does not apply is NaN.

    Examples
    --------
    >>> from partwise.apps.ratings import Recommender, compare, read_ratings, split
    >>> from partwise.datasets import make_ratings
    >>> train, test, _ = split(read_ratings(make_ratings().extra["table"]))
    >>> table = compare(train, test, {"tastes": Recommender(4).fit(train)})
    >>> table.index.tolist(), bool(table.RMSE["tastes"] < table.RMSE[["global mean", "biases"]].min())
    (['global mean', 'biases', 'most popular', 'tastes'], True)
    """
    import pandas as pd

    rows: dict[str, dict[str, float]] = {}
    if train.explicit:
        mean = np.full(len(test), train.value.mean())
        biases = best_biases(train)
        rows["global mean"] = _errors(test, mean, train)
        rows["biases"] = {**_errors(test, biases.predict(test), train), **ranking(biases.scores, train, test, k)}
    rows["most popular"] = ranking(Popular.of(train).scores, train, test, k)
    for name, model in models.items():
        rows[name] = _errors(test, _predicted(model, test), train) if train.explicit and model.explicit_ else {}
        rows[name] |= ranking(_scores(model, train), train, test, k)
    return pd.DataFrame.from_dict(rows, orient="index").loc[list(rows)]  # pandas 2 has an order of its own


def _errors(test: Ratings, predicted: np.ndarray, train: Ratings) -> dict[str, float]:
    return {"RMSE": rmse(test.value, predicted, train.value), "MAE": mae(test.value, predicted, train.value)}


def _predicted(model: Any, test: Ratings) -> np.ndarray:
    return model.predict(test.users[test.user], test.items[test.item])


def _scores(model: Any, train: Ratings) -> Any:
    """Scores by the places of ``train``; what the model does not know has what is usual."""
    import pandas as pd

    users, items = (
        pd.Index(known).get_indexer(list(wanted))
        for known, wanted in ((model.users_, train.users), (model.items_, train.items))
    )
    W = np.vstack([model.user_factors_, model.usual_user_])[users]
    H = np.column_stack([model.components_, model.usual_item_])[:, items]
    return lambda some: W[some] @ H
