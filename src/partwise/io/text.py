"""Text tables (.csv, .tsv, .txt, also .gz) to a matrix with names, in one pass over the file.

The file may be separated by commas, semicolons, tabs or blanks, and may or may not have names on either side: what
was inferred is told in sentences, because a wrong guess must be seen. Every error carries the line it was found on.

Python's own ``csv`` and ``float`` do the work: exact to the last bit, about 30 MB per second, and the only way to know
line and column of a bad cell without reading twice. (pandas' reader is 1.6 times as fast after the check for short rows
that it needs, and the exactness of its default parser depends on the version.)
"""

import array
import contextlib
import csv
import gzip
import itertools
import math
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, TextIO

import numpy as np

from partwise.errors import DataError

__all__ = ["Parsed", "empty_note", "name_notes", "read_text", "telling_damage"]

SAMPLE = 24
"""Lines that the guesses look at."""

INDEX_HEADERS = {"id", "index", "name", "names", "row", "rowname", "rownames", "sample", "unnamed: 0"}
"""Headers (or endings after ``_``) of a first column that holds row names even when these are numbers."""

MISSING = {"", "NA"}
"""What an unknown value looks like, besides "nan": nothing, or R's NA."""

SPOKEN = {",": "','", ";": "';'", "\t": "tabs", None: "blanks"}


class Parsed(NamedTuple):
    """What a reader found: the matrix, its names if the file has them, and sentences about guesses."""

    X: Any
    row_names: tuple[str, ...] | None
    column_names: tuple[str, ...] | None
    notes: tuple[str, ...]


class Dialect(NamedTuple):
    """How cells are separated (None: by blanks) and what the decimal point is."""

    delimiter: str | None
    decimal: str


class Layout(NamedTuple):
    """Whether the first line and the first column are names; width counts all cells of a line of data."""

    header: bool
    index: bool
    width: int


def read_text(path: Path, suffix: str, missing: str = "nan") -> Parsed:
    """Read the text table ``path``.

    Parameters
    ----------
    path : Path
        The file, UTF-8 text, packed by gzip if its name ends in ``.gz``.
    suffix : {".csv", ".tsv", ".txt"}
        Says which separator is expected; another is used when it fits better, and told.
    missing : {"nan", "zero"}
        What empty cells become.

    Returns
    -------
    Parsed
        With ``X`` of dtype float64.

    Raises
    ------
    DataError
        For an empty file, text that is not UTF-8, a damaged .gz, rows of unequal length, or a cell that is no number.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from partwise.io.text import read_text
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "X.csv"
    ...     _ = path.write_text("id,a,b\\ns1,1,2\\ns2,3,\\n")
    ...     parsed = read_text(path, ".csv")
    >>> print(parsed.row_names, parsed.column_names, parsed.X.tolist())
    ('s1', 's2') ('a', 'b') [[1.0, 2.0], [3.0, nan]]
    """
    with telling_damage(path):
        with _opened(path) as file:
            sample = list(itertools.islice((line for line in file if line.strip()), SAMPLE))
        if not sample:
            raise DataError(f"{path.name} is empty. A table has at least one row of numbers.")
        dialect = _dialect(sample, suffix)
        rows = [cells for _, cells in _rows(sample, dialect)]
        layout = _layout(path, rows, dialect.decimal)
        with _opened(path) as file:
            X, row_names, column_names = _parse(path, _rows(file, dialect), dialect, layout)
    notes = [*_dialect_notes(dialect, suffix), *_layout_notes(row_names, column_names)]
    notes += [*name_notes(row_names, column_names), *empty_note(X, missing)]
    if missing == "zero":
        X[np.isnan(X)] = 0.0
    return Parsed(X, row_names, column_names, tuple(f"{path.name}: {note}" for note in notes))


@contextlib.contextmanager
def telling_damage(path: Path) -> Iterator[None]:
    """Tell a cut or foreign .gz, and text in another encoding, as a DataError.

    Examples
    --------
    >>> from pathlib import Path
    >>> from partwise.io.text import telling_damage
    >>> try:
    ...     with telling_damage(Path("X.csv.gz")):
    ...         raise EOFError
    ... except ValueError as error:
    ...     print(error)
    X.csv.gz is cut short or damaged. Copy or download it again.
    """
    try:
        yield
    except UnicodeDecodeError:
        line, byte = _undecodable(path)
        raise DataError(
            f"{path.name}: line {line:,} is not UTF-8 text (byte 0x{byte:02X}). "
            "Save the file as UTF-8, e.g. with iconv -f latin1 -t utf-8."
        ) from None
    except gzip.BadGzipFile:
        raise DataError(f"{path.name} ends in .gz but is not packed by gzip, or is damaged. Rename it.") from None
    except (EOFError, zlib.error):
        raise DataError(f"{path.name} is cut short or damaged. Copy or download it again.") from None
    except csv.Error as error:
        raise DataError(f"{path.name} is not a text table ({error}).") from None


def name_notes(row_names: Iterable[str] | None, column_names: Iterable[str] | None) -> list[str]:
    """Sentences about names that occur more than once."""
    notes = []
    for axis, names in (("row", row_names), ("column", column_names)):
        seen: set[str] = set()
        double = [name for name in names or () if name in seen or seen.add(name)]
        if double:
            plural = f"{axis} names repeat" if len(double) > 1 else f"{axis} name repeats"
            notes.append(f"{len(double):,} {plural} an earlier one (first: {double[0]!r}).")
    return notes


def empty_note(X: np.ndarray, missing: str) -> list[str]:
    """A sentence that counts the NaN of ``X``, if there are any."""
    count = int(np.isnan(X).sum())
    if not count:
        return []
    are = "cell is" if X.size == 1 else "cells are"
    share = f"{count:,} of {X.size:,} {are} empty ({100 * count / X.size:.1f}%)."
    return [f"{share} Read as zero." if missing == "zero" else share]


def _opened(path: Path) -> TextIO:
    """``path`` as text without the byte-order mark."""
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def _undecodable(path: Path) -> tuple[int, int]:
    """Line and value of the first byte that is not UTF-8."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return number, line[error.start]
    return 1, 0


def _rows(lines: Iterable[str], dialect: Dialect) -> Iterator[tuple[int, list[str]]]:
    """Line number and cells of each line that is not blank."""
    if dialect.delimiter is None:
        yield from ((number, cells) for number, line in enumerate(lines, 1) if (cells := line.split()))
        return
    reader = csv.reader(lines, delimiter=dialect.delimiter)
    for cells in reader:
        if len(cells) > 1 or (cells and (cells[0].strip() or not cells[0])):  # "" is an empty cell, blanks are nothing
            yield reader.line_num, cells


def _number(cell: str, decimal: str = ".") -> float:
    """The value of one cell, NaN if it is empty; ValueError if it is not a number."""
    cell = cell.strip()
    if cell in MISSING:
        return math.nan
    if "_" in cell or (decimal == "," and "." in cell):  # float() takes 1_000
        raise ValueError(cell)
    return float(cell.replace(",", ".") if decimal == "," else cell)


def _is_word(cell: str, decimal: str = ".") -> bool:
    try:
        _number(cell, decimal)
    except ValueError:
        return True
    return False


def _dialect(sample: list[str], suffix: str) -> Dialect:
    """The dialect in which most cells of the sample, names aside, are numbers; in doubt the expected one."""
    expected = "\t" if suffix == ".tsv" else ","
    others = [delimiter for delimiter in ("\t", ",", ";") if delimiter != expected]
    dialects = [Dialect(delimiter, ".") for delimiter in (expected, *others)]
    dialects += [Dialect(";", ","), Dialect("\t", ","), Dialect(None, ".")]

    def fit(dialect: Dialect) -> tuple[float, bool, bool, float]:
        try:
            rows = [cells[:64] for _, cells in _rows(sample[:8], dialect)]
        except csv.Error:  # a line too long for one cell has another separator
            return 0.0, False, False, 0.0
        wide = len(rows[-1]) > 1
        even = len({len(row) for row in rows}) == 1
        body = [row[wide:] for row in rows[len(rows) > 1 :]]
        return _share_of_numbers(body, dialect.decimal), wide, even, _share_of_numbers(rows, dialect.decimal)

    return max(dialects, key=fit)  # the first of equals


def _share_of_numbers(rows: list[list[str]], decimal: str) -> float:
    """Among the cells that are not empty."""
    cells = [cell for row in rows for cell in row if cell.strip()]
    return 1 - sum(_is_word(cell, decimal) for cell in cells) / max(len(cells), 1)


def _layout(path: Path, rows: list[list[str]], decimal: str) -> Layout:
    """Decide from the first rows where the names are."""

    def words(cells: Iterable[str]) -> int:
        return sum(_is_word(cell, decimal) for cell in cells)

    first, body = rows[0], rows[1:]
    if not body:
        return _single_row(path, first, words(first))
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


def _single_row(path: Path, first: list[str], words: int) -> Layout:
    if words > 1 or words == len(first):
        raise DataError(f"{path.name} has a line of names but no rows below it. Add the data, or check the export.")
    return Layout(False, words == 1 and _is_word(first[0]), len(first))


def _parse(
    path: Path, rows: Iterator[tuple[int, list[str]]], dialect: Dialect, layout: Layout
) -> tuple[np.ndarray, tuple[str, ...] | None, tuple[str, ...] | None]:
    """The matrix and its names. O(cells) time, 8 bytes per cell."""
    header, index, width = layout
    top = next(rows)[1] if header else None
    column_names = tuple(name.strip() for name in top[len(top) - (width - index) :]) if top else None
    values, row_names = array.array("d"), []
    for line, cells in rows:
        if len(cells) != width:
            raise _ragged(path, line, len(cells), width)
        if index:
            row_names.append(cells[0].strip())
            del cells[0]
        try:
            if dialect.decimal == "," or "_" in "".join(cells):
                raise ValueError
            values.extend([float(cell) if cell else math.nan for cell in cells])
        except ValueError:  # blanks around an empty cell, NA, a decimal comma, or a mistake
            values.extend(_slowly(path, line, cells, column_names, dialect, index))
    X = np.frombuffer(values, dtype=np.float64).reshape(-1, width - index)
    return X, tuple(row_names) if index else None, column_names


def _slowly(
    path: Path, line: int, cells: list[str], column_names: tuple[str, ...] | None, dialect: Dialect, index: bool
) -> Iterator[float]:
    """The numbers of a row that needs care, or the error that tells which cell is not one."""
    for place, cell in enumerate(cells):
        try:
            yield _number(cell, dialect.decimal)
        except ValueError:
            column = repr(column_names[place]) if column_names else str(place + 1 + index)
            names = " If the column holds row names, head it 'id'." if place == 0 and not index else ""
            raise DataError(
                f"{path.name}: line {line:,}, column {column} holds {cell.strip()[:60]!r}, which is not a number. "
                f"Leave the cell empty if the value is unknown.{names}"
            ) from None


def _ragged(path: Path, line: int, found: int, width: int) -> DataError:
    cells, are = "cell" if found == 1 else "cells", "is" if width == 1 else "are"
    return DataError(
        f"{path.name}: line {line:,} has {found:,} {cells}, but {width:,} {are} expected from the lines above it. "
        "Leave unknown cells empty but keep their separators, and quote names that contain one."
    )


def _dialect_notes(dialect: Dialect, suffix: str) -> list[str]:
    notes = []
    expected = {".csv": (",",), ".tsv": ("\t",)}.get(suffix, (",", "\t", None))
    if dialect.delimiter not in expected:
        notes.append(f"cells are separated by {SPOKEN[dialect.delimiter]}, not {SPOKEN[expected[0]]}; read that way.")
    if dialect.decimal == ",":
        notes.append("',' is read as the decimal point.")
    return notes


def _layout_notes(row_names: tuple[str, ...] | None, column_names: tuple[str, ...] | None) -> list[str]:
    notes = []
    if column_names is not None:
        notes.append(f"the first line is read as column names (first: {column_names[0]!r}).")
    if row_names is not None:
        notes.append(f"the first column is read as row names (first: {row_names[0]!r}).")
    return notes or ["no names found; the first line and column are read as data."]
