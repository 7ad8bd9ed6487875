"""One door for matrix files: ``read`` picks the reader by the suffix.

A reader returns numbers, names and sentences about what it guessed; it does not judge them. Negative, missing and
infinite values pass. Nothing is unpickled.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from partwise.errors import DataError
from partwise.io.arrays import read_mtx, read_npy, read_npz
from partwise.io.excel import read_excel
from partwise.io.files import PathLike, located, suffix_of
from partwise.io.parquet import read_parquet
from partwise.io.text import Parsed, read_text

__all__ = ["Matrix", "read", "read_array"]


@dataclass(frozen=True, eq=False)
class Matrix:
    """A matrix from a file, with the names of its rows and columns.

    Attributes
    ----------
    X : ndarray, memmap or scipy.sparse.csr_array of shape (n_samples, n_features)
        The values; NaN where a cell of the file is empty. A memmap is read-only.
    row_names, column_names : tuple of str, or None
        None where the file has none.
    source : Path
        The file.
    notes : tuple of str
        Sentences about what was inferred or odd, for the user to see.

    Examples
    --------
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from partwise.io import Matrix
    >>> Matrix(np.ones((2, 1)), ("s1", "s2"), None, Path("X.csv"), ()).row_names
    ('s1', 's2')
    """

    X: Any
    row_names: tuple[str, ...] | None
    column_names: tuple[str, ...] | None
    source: Path
    notes: tuple[str, ...]


def read(path: PathLike, *, orient: str | None = None, missing: str = "nan") -> Matrix:
    """Read a matrix file: .csv, .tsv, .txt (also .gz), .npy, .npz, .mtx (also .gz), .parquet or .xlsx.

    Parameters
    ----------
    path : path
        The file. ``"data.npz:name"`` chooses one array of an .npz with several, ``"book.xlsx:name"`` a sheet other
        than the first. In an .npz the arrays
        ``row_names`` and ``column_names`` are labels. An .npy is mapped, not loaded.
    orient : {None, "samples-first", "features-first"}
        What a row of the file is; "features-first" transposes. None is samples.
    missing : {"nan", "zero"}
        What empty cells of a table (text, Parquet, Excel) become; NaN means unobserved. Arrays pass as they are.

    Returns
    -------
    Matrix
        Dense, or ``csr_array`` for sparse files.

    Raises
    ------
    MissingFileError
        If there is no such file.
    MissingExtraError
        For .parquet without pyarrow, .xlsx without openpyxl.
    DataError
        If the file is no matrix of real numbers, damaged, or of an unknown kind.

    Notes
    -----
    Text is read at about 30 MB per second, 8 bytes of memory per cell.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from partwise.io import read
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "X.csv"
    ...     _ = path.write_text("id;a;b\\ns1;1;2\\ns2;3;\\n")
    ...     matrix = read(path)
    >>> print(matrix.X.shape, matrix.column_names)
    (2, 2) ('a', 'b')
    >>> print(*matrix.notes, sep="\\n")
    X.csv: cells are separated by ';', not ','; read that way.
    X.csv: the first line is read as column names (first: 'a').
    X.csv: the first column is read as row names (first: 's1').
    X.csv: 1 of 4 cells are empty (25.0%).
    """
    if orient not in (None, "samples-first", "features-first"):
        raise DataError(f"orient={orient!r} is unknown. Use 'samples-first' or 'features-first'.")
    if missing not in ("nan", "zero"):
        raise DataError(f"missing={missing!r} is unknown. Use 'nan' (unobserved) or 'zero'.")
    source, parsed = _parsed(path, missing)
    matrix = Matrix(_checked(source, parsed.X), parsed.row_names, parsed.column_names, source, parsed.notes)
    return _transposed(matrix) if orient == "features-first" else matrix


def read_array(path: PathLike) -> tuple[np.ndarray, tuple[str, ...] | None, tuple[str, ...]]:
    """Read a dense array of any number of dimensions, from a file of a kind that `read` knows.

    Returns
    -------
    array : ndarray or memmap
    row_names : tuple of str, or None
        One per entry of the first axis, where the file has them.
    notes : tuple of str

    Raises
    ------
    MissingFileError, MissingExtraError, DataError
        As `read`.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> import numpy as np
    >>> from partwise.io.read import read_array
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "stack.npz"
    ...     np.savez(path, np.zeros((2, 3, 4)))
    ...     read_array(path)[0].shape
    (2, 3, 4)
    """
    _, parsed = _parsed(path)
    X = parsed.X if isinstance(parsed.X, np.ndarray) else parsed.X.toarray()
    return X, parsed.row_names, parsed.notes


def _parsed(path: PathLike, missing: str = "nan") -> tuple[Path, Parsed]:
    """The file, and what its reader makes of it."""
    source, part = located(path)
    if source.is_dir():
        readable = sorted(file.name for file in source.iterdir() if suffix_of(file) in READERS)
        inside = f"Give a file in it, such as {readable[0]}." if readable else f"Give a file ({', '.join(READERS)})."
        raise DataError(f"{source} is a folder. {inside}")
    suffix = suffix_of(source)
    if suffix not in READERS:
        known = ", ".join(READERS)
        raise DataError(f"{source.name}: {suffix or 'no suffix'} is not a kind that is read. Known: {known}.")
    if source.stat().st_size == 0:
        raise DataError(f"{source.name} is empty (0 bytes).")
    return source, READERS[suffix](source, suffix, part, missing)


def _checked(source: Path, X: Any) -> Any:
    """``X`` if it is a matrix of real numbers with at least one cell."""
    if X.dtype.kind not in "biuf":
        kind = {"c": "complex numbers", "U": "text", "S": "text", "O": "objects"}.get(X.dtype.kind, "no plain numbers")
        way_out = "Take np.abs(x) first." if X.dtype.kind == "c" else "Convert it with x.astype(float)."
        raise DataError(f"{source.name} holds {kind} (dtype {X.dtype}); a matrix holds real numbers. {way_out}")
    if X.ndim != 2:
        way_out = {
            0: "It is a single number.",
            1: "Save x.reshape(-1, 1) for one column, or x.reshape(1, -1) for one row.",
        }.get(X.ndim, "Flatten each sample first: x.reshape(len(x), -1).")
        raise DataError(f"{source.name} holds an array of shape {X.shape}; a matrix has rows and columns. {way_out}")
    if 0 in X.shape:
        raise DataError(f"{source.name} holds a matrix of shape {X.shape}, which has no cells.")
    return X


def _transposed(matrix: Matrix) -> Matrix:
    X = matrix.X.T if isinstance(matrix.X, np.ndarray) else matrix.X.T.tocsr()
    note = f"{matrix.source.name}: rows of the file are features; the matrix is transposed."
    return replace(
        matrix, X=X, row_names=matrix.column_names, column_names=matrix.row_names, notes=(*matrix.notes, note)
    )


def _read_text(source: Path, suffix: str, part: str | None, missing: str) -> Parsed:
    return read_text(source, suffix.removesuffix(".gz"), missing)


READERS: dict[str, Callable[[Path, str, str | None, str], Parsed]] = {
    ".csv": _read_text,
    ".csv.gz": _read_text,
    ".tsv": _read_text,
    ".tsv.gz": _read_text,
    ".txt": _read_text,
    ".txt.gz": _read_text,
    ".npy": read_npy,
    ".npz": read_npz,
    ".mtx": read_mtx,
    ".mtx.gz": read_mtx,
    ".parquet": read_parquet,
    ".xlsx": read_excel,
}
