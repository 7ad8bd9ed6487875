"""Plant factors, multiply them and add noise: matrices whose answer is known.

The plain one, with no story around it. The same ``random_state`` gives the same numbers.
"""

from typing import Literal

import numpy as np

from .records import Planted

Distribution = Literal["gaussian", "poisson", "gamma"]
RandomState = int | np.random.Generator | None


def make_planted(
    n_samples: int = 100,
    n_features: int = 50,
    n_components: int = 5,
    *,
    noise: float = 0.0,
    sparsity: float = 0.5,
    distribution: Distribution = "gaussian",
    random_state: RandomState = 0,
) -> Planted:
    """Make a matrix of known factors, to see whether a fit finds them.

    The entries of ``W`` and ``H`` are exponential with mean 1, a share of them set to zero; then ``X`` is drawn around
    ``W @ H``.

    Parameters
    ----------
    n_samples, n_features, n_components : int, default=100, 50, 5
        Size; ``n_components`` at most the smaller of the other two.
    noise : float, default=0
        Standard deviation of an average cell, divided by the mean of ``W @ H``. 0 gives ``X = W @ H``.
    sparsity : float in [0, 1), default=0.5
        Share of zeros in ``W`` and in ``H``. One entry of each row of ``W``, column of ``H`` and component is kept, so
        ``X`` has no empty row or column and the share may come out lower.
    distribution : {"gaussian", "poisson", "gamma"}, default="gaussian"
        "gaussian": the same standard deviation everywhere, negative cells set to 0 (for the Frobenius loss).
        "poisson": counts, with ``W`` scaled so that the mean count is ``1 / noise**2`` (Kullback-Leibler).
        "gamma": standard deviation proportional to the cell (Itakura-Saito).
    random_state : int, Generator or None, default=0
        Seed; None draws another one each time.

    Returns
    -------
    Planted
        ``X`` : ndarray of shape (n_samples, n_features).

    Raises
    ------
    ValueError
        If a size, a share or the distribution is out of range.

    Notes
    -----
    Time and memory O(n_samples n_features n_components). Clipping lifts the mean of gaussian cells near zero above
    ``W @ H``.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.datasets import make_planted
    >>> planted = make_planted(30, 20, 3)
    >>> float(np.abs(planted.X - planted.W @ planted.H).max())
    0.0
    """
    check_sizes(n_samples, n_features, n_components)
    if not noise >= 0:
        raise ValueError(f"noise={noise!r} must be 0 or larger: it is a standard deviation over a mean.")
    if not 0 <= sparsity < 1:
        raise ValueError(f"sparsity={sparsity!r} must be in [0, 1): it is the share of zeros in W and H.")
    if distribution not in ("gaussian", "poisson", "gamma"):
        raise ValueError(f'distribution={distribution!r} is none of "gaussian", "poisson", "gamma".')
    rng = np.random.default_rng(random_state)
    W = sparse_factor(rng, n_samples, n_components, sparsity)
    H = np.ascontiguousarray(sparse_factor(rng, n_features, n_components, sparsity).T)
    if distribution == "poisson" and noise > 0:
        W /= noise**2 * (W @ H).mean()
    X = scatter(rng, W @ H, noise, distribution)
    return Planted(
        name="planted",
        X=X,
        W=W,
        H=H,
        description="A product of sparse non-negative factors, with noise.",
        distribution=distribution if noise > 0 else "exact",
        noise=float(noise),
    )


def check_sizes(n_samples: int, n_features: int, n_components: int) -> None:
    """Refuse sizes that cannot be planted."""
    largest = min(n_samples, n_features)
    if not 1 <= n_components <= largest:
        raise ValueError(
            f"n_components={n_components!r} must be in 1..{largest} "
            f"(n_samples={n_samples}, n_features={n_features}); take fewer components or a larger matrix."
        )


def sparse_factor(rng: np.random.Generator, rows: int, k: int, sparsity: float) -> np.ndarray:
    """Draw an exponential factor (rows, k) with a share of zeros, but no empty row and no empty column."""
    A = rng.exponential(size=(rows, k))
    kept = rng.random(size=(rows, k)) >= sparsity
    kept[np.arange(rows), rng.permutation(np.arange(rows) % k)] = True  # every component occurs, as rows >= k
    return np.where(kept, A, 0.0)


def scatter(rng: np.random.Generator, mean: np.ndarray, noise: float, distribution: str) -> np.ndarray:
    """Draw cells around their means; ``noise`` is the standard deviation of an average cell over the average."""
    if noise == 0:
        return mean
    if distribution == "poisson":
        return rng.poisson(mean).astype(float)
    if distribution == "gamma":
        return mean * rng.gamma(1 / noise**2, noise**2, size=mean.shape)
    return np.maximum(mean + noise * mean.mean() * rng.normal(size=mean.shape), 0.0)
