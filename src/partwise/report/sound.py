"""Stems of a recording: a result, or its saved model with or without a recording."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.report.encode import quantised
from partwise.report.overview import remarks
from partwise.report.result import Choice, Result
from partwise.report.saved import of_saved
from partwise.report.spectra import curves

__all__ = ["gather"]

AUDIO = 2_500_000
"""Bytes of sound in a report."""
RATES = (16_000, 11_025, 8_000)
"""Samples per second of what is embedded: the first at which `LEAST` seconds find room."""
LEAST = 10.0
FRAMES, BANDS = 800, 160
DEPTH = 70.0
"""Decibels between white and black."""
LOWEST = 30.0
"""Hertz, below which nobody hears a pitch."""


def gather(found: Any, data: Any = None, W: Any = None) -> Result:
    """A separation, or the model of one and the recording of ``data``."""
    return of_saved(found, data, W, result="Separation", learned=learned, alone=alone, again=again)


def again(model: Any, data: Any, W: Any) -> Any:
    """The components of a model in another recording."""
    from partwise.apps.audio import apply

    return apply(model, data, W=W)


def alone(model: Any) -> Result:
    """The spectra of the components, over bands of equal width in pitch."""
    from partwise.apps.audio import Grid

    grid, H = Grid(*model.field_["grid"]), np.asarray(model.components_, dtype=np.float64)
    stems = np.array(model.field_["stems"], dtype=object)
    bands, centres = bands_of(grid.frequencies)
    heights = np.stack([H[:, band].max(axis=1) for band in bands], axis=1)
    return Result(
        kind="sound",
        title=f"{len(H)} components of a recording, in {len(set(stems))} stems",
        words="component moment frequency/frequencies",
        model=model,
        H=H,
        labels=numbered(stems),
        features=[f"{hertz:.0f} Hz" for hertz in grid.frequencies],
        facts=[("components", len(H)), ("stems", len(set(stems))), ("samples per second", grid.rate)],
        measures=[[("stem", name)] for name in stems],
        notices=["Without the recording there is nothing to play, and no spectrogram."],
        views=lambda choice: {"curves": curves(centres, "frequency (Hz)", "loudness", heights)},
    )


def learned(found: Any) -> Result:
    """Stems, and what they are made of."""
    from partwise.apps.audio import note_name

    table = found.to_frame()
    mass = found.activations.sum(axis=0) * found.components.sum(axis=1)
    return Result(
        kind="sound",
        title=f"{len(found.names)} stems of {found.sound.source}",
        words="component moment frequency/frequencies",
        model=found.model,
        H=np.asarray(found.components, dtype=np.float64),
        labels=numbered(np.array(found.names, dtype=object)[found.groups]),
        features=[f"{hertz:.0f} Hz" for hertz in found.grid.frequencies],
        W=np.asarray(found.activations, dtype=np.float64),
        items=[f"{second:.2f} s" for second in found.times],
        shares=mass / (mass.sum() or 1.0),
        facts=[
            ("stems", len(found.names)),
            ("components", len(found.components)),
            ("seconds", round(found.sound.seconds, 2)),
            ("samples per second", found.sound.rate),
            ("channels", found.sound.wave.shape[1]),
        ],
        warnings=remarks(found),
        notices=[*found.notes, *found.sound.notes],
        measures=[
            [
                ("stem", row["stem"]),
                ("pitch", note_name(row["pitch"]) if row["clarity"] > 0 else "none"),
                ("clarity of the pitch", round(float(row["clarity"]), 2)),
            ]
            for _, row in table.iterrows()
        ],
        views=lambda choice: views(found, choice),
    )


def numbered(stems: np.ndarray) -> list[str]:
    """Components by the name of their stem; several of one stem are numbered.

    Examples
    --------
    >>> numbered(np.array(["piano", "drums", "piano"], dtype=object))
    ['piano 1', 'drums', 'piano 2']
    """
    labels = [str(name).replace("_", " ") for name in stems]
    for name in dict.fromkeys(stems):
        places = np.flatnonzero(stems == name).tolist()
        for i, place in enumerate(places if len(places) > 1 else [], start=1):
            labels[place] += f" {i}"
    return labels


@dataclass(frozen=True)
class Players:
    """How the sound is made small enough: one channel, a lower rate, the beginning alone.

    Attributes
    ----------
    rate : int
    seconds : float
    peak : float
        What becomes full scale in all of them, so that they are as loud as beside each other.
    """

    rate: int
    seconds: float
    peak: float

    @classmethod
    def of(cls, found: Any, room: float, waves: Iterable[np.ndarray]) -> Players:
        """The highest rate at which enough of the recording finds room."""
        whole, size = found.sound.seconds, int(AUDIO * room) / (2 * (1 + len(found.names)))
        rates = [min(rate, found.sound.rate) for rate in RATES]
        rate = next((rate for rate in rates if size / rate >= min(LEAST, whole)), rates[-1])
        return cls(rate, min(whole, size / rate), max(1.0, *(float(np.abs(wave).max()) for wave in waves)))

    def wav(self, wave: np.ndarray, rate: int) -> bytes:
        """A wave as a small file."""
        from partwise.apps.audio import resampled
        from partwise.io import as_sound, wav_bytes

        head = wave[: max(2, int(self.seconds * rate))].mean(axis=1) / self.peak
        return wav_bytes(resampled(as_sound(head, rate), self.rate).wave, self.rate, bits=16)

    def told(self, whole: float) -> str:
        """What was left out, in words."""
        cut = f", and the first {self.seconds:.1f} of {whole:.1f} seconds" if self.seconds < whole else ""
        return (
            f"The players have one channel, {self.rate:,} samples per second and 16 bits{cut}; the files of the stems "
            "have everything."
        )


def views(found: Any, choice: Choice) -> dict[str, Any]:
    """Players, spectrogram, activations and notes."""
    view = seen(found) | {"stems": stems_of(found)}
    if not choice.text:
        return {"sound": view}
    waves = dict(found.stems())
    players = Players.of(found, choice.room, [found.sound.wave, *waves.values()])
    for stem, wave in zip(view["stems"], waves.values(), strict=True):
        stem["wav"] = players.wav(wave, found.sound.rate)
    view["mix"] = players.wav(found.sound.wave, found.sound.rate)
    return {"sound": view, "notices": [players.told(found.sound.seconds)]}


def stems_of(found: Any) -> list[dict[str, Any]]:
    """Name, components and share of each stem."""
    return [
        {"name": name.replace("_", " "), "components": np.flatnonzero(found.groups == place), "share": share}
        for place, (name, share) in enumerate(zip(found.names, found.shares.tolist(), strict=True))
    ]


def seen(found: Any) -> dict[str, Any]:
    """Spectrogram, activations and notes."""
    frames = blocks(len(found.times), FRAMES)
    bands, centres = bands_of(found.grid.frequencies)
    loud = np.maximum.reduceat(found.spectrogram, frames, axis=0)
    return {
        "rate": found.sound.rate,
        "seconds": found.sound.seconds,
        "times": found.times[frames],
        "frequencies": centres,
        "spectrogram": decibels(np.stack([loud[:, band].max(axis=1) for band in bands], axis=1)),
        "depth": DEPTH,
        "activations": quantised(np.maximum.reduceat(found.loudness, frames, axis=0).T),
        "notes": [
            [float(row.onset), float(row.offset), int(row.pitch), str(row.name), place_of(str(row.source), found.names)]
            for row in found.find_notes().itertuples(index=False)
        ],
    }


def place_of(source: str, names: Sequence[str]) -> int:
    """The first stem of a note, which several may share."""
    return next(place for place, name in enumerate(names) if source == name or source.startswith(f"{name} + "))


def blocks(n: int, most: int) -> np.ndarray:
    """Where each of at most ``most`` equal blocks of n things begins."""
    return np.unique(np.linspace(0, n, min(n, most), endpoint=False).astype(int))


def bands_of(frequencies: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
    """Bins of each band of equal width in pitch, and the frequency of each; bands without a bin are left out."""
    heard = np.flatnonzero(frequencies >= LOWEST)
    edges = np.geomspace(frequencies[heard[0]], frequencies[-1], BANDS + 1)
    band = np.clip(np.searchsorted(edges, frequencies[heard], side="right") - 1, 0, BANDS - 1)
    bins = [heard[band == b] for b in np.unique(band)]
    return bins, np.array([np.exp(np.log(frequencies[one]).mean()) for one in bins])


def decibels(A: np.ndarray) -> np.ndarray:
    """Magnitudes as bytes: 255 the loudest, 0 all that is `DEPTH` decibels below it."""
    top = A.max(initial=0)
    if not top:
        return np.zeros(A.shape, np.uint8)
    level = 20 * np.log10(np.maximum(A / top, 10 ** (-DEPTH / 20)))
    return np.rint(255 * (1 + level / DEPTH)).astype(np.uint8)
