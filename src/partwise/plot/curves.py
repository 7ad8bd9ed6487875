"""Curves of a fit: the objective by iteration, and the error by number of components with PCA beside it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError
from partwise.plot.canvas import PALETTE, one_axes

if TYPE_CHECKING:
    import pandas as pd

    from partwise.plot.canvas import Axes

__all__ = ["convergence", "errors_by_size", "scree"]


def convergence(model: Any, ax: Axes | None = None, *, measure: str = "objective", label: str | None = None) -> Axes:
    """Draw how a fit went: a measure of ``model.history_`` against the iterations.

    Parameters
    ----------
    model : fitted estimator with ``history_``
    ax : Axes or None
        Give the same axes again to compare fits.
    measure : {"objective", "kkt", "relative_decrease", "seconds"}, default="objective"
    label : str or None
        The name of the curve in the legend.

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If the model keeps no history, or has no such measure.

    Examples
    --------
    >>> import partwise
    >>> from partwise import plot
    >>> from partwise.datasets import moon
    >>> model = partwise.NMF(3, random_state=0).fit(moon())
    >>> ax = plot.convergence(model)
    >>> len(ax.lines[0].get_xdata()) == len(model.history_)
    True
    """
    table = getattr(model, "history_", None)
    if table is None:
        raise DataError(f"A {type(model).__name__} keeps no history_; fit a partwise estimator to see its course.")
    if measure not in table:
        raise DataError(f"history_ has no {measure!r}; it has {', '.join(table.columns[1:])}.")
    ax = one_axes(ax, (6, 4))
    ax.plot(table["iteration"], table[measure], marker=".", color=next_colour(ax), label=label)
    positive = bool((table[measure].dropna() > 0).all()) and len(table) > 0
    ax.set(xlabel="iteration", ylabel=measure.replace("_", " "), yscale="log" if positive else "linear")
    if label:
        ax.legend()
    return ax


def errors_by_size(X: Any, sizes: Iterable[int], model: Any = None) -> pd.DataFrame:
    """Fit once per number of components and tabulate the relative error, with PCA and the best of any sign beside it.

    ``|X - Y| / |X|``, where Y is W H, or PCA's reconstruction (which also has the mean of every column), or the nearest
    matrix of that rank, whatever its signs (SVD): NMF cannot be below SVD.

    Parameters
    ----------
    X : array-like of shape (n_samples, n_features), non-negative
    sizes : iterable of int
        Numbers of components.
    model : estimator or None
        A template with ``n_components``; None is ``partwise.NMF(random_state=0)``.

    Returns
    -------
    DataFrame
        Indexed by ``n_components``, with the columns NMF, PCA and SVD.

    Notes
    -----
    One fit per size and two singular value decompositions, O(n p min(n, p)).

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.datasets import moon
    >>> plot.errors_by_size(moon(), [1, 2, 3]).round(3)["NMF"].tolist()
    [0.374, 0.237, 0.025]
    """
    import pandas as pd
    from sklearn.base import clone

    if model is None:
        from partwise import NMF

        model = NMF(random_state=0, tol=1e-6, max_iter=2000)
    values = np.asarray(X, dtype=np.float64)
    sizes, norm = list(sizes), np.linalg.norm(values) or 1.0
    tails = {"PCA": tail_norms(values - values.mean(axis=0)), "SVD": tail_norms(values)}
    found: dict[str, list[float]] = {"NMF": []}
    for k in sizes:
        one: Any = clone(model)
        one.set_params(n_components=k)
        found["NMF"].append(float(np.linalg.norm(values - one.fit_transform(X) @ one.components_) / norm))
    for name, tail in tails.items():
        found[name] = [float(tail[min(k, len(tail) - 1)] / norm) for k in sizes]
    return pd.DataFrame(found, index=pd.Index(sizes, name="n_components"))


def scree(table: pd.DataFrame, ax: Axes | None = None) -> Axes:
    """Draw the error against the number of components, a curve per method.

    Parameters
    ----------
    table : DataFrame
        What `errors_by_size` returned: an index of sizes, a column per method.
    ax : Axes or None

    Returns
    -------
    Axes

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.datasets import moon
    >>> ax = plot.scree(plot.errors_by_size(moon(), range(1, 5)))
    >>> [line.get_label() for line in ax.lines]
    ['NMF', 'PCA', 'SVD']
    """
    ax = one_axes(ax, (6, 4))
    for color, marker, (name, errors) in zip(PALETTE, "os^Dvx+*", table.items(), strict=False):
        ax.plot(table.index, errors, marker=marker, color=color, label=str(name))
    ax.set(xlabel="number of components", ylabel="relative error", ylim=(0, None))
    ax.legend()
    return ax


def tail_norms(A: np.ndarray) -> np.ndarray:
    """Entry k: the norm of what the nearest matrix of rank k leaves, for k = 0 .. rank."""
    squares = np.linalg.svd(A, compute_uv=False)[::-1] ** 2
    return np.sqrt(np.append(np.cumsum(squares)[::-1], 0.0))


def next_colour(ax: Axes) -> str:
    """The first colour that no line of ``ax`` has."""
    return PALETTE[len(ax.lines) % len(PALETTE)]
