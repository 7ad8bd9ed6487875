"""Plain mixtures: many recordings of a few hidden signals, added up in unknown proportions, and the signals again.

`unmix` takes the mixtures, rows in time, and returns `Unmixed`. Nothing is transformed: sound has a room of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.card import Card
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Unmixed", "match", "unmix"]

METHODS = ("nmf", "minimum-volume")
FLOOR = 0.25
"""From this share of its mean on, the lowest value of a mixture is told: such data are far from the origin."""


def unmix(
    X: Any,
    n_components: int | None = None,
    *,
    sources: Any = None,
    method: str = "nmf",
    model: Any = None,
    volume: float = 1e-5,
    subtract: bool = False,
    random_state: int = 0,
) -> Unmixed:
    """Find the hidden signals of mixtures.

    Parameters
    ----------
    X : array-like or DataFrame of shape (n_times, n_mixtures), non-negative
        A column per mixture.
    n_components : int or None
        Number of hidden signals; None takes that of ``sources`` or ``model``.
    sources : array-like or DataFrame of shape (n_times, n_components), or None
        The true signals, where they are known: what is found is put in their order and compared with them.
    method : {"nmf", "minimum-volume"}, default="nmf"
        "nmf" takes any exact fit, of which there are many. "minimum-volume" takes the one whose signals, each of sum
        one, span the least volume: the true one, if every signal is at times nearly absent.
    model : estimator or None
        With ``fit_transform`` and ``components_``, instead of ``method``; it is cloned.
    volume : float, default=1e-5
        Weight of the volume for "minimum-volume", as a share of ``|X|^2 / 2``: larger for noisier mixtures.
    subtract : bool, default=False
        Take the lowest value of every mixture off first. NMF starts from 0, wherever the data are.
    random_state : int, default=0
        Seed of the default models.

    Returns
    -------
    Unmixed

    Raises
    ------
    DataError
        If the numbers of rows differ, or of signals is not given.

    References
    ----------
    Fu, Huang, Yang, Ma and Sidiropoulos (2016), Robust volume minimization-based matrix factorization,
    doi:10.1109/TSP.2016.2602800.

    Examples
    --------
    >>> from partwise.apps.signals import unmix
    >>> from partwise.datasets import make_signals
    >>> mixed = make_signals()
    >>> found = unmix(mixed.X, 3, sources=mixed.W)
    >>> bool(found.table().loc["NMF", "mean"] > found.table().loc["PCA", "mean"])
    True
    """
    values, truth = np.asarray(X, dtype=np.float64), checked_sources(sources, X)
    floor = values.min(axis=0)
    k = n_components or (None if truth is None else truth.shape[1])
    if truth is not None and k != truth.shape[1]:
        raise DataError(f"n_components={k}, but sources has {truth.shape[1]} columns. Look for as many, or omit one.")
    moved = values - floor if subtract else values
    one = new_model(model, k, method, volume * float(np.sum(moved**2)) / 2, random_state)
    W = np.asarray(one.fit_transform(moved))
    H = np.asarray(one.components_)
    rebuilt = W @ H + (floor if subtract else 0)
    order, correlations = (np.arange(len(H)), None) if truth is None else match(W, truth)
    return Unmixed(
        model=one,
        signals=W[:, order],
        mixing=H[order],
        names=names_of(sources, len(order)),
        error=float(np.linalg.norm(values - rebuilt) / (np.linalg.norm(values) or 1.0)),
        correlations=correlations,
        baseline=floor if subtract else None,
        floor=float(floor.sum() / (values.mean(axis=0).sum() or 1.0)),
        beside=by_pca(values, len(H), truth),
    )


@dataclass(frozen=True, eq=False)
class Unmixed(Card):
    """Hidden signals that were found, and how loud each is in each mixture.

    Attributes
    ----------
    model : fitted estimator
    signals : ndarray of shape (n_times, n_components), non-negative
        In the order of the true ones, where these were given.
    mixing : ndarray of shape (n_components, n_mixtures), non-negative
        ``signals @ mixing`` is the model of the mixtures (with ``baseline`` where it was taken off).
    names : tuple of str
    error : float
        Relative.
    correlations : ndarray of shape (n_components,), or None
        With the true signals, absolute.
    baseline : ndarray of shape (n_mixtures,), or None
        What was taken off.
    floor : float
        The lowest values of the mixtures as a share of their means.
    beside : tuple
        PCA's signals, (n_times, n_components), and their correlations or None.

    Examples
    --------
    >>> from partwise.apps.signals import unmix
    >>> from partwise.datasets import make_signals
    >>> planted = make_signals()
    >>> found = unmix(planted.X, 3, sources=planted.W)
    >>> found.signals.shape, bool(found.correlations.min() > 0.9)
    ((2000, 3), True)
    """

    model: Any
    signals: np.ndarray
    mixing: np.ndarray
    names: tuple[str, ...]
    error: float
    correlations: np.ndarray | None
    baseline: np.ndarray | None
    floor: float
    beside: tuple[np.ndarray, np.ndarray | None]

    def table(self) -> pd.DataFrame:
        """Absolute correlations with the true signals: NMF and PCA, a column per signal and their mean.

        Raises
        ------
        DataError
            If no true signals were given.
        """
        import pandas as pd

        if self.correlations is None or self.beside[1] is None:
            raise DataError("There is nothing to compare with: give unmix the true signals as sources=.")
        table = pd.DataFrame([self.correlations, self.beside[1]], index=["NMF", "PCA"], columns=list(self.names))
        return table.assign(mean=table.mean(axis=1))

    def to_frame(self) -> pd.DataFrame:
        """The signals: a row per time, a column per signal."""
        import pandas as pd

        return pd.DataFrame(self.signals, columns=list(self.names))

    def info(self) -> str:
        """The result in words."""
        lines = [
            f"{self.signals.shape[1]} signals from {self.mixing.shape[1]} mixtures of {len(self.signals)} values: "
            f"relative error {self.error:.2g}."
        ]
        if self.correlations is not None:
            found = ", ".join(f"{name} {r:.3f}" for name, r in zip(self.names, self.correlations, strict=True))
            lines.append(f"Correlation with the true signals: {found}.")
        if self.error < 1e-2 and not self.unique:
            lines.append(
                "Note: a small error does not promise the sources: other signals may mix to the same data. "
                'method="minimum-volume" chooses among them.'
            )
        if self.floor > FLOOR and self.baseline is None:
            lines.append(
                f"Note: the mixtures never fall below {self.floor:.0%} of their means; subtract=True takes that off."
            )
        return "\n".join(lines)

    @property
    def unique(self) -> bool:
        """Whether a rule chose among the exact fits: a penalty or constraint of the model."""
        return bool(getattr(self.model, "penalty_W", None) or getattr(self.model, "penalty_H", None))


def match(found: Any, truth: Any) -> tuple[np.ndarray, np.ndarray]:
    """Assign signals to true ones, one to one, so that the sum of absolute correlations is largest.

    Parameters
    ----------
    found : array-like of shape (n_times, m)
    truth : array-like of shape (n_times, k)

    Returns
    -------
    order : ndarray of int of shape (min(k, m),)
        ``found[:, order]`` stands in the order of ``truth``.
    correlations : ndarray of the same shape, 0 to 1
        A constant signal has 0.

    Notes
    -----
    The Hungarian method, O(max(k, m)^3).

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.signals import match
    >>> truth = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 5.0]])
    >>> order, correlations = match(-3 * truth[:, ::-1], truth)
    >>> order.tolist(), correlations.round(12).tolist()
    ([1, 0], [1.0, 1.0])
    """
    from scipy.optimize import linear_sum_assignment

    A, B = (standardised(np.asarray(signals, dtype=np.float64)) for signals in (found, truth))
    similar = np.abs(B.T @ A)
    places, order = linear_sum_assignment(-similar)
    return order, np.minimum(similar[places, order], 1.0)


def standardised(signals: np.ndarray) -> np.ndarray:
    """Columns of mean 0 and length 1; constant ones become 0."""
    centred = signals - signals.mean(axis=0)
    lengths = np.linalg.norm(centred, axis=0)
    return centred / np.where(lengths > 0, lengths, 1)


# ------------------------------------------------------------------ before


def checked_sources(sources: Any, X: Any) -> np.ndarray | None:
    """The true signals as an array with a row per row of X."""
    if sources is None:
        return None
    truth = np.asarray(sources, dtype=np.float64)
    if truth.ndim != 2 or len(truth) != np.shape(X)[0]:
        raise DataError(
            f"sources has the shape {truth.shape}, X {np.shape(X)}: give a row per time in both, a column per signal."
        )
    return truth


def new_model(model: Any, k: int | None, method: str, weight: float, random_state: int) -> Any:
    """The estimator of a method, or a fresh copy of the given one."""
    from sklearn.base import clone

    if method not in METHODS:
        raise DataError(f"method={method!r} is unknown. Use {' or '.join(map(repr, METHODS))}.")
    if model is not None:
        one: Any = clone(model)
        if k is not None:
            one.set_params(n_components=k)
        return one
    if k is None:
        raise DataError("n_components is missing: how many hidden signals to look for, such as 3.")
    return plain(k, random_state) if method == "nmf" else least_volume(k, weight, random_state)


def plain(k: int, random_state: int) -> Any:
    """NMF, fitted until nothing changes: the exact fit is a long way."""
    import partwise

    return partwise.NMF(k, tol=1e-6, max_iter=5000, random_state=random_state)


def least_volume(k: int, weight: float, random_state: int) -> Any:
    """NMF whose signals sum to one and span as little as they can."""
    import partwise

    rules = [partwise.penalties.MinimumVolume(weight), partwise.penalties.Simplex(each="component")]
    return partwise.NMF(k, penalty_W=rules, tol=1e-6, max_iter=5000, random_state=random_state)


def by_pca(X: np.ndarray, k: int, truth: np.ndarray | None) -> tuple[np.ndarray, np.ndarray | None]:
    """PCA's signals, and their correlations with the true ones."""
    from sklearn.decomposition import PCA

    W = PCA(min(k, *X.shape), svd_solver="full").fit_transform(X)
    if truth is None:
        return W, None
    order, correlations = match(W, truth)
    return W[:, order], correlations


def names_of(sources: Any, k: int) -> tuple[str, ...]:
    """The columns of a DataFrame of true signals, or numbers."""
    columns: Sequence[Any] | None = getattr(sources, "columns", None)
    return tuple(f"signal_{q}" for q in range(k)) if columns is None else tuple(map(str, columns))
