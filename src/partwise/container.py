"""The ``.pw`` file: named arrays and a JSON header in one zip, safe to take from strangers.

Models and checkpoints are both stored like this; the room knows neither. The layout of format 1:

* A zip whose members are *stored* (not compressed), dated 1980-01-01 and sorted by name, so that equal content gives
  equal bytes; ``numpy.load`` opens it too.
* The first member, ``header.json``, holds ``{"magic": "partwise", "format": 1, "header": ..., "arrays": ...}``:
  the caller's header, and for each array its ``kind`` ("dense" or "csr"), ``dtype`` and ``shape``.
* A dense array ``name`` is the member ``name.npy``. A sparse one is stored in compressed rows, as ``name.data.npy``,
  ``name.indices.npy``, ``name.indptr.npy`` and ``name.shape.npy``.

Reading executes nothing, allocates no more than the file is long, and accepts exactly the members that the header
lists. A file is replaced as a whole: after a crash there is the old one or the new one.
"""

import contextlib
import json
import math
import os
import re
import secrets
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, NoReturn

import numpy as np

from partwise.errors import MissingFileError, ModelFileError

__all__ = ["CSR", "FORMAT", "MAGIC", "Content", "read", "read_header", "replacing", "write"]

FORMAT = 1
MAGIC = "partwise"
HEADER = "header.json"
MAX_HEADER = 64 << 20
"""Bytes of JSON; the vocabulary of a large topic model takes about a quarter of it."""

KINDS = "biufcUSMm"
"""NumPy dtype kinds that a file may hold: no objects, no records, no raw bytes."""

DAMAGED = "The file is damaged or was not written by partwise; use a copy, or fit and save again."

PathLike = str | os.PathLike[str]
Header = dict[str, Any]
Layout = dict[str, dict[str, Any]]


class CSR(NamedTuple):
    """A sparse matrix in compressed rows; ``scipy.sparse.csr_array(csr[:3], shape=csr.shape)`` makes one of it.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.container import CSR
    >>> CSR(np.array([5.0]), np.array([2]), np.array([0, 1]), (1, 3)).shape
    (1, 3)
    """

    data: np.ndarray
    indices: np.ndarray
    indptr: np.ndarray
    shape: tuple[int, int]


Content = np.ndarray | CSR


def write(path: PathLike, header: Header, arrays: Mapping[str, Content]) -> None:
    """Write ``header`` and ``arrays`` to the file ``path``, whole or not at all.

    Parameters
    ----------
    path : path
        The file to create or replace; its folder must exist.
    header : dict
        JSON values with string keys. Tuples come back as lists.
    arrays : dict of str to ndarray or CSR
        Booleans, numbers, strings or dates. A name consists of letters, digits, ``_``, ``-`` and ``.``.

    Raises
    ------
    ModelFileError
        For an object, record or masked array, a bad name, or a header that is not JSON.
    MissingFileError
        If the folder does not exist.

    Notes
    -----
    O(bytes) time; arrays are written from where they are, without a copy in memory.

    Examples
    --------
    >>> import tempfile, pathlib, numpy as np
    >>> from partwise import container
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "model.pw"
    ...     container.write(path, {"class": "NMF"}, {"components_": np.eye(2)})
    ...     header, arrays = container.read(path)
    >>> print(header, arrays["components_"].trace())
    {'class': 'NMF'} 2.0
    """
    members, layout = _members(path, arrays)
    envelope = {"magic": MAGIC, "format": FORMAT, "header": header, "arrays": layout}
    try:
        text = json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        _refuse(path, f"cannot be written: its header is not JSON ({error})", "Use strings, numbers, lists and dicts.")
    if len(text) > MAX_HEADER:
        _refuse(path, f"cannot be written: its header has {len(text):,} bytes", "Put long lists into arrays.")
    with replacing(path) as file, zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        with archive.open(_entry(HEADER, len(text)), "w") as member:
            member.write(text)
        for name, array in sorted(members.items()):
            with archive.open(_entry(f"{name}.npy", array.nbytes + 4096), "w") as member:
                np.lib.format.write_array(member, array, allow_pickle=False)


def read(path: PathLike) -> tuple[Header, dict[str, Content]]:
    """Read the header and all arrays of the file ``path``.

    Raises
    ------
    ModelFileError
        If the file is broken, of another kind, or newer than this partwise.
    MissingFileError
        If there is no such file.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from partwise import container
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "notes.pw"
    ...     _ = path.write_text("not a model")
    ...     try:
    ...         container.read(path)
    ...     except ValueError as error:
    ...         print(str(error).replace(folder, "").lstrip("/"))
    notes.pw is not a partwise file (it is not even a zip). Give a file that partwise saved.
    """
    with _opened(path) as archive:
        header, layout = _envelope(path, archive)
        _check_members(path, archive, layout)
        return header, {name: _content(path, archive, name, spec) for name, spec in layout.items()}


def read_header(path: PathLike) -> tuple[Header, Layout]:
    """Read the header of ``path``, and the kind, dtype and shape of each array, but no array.

    Examples
    --------
    >>> import tempfile, pathlib, numpy as np
    >>> from partwise import container
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "model.pw"
    ...     container.write(path, {}, {"H": np.ones((2, 3))})
    ...     print(container.read_header(path)[1])
    {'H': {'dtype': '<f8', 'kind': 'dense', 'shape': [2, 3]}}
    """
    with _opened(path) as archive:
        return _envelope(path, archive)


@contextlib.contextmanager
def replacing(path: PathLike) -> Iterator[BinaryIO]:
    """Open a temporary file beside ``path`` for writing bytes, and put it in the place of ``path`` at the end.

    When the block raises, ``path`` stays as it was and the temporary file is removed. After a normal end the bytes and
    the folder's entry are on the disk (fsync of both).

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from partwise.container import replacing
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "W.csv"
    ...     with replacing(path) as file:
    ...         _ = file.write(b"1,2")
    ...     print(path.read_text())
    1,2
    """
    target = Path(os.path.realpath(path))  # a link keeps pointing at the file
    if not target.parent.is_dir():
        raise MissingFileError(f"{path} cannot be written: there is no folder {target.parent}. Create it first.")
    temporary = target.with_name(f".{secrets.token_hex(8)}.partwise-tmp")
    try:
        with open(temporary, "xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, target)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    _sync_folder(target.parent)


def _sync_folder(folder: Path) -> None:
    """Make the folder's entries durable, where the system can."""
    if os.name == "nt":  # Windows does not open folders
        return
    with contextlib.suppress(OSError):  # some network disks refuse; the file itself is already in place
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refuse(path: PathLike, finding: str, way_out: str = DAMAGED) -> NoReturn:
    raise ModelFileError(f"{os.fspath(path)} {finding}. {way_out}")


def _entry(name: str, size: int) -> zipfile.ZipInfo:
    """A member of fixed date, system and rights; ``size`` in bytes decides about 64-bit fields."""
    entry = zipfile.ZipInfo(name, date_time=(1980, 1, 1, 0, 0, 0))
    entry.create_system, entry.external_attr, entry.file_size = 3, 0o644 << 16, size
    return entry


def _member_names(name: str, kind: str) -> list[str]:
    return [name] if kind == "dense" else [f"{name}.{field}" for field in CSR._fields]


def _members(path: PathLike, arrays: Mapping[str, Content]) -> tuple[dict[str, np.ndarray], Layout]:
    """The dense arrays to store, by member name, and their description for the header."""
    members: dict[str, np.ndarray] = {}
    layout: Layout = {}
    for name, content in arrays.items():
        if not re.fullmatch(r"\w[\w.-]*", name):
            _refuse(path, f"cannot be written: bad array name {name!r}", "Use letters, digits, '_', '-' and '.'.")
        kind = "csr" if isinstance(content, CSR) else "dense"
        first, *_ = parts = list(content) if isinstance(content, CSR) else [content]
        for member, part in zip(_member_names(name, kind), parts, strict=True):
            if member in members:
                _refuse(path, f"cannot be written: two arrays would be stored as {member!r}", "Rename one of them.")
            members[member] = _plain(path, name, part)
        shape = content.shape
        layout[name] = {"kind": kind, "dtype": np.asarray(first).dtype.str, "shape": [int(size) for size in shape]}
    return members, layout


def _plain(path: PathLike, name: str, array: object) -> np.ndarray:
    """``array`` as an ndarray that can be stored without pickle, or a refusal."""
    if isinstance(array, np.ma.MaskedArray):
        _refuse(path, f"cannot be written: array {name!r} is masked", "Store its data and its mask.")
    plain = np.asarray(array)
    if plain.dtype.kind not in KINDS:
        _refuse(
            path,
            f"cannot be written: array {name!r} has dtype {plain.dtype}, and only booleans, numbers, strings and "
            "dates are stored (objects would need pickle, which can run code when it is read)",
            "Convert it first, e.g. with .astype(float) or .astype(str).",
        )
    return plain


@contextlib.contextmanager
def _opened(path: PathLike) -> Iterator[zipfile.ZipFile]:
    """The zip ``path``; whatever goes wrong while reading it is told as a ModelFileError."""
    if os.path.isdir(path):
        _refuse(path, "is a folder", "Give a file that partwise saved.")
    if not os.path.exists(path):
        raise MissingFileError.at(path)
    with open(path, "rb") as file:
        start = file.read(4)
        if not start:
            _refuse(path, "is empty")
        if start != b"PK\x03\x04":
            _refuse(path, "is not a partwise file (it is not even a zip)", "Give a file that partwise saved.")
        try:
            with zipfile.ZipFile(file) as archive:
                yield archive
        except (ModelFileError, MemoryError):
            raise
        except Exception as error:  # strange bytes make zipfile and NumPy fail in a dozen ways
            size = os.fstat(file.fileno()).st_size
            _refuse(path, f"cannot be read: it was cut short or changed ({size:,} bytes; {error})")


def _envelope(path: PathLike, archive: zipfile.ZipFile) -> tuple[Header, Layout]:
    """The caller's header and the array layout, checked."""
    names = archive.namelist()
    if HEADER not in names:
        found = f"it is a zip without {HEADER}" + (f"; its first member is {names[0]!r}" if names else "")
        _refuse(path, f"is not a partwise file ({found})", "Give a file that partwise saved.")
    size = archive.getinfo(HEADER).file_size
    if size > MAX_HEADER:
        _refuse(path, f"has a header of {size:,} bytes; at most {MAX_HEADER:,} are read")
    try:
        envelope = json.loads(_member_bytes(path, archive, HEADER))
    except (ValueError, RecursionError) as error:
        _refuse(path, f"has a header that is not JSON ({error})")
    if not isinstance(envelope, dict) or envelope.get("magic") != MAGIC:
        _refuse(path, f'is not a partwise file (its header lacks "magic": "{MAGIC}")', "Give a file partwise saved.")
    version = envelope.get("format")
    if type(version) is not int or version < 1:
        _refuse(path, f"has the unknown format {version!r}")
    if version > FORMAT:
        found = f"was written by format {version}; this partwise reads up to {FORMAT}"
        _refuse(path, found, "Upgrade: pip install -U partwise.")
    header, layout = envelope.get("header"), envelope.get("arrays")
    if not isinstance(header, dict) or not isinstance(layout, dict) or not all(map(_described, layout.values())):
        _refuse(path, "has a header that does not describe its arrays")
    return header, layout


def _described(spec: object) -> bool:
    """True if ``spec`` says kind, dtype and shape of an array."""
    if not isinstance(spec, dict) or spec.get("kind") not in ("dense", "csr") or not isinstance(spec.get("dtype"), str):
        return False
    shape = spec.get("shape")
    return isinstance(shape, list) and all(type(size) is int and size >= 0 for size in shape)


def _check_members(path: PathLike, archive: zipfile.ZipFile, layout: Layout) -> None:
    """Exactly the listed members, none of them compressed, together no longer than the file (no zip bomb)."""
    expected = {f"{member}.npy" for name, spec in layout.items() for member in _member_names(name, spec["kind"])}
    expected.add(HEADER)
    names = archive.namelist()
    if missing := sorted(expected.difference(names)):
        _refuse(path, f"lacks the array {missing[0]!r} that its header lists")
    if surplus := sorted(set(names) - expected):
        _refuse(path, f"holds {surplus[0]!r}, which its header does not list")
    if len(names) != len(expected):
        _refuse(path, "holds two members of the same name")
    if any(entry.compress_type != zipfile.ZIP_STORED for entry in archive.infolist()):
        _refuse(path, "has compressed members; partwise stores them plain")
    total = sum(entry.file_size for entry in archive.infolist())
    if total > os.path.getsize(path):
        _refuse(path, f"claims to hold {total:,} bytes, more than the file is long")


def _member_bytes(path: PathLike, archive: zipfile.ZipFile, name: str) -> bytes:
    entry = archive.getinfo(name)
    if entry.compress_type != zipfile.ZIP_STORED or entry.file_size > os.path.getsize(path):
        _refuse(path, f"has a compressed or impossibly long {name}")
    return archive.read(entry)


def _content(path: PathLike, archive: zipfile.ZipFile, name: str, spec: dict[str, Any]) -> Content:
    """The array ``name`` of the description ``spec``."""
    arrays = [_array(path, archive, member) for member in _member_names(name, spec["kind"])]
    content = arrays[0] if spec["kind"] == "dense" else _checked_csr(path, name, *arrays)
    if arrays[0].dtype.str != spec["dtype"] or list(content.shape) != spec["shape"]:
        _refuse(path, f"holds an array {name!r} that differs from its description in the header")
    return content


def _array(path: PathLike, archive: zipfile.ZipFile, name: str) -> np.ndarray:
    """The ``.npy`` member ``name``, after a check that it is as long as its own header says."""
    with archive.open(f"{name}.npy") as member:
        version = np.lib.format.read_magic(member)
        read_npy_header = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }.get(version)
        if read_npy_header is None:
            _refuse(path, f"holds an array {name!r} in .npy version {version}")
        shape, _, dtype = read_npy_header(member)
        size = member.tell() + math.prod(shape) * dtype.itemsize
        if dtype.kind not in KINDS or any(length < 0 for length in shape):
            _refuse(path, f"holds an array {name!r} of dtype {dtype}, which is not read")
        if size != archive.getinfo(f"{name}.npy").file_size:
            _refuse(path, f"holds an array {name!r} whose length is not that of shape {shape} and dtype {dtype}")
        member.seek(0)
        array = np.lib.format.read_array(member, allow_pickle=False)
        member.read(1)  # at the end of the member zipfile compares the checksum
    return array


def _checked_csr(path: PathLike, name: str, data: np.ndarray, indices: np.ndarray, indptr: np.ndarray, shape) -> CSR:
    """A CSR whose indices are safe to follow; compiled code does not check them."""
    integers = all(array.dtype.kind == "i" and array.ndim == 1 for array in (indices, indptr, shape))
    if not integers or data.ndim != 1 or len(shape) != 2 or shape.min() < 0 or len(indptr) != shape[0] + 1:
        _refuse(path, f"holds a sparse array {name!r} whose parts do not fit together")
    rising = indptr[0] == 0 and (np.diff(indptr) >= 0).all() and indptr[-1] == len(data) == len(indices)
    if not rising or (len(indices) and (indices.min() < 0 or indices.max() >= shape[1])):
        _refuse(path, f"holds a sparse array {name!r} whose indices point outside of it")
    return CSR(data, indices, indptr, (int(shape[0]), int(shape[1])))
