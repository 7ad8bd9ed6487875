"""The checks at the door of the estimators: each error names the thing, the value, the rule and the way out."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.utils import check_array

from partwise.data.summary import Summary, pieces, summarise
from partwise.engine.units import ORDINARY, Units, times_power
from partwise.errors import DataError


def is_plain(X: Any, features: int | None) -> bool:
    """Whether scikit-learn's checks would return X as it is: for a single row they are a third of `transform`."""
    if type(X) is not np.ndarray and not (sp.issparse(X) and X.format in ("csr", "csc")):
        return False
    return X.dtype in (np.float32, np.float64) and X.ndim == 2 and X.shape[0] > 0 and X.shape[1] == features


def is_plain_factor(A: Any) -> bool:
    """Whether they would return a given factor as it is, and nothing in it is NaN."""
    plain = type(A) is np.ndarray and A.ndim == 2 and A.size > 0 and is_plain(A, A.shape[1])
    return plain and bool(np.isfinite(summarise([A], 1).total))


def largest(X: Any) -> float:
    """Largest entry of an array or sparse matrix; 0 if it has none."""
    return summarise(pieces(X.data if sp.issparse(X) else X)).largest


def summary_of(X: Any, whom: str) -> Summary | None:
    """What one pass on all threads tells of finite entries, none being negative (else DataError).

    None if the sum is not finite, which needs a closer look: NaN, infinity, or a sum that overflows.
    """
    found = summarise(pieces(X.data if sp.issparse(X) else X))
    if not np.isfinite(found.total):
        return None
    if found.lowest < 0:
        check_non_negative(X, f"{whom} (input X)")
    return found


def check_entries(X: Any, whom: str) -> None:
    """Raise DataError unless every entry is finite and none is negative; one pass on all threads if so."""
    if summary_of(X, whom) is None:
        check_finite(X, whom)
        check_non_negative(X, f"{whom} (input X)")


def check_finite(X: Any, whom: str) -> None:
    """Raise DataError naming how many entries are not finite, and where the first one is."""
    values = X.data if sp.issparse(X) else X
    if np.isfinite(values.min(initial=0)) and np.isfinite(values.max(initial=0)):
        return
    name, wrong = ("NaN", np.isnan) if np.isnan(values).any() else ("infinity", np.isinf)
    if sp.issparse(X):
        entries = X.tocoo()
        rows, columns = (index[wrong(entries.data)] for index in (entries.row, entries.col))
    else:
        rows, columns = np.nonzero(wrong(X))
    way_out = "NMF fits around them; here replace" if name == "NaN" else "replace"
    raise DataError(
        f"Input X contains {name}: {len(rows)} of {X.shape[0] * X.shape[1]} entries, the first at row {rows[0]}, "
        f"column {columns[0]}. {whom} needs finite values: {way_out} them, or drop their rows or columns."
    )


def check_unit(X: Any, units: Units, whom: str) -> None:
    """Raise DataError if a batch is in quite another unit than the first one of its stream."""
    top = largest(X)
    low, high = (times_power(limit, 2 * units.half) for limit in ORDINARY[X.dtype])
    if top and not low <= top <= high:
        raise DataError(
            f"{whom} adds up batches in the unit of the first one, so the largest entry of {X.dtype} batches must be "
            f"from {low:g} to {high:g} here; that of this batch is {top:.6g}. Bring all batches to one unit."
        )


def check_non_negative(X: Any, whom: str) -> None:
    """Raise DataError naming how many entries are negative, the lowest, and where the first one is."""
    values = X.data if sp.issparse(X) else X
    if not (values < 0).any():
        return
    rows, columns = X.nonzero() if sp.issparse(X) else np.nonzero(X < 0)
    if sp.issparse(X):
        below = np.asarray(X[rows, columns]).ravel() < 0
        rows, columns = rows[below], columns[below]
    lowest = np.nanmin(values)  # a start may hold NaN
    raise DataError(
        f"Negative values in data passed to {whom}: {len(rows)} of {X.shape[0] * X.shape[1]} entries are below 0, "
        f"the lowest is {lowest:.6g}, the first is at row {rows[0]}, column {columns[0]}. NMF needs values >= 0: "
        "clip them, shift the column, or drop the rows."
    )


def check_positive(X: Any, beta: float, weight: Any = None, elsewhere: float = 0.0) -> None:
    """Raise DataError if X has zeros that count, where a loss with beta <= 0 is infinite."""
    cells = X.shape[0] * X.shape[1]
    if weight is None:
        zeros = cells - (np.count_nonzero(X.data) if sp.issparse(X) else np.count_nonzero(X))
    else:
        values, weights = (X.data, weight.data) if sp.issparse(X) else (X, weight)
        zeros = np.count_nonzero((values == 0) & (weights != 0)) + (cells - values.size if elsewhere else 0)
    if not zeros:
        return
    dense = X.toarray() if sp.issparse(X) and cells < 10**7 else X
    known = weight is None and not sp.issparse(dense)
    where = " (first at row {}, column {})".format(*np.argwhere(dense == 0)[0]) if known else ""
    raise DataError(
        "When beta_loss <= 0 and X contains zeros, the solver may diverge. Please add small values to X, or use a "
        f"positive beta_loss. Here beta_loss={beta:g} and X has {zeros} zeros{where}."
    )


def numbers(value: Any, name: str) -> np.ndarray:
    """``value`` as a float64 or bool array; DataError if it is none."""
    try:
        array = np.asarray(value)
        return array if array.dtype == bool else array.astype(np.float64, casting="same_kind", copy=False)
    except (TypeError, ValueError) as error:
        raise DataError(f"{name} must hold real numbers, but it is {type(value).__name__} {value!r:.60}.") from error


def check_factor(A: Any, shape: tuple[Any, Any], whom: str, dtype: np.dtype, unknown: bool = False) -> np.ndarray:
    """A given factor, checked with scikit-learn's words; ``shape`` may hold "auto". ``unknown``: NaN is allowed."""
    if A is None:
        raise DataError(f"init='custom' needs both W and H, but none was given for {whom}.")
    if not is_plain_factor(A):
        A = check_array(A, ensure_all_finite="allow-nan" if unknown else True)  # type: ignore[arg-type]
    for axis, name in enumerate(("first", "second")):
        if shape[axis] != "auto" and A.shape[axis] != shape[axis]:
            raise DataError(
                f"Array with wrong {name} dimension passed to {whom}. Expected {shape[axis]}, but got {A.shape[axis]}."
            )
    check_non_negative(A, whom)
    if A.dtype != dtype:
        name = whom[-2]
        raise TypeError(f"{name} should have the same dtype as X. Got {name}.dtype = {A.dtype} and X.dtype = {dtype}.")
    return A
