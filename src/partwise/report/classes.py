"""Shares of components in periods of time and in classes of items."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from partwise.errors import DataError
from partwise.report.result import printable

__all__ = ["by_class", "over_time"]

PERIODS: dict[Any, str] = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "Y": "year"}


def over_time(mixtures: np.ndarray, stamps: Sequence[Any], every: float | str | None) -> dict[str, Any]:
    """Mean shares in each period."""
    from partwise.apps.topics.groups import as_periods

    check_length(stamps, mixtures, "time")
    begins, step = as_periods(list(stamps), every)
    known = begins.notna().to_numpy()
    found = means(mixtures[known], begins[known].tolist())
    return {
        "periods": [said(begin) for begin in found["names"]],
        "shares": found["shares"],
        "counts": found["counts"],
        "name": PERIODS.get(step, "year" if step == 1 else f"period of {step:g}") if step is not None else "period",
    }


def said(stamp: Any) -> str:
    """The beginning of a period: a number, or the day of a date."""
    return f"{stamp:g}" if isinstance(stamp, int | float) else str(stamp)[:10]


def by_class(mixtures: np.ndarray, name: str, classes: Sequence[Any]) -> dict[str, Any]:
    """Mean shares in each class."""
    check_length(classes, mixtures, f"groups[{name!r}]")
    given = ["" if one is None or one != one else str(one) for one in classes]
    known = np.array([one != "" for one in given], dtype=bool)
    found = means(mixtures[known], [one for one in given if one != ""])
    return {"name": printable(name), **found, "names": [printable(one) for one in found["names"]]}


def check_length(values: Sequence[Any], mixtures: np.ndarray, what: str) -> None:
    """A value for each item."""
    if len(values) != len(mixtures):
        raise DataError(f"{what} has {len(values):,} values for {len(mixtures):,} items. Give one for each.")


def means(mixtures: np.ndarray, labels: list[Any]) -> dict[str, Any]:
    """Mean shares of the items of each label that are made of something; labels in their order."""
    full: np.ndarray = np.asarray(mixtures.any(axis=1))
    kept = [label for label, there in zip(labels, full.tolist(), strict=True) if there]
    names = sorted(set(kept))
    place = {name: i for i, name in enumerate(names)}
    member = np.array([place[label] for label in kept], dtype=np.int64)
    counts = np.bincount(member, minlength=len(names))
    sums = np.zeros((len(names), mixtures.shape[1]))
    np.add.at(sums, member, mixtures[full])
    return {"names": names, "shares": sums / np.maximum(counts, 1)[:, None], "counts": counts}
