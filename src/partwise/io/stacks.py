"""Arrays to one stack of pictures of equal size, grey, 0 black to 1 white; whatever is changed is told in ``notes``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.errors import DataError

__all__ = ["Pictures", "Size", "as_pictures", "resized"]

LUMA = np.array([0.299, 0.587, 0.114])
"""Weights of red, green and blue in a grey value: ITU-R BT.601, as pillow and OpenCV have them."""
WAYS = ("crop", "stretch")
Size = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Pictures:
    """A stack of pictures of one size.

    Attributes
    ----------
    stack : ndarray of shape (n, height, width), float, 0 to 1
    names : tuple of str
        One per picture: its file inside the folder, or its number.
    source : str
        Where they come from, for messages.
    notes : tuple of str
        What was made grey, scaled, cut or resized.
    top : float
        What numbers other than 8- and 16-bit integers were divided by.

    Examples
    --------
    >>> from partwise.io import as_pictures
    >>> pictures = as_pictures([[[0, 1, 0.5], [1, 0, 1]]])
    >>> pictures.stack.shape, pictures.size, pictures.names
    ((1, 2, 3), (2, 3), ('0',))
    """

    stack: np.ndarray
    names: tuple[str, ...]
    source: str
    notes: tuple[str, ...] = ()
    top: float = 1.0

    @property
    def size(self) -> Size:
        """Height and width in pixels."""
        return self.stack.shape[1], self.stack.shape[2]


def as_pictures(
    images: Any,
    *,
    names: Sequence[str] | None = None,
    source: str = "images",
    size: Size | None = None,
    resize: str | None = None,
    negatives: str = "error",
    top: float | None = None,
) -> Pictures:
    """Make one stack of equal size, grey, 0 to 1, of arrays.

    Parameters
    ----------
    images : array-like of shape (n, height, width), (n, height, width, 3 or 4) or (n, pixels), or a list of pictures
        8- and 16-bit integers are divided by 255 and 65535; other numbers by the highest, if that is above 1.
    names : sequence of str, or None
        None counts from 0.
    source : str
        For messages.
    size, resize, negatives
        As in `read_pictures`.
    top : float or None
        What other numbers are divided by; None is the highest of them, or 1.

    Returns
    -------
    Pictures

    Raises
    ------
    DataError
        As `read_pictures`.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.io import as_pictures
    >>> as_pictures(np.full((2, 3), 51, dtype=np.uint8), size=(1, 3)).stack[0].tolist()
    [[0.2, 0.2, 0.2]]
    """
    if resize not in (None, *WAYS):
        raise DataError(f"resize={resize!r} is unknown. Use {' or '.join(map(repr, WAYS))}.")
    arrays, notes = as_list(images, source, size)
    if len(arrays) == 0:
        raise DataError(f"{source} holds no picture.")
    labels = tuple(map(str, range(len(arrays)) if names is None else names))
    if len(labels) != len(arrays):
        raise DataError(f"{source}: {len(labels)} names for {len(arrays)} pictures. Give one for each.")
    check_numbers(arrays, labels, source, negatives)
    arrays, scaling, top = scaled(grey(arrays, notes, source), source, negatives, top)
    arrays, sizing = equal(arrays, labels, source, size, resize)
    stack = arrays if isinstance(arrays, np.ndarray) else np.stack(arrays)
    return Pictures(stack, labels, source, (*notes, *scaling, *sizing), top)


# ------------------------------------------------------------------ numbers


def as_list(images: Any, source: str, size: Size | None) -> tuple[Any, list[str]]:
    """The pictures, and a note where flat rows were given a shape."""
    if isinstance(images, list | tuple) and unlike(arrays := [np.asarray(image) for image in images]):
        wrong = next((array.shape for array in arrays if array.ndim not in (2, 3)), None)
        if wrong is not None:
            raise DataError(f"{source}: a picture is (height, width) or (height, width, 3 or 4), not {wrong}.")
        return arrays, []
    stack = np.asarray(images)
    if stack.ndim == 2 and stack.size:
        shape = size if size and size[0] * size[1] == stack.shape[1] else square(stack.shape, source, size)
        note = (
            f"{source}: rows of {stack.shape[1]} numbers are read as pictures of {shape[0]} x {shape[1]}, row by row."
        )
        return stack.reshape(-1, *shape), [note]
    if stack.ndim == 3 or (stack.ndim == 4 and stack.shape[3] in (1, 3, 4)):
        return stack if stack.size else [], []
    raise DataError(
        f"{source} has the shape {stack.shape}; pictures are (n, height, width), (n, height, width, 3 or 4) or "
        "(n, pixels)."
    )


def unlike(arrays: list[np.ndarray]) -> bool:
    """Whether pictures differ in size or type, so that they cannot be one array yet."""
    return len({(array.shape, array.dtype) for array in arrays}) > 1 and max(array.ndim for array in arrays) > 1


def square(shape: tuple[int, ...], source: str, size: Size | None) -> Size:
    """The shape of flat pictures that are square; others must be told."""
    side = round(shape[1] ** 0.5)
    if size is not None or side * side != shape[1]:
        said = "" if size is None else f" {size[0]} x {size[1]} is {size[0] * size[1]}."
        raise DataError(
            f"{source} holds {shape[0]} flat rows of {shape[1]} pixels.{said} Say what picture a row is: "
            f"--size HEIGHTxWIDTH with {shape[1]} pixels."
        )
    return side, side


def check_numbers(arrays: Any, names: Sequence[str], source: str, negatives: str) -> None:
    """Refuse what is no real number, missing, or below 0."""
    for name, array in zip(names, arrays, strict=True):
        if array.dtype.kind not in "biuf":
            raise DataError(f"{source}: picture {name} holds no real numbers (dtype {array.dtype}).")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise DataError(f"{source}: picture {name} has values that are nan or infinite. Fill them in first.")
        if negatives == "error" and array.size and array.min() < 0:
            row, column = (int(i) for i in np.argwhere(array < 0)[0][:2])
            raise DataError(
                f"{source}: picture {name} has {int((array < 0).sum()):,} negative values (first: row {row}, column "
                f"{column}; the lowest is {array.min():.6g}). Pictures are 0 (black) or above; set them to 0 with "
                "--negatives clip."
            )


def grey(arrays: Any, notes: list[str], source: str) -> Any:
    """Pictures of one number per pixel; colour becomes its luma, transparent becomes white."""
    coloured = sum(array.ndim == 3 for array in arrays)
    if not coloured:
        return arrays
    notes.append(f"{source}: {coloured} of {len(arrays)} pictures are in colour; they are made grey.")
    return [without_colour(array) if array.ndim == 3 else array for array in arrays]


def without_colour(array: np.ndarray) -> np.ndarray:
    """Luma, in the unit of the array; the values of an integer array stay in its range."""
    if array.shape[2] == 1:
        return array[:, :, 0]
    top = np.iinfo(array.dtype).max if array.dtype.kind in "iu" else 1.0
    colours = array[:, :, :3] @ LUMA
    if array.shape[2] == 4:
        alpha = array[:, :, 3] / top
        colours = alpha * colours + (1 - alpha) * top
    return np.rint(colours).astype(array.dtype) if array.dtype.kind in "iu" else colours


def scaled(arrays: Any, source: str, negatives: str, top: float | None) -> tuple[Any, list[str], float]:
    """Pictures of 0 to 1: by what their type can hold, else by ``top``; notes; and what they were divided by."""
    tops = {np.dtype(bool): 1.0, np.dtype(np.uint8): 255.0, np.dtype(np.uint16): 65535.0}
    if {array.dtype for array in arrays} <= set(tops):
        return each(arrays, lambda array: array / tops[array.dtype]), [], 1.0
    notes = []
    if negatives == "clip" and (cut := sum(int((array < 0).sum()) for array in arrays)):
        notes.append(f"{source}: {cut:,} negative values are set to 0.")
        arrays = each(arrays, lambda array: np.maximum(array, 0))
    if top is None:
        top = max(1.0, max(float(array.max(initial=0)) for array in arrays))
        if top > 1:
            notes.append(f"{source}: values run to {top:g}; they are divided by it, so that the brightest pixel is 1.")
    if top == 1:
        return each(arrays, lambda array: array.astype(np.result_type(array, np.float32), copy=False)), notes, top
    return each(arrays, lambda array: array / top), notes, top


def each(arrays: Any, function: Callable[[np.ndarray], np.ndarray]) -> Any:
    """The function of a whole stack at once, or of every picture of a list."""
    return function(arrays) if isinstance(arrays, np.ndarray) else [function(array) for array in arrays]


# ------------------------------------------------------------------ sizes


def equal(
    arrays: Any, names: Sequence[str], source: str, size: Size | None, resize: str | None
) -> tuple[Any, list[str]]:
    """Pictures of one size, and what was done to them."""
    sizes = Counter(array.shape for array in arrays)
    if any(0 in found for found in sizes):
        raise DataError(f"{source} holds a picture without pixels.")
    target = size or sizes.most_common(1)[0][0]
    others = [(name, array.shape) for name, array in zip(names, arrays, strict=True) if array.shape != target]
    if not others:
        return arrays, []
    name, shape = others[0]
    if size is None and resize is None:
        raise DataError(
            f"{source}: {len(arrays)} pictures have {len(sizes)} sizes; most are {told(target)} (height x width), but "
            f"{len(others)} are not (first: {name}, {told(shape)}). Make them equal with --resize crop (cut what "
            "sticks out) or --resize stretch."
        )
    way = resize or "crop"
    found = "all" if len(others) == len(arrays) else f"{len(others)} of {len(arrays)}"
    done = "proportions kept, the middle cut out" if way == "crop" else "stretched"
    note = f"{source}: {found} pictures are brought to {told(target)} ({done}; first: {name}, {told(shape)})."
    return [array if array.shape == target else resized(array, target, way) for array in arrays], [note]


def resized(picture: np.ndarray, size: Size, way: str = "crop") -> np.ndarray:
    """A picture of another size, each pixel the mean of the area it covers.

    Parameters
    ----------
    picture : ndarray of shape (height, width)
    size : (height, width)
    way : {"crop", "stretch"}

    Returns
    -------
    ndarray of shape ``size``

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.io.stacks import resized
    >>> resized(np.array([[0.0, 1.0, 0.0, 1.0], [1.0, 0.0, 1.0, 0.0]]), (1, 2), "stretch").tolist()
    [[0.5, 0.5]]
    """
    height, width = (float(length) for length in picture.shape)
    if way == "crop":
        zoom = min(height / size[0], width / size[1])
        height, width = zoom * size[0], zoom * size[1]
    down = areas(picture.shape[0], size[0], height)
    across = areas(picture.shape[1], size[1], width)
    return down @ picture @ across.T


def areas(length: int, pieces: int, kept: float) -> np.ndarray:
    """Row i: what share of piece i each of ``length`` pixels covers; the pieces divide the middle ``kept`` pixels."""
    edges = (length - kept) / 2 + kept * np.arange(pieces + 1) / pieces
    starts = np.arange(length)
    covered = np.minimum(edges[1:, None], starts + 1) - np.maximum(edges[:-1, None], starts)
    return np.maximum(covered, 0) * (pieces / kept)


def told(size: Sequence[int]) -> str:
    """A size in words."""
    return f"{size[0]} x {size[1]}"
