"""What comes back when the data are drawn again, and what several fits agree on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.programs.likeness import again, unit
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["bootstrapped", "consensus"]

NEIGHBOURS = 0.3
"""How many neighbours a spectrum is judged by, as a share of the runs: Kotliar et al. (2019)."""


def bootstrapped(model: Any, counts: pd.DataFrame, found: pd.DataFrame, runs: int, random_state: int) -> pd.DataFrame:
    """The mean and the lowest cosine of each column of ``found`` with its partners in fits of counts drawn again.

    Every count is drawn from a Poisson distribution with the count as its mean, and a clone of ``model`` is fitted from
    starts of its own.
    """
    import pandas as pd
    from sklearn.base import clone

    if runs < 2:
        raise DataError(f"bootstrap={runs}: draw the mutations again at least twice, such as 10 times.")
    rng, seeded = np.random.default_rng(random_state), "random_state" in model.get_params()
    H, drawn = found.to_numpy().T, counts.to_numpy()
    alike = []
    for run in range(runs):
        one: Any = clone(model)
        if seeded:
            one.set_params(random_state=random_state + run + 1)
        alike.append(again(H, one.fit(rng.poisson(drawn).astype(np.float64)).components_))
    return pd.DataFrame({"stability": np.mean(alike, axis=0), "lowest": np.min(alike, axis=0)}, index=found.columns)


def consensus(runs: list[np.ndarray], density: float, random_state: int = 0) -> tuple[np.ndarray, str]:
    """What fits from different starts agree on: k spectra of sum 1, and a sentence about what was left out.

    The components of all runs, each of length 1, are pooled; those with few others near are left out; k-means makes k
    groups of the rest, and the median of each is its spectrum.

    Parameters
    ----------
    runs : list of ndarray of shape (k, n_features), non-negative
    density : float
        The largest mean distance to the nearest neighbours, of which there are 0.3 times the number of runs; 0 to 1.41.
    random_state : int, default=0
        Of k-means.

    Raises
    ------
    DataError
        For fewer than two runs, or if fewer than k components are left.

    References
    ----------
    Kotliar et al. (2019), doi:10.7554/eLife.43803.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.programs.stability import consensus
    >>> same, odd = np.array([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]), np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 1.0]])
    >>> H, note = consensus([same, same, same, odd], 0.3)
    >>> sorted(H.tolist()), note
    ([[0.0, 0.5, 0.5], [1.0, 0.0, 0.0]], 'consensus of 4 runs: 7 of 8 components have neighbours within 0.3.')
    """
    from sklearn.cluster import KMeans

    if len(runs) < 2:
        raise DataError("A consensus needs the components of two or more runs: runs=20, from random starts.")
    pooled, k = unit(np.concatenate(runs)), len(runs[0])
    near = distances(pooled, max(1, round(NEIGHBOURS * len(runs)))) < density
    kept = pooled[near]
    if len(kept) < k:
        raise DataError(
            f"Only {len(kept)} of {len(pooled)} components have neighbours within density={density:g}, fewer than {k} "
            "programs. Take a larger density, more runs, or fewer programs."
        )
    options: Any = {"n_init": 10, "random_state": random_state}
    groups = KMeans(k, **options).fit_predict(kept)
    H = np.stack([np.median(kept[groups == q], axis=0) for q in range(k)])
    sums = H.sum(axis=1, keepdims=True)
    note = f"consensus of {len(runs)} runs: {len(kept)} of {len(pooled)} components have neighbours within {density:g}."
    return H / np.where(sums > 0, sums, 1), note


def distances(A: np.ndarray, n: int) -> np.ndarray:
    """The mean distance of each row to its ``n`` nearest other rows; O(len(A)^2) memory."""
    apart = np.sqrt(np.maximum(2 - 2 * A @ A.T, 0))  # of rows of length 1
    np.fill_diagonal(apart, np.inf)
    return np.sort(apart, axis=1)[:, :n].mean(axis=1)
