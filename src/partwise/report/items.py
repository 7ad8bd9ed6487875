"""The rows of W that are kept, with what is known of them: text, table, how well they are rebuilt, largest cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from partwise.report.encode import quantised
from partwise.report.result import Choice, Result, plain, printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["characters", "items", "matrix"]

CELLS = (12, 60_000)
"""Of an item, and of all items."""

CHARACTERS = (20_000, 6_000_000)
"""Of a text, and of all texts."""

COLUMNS, WIDTH = 6, 120
"""Of the table beside the items, and characters of its cells."""


def items(found: Result, choice: Choice) -> dict[str, Any]:
    """The rows of W that are kept, with what is known of them."""
    W, kept = np.asarray(found.W)[choice.items], choice.items
    part: dict[str, Any] = {
        "names": [printable(found.items[i]) for i in kept.tolist()],
        "weights": matrix(W),
        "total": len(found.W) if found.W is not None else 0,
    }
    if found.X is not None:
        X = sp.csr_array(found.X[kept]) if sp.issparse(found.X) else np.asarray(found.X)[kept]
        part["explained"] = explained(X, W, found.H)
        if found.cells and (choice.text or found.texts is None):
            part["cells"] = cells(X[:, choice.features])
    if choice.text and found.texts is not None:
        limit = characters(choice)
        part["texts"] = [printable(cut(str(found.texts[i]), limit)) for i in kept.tolist()]
    if choice.text and found.details is not None and found.details.shape[1]:
        part["details"] = beside(found.details.iloc[kept])
    return part


def matrix(A: Any) -> Any:
    """A matrix in one byte a cell, or as it is where it has negative entries."""
    A = np.asarray(A, dtype=np.float64)
    return quantised(A) if A.min(initial=0) >= 0 else A


def explained(X: Any, W: np.ndarray, H: np.ndarray) -> np.ndarray:
    """``1 - |x - w H|^2 / |x|^2`` of every row over the cells that were observed, from 0; NaN for a row of zeros."""
    W, H = np.asarray(W, dtype=np.float64), np.asarray(H, dtype=np.float64)
    if not sp.issparse(X) and np.isnan(X).any():
        seen = ~np.isnan(X)
        rest, total = (np.sum(np.where(seen, A, 0) ** 2, axis=1) for A in (X - W @ H, X))
    else:
        total = np.asarray(X.multiply(X).sum(axis=1)).ravel() if sp.issparse(X) else np.sum(X**2, axis=1)
        rest = total - 2 * np.sum((X @ H.T) * W, axis=1) + np.sum((W @ (H @ H.T)) * W, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, np.clip(1 - rest / total, 0, 1), np.nan)


def cells(X: Any) -> dict[str, np.ndarray]:
    """The largest cells of every row as observed, largest first, as CSR."""
    entries = sp.csr_array(np.nan_to_num(X) if not sp.issparse(X) else X).tocoo()
    n = X.shape[0]
    most = max(1, min(CELLS[0], CELLS[1] // max(1, n)))
    top = entries.data.max(initial=0) or 1.0
    order = np.argsort(entries.row - 0.5 * entries.data / top, kind="stable")  # by row, the largest first
    order = order[entries.data[order] > 0]
    rows = entries.row[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    order, rows = order[rank < most], rows[rank < most]
    return {
        "start": np.searchsorted(rows, np.arange(n + 1)),
        "feature": entries.col[order],
        "value": entries.data[order].astype(np.float32),
    }


def characters(choice: Choice) -> int:
    """Up to which a text is kept."""
    most, total = CHARACTERS
    return max(200, min(most, int(choice.room * total) // max(1, len(choice.items))))


def cut(text: str, limit: int) -> str:
    """The beginning of a text.

    Examples
    --------
    >>> cut("It was the best of times", 6)
    'It was ...'
    """
    return text if len(text) <= limit else f"{text[:limit]} ..."


def beside(table: pd.DataFrame) -> dict[str, Any]:
    """A table to show with the items: its first columns, long cells cut."""
    table = table.iloc[:, :COLUMNS]
    rows = [[plain(cut(v, WIDTH) if isinstance(v, str) else v) for v in row] for row in table.to_numpy(object).tolist()]
    return {"columns": [printable(name) for name in table.columns], "rows": rows}
