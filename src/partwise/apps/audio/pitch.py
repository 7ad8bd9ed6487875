"""From spectra to pitches, and from activations to notes with a beginning and an end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["COLUMNS", "find_notes", "named_pitch", "note_name", "pitch_of"]

OCTAVE = ("C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B")
COLUMNS = ("onset", "offset", "pitch", "name", "velocity", "source")
LOWEST, HIGHEST = 21, 108
"""The keys of a piano."""
STEPS = 10
NEIGHBOURS = 15
"""Frequencies whose median is the ground: wider than a peak of any usual window, narrower than two."""
"""Tried fundamentals to a semitone."""


def pitch_of(spectrum: Any, frequencies: Any) -> tuple[float, float]:
    """The pitch of a spectrum as a MIDI number (A4 = 69 = 440 Hz), and how clear it is.

    The spectrum less its local median is what stands out of the noise. For every fundamental f its square roots are
    compared with a comb that is positive around the multiples of f and negative between them; the best f wins.

    Parameters
    ----------
    spectrum : array-like of shape (n_frequencies,), non-negative
        Magnitudes.
    frequencies : array-like of shape (n_frequencies,)
        In Hz, evenly spaced.

    Returns
    -------
    midi : float
        nan for an empty spectrum.
    clarity : float, at most 1
        The correlation with the best comb: about 0.35 for notes of a piano, 0.15 for cymbals; toms ring like notes.

    Notes
    -----
    Fundamentals below about two bins cannot be told from their neighbours: a longer window can. O(900 n_frequencies).

    References
    ----------
    Camacho and Harris (2008), A sawtooth waveform inspired pitch estimator, doi:10.1121/1.2951592.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.audio import pitch_of
    >>> frequencies = np.arange(0, 8000, 8.0)
    >>> spectrum = sum(np.exp(-((frequencies - 440 * h) / 10) ** 2) / h for h in range(1, 9))
    >>> round(pitch_of(spectrum, frequencies)[0])
    69
    """
    frequencies = np.asarray(frequencies, np.float64)
    values = np.sqrt(standing_out(np.asarray(spectrum, np.float64)))
    if not values.any():
        return float("nan"), 0.0
    lowest = max(LOWEST, int(np.ceil(midi_of(2 * frequencies[1]))))
    highest = min(HIGHEST, int(midi_of(frequencies[-1])))
    pitches = np.arange(lowest - 0.5, highest + 0.5, 1 / STEPS)
    combs = comb(440 * 2 ** ((pitches - 69) / 12), frequencies)
    scores = combs @ values / np.linalg.norm(values)
    return float(pitches[scores.argmax()]), float(scores.max())


def standing_out(spectrum: np.ndarray) -> np.ndarray:
    """What is more than twice the median of its neighbourhood: peaks without the noise of hammers and drums."""
    from scipy.ndimage import median_filter

    return np.maximum(spectrum - 2 * median_filter(spectrum, NEIGHBOURS), 0)


def comb(fundamentals: np.ndarray, frequencies: np.ndarray) -> np.ndarray:
    """Cosines with peaks at the multiples of each fundamental, falling with the root of frequency; of length one."""
    ratio = frequencies / fundamentals[:, None]
    kernel = np.where(np.abs(ratio - np.rint(ratio)) < 0.25, 1.0, 0.5) * np.cos(2 * np.pi * ratio)
    kernel = np.where(ratio < 0.75, np.where(ratio > 0.25, 0.5 * np.cos(2 * np.pi * ratio), 0.0), kernel)
    kernel /= np.sqrt(np.maximum(ratio, 0.25))
    return kernel / np.linalg.norm(kernel, axis=1, keepdims=True)


def midi_of(frequency: float) -> float:
    """Hz to MIDI."""
    return 69 + 12 * np.log2(frequency / 440)


def note_name(midi: float) -> str:
    """The name of a key.

    Examples
    --------
    >>> from partwise.apps.audio import note_name
    >>> note_name(69), note_name(60)
    ('A4', 'C4')
    """
    key = round(midi)
    return f"{OCTAVE[key % 12]}{key // 12 - 1}"


def named_pitch(name: str) -> float:
    """The MIDI number that a name says, or nan.

    Examples
    --------
    >>> named_pitch("A4"), named_pitch("Bb3"), named_pitch("drums")
    (69.0, 58.0, nan)
    """
    found = re.fullmatch(r"([A-G])(#|b?)(-?\d)", name)
    if found is None:
        return float("nan")
    return float(OCTAVE.index(found[1]) + {"#": 1, "b": -1, "": 0}[found[2]] + 12 * (int(found[3]) + 1))


def find_notes(
    activations: Any,
    pitches: Sequence[float],
    times: Any,
    *,
    sources: Sequence[str] | None = None,
    threshold: float = 0.2,
    shortest: float = 0.06,
) -> pd.DataFrame:
    """Notes from activations: where one rises above a threshold, until it falls below half of it.

    A note that is struck again while it sounds is a new one: there the activation at least doubles within three
    frames.

    Parameters
    ----------
    activations : array-like of shape (n_frames, n_notes), non-negative
    pitches : sequence of float
        MIDI number of each column; columns that are nan have no pitch and are left out. Columns of one key are added.
    times : array-like of shape (n_frames,)
        Seconds.
    sources : sequence of str or None
        What each column is called in the table.
    threshold : float, default=0.2
        As a share of the loudest activation of all.
    shortest : float, default=0.06
        Seconds; what is shorter is left out.

    Returns
    -------
    DataFrame
        ``onset`` and ``offset`` in seconds, ``pitch`` (MIDI), ``name``, ``velocity`` 1 to 127, ``source``; by onset.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.audio import find_notes
    >>> found = find_notes([[0.0], [1.0], [0.9], [0.8], [0.0]], [69], np.arange(5) * 0.1)
    >>> found[["onset", "offset", "name"]].values.tolist()
    [[0.1, 0.4, 'A4']]
    """
    import pandas as pd

    A, times = np.asarray(activations, np.float64), np.asarray(times, np.float64)
    if A.ndim != 2 or A.shape != (len(times), len(pitches)):
        raise DataError(f"activations has the shape {A.shape}: give a row for each of {len(times)} times, a column "
                        f"for each of {len(pitches)} pitches.")  # fmt: skip
    names = list(sources) if sources is not None else [""] * len(pitches)
    top = A.max(initial=0)
    found = []
    for key in sorted({round(pitch) for pitch in pitches if np.isfinite(pitch)}):
        columns = [q for q, pitch in enumerate(pitches) if np.isfinite(pitch) and round(pitch) == key]
        a = A[:, columns].sum(axis=1)
        source = " + ".join(dict.fromkeys(names[q] for q in columns))
        for start, end in runs(a, threshold * top):
            onset, offset = times[start], times[min(end, len(times) - 1)]
            if offset - onset >= shortest:
                loud = int(np.clip(round(127 * np.sqrt(a[start:end].max() / top)), 1, 127))
                found.append((max(0.0, float(onset)), float(offset), key, note_name(key), loud, source))
    return pd.DataFrame(sorted(found), columns=list(COLUMNS))


def runs(a: np.ndarray, threshold: float) -> list[tuple[int, int]]:
    """First frame and the one after the last of every note."""
    found: list[tuple[int, int]] = []
    start = None
    for t, value in enumerate(a.tolist()):
        if start is None:
            if value > threshold:
                start = t
        elif value < threshold / 2:
            found.append((start, t))
            start = None
        elif t - start > 4 and value > threshold and value > 2 * a[t - 3 : t].min() and value > 1.5 * a[t - 1]:
            found.append((start, t))
            start = t
    return [*found, (start, len(a))] if start is not None else found
