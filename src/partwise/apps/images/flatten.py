"""Pictures to rows and back: `encode` and `decode` with a fitted model, and sheets of many pictures."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from partwise.errors import DataError
from partwise.io import Pictures, as_pictures, read_pictures

__all__ = ["alike", "as_collection", "checked_mask", "decode", "encode", "flat", "tiled", "unflat"]


def encode(model: Any, images: Any) -> np.ndarray:
    """The recipes of pictures by a model that `parts` fitted, (n, n_components).

    Parameters
    ----------
    model : estimator
        ``Parts.model``, or ``partwise.load`` of what was saved.
    images : array-like of shape (height, width), (n, height, width) or (n, pixels), Pictures or path
        Of the size that the model knows, and of the scale that it was fitted on.

    Returns
    -------
    ndarray of shape (n_components,) for one picture, (n, n_components) for several

    Raises
    ------
    DataError
        If the size is another one.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.images import encode, parts
    >>> pictures = np.array([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])
    >>> encode(parts(pictures, 2).model, pictures).shape
    (3, 2)
    """
    shape = tuple(model.image_shape_)
    single = isinstance(images, np.ndarray) and images.shape == shape
    pictures = alike(images[None] if single else images, shape, model.image_top_)
    W = np.asarray(model.transform(flat(pictures.stack, model.image_mask_))) * model.image_scale_
    return W[0] if single else W


def decode(model: Any, W: Any) -> np.ndarray:
    """Pictures from recipes: the inverse of every flattening.

    Parameters
    ----------
    model : estimator
        As in `encode`.
    W : array-like of shape (n_components,) or (n, n_components)

    Returns
    -------
    ndarray of shape (height, width) or (n, height, width)

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.images import decode, parts
    >>> model = parts([[[1, 0]], [[0, 1]]], 2, size=(1, 2)).model
    >>> decode(model, np.array([1.0, 1.0])).tolist()
    [[1.0, 1.0]]
    """
    W = np.asarray(W, dtype=np.float64)
    return unflat((W / model.image_scale_) @ model.components_, model.image_shape_, model.image_mask_)


def flat(stack: np.ndarray, visible: np.ndarray | None) -> np.ndarray:
    """Pictures as rows, pixel after pixel, line after line; only the visible pixels."""
    X = stack.reshape(len(stack), -1)
    return X if visible is None else X[:, visible.ravel()]


def unflat(X: np.ndarray, shape: Sequence[int], visible: np.ndarray | None) -> np.ndarray:
    """Rows as pictures; hidden pixels are 0."""
    if visible is None:
        return X.reshape(*X.shape[:-1], *shape)
    pictures = np.zeros((*X.shape[:-1], *shape))
    pictures[..., visible] = X
    return pictures


def tiled(stack: np.ndarray, columns: int | None = None, *, gap: int = 1, fill: float = 1.0) -> np.ndarray:
    """Pictures side by side, row after row, as one picture; as square as can be unless ``columns`` are given.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.images import tiled
    >>> tiled(np.zeros((49, 19, 19))).shape
    (139, 139)
    """
    n, height, width = stack.shape
    columns = columns or math.ceil(math.sqrt(n))
    rows = math.ceil(n / columns)
    sheet = np.full((rows * (height + gap) - gap, columns * (width + gap) - gap), fill, dtype=np.float64)
    for i, picture in enumerate(stack):
        top, left = (i // columns) * (height + gap), (i % columns) * (width + gap)
        sheet[top : top + height, left : left + width] = picture
    return sheet


def as_collection(source: Any, size: tuple[int, int] | None, resize: str | None) -> Pictures:
    """Whatever holds pictures, as one stack."""
    if isinstance(source, Pictures):
        if size is None or source.size == tuple(size):
            return source
        made = as_pictures(source.stack, names=source.names, source=source.source, size=size, resize=resize)
        return replace(made, notes=(*source.notes, *made.notes), top=source.top)
    if isinstance(source, str | os.PathLike):
        return read_pictures(source, size=size, resize=resize)
    return as_pictures(source, size=size, resize=resize)


def alike(images: Any, size: tuple[int, ...], top: float) -> Pictures:
    """Pictures of a size and scale that are known, never brought to them."""
    if isinstance(images, Pictures):
        pictures = images
    elif isinstance(images, str | os.PathLike):
        pictures = read_pictures(images)
    else:
        flat_rows = np.ndim(images) == 2
        pictures = as_pictures(images, size=(size[0], size[1]) if flat_rows else None, top=top)
    if pictures.size != tuple(size):
        raise DataError(
            f"{pictures.source}: pictures are {pictures.size[0]} x {pictures.size[1]}, but the parts are {size[0]} x "
            f"{size[1]}. Read them with size=({size[0]}, {size[1]})."
        )
    return pictures


def checked_mask(mask: Any, size: tuple[int, int]) -> np.ndarray | None:
    """The visible pixels, or None for all."""
    if mask is None:
        return None
    visible = np.asarray(mask) > 0
    if visible.shape != size or not visible.any():
        raise DataError(
            f"The mask has the shape {visible.shape} and {int(visible.sum())} visible pixels; pictures are {size[0]} x "
            f"{size[1]}. Give a mask of that size, above 0 where pixels count."
        )
    return visible
