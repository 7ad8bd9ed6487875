"""How good stems are, where the true ones are known: decibels of what is right against what is not."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.errors import DataError

__all__ = ["sdr_sir_sar", "si_sdr"]


def si_sdr(truth: Any, estimate: Any) -> float:
    """Scale-invariant signal-to-distortion ratio in dB.

    ``10 log10(|a s|^2 / |a s - e|^2)`` with ``a = <s, e> / |s|^2``: the estimate e against the true signal s at its
    best loudness.

    Parameters
    ----------
    truth, estimate : array-like of one shape
        Channels are counted as one long signal.

    Returns
    -------
    float
        nan if the truth is silent, minus infinity if the estimate has nothing of it.

    References
    ----------
    Le Roux, Wisdom, Erdogan and Hershey (2019), SDR - half-baked or well done?, doi:10.1109/ICASSP.2019.8683855.

    Examples
    --------
    >>> from partwise.apps.audio import si_sdr
    >>> round(si_sdr([1.0, -1.0, 1.0, -1.0], [1.0, -1.0, 1.0, -0.8]), 2)
    20.8
    """
    s, e = (np.ravel(np.asarray(wave, dtype=np.float64)) for wave in (truth, estimate))
    if s.shape != e.shape:
        raise DataError(f"truth holds {s.size} samples, the estimate {e.size}: give as many.")
    if not s.any():
        return float("nan")
    target = (s @ e) / (s @ s) * s
    return decibels(float(target @ target), float(np.sum((target - e) ** 2)))


def sdr_sir_sar(truth: Any, estimates: Any, *, taps: int = 512) -> tuple[np.ndarray, ...]:
    """SDR, SIR and SAR of BSS Eval 3 in dB, each estimate matched to the true source that gives the best mean SIR.

    An estimate is split into its projection on the true source and its delays (target), the rest of its projection on
    all true sources (interference) and what is left (artefacts)::

        SDR = target / (interference + artefacts)
        SIR = target / interference
        SAR = (target + interference) / artefacts

    Parameters
    ----------
    truth, estimates : array-like of shape (n_sources, n_samples)
        One channel; no true source may be silent.
    taps : int, default=512
        Delays, in samples, that count as the same source.

    Returns
    -------
    sdr, sir, sar : ndarray of shape (n_sources,)
        In the order of ``truth``.
    order : ndarray of int of shape (n_sources,)
        ``estimates[order]`` stands in the order of ``truth``.

    Raises
    ------
    DataError
        If shapes differ or a true source is silent.

    Notes
    -----
    O(n_sources^2 n_samples log n_samples + (n_sources taps)^3).

    References
    ----------
    Vincent, Gribonval and Fevotte (2006), Performance measurement in blind audio source separation,
    doi:10.1109/TSA.2005.858005.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.audio import sdr_sir_sar
    >>> a, b = np.random.default_rng(0).standard_normal((2, 4000))
    >>> sdr, _, _, order = sdr_sir_sar([a, b], [b + 0.1 * a, a + 0.1 * b], taps=1)
    >>> order.tolist(), sdr.round(0).tolist()
    ([1, 0], [20.0, 20.0])
    """
    from scipy.optimize import linear_sum_assignment

    S, E = (np.atleast_2d(np.asarray(waves, dtype=np.float64)) for waves in (truth, estimates))
    if S.shape != E.shape or S.ndim != 2:
        raise DataError(f"truth has the shape {S.shape}, the estimates {E.shape}: give as many, of one length.")
    if not S.any(axis=1).all():
        raise DataError("A true source is silent: decibels of nothing are not defined. Leave it out.")
    marks = np.array([split(S, estimate, taps) for estimate in E])
    finite = np.nan_to_num(marks[:, :, 1].T, posinf=1e6, neginf=-1e6)
    _, order = linear_sum_assignment(-finite)
    best = marks[order, np.arange(len(S))]
    return best[:, 0], best[:, 1], best[:, 2], order


def split(S: np.ndarray, estimate: np.ndarray, taps: int) -> list[tuple[float, float, float]]:
    """SDR, SIR and SAR of one estimate, for each source that it might be of."""
    everything = projected(S, estimate, taps)
    artefacts = np.pad(estimate, (0, taps - 1)) - everything
    marks = []
    for place in range(len(S)):
        target = projected(S[[place]], estimate, taps) if len(S) > 1 else everything
        interference, wanted = everything - target, np.sum(target**2)
        marks.append(
            (
                decibels(wanted, np.sum((interference + artefacts) ** 2)),
                decibels(wanted, np.sum(interference**2)),
                decibels(np.sum(everything**2), np.sum(artefacts**2)),
            )
        )
    return marks


def projected(S: np.ndarray, estimate: np.ndarray, taps: int) -> np.ndarray:
    """The nearest signal to ``estimate`` that filters of ``taps`` samples make of the rows of S."""
    from scipy.fft import irfft, next_fast_len, rfft
    from scipy.linalg import toeplitz

    m, n = S.shape
    size = next_fast_len(n + taps, real=True)
    F, e = np.asarray(rfft(S, size)), np.asarray(rfft(estimate, size))
    lags = np.asarray(irfft(F[:, None] * F[None].conj(), size))
    blocks = [[toeplitz(lags[j, i, :taps], lags[i, j, :taps]) for j in range(m)] for i in range(m)]
    cross = np.asarray(irfft(F.conj() * e, size))[:, :taps]
    filters = solved(np.block(blocks), cross.ravel()).reshape(m, taps)
    return np.asarray(irfft((F * np.asarray(rfft(filters, size))).sum(axis=0), size))[: n + taps - 1]


def solved(A: np.ndarray, b: np.ndarray) -> np.ndarray:
    """The solution of ``A x = b``, or the shortest one where sources repeat each other."""
    try:
        return np.linalg.solve(A, b)
    except np.linalg.LinAlgError:
        return np.linalg.lstsq(A, b, rcond=None)[0]


def decibels(wanted: float, unwanted: float) -> float:
    """Ten times the logarithm of the ratio."""
    with np.errstate(divide="ignore"):
        return float(10 * (np.log10(wanted) - np.log10(unwanted)))
