"""Long tables of user, item, rating and time to `Ratings`: columns are guessed, rows checked, and all of it said."""

from __future__ import annotations

import difflib
import os
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.ratings.table import Ratings
from partwise.errors import ColumnError, DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["column_like", "read_ratings"]

NAMES = {
    "user": "user userid customer customerid member memberid account accountid client clientid visitor visitorid "
    "reader readerid person reviewerid who",
    "item": "item itemid product productid movie movieid film filmid book bookid isbn asin song songid track trackid "
    "artist artistid game gameid sku stockcode article articleid title what",
    "rating": "rating ratings stars score overall grade",
    "count": "count counts quantity qty plays playcount clicks views purchases times listens",
    "time": "time timestamp date datetime day when invoicedate ratedat createdat ts",
}
"""What columns are usually called, in small letters and without signs; the first that is there is taken."""


def read_ratings(
    source: Any,
    *,
    user: str | None = None,
    item: str | None = None,
    rating: str | None = None,
    time: str | None = None,
    implicit: bool | None = None,
    negatives: str = "error",
    encoding: str = "utf-8",
) -> Ratings:
    """Read a long table of ratings or purchases: a row per event.

    Parameters
    ----------
    source : path, DataFrame, or Ratings
        A .csv, .tsv, .jsonl (also .gz), .parquet or .xlsx file with names of columns.
    user, item, rating, time : str or None
        Columns; None guesses by their names, and says so. Without a rating the table is a purchase history.
    implicit : bool or None
        True: every row is a sign of interest, and a column of ratings does not count unless it is named (then it is a
        count). None: True without a column of ratings.
    negatives : {"error", "drop", "shift"}
        What to do with ratings below 0: leave the row out, or raise all ratings until the lowest is 0.
    encoding : str
        Of the file.

    Returns
    -------
    Ratings

    Raises
    ------
    ColumnError
        If a column does not exist or cannot be guessed.
    DataError
        If nothing is left, or a rating or a time cannot be read.

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise.apps.ratings import read_ratings
    >>> table = pd.DataFrame({"who": ["Ann", "Ben"], "film": ["Alien", "Carol"], "stars": [5, 4]})
    >>> found = read_ratings(table, user="who", item="film", rating="stars")
    >>> list(found.users), list(found.items), found.value.tolist()
    (['Ann', 'Ben'], ['Alien', 'Carol'], [5.0, 4.0])
    """
    if isinstance(source, Ratings):
        return source
    frame, name, first, notes = _frame_of(source, encoding)
    named = {"user": user, "item": item, "rating": rating, "time": time}
    columns, explicit, said = _columns(frame, name, named, implicit)
    kept, lost = _complete(frame, columns)
    if not kept.any():
        raise DataError(f"{name} holds no row with {', '.join(role for role in columns if role != 'time')}.")
    rows, frame = np.flatnonzero(kept), frame.loc[kept]
    told = _Told(name, first, rows)
    values = _numbers(frame[columns["rating"]], told) if "rating" in columns else np.ones(len(frame))
    times = _times(frame[columns["time"]], told) if "time" in columns else None
    users, items = (frame[columns[role]].astype(str).to_numpy() for role in ("user", "item"))
    keep, values, more = _non_negative(values, negatives, (users, items), told)
    times = None if times is None else times[keep]
    read = Ratings.of(users[keep], items[keep], values, times, implicit=not explicit)
    return _checked(replace(read, notes=(*notes, *said, *lost, *more, *read.notes)), name)


@dataclass(frozen=True)
class _Told:
    """Where a row stood, for messages."""

    source: str
    first: int | None
    rows: np.ndarray

    def at(self, place: int) -> str:
        """The line of a text file, or else the row."""
        row = int(self.rows[place])
        return f"row {row:,}" if self.first is None else f"line {row + self.first:,}"


def _frame_of(source: Any, encoding: str) -> tuple[pd.DataFrame, str, int | None, list[str]]:
    """The table, its name, the line of its first row (None: count rows from 0), and notes."""
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        return source.reset_index(drop=True), "the table", None, []
    if not isinstance(source, str | os.PathLike):
        raise DataError(f"Ratings are read from a file or a DataFrame, not from a {type(source).__name__}.")
    from partwise.io import read_records

    if os.path.isdir(source):
        raise DataError(f"{source} is a folder. Ratings are one table: give a file, such as ratings.csv.")
    records = read_records(source, encoding)
    text = records.source.name.lower().removesuffix(".gz")
    first = 2 if text.endswith((".csv", ".tsv", ".xlsx")) else 1 if text.endswith(("jsonl", "ndjson")) else None
    if all(re.fullmatch(r"[\d.]+", column) for column in records.frame.columns):
        line = ", ".join(records.frame.columns)
        raise ColumnError(f"{records.source.name}: the first line ({line}) holds no names. Put user,item,rating above.")
    return records.frame, records.source.name, first, list(records.notes)


def _columns(
    frame: pd.DataFrame, source: str, named: dict[str, str | None], implicit: bool | None
) -> tuple[dict[str, str], bool, list[str]]:
    """Role -> column, whether ratings are opinions, and what was guessed."""
    columns: dict[str, str] = {}
    guessed = []
    for role, name in named.items():
        found = _found(frame, role, implicit) if name is None else _existing(frame, name, source, role)
        if found is not None and found not in columns.values():
            columns[role] = found
            guessed += [f"{found!r} as {role}"] if name is None else []
        elif role in ("user", "item") or (role == "rating" and implicit is False):
            raise ColumnError(
                f"{source}: no column is called like {_a(role)}. Columns: {_listed(frame)}. Give {role}=."
            )
    said = [f"read {', '.join(guessed)} (guessed from the names of the columns)."] if guessed else []
    explicit = "rating" in columns and not implicit
    if explicit and implicit is None and columns["rating"] == column_like(frame, "count"):
        explicit = False
        said.append(f"{columns['rating']!r} counts how often, so this is a purchase history.")
    elif "rating" not in columns:
        said.append("every row counts once, as a sign of interest; there are no ratings, or they do not count.")
    return columns, explicit, [f"{source}: {note}" for note in said]


def _found(frame: pd.DataFrame, role: str, implicit: bool | None) -> str | None:
    """The column of a role by its name; of a purchase history a column of ratings is not asked."""
    kinds = (("count",) if implicit else ("rating", "count")) if role == "rating" else (role,)
    return next((column for kind in kinds if (column := column_like(frame, kind)) is not None), None)


def _a(role: str) -> str:
    return f"an {role}" if role == "item" else f"a {role}"


def _listed(frame: pd.DataFrame) -> str:
    return ", ".join(map(str, frame.columns))


def column_like(frame: pd.DataFrame, kind: str) -> str | None:
    """The column with the most usual name of a kind."""
    plain = {re.sub(r"[^a-z]", "", str(column).lower()): column for column in reversed(list(frame.columns))}
    return next((plain[name] for name in NAMES[kind].split() if name in plain), None)


def _existing(frame: pd.DataFrame, name: str, source: str, role: str) -> str:
    if name in frame.columns:
        return name
    lower = {str(column).lower(): str(column) for column in frame.columns}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    meant = lower[near[0]] if near else column_like(frame, role)
    hint = f' Did you mean {role}="{meant}"?' if meant else ""
    raise ColumnError(f'{source} has no column "{name}". Columns: {_listed(frame)}.{hint}')


def _complete(frame: pd.DataFrame, columns: dict[str, str]) -> tuple[np.ndarray, list[str]]:
    """Which rows have user, item and rating, and how many have not."""
    kept, notes = np.ones(len(frame), bool), []
    for role in ("user", "item", "rating"):
        if role in columns:
            cells = frame[columns[role]]
            here = (cells.notna() & (cells.astype(str).str.strip() != "")).to_numpy()
            lost = int((kept & ~here).sum())
            if lost:
                notes.append(f"{lost:,} rows without {_a(role)} are left out.")
            kept &= here
    return kept, notes


def _numbers(cells: pd.Series, told: _Told) -> np.ndarray:
    """Finite numbers."""
    values = _as_numbers(cells)
    bad = np.flatnonzero(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"{told.source}: {len(bad):,} of {len(values):,} ratings are no numbers (first: {told.at(bad[0])}, "
            f"{str(cells.iloc[bad[0]])!r}). Correct them, or name another column: rating=."
        )
    return values


def _as_numbers(cells: pd.Series) -> np.ndarray:
    """NaN where a cell is none."""
    import pandas as pd

    values: Any = pd.to_numeric(cells, errors="coerce")
    return values.to_numpy(dtype=np.float64, na_value=np.nan)


def _times(cells: pd.Series, told: _Told) -> np.ndarray:
    """Numbers as they are, dates as nanoseconds."""
    import pandas as pd

    numbers = _as_numbers(cells)
    if np.isfinite(numbers).all():
        return numbers
    stamps: Any = pd.Series(pd.to_datetime(cells.astype(str), errors="coerce", utc=True, format="ISO8601"))
    bad = np.flatnonzero(stamps.isna())
    if len(bad):
        raise DataError(
            f"{told.source}: {len(bad):,} of {len(cells):,} times cannot be read (first: {told.at(bad[0])}, "
            f"{str(cells.iloc[bad[0]])!r}). Use numbers or dates such as 2024-05-31."
        )
    return (stamps - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(dtype=np.float64)


def _non_negative(
    values: np.ndarray, negatives: str, labels: tuple[np.ndarray, np.ndarray], told: _Told
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    """Which rows stay, and their values, none below 0."""
    below = np.flatnonzero(values < 0)
    everything = np.arange(len(values))
    if not len(below):
        return everything, values, []
    one = below[0]
    if negatives == "drop":
        kept = np.flatnonzero(values >= 0)
        return kept, values[kept], [f"{told.source}: {len(below):,} rows with a rating below 0 are left out."]
    if negatives == "shift":
        low = values.min()
        return (
            everything,
            values - low,
            [f"{told.source}: all ratings are raised by {-low:g}; the lowest is now 0."],
        )
    raise DataError(
        f"{told.source}: {len(below):,} of {len(values):,} ratings are negative (first: {told.at(one)}, user "
        f"{labels[0][one]}, item {labels[1][one]}, {values[one]:g}). NMF needs values >= 0. Drop them with "
        "negatives='drop', or shift with negatives='shift'."
    )


def _checked(read: Ratings, source: str) -> Ratings:
    """At least two users and two items; zeros among ratings and counts are spoken of."""
    if min(read.shape) < 2:
        raise DataError(
            f"{source} is too small (ratings: {len(read):,}, users: {read.shape[0]}, items: {read.shape[1]}). Tastes "
            "are learned from what several users think of several items: give at least two of each."
        )
    zeros = int((read.value == 0).sum())
    if not zeros:
        return read
    if read.explicit:
        note = f"{zeros:,} ratings are 0 and count as the lowest opinion; leave such rows out if they mean 'not rated'."
        return replace(read, notes=(*read.notes, note))
    note = f"{zeros:,} counts are 0 and are left out."
    return _checked(replace(read.take(read.value > 0), notes=(*read.notes, note)), source)
