"""The pictures of ``--plots``: asked for before the fit, drawn one at a time after it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from partwise.cli.voice import Voice

__all__ = ["draw_all", "draw_loadings", "fit_pictures", "prepare_plots", "tell_drawn"]

READABLE = 40
"""Rows and columns up to which a heatmap can be read."""


def prepare_plots(directory: str | None, voice: Voice) -> None:
    """Refuse ``--plots`` without matplotlib, or into a folder that cannot be written, before anything is computed."""
    if directory is not None:
        from partwise.cli.components import output_folder
        from partwise.plot.canvas import pyplot

        pyplot()
        output_folder(directory, (), voice)


def draw_all(directory: str | None, pictures: Mapping[str, Callable[[], Any]]) -> dict[str, str]:
    """Draw and save each picture: file name -> path; nothing without a folder."""
    if directory is None:
        return {}
    from partwise.plot import save

    return {f"{name}.png": str(save(draw(), Path(directory) / f"{name}.png")) for name, draw in pictures.items()}


def fit_pictures(model: Any, table: Any = None, W: Any = None) -> dict[str, Callable[[], Any]]:
    """What can be drawn of any model; with its matrix as a DataFrame also heatmaps, where they can be read."""
    from partwise import plot

    pictures: dict[str, Callable[[], Any]] = {"similarity": lambda: plot.similarity(model)}
    if len(model.history_):
        pictures["convergence"] = lambda: plot.convergence(model)
    if table is not None and max(table.shape) <= READABLE:
        pictures["fit"] = lambda: plot.fit_heatmaps(model, table, W=W)
        pictures["factors"] = lambda: plot.factor_heatmaps(model, table, W=W)
    return pictures


def tell_drawn(voice: Voice, directory: str | None, pictures: Mapping[str, Callable[[], Any]]) -> None:
    """Draw the pictures, and say so."""
    if directory is not None:
        voice.say(f"\nDrew {', '.join(draw_all(directory, pictures))} in {directory}")


def draw_loadings(voice: Voice, directory: str | None, W: Any, rows: Any, columns: Any = None) -> None:
    """Draw the loadings of new rows as a heatmap, with names where they can be read; said as a note, off stdout."""
    from partwise.cli.components import component_names

    def loadings() -> Any:
        from partwise import plot

        names = columns or component_names(W.shape[1])
        return plot.heatmap(W, rows=rows if len(W) <= READABLE else None, columns=names, title="loadings")

    if directory is not None:
        voice.note(f"drew {', '.join(draw_all(directory, {'loadings': loadings}))} in {directory}.")
