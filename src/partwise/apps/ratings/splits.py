"""Into a part to learn from and a part to be judged by: by each user's time, by everybody's time, or at random."""

from __future__ import annotations

import numpy as np

from partwise.apps.ratings.table import Ratings
from partwise.errors import DataError

__all__ = ["WAYS", "split"]

WAYS = ("time", "last", "global", "random")


def split(ratings: Ratings, by: str = "time", share: float = 0.2, seed: int = 0) -> tuple[Ratings, Ratings, list[str]]:
    """Split ratings into training and test part, whose users and items keep their places.

    Parameters
    ----------
    ratings : Ratings
    by : {"time", "last", "global", "random"}
        "time": the latest ``share`` of every user (rounded up; one is always left to learn from). "last": the latest
        ``share`` ratings of every user, a whole number. "global": the latest ``share`` of all, as in real use: many
        of its users are then unknown, and it is said how many. "random": a ``share`` of all.
    share : float in (0, 1), or a whole number for "last"
    seed : int
        For "random".

    Returns
    -------
    train, test : Ratings
    notes : list of str

    Examples
    --------
    >>> from partwise.apps.ratings import Ratings, split
    >>> table = Ratings.of(list("aaab"), list("xyzx"), [1, 2, 3, 4], [10, 20, 30, 40])
    >>> [part.value.tolist() for part in split(table, "last", 1)[:2]]
    [[1.0, 2.0, 4.0], [3.0]]
    >>> split(table, "global", 0.25)[2]
    ['The latest 1 of 4 are held out, by 1 users; 0 of them are known from before.']
    """
    _check(by, share)
    late = _held_out(ratings, by, share, seed)
    train, test = ratings.take(np.flatnonzero(~late)), ratings.take(np.flatnonzero(late))
    if not len(train) or not len(test):
        raise DataError(f"{by}:{share:g} leaves {len(train):,} to learn from and {len(test):,} to judge by; change it.")
    return train, test, [_said(train, test, by, len(ratings)), *_untimed(ratings, by)]


def _check(by: str, share: float) -> None:
    if by not in WAYS:
        raise DataError(f"by={by!r} is no way to split. Use {', '.join(WAYS)}.")
    right = float(share).is_integer() and share >= 1 if by == "last" else 0 < share < 1
    if not right:
        rule = "a whole number of ratings, at least 1" if by == "last" else "between 0 and 1"
        raise DataError(f"share={share!r} must be {rule} for by={by!r}.")


def _held_out(ratings: Ratings, by: str, share: float, seed: int) -> np.ndarray:
    """A mask of the test part."""
    n = len(ratings)
    if by == "random":
        order = np.random.default_rng(seed).permutation(n)
        return np.isin(np.arange(n), order[: int(share * n)])
    ages = ratings.ages()
    if by == "global":
        return ages >= n - int(np.ceil(share * n))
    order = np.lexsort((ages, ratings.user))
    counts = np.bincount(ratings.user, minlength=ratings.shape[0])
    place = np.empty(n, dtype=np.int64)
    place[order] = np.arange(n) - np.repeat(np.cumsum(counts) - counts, counts)
    held = np.minimum(share if by == "last" else np.ceil(share * counts), counts - 1)
    return place >= (counts - held)[ratings.user]


def _said(train: Ratings, test: Ratings, by: str, n: int) -> str:
    """What was held out, and how much of it can be judged."""
    users = np.unique(test.user)
    known = int(np.isin(users, train.user).sum())
    how = "A random" if by == "random" else "The latest"
    said = f"{how} {len(test):,} of {n:,} are held out, by {len(users):,} users"
    return f"{said}; {known:,} of them are known from before." if by in ("global", "random") else f"{said}."


def _untimed(ratings: Ratings, by: str) -> list[str]:
    return (
        [] if ratings.time is not None or by == "random" else ["No column of times: the order of rows stands for it."]
    )
