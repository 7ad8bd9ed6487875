"""Files whose rows are records with text in them, to one table of strings: ``read_records``.

A record is a line of a .csv, .tsv or .jsonl file, a row of a sheet, a file of a folder, or a line of a .txt file. The
matrix readers want numbers and refuse everything else; this one wants nothing and keeps every cell as it stands. What
was inferred is told in sentences; every error carries its line.
"""

import csv
import gzip
import json
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

from partwise.errors import DataError
from partwise.io.files import PathLike, located, suffix_of

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Records", "read_records"]

SEPARATORS = {",": "','", ";": "';'", "\t": "tabs", "|": "'|'"}
BOMS = {b"\xff\xfe": "utf-16", b"\xfe\xff": "utf-16"}
TEXT_FILES = (".txt", ".text", ".md")
LONGEST_CELL = 2**31 - 1
"""Python's csv refuses cells above 131,072 characters unless told; a book in one cell is longer."""


@dataclass(frozen=True, eq=False)
class Records:
    """A table of strings from a file or folder.

    Attributes
    ----------
    frame : DataFrame of str
        One row per record. A folder gives the columns file and text, a .txt file line and text.
    source : Path
    notes : tuple of str
        Sentences about what was inferred, for the user to see.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from partwise.io import read_records
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "texts.txt"
    ...     _ = file.write_text("one\\ntwo\\n", encoding="utf-8")
    ...     read_records(file).frame["text"].tolist()
    ['one', 'two']
    """

    frame: "pd.DataFrame"
    source: Path
    notes: tuple[str, ...]


def read_records(path: PathLike, encoding: str = "utf-8") -> Records:
    """Read a .csv, .tsv, .jsonl, .txt (also .gz), .parquet or .xlsx file, or a folder of text files, as strings.

    Parameters
    ----------
    path : path
        The first line of a .csv or .tsv file names the columns; the separator is the one that is commonest in it. A
        line of a .jsonl file is an object; values that are no strings are kept as JSON. A .txt file holds one record
        per line. Of an .xlsx workbook the first sheet is read, or the one that ``"book.xlsx:name"`` chooses; its first
        row names the columns. Of a folder the .txt and .md files are read, in order of their names, those of subfolders
        too.
    encoding : str, default="utf-8"
        A byte order mark overrides it.

    Returns
    -------
    Records

    Raises
    ------
    MissingFileError
        If there is no such file.
    MissingExtraError
        For .parquet without pyarrow, .xlsx without openpyxl.
    DataError
        For an empty file, another encoding, a line with another number of cells, a line that is no JSON object, or a
        kind that is not read.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from partwise.io import read_records
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "reviews.csv"
    ...     _ = path.write_text('id;body\\n7;"Good; very good"\\n', encoding="utf-8")
    ...     records = read_records(path)
    >>> print(records.frame.to_dict("records"), *records.notes)
    [{'id': '7', 'body': 'Good; very good'}] reviews.csv: cells are separated by ';', not ','; read that way.
    """
    source, part = located(path)
    if source.is_dir():
        return _read_folder(source, encoding)
    kind = suffix_of(source).removesuffix(".gz")
    if kind == ".parquet":
        return _read_parquet(source)
    if kind == ".xlsx":
        return _read_excel(source, part)
    if kind not in READERS:
        raise DataError(
            f"{source.name}: {kind or 'no suffix'} is not a kind of text or table that is read. "
            f"Known: {', '.join(READERS)} (also .gz), .parquet, .xlsx, or a folder of .txt files."
        )
    text, notes = _text_of(source, encoding)
    if not text.strip():
        raise DataError(f"{source.name} is empty: {source.stat().st_size} bytes, no text in them.")
    columns, rows, more = READERS[kind](text, source)
    if not rows:
        raise DataError(f"{source.name} holds no record: there is nothing below its first line.")
    return Records(_frame(columns, rows), source, (*notes, *more))


Table = tuple[list[str], list[list[str]], list[str]]
"""Names of columns, rows, notes."""


def _frame(columns: list[str], rows: list[list[str]]) -> "pd.DataFrame":
    import pandas as pd

    return pd.DataFrame(rows, columns=pd.Index(columns, dtype=object), dtype=object)


# ------------------------------------------------------------------ bytes to text


def _text_of(source: Path, encoding: str) -> tuple[str, list[str]]:
    """The text of a file, and what was inferred."""
    with _telling_damage(source):
        raw = source.read_bytes()
        raw = gzip.decompress(raw) if source.suffix.lower() == ".gz" else raw
    marked = BOMS.get(raw[:2])
    text = _decoded(raw, source, marked or encoding).removeprefix("\ufeff")
    if "\0" in text:
        raise DataError(f"{source.name} is no text file: it holds zero bytes. Give text, or name its encoding.")
    return text, [f"{source.name}: the file says that it is {marked}; read that way."] if marked else []


def _decoded(raw: bytes, source: Path, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except LookupError:
        raise DataError(f"There is no encoding {encoding!r}. Common ones: utf-8, cp1252, latin-1, utf-16.") from None
    except UnicodeError as error:
        start = getattr(error, "start", 0)
        line = raw.count(b"\n", 0, start) + 1
        raise DataError(
            f"{source.name} is not {encoding.upper()}: byte 0x{raw[start]:02x} in line {line:,}. "
            "Name the encoding it has (cp1252 is common), or save it as UTF-8."
        ) from None


@contextmanager
def _telling_damage(source: Path) -> Iterator[None]:
    try:
        yield
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        raise DataError(f"{source.name} is not a readable .gz file ({error}). Copy it again.") from None


# ------------------------------------------------------------------ kinds


def _read_table(text: str, source: Path) -> Table:
    """Cells between separators; quotes protect separators and line ends."""
    first = text.split("\n", 1)[0]
    wanted = "\t" if ".tsv" in source.name.lower() else ","
    found = max(SEPARATORS, key=lambda mark: (first.count(mark), mark == wanted))
    before = csv.field_size_limit(LONGEST_CELL)
    try:
        reader = csv.reader(StringIO(text, newline=""), delimiter=found)
        lines = [(reader.line_num, row) for row in reader if row]
    except csv.Error as error:
        raise DataError(f"{source.name} is not a readable table ({error}).") from None
    finally:
        csv.field_size_limit(before)
    columns = _names(lines[0][1], source)
    for line, row in lines[1:]:
        if len(row) != len(columns):
            raise DataError(
                f"{source.name}: the record that ends in line {line:,} has {len(row)} cells, the first line has "
                f"{len(columns)}. Put text that holds {SEPARATORS[found]} into quotes."
            )
    spoken = f"{source.name}: cells are separated by {SEPARATORS[found]}, not {SEPARATORS[wanted]}; read that way."
    return columns, [row for _, row in lines[1:]], [] if found == wanted else [spoken]


def _names(cells: list[str], source: Path) -> list[str]:
    """Names of columns, all different."""
    columns = [name.strip() for name in cells]
    twice = next((name for name, count in Counter(columns).items() if count > 1), None)
    if twice is not None:
        what = f"named {twice!r}" if twice else "without a name in the first line"
        raise DataError(f"{source.name} has two columns {what}. Rename one.")
    return columns


def _read_json_lines(text: str, source: Path) -> Table:
    """An object per line; a key that is missing is an empty cell."""
    found = []
    for line, content in enumerate(text.split("\n"), 1):
        if not content.strip():
            continue
        try:
            record = json.loads(content)
        except (ValueError, RecursionError) as error:  # numbers and lists may be longer and deeper than Python reads
            raise DataError(f"{source.name}, line {line:,} is not JSON ({error}).") from None
        if not isinstance(record, dict):
            raise DataError(f'{source.name}, line {line:,} is no JSON object such as {{"text": "..."}}.')
        found.append(record)
    columns = list(dict.fromkeys(key for record in found for key in record))
    return columns, [[_cell(record.get(key)) for key in columns] for record in found], []


def _cell(value: object) -> str:
    if isinstance(value, str):
        return value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def _read_lines(text: str, source: Path) -> Table:
    """A record per line, empty lines too."""
    lines = text.splitlines()
    return ["line", "text"], [[str(number), line] for number, line in enumerate(lines, 1)], []


def _read_parquet(source: Path) -> Records:
    """Every value as text, missing ones empty."""
    from partwise.io.parquet import parquet_frame

    if source.stat().st_size == 0:
        raise DataError(f"{source.name} is empty (0 bytes).")
    frame = parquet_frame(source)
    if not len(frame):
        raise DataError(f"{source.name} holds no record.")
    cells = frame.astype(object).where(frame.notna(), "")
    return Records(_frame([str(name) for name in frame.columns], cells.map(str).to_numpy().tolist()), source, ())


def _read_excel(source: Path, sheet: str | None) -> Records:
    """Rows of a sheet below the names of its columns."""
    from partwise.io.excel import sheet_rows

    rows, notes = sheet_rows(source, sheet)
    if len(rows) < 2:
        raise DataError(f"{source.name} holds no record: there is nothing below its first line.")
    frame = _frame(_names(rows[0][1], source), [cells for _, cells in rows[1:]])
    return Records(frame, source, tuple(f"{source.name}: {note}" for note in notes))


def _read_folder(source: Path, encoding: str) -> Records:
    """A record per text file."""
    files = sorted(path for path in source.rglob("*") if path.is_file() and not path.name.startswith("."))
    chosen = [path for path in files if path.suffix.lower() in TEXT_FILES]
    if not chosen:
        raise DataError(f"{source} is a folder without text files ({', '.join(TEXT_FILES)}).")
    rows = []
    for path in chosen:
        rows.append([path.relative_to(source).as_posix(), _text_of(path, encoding)[0]])
    others = [path.name for path in files if path not in set(chosen)]
    what = "1 file of another kind is" if len(others) == 1 else f"{len(others):,} files of other kinds are"
    notes = [f"{source.name}: {what} left out (first: {name})." for name in others[:1]]
    return Records(_frame(["file", "text"], rows), source, tuple(notes))


READERS: dict[str, Callable[[str, Path], Table]] = {
    ".csv": _read_table,
    ".tsv": _read_table,
    ".jsonl": _read_json_lines,
    ".ndjson": _read_json_lines,
    ".txt": _read_lines,
}
