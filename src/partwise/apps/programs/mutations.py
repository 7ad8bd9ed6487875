"""Mutational signatures: from a catalogue of mutations to signatures and exposures, learned or with known ones."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.apps.programs.catalogue import Catalogue, as_catalogue, as_reference
from partwise.apps.programs.channels import CHANNELS
from partwise.apps.programs.exposure import Signatures
from partwise.errors import DataError

__all__ = ["adopt_signatures", "check_samples", "refit", "signatures"]


def signatures(
    source: Any,
    n_components: int | None = None,
    *,
    reference: Any = None,
    fractional: bool = False,
    model: Any = None,
    n_init: int = 20,
    bootstrap: int = 0,
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
    bootstrap : int, default=0
        How often the mutations are drawn again, to tell which signatures come back: see `Signatures.resampled`.
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
    found = adopt_signatures(catalogue, one, W, reference)
    return found.resampled(bootstrap, random_state) if bootstrap else found


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
