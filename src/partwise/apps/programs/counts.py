"""Whether numbers are counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.errors import DataError

__all__ = ["check_counts"]

WHOLE = 1e-6
"""So far from a whole number a count may be: files are written with few digits."""


def check_counts(X: Any, rows: Sequence[Any], columns: Sequence[Any], name: str, fractional: bool) -> None:
    """Refuse what is no table of counts, naming the first wrong cell.

    Raises
    ------
    DataError
        For fewer than one row, empty, infinite or negative cells, and (unless ``fractional``) for broken numbers.
    """
    values = X.data if sp.issparse(X) else np.asarray(X)
    rules = {
        "empty or infinite": (~np.isfinite(values), "Counts are finite: correct the table, an absent count is 0."),
        "negative": (values < 0, "Counts are 0 or more: give raw counts, not centred or logged values."),
    }
    if not fractional:
        with np.errstate(invalid="ignore"):
            broken = np.abs(values - np.rint(values)) > WHOLE * np.maximum(1, np.abs(values))
        rules["not whole"] = (
            broken,
            "Give raw counts, not normalised or logged values; fractional=True takes the numbers as they are.",
        )
    for what, (wrong, way_out) in rules.items():
        if wrong.any():
            i, j, value = first(X, wrong)
            raise DataError(
                f"{name}: {int(wrong.sum()):,} cells are {what} (first: row {rows[i]!r}, column {columns[j]!r}, "
                f"{value:g}). {way_out}"
            )


def first(X: Any, wrong: np.ndarray) -> tuple[int, int, float]:
    """Row, column and value of the first cell that a mask over the stored values marks."""
    if sp.issparse(X):
        place = int(np.flatnonzero(wrong)[0])
        return int(np.searchsorted(X.indptr, place, side="right") - 1), int(X.indices[place]), float(X.data[place])
    i, j = map(int, np.argwhere(wrong)[0])
    return i, j, float(np.asarray(X)[i, j])
