"""Signatures of mutations and programs of genes: bars over the 96 channels, exposures, top genes, usages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError
from partwise.plot.canvas import PALETTE, one_axes, panels
from partwise.plot.cells import heatmap

if TYPE_CHECKING:
    import pandas as pd

    from partwise.plot.canvas import Axes

__all__ = ["exposure_bars", "program_genes", "signature_bars", "usage_bars"]

CHANGES = ("C>A", "C>G", "C>T", "T>A", "T>C", "T>G")
COLOURS = (PALETTE[5], PALETTE[7], PALETTE[1], "#999999", PALETTE[2], PALETTE[3])
"""One per change, near those that the field uses, and told apart by the colour-blind."""


def signature_bars(found: Any, which: Sequence[str] | None = None, axes: Any = None) -> np.ndarray:
    """Draw signatures as bars over the 96 channels, in six blocks of one colour each, one below the other.

    Parameters
    ----------
    found : Signatures, or DataFrame of shape (96, n_components)
        With ``signatures``, and ``matches`` or None, as `partwise.apps.programs.Signatures` has them.
    which : sequence of str or None
        Names of signatures; None draws all.
    axes : as many Axes as signatures, or None

    Returns
    -------
    ndarray of Axes, one per signature

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise import plot
    >>> from partwise.datasets import make_mutations
    >>> made = make_mutations(2)
    >>> table = pd.DataFrame(made.H.T, index=made.feature_names, columns=made.component_names)
    >>> [len(ax.patches) for ax in plot.signature_bars(table, ["flat"])]
    [96]
    """
    table, matches = getattr(found, "signatures", found), getattr(found, "matches", None)
    chosen = list(table.columns) if which is None else list(which)
    unknown = [name for name in chosen if name not in table.columns]
    if unknown or not chosen:
        raise DataError(f"There is no signature {unknown[:1] or 'to draw'}. There are {', '.join(table.columns)}.")
    axes = panels(axes, len(chosen), 1, (11, 0.8 + 1.5 * len(chosen))).ravel()
    colours = np.repeat(COLOURS, len(table) // len(COLOURS))
    for ax, name in zip(axes, chosen, strict=True):
        ax.bar(np.arange(len(table)), table[name], color=colours, width=0.8)
        ax.set(xlim=(-1, len(table)), xticks=[], ylabel="share")
        ax.set_title(name if matches is None else f"{name}   {partner(matches.loc[name])}", loc="left")
        ax.spines[["top", "right"]].set_visible(False)
    name_changes(axes[-1], len(table))
    return axes


def name_changes(ax: Axes, n: int) -> None:
    """The six changes below the bars: colour alone should not tell them."""
    width = n / len(CHANGES)
    ax.set_xticks([width * (i + 0.5) - 0.5 for i in range(len(CHANGES))], CHANGES)
    ax.tick_params(axis="x", length=0)


def partner(row: pd.Series) -> str:
    """The most similar known signature, in words."""
    return f"nearest: {row['nearest']}, cosine {row['nearest_cosine']:.2f}"


def exposure_bars(found: Any, ax: Axes | None = None, *, shares: bool = False) -> Axes:
    """Draw how many mutations of each sample each signature made: stacked bars, the heaviest sample first.

    Parameters
    ----------
    found : Signatures, or DataFrame of shape (n_samples, n_components)
    ax : Axes or None
    shares : bool, default=False
        Draw shares of the sample instead of numbers.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise import plot
    >>> ax = plot.exposure_bars(pd.DataFrame({"S1": [3, 8], "S2": [1, 0]}, index=["a", "b"]))
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['b', 'a']
    """
    table = getattr(found, "exposures", found)
    totals = table.sum(axis=1)
    order = np.argsort(-totals.to_numpy(), kind="stable")
    ylabel = "share of mutations" if shares else "mutations"
    return stacked(table.div(totals.where(totals > 0, 1), axis=0) if shares else table, order, ax, ylabel)


def usage_bars(found: Any, ax: Axes | None = None) -> Axes:
    """Draw which programs each cell uses: stacked bars of width 1, cells ordered by their main program.

    Parameters
    ----------
    found : Programs, or DataFrame of shape (n_cells, n_components)
    ax : Axes or None

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise import plot
    >>> ax = plot.usage_bars(pd.DataFrame({"p": [0.1, 0.9], "q": [0.9, 0.1]}, index=["a", "b"]))
    >>> [label.get_text() for label in ax.get_xticklabels()]
    ['b', 'a']
    """
    table = getattr(found, "usages", found)
    values = table.to_numpy()
    main = values.argmax(axis=1)
    return stacked(table, np.lexsort((-values[np.arange(len(values)), main], main)), ax, "usage")


def program_genes(found: Any, ax: Axes | None = None, *, n: int = 8) -> Axes:
    """Draw the top genes of every program as a heatmap: each gene's share in the programs, over its sum.

    Parameters
    ----------
    found : Programs
    ax : Axes or None
    n : int, default=8
        Genes per program.

    Returns
    -------
    Axes

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise import plot
    >>> from partwise.apps.programs import programs
    >>> from partwise.datasets import make_cells
    >>> planted = make_cells()
    >>> dense = planted.X.toarray() if hasattr(planted.X, "toarray") else planted.X
    >>> found = programs(pd.DataFrame(dense, planted.row_names, planted.feature_names), 5)
    >>> plot.program_genes(found).images[0].get_array().shape[0]
    5
    """
    top = found.top_genes(n)
    genes = list(dict.fromkeys(gene for name in top.columns for gene in top[name]))
    S = found.spectra[genes].to_numpy()
    ax = one_axes(ax, (1.5 + 0.18 * len(genes), 1.5 + 0.3 * len(S)))
    heatmap(S / np.maximum(S.sum(axis=0), 1e-300), ax, rows=list(found.spectra.index), annotate=False, limits=(0, 1))
    ax.set_xticks(np.arange(len(genes)), genes, rotation=90, fontsize=6)
    return ax


def stacked(table: pd.DataFrame, order: np.ndarray, ax: Axes | None, ylabel: str) -> Axes:
    """Bars of the rows in ``order``, the columns one on the other."""
    ax = one_axes(ax, (min(16, 4 + 0.25 * len(table)), 4.5))
    values, bottom = table.to_numpy()[order], np.zeros(len(table))
    for place, name in enumerate(table.columns):
        hatch = "" if place < len(PALETTE) else "//"
        colour = PALETTE[place % len(PALETTE)]
        ax.bar(np.arange(len(table)), values[:, place], bottom=bottom, color=colour, hatch=hatch, width=0.9, label=name)
        bottom += values[:, place]
    names = [str(table.index[i]) for i in order]
    ax.set_xticks(np.arange(len(names)) if len(names) <= 60 else [], names if len(names) <= 60 else [], rotation=90)
    ax.set_ylabel(ylabel)
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax
