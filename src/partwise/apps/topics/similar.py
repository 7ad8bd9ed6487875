"""Which documents are alike: the cosine of their weights, labelled, largest first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["place_of", "similar"]


def similar(features: Any, item: int | str | np.ndarray, n: int | None = 5, names: Any = None) -> pd.Series:
    """The ``n`` rows most like one row, by the cosine of the angle between them.

    ``normalize(features) . normalize(features)[item]``, as a labelled Series sorted downwards. Documents that say the
    same in stronger or weaker words lie on one line through the origin, so angles are compared, not lengths.

    Parameters
    ----------
    features : DataFrame or ndarray of shape (n_rows, n_components), non-negative
        Weights of components, such as ``NMF.fit_transform`` returns.
    item : int, str, or ndarray of shape (n_components,)
        A row by its place or by its label, or the weights of something that is no row.
    n : int or None
        How many; None gives all.
    names : sequence or None
        Labels of the rows; None takes the index of a DataFrame, or numbers.

    Returns
    -------
    Series of float in 0..1
        With a row itself first (1.0). A row of zeros is like nothing: 0.

    Notes
    -----
    O(n_rows n_components).

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.topics import similar
    >>> W = np.array([[2.0, 0.0], [1.0, 0.2], [0.0, 1.0]])
    >>> print(similar(W, "Dog bites man", names=["Dog bites man", "Hound mauls cat", "Taxes rise"]).round(3).to_dict())
    {'Dog bites man': 1.0, 'Hound mauls cat': 0.981, 'Taxes rise': 0.0}
    """
    import pandas as pd
    from sklearn.preprocessing import normalize

    frame = features if isinstance(features, pd.DataFrame) else pd.DataFrame(np.asarray(features))
    index = pd.Index(frame.index if names is None else list(names))
    unit = pd.DataFrame(normalize(frame.to_numpy(np.float64)), index=index, columns=frame.columns)
    if isinstance(item, np.ndarray):
        one = normalize(item.reshape(1, -1).astype(np.float64))[0]
    else:
        one = unit.iloc[place_of(item, index)].to_numpy()
    return unit.dot(pd.Series(one, index=unit.columns)).nlargest(len(unit) if n is None else n)


def place_of(item: int | str, index: Sequence[Any] | pd.Index) -> int:
    """The place of a row given by place or label.

    Examples
    --------
    >>> place_of("b", ["a", "b"]), place_of(-1, ["a", "b"])
    (1, 1)
    """
    labels = list(index)
    if isinstance(item, str):
        places = [place for place, label in enumerate(labels) if str(label) == item]
        if len(places) == 1:
            return places[0]
        if places:
            raise DataError(f"{len(places)} documents are named {item!r}. Give the number of the row: {places[0]}.")
        raise DataError(f"No document is named {item!r}.{_alike(item, labels)}")
    if not -len(labels) <= item < len(labels):
        raise DataError(f"There is no document {item}; there are {len(labels):,}, numbered from 0.")
    return int(item) % len(labels)


def _alike(item: str, labels: list[Any]) -> str:
    import difflib

    near = difflib.get_close_matches(item, map(str, labels), n=1, cutoff=0.5)
    return f" Did you mean {near[0]!r}?" if near else f" The first is named {str(labels[0])!r}."
