"""One picture, or a montage of many on one scale."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.images import tiled
from partwise.errors import DataError
from partwise.plot.canvas import DIFFERENCE, GREY, one_axes

if TYPE_CHECKING:
    from partwise.plot.canvas import Axes

__all__ = ["montage", "name_rows", "show"]


def montage(
    stack: Any,
    ax: Axes | None = None,
    *,
    columns: int | None = None,
    titles: Sequence[str] | None = None,
    signed: bool = False,
    cmap: str | None = None,
) -> Axes:
    """Draw pictures side by side on one scale, as square as can be: 49 parts are 7 x 7.

    Parameters
    ----------
    stack : array-like of shape (n, height, width)
    ax : Axes or None
    columns : int or None
        Pictures in a row.
    titles : sequence of n str, or None
        Written above the pictures.
    signed : bool, default=False
        Two-sided colours, with 0 in the middle; else grey from 0 to the highest.
    cmap : str or None

    Returns
    -------
    Axes

    Examples
    --------
    >>> import numpy as np
    >>> from partwise import plot
    >>> ax = plot.montage(np.ones((49, 19, 19)))
    >>> ax.images[0].get_array().shape
    (139, 139)
    """
    stack = np.asarray(stack, dtype=np.float64)
    if stack.ndim != 3 or stack.size == 0:
        raise DataError(f"A montage needs pictures of shape (n, height, width), not {stack.shape}.")
    gap = 1 if titles is None else max(2, round(0.25 * stack.shape[1]))
    sheet = tiled(stack, columns, gap=gap, fill=np.nan)
    across = (sheet.shape[1] + gap) // (stack.shape[2] + gap)
    ax = one_axes(ax, (5, 5 * sheet.shape[0] / sheet.shape[1] + 0.3))
    show(ax, sheet, signed=signed, cmap=cmap)
    for i, title in enumerate(titles or ()):
        row, column = divmod(i, across)
        at = (column + 0.5) * (stack.shape[2] + gap) - gap / 2 - 0.5, row * (stack.shape[1] + gap) - 0.7
        ax.text(*at, title, ha="center", va="bottom", fontsize="x-small")
    return ax


def show(
    ax: Axes,
    picture: np.ndarray,
    *,
    top: float | None = None,
    signed: bool = False,
    cmap: str | None = None,
    title: str | None = None,
) -> None:
    """One picture: nearest pixels, no ticks, from 0 (or minus ``top``) to ``top`` (or the highest)."""
    if top is None:
        top = float(np.nanmax(np.abs(picture))) if signed else float(np.nanmax(picture))
    top = top if top > 0 else 1.0
    low = -top if signed else 0.0
    chosen = cmap or (DIFFERENCE if signed else GREY)
    ax.imshow(picture, cmap=chosen, vmin=low, vmax=top, interpolation="nearest")
    ax.set(xticks=[], yticks=[])
    if title is not None:
        ax.set_title(title, fontsize="small")


def name_rows(axes: np.ndarray, names: Sequence[str]) -> None:
    """A name left of each row of panels."""
    for ax, name in zip(axes[:, 0], names, strict=True):
        ax.set_ylabel(name)
