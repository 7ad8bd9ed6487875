"""Signatures with their exposures: how good they are, what they are called, and which of them can be trusted."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.programs.catalogue import as_reference
from partwise.apps.programs.likeness import STABLE, assign, cosines
from partwise.apps.programs.stability import bootstrapped
from partwise.card import Card
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Signatures"]

STRONG = 0.05
"""From this share of its mutations on, a sample counts as exposed."""


@dataclass(frozen=True, eq=False)
class Signatures(Card):
    """Signatures, and how many mutations of each sample each of them made.

    Attributes
    ----------
    model : fitted estimator, or None
        None where the signatures were given.
    counts : DataFrame of shape (n_samples, 96)
    signatures : DataFrame of shape (96, n_components), non-negative
        Columns sum to 1.
    exposures : DataFrame of shape (n_samples, n_components), non-negative
        Numbers of mutations.
    matches : DataFrame or None
        What `match` returned for the reference.
    source : str
    notes : tuple of str
        What was inferred.
    stability : DataFrame or None
        What `resampled` found: ``stability``, ``lowest`` of every signature.

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise.apps.programs import signatures
    >>> from partwise.datasets import make_mutations
    >>> planted = make_mutations()
    >>> found = signatures(pd.DataFrame(planted.X, planted.row_names, planted.feature_names), 4)
    >>> found.signatures.sum().round(9).tolist()
    [1.0, 1.0, 1.0, 1.0]
    """

    model: Any
    counts: pd.DataFrame
    signatures: pd.DataFrame
    exposures: pd.DataFrame
    matches: pd.DataFrame | None
    source: str
    notes: tuple[str, ...] = ()
    stability: pd.DataFrame | None = None

    def match(self, reference: Any) -> pd.DataFrame:
        """Name each signature after known ones, by the cosine.

        Parameters
        ----------
        reference : path or DataFrame
            The 96 channels and a column or row per known signature.

        Returns
        -------
        DataFrame
            A row per signature. ``reference``, ``cosine``: its partner, one to one, so that the sum of cosines is
            largest (Hungarian method). ``nearest``, ``nearest_cosine``: the most similar one, which several may share.
        """
        return self.compared(reference).matches  # pyright: ignore[reportReturnType]

    def compared(self, reference: Any) -> Signatures:
        """The same with ``matches``."""
        import pandas as pd

        table, notes = as_reference(reference)
        alike = cosines(self.signatures.T, table)
        own, rows = assign(alike), np.arange(len(alike))
        matches = pd.DataFrame(
            {
                "reference": ["" if j < 0 else table.index[j] for j in own],
                "cosine": np.where(own < 0, np.nan, alike[rows, own]),
                "nearest": table.index[alike.argmax(axis=1)],
                "nearest_cosine": alike.max(axis=1),
            },
            index=pd.Index(self.signatures.columns, name="signature"),
        )
        return replace(self, matches=matches, notes=(*self.notes, *notes))

    def resampled(self, runs: int = 10, random_state: int = 0) -> Signatures:
        """The same with ``stability``: which signatures come back when the mutations are drawn again.

        Parameters
        ----------
        runs : int, default=10
            Each draws every count anew from a Poisson distribution with the count as its mean, and fits the model from
            new random starts.
        random_state : int, default=0
            Seed of the draws.

        Raises
        ------
        DataError
            If the signatures were given, so that there is nothing to learn again.

        Notes
        -----
        A signature is compared with its partner in each run (one to one, so that the sum of cosines is largest):
        ``stability`` is the mean cosine, ``lowest`` the least. Costs as much as ``runs`` fits.

        References
        ----------
        Alexandrov et al. (2013), doi:10.1016/j.celrep.2012.12.008, who draw and judge signatures so.
        """
        if self.model is None:
            raise DataError("These signatures were given, not learned: there is no fit to repeat.")
        return replace(self, stability=bootstrapped(self.model, self.counts, self.signatures, runs, random_state))

    @property
    def cosines(self) -> pd.Series:
        """How well each sample is rebuilt: the cosine of its counts and its exposures times the signatures."""
        import pandas as pd

        rebuilt = self.exposures.to_numpy() @ self.signatures.to_numpy().T
        X = self.counts.to_numpy()
        lengths = np.linalg.norm(X, axis=1) * np.linalg.norm(rebuilt, axis=1)
        return pd.Series(np.sum(X * rebuilt, axis=1) / np.where(lengths > 0, lengths, 1), self.counts.index)

    @property
    def gap(self) -> float:
        """How far the exposures of a sample are from summing to its mutations, at most, as a share of these."""
        totals = self.counts.sum(axis=1)
        known = totals > 0
        return float(np.abs(self.exposures.sum(axis=1)[known] / totals[known] - 1).max())

    def to_frame(self) -> pd.DataFrame:
        """A row per signature: share of all mutations, samples that are exposed, strongest channel, and its match."""
        import pandas as pd

        totals = self.counts.sum(axis=1)
        shares = self.exposures.div(totals.where(totals > 0, 1), axis=0)
        table = pd.DataFrame(
            {
                "share": self.exposures.sum() / (self.exposures.to_numpy().sum() or 1.0),
                "samples": (shares >= STRONG).sum(),
                "channel": self.signatures.idxmax(),
            }
        ).rename_axis("signature")
        more = [part for part in (self.stability, self.matches) if part is not None]
        return table.join(more) if more else table

    def info(self) -> str:
        """The result in words."""
        n, k = self.exposures.shape
        cos = self.cosines
        lines = [
            f"{k} signatures {'learned from' if self.model is not None else 'given for'} {n} samples and "
            f"{self.counts.to_numpy().sum():,.0f} mutations.",
            f"Samples are rebuilt with a mean cosine of {cos.mean():.3f} (lowest: {cos.min():.3f}, {cos.idxmin()}).",
            f"Exposures sum to the mutations of each sample within {max(self.gap, 1e-6):.1g}.",
        ]
        lines += [] if self.stability is None else [self._told_stability(self.stability)]
        heaviest = self.counts.sum(axis=1)
        if heaviest.max() > 0.3 * heaviest.sum() and n > 3:
            lines.append(
                f"Note: {heaviest.idxmax()} holds {heaviest.max() / heaviest.sum():.0%} of all mutations and weighs as "
                "much in the fit."
            )
        return "\n".join(lines)

    def _told_stability(self, table: pd.DataFrame) -> str:
        mean, low = table["stability"], table["lowest"]
        pairs = zip(table.index, mean.to_numpy(), strict=True)
        weak = [f"{name} ({value:.2f})" for name, value in pairs if value < STABLE]
        told = f"Stability (mean cosine with resampled data): {mean.mean():.2f}, lowest of any run {low.min():.2f}."
        if weak:
            told += f"\nNote: drawn again, the data give others instead of {', '.join(weak)}; trust them less."
        return told

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a ``.pw`` file.

        Raises
        ------
        DataError
            If the signatures were given, so that there is no model.
        """
        if self.model is None:
            raise DataError("These signatures were given, not learned: there is no model to save.")
        self.model.field_ = {"kind": "signatures"}
        self.model.save(path)
