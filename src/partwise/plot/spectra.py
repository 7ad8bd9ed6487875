"""Pure spectra as lines over the channels, and their abundances as maps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.plot.canvas import MAP, PALETTE, one_axes, panels

if TYPE_CHECKING:
    from partwise.plot.canvas import Axes

__all__ = ["abundance_maps", "endmembers"]

STYLES = ("-", "--", ":", "-.")


def endmembers(found: Any, ax: Axes | None = None, *, reverse: bool = False) -> Axes:
    """Draw pure spectra over their channels; the axis is in their unit if channels are numbers.

    Parameters
    ----------
    found : Unmixing, or DataFrame of shape (n_components, n_channels)
    ax : Axes or None
    reverse : bool, default=False
        The largest channel left, as is usual for wavenumbers.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise import plot
    >>> ax = plot.endmembers(pd.DataFrame([[1, 2], [3, 0]], index=["a", "b"], columns=["400", "410.5"]))
    >>> ax.lines[0].get_xdata().tolist()
    [400.0, 410.5]
    """
    table = getattr(found, "endmembers", found)
    ax = one_axes(ax, (8, 4))
    try:
        places = np.array([float(name) for name in table.columns])
    except ValueError:
        places = np.arange(table.shape[1])
    for q, (name, row) in enumerate(table.iterrows()):
        style = STYLES[q // len(PALETTE) % len(STYLES)]
        ax.plot(places, row.to_numpy(), style, color=PALETTE[q % len(PALETTE)], label=str(name))
    if reverse:
        ax.invert_xaxis()
    ax.set(xlabel="channel", ylabel="intensity")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def abundance_maps(found: Any, axes: Any = None) -> np.ndarray:
    """Draw where each pure spectrum is, a map each on one common scale.

    Parameters
    ----------
    found : Unmixing
        Of a cube.
    axes : as many Axes as endmembers, or None

    Returns
    -------
    ndarray of Axes

    Examples
    --------
    >>> import numpy as np
    >>> from partwise import plot
    >>> from partwise.apps.spectra import unmix
    >>> cube = np.random.default_rng(0).random((4, 5, 6))
    >>> plot.abundance_maps(unmix(cube, 2)).shape
    (2,)
    """
    maps, names = found.maps, list(found.endmembers.index)
    axes = panels(axes, 1, len(maps), (3 * len(maps) + 0.8, 3)).ravel()
    for ax, picture, name in zip(axes, maps, names, strict=True):
        image = ax.imshow(picture, cmap=MAP, vmin=0, vmax=maps.max())
        ax.set(title=name, xticks=[], yticks=[])
    axes[-1].figure.colorbar(image, ax=list(axes), shrink=0.8)
    return axes
