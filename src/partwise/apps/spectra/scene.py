"""Mixed spectra, from a table, a cube or a file of either."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.errors import DataError

__all__ = ["Scene", "as_scene"]

HEADER = 4
"""From so many numbers on that only rise or fall, a first line is taken for wavelengths."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Mixed spectra.

    Attributes
    ----------
    X : ndarray of shape (n_mixtures, n_channels), non-negative
    names, channels : tuples of str
        Of mixtures and channels.
    shape : (height, width) or None
        Of an image whose pixels are the mixtures, row by row.
    source : str
    notes : tuple of str

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.spectra import as_scene
    >>> as_scene(np.ones((4, 5, 6))).shape
    (4, 5)
    """

    X: np.ndarray
    names: tuple[str, ...]
    channels: tuple[str, ...]
    shape: tuple[int, int] | None
    source: str
    notes: tuple[str, ...] = ()


def as_scene(source: Any, *, least: int = 2) -> Scene:
    """Spectra from a file, a table or an array.

    Raises
    ------
    DataError
        For arrays of other than two or three axes, fewer than ``least`` spectra, and negative or missing values.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.spectra import as_scene
    >>> as_scene(np.ones((4, 5, 6))).X.shape
    (20, 6)
    """
    if isinstance(source, Scene):
        return source
    array, names, channels, name, notes = opened(source)
    if array.ndim not in (2, 3) or array.dtype.kind not in "biuf" or 0 in array.shape:
        raise DataError(
            f"{name} has the shape {array.shape} and dtype {array.dtype}: spectra are real numbers, (mixtures, "
            "channels) or (height, width, channels)."
        )
    shape = (int(array.shape[0]), int(array.shape[1])) if array.ndim == 3 else None
    X = np.array(array.reshape(-1, array.shape[-1]), dtype=np.float64)
    names = names if shape is None else tuple(f"{i},{j}" for i in range(shape[0]) for j in range(shape[1]))
    scene = Scene(
        X,
        tuple(map(str, names or (f"mixture_{i}" for i in range(len(X))))),
        tuple(map(str, channels or (f"channel_{j}" for j in range(X.shape[1])))),
        shape,
        name,
        notes,
    )
    check_spectra(scene, least)
    return scene


def opened(source: Any) -> tuple[np.ndarray, Any, Any, str, tuple[str, ...]]:
    """Array, names, channels, name of the source and notes."""
    if isinstance(source, str | os.PathLike):
        from partwise.io import read
        from partwise.io.read import read_array

        if os.fspath(source).lower().endswith((".npy", ".npz")) or ".npz:" in os.fspath(source):
            array, names, notes = read_array(source)
            return array, names if array.ndim == 2 else None, None, os.path.basename(source), notes
        matrix = read(source)
        X = matrix.X if isinstance(matrix.X, np.ndarray) else matrix.X.toarray()
        return with_header(X, matrix.row_names, matrix.column_names, matrix.source.name, matrix.notes)
    if hasattr(source, "columns"):
        return source.to_numpy(), tuple(source.index), tuple(source.columns), "The table", ()
    if sp.issparse(source):
        source = source.toarray()
    return np.asarray(source), None, None, "The array", ()


def with_header(
    X: np.ndarray, names: Any, channels: Any, source: str, notes: tuple[str, ...]
) -> tuple[np.ndarray, Any, Any, str, tuple[str, ...]]:
    """The same, but for a first line of wavelengths: numbers that only rise or only fall are channels."""
    steps = np.diff(X[0])
    if channels is not None or X.shape[1] < HEADER or not ((steps > 0).all() or (steps < 0).all()):
        return X, names, channels, source, notes
    told = f"{source}: the first line ({X[0, 0]:g} to {X[0, -1]:g}) is read as the channels, not as a mixture."
    kept = tuple(note for note in notes if "row names" not in note)
    return X[1:], names and names[1:], tuple(f"{value:g}" for value in X[0]), source, (*kept, told)


def check_spectra(scene: Scene, least: int) -> None:
    """Refuse what cannot be a mixture of non-negative spectra, naming the first wrong cell."""
    X = scene.X
    if len(X) < least:
        raise DataError(f"{scene.source} holds {len(X)} spectrum; unmixing compares two or more.")
    for what, wrong in {"empty or infinite": ~np.isfinite(X), "negative": X < 0}.items():
        if wrong.any():
            i, j = map(int, np.argwhere(wrong)[0])
            raise DataError(
                f"{scene.source}: {int(wrong.sum()):,} values are {what} (first: {scene.names[i]!r}, channel "
                f"{scene.channels[j]!r}, {X[i, j]:g}). Subtract a baseline that leaves none, or leave out the channels."
            )
    if not X.any():
        raise DataError(f"{scene.source}: all values are 0; there is nothing to unmix.")
