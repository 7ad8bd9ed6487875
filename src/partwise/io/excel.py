"""Sheets of .xlsx workbooks as rows of text. The one place that imports openpyxl (extra ``excel``)."""

import datetime
import warnings
import zipfile
import zlib
from pathlib import Path
from typing import Any

from partwise.errors import DataError, MissingExtraError
from partwise.io.arrays import damaged
from partwise.io.text import Parsed, read_rows

__all__ = ["read_excel", "sheet_rows"]

DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    SyntaxError,
    LookupError,
    OSError,
    TypeError,
    ValueError,
    AttributeError,
    EOFError,
)
"""What openpyxl raises where a workbook is none or lacks a part; XML's ParseError is a SyntaxError."""

Row = tuple[int, list[str]]
"""The number of a row, as a spreadsheet counts, and its cells."""


def read_excel(source: Path, suffix: str, part: str | None, missing: str) -> Parsed:
    """A matrix from a sheet; names on either side are found as in a text file."""
    rows, notes = sheet_rows(source, part)
    return read_rows(source, rows, notes, missing)


def sheet_rows(source: Path, name: str | None = None) -> tuple[list[Row], list[str]]:
    """The rows of a sheet that are not empty, all of one length, and a note where there are other sheets.

    Parameters
    ----------
    source : Path
    name : str or None
        Of the sheet; None takes the first.

    Notes
    -----
    Formulas give the values that were saved with them. Numbers are text that comes back to the last bit, dates are
    ISO 8601.
    """
    openpyxl = module()
    try:
        with open(source, "rb") as file, warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="openpyxl")  # of decorations that it does not keep
            book = openpyxl.load_workbook(file, read_only=True, data_only=True)
            sheet, notes = chosen_sheet(source, book.worksheets, name)
            sheet.reset_dimensions()  # some programs write a wrong size
            cells = [list(map(text_of, row)) for row in sheet.iter_rows(values_only=True)]
    except DataError:
        raise
    except DAMAGE as error:
        raise damaged(source, "Excel", error) from None
    return of_one_length(list(enumerate(cells, 1))), notes


def module() -> Any:
    """The module ``openpyxl``."""
    try:
        import openpyxl
    except ImportError:
        raise MissingExtraError.for_task("Reading .xlsx", "excel") from None
    return openpyxl


def chosen_sheet(source: Path, sheets: list[Any], name: str | None) -> tuple[Any, list[str]]:
    """The sheet of that name, or else the first, saying which others there are."""
    titles = [repr(sheet.title) for sheet in sheets]
    if name is not None:
        found = next((sheet for sheet in sheets if sheet.title == name), None)
        if found is None:
            raise DataError(f"{source.name} has no sheet {name!r}. It holds: {', '.join(titles)}.")
        return found, []
    if not sheets:
        raise DataError(f"{source.name} holds no sheet of cells.")
    others = f"there {'is' if len(titles) == 2 else 'are'} also {', '.join(titles[1:])}"
    note = f"the sheet {titles[0]} is read; {others} (choose with {source.name}:NAME)."
    return sheets[0], [note] if len(titles) > 1 else []


def text_of(value: Any) -> str:
    """A cell as text; an empty one is empty.

    Examples
    --------
    >>> import datetime
    >>> [text_of(value) for value in (None, 3, 0.1, datetime.datetime(2024, 5, 31))]
    ['', '3', '0.1', '2024-05-31']
    """
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    return "" if value is None else str(value)


def of_one_length(rows: list[Row]) -> list[Row]:
    """Rows without the empty ones, as long as the longest one with something in its last cell."""
    width = max((place for _, cells in rows for place, cell in enumerate(cells, 1) if cell.strip()), default=0)
    return [(number, (cells + [""] * width)[:width]) for number, cells in rows if any(map(str.strip, cells))]
