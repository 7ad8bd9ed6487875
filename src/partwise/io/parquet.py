"""Tables in .parquet files. The one place that imports pyarrow (extra ``parquet``), when it meets one."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError, MissingExtraError
from partwise.io.arrays import damaged
from partwise.io.text import Parsed, empty_note, name_notes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["parquet_frame", "read_parquet"]


def parquet_frame(source: Path) -> "pd.DataFrame":
    """The table of a .parquet file, as it stands."""
    try:
        import pandas as pd
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        raise MissingExtraError.for_task("Reading .parquet", "parquet") from None
    try:
        return pd.read_parquet(source, engine="pyarrow")
    except (pyarrow.ArrowException, OSError, ValueError) as error:
        raise damaged(source, "Parquet", error) from None


def read_parquet(source: Path, suffix: str, key: str | None, missing: str) -> Parsed:
    """Columns of numbers; an index, or a first column of text, gives the row names."""
    import pandas as pd

    frame = parquet_frame(source)
    notes, row_names = [], None
    if not isinstance(frame.index, pd.RangeIndex):
        row_names = tuple(map(str, frame.index))
    elif frame.shape[1] > 1 and not numeric(frame.iloc[:, 0]):
        row_names = tuple(map(str, frame.iloc[:, 0]))
        notes.append(f"the first column, {frame.columns[0]!r}, is read as row names (first: {row_names[0]!r}).")
        frame = frame.iloc[:, 1:]
    for name, column in frame.items():
        if not numeric(column):
            raise DataError(
                f"{source.name}: column {name!r} holds {column.dtype}, not numbers. Drop or convert it, "
                "or put it first if it holds row names."
            )
    X = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    column_names = tuple(map(str, frame.columns))
    notes += [*name_notes(row_names, column_names), *empty_note(X, missing)]
    X = np.nan_to_num(X, nan=0.0, posinf=np.inf, neginf=-np.inf) if missing == "zero" else X
    return Parsed(X, row_names, column_names, tuple(f"{source.name}: {note}" for note in notes))


def numeric(column: Any) -> bool:
    from pandas.api import types

    return types.is_numeric_dtype(column.dtype) and not types.is_complex_dtype(column.dtype)
