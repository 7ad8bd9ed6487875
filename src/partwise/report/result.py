"""What every kind of result boils down to before it is summarised, and which part of it is kept."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["TYPICAL", "Choice", "Result", "plain", "printable"]

TYPICAL = 10
"""Items that stand for a component."""

Pair = tuple[str, Any]


@dataclass(frozen=True)
class Choice:
    """What of a result goes into its report.

    Attributes
    ----------
    items, features : ndarray of int
        Rows of W and columns of H, rising.
    labels : tuple of k str
        What the components are called.
    text : bool
        Whether the user's own texts, pictures and sounds may be in it.
    room : float, 0 to 1
        The share of the usual number of features, characters, pixels and seconds that may be in it.
    """

    items: np.ndarray
    features: np.ndarray
    labels: tuple[str, ...]
    text: bool = True
    room: float = 1.0

    def feature(self, places: np.ndarray) -> np.ndarray:
        """Places in the report of columns of H, each of which is kept."""
        return np.searchsorted(self.features, places)

    def item(self, places: np.ndarray) -> np.ndarray:
        """Places in the report of rows of W, each of which is kept."""
        return np.searchsorted(self.items, places)


@dataclass(frozen=True, eq=False)
class Result:
    """A fitted model of any field: its factors, their names, and the views that only this field has.

    Attributes
    ----------
    kind : str
        As README.md lists them.
    title : str
    words : str
        What the field calls its things: ``"topic document word"``; plurals by adding an s unless given after a slash.
    model : estimator or None
        What was fitted.
    H : ndarray of shape (k, p)
    labels : sequence of k str
    features : sequence of p str
    W : ndarray of shape (n, k), or None
        In units such that ``W @ H`` is the model of ``X``. None: the data are not known.
    items : sequence of n str
    X : array or sparse matrix of shape (n, p), or None
        What was observed; NaN where it was not.
    shares : ndarray of shape (k,), or None
        Of sum 1; None is the share of each component in the sum of W H.
    texts : sequence of n str, or None
    details : DataFrame of n rows, or None
        To show beside an item.
    facts : list of (name, value)
        The most important first.
    warnings, notices : list of str
        Sentences.
    measures : sequence of k lists of (name, value), or None
    order : ndarray of int of shape (k, m), or None
        The most telling features of each component, where that is not the order of the weights.
    typical : ndarray of int of shape (k, m), or None
        Items that stand for each component; None takes those with the largest weight.
    cells : bool
        Whether the largest cells of an item say something beside its name.
    extra : callable from items (ndarray of int) to features (ndarray of int), or None
        Features that ``views`` of these items refers to.
    views : callable from `Choice` to dict
        The keys of the summary that only this field has; ``notices`` are added to the others.
    """

    kind: str
    title: str
    words: str
    model: Any
    H: np.ndarray
    labels: Sequence[str]
    features: Sequence[str]
    W: np.ndarray | None = None
    items: Sequence[str] = ()
    X: Any = None
    shares: np.ndarray | None = None
    texts: Sequence[str] | None = None
    details: pd.DataFrame | None = None
    facts: list[Pair] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    measures: Sequence[list[Pair]] | None = None
    order: np.ndarray | None = None
    typical: np.ndarray | None = None
    cells: bool = True
    extra: Callable[[np.ndarray], np.ndarray] | None = None
    views: Callable[[Choice], dict[str, Any]] = lambda choice: {}

    @property
    def mass(self) -> np.ndarray:
        """The sum of every row of H, (k,)."""
        return np.abs(self.H).sum(axis=1, dtype=np.float64)

    @property
    def mixtures(self) -> np.ndarray:
        """The share of every component in every item, (n, k): rows sum to 1, or to 0 for an empty item."""
        parts = np.abs(self.W if self.W is not None else np.zeros((0, len(self.H)))) * self.mass
        total = parts.sum(axis=1, keepdims=True)
        return parts / np.where(total > 0, total, 1)

    def component_shares(self) -> np.ndarray:
        """The part of what the model explains that each component carries, (k,)."""
        if self.shares is not None:
            return np.asarray(self.shares, dtype=np.float64)
        mass = self.mass if self.W is None else self.mass * np.abs(self.W).sum(axis=0, dtype=np.float64)
        return mass / (mass.sum() or 1.0)


def printable(text: Any) -> str:
    """A string that every encoding can write: halves of characters become the sign for broken ones.

    Examples
    --------
    >>> printable("caf\\ud800")
    'caf\\ufffd'
    """
    return str(text).encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def plain(value: Any) -> Any:
    """A number or a string, for a list of facts: what is neither becomes a string, NaN becomes None."""
    value = value.item() if isinstance(value, np.generic) else value
    if isinstance(value, float):
        return value if np.isfinite(value) else None
    return value if isinstance(value, bool | int) or value is None else printable(value)
