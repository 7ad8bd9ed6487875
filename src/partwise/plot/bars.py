"""Horizontal bars with names beside them, the first on top: one list, or a small picture for each of several."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from partwise.plot.canvas import PALETTE, panels

if TYPE_CHECKING:
    from partwise.plot.canvas import Axes

__all__ = ["Ranking", "bars", "rankings"]

WIDTH = 3.2
"""Of a small picture, in inches."""


class Ranking(NamedTuple):
    """A component with what stands for it, the heaviest first."""

    title: str
    names: Sequence[str]
    weights: Sequence[float]


def bars(ax: Axes, names: Sequence[str], weights: Any, colours: Any = PALETTE[0]) -> None:
    """Draw a bar for each name."""
    places = np.arange(len(names))
    ax.barh(places, weights, color=colours)
    ax.set_yticks(places, names)
    ax.invert_yaxis()
    ax.spines[["top", "right"]].set_visible(False)


def rankings(ranked: Sequence[Ranking], axes: Any, n: int, columns: int) -> np.ndarray:
    """Draw up to ``n`` bars for each component, ``columns`` small pictures side by side; returns their axes."""
    if axes is None:
        across = max(1, min(columns, len(ranked)))
        down = max(1, -(-len(ranked) // across))
        grid = panels(None, down, across, (WIDTH * across, 0.6 + (0.5 + 0.2 * n) * down)).ravel()
        for spare in grid[len(ranked) :]:
            spare.set_axis_off()
        axes = grid[: len(ranked)]
    axes = panels(axes, 1, len(ranked), (WIDTH, WIDTH)).ravel()
    for ax, (title, names, weights) in zip(axes, ranked, strict=True):
        bars(ax, names, weights)
        ax.set_title(title)
    return axes
