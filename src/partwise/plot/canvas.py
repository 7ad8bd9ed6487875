"""The one place that imports matplotlib: axes to draw on, colours, and figures to files."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError, MissingExtraError

if TYPE_CHECKING:
    from matplotlib.axes import Axes as Axes

__all__ = ["DIFFERENCE", "GREY", "MAP", "PALETTE", "axes_of", "one_axes", "panels", "pyplot", "save"]

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
"""Okabe and Ito's colours, which the colour-blind can tell apart; the strongest first."""

MAP, DIFFERENCE, GREY = "viridis", "RdBu_r", "gray"
"""Colour maps: of values from 0, of signed values with 0 in the middle, of pictures."""


def pyplot() -> Any:
    """The module ``matplotlib.pyplot``.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    try:
        from matplotlib import pyplot
    except ImportError:
        raise MissingExtraError.for_task("Drawing pictures", "plot") from None
    return pyplot


def one_axes(ax: Axes | None, size: tuple[float, float] | None = None) -> Axes:
    """``ax``, or the axes of a new figure of ``size`` inches."""
    if ax is not None:
        return ax
    return pyplot().subplots(figsize=size, layout="constrained")[1]


def panels(axes: Any, rows: int, columns: int, size: tuple[float, float]) -> np.ndarray:
    """``axes`` as an array of shape (rows, columns), or that of a new figure of ``size`` inches.

    Raises
    ------
    DataError
        If other axes were given than are needed.
    """
    if axes is None:
        return pyplot().subplots(rows, columns, figsize=size, layout="constrained", squeeze=False)[1]
    given = np.asarray(axes, dtype=object)
    if given.size != rows * columns:
        raise DataError(f"axes has {given.size} entries, but this picture has {rows} x {columns} panels: give as many.")
    return given.reshape(rows, columns)


def axes_of(drawn: Any) -> Axes:
    """The axes, or the first of an array of axes."""
    return np.ravel(np.asarray(drawn, dtype=object))[0]


def save(drawn: Any, path: str | os.PathLike[str], *, dpi: int = 150) -> Path:
    """Write a picture to ``path`` and close its figure.

    Parameters
    ----------
    drawn : Axes, array of Axes, or Figure
        What a function of `partwise.plot` returned.
    path : path
        The suffix says the format: .png, .svg or .pdf.
    dpi : int, default=150
        Dots per inch of a .png.

    Returns
    -------
    Path

    Notes
    -----
    No date is written, so equal pictures are equal bytes.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from partwise import plot
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = plot.save(plot.heatmap([[1, 2], [3, 4]]), pathlib.Path(folder) / "map.png")
    ...     path.stat().st_size > 1000
    True
    """
    path = Path(path)
    figure: Any = drawn if hasattr(drawn, "savefig") else axes_of(drawn).figure
    dates = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}
    with pyplot().rc_context({"svg.hashsalt": "partwise"}):
        figure.savefig(path, dpi=dpi, metadata=dates.get(path.suffix.lower()))
    pyplot().close(figure)
    return path
