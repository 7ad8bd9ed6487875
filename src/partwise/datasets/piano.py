"""Notes of a piano that ship inside the package, one by one and mixed, as waves and as spectrograms."""

import numpy as np

from .records import Dataset
from .shipped import arrays

PIANO_NOTICE = (
    "Salamander Grand Piano V3, samples by Alexander Holm, CC BY 3.0 (https://creativecommons.org/licenses/by/3.0/); "
    "resampled to 16 kHz, cut and mixed."
)

WINDOW = 2048  # samples per frame of the spectrograms: 0.128 s at 16 kHz
HOP = 512  # samples from frame to frame: 0.032 s
OCTAVE = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]


def load_piano_notes() -> Dataset:
    """Load 30 single notes of a piano, to know what each note looks like before taking a mix apart.

    Returns
    -------
    Dataset
        ``X`` : ndarray of shape (1025, 30), float64: the magnitude spectrum of each note, averaged over its 3 seconds;
        rows are frequencies, columns notes. ``feature_names`` : the notes, "A0" to "C8". ``extra`` : ``waves`` (30,
        48000) float64 within -1..1, ``rate`` 16000 Hz, ``midi`` (30,) and ``frequencies`` (1025,) in Hz.

    References
    ----------
    Salamander Grand Piano V3, https://github.com/sfzinstruments/SalamanderGrandPiano.

    Examples
    --------
    >>> from partwise.datasets import load_piano_notes
    >>> notes = load_piano_notes()
    >>> a4 = list(notes.feature_names).index("A4")
    >>> float(notes.extra["frequencies"][notes.X[:, a4].argmax()])  # 440 Hz, to the width of a bin
    437.5
    """
    parts = arrays("piano_notes.npz")
    rate = int(parts["rate"])
    waves = parts["waves"] / 32768.0
    frequencies, _, X = spectrogram(waves, rate)
    return Dataset(
        name="piano_notes",
        X=np.ascontiguousarray(X.mean(axis=2).T),
        description="Mean magnitude spectrum of 30 single piano notes (frequency x note).",
        feature_names=np.array([note_name(m) for m in parts["midi"]]),
        row_names=np.array([f"{f:g} Hz" for f in frequencies]),
        extra={"waves": waves, "rate": rate, "midi": parts["midi"], "frequencies": frequencies},
        notice=PIANO_NOTICE,
    )


def load_piano_mix() -> Dataset:
    """Load 30 seconds of piano chords with their score, to separate notes and mark the answer.

    13 notes, in random chords of one to three. The spectrogram is the magnitude of a short-time Fourier transform of
    the wave (Hann window of 2048 samples, hop 512).

    Returns
    -------
    Dataset
        ``X`` : ndarray of shape (1025, 939), float64, all positive; rows are frequencies, columns frames. ``extra`` :
        ``wave`` (480000,) float64 within -1..1, ``rate`` 16000 Hz, ``roll`` (13, 939) the gain of each note while it
        sounds (the score), ``midi`` (13,) and ``notes`` (13,) its rows, ``frequencies`` (1025,) in Hz, ``times`` (939,)
        in s.

    References
    ----------
    Salamander Grand Piano V3, https://github.com/sfzinstruments/SalamanderGrandPiano.

    Examples
    --------
    >>> from partwise.datasets import load_piano_mix
    >>> mix = load_piano_mix()
    >>> mix.X.shape, round(float(mix.X.max()), 4)
    ((1025, 939), 0.0859)
    """
    parts = arrays("piano_mix.npz")
    rate, midi = int(parts["rate"]), parts["midi"]
    wave = parts["wave"] / 20000.0
    frequencies, times, X = spectrogram(wave, rate)
    notes = np.array([note_name(m) for m in midi])
    heard = {"wave": wave, "rate": rate, "frequencies": frequencies, "times": times}
    return Dataset(
        name="piano_mix",
        X=X,
        description="Magnitude spectrogram of 30 seconds of piano chords (frequency x frame).",
        feature_names=np.array([f"{t:.3f} s" for t in times]),
        row_names=np.array([f"{f:g} Hz" for f in frequencies]),
        extra={**heard, "roll": parts["roll"].astype(np.float64), "midi": midi, "notes": notes},
        notice=PIANO_NOTICE,
    )


def spectrogram(waves: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return frequencies in Hz, times in s and the magnitudes (..., frequency, frame) of waves (..., sample)."""
    from scipy.signal import stft

    frequencies, times, Z = stft(waves, rate, nperseg=WINDOW, noverlap=WINDOW - HOP)
    return frequencies, times, np.abs(Z)


def note_name(midi: int) -> str:
    """Name a MIDI note number, with A4 = 69 = 440 Hz."""
    return f"{OCTAVE[midi % 12]}{midi // 12 - 1}"
