"""Pictures of parts: the equation, build-ups and reconstructions, and PCA, NMF and VQ beside each other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.images import tiled
from partwise.plot.canvas import MAP, panels
from partwise.plot.sheets import montage, name_rows, show

if TYPE_CHECKING:
    import pandas as pd

    from partwise.apps.images import Comparison, Parts
    from partwise.plot.canvas import Axes

__all__ = ["build_up", "growth", "lee_seung", "methods", "rebuilt", "strongest"]


def lee_seung(found: Parts, picture: int | str, axes: Any = None) -> np.ndarray:
    """Draw Lee and Seung's equation: the montage of parts times the montage of one picture's weights, and the result.

    Parameters
    ----------
    found : Parts
    picture : int or str
        Number or name of a picture.
    axes : four Axes, or None

    Returns
    -------
    ndarray of four Axes
        Parts, weights (one cell per part, at the same place), reconstruction, original.

    References
    ----------
    Lee and Seung (1999), figure 1, doi:10.1038/44565.

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.images import parts
    >>> from partwise.datasets import make_lcd_digits
    >>> axes = plot.lee_seung(parts(make_lcd_digits().X, 7, size=(13, 8)), 0)
    >>> [ax.get_title() for ax in axes]
    ['parts', 'weights', 'parts x weights', 'original']
    """
    i = found.index(picture)
    made = panels(axes, 1, 4, (13, 3.6)).ravel()
    montage(found.components, made[0])
    show(made[1], tiled(found.W[i][:, None, None], gap=0, fill=np.nan), cmap=MAP)
    top = max(found.pictures.stack[i].max(), found.rebuilt[i].max())
    show(made[2], found.rebuilt[i], top=top)
    show(made[3], found.pictures.stack[i], top=top)
    for ax, title in zip(made, ("parts", "weights", "parts x weights", "original"), strict=True):
        ax.set_title(title)
    return made


def build_up(found: Parts, picture: int | str, axes: Any = None, *, most: int = 8) -> np.ndarray:
    """Draw one picture as ``weight x part + weight x part + ...``, and how the sum grows.

    Parameters
    ----------
    found : Parts
    picture : int or str
    axes : array of 2 x (m + 1) Axes, or None
        For m terms.
    most : int, default=8
        Terms to draw, the heaviest; parts of weight 0 are never drawn.

    Returns
    -------
    ndarray of Axes of shape (2, m + 1)
        Above: the original, then every part with its weight. Below: the reconstruction from all parts, then the sums.

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.images import parts
    >>> from partwise.datasets import make_lcd_digits
    >>> axes = plot.build_up(parts(make_lcd_digits().X, 7, size=(13, 8)), 0, most=3)
    >>> [ax.get_title() for ax in axes[0]]
    ['0', '0.97 part_2', '0.94 part_5', '0.90 part_4']
    """
    recipe = found.build_up(picture)
    m = min(most, len(recipe.weights))
    made = panels(axes, 2, m + 1, (1.4 * (m + 1), 3.4))
    final = found.rebuilt[found.index(picture)]
    top = max(recipe.original.max(), final.max())
    show(made[0, 0], recipe.original, top=top, title=recipe.name)
    show(made[1, 0], final, top=top, title="rebuilt")
    for t in range(m):
        part = recipe.terms[t] / recipe.weights[t]
        show(made[0, t + 1], part, top=1.0, title=f"{recipe.weights[t]:.2f} {recipe.parts[t]}")
        show(made[1, t + 1], recipe.sums[t], top=top, title="=" if t == 0 else f"sum of {t + 1}")
    return made


def rebuilt(found: Parts, pictures: Sequence[int | str] = range(8), axes: Any = None) -> np.ndarray:
    """Draw pictures, their reconstructions and what is left, in three rows.

    Parameters
    ----------
    found : Parts
    pictures : sequence of int or str
    axes : array of 3 x m Axes, or None

    Returns
    -------
    ndarray of Axes of shape (3, m)

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.images import parts
    >>> from partwise.datasets import make_lcd_digits
    >>> plot.rebuilt(parts(make_lcd_digits().X, 7, size=(13, 8)), [0, 1]).shape
    (3, 2)
    """
    chosen = [found.index(picture) for picture in pictures if isinstance(picture, str) or picture < len(found.W)]
    made = panels(axes, 3, len(chosen), (1.4 * len(chosen), 4.4))
    left = found.pictures.stack - found.rebuilt
    most = max(float(np.abs(left[chosen]).max(initial=0)), 1e-12)
    for column, i in enumerate(chosen):
        show(made[0, column], found.pictures.stack[i], top=1.0, title=found.pictures.names[i])
        show(made[1, column], found.rebuilt[i], top=1.0)
        show(made[2, column], left[i], top=most, signed=True)
    name_rows(made, ("original", "rebuilt", "difference"))
    return made


def strongest(found: Parts, component: int | str, ax: Axes | None = None, *, n: int = 10) -> Axes:
    """Draw the pictures that have most of a part, five in a row, with their weights.

    Parameters
    ----------
    found : Parts
    component : int or str
    ax : Axes or None
    n : int, default=10

    Returns
    -------
    Axes

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.images import parts
    >>> from partwise.datasets import make_lcd_digits
    >>> ax = plot.strongest(parts(make_lcd_digits().X, 7, size=(13, 8)), 3)
    >>> ax.get_title()
    'strongest in part_3'
    """
    best = found.strongest(component, n)
    stack = found.pictures.stack[[found.index(str(name)) for name in best.index]]
    ax = montage(stack, ax, columns=5, titles=[f"{name} ({weight:.2f})" for name, weight in best.items()])
    name = found.names[component] if isinstance(component, int) else component
    ax.set_title(f"strongest in {name}")
    return ax


def growth(
    errors: pd.DataFrame,
    rebuilt: dict[str, dict[int, np.ndarray]],
    originals: Any,
    axes: Any = None,
    *,
    method: str = "NMF",
) -> np.ndarray:
    """Draw pictures rebuilt from growing numbers of parts: a row per picture, a column per number.

    Parameters
    ----------
    errors, rebuilt
        What `partwise.apps.images.grow` returned.
    originals : array-like of shape (m, height, width)
        The first m of the pictures that were rebuilt.
    axes : array of m x (1 + sizes) Axes, or None
    method : {"NMF", "PCA"}, default="NMF"

    Returns
    -------
    ndarray of Axes of shape (m, 1 + sizes)

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.images import grow
    >>> from partwise.datasets import make_lcd_digits
    >>> stack = make_lcd_digits().X.reshape(-1, 13, 8)
    >>> axes = plot.growth(*grow(stack, [2, 7]), stack[:3])
    >>> [ax.get_title() for ax in axes[0]]
    ['original', '2 parts (0.60)', '7 parts (0.00)']
    """
    originals = np.asarray(originals)
    sizes = list(rebuilt[method])
    made = panels(axes, len(originals), 1 + len(sizes), (1.6 * (1 + len(sizes)), 1.8 * len(originals)))
    for i, original in enumerate(originals):
        show(made[i, 0], original, top=1.0, title="original" if i == 0 else None)
        for column, k in enumerate(sizes, start=1):
            title = f"{k} parts ({errors[method][k]:.2f})" if i == 0 else None
            show(made[i, column], rebuilt[method][k][i], top=1.0, title=title)
    return made


def methods(comparison: Comparison, axes: Any = None) -> np.ndarray:
    """Draw the parts of PCA, NMF and VQ beside each other, with error and sparseness; PCA's have two signs.

    Parameters
    ----------
    comparison : Comparison
        Of `partwise.apps.images.compare`.
    axes : three Axes, or None

    Returns
    -------
    ndarray of three Axes

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.images import compare, parts
    >>> from partwise.datasets import make_lcd_digits
    >>> axes = plot.methods(compare(parts(make_lcd_digits().X, 7, size=(13, 8))))
    >>> axes[1].get_title()
    'NMF: error 0.0000, sparseness 0.89'
    """
    names = list(comparison.table.index)
    made = panels(axes, 1, len(names), (4.2 * len(names), 4.6)).ravel()
    for ax, name in zip(made, names, strict=True):
        row = comparison.table.loc[name]
        signed = bool(row["negative"])
        stack = comparison.parts[name]
        tops = np.abs(stack).max(axis=(1, 2), keepdims=True)
        montage(stack / np.where(tops > 0, tops, 1), ax, signed=signed)
        ax.set_title(f"{name}: error {row['error']:.4f}, sparseness {row['sparseness']:.2f}")
    return made
