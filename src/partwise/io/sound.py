"""Sound files to samples of -1 to 1, and samples to .wav files.

This is the only file that imports soundfile (extra ``audio``), when it meets a file that is not a plain .wav.
"""

from __future__ import annotations

import os
import struct
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partwise.errors import DataError, MissingExtraError, MissingFileError

__all__ = ["SOUND_SUFFIXES", "Sound", "as_sound", "read_sound", "wav_bytes"]

SOUND_SUFFIXES = (".wav", ".flac", ".ogg", ".mp3", ".aif", ".aiff")


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording.

    Attributes
    ----------
    wave : ndarray of shape (n_samples, n_channels), float64
        Full scale is -1 to 1.
    rate : int
        Samples per second.
    source : str
        Where it comes from, for messages.
    notes : tuple of str
        What a listener should know.

    Examples
    --------
    >>> from partwise.io import as_sound
    >>> as_sound([0.0, 0.5, -0.5, 0.0], 4).seconds
    1.0
    """

    wave: np.ndarray
    rate: int
    source: str = "the sound"
    notes: tuple[str, ...] = ()

    @property
    def seconds(self) -> float:
        """Length."""
        return len(self.wave) / self.rate


def read_sound(path: str | os.PathLike[str]) -> Sound:
    """Read a sound file: .wav by itself, .flac, .ogg, .mp3 and .aif by soundfile.

    Parameters
    ----------
    path : path
        Of any rate, any number of channels, and 8 to 64 bits.

    Returns
    -------
    Sound

    Raises
    ------
    MissingFileError
        If there is no such file.
    MissingExtraError
        If soundfile is needed and not installed.
    DataError
        If it is no sound, is empty, has one sample, or values that are nan or infinite.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from partwise.io import read_sound, wav_bytes
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "a.wav"
    ...     _ = path.write_bytes(wav_bytes([[0.0, 0.25], [0.5, -0.5]], 8000))
    ...     read_sound(path).wave.tolist()
    [[0.0, 0.25], [0.5, -0.5]]
    """
    path = Path(path)
    if not path.exists():
        raise MissingFileError.at(path)
    if path.is_dir():
        raise DataError(f"{path} is a folder. Give one sound file.")
    if path.stat().st_size == 0:
        raise DataError(f"{path} is empty (0 bytes).")
    if path.suffix.lower() not in SOUND_SUFFIXES:
        kinds = ", ".join(SOUND_SUFFIXES)
        raise DataError(f"{path}: {path.suffix or 'no suffix'} is no kind of sound that is known. Known: {kinds}.")
    wave, rate = plain_wav(path) or by_soundfile(path)
    return as_sound(wave, rate, path.name)


def as_sound(wave: Any, rate: int, source: str = "the sound") -> Sound:
    """Check samples of shape (n_samples,) or (n_samples, n_channels).

    Raises
    ------
    DataError
        As `read_sound`.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.io import as_sound
    >>> as_sound(np.zeros(8000), 8000).wave.shape
    (8000, 1)
    """
    values = np.asarray(wave, dtype=np.float64)
    if values.ndim == 1:
        values = values[:, None]
    if values.ndim != 2:
        raise DataError(f"{source} has the shape {values.shape}; sound is (n_samples,) or (n_samples, n_channels).")
    if not 0 < rate < np.inf or rate != int(rate):
        raise DataError(f"{source}: rate={rate!r} must be a whole number of samples per second, such as 44100.")
    if len(values) < 2:
        raise DataError(f"{source} holds {len(values)} samples; there is nothing to hear.")
    bad = np.argwhere(~np.isfinite(values))
    if len(bad):
        raise DataError(
            f"{source} has {len(bad)} samples that are nan or infinite (first: sample {bad[0, 0]}, "
            f"{bad[0, 0] / rate:.3f} s). Repair or cut them out first."
        )
    notes = []
    if np.mean(np.abs(values) >= 1) > 1e-4:
        notes.append(
            f"{source}: {np.mean(np.abs(values) >= 1):.2%} of the samples are at full scale; it may be clipped."
        )
    return Sound(values, int(rate), source, tuple(notes))


def plain_wav(path: Path) -> tuple[np.ndarray, int] | None:
    """Samples and rate of a .wav of whole numbers or floats; None if it is another kind of file inside."""
    from scipy.io import wavfile

    if path.read_bytes()[:4] not in (b"RIFF", b"RIFX", b"RF64"):
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks of remarks; a cut end leaves fewer samples
            rate, samples = wavfile.read(path)
    except (ValueError, struct.error, EOFError, UnboundLocalError, ZeroDivisionError) as error:
        if "Unknown wave file format" in str(error) or "bit" in str(error):  # compressed, or packed oddly
            return None
        raise DataError(
            f"{path} is not a readable .wav file ({' '.join(str(error).split())}). Save it again."
        ) from None
    return scaled(samples), rate


def scaled(samples: np.ndarray) -> np.ndarray:
    """Whole numbers to -1 to 1, floats as they are.

    Examples
    --------
    >>> scaled(np.array([0, 128, 192], np.uint8)).tolist()  # 8 bits have their zero at 128
    [-1.0, 0.0, 0.5]
    """
    if samples.dtype.kind == "u":
        half = 2.0 ** (8 * samples.itemsize - 1)
        return samples / half - 1
    if samples.dtype.kind == "i":
        return samples / 2.0 ** (8 * samples.itemsize - 1)
    return samples.astype(np.float64)


def by_soundfile(path: Path) -> tuple[np.ndarray, int]:
    """Samples and rate of any file that libsndfile knows."""
    try:
        import soundfile
    except (ImportError, OSError):  # OSError: the library of the system is not there
        kind = "this kind of .wav" if path.suffix.lower() == ".wav" else path.suffix.lower()
        task = f"Reading {kind} files (plain .wav works without)"
        raise MissingExtraError.for_task(task, "audio") from None
    try:
        return soundfile.read(path, dtype="float64", always_2d=True)
    except (soundfile.LibsndfileError, RuntimeError, TypeError):  # their reasons mislead: a short .mp3 "does not exist"
        raise DataError(
            f"{path} is not a readable sound file of the kind {path.suffix.lower()}. It may be cut short, or have the "
            "name of another kind; export it again, as .wav."
        ) from None


WHOLE, FLOATS = 1, 3
"""What a .wav file calls its two kinds of numbers."""


def wav_bytes(wave: Any, rate: int, bits: int = 32) -> bytes:
    """Samples as the bytes of a .wav file of 32-bit floats: nothing is clipped, 24 bits of every sample stay.

    Parameters
    ----------
    wave : array-like of shape (n_samples,) or (n_samples, n_channels)
    rate : int
        Samples per second.
    bits : {32, 16}
        16: whole numbers, half the size and understood by every player; what is outside -1 to 1 is clipped.

    Returns
    -------
    bytes

    Examples
    --------
    >>> from partwise.io import wav_bytes
    >>> wav_bytes([0.0, 0.5], 8000)[8:12]
    b'WAVE'
    """
    values = np.asarray(wave)
    values = values[:, None] if values.ndim == 1 else values
    channels = values.shape[1]
    if bits == 16:
        kind, data = WHOLE, np.rint(32767 * np.clip(values, -1, 1)).astype("<i2").tobytes()
    else:
        kind, data = FLOATS, values.astype("<f4").tobytes()
    frame = channels * bits // 8
    header = struct.pack("<HHIIHHH", kind, channels, rate, rate * frame, frame, bits, 0)
    chunks = ((b"fmt ", header), (b"fact", struct.pack("<I", len(values))), (b"data", data))
    body = b"WAVE" + b"".join(kind + struct.pack("<I", len(part)) + part for kind, part in chunks)
    return b"RIFF" + struct.pack("<I", len(body)) + body
