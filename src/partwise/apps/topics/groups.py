"""Topics by time and by group: how large each topic is among the documents of each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["as_periods", "by_group"]

MOST = 30
"""Periods that a chosen width gives at most."""

STEPS = (1, 2, 5, 10, 20, 25, 50, 100, 200, 250, 500, 1000)
FREQUENCIES = ("D", "W", "M", "Q", "Y")


def by_group(shares: np.ndarray, labels: Sequence[Any], names: Sequence[str], column: str) -> pd.DataFrame:
    """Mean share and number of documents of each topic in each group.

    Parameters
    ----------
    shares : ndarray of shape (n_documents, n_topics)
        Rows sum to one; rows of zeros (documents without a topic) are left out.
    labels : sequence of length n_documents
        The group of each document. Missing ones (None, nan) are left out.
    names : sequence of str
        Of the topics.
    column : str
        Heading of the groups.

    Returns
    -------
    DataFrame
        Columns ``column``, Topic, Name, Share, Documents, a row per group and topic, groups in their order. In each
        group the shares sum to one, and the documents (counted by their strongest topic) to its size.

    Examples
    --------
    >>> import numpy as np
    >>> table = by_group(np.array([[0.8, 0.2], [0.4, 0.6], [0, 1]]), ["a", "a", "b"], ["war", "peace"], "Class")
    >>> print(table.round(2).to_string(index=False))
    Class  Topic  Name  Share  Documents
        a      0   war    0.6          1
        a      1 peace    0.4          1
        b      0   war    0.0          0
        b      1 peace    1.0          1
    """
    import pandas as pd

    if len(labels) != len(shares):
        raise DataError(
            f"There are {len(labels):,} labels ({column}) for {len(shares):,} documents. Give one for each."
        )
    groups = pd.Series(list(labels))
    kept = (groups.notna() & (shares.sum(axis=1) > 0)).to_numpy()
    groups, shares = groups[kept], shares[kept]
    if not len(groups):
        raise DataError(f"No document has both a topic and a label ({column}).")
    codes, found = pd.factorize(groups, sort=True)
    n, k = len(found), shares.shape[1]
    sums = np.zeros((n, k))
    np.add.at(sums, codes, shares)
    counts = np.zeros((n, k), dtype=np.int64)
    np.add.at(counts, (codes, shares.argmax(axis=1)), 1)
    return pd.DataFrame(
        {
            column: np.repeat(np.asarray(found), k),
            "Topic": np.tile(np.arange(k), n),
            "Name": list(names) * n,
            "Share": (sums / counts.sum(axis=1, keepdims=True)).ravel(),
            "Documents": counts.ravel(),
        }
    )


def as_periods(timestamps: Sequence[Any], every: float | str | None = None) -> tuple[pd.Series, float | str]:
    """The beginning of the period that each timestamp falls into, and the length of the periods.

    Parameters
    ----------
    timestamps : sequence
        Numbers (years, days, ...), dates, or text that says one of them.
    every : float, {"D", "W", "M", "Q", "Y"} or None
        Length of a period: a number for numbers, a day, week, month, quarter or year for dates. None: the shortest
        that gives at most 30 periods.

    Examples
    --------
    >>> as_periods(["1901", "1909", "1912"], every=10)[0].tolist()
    [1900, 1900, 1910]
    >>> [str(day.date()) for day in as_periods(["2021-03-05", "2021-03-31"], every="M")[0]]
    ['2021-03-01', '2021-03-01']
    """
    import pandas as pd

    stamps = pd.Series(list(timestamps))
    numbers = pd.Series(pd.to_numeric(stamps, errors="coerce"))
    blank = stamps.isna() | (stamps.astype(str).str.strip() == "")
    if (numbers.notna() | blank).all() and not blank.all() and not pd.api.types.is_datetime64_any_dtype(stamps):
        return _number_periods(numbers, every)
    return _date_periods(stamps, blank, every)


def _number_periods(numbers: pd.Series, every: Any) -> tuple[pd.Series, float]:
    if isinstance(every, str):
        raise DataError(f"every={every!r} is for dates; the timestamps are numbers. Give a number, such as 10.")
    span = float(numbers.max() - numbers.min())
    if every is None:
        every = next((step for step in STEPS if span / step < MOST), float(np.ceil(span / MOST)))
    if not every > 0:
        raise DataError(f"every={every} must be above 0.")
    begins = np.floor(numbers / every) * every
    whole = float(every).is_integer() and begins.notna().all()
    return (begins.astype(np.int64) if whole else begins), every


def _date_periods(stamps: pd.Series, blank: pd.Series, every: Any) -> tuple[pd.Series, str]:
    import pandas as pd

    if every is not None and every not in FREQUENCIES:
        raise DataError(f"every={every!r} is no length of periods of dates. Use D, W, M, Q or Y.")
    dates = pd.Series(pd.to_datetime(stamps.where(~blank), errors="coerce", utc=True, format="mixed"))
    odd = dates.isna() & ~blank
    if odd.any() or blank.all():
        place = int(np.flatnonzero(odd if odd.any() else blank)[0])
        raise DataError(
            f"Row {place} has the time {str(stamps[place])!r}, which is neither a number nor a date. "
            "Write years (1999) or dates (1999-12-31); an empty cell has no time."
        )
    dates = dates.dt.tz_localize(None)
    chosen = every or next((f for f in FREQUENCIES if dates.dt.to_period(f).nunique() <= MOST), FREQUENCIES[-1])
    return dates.dt.to_period(chosen).dt.start_time, chosen
