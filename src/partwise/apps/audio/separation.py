"""What a separation is: components, the stems that they make up, and the notes in them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.audio.grouping import timbre_groups
from partwise.apps.audio.pitch import find_notes, named_pitch, pitch_of
from partwise.apps.audio.transform import EXPONENTS, Grid
from partwise.card import Card
from partwise.errors import DataError
from partwise.io import Sound, wav_bytes

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Separation", "stem_file"]

CHANNELS = {1: "mono", 2: "stereo"}


@dataclass(frozen=True, eq=False)
class Separation(Card):
    """A recording in parts.

    Attributes
    ----------
    model : fitted estimator
    sound : Sound
        The recording.
    grid : Grid
    loss : {"kl", "is"}
    W : ndarray of shape (n_channels, n_frames, k), non-negative
        When, and in which channel, each component sounds.
    components : ndarray of shape (k, n_frequencies), non-negative
        Spectra; those that were learned from the recording sum to one, templates are in units of their own recording.
    names : tuple of str
        The stems.
    groups : ndarray of int of shape (k,)
        The stem of each component.
    notes : tuple of str
        What should be known.
    n_known : int
        So many components, the first ones, are templates.

    Examples
    --------
    >>> from partwise.apps.audio import separate
    >>> import numpy as np
    >>> from partwise.io import as_sound
    >>> time = np.arange(8000) / 8000
    >>> found = separate(as_sound(np.sin(880 * np.pi * time) * (time < 0.5) + np.sin(1320 * np.pi * time), 8000), 2)
    >>> found.W.shape[2], found.components.shape[0]
    (2, 2)
    """

    model: Any
    sound: Sound
    grid: Grid
    loss: str
    W: np.ndarray
    components: np.ndarray
    names: tuple[str, ...]
    groups: np.ndarray
    notes: tuple[str, ...] = ()
    n_known: int = 0

    @property
    def activations(self) -> np.ndarray:
        """How loud each component is, all channels added: (n_frames, k)."""
        return self.W.sum(axis=0)

    @property
    def loudness(self) -> np.ndarray:
        """How loud each stem is: (n_frames, n_stems)."""
        return self.activations @ np.eye(len(self.names))[self.groups]

    @property
    def times(self) -> np.ndarray:
        """Seconds of the frames."""
        return self.grid.times(self.W.shape[1])

    @property
    def spectrogram(self) -> np.ndarray:
        """Magnitudes of the recording, root mean square of the channels: (n_frames, n_frequencies)."""
        return np.sqrt(np.mean(np.abs(self.grid.forward(self.sound.wave)) ** 2, axis=0))

    @property
    def spectra(self) -> np.ndarray:
        """The components as magnitudes, whatever the loss: (k, n_frequencies)."""
        return self.components ** (1 / EXPONENTS[self.loss])

    @property
    def shares(self) -> np.ndarray:
        """The part of the modelled sound that each stem carries, (n_stems,), of sum 1."""
        mass = self.activations.sum(axis=0) * self.components.sum(axis=1)
        return np.bincount(self.groups, mass, len(self.names)) / (mass.sum() or 1.0)

    @property
    def sources(self) -> np.ndarray:
        """The stems: (n_stems, n_samples, n_channels); they sum to the recording."""
        return np.stack([wave for _, wave in self.stems()])

    def stems(self) -> Iterator[tuple[str, np.ndarray]]:
        """Name and wave (n_samples, n_channels) of each stem, one at a time.

        A stem is the recording's own transform, at every frequency and frame multiplied by the stem's share of the
        power in the model (the Wiener filter), and transformed back; where the model is silent all stems get as much.
        """
        Z = self.grid.forward(self.sound.wave)
        q = 2 / EXPONENTS[self.loss]
        total = np.zeros(Z.shape)
        for place in range(len(self.names)):
            total += self.modelled(place) ** q
        for place, name in enumerate(self.names):
            share = np.full(Z.shape, 1 / len(self.names))
            np.divide(self.modelled(place) ** q, total, out=share, where=total > 0)
            yield name, self.grid.inverse(Z * share, len(self.sound.wave))

    def modelled(self, place: int) -> np.ndarray:
        """What the model says of one stem, relative to all: (n_channels, n_frames, n_frequencies)."""
        mine = self.groups == place
        return self.W[:, :, mine].astype(np.float64) @ self.components[mine].astype(np.float64) / self.level

    @property
    def level(self) -> float:
        """The largest number that the factors can make, so that powers of quotients stay in range."""
        return float(self.W.sum(axis=2).max() * self.components.max()) or 1.0

    def regroup(self, groups: int | Sequence[str]) -> Separation:
        """The same components in other stems: as many as given, by timbre, or by a name for each component."""
        if isinstance(groups, int | np.integer):
            labels = timbre_groups(self.spectra, self.grid.frequencies, int(groups))
            return replace(self, groups=labels, names=tuple(f"group_{g}" for g in range(labels.max() + 1)))
        if isinstance(groups, str) or len(groups) != len(self.components):
            raise DataError(f"groups={groups!r}: give a stem's name for each of {len(self.components)} components.")
        names = tuple(dict.fromkeys(map(str, groups)))
        return replace(self, groups=np.array([names.index(str(group)) for group in groups]), names=names)

    def pitches(self) -> tuple[np.ndarray, np.ndarray]:
        """MIDI pitch and its clarity for each stem, from the sum of its components; see `pitch_of`.

        A stem that is called like a note, such as A4, has that pitch.
        """
        mass = self.activations.sum(axis=0)[:, None] * self.components
        found = [
            pitch_of(mass[self.groups == place].sum(axis=0) ** (1 / EXPONENTS[self.loss]), self.grid.frequencies)
            for place in range(len(self.names))
        ]
        named = np.array([named_pitch(name) for name in self.names])
        midi, clarity = np.array(found).T
        return np.where(np.isnan(named), midi, named), np.where(np.isnan(named), clarity, 1.0)

    def find_notes(self, *, clarity: float = 0.15, threshold: float = 0.2, shortest: float = 0.06) -> pd.DataFrame:
        """The notes of all stems that have a pitch; see `find_notes`.

        Parameters
        ----------
        clarity : float, default=0.15
            Stems below it have no pitch. It keeps noise out, not drums that ring, such as toms.
        threshold, shortest : float
            As there.
        """
        midi, clear = self.pitches()
        midi = np.where(clear >= clarity, midi, np.nan)
        loud = self.loudness ** (1 / EXPONENTS[self.loss])
        return find_notes(loud, midi.tolist(), self.times, sources=self.names, threshold=threshold, shortest=shortest)

    def to_frame(self) -> pd.DataFrame:
        """A row per component: its stem, share of all sound, pitch, its clarity, and the time of its maximum."""
        import pandas as pd

        mass = self.activations.sum(axis=0) * self.components.sum(axis=1)
        pitch = np.array([pitch_of(spectrum, self.grid.frequencies) for spectrum in self.spectra])
        return pd.DataFrame(
            {
                "stem": [self.names[group] for group in self.groups],
                "share": mass / (mass.sum() or 1.0),
                "pitch": pitch[:, 0],
                "clarity": pitch[:, 1],
                "loudest": self.times[self.activations.argmax(axis=0)],
            },
            index=pd.RangeIndex(len(pitch), name="component"),
        )

    def save_wavs(self, folder: str | os.PathLike[str]) -> list[Path]:
        """Write ``source_NAME.wav`` for every stem, as 32-bit floats, and return the paths.

        Examples
        --------
        >>> import tempfile
        >>> import numpy as np
        >>> from partwise.apps.audio import separate
        >>> noise = np.random.default_rng(0).standard_normal(4000) / 10
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     [path.name for path in separate(noise, 2, rate=8000, window=512, hop=128).save_wavs(folder)]
        ['source_component_0.wav', 'source_component_1.wav']
        """
        paths = []
        for name, wave in self.stems():
            path = Path(folder) / stem_file(name)
            path.write_bytes(wav_bytes(wave, self.sound.rate))
            paths.append(path)
        return paths

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model, with its grid and the names of the stems, to a ``.pw`` file; `apply` uses it again."""
        stems = [self.names[group] for group in self.groups]
        grid = [self.grid.rate, self.grid.window, self.grid.hop]
        self.model.field_ = {
            "kind": "sound", "grid": grid, "loss": self.loss, "stems": stems, "known": self.n_known
        }  # fmt: skip
        self.model.save(path)

    def info(self) -> str:
        """The result in words."""
        _, frames, k = self.W.shape
        channels = CHANNELS.get(len(self.W), f"{len(self.W)} channels")
        stems = ", ".join(f"{name} {share:.0%}" for name, share in zip(self.names, self.shares, strict=True))
        return (
            f"{self.sound.source}: {self.sound.seconds:.1f} s at {self.sound.rate:,} Hz, {channels}; {frames} frames "
            f"x {self.components.shape[1]} frequencies from {k} components.\n{len(self.names)} stems: {stems}."
        )


def stem_file(name: str) -> str:
    """The file of a stem, whatever its name.

    Examples
    --------
    >>> stem_file("left/right")
    'source_left_right.wav'
    """
    safe = re.sub(r"[^\w#+. -]", "_", name)
    return f"source_{safe}.wav"
