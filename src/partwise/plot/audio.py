"""Sound: spectrogram, templates, activations, and the piano roll of the notes that were found.

A separation here is anything with ``spectrogram``, ``times``, ``grid``, ``spectra``, ``activations``, ``names`` and
``loudness``, as `partwise.apps.audio.Separation` has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError
from partwise.plot.canvas import MAP, PALETTE, one_axes

if TYPE_CHECKING:
    import pandas as pd

    from partwise.plot.canvas import Axes

__all__ = ["activations", "piano_roll", "spectrogram", "templates"]

DEPTH = 80.0
"""Decibels below the loudest that are drawn; 8-bit sound has about 50, 16-bit 96."""


def spectrogram(separation: Any, ax: Axes | None = None, *, lowest: float = 40.0) -> Axes:
    """Draw the recording: time across, frequency up on a logarithmic axis, decibels as colour.

    Parameters
    ----------
    separation : Separation
    ax : Axes or None
    lowest : float, default=40
        Hz at the bottom.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import numpy as np
    >>> from partwise import plot
    >>> from partwise.apps.audio import separate
    >>> noise = np.random.default_rng(0).standard_normal(4000)
    >>> plot.spectrogram(separate(noise, 2, rate=8000, window=512, hop=128)).get_ylabel()
    'Hz'
    """
    ax = one_axes(ax, (9, 4))
    return decibel_map(ax, separation.times, separation, decibels(separation.spectrogram), lowest, "seconds", "")


def templates(separation: Any, ax: Axes | None = None, *, lowest: float = 40.0) -> Axes:
    """Draw the spectra of the components as columns, in decibels below the loudest of each.

    Parameters
    ----------
    separation : Separation
    ax : Axes or None
    lowest : float, default=40
        Hz at the bottom.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import numpy as np
    >>> from partwise import plot
    >>> from partwise.apps.audio import separate
    >>> noise = np.random.default_rng(0).standard_normal(4000)
    >>> plot.templates(separate(noise, 2, rate=8000, window=512, hop=128)).get_xlabel()
    'component'
    """
    H = np.asarray(separation.spectra)
    ax = one_axes(ax, (max(4, min(12, 1.5 + 0.35 * len(H))), 5))
    each = np.stack([decibels(spectrum) for spectrum in H])
    return decibel_map(ax, np.arange(len(H)), separation, each, lowest, "component", "of each")


def activations(separation: Any, ax: Axes | None = None) -> Axes:
    """Draw when each stem sounds: a curve per stem, one above the other, each scaled to its own maximum.

    Parameters
    ----------
    separation : Separation
    ax : Axes or None

    Returns
    -------
    Axes

    Examples
    --------
    >>> import numpy as np
    >>> from partwise import plot
    >>> from partwise.apps.audio import separate
    >>> noise = np.random.default_rng(0).standard_normal(4000)
    >>> ax = plot.activations(separate(noise, 2, rate=8000, window=512, hop=128))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['component_0', 'component_1']
    """
    A = np.asarray(separation.loudness)
    tops = A.max(axis=0)
    A = A / np.where(tops > 0, tops, 1)
    ax = one_axes(ax, (9, 1 + 0.4 * A.shape[1]))
    for place in range(A.shape[1]):
        ax.fill_between(
            separation.times, place, place + 0.9 * A[:, place], color=PALETTE[place % len(PALETTE)], linewidth=0
        )
    ax.set_yticks(np.arange(A.shape[1]), separation.names)
    ax.set_ylim(A.shape[1], -0.1)
    ax.invert_yaxis()
    ax.set_xlabel("seconds")
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def piano_roll(
    notes: pd.DataFrame,
    ax: Axes | None = None,
    *,
    truth: Any = None,
    pitches: Sequence[int] | None = None,
    times: Any = None,
) -> Axes:
    """Draw notes as bars: time across, pitch up; over the true roll, where it is known.

    Parameters
    ----------
    notes : DataFrame
        What ``find_notes`` returned: columns onset, offset, pitch, name.
    ax : Axes or None
    truth : array-like of shape (n_pitches, n_frames), or None
        Above 0 where a note sounds; drawn as grey ground.
    pitches : sequence of int of shape (n_pitches,), and times : array-like of shape (n_frames,)
        MIDI numbers of the rows and seconds of the columns of ``truth``.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If ``truth`` comes without its pitches and times.

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.audio import find_notes
    >>> ax = plot.piano_roll(find_notes([[1.0], [1.0], [0.0]], [69], [0.0, 0.1, 0.2]))
    >>> [label.get_text() for label in ax.get_yticklabels()]
    ['A4']
    """
    ax = one_axes(ax, (9, 4))
    if truth is not None:
        ground(ax, truth, pitches, times)
    ax.barh(
        notes["pitch"], notes["offset"] - notes["onset"], left=notes["onset"], height=0.5, color=PALETTE[0],
        edgecolor="white", linewidth=0.5, label="found",
    )  # fmt: skip
    keys = notes.drop_duplicates("pitch").sort_values("pitch")
    ax.set_yticks(keys["pitch"], keys["name"])
    ax.set(xlabel="seconds", ylabel="pitch")
    ax.spines[["top", "right"]].set_visible(False)
    if truth is not None:
        ax.legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False)
    return ax


def ground(ax: Axes, truth: Any, pitches: Sequence[int] | None, times: Any) -> None:
    """The true notes as wide grey bars."""
    roll = np.asarray(truth)
    if pitches is None or times is None or roll.shape != (len(pitches), len(times)):
        raise DataError(f"truth has the shape {roll.shape}: give pitches= of its rows and times= of its columns.")
    step = times[1] - times[0] if len(times) > 1 else 1.0
    label = "true"
    for pitch, row in zip(pitches, roll > 0, strict=True):
        edges = np.flatnonzero(np.diff(np.r_[False, row, False]))
        spans = [(times[a], (b - a) * step) for a, b in edges.reshape(-1, 2)]
        if spans:
            ax.broken_barh(spans, (pitch - 0.45, 0.9), color="0.8", label=label)
            label = None


def decibel_map(
    ax: Axes, across: np.ndarray, separation: Any, levels: np.ndarray, lowest: float, label: str, whose: str
) -> Axes:
    """Levels (columns by frequencies) as colour, frequency up on a logarithmic axis from ``lowest`` Hz."""
    frequencies = separation.grid.frequencies
    mesh = ax.pcolormesh(
        across, frequencies[1:], levels[:, 1:].T, cmap=MAP, vmin=-DEPTH, vmax=0, shading="nearest", rasterized=True
    )
    ax.set_yscale("log")
    ax.set_ylim(min(lowest, frequencies[-1] / 2), frequencies[-1])
    ax.set(xlabel=label, ylabel="Hz")
    ax.figure.colorbar(mesh, ax=ax, label=f"dB below the loudest {whose}".rstrip())
    return ax


def decibels(magnitudes: np.ndarray) -> np.ndarray:
    """Relative to the largest, at least `DEPTH` below."""
    top = magnitudes.max(initial=0)
    return 20 * np.log10(np.maximum(magnitudes, 10 ** (-DEPTH / 20) * top) / top) if top > 0 else magnitudes - DEPTH
