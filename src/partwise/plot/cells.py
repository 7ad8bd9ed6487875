"""A matrix as coloured cells, with the names of its rows and columns and, if small, its numbers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from partwise.errors import DataError
from partwise.plot.canvas import DIFFERENCE, MAP, one_axes

if TYPE_CHECKING:
    from partwise.plot.canvas import Axes

__all__ = ["colour_limits", "heatmap", "matrix_and_names"]

ANNOTATED = 200
"""Up to this many cells a heatmap carries its numbers."""
LABELLED = 60
"""Up to this many rows or columns carry their names."""
DRAWN = 4_000_000
"""More cells than this are no picture: there are fewer pixels on a screen."""


def heatmap(
    A: Any,
    ax: Axes | None = None,
    *,
    rows: Sequence[Any] | None = None,
    columns: Sequence[Any] | None = None,
    signed: bool = False,
    limits: tuple[float, float] | None = None,
    annotate: bool | None = None,
    digits: int = 2,
    cmap: str | None = None,
    title: str | None = None,
) -> Axes:
    """Draw a matrix as coloured cells, with the names of its rows and columns and, if small, its numbers.

    Parameters
    ----------
    A : {array-like, sparse matrix, DataFrame} of shape (n, p)
        The index and columns of a DataFrame are its names.
    ax : Axes or None
        Where to draw; None makes a figure.
    rows, columns : sequences of n and p names, or None
    signed : bool, default=False
        Whether 0 gets the middle colour of a two-sided map.
    limits : (low, high) or None
        The values at the ends of the colours; None takes 0 (or the lowest, if negative) and the highest.
    annotate : bool or None
        Whether to write the numbers; None writes them up to 200 cells.
    digits : int, default=2
        Decimals of the numbers.
    cmap : str or None
        Another colour map of matplotlib.
    title : str or None

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If A is not a matrix, or has more cells than a screen has pixels.

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.datasets import ratings_5x4
    >>> ax = plot.heatmap(ratings_5x4())
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['Item1', 'Item2', 'Item3', 'Item4']
    """
    values, own_rows, own_columns = matrix_and_names(A)
    low, high = limits or colour_limits(values, signed)
    n, p = values.shape
    ax = one_axes(ax, (min(2 + 0.5 * p, 14), min(1.2 + 0.4 * n, 14)))
    image = ax.imshow(
        values,
        cmap=cmap or (DIFFERENCE if signed else MAP),
        vmin=low,
        vmax=high,
        aspect="auto",
        interpolation="nearest",
    )
    name_ticks(ax, own_columns if columns is None else columns, own_rows if rows is None else rows)
    ax.figure.colorbar(image, ax=ax)
    if values.size <= ANNOTATED if annotate is None else annotate:
        write_numbers(ax, image, values, digits)
    if title:
        ax.set_title(title)
    return ax


def matrix_and_names(A: Any) -> tuple[np.ndarray, Sequence[str] | None, Sequence[str] | None]:
    """A dense float array, and the names of rows and columns where A is a DataFrame."""
    rows, columns = (getattr(A, name, None) for name in ("index", "columns"))
    shape = np.shape(A)
    if len(shape) != 2 or 0 in shape:
        raise DataError(f"A heatmap needs a matrix with cells, but the shape is {shape}.")
    if shape[0] * shape[1] > DRAWN:
        raise DataError(f"{shape[0]:,} x {shape[1]:,} cells are more than a screen has pixels: draw some of the rows.")
    dense = A.toarray() if sp.issparse(A) else np.asarray(A)
    if rows is None or columns is None or callable(rows):  # a list has a method `index`
        return np.asarray(dense, dtype=np.float64), None, None
    return np.asarray(dense, dtype=np.float64), [str(name) for name in rows], [str(name) for name in columns]


def colour_limits(values: np.ndarray, signed: bool) -> tuple[float, float]:
    """The values at the ends of the colours: symmetric about 0, or from 0 (or the lowest) to the highest."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    if signed:
        high = max(-low, high)
        return (-high, high) if high else (-1.0, 1.0)
    low = min(low, 0.0)
    return low, high if high > low else low + 1.0


def name_ticks(ax: Axes, columns: Sequence[Any] | None, rows: Sequence[Any] | None) -> None:
    """Names at the cells, as long as there is room for them."""
    for names, axis in ((columns, ax.xaxis), (rows, ax.yaxis)):
        if names is not None and len(names) <= LABELLED:
            axis.set_ticks(range(len(names)), [str(name) for name in names])
    if columns is not None and max((len(str(name)) for name in columns), default=0) > 6:
        ax.tick_params(axis="x", labelrotation=90)


def write_numbers(ax: Axes, image: Any, values: np.ndarray, digits: int) -> None:
    """The value of each cell, dark on light and light on dark."""
    colours = image.cmap(image.norm(values))[..., :3]
    light = colours @ (0.299, 0.587, 0.114) > 0.55
    for i, j in np.ndindex(values.shape):
        color = "black" if light[i, j] else "white"
        ax.text(j, i, f"{values[i, j]:.{digits}f}", ha="center", va="center", color=color, fontsize="small")
