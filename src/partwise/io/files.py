"""Files by name: what a path stands for, the suffix that says its kind, and the fingerprint of its content."""

import hashlib
import os
import re
from pathlib import Path

from partwise.errors import MissingFileError

__all__ = ["PathLike", "content_hash", "located", "suffix_of"]

PathLike = str | os.PathLike[str]

PART = re.compile(r"(.+\.(?:npz|xlsx)):([^/\\]+)", re.IGNORECASE)
"""One array of an archive, or one sheet of a workbook."""


def located(path: PathLike) -> tuple[Path, str | None]:
    """The existing file or folder, and the part of it that ``FILE.npz:NAME`` or ``FILE.xlsx:NAME`` chooses.

    Raises
    ------
    MissingFileError
        If there is no such file.

    Examples
    --------
    >>> from partwise.io.files import located
    >>> located(".")
    (PosixPath('.'), None)
    """
    source, part = Path(path), None
    chosen = PART.fullmatch(os.fspath(path))
    if chosen and not source.exists():
        source, part = Path(chosen[1]), chosen[2]
    if not source.exists():
        raise MissingFileError.at(source)
    return source, part


def suffix_of(path: Path) -> str:
    """The suffix, in small letters, that says what a file is: the last one, or the last two when gzip packed it.

    Examples
    --------
    >>> from pathlib import Path
    >>> from partwise.io.files import suffix_of
    >>> suffix_of(Path("X.CSV")), suffix_of(Path("v1.0.csv.gz"))
    ('.csv', '.csv.gz')
    """
    suffixes = [suffix.lower() for suffix in path.suffixes[-2:]]
    return "".join(suffixes) if suffixes[-1:] == [".gz"] else "".join(suffixes[-1:])


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
    source, _ = located(path)
    with open(source, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
