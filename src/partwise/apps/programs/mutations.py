"""Mutational signatures: from a catalogue of mutations to signatures, exposures, and their names in a reference."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.programs.catalogue import Catalogue, as_catalogue, as_reference
from partwise.apps.programs.channels import CHANNELS
from partwise.apps.programs.likeness import assign, cosines
from partwise.card import Card
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Signatures", "adopt_signatures", "refit", "signatures"]

STRONG = 0.05
"""From this share of its mutations on, a sample counts as exposed."""


def signatures(
    source: Any,
    n_components: int | None = None,
    *,
    reference: Any = None,
    fractional: bool = False,
    model: Any = None,
    n_init: int = 20,
    random_state: int = 0,
) -> Signatures:
    """Learn the mutational signatures of a catalogue: each a distribution over 96 channels.

    Parameters
    ----------
    source : path, DataFrame or Catalogue
        Samples and the 96 channels, in any order and orientation: see `as_catalogue`.
    n_components : int or None
        Number of signatures; None takes that of ``model``.
    reference : path, DataFrame or None
        Known signatures to compare with, such as COSMIC's table.
    fractional : bool, default=False
        Take numbers that are not whole.
    model : estimator or None
        With ``fit_transform`` and ``components_``; it is cloned. None is ``partwise.NMF`` with the Kullback-Leibler
        loss, for which counts are Poisson and exposures sum to the numbers of mutations.
    n_init : int, default=20
        Starts of the default model, of which the best is kept.
    random_state : int, default=0
        Seed of the default model.

    Returns
    -------
    Signatures

    Raises
    ------
    DataError
        If the table is no catalogue, or has fewer than two samples.

    References
    ----------
    Alexandrov et al. (2013), Deciphering signatures of mutational processes operative in human cancer,
    doi:10.1016/j.celrep.2012.12.008.

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise.apps.programs import signatures
    >>> from partwise.datasets import make_mutations
    >>> made = make_mutations(100)
    >>> truth = pd.DataFrame(made.H, index=made.component_names, columns=made.feature_names)
    >>> found = signatures(pd.DataFrame(made.X, columns=made.feature_names), 5, reference=truth)
    >>> bool(found.matches["cosine"].min() > 0.95)
    True
    """
    catalogue = as_catalogue(source, fractional=fractional)
    check_samples(catalogue)
    one = new_model(model, n_components, n_init, random_state)
    W = np.asarray(one.fit_transform(catalogue.counts.to_numpy()))
    return adopt_signatures(catalogue, one, W, reference)


def adopt_signatures(catalogue: Catalogue, model: Any, W: np.ndarray, reference: Any = None) -> Signatures:
    """The second half of `signatures`: take a fitted model and its weights of the samples."""
    import pandas as pd

    H = np.asarray(model.components_, dtype=np.float64)
    names = [f"S{q + 1}" for q in range(len(H))]
    sums = H.sum(axis=1)
    found = Signatures(
        model=model,
        counts=catalogue.counts,
        signatures=pd.DataFrame((H / np.where(sums > 0, sums, 1)[:, None]).T, list(CHANNELS), names),
        exposures=pd.DataFrame(W * sums, catalogue.counts.index, names),
        matches=None,
        source=catalogue.source,
        notes=catalogue.notes,
    )
    return found if reference is None else found.compared(reference)


def refit(source: Any, fixed: Any, *, fractional: bool = False) -> Signatures:
    """Find the exposures of samples to signatures that are known.

    Parameters
    ----------
    source : path, DataFrame or Catalogue
        One sample is enough.
    fixed : path or DataFrame
        Signatures, which are kept as they are.
    fractional : bool, default=False
        Take numbers that are not whole.

    Returns
    -------
    Signatures

    Notes
    -----
    Convex: the most likely exposures of Poisson counts. Give the signatures that the tissue may have, not all that
    exist; what is alike is hard to tell apart.

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise.apps.programs import refit
    >>> from partwise.datasets import make_mutations
    >>> made = make_mutations(20)
    >>> truth = pd.DataFrame(made.H, index=made.component_names, columns=made.feature_names)
    >>> found = refit(pd.DataFrame(made.X, columns=made.feature_names), truth)
    >>> bool(abs(found.exposures.to_numpy() - made.W).max() < 0.1 * made.W.max())
    True
    """
    import pandas as pd

    from partwise.estimators import non_negative_factorization

    catalogue, (table, notes) = as_catalogue(source, fractional=fractional), as_reference(fixed)
    W, _, _ = non_negative_factorization(
        catalogue.counts.to_numpy(),
        H=np.ascontiguousarray(table),
        n_components=len(table),  # pyright: ignore[reportArgumentType]
        update_H=False,
        beta_loss="kullback-leibler",
        solver="scd",
        max_iter=5000,
        tol=1e-6,
    )
    return Signatures(
        model=None,
        counts=catalogue.counts,
        signatures=table.T,
        exposures=pd.DataFrame(W, catalogue.counts.index, table.index),
        matches=None,
        source=catalogue.source,
        notes=(*catalogue.notes, *notes),
    )


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
        from dataclasses import replace

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
        return table if self.matches is None else table.join(self.matches)

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
        heaviest = self.counts.sum(axis=1)
        if heaviest.max() > 0.3 * heaviest.sum() and n > 3:
            lines.append(
                f"Note: {heaviest.idxmax()} holds {heaviest.max() / heaviest.sum():.0%} of all mutations and weighs as "
                "much in the fit."
            )
        return "\n".join(lines)

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


# ------------------------------------------------------------------ before


def check_samples(catalogue: Catalogue) -> None:
    """Signatures are learned from what samples have in common."""
    used = int((catalogue.counts.sum(axis=1) > 0).sum())
    if used < 2:
        raise DataError(
            f"{catalogue.source} holds {used} sample with mutations; signatures are learned from two or more. Known "
            "signatures can be fitted to a single sample: refit(source, fixed)."
        )


def new_model(model: Any, n_components: int | None, n_init: int, random_state: int) -> Any:
    """A fresh estimator of the asked size."""
    from sklearn.base import clone

    if model is not None:
        one: Any = clone(model)
        return one if n_components is None else one.set_params(n_components=n_components)
    if n_components is None:
        raise DataError("n_components is missing: how many signatures to look for, such as 5.")
    from partwise.estimators import NMF

    return NMF(
        n_components,
        beta_loss="kullback-leibler",
        solver="scd",  # on such small tables it takes fewer and cheaper iterations than multiplicative updates
        init="random",
        n_init=n_init,
        tol=1e-5,
        max_iter=2000,
        random_state=random_state,
    )
