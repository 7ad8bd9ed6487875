"""One door for matrix files: ``read`` picks the reader by the suffix.

A reader returns numbers, names and sentences about what it guessed; it does not judge them. Negative, missing and
infinite values pass. Nothing is unpickled.
"""

import gzip
import hashlib
import os
import re
import zipfile
import zlib
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np

from partwise.errors import DataError, MissingExtraError, MissingFileError
from partwise.io.text import Parsed, empty_note, name_notes, read_text, telling_damage

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Matrix", "content_hash", "read"]

PathLike = str | os.PathLike[str]
ROW_NAMES, COLUMN_NAMES = "row_names", "column_names"
"""Members of an .npz that hold labels; ``write_table`` writes them."""


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
    """Read a matrix file: .csv, .tsv, .txt (also .gz), .npy, .npz, .mtx (also .gz) or .parquet.

    Parameters
    ----------
    path : path
        The file. ``"data.npz:name"`` chooses one array of an .npz with several. In an .npz the arrays
        ``row_names`` and ``column_names`` are labels. An .npy is mapped, not loaded.
    orient : {None, "samples-first", "features-first"}
        What a row of the file is; "features-first" transposes. None is samples.
    missing : {"nan", "zero"}
        What empty cells of a table (text, Parquet) become; NaN means unobserved. Arrays pass as they are.

    Returns
    -------
    Matrix
        Dense, or ``csr_array`` for sparse files.

    Raises
    ------
    MissingFileError
        If there is no such file.
    MissingExtraError
        For .parquet without pyarrow.
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
    source, key = _located(path)
    suffix = _suffix(source)
    if suffix not in READERS:
        raise DataError(f"{source.name}: {suffix or 'no suffix'} is not a kind that is read. Known: {_known()}.")
    if source.stat().st_size == 0:
        raise DataError(f"{source.name} is empty (0 bytes).")
    return source, READERS[suffix](source, suffix, key, missing)


def content_hash(path: PathLike) -> str:
    """Fingerprint a file, the SHA-256 of its bytes in hexadecimal (streamed); or a folder, that of its names and files.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from partwise.io import content_hash
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "X.csv"
    ...     _ = path.write_bytes(b"1,2")
    ...     print(content_hash(path)[:12])
    17f8af97ad4a
    """
    if Path(path).is_dir():
        files = sorted(file for file in Path(path).rglob("*") if file.is_file())
        lines = [f"{file.relative_to(path).as_posix()} {content_hash(file)}\n" for file in files]
        return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()
    source, _ = _located(path)
    with open(source, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _located(path: PathLike) -> tuple[Path, str | None]:
    """The existing file and the array chosen by ``file.npz:name``."""
    source, key = Path(path), None
    chosen = re.fullmatch(r"(.+\.npz):([^/\\]+)", os.fspath(path), flags=re.IGNORECASE)
    if chosen and not source.exists():
        source, key = Path(chosen[1]), chosen[2]
    if source.is_dir():
        readable = sorted(file.name for file in source.iterdir() if _suffix(file) in READERS)
        inside = f"Give a file in it, such as {readable[0]}." if readable else f"Give a file ({_known()})."
        raise DataError(f"{source} is a folder. {inside}")
    if not source.exists():
        raise MissingFileError.at(source)
    return source, key


def _suffix(path: Path) -> str:
    """The suffix that says what the file is: the last one, or the last two when gzip packed it."""
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return "".join(suffixes) if suffixes[-1:] == [".gz"] else "".join(suffixes[-1:])


def _known() -> str:
    return ", ".join(READERS)


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


def _read_text(source: Path, suffix: str, key: str | None, missing: str) -> Parsed:
    return read_text(source, suffix.removesuffix(".gz"), missing)


def _damaged(source: Path, kind: str, error: Exception) -> DataError:
    return DataError(f"{source.name} is not a readable {kind} file ({error}). It may be cut short; copy it again.")


def _refused_pickle(source: Path, name: str = "") -> DataError:
    where = f"{source.name}:{name}" if name else source.name
    return DataError(
        f"{where} holds pickled objects, which can run code when they are read and are refused. "
        "Save numbers: np.save(file, x.astype(float))."
    )


def _read_npy(source: Path, suffix: str, key: str | None, missing: str) -> Parsed:
    """Map the array; nothing is read before it is used."""
    try:
        X = np.lib.format.open_memmap(source, mode="r")
    except ValueError as error:
        if "Python objects" in str(error):
            raise _refused_pickle(source) from None
        if _npy_has_no_cells(source):
            raise DataError(f"{source.name} holds an array without cells.") from None
        raise _damaged(source, ".npy", error) from None
    except (EOFError, OSError, SyntaxError, TypeError, OverflowError) as error:
        raise _damaged(source, ".npy", error) from None
    return Parsed(X, None, None, ())


def _npy_has_no_cells(source: Path) -> bool:
    """True for an intact array with an axis of length 0, which cannot be mapped."""
    with suppress(Exception):
        return np.load(source, allow_pickle=False).size == 0
    return False


def _read_npz(source: Path, suffix: str, key: str | None, missing: str) -> Parsed:
    """One dense array with or without labels, or SciPy's sparse format."""
    try:
        if not zipfile.is_zipfile(source):
            raise zipfile.BadZipFile("not a complete zip")
        with open(source, "rb") as file, np.load(file, allow_pickle=False) as archive:  # np.load may leak its own
            names = archive.files
            if key is None and {"format", "shape", "data"} <= set(names):
                return Parsed(_sparse_npz(file), None, None, ())
            name = _chosen(source, names, key)
            X = _member(source, archive, name)
            row_names = _labels(source, archive, ROW_NAMES, X.shape[:1])
            column_names = _labels(source, archive, COLUMN_NAMES, X.shape[1:2])
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, KeyError, NotImplementedError) as error:
        if isinstance(error, DataError):
            raise
        raise _damaged(source, ".npz", error) from None
    notes = (f"{source.name}: {note}" for note in name_notes(row_names, column_names))
    return Parsed(X, row_names, column_names, tuple(notes))


def _chosen(source: Path, names: list[str], key: str | None) -> str:
    """The name of the array to read."""
    arrays = [name for name in names if name not in (ROW_NAMES, COLUMN_NAMES)]
    if key is None and len(arrays) == 1:
        return arrays[0]
    if not arrays:
        raise DataError(f"{source.name} holds no array.")
    if key is None:
        raise DataError(
            f"{source.name} holds {len(arrays)} arrays: {', '.join(arrays)}. Choose one: {source.name}:{arrays[0]}"
        )
    if key not in arrays:
        raise DataError(f"{source.name} has no array {key!r}. It holds: {', '.join(arrays)}.")
    return key


def _member(source: Path, archive: Any, name: str) -> np.ndarray:
    try:
        array = archive[name]
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise _refused_pickle(source, name) from None
        raise
    if not isinstance(array, np.ndarray):  # NumPy hands out other members as bytes
        raise DataError(f"{source.name}:{name} is not an array; the file is a zip of another kind.")
    return array


def _labels(source: Path, archive: Any, name: str, length: tuple[int, ...]) -> tuple[str, ...] | None:
    """The labels ``name`` of the archive, if it has them in the right number."""
    if name not in archive.files:
        return None
    labels = _member(source, archive, name)
    if labels.shape != length:
        raise DataError(
            f"{source.name} holds {labels.size:,} {name} for an axis of length {length[0] if length else 1}."
        )
    return tuple(map(str, labels.tolist()))


def _sparse_npz(file: BinaryIO) -> Any:
    import scipy.sparse as sp

    file.seek(0)
    X = sp.load_npz(file)
    if X.format in ("csr", "csc", "bsr"):
        X.check_format(full_check=True)  # indices outside the matrix would crash compiled code
    X = sp.csr_array(X)
    X.sum_duplicates()
    return X


def _read_mtx(source: Path, suffix: str, key: str | None, missing: str) -> Parsed:
    """Matrix Market, coordinates or array."""
    import scipy.io
    import scipy.sparse as sp

    with telling_damage(source):
        try:
            _check_mtx_sizes(source)
            X = scipy.io.mmread(source)
        except (EOFError, zlib.error):
            raise
        except (ValueError, OverflowError, TypeError, OSError) as error:
            raise _damaged(source, "Matrix Market", error) from None
    return Parsed(sp.csr_array(X) if sp.issparse(X) else np.asarray(X), None, None, ())


def _check_mtx_sizes(source: Path) -> None:
    """Find the line of sizes below the comments; SciPy before 1.12 waits for it for ever."""
    opener = gzip.open if source.suffix.lower() == ".gz" else open
    with opener(source, "rb") as file:
        if not any(line.strip() and not line.startswith(b"%") for line in file):
            raise ValueError("no line of sizes")


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
        raise _damaged(source, "Parquet", error) from None


def _read_parquet(source: Path, suffix: str, key: str | None, missing: str) -> Parsed:
    """Columns of numbers; an index, or a first column of text, gives the row names."""
    import pandas as pd

    frame = parquet_frame(source)
    notes, row_names = [], None
    if not isinstance(frame.index, pd.RangeIndex):
        row_names = tuple(map(str, frame.index))
    elif frame.shape[1] > 1 and not _numeric(frame.iloc[:, 0]):
        row_names = tuple(map(str, frame.iloc[:, 0]))
        notes.append(f"the first column, {frame.columns[0]!r}, is read as row names (first: {row_names[0]!r}).")
        frame = frame.iloc[:, 1:]
    for name, column in frame.items():
        if not _numeric(column):
            raise DataError(
                f"{source.name}: column {name!r} holds {column.dtype}, not numbers. Drop or convert it, "
                "or put it first if it holds row names."
            )
    X = frame.to_numpy(dtype=np.float64, na_value=np.nan)
    column_names = tuple(map(str, frame.columns))
    notes += [*name_notes(row_names, column_names), *empty_note(X, missing)]
    X = np.nan_to_num(X, nan=0.0, posinf=np.inf, neginf=-np.inf) if missing == "zero" else X
    return Parsed(X, row_names, column_names, tuple(f"{source.name}: {note}" for note in notes))


def _numeric(column: Any) -> bool:
    from pandas.api import types

    return types.is_numeric_dtype(column.dtype) and not types.is_complex_dtype(column.dtype)


READERS: dict[str, Callable[[Path, str, str | None, str], Parsed]] = {
    ".csv": _read_text,
    ".csv.gz": _read_text,
    ".tsv": _read_text,
    ".tsv.gz": _read_text,
    ".txt": _read_text,
    ".txt.gz": _read_text,
    ".npy": _read_npy,
    ".npz": _read_npz,
    ".mtx": _read_mtx,
    ".mtx.gz": _read_mtx,
    ".parquet": _read_parquet,
}
