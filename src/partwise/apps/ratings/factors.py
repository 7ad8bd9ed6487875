"""`Factors`: what a fit says of every user and item, those that were never seen among them."""

from __future__ import annotations

import contextlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.apps.ratings.table import Ratings

__all__ = ["Factors", "takes_weights", "trying"]


@dataclass(frozen=True, eq=False)
class Factors:
    """Users and items by their parts, and what is usual.

    Attributes
    ----------
    W : ndarray of shape (n_users, k)
    H : ndarray of shape (k, n_items)
    usual_W, usual_H : ndarray of shape (k,)
        The row of W and the column of H of whom and what nothing is known; zeros for implicit feedback.
    tastes : slice
        Which components are tastes; the others are biases.
    columns : ndarray of int
        The items that ``model`` was fitted on.
    model : estimator
    """

    W: np.ndarray
    H: np.ndarray
    usual_W: np.ndarray
    usual_H: np.ndarray
    tastes: slice
    columns: np.ndarray
    model: Any

    def predict(self, at: Ratings) -> np.ndarray:
        """The values of the cells of ``at``, which has the same users and items. O(cells k)."""
        return np.einsum("ij,ji->i", self.W[at.user], self.H[:, at.item])

    def scores(self, users: np.ndarray) -> np.ndarray:
        """All items for some users, (n, n_items)."""
        return self.W[users] @ self.H


def takes_weights(model: Any) -> bool:
    """Whether ``fit`` of an estimator knows what cells count, as that of `partwise.NMF`."""
    return {"weight", "background"} <= set(inspect.signature(model.fit).parameters)


@contextlib.contextmanager
def trying() -> Iterator[Callable[[Factors], Factors]]:
    """Warnings of a fit that is only tried are nobody's business; that it was interrupted (Ctrl-C) ends the trying."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield _whole


def _whole(found: Factors) -> Factors:
    """The same, unless its fit was interrupted."""
    if getattr(found.model, "stop_reason_", "") == "interrupted":
        raise KeyboardInterrupt
    return found
