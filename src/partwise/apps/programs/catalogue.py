"""Catalogues of mutations and tables of signatures, from files and tables of either orientation."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.programs.channels import CHANNELS, recognised
from partwise.apps.programs.counts import check_counts
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Catalogue", "as_catalogue", "as_reference"]


@dataclass(frozen=True, eq=False)
class Catalogue:
    """Numbers of mutations.

    Attributes
    ----------
    counts : DataFrame of shape (n_samples, 96), non-negative
        Columns in the order of ``CHANNELS``.
    source : str
    notes : tuple of str
        What was inferred.

    Examples
    --------
    >>> from partwise.apps.programs import as_catalogue
    >>> from partwise.datasets import make_mutations
    >>> planted = make_mutations(5)
    >>> import pandas as pd
    >>> as_catalogue(pd.DataFrame(planted.X, planted.row_names, planted.feature_names)).counts.shape
    (5, 96)
    """

    counts: pd.DataFrame
    source: str
    notes: tuple[str, ...] = ()


def as_catalogue(source: Any, *, fractional: bool = False) -> Catalogue:
    """Read a catalogue of mutations: 96 channels in any order and spelling, in rows or in columns.

    Parameters
    ----------
    source : path, DataFrame or Catalogue
        Samples and the 96 channels, named.
    fractional : bool, default=False
        Take numbers that are not whole, such as rescaled counts.

    Returns
    -------
    Catalogue

    Raises
    ------
    DataError
        If the channels are not these 96, or the numbers are no counts.

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise.apps.programs import as_catalogue
    >>> from partwise.datasets import make_mutations
    >>> made = make_mutations(3)
    >>> table = pd.DataFrame(made.X.T[::-1], index=made.feature_names[::-1], columns=made.row_names)
    >>> catalogue = as_catalogue(table)
    >>> print(catalogue.counts.shape, *catalogue.notes)
    (3, 96) The table: channels are in rows, samples in columns (3). The channels are brought to the usual order.
    """
    if isinstance(source, Catalogue):
        return source
    table, name, notes = by_channel(source, "samples")
    check_counts(table.to_numpy(), list(table.index), list(table.columns), name, fractional)
    if not table.to_numpy().any():
        raise DataError(f"{name} holds no mutation: all {table.size:,} cells are 0.")
    empty = [str(sample) for sample, total in table.sum(axis=1).items() if total == 0]
    if empty:
        notes.append(f"{name}: {len(empty)} samples without mutations (first: {empty[0]}); their exposures are 0.")
    return Catalogue(table, name, tuple(notes))


def as_reference(source: Any) -> tuple[pd.DataFrame, list[str]]:
    """Read a table of signatures, such as COSMIC's: (n_signatures, 96), rows brought to sum one, and notes.

    Raises
    ------
    DataError
        If the channels are not the 96, or a signature has negative entries or none at all.

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise.apps.programs import as_reference
    >>> from partwise.datasets import make_mutations
    >>> planted = make_mutations(5)
    >>> reference, notes = as_reference(pd.DataFrame(planted.H, planted.component_names, planted.feature_names))
    >>> reference.sum(axis=1).round(9).unique().tolist()
    [1.0]
    """
    table, name, notes = by_channel(source, "signatures")
    values = table.to_numpy()
    if not np.isfinite(values).all() or values.min() < 0:
        raise DataError(f"{name} holds negative or empty cells: a signature is a distribution over the 96 channels.")
    sums = values.sum(axis=1)
    if (sums == 0).any():
        raise DataError(f"{name}: the signature {table.index[sums == 0][0]!r} is 0 in all channels.")
    if np.abs(sums - 1).max() > 0.01:
        notes.append(f"{name}: signatures are scaled to sum 1 (sums were {sums.min():.4g} to {sums.max():.4g}).")
    return table.div(sums, axis=0), notes


def by_channel(source: Any, what: str) -> tuple[pd.DataFrame, str, list[str]]:
    """The table with the 96 channels as columns in the usual order, its name, and notes."""
    table, name, notes = as_table(source)
    rows, columns = recognised(table.index), recognised(table.columns)
    upright = sum(map(bool, columns)) >= sum(map(bool, rows))
    found = check_channels(columns if upright else rows, table, name, upright)
    table = table if upright else table.T
    side, other = ("columns", "rows") if upright else ("rows", "columns")
    reordered = "" if found == list(CHANNELS) else " The channels are brought to the usual order."
    notes.append(f"{name}: channels are in {side}, {what} in {other} ({len(table)}).{reordered}")
    return table.set_axis(found, axis=1).reindex(columns=list(CHANNELS)).astype(np.float64), name, notes


def as_table(source: Any) -> tuple[pd.DataFrame, str, list[str]]:
    """A DataFrame of numbers with names as strings; of a file too."""
    import pandas as pd

    if isinstance(source, str | os.PathLike):
        from partwise.io import read

        matrix = read(source)
        X = matrix.X if isinstance(matrix.X, np.ndarray) else matrix.X.toarray()
        notes = [note for note in matrix.notes if "names" not in note]
        return pd.DataFrame(X, list(matrix.row_names or ()) or None, matrix.column_names), matrix.source.name, notes
    if not isinstance(source, pd.DataFrame):
        raise DataError("The 96 channels must be named: give a DataFrame, or a .tsv or .csv file.")
    if not all(pd.api.types.is_numeric_dtype(kind) for kind in source.dtypes):
        raise DataError("The table holds columns that are no numbers. Put the names into the index: set_index(...).")
    return source.set_axis(list(map(str, source.index))).set_axis(list(map(str, source.columns)), axis=1), TABLE, []


TABLE = "The table"


def check_channels(found: Sequence[str | None], table: pd.DataFrame, name: str, upright: bool) -> list[str]:
    """The channels along an axis, if they are the 96, each once."""
    labels = list(map(str, table.columns if upright else table.index))
    if not any(found):
        raise DataError(
            f"{name}: neither rows (first: {table.index[0]!r}) nor columns (first: {table.columns[0]!r}) are named by "
            "channels such as A[C>A]A. A catalogue has the 96 single-base substitutions and a column or row per sample."
        )
    strange = [label for label, one in zip(labels, found, strict=True) if one is None]
    if strange:
        raise DataError(
            f"{name}: {strange[0]!r} is no channel such as A[C>A]A ({len(strange)} of {len(labels)} names beside the "
            "channels are not). Leave out such rows or columns."
        )
    known = [one for one in found if one is not None]
    twice = [one for one in CHANNELS if known.count(one) > 1]
    if twice:
        raise DataError(f"{name}: the channel {twice[0]} is there twice ({len(twice)} channels are). Add them up.")
    missing = [one for one in CHANNELS if one not in known]
    if missing:
        raise DataError(
            f"{name}: {len(missing)} of the 96 channels are missing (first: {missing[0]}). A channel without mutations "
            "is a line of zeros."
        )
    return known
