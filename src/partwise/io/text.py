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
from partwise.io.layout import (
    Dialect,
    Layout,
    dialect_notes,
    guess_dialect,
    guess_layout,
    layout_notes,
    number,
    rows_of,
)

__all__ = ["Parsed", "empty_note", "name_notes", "read_rows", "read_text", "telling_damage"]

SAMPLE = 24
"""Lines that the guesses look at."""


class Parsed(NamedTuple):
    """What a reader found: the matrix, its names if the file has them, and sentences about guesses."""

    X: Any
    row_names: tuple[str, ...] | None
    column_names: tuple[str, ...] | None
    notes: tuple[str, ...]


Table = tuple[np.ndarray, tuple[str, ...] | None, tuple[str, ...] | None]
"""Numbers, names of rows, names of columns."""


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
        with opened(path) as file:
            sample = list(itertools.islice((line for line in file if line.strip()), SAMPLE))
        if not sample:
            raise DataError(f"{path.name} is empty. A table has at least one row of numbers.")
        dialect = guess_dialect(sample, suffix)
        layout = guess_layout(path, [cells for _, cells in rows_of(sample, dialect)], dialect.decimal)
        with opened(path) as file:
            table = parse(path, rows_of(file, dialect), dialect, layout)
    return told(path, table, dialect_notes(dialect, suffix), missing)


def read_rows(path: Path, rows: list[tuple[int, list[str]]], notes: list[str], missing: str = "nan") -> Parsed:
    """Read numbered rows of text cells, as a sheet of a workbook has them; ``notes`` come first."""
    if not rows:
        raise DataError(f"{path.name} is empty. A table has at least one row of numbers.")
    layout = guess_layout(path, [cells for _, cells in rows[:SAMPLE]], ".")
    return told(path, parse(path, iter(rows), Dialect(",", "."), layout), notes, missing)


def told(path: Path, table: Table, notes: list[str], missing: str) -> Parsed:
    """The table, with everything that should be said of it."""
    X, row_names, column_names = table
    notes = [*notes, *layout_notes(row_names, column_names), *name_notes(row_names, column_names)]
    notes += empty_note(X, missing)
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
        line, byte = undecodable(path)
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


def opened(path: Path) -> TextIO:
    """``path`` as text without the byte-order mark."""
    if path.suffix.lower() == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return open(path, encoding="utf-8-sig", newline="")


def undecodable(path: Path) -> tuple[int, int]:
    """Line and value of the first byte that is not UTF-8."""
    opener = gzip.open if path.suffix.lower() == ".gz" else open
    with opener(path, "rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as error:
                return number, line[error.start]
    return 1, 0


def parse(path: Path, rows: Iterator[tuple[int, list[str]]], dialect: Dialect, layout: Layout) -> Table:
    """The matrix and its names. O(cells) time, 8 bytes per cell."""
    header, index, width = layout
    top = next(rows)[1] if header else None
    column_names = tuple(name.strip() for name in top[len(top) - (width - index) :]) if top else None
    values, row_names = array.array("d"), []
    for line, cells in rows:
        if len(cells) != width:
            raise ragged(path, line, len(cells), width)
        if index:
            row_names.append(cells[0].strip())
            del cells[0]
        try:
            if dialect.decimal == "," or "_" in "".join(cells):
                raise ValueError
            values.extend([float(cell) if cell else math.nan for cell in cells])
        except ValueError:  # blanks around an empty cell, NA, a decimal comma, or a mistake
            values.extend(slowly(path, line, cells, column_names, dialect, index))
    X = np.frombuffer(values, dtype=np.float64).reshape(-1, width - index)
    return X, tuple(row_names) if index else None, column_names


def slowly(
    path: Path, line: int, cells: list[str], column_names: tuple[str, ...] | None, dialect: Dialect, index: bool
) -> Iterator[float]:
    """The numbers of a row that needs care, or the error that tells which cell is not one."""
    for place, cell in enumerate(cells):
        try:
            yield number(cell, dialect.decimal)
        except ValueError:
            column = repr(column_names[place]) if column_names else str(place + 1 + index)
            names = " If the column holds row names, head it 'id'." if place == 0 and not index else ""
            raise DataError(
                f"{path.name}: line {line:,}, column {column} holds {cell.strip()[:60]!r}, which is not a number. "
                f"Leave the cell empty if the value is unknown.{names}"
            ) from None


def ragged(path: Path, line: int, found: int, width: int) -> DataError:
    cells, are = "cell" if found == 1 else "cells", "is" if width == 1 else "are"
    return DataError(
        f"{path.name}: line {line:,} has {found:,} {cells}, but {width:,} {are} expected from the lines above it. "
        "Leave unknown cells empty but keep their separators, and quote names that contain one."
    )
