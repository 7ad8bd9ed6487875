"""`Ratings`: who rated (or bought) what, one by one, with names; each pair of user and item once."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ["Ratings"]


@dataclass(frozen=True, eq=False)
class Ratings:
    """Ratings or purchases one by one; pairs of user and item occur once.

    Attributes
    ----------
    user, item : ndarray of int, shape (n,)
        Places in ``users`` and ``items``.
    value : ndarray of float, shape (n,), >= 0
        The rating, or (implicit) how often.
    users, items : ndarray of str
        Names, sorted in order of first appearance in the source.
    explicit : bool
        Whether ``value`` is an opinion; else it counts purchases, plays or clicks.
    time : ndarray of float, shape (n,), or None
        Larger is later. None: the order of the source is the order of time.
    notes : tuple of str
        What was inferred, joined and left out.

    Examples
    --------
    >>> from partwise.apps.ratings import Ratings
    >>> table = Ratings.of(["Joe", "Joe", "Jill"], ["Alien", "Titanic", "Titanic"], [5, 1, 4])
    >>> table.shape, table.matrix().toarray().tolist()
    ((2, 2), [[5.0, 1.0], [0.0, 4.0]])
    """

    user: np.ndarray
    item: np.ndarray
    value: np.ndarray
    users: np.ndarray
    items: np.ndarray
    explicit: bool = True
    time: np.ndarray | None = None
    notes: tuple[str, ...] = field(default=())

    @classmethod
    def of(cls, users: Any, items: Any, values: Any = None, times: Any = None, *, implicit: bool = False) -> Ratings:
        """From columns of equal length; without ``values`` every row counts once."""
        import pandas as pd

        (user, user_names), (item, item_names) = (pd.factorize(np.asarray(column)) for column in (users, items))
        value = np.ones(len(user)) if values is None else np.asarray(values, dtype=np.float64)
        time = None if times is None else np.asarray(times, dtype=np.float64)
        names = (np.array([str(name) for name in found], dtype=object) for found in (user_names, item_names))
        return cls(user, item, value, *names, explicit=values is not None and not implicit, time=time)._joined()

    def __len__(self) -> int:
        return len(self.value)

    @property
    def shape(self) -> tuple[int, int]:
        """Number of users and of items."""
        return len(self.users), len(self.items)

    def take(self, chosen: np.ndarray) -> Ratings:
        """Some of them, by mask or place; users and items keep their places."""
        time = None if self.time is None else self.time[chosen]
        return replace(self, user=self.user[chosen], item=self.item[chosen], value=self.value[chosen], time=time)

    def matrix(self) -> sp.csr_array:
        """Users by items; what is not stored was not rated."""
        return sp.csr_array((self.value, (self.user, self.item)), shape=self.shape)

    def ages(self) -> np.ndarray:
        """The place of each in time, 0 for the first; equal times in the order of the source."""
        order = np.arange(len(self)) if self.time is None else np.argsort(self.time, kind="stable")
        ages = np.empty(len(self), dtype=np.int64)
        ages[order] = np.arange(len(self))
        return ages

    def _joined(self) -> Ratings:
        """Each pair once: the latest rating, or the sum of the counts; says how many."""
        ages = self.ages()
        order = np.lexsort((ages, self.user.astype(np.int64) * self.shape[1] + self.item))
        cell = self.user[order].astype(np.int64) * self.shape[1] + self.item[order]
        last = np.append(cell[1:] != cell[:-1], True) if len(cell) else np.zeros(0, bool)
        doubles = int((~last).sum())
        if not doubles:
            return self
        kept = np.sort(order[last])
        joined, how = self.take(kept), "the latest rating counts"
        if not self.explicit:
            sums = np.add.reduceat(self.value[order], np.flatnonzero(np.append(True, last[:-1])))
            joined, how = replace(joined, value=sums[np.argsort(order[last])]), "their counts are added"
        said = f"{doubles:,} rows repeat a pair of user and item (duplicate pairs); {how}."
        return replace(joined, notes=(*self.notes, said))
