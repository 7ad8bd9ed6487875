"""Tables with labels to files, whole or not at all.

Numbers are written so that they come back to the last bit: the shortest text that names them in their own dtype. An
empty cell is NaN.
"""

import csv
import io
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from partwise.container import replacing
from partwise.errors import DataError

__all__ = ["write_table"]

DELIMITERS = {".csv": ",", ".tsv": "\t"}
BLOCK = 4096
"""Rows turned to text at a time."""

PathLike = str | os.PathLike[str]


def write_table(
    path: PathLike,
    array: np.ndarray,
    row_names: Sequence[str] | None = None,
    column_names: Sequence[str] | None = None,
) -> None:
    """Write a matrix with its labels to ``path``: .csv, .tsv or .npz.

    Parameters
    ----------
    path : path
        The file to create or replace. The suffix decides the form.
    array : ndarray of shape (n_rows, n_columns)
        Real numbers. NaN is written as an empty cell.
    row_names, column_names : sequence of str, or None
        In .csv and .tsv the first column and the first line, as pandas writes them; in .npz the members
        ``row_names`` and ``column_names`` beside ``values``.

    Raises
    ------
    DataError
        For an unknown suffix, an array that is not a real matrix, or names of another number.
    MissingFileError
        If the folder does not exist.

    Notes
    -----
    Equal input gives equal bytes. A crash leaves the previous file.

    Examples
    --------
    >>> import tempfile, pathlib, numpy as np
    >>> from partwise.io import write_table
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "W.csv"
    ...     write_table(path, np.array([[0.1, 2.0]]), ["s1"], ["part 1", "part 2"])
    ...     print(path.read_text().strip())
    ,part 1,part 2
    s1,0.1,2.0
    """
    array = np.asarray(array)
    suffix = Path(path).suffix.lower()
    if suffix not in (*DELIMITERS, ".npz"):
        raise DataError(
            f"{path}: tables are written as .csv, .tsv or .npz, not as {suffix or 'a file without suffix'}."
        )
    if array.ndim != 2 or array.dtype.kind not in "biuf":
        raise DataError(f"{path}: a table is a matrix of real numbers, not shape {array.shape} of {array.dtype}.")
    for names, length, what in ((row_names, array.shape[0], "row"), (column_names, array.shape[1], "column")):
        if names is not None and len(names) != length:
            raise DataError(f"{path}: {len(names):,} {what} names for {length:,} {what}s. Give one for each.")
    if suffix == ".npz":
        _write_npz(path, array, row_names, column_names)
    else:
        _write_text(path, array, row_names, column_names, DELIMITERS[suffix])


def _write_npz(
    path: PathLike, array: np.ndarray, row_names: Sequence[str] | None, column_names: Sequence[str] | None
) -> None:
    labels = {"row_names": row_names, "column_names": column_names}
    members: dict[str, Any] = {
        name: np.array(list(map(str, given)), dtype=str) for name, given in labels.items() if given is not None
    }
    with replacing(path) as file:
        np.savez_compressed(file, values=array, **members)


def _write_text(
    path: PathLike,
    array: np.ndarray,
    row_names: Sequence[str] | None,
    column_names: Sequence[str] | None,
    delimiter: str,
) -> None:
    with replacing(path) as file:
        text = io.TextIOWrapper(file, encoding="utf-8", newline="")
        writer = csv.writer(text, delimiter=delimiter, lineterminator="\n")
        if column_names is not None:
            writer.writerow([*([""] if row_names is not None else []), *column_names])
        rows = _cells(array)
        writer.writerows(
            rows if row_names is None else ([name, *row] for name, row in zip(row_names, rows, strict=True))
        )
        text.detach()  # flushes, and leaves the file open for the fsync


def _cells(array: np.ndarray) -> Iterator[list[object]]:
    """Rows of cells; ``csv`` writes a float as its ``repr``, which is the shortest exact text."""
    for start in range(0, len(array), BLOCK):
        block = array[start : start + BLOCK]
        if block.dtype.kind != "f":
            yield from (block.astype(np.uint8) if block.dtype.kind == "b" else block).tolist()
        else:
            cells = block.tolist() if block.dtype == np.float64 else block.astype(str).tolist()
            hidden = np.isnan(block)
            for row, holes in zip(cells, hidden, strict=True):
                yield ["" if hole else cell for cell, hole in zip(row, holes, strict=True)] if holes.any() else row
