"""Heatmaps of a fit: X, W H, their difference, W and H; how alike components are; directions in the plane."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError
from partwise.plot.canvas import PALETTE, one_axes, panels
from partwise.plot.cells import colour_limits, heatmap, matrix_and_names

if TYPE_CHECKING:
    from partwise.plot.canvas import Axes

__all__ = ["directions", "factor_heatmaps", "fit_heatmaps", "similarity"]


def fit_heatmaps(model: Any, X: Any, axes: Any = None, *, W: Any = None, annotate: bool | None = None) -> np.ndarray:
    """Draw the data, the model of them and what is left: X, W H and X - W H side by side.

    X and W H share one scale; in the difference 0 has the middle colour.

    Parameters
    ----------
    model : fitted estimator
        With ``transform`` and ``components_``.
    X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_features)
    axes : three Axes, or None
    W : array-like of shape (n_samples, n_components), or None
        The weights, where the fit has returned them; None computes them.
    annotate : bool or None
        Whether to write the numbers; None writes them up to 200 cells.

    Returns
    -------
    ndarray of three Axes

    Examples
    --------
    >>> import partwise
    >>> from partwise import plot
    >>> from partwise.datasets import ratings_5x4
    >>> model = partwise.NMF(2, random_state=42).fit(ratings_5x4())
    >>> _, _, difference = plot.fit_heatmaps(model, ratings_5x4())
    >>> round(float((difference.images[0].get_array() ** 2).sum() ** 0.5), 4)
    3.8746
    """
    values, rows, columns = matrix_and_names(X)
    fitted = weights(model, X, W) @ model.components_
    limits = colour_limits(np.vstack([values, fitted]), signed=False)
    first, second, third = panels(axes, 1, 3, (15, min(1.5 + 0.5 * len(values), 12))).ravel()
    names: dict[str, Any] = {"rows": rows, "columns": columns, "annotate": annotate}
    heatmap(values, first, limits=limits, title="X", **names)
    heatmap(fitted, second, limits=limits, title="W H", **names)
    heatmap(values - fitted, third, signed=True, title="X - W H", **names)
    return np.array([first, second, third], dtype=object)


def factor_heatmaps(
    model: Any,
    X: Any,
    axes: Any = None,
    *,
    W: Any = None,
    components: Sequence[Any] | None = None,
    annotate: bool | None = None,
) -> np.ndarray:
    """Draw the two factors side by side: W (rows by components) and H (components by features).

    Parameters
    ----------
    model, X, W, annotate
        As in `fit_heatmaps`.
    axes : two Axes, or None
    components : sequence of names, or None
        None counts from 0.

    Returns
    -------
    ndarray of two Axes

    Examples
    --------
    >>> import partwise
    >>> from partwise import plot
    >>> from partwise.datasets import ratings_7x5
    >>> model = partwise.NMF(2, random_state=0).fit(ratings_7x5())
    >>> left, right = plot.factor_heatmaps(model, ratings_7x5(), components=["science", "romance"])
    >>> [label.get_text() for label in right.get_yticklabels()]
    ['science', 'romance']
    """
    _, rows, columns = matrix_and_names(X)
    H = np.asarray(model.components_)
    parts = [str(q) for q in range(len(H))] if components is None else components
    left, right = panels(axes, 1, 2, (10, 4)).ravel()
    heatmap(weights(model, X, W), left, rows=rows, columns=parts, annotate=annotate, title="W")
    heatmap(H, right, rows=parts, columns=columns, annotate=annotate, title="H", cmap="cividis")
    left.set_xlabel("component")
    right.set_ylabel("component")
    return np.array([left, right], dtype=object)


def similarity(
    model: Any, other: Any = None, ax: Axes | None = None, *, components: Sequence[Any] | None = None
) -> Axes:
    """Draw how alike components are: the cosine of each with each, 1 for the same direction.

    Parameters
    ----------
    model : fitted estimator, or array-like of shape (n_components, n_features)
    other : the same, or None
        Another model of the same features, to compare with; None compares the model with itself.
    ax : Axes or None
    components : sequence of names, or None
        Of the components of ``model``.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import numpy as np
    >>> from partwise import plot
    >>> ax = plot.similarity(np.array([[1.0, 0.0], [1.0, 1.0]]))
    >>> ax.images[0].get_array().round(3).tolist()
    [[1.0, 0.707], [0.707, 1.0]]
    """
    A = directions_of(model)
    B = A if other is None else directions_of(other)
    names = [str(q) for q in range(len(A))] if components is None else components
    across = names if other is None else [str(q) for q in range(len(B))]
    ax = heatmap(A @ B.T, ax, rows=names, columns=across, limits=(0, 1), title="cosine of components")
    ax.set_ylabel("component")
    ax.set_xlabel("component" if other is None else "component of the other model")
    return ax


def directions(X: Any, model: Any, ax: Axes | None = None) -> Axes:
    """Draw points of the plane and the components as arrows from the origin.

    Two components span a cone that holds every point they can rebuild; one component points through the middle.

    Parameters
    ----------
    X : array-like of shape (n_samples, 2)
    model : fitted estimator
    ax : Axes or None

    Returns
    -------
    Axes

    Raises
    ------
    DataError
        If X has not two columns.

    Examples
    --------
    >>> import partwise
    >>> from partwise import plot
    >>> from partwise.datasets import make_toy_cloud
    >>> X = make_toy_cloud().X
    >>> ax = plot.directions(X, partwise.NMF(1).fit(X))
    >>> ax.get_title()
    '1 component'
    """
    values, _, columns = matrix_and_names(X)
    if values.shape[1] != 2:
        raise DataError(f"X has {values.shape[1]} columns; directions are drawn in the plane, so give two.")
    H = np.asarray(model.components_)
    ax = one_axes(ax, (5, 5))
    ax.scatter(*values.T, s=12, color="0.6", linewidths=0, label="data")
    reach = np.linalg.norm(values, axis=1).max()
    for q, (x, y) in enumerate(reach * unit_rows(H)):
        color = PALETTE[q % len(PALETTE)]
        ax.annotate("", (x, y), (0, 0), arrowprops={"arrowstyle": "->", "color": color, "lw": 2})
        ax.plot([0, x], [0, y], color=color, lw=2, label=f"component {q}")
    ax.set(xlim=(0, None), ylim=(0, None), title=f"{len(H)} component{'s' if len(H) > 1 else ''}")
    if columns is not None:
        ax.set(xlabel=columns[0], ylabel=columns[1])
    ax.set_aspect("equal")
    ax.legend(loc="best")
    return ax


# ------------------------------------------------------------------ numbers


def weights(model: Any, X: Any, W: Any) -> np.ndarray:
    """W as given, or as the model finds it."""
    return np.asarray(model.transform(X) if W is None else W)


def directions_of(model: Any) -> np.ndarray:
    """Components of length 1; a component of zeros stays zero."""
    return unit_rows(np.asarray(getattr(model, "components_", model), dtype=np.float64))


def unit_rows(A: np.ndarray) -> np.ndarray:
    """Rows of length 1; a row of zeros stays zero."""
    lengths = np.linalg.norm(A, axis=1, keepdims=True)
    return A / np.where(lengths > 0, lengths, 1)
