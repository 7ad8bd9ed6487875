"""Which components belong together: by the colour of their sound."""

from __future__ import annotations

import numpy as np

from partwise.errors import DataError

__all__ = ["timbre_groups"]

BANDS, COEFFICIENTS = 40, 13


def timbre_groups(H: np.ndarray, frequencies: np.ndarray, n_groups: int) -> np.ndarray:
    """Group spectra whose envelopes are alike.

    A spectrum becomes 13 mel-frequency cepstral coefficients without the first, which is loudness; Ward's method joins
    the nearest. A guess: it tells a drum from a piano, hardly two pianos, and sounds that change their colour with
    loudness or height end in several groups. Listen, then name the groups yourself with `Separation.regroup`.

    Parameters
    ----------
    H : ndarray of shape (k, n_frequencies), non-negative
        Magnitudes.
    frequencies : ndarray of shape (n_frequencies,)
        In Hz.
    n_groups : int

    Returns
    -------
    ndarray of int of shape (k,)
        Groups from 0, in the order of their first members.

    Raises
    ------
    DataError
        If there are more groups than components.

    Notes
    -----
    O(k^2) distances.

    References
    ----------
    Spiertz and Gnann (2009), Source-filter based clustering for monaural blind source separation, DAFx-09.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.audio import timbre_groups
    >>> frequencies = np.linspace(0, 8000, 257)
    >>> dark, bright = np.exp(-frequencies / 300), np.exp(-(8000 - frequencies) / 900)
    >>> timbre_groups(np.array([dark, bright, 2 * dark]), frequencies, 2).tolist()
    [0, 1, 0]
    """
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.fft import dct

    if not 1 <= n_groups <= len(H):
        raise DataError(f"{n_groups} groups of {len(H)} components: ask for 1 to {len(H)}.")
    if n_groups == len(H):
        return np.arange(len(H))
    energy = (H**2) @ mel_bands(frequencies).T
    loud = 10 * np.log10(np.maximum(energy, 1e-8 * energy.max(axis=1, keepdims=True) + 1e-300))
    cepstra = np.asarray(dct(loud, norm="ortho", axis=1))[:, 1:COEFFICIENTS]
    found = fcluster(linkage(cepstra, "ward"), n_groups, "maxclust")
    order = list(dict.fromkeys(found.tolist()))
    return np.array([order.index(group) for group in found.tolist()])


def mel_bands(frequencies: np.ndarray) -> np.ndarray:
    """Triangles of equal width on the mel scale, (40, n_frequencies)."""
    top = 2595 * np.log10(1 + frequencies[-1] / 700)
    mel = 2595 * np.log10(1 + frequencies / 700)
    centres, width = np.linspace(0, top, BANDS + 2)[1:-1], top / (BANDS + 1)
    bands = np.maximum(0, 1 - np.abs(mel - centres[:, None]) / width)
    nearest = np.abs(frequencies - 700 * (10 ** (centres / 2595) - 1)[:, None]).argmin(axis=1)
    bands[np.arange(BANDS), nearest] = np.maximum(bands[np.arange(BANDS), nearest], 0.5)  # narrow bands are not empty
    return bands
