"""Between waves and spectrograms: the short-time Fourier transform, and its exact inverse."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.errors import DataError
from partwise.io import Sound

__all__ = ["EXPONENTS", "Grid", "checked_loss", "resampled"]

EXPONENTS = {"kl": 1.0, "is": 2.0}
"""Loss -> the power of magnitudes that it is fitted to: each loss has a noise model of its own."""
FLOOR = 1e-10
"""Lowest power as a share of the largest, for a loss that allows no zero: 100 dB below, less than 16 bits resolve."""


@dataclass(frozen=True)
class Grid:
    """Frames and frequencies of a spectrogram (Hann window).

    Attributes
    ----------
    rate : int
        Samples per second.
    window, hop : int
        Samples in a frame, and from frame to frame.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.audio import Grid
    >>> grid = Grid(8000, 256, 64)
    >>> wave = np.sin(np.arange(1000.0))[:, None]
    >>> Z = grid.forward(wave)
    >>> Z.shape, bool(np.abs(grid.inverse(Z, 1000) - wave).max() < 1e-12)
    ((1, 19, 129), True)
    """

    rate: int
    window: int = 2048
    hop: int = 512

    def __post_init__(self) -> None:
        if not (self.window >= 4 and 1 <= self.hop <= self.window // 2):
            raise DataError(
                f"window={self.window} and hop={self.hop}: a window has 4 samples or more, and hop is from 1 to half "
                "of it, such as 2048 and 512."
            )

    @property
    def frequencies(self) -> np.ndarray:
        """In Hz, (window // 2 + 1,)."""
        return np.fft.rfftfreq(self.window, 1 / self.rate)

    def times(self, n_frames: int) -> np.ndarray:
        """Seconds of the centres of the frames."""
        return (np.arange(n_frames) + self.first) * self.hop / self.rate

    def n_frames(self, n_samples: int) -> int:
        """Frames of a sound."""
        return int(self.transform().p_num(max(n_samples, self.window)))

    @property
    def first(self) -> int:
        """Number of the first frame that touches the sound; frame 0 is centred at its beginning."""
        return int(self.transform().p_min)

    def transform(self) -> Any:
        """The transform of scipy."""
        from scipy.signal import ShortTimeFFT
        from scipy.signal.windows import hann

        return ShortTimeFFT(hann(self.window, sym=False), self.hop, self.rate, scale_to="magnitude")

    def forward(self, wave: np.ndarray) -> np.ndarray:
        """Waves of shape (n_samples, n_channels) as complex (n_channels, n_frames, n_frequencies)."""
        return np.swapaxes(self.transform().stft(self.padded(wave).T), 1, 2)

    def inverse(self, Z: np.ndarray, n_samples: int) -> np.ndarray:
        """The inverse, (n_samples, n_channels): exact, and linear, so that parts of Z sum to the whole wave."""
        wave = self.transform().istft(np.swapaxes(Z, 1, 2), k1=max(n_samples, self.window))
        return np.real(wave).T[:n_samples]

    def padded(self, wave: np.ndarray) -> np.ndarray:
        """At least a window long."""
        return np.pad(wave, ((0, max(0, self.window - len(wave))), (0, 0)))

    def rows(self, Z: np.ndarray, exponent: float) -> np.ndarray:
        """What is factorized: magnitudes to a power, a row per channel and frame, in float32."""
        X = np.abs(Z.reshape(-1, Z.shape[-1])) ** exponent
        if exponent == EXPONENTS["is"]:
            X = np.maximum(X, FLOOR * X.max(initial=0))
        return X.astype(np.float32)


def resampled(sound: Sound, rate: int) -> Sound:
    """The same sound at another rate.

    Examples
    --------
    >>> from partwise.apps.audio import resampled
    >>> from partwise.io import as_sound
    >>> len(resampled(as_sound([0.0] * 441, 44100), 16000).wave)
    160
    """
    from scipy.signal import resample_poly

    if rate == sound.rate:
        return sound
    common = np.gcd(rate, sound.rate)
    return Sound(resample_poly(sound.wave, rate // common, sound.rate // common), rate, sound.source, sound.notes)


def checked_loss(loss: str) -> str:
    """ "kl" or "is", from any of their names."""
    name = {"kullback-leibler": "kl", "itakura-saito": "is"}.get(loss, loss)
    if name not in EXPONENTS:
        raise DataError(f'loss={loss!r} is no loss for sound. Use "kl" (magnitudes) or "is" (powers).')
    return name
