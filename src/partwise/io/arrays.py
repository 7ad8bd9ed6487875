"""Matrices that other programs saved as arrays: .npy, .npz and .mtx (also .gz). Nothing is unpickled."""

import gzip
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from partwise.errors import DataError
from partwise.io.text import Parsed, name_notes, telling_damage

__all__ = ["damaged", "read_mtx", "read_npy", "read_npz"]

ROW_NAMES, COLUMN_NAMES = "row_names", "column_names"
"""Members of an .npz that hold labels; ``write_table`` writes them."""


def damaged(source: Path, kind: str, error: Exception) -> DataError:
    return DataError(f"{source.name} is not a readable {kind} file ({error}). It may be cut short; copy it again.")


def refused_pickle(source: Path, name: str = "") -> DataError:
    where = f"{source.name}:{name}" if name else source.name
    return DataError(
        f"{where} holds pickled objects, which can run code when they are read and are refused. "
        "Save numbers: np.save(file, x.astype(float))."
    )


def read_npy(source: Path, suffix: str, key: str | None, missing: str) -> Parsed:
    """Map the array; nothing is read before it is used."""
    try:
        X = np.lib.format.open_memmap(source, mode="r")
    except ValueError as error:
        if "Python objects" in str(error):
            raise refused_pickle(source) from None
        if npy_has_no_cells(source):
            raise DataError(f"{source.name} holds an array without cells.") from None
        raise damaged(source, ".npy", error) from None
    except (EOFError, OSError, SyntaxError, TypeError, OverflowError) as error:
        raise damaged(source, ".npy", error) from None
    return Parsed(X, None, None, ())


def npy_has_no_cells(source: Path) -> bool:
    """True for an intact array with an axis of length 0, which cannot be mapped."""
    with suppress(Exception):
        return np.load(source, allow_pickle=False).size == 0
    return False


def read_npz(source: Path, suffix: str, key: str | None, missing: str) -> Parsed:
    """One dense array with or without labels, or SciPy's sparse format."""
    try:
        if not zipfile.is_zipfile(source):
            raise zipfile.BadZipFile("not a complete zip")
        with open(source, "rb") as file, np.load(file, allow_pickle=False) as archive:  # np.load may leak its own
            names = archive.files
            if key is None and {"format", "shape", "data"} <= set(names):
                return Parsed(sparse_npz(file), None, None, ())
            name = chosen_array(source, names, key)
            X = member(source, archive, name)
            row_names = labels(source, archive, ROW_NAMES, X.shape[:1])
            column_names = labels(source, archive, COLUMN_NAMES, X.shape[1:2])
    except (zipfile.BadZipFile, zlib.error, ValueError, EOFError, OSError, KeyError, NotImplementedError) as error:
        if isinstance(error, DataError):
            raise
        raise damaged(source, ".npz", error) from None
    notes = (f"{source.name}: {note}" for note in name_notes(row_names, column_names))
    return Parsed(X, row_names, column_names, tuple(notes))


def chosen_array(source: Path, names: list[str], key: str | None) -> str:
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


def member(source: Path, archive: Any, name: str) -> np.ndarray:
    try:
        array = archive[name]
    except ValueError as error:
        if "allow_pickle" in str(error):
            raise refused_pickle(source, name) from None
        raise
    if not isinstance(array, np.ndarray):  # NumPy hands out other members as bytes
        raise DataError(f"{source.name}:{name} is not an array; the file is a zip of another kind.")
    return array


def labels(source: Path, archive: Any, name: str, length: tuple[int, ...]) -> tuple[str, ...] | None:
    """The labels ``name`` of the archive, if it has them in the right number."""
    if name not in archive.files:
        return None
    labels = member(source, archive, name)
    if labels.shape != length:
        raise DataError(
            f"{source.name} holds {labels.size:,} {name} for an axis of length {length[0] if length else 1}."
        )
    return tuple(map(str, labels.tolist()))


def sparse_npz(file: BinaryIO) -> Any:
    import scipy.sparse as sp

    file.seek(0)
    X = sp.load_npz(file)
    if X.format in ("csr", "csc", "bsr"):
        X.check_format(full_check=True)  # indices outside the matrix would crash compiled code
    X = sp.csr_array(X)
    X.sum_duplicates()
    return X


def read_mtx(source: Path, suffix: str, key: str | None, missing: str) -> Parsed:
    """Matrix Market, coordinates or array."""
    import scipy.io
    import scipy.sparse as sp

    with telling_damage(source):
        try:
            check_mtx_sizes(source)
            X = scipy.io.mmread(source)
        except (EOFError, zlib.error):
            raise
        except (ValueError, OverflowError, TypeError, OSError) as error:
            raise damaged(source, "Matrix Market", error) from None
    return Parsed(sp.csr_array(X) if sp.issparse(X) else np.asarray(X), None, None, ())


def check_mtx_sizes(source: Path) -> None:
    """Find the line of sizes below the comments; SciPy before 1.12 waits for it for ever."""
    opener = gzip.open if source.suffix.lower() == ".gz" else open
    with opener(source, "rb") as file:
        if not any(line.strip() and not line.startswith(b"%") for line in file):
            raise ValueError("no line of sizes")
