"""What a table of text looks like: how its cells are separated, what the decimal point is, and where the names are.

All of it is guessed from the first lines and told in sentences, because a wrong guess must be seen.
"""

import csv
import math
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from partwise.errors import DataError

__all__ = [
    "Dialect",
    "Layout",
    "dialect_notes",
    "guess_dialect",
    "guess_layout",
    "layout_notes",
    "number",
    "rows_of",
]

INDEX_HEADERS = {"id", "index", "name", "names", "row", "rowname", "rownames", "sample", "unnamed: 0"}
"""Headers (or endings after ``_``) of a first column that holds row names even when these are numbers."""

MISSING = {"", "NA"}
"""What an unknown value looks like, besides "nan": nothing, or R's NA."""

SPOKEN = {",": "','", ";": "';'", "\t": "tabs", None: "blanks"}


class Dialect(NamedTuple):
    """How cells are separated (None: by blanks) and what the decimal point is."""

    delimiter: str | None
    decimal: str


class Layout(NamedTuple):
    """Whether the first line and the first column are names; width counts all cells of a line of data."""

    header: bool
    index: bool
    width: int


# ------------------------------------------------------------------ separators and decimal points


def guess_dialect(sample: list[str], suffix: str) -> Dialect:
    """The dialect in which most cells of the sample, names aside, are numbers; in doubt the expected one."""
    expected = "\t" if suffix == ".tsv" else ","
    others = [delimiter for delimiter in ("\t", ",", ";") if delimiter != expected]
    dialects = [Dialect(delimiter, ".") for delimiter in (expected, *others)]
    dialects += [Dialect(";", ","), Dialect("\t", ","), Dialect(None, ".")]

    def fit(dialect: Dialect) -> tuple[float, bool, bool, float]:
        try:
            rows = [cells[:64] for _, cells in rows_of(sample[:8], dialect)]
        except csv.Error:  # a line too long for one cell has another separator
            return 0.0, False, False, 0.0
        wide = len(rows[-1]) > 1
        even = len({len(row) for row in rows}) == 1
        body = [row[wide:] for row in rows[len(rows) > 1 :]]
        return share_of_numbers(body, dialect.decimal), wide, even, share_of_numbers(rows, dialect.decimal)

    return max(dialects, key=fit)  # the first of equals


def share_of_numbers(rows: list[list[str]], decimal: str) -> float:
    """Among the cells that are not empty."""
    cells = [cell for row in rows for cell in row if cell.strip()]
    return 1 - sum(is_word(cell, decimal) for cell in cells) / max(len(cells), 1)


def rows_of(lines: Iterable[str], dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each line that is not blank."""
    if dialect.delimiter is None:
        yield from ((number, cells) for number, line in enumerate(lines, 1) if (cells := line.split()))
        return
    reader = csv.reader(lines, delimiter=dialect.delimiter)
    for cells in reader:
        if len(cells) > 1 or (cells and (cells[0].strip() or not cells[0])):  # "" is an empty cell, blanks are nothing
            yield reader.line_num, cells


def number(cell: str, decimal: str = ".") -> float:
    """The value of one cell, NaN if it is empty; ValueError if it is not a number."""
    cell = cell.strip()
    if cell in MISSING:
        return math.nan
    if "_" in cell or (decimal == "," and "." in cell):  # float() takes 1_000
        raise ValueError(cell)
    return float(cell.replace(",", ".") if decimal == "," else cell)


def is_word(cell: str, decimal: str = ".") -> bool:
    try:
        number(cell, decimal)
    except ValueError:
        return True
    return False


def dialect_notes(dialect: Dialect, suffix: str) -> list[str]:
    notes = []
    expected = {".csv": (",",), ".tsv": ("\t",)}.get(suffix, (",", "\t", None))
    if dialect.delimiter not in expected:
        notes.append(f"cells are separated by {SPOKEN[dialect.delimiter]}, not {SPOKEN[expected[0]]}; read that way.")
    if dialect.decimal == ",":
        notes.append("',' is read as the decimal point.")
    return notes


# ------------------------------------------------------------------ names


def guess_layout(path: Path, rows: list[list[str]], decimal: str) -> Layout:
    """Decide from the first rows where the names are."""

    def words(cells: Iterable[str]) -> int:
        return sum(is_word(cell, decimal) for cell in cells)

    first, body = rows[0], rows[1:]
    if not body:
        return single_row(path, first, words(first))
    width = len(body[0])
    if len(first) == width - 1 and words(first) * 2 >= len(first):  # R's write.table
        return Layout(True, True, width)
    if len(first) == 1:
        return Layout(words(first) == 1, False, 1)
    corner, top = first[0].strip(), [cell for cell in first[1:] if cell.strip()]
    side_is_words = words(row[0] for row in body) * 2 > len(body)
    blank_corner = not corner and len(top) == len(first) - 1  # how pandas writes an index
    over_words = 0 < words(top) * 2 >= len(top)
    counted = len(first) > 2 and first == [str(place) for place in range(len(first))]  # pandas without an index
    header = blank_corner or over_words or counted or (words([corner]) == 1 and not side_is_words)
    named = corner.lower() in INDEX_HEADERS or corner.lower().rpartition("_")[2] in INDEX_HEADERS
    return Layout(header, blank_corner or side_is_words or (header and named), len(first))


def single_row(path: Path, first: list[str], words: int) -> Layout:
    if words > 1 or words == len(first):
        raise DataError(f"{path.name} has a line of names but no rows below it. Add the data, or check the export.")
    return Layout(False, words == 1 and is_word(first[0]), len(first))


def layout_notes(row_names: tuple[str, ...] | None, column_names: tuple[str, ...] | None) -> list[str]:
    notes = []
    if column_names is not None:
        notes.append(f"the first line is read as column names (first: {column_names[0]!r}).")
    if row_names is not None:
        notes.append(f"the first column is read as row names (first: {row_names[0]!r}).")
    return notes or ["no names found; the first line and column are read as data."]
