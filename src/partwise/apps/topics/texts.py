"""Raw documents to clean ones, with a report: what is empty, double or badly encoded, in numbers and in words."""

from __future__ import annotations

import difflib
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.topics.words import WORD
from partwise.errors import ColumnError, DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Cleaned", "Documents", "as_strings", "clean", "column_of", "documents", "names_of"]

PathLike = str | os.PathLike[str]
BROKEN = ("\ufffd", "Ã©", "Ã¤", "Ã¶", "Ã¼", "â€™", "â€œ")
"""What text looks like that was read in the wrong encoding and saved."""


@dataclass(frozen=True, eq=False)
class Documents:
    """Texts with the names of the documents and the table they came in.

    Attributes
    ----------
    texts : list of str
    names : list of str
        Titles, names of files, or numbers of rows.
    table : DataFrame or None
        All columns of the source, a row per text; None for a bare list.
    text : str or None
        The column of ``table`` that holds the texts.
    notes : tuple of str
        What was inferred.

    Examples
    --------
    >>> from partwise.apps.topics import documents
    >>> documents(["One text.", "Another."]).names
    ['0', '1']
    """

    texts: list[str]
    names: list[str]
    table: pd.DataFrame | None
    text: str | None
    notes: tuple[str, ...] = ()


def documents(source: Any, text: str | None = None, title: str | None = None, encoding: str = "utf-8") -> Documents:
    """Texts from a file, a folder, a table or a list.

    Parameters
    ----------
    source : path, DataFrame, Series or sequence of str
        A .csv, .tsv, .jsonl or .txt file (also .gz), .parquet, .xlsx, a folder of .txt files, or texts in memory.
    text : str or None
        The column that holds the texts; None takes the one with the longest cells, and says so.
    title : str or None
        The column that names the documents; None takes the index of a table, the names of files, or row numbers.
    encoding : str
        Of a file.

    Raises
    ------
    ColumnError
        If there is no such column.

    Examples
    --------
    >>> import pandas as pd
    >>> found = documents(pd.DataFrame({"id": ["a", "b"], "body": ["The dog barks.", "A cat sleeps."]}), title="id")
    >>> found.names, found.texts[0], found.notes
    (['a', 'b'], 'The dog barks.', ("column 'body' is read as the text: its cells are the longest.",))
    """
    import pandas as pd

    if isinstance(source, str | os.PathLike):
        return _from_file(source, text, title, encoding)
    if isinstance(source, pd.DataFrame):
        return _from_table(source, text, title, "the table", ())
    return Documents(as_strings(source), names_of(source), None, None)


def _from_file(path: PathLike, text: str | None, title: str | None, encoding: str) -> Documents:
    from partwise.io import read_records

    records = read_records(path, encoding)
    frame = records.frame
    if list(frame.columns) in (["file", "text"], ["line", "text"]):
        text, title = text or "text", title or frame.columns[0]
    return _from_table(frame, text, title, records.source.name, records.notes)


def _from_table(
    frame: pd.DataFrame, text: str | None, title: str | None, source: str, notes: tuple[str, ...]
) -> Documents:
    longest = _longest_column(frame, source)
    if text is None:
        text = longest
        if frame.shape[1] > 1:
            notes = (*notes, f"column {text!r} is read as the text: its cells are the longest.")
    texts = as_strings(column_of(frame, text, source, "text", longest))
    names = frame.index if title is None else column_of(frame, title, source, "title")
    return Documents(texts, [str(name) for name in names], frame, text, notes)


def column_of(frame: pd.DataFrame, name: str, source: str, option: str, likely: str | None = None) -> Any:
    """The column ``name`` of a table, or a refusal that lists the columns and guesses which one was meant."""
    if name in frame.columns:
        return frame[name]
    columns = [str(column) for column in frame.columns]
    lower = {column.lower(): column for column in columns}
    near = difflib.get_close_matches(name.lower(), lower, n=1)
    meant = lower[near[0]] if near else likely
    hint = f' Did you mean {option}="{meant}"?' if meant else ""
    raise ColumnError(f'{source} has no column "{name}". Columns: {", ".join(columns)}.{hint}')


def names_of(texts: Any) -> list[str]:
    """The index of a Series, or numbers, as strings.

    Examples
    --------
    >>> import pandas as pd
    >>> names_of(["one", "two"]), names_of(pd.Series(["one"], index=["title"]))
    (['0', '1'], ['title'])
    """
    import pandas as pd

    return [str(name) for name in (texts.index if isinstance(texts, pd.Series) else range(len(texts)))]


def _longest_column(frame: pd.DataFrame, source: str) -> str:
    """The column of strings with the longest cells."""
    sizes = {
        name: np.mean([len(value) if isinstance(value, str) else 0 for value in frame[name]]) for name in frame.columns
    }
    best = max(sizes, key=lambda name: sizes[name], default=None)
    if best is None or not sizes[best]:
        raise DataError(f"{source} holds no text: every cell of its {len(sizes)} columns is empty or a number.")
    return best


def as_strings(values: Any) -> list[str]:
    """Strings; what is missing (None, nan) becomes an empty one."""
    import pandas as pd

    found = ["" if value is None or value is pd.NA or value != value else value for value in values]
    odd = next((i for i, value in enumerate(found) if not isinstance(value, str)), None)
    if odd is not None:
        raise DataError(f"Document {odd} is a {type(found[odd]).__name__}, not text. Give strings.")
    return found


# ------------------------------------------------------------------ cleaning


@dataclass(frozen=True, eq=False)
class Cleaned:
    """The texts worth fitting, and where every document went.

    Attributes
    ----------
    texts : list of str
        Each different text once, without the empty ones.
    places : ndarray of int, shape (n_documents,)
        For each document the place of its text in ``texts``; -1 for an empty one.
    report : dict of str to int
        documents, empty, duplicates, short (fewer than three words), broken (signs of a wrong encoding).
    """

    texts: list[str]
    places: np.ndarray
    report: dict[str, int]

    def sentences(self) -> list[str]:
        """The report in words: what was read, then one sentence per finding."""
        found = self.report
        told = {
            "empty": "{:,} documents are empty and have no topic.",
            "duplicates": "{:,} documents repeat another one word for word; each text counts once.",
            "short": "{:,} documents have fewer than three words (of two or more letters); their topics say little.",
            "broken": "{:,} documents look read in a wrong encoding (signs such as \ufffd or Ã©); give the right one.",
        }
        return [f"{found['documents']:,} documents."] + [
            sentence.format(found[name]) for name, sentence in told.items() if found[name]
        ]


def clean(texts: Sequence[str]) -> Cleaned:
    """Find empty, double, short and badly encoded documents.

    Notes
    -----
    O(characters). Texts that differ only in white space at their ends count as equal.

    Examples
    --------
    >>> cleaned = clean(["a day at sea", "", "a day at sea ", "yes"])
    >>> cleaned.places.tolist(), cleaned.report["duplicates"], cleaned.report["short"]
    ([0, -1, 0, 1], 1, 1)
    """
    where: dict[str, int] = {}
    places = [where.setdefault(text, len(where)) if text else -1 for text in map(str.strip, texts)]
    empty = places.count(-1)
    report = {
        "documents": len(places),
        "empty": empty,
        "duplicates": len(places) - empty - len(where),
        "short": sum(len(WORD.findall(text)) < 3 for text in where),
        "broken": sum(any(sign in text for sign in BROKEN) for text in where),
    }
    return Cleaned(list(where), np.array(places, dtype=np.int64), report)
