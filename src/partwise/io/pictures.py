"""Pictures from a folder, a file of pages or an array file to one stack; and pictures to .png files.

This is the only file that imports pillow (extra ``images``), when it meets a picture file. Arrays (.npy, .npz) and
writing .png need no extra.
"""

from __future__ import annotations

import os
import re
import struct
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from partwise.errors import DataError, MissingExtraError, MissingFileError
from partwise.io.read import read_array
from partwise.io.stacks import Pictures, Size, as_pictures

__all__ = ["PICTURE_SUFFIXES", "png_bytes", "read_pictures"]

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".tif", ".tiff", ".webp", ".pgm", ".ppm")


def read_pictures(
    path: str | os.PathLike[str],
    *,
    size: Size | None = None,
    resize: str | None = None,
    negatives: str = "error",
) -> Pictures:
    """Read a folder of pictures, a picture file of several pages, or an .npy or .npz array, as one stack.

    Parameters
    ----------
    path : path
        A folder (its sub-folders are read too, in the order people count in), a .tif or .gif of several pages, or an
        array of shape (n, height, width), (n, height, width, 3 or 4) or (n, pixels). ``FILE.npz:NAME`` picks an array.
    size : (height, width) or None
        What every picture is brought to; None is the commonest size. For (n, pixels) it is the shape of a row.
    resize : {"crop", "stretch"} or None
        How a picture of another size is brought to it: "crop" keeps the proportions and cuts what sticks out on both
        sides alike, "stretch" keeps everything. None refuses unequal sizes, and crops where ``size`` is given.
    negatives : {"error", "clip"}
        Refuse values below 0, or set them to 0.

    Returns
    -------
    Pictures

    Raises
    ------
    MissingFileError
        If there is no such file or folder.
    MissingExtraError
        If pillow is needed and not installed.
    DataError
        If there is no picture, a file cannot be read, or sizes differ and ``resize`` is None.

    Notes
    -----
    A resized pixel is the mean of the area that it covers.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from partwise.io import png_bytes, read_pictures
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("2.png", "10.png"):
    ...         _ = (pathlib.Path(folder) / name).write_bytes(png_bytes([[0, 1, 0.6], [1, 0, 1]]))
    ...     read_pictures(folder).names
    ('2.png', '10.png')
    """
    path = Path(path)
    if path.is_dir():
        images, names, notes = read_folder(path)
    elif path.suffix.lower() in PICTURE_SUFFIXES:
        images, names, notes = read_pages(path)
    else:
        images, names, notes = read_array(path)
    made = as_pictures(images, names=names, source=path.name, size=size, resize=resize, negatives=negatives)
    return replace(made, notes=(*notes, *made.notes))


# ------------------------------------------------------------------ files


def read_folder(path: Path) -> tuple[list[np.ndarray], list[str], list[str]]:
    """Every picture below ``path``, in natural order."""
    files = [file for file in path.rglob("*") if file.is_file() and not hidden(file.relative_to(path))]
    found = sorted((file for file in files if file.suffix.lower() in PICTURE_SUFFIXES), key=natural)
    if not found:
        kinds = ", ".join(PICTURE_SUFFIXES)
        raise DataError(f"{path} holds no picture ({len(files)} other files). Known kinds: {kinds}.")
    notes = []
    if others := len(files) - len(found):
        notes.append(f"{path.name}: {others} files are no pictures and are left out.")
    pages = [(file, opened(file)) for file in found]
    several = [file.name for file, frames in pages if len(frames) > 1]
    if several:
        notes.append(f"{path.name}: {len(several)} files have several pages; the first is taken ({several[0]}).")
    return [frames[0] for _, frames in pages], [file.relative_to(path).as_posix() for file in found], notes


def read_pages(path: Path) -> tuple[list[np.ndarray], list[str], list[str]]:
    """The pages of one file."""
    if not path.exists():
        raise MissingFileError.at(path)
    frames = opened(path)
    return frames, [f"page {i}" for i in range(len(frames))], []


def hidden(path: Path) -> bool:
    """Whether a file, or a folder above it, is one that systems leave behind."""
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)


def natural(path: Path) -> list[tuple[int, int, str]]:
    """A key that sorts 2.png before 10.png.

    Examples
    --------
    >>> sorted([Path("10.png"), Path("2.png")], key=natural)[0].name
    '2.png'
    """
    pieces = re.split(r"(\d+)", path.as_posix().lower())
    return [(0, int(piece), "") if piece.isdecimal() else (1, 0, piece) for piece in pieces]


def opened(path: Path) -> list[np.ndarray]:
    """The pages of a picture file as arrays: grey (height, width), or colour (height, width, 3)."""
    try:
        from PIL import Image, ImageOps, ImageSequence
    except ImportError:
        raise MissingExtraError.for_task(f"Reading {path.suffix} pictures", "images") from None
    try:
        with Image.open(path) as file:
            return [plain(ImageOps.exif_transpose(frame), Image) for frame in ImageSequence.Iterator(file)]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = " ".join(str(error).split())
        raise DataError(f"{path} is not a readable picture ({reason}). Leave it out, or save it again.") from None


def plain(frame: Any, Image: Any) -> np.ndarray:
    """A page without palette; what is transparent becomes white."""
    if frame.mode in ("1", "L"):
        return np.asarray(frame.convert("L"))
    if frame.mode.startswith("I"):  # 16 bits, which some versions widen
        wide = np.asarray(frame)
        return wide.astype(np.uint16) if wide.min() >= 0 and wide.max() <= 65535 else wide
    if frame.mode == "F":
        return np.asarray(frame)
    if frame.mode in ("LA", "PA", "RGBA") or "transparency" in frame.info:
        paper = Image.new("RGBA", frame.size, "white")
        return np.asarray(Image.alpha_composite(paper, frame.convert("RGBA")).convert("RGB"))
    return np.asarray(frame.convert("RGB"))


def png_bytes(picture: Any) -> bytes:
    """A grey (height, width) or colour (height, width, 3) picture of 0 to 1 as the bytes of an 8-bit .png file.

    Values outside 0..1 are cut off. Equal pictures give equal bytes.

    Examples
    --------
    >>> from partwise.io import png_bytes
    >>> png_bytes([[0.0, 1.0]])[:4]
    b'\\x89PNG'
    """
    values = np.rint(255 * np.clip(np.asarray(picture, dtype=np.float64), 0, 1)).astype(np.uint8)
    colour = values.ndim == 3 and values.shape[2] == 3
    if not (values.ndim == 2 or colour) or values.size == 0:
        raise DataError(f"A picture is (height, width) or (height, width, 3), not {values.shape}.")
    height, width = values.shape[:2]
    rows = np.c_[np.zeros((height, 1), np.uint8), values.reshape(height, -1)]  # a filter byte before each row: none
    header = struct.pack(">IIBBBBB", width, height, 8, 2 if colour else 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )
