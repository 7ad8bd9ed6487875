"""Make a table of film ratings with planted tastes."""

import numpy as np
import scipy.sparse as sp

from .planted import RandomState
from .records import Planted, numbered

FILMS = {
    "science fiction": "Alien|The Matrix|Star Wars|Blade Runner|Metropolis|Solaris|Interstellar|Gravity|Brazil|Stalker",
    "romance": "Casablanca|Titanic|Notting Hill|Amélie|Before Sunrise|Roman Holiday|La La Land|Carol|Emma|Once",
    "crime": "The Godfather|Heat|Fargo|Chinatown|Se7en|Pulp Fiction|Vertigo|The Third Man|Rififi|Memento",
    "family": "Toy Story|Bambi|Paddington|Finding Nemo|E.T.|Babe|Ratatouille|Spirited Away|Up|Mary Poppins",
}


def make_ratings(
    n_users: int = 200, *, density: float = 0.3, noise: float = 0.4, random_state: RandomState = 0
) -> Planted:
    """Make a table of film ratings from four planted tastes, to recommend films and check the advice.

    Each user is a mixture of tastes (``W``, rows sum to 1); each taste has its stars for each film (``H``, 1 to 5).
    Popular films are rated more often.

    Parameters
    ----------
    n_users : int, default=200
        Number of users; there are 40 films, ten to a taste.
    density : float in (0, 1], default=0.3
        Share of the cells that are rated, about. Each user has rated at least one film.
    noise : float, default=0.4
        Standard deviation in stars, before rounding to half stars in 0.5..5. 0 gives ``W @ H`` itself, not rounded.
    random_state : int, Generator or None, default=0
        Seed.

    Returns
    -------
    Planted
        ``X`` : csr_matrix of shape (n_users, 40), stars; cells not stored are not rated. ``labels`` : the strongest
        taste of each user. ``extra["table"]`` : DataFrame with one row per rating in order of time: ``user``, ``item``,
        ``rating`` and ``time`` (datetime64).

    Raises
    ------
    ValueError
        If ``density`` is not in (0, 1], ``noise`` is negative or ``n_users`` below 1.

    Notes
    -----
    The titles are real, the ratings are invented.

    Examples
    --------
    >>> from partwise.datasets import make_ratings
    >>> ratings = make_ratings()
    >>> list(ratings.extra["table"].columns), len(ratings.extra["table"]) == ratings.X.nnz
    (['user', 'item', 'rating', 'time'], True)
    """
    if n_users < 1:
        raise ValueError(f"n_users={n_users!r} must be 1 or larger.")
    if not 0 < density <= 1:
        raise ValueError(f"density={density!r} must be in (0, 1]: it is the share of rated cells.")
    if not noise >= 0:
        raise ValueError(f"noise={noise!r} must be 0 or larger: it is a standard deviation in stars.")
    rng = np.random.default_rng(random_state)
    tastes, films = list(FILMS), "|".join(FILMS.values()).split("|")
    W = rng.dirichlet(np.full(len(tastes), 0.3), size=n_users)
    H = rng.uniform(1.0, 2.5, size=(len(tastes), len(films)))
    own = np.arange(len(films)) // 10
    H[own, np.arange(len(films))] = rng.uniform(4.0, 5.0, size=len(films))
    users, items = rated_cells(rng, n_users, len(films), density)
    stars = (W @ H)[users, items]
    if noise > 0:
        stars = np.clip(np.round(2 * (stars + noise * rng.normal(size=stars.size))) / 2, 0.5, 5.0)
    user_names, film_names = numbered("user", n_users), np.array(films)
    return Planted(
        name="ratings",
        X=sp.csr_matrix((stars, (users, items)), shape=(n_users, len(films))),
        W=W,
        H=H,
        description="Stars, 0.5 to 5, that users gave to films; most cells are not rated.",
        distribution="gaussian" if noise > 0 else "exact",
        noise=float(noise / (W @ H).mean()),
        feature_names=film_names,
        row_names=user_names,
        component_names=np.array(tastes),
        labels=np.array(tastes)[W.argmax(axis=1)],
        extra={"table": long_table(rng, user_names[users], film_names[items], stars)},
    )


def rated_cells(rng: np.random.Generator, n_users: int, n_films: int, density: float) -> tuple[np.ndarray, np.ndarray]:
    """Choose which cells are rated: popular films more often, no user without a film."""
    popularity = rng.permutation(np.linspace(0.4, 1.6, n_films))
    rated = rng.random((n_users, n_films)) < 1 - (1 - density) ** popularity
    rated[np.arange(n_users), rng.permutation(np.arange(n_users) % n_films)] = True
    users, items = np.nonzero(rated)
    return users, items


def long_table(rng: np.random.Generator, users: np.ndarray, items: np.ndarray, stars: np.ndarray):
    """List ratings in order of their time, which falls into the years 2023 and 2024."""
    import pandas as pd

    seconds = rng.integers(0, 731 * 86400, size=stars.size)
    time = np.datetime64("2023-01-01T00:00:00") + seconds.astype("timedelta64[s]")
    table = pd.DataFrame({"user": users, "item": items, "rating": stars, "time": time})
    return table.sort_values("time", kind="stable", ignore_index=True)
