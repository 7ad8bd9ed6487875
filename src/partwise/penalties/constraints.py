"""Sets that a factor must stay in, as projections: simplex, unit norm, Hoyer's sparseness.

Each acts on the numbers of a row (the k numbers of a sample or feature), or on those of a component (a column of W, a
row of H); the latter need the whole factor at once.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from partwise.errors import IncompatibleError
from partwise.interfaces import Array
from partwise.penalties.base import BasePenalty, number

EACH = ("row", "component")

TINY = float(np.finfo(np.float64).tiny)


class Constraint(BasePenalty):
    """A set with a projection onto it, for every row or for every component."""

    each: str
    kinds = frozenset({"prox"})

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.each not in EACH:
            raise IncompatibleError(f"{self}: each must be 'row' or 'component', not {self.each!r}.")

    @property
    def separable(self) -> bool:
        """Whether rows are independent."""
        return self.each == "row"

    @property
    def whole(self) -> bool:
        """Whether the projection needs all rows at once."""
        return self.each == "component"

    def prox(self, A: Array, step: float) -> Array:
        """The nearest point of the set, in the dtype of A; a new array."""
        if self.each == "row":
            return self.project(A.astype(np.float64)).astype(A.dtype)
        return np.ascontiguousarray(self.project(A.T.astype(np.float64)).T, A.dtype)

    def project(self, U: Array) -> Array:
        """The nearest vector of the set for every row of ``U``."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class Simplex(Constraint):
    """Non-negative numbers that sum to ``total``: those of every row, or of every component.

    Parameters
    ----------
    total : float, default=1.0
    each : {"row", "component"}, default="row"
        "row": the k numbers of a sample (on W) or of a feature (on H) are shares of a whole. "component": every column
        of W, or row of H, sums to ``total``, which also fixes the split of scale.
    at_most : bool, default=False
        The sum may also be less.

    References
    ----------
    Held, Wolfe & Crowder (1974), doi:10.1007/BF01580223; Condat (2016), doi:10.1007/s10107-015-0946-6

    Examples
    --------
    >>> import numpy as np
    >>> Simplex().prox(np.array([[0.5, 1.5], [-1.0, 0.2]]), 1.0).tolist()
    [[0.0, 1.0], [0.0, 1.0]]
    """

    total: float = number(-1, 0, forms="scalar", default=1.0)
    each: str = "row"
    at_most: bool = False

    def project(self, U: Array) -> Array:
        """``max(0, u - tau)`` with the tau that gives the sum. O(n log n) each."""
        down = -np.sort(-U, axis=1)
        counts = np.arange(1, U.shape[1] + 1)
        taus = (np.cumsum(down, axis=1) - self.total) / counts
        last = np.maximum(np.count_nonzero(down > taus, axis=1), 1) - 1
        tau = np.take_along_axis(taus, last[:, None], axis=1)
        if self.at_most:
            inside = np.maximum(U, 0).sum(axis=1, keepdims=True) <= self.total
            tau = np.where(inside, 0, tau)
        return np.maximum(U - tau, 0)


@dataclass(frozen=True, eq=False)
class UnitNorm(Constraint):
    """Non-negative numbers of Euclidean norm ``norm``: those of every component, or of every row.

    On one factor it gives a penalty on the other its scale: `L1` on H with unit columns of W is ``sum_q |h_q|_1 |w_q|``
    whatever the split of scale. The set is not convex; a projected gradient step still never raises the objective.

    Parameters
    ----------
    norm : float, default=1.0
    each : {"component", "row"}, default="component"

    References
    ----------
    Eggert & Korner (2004), doi:10.1109/IJCNN.2004.1381036

    Examples
    --------
    >>> import numpy as np
    >>> UnitNorm().prox(np.array([[3.0, -1.0], [4.0, 2.0]]), 1.0).round(12).tolist()
    [[0.6, 0.0], [0.8, 1.0]]
    """

    norm: float = number(-1, 0, forms="scalar", default=1.0)
    each: str = "component"

    def project(self, U: Array) -> Array:
        """``max(u, 0)``, scaled; where no number is positive, all goes to the largest."""
        out = with_positive(U)
        return out * self.norm / np.linalg.norm(out, axis=1, keepdims=True)


@dataclass(frozen=True, eq=False)
class Hoyer(Constraint):
    """Sparseness of at least ``sparseness``, for every component or row of n numbers.

    ``sparseness(a) = (sqrt(n) - |a|_1 / |a|_2) / (sqrt(n) - 1)``: 0 if all numbers are equal, 1 if one is not 0. Blind
    to scale, so it needs nothing on the other factor. The set is a cone, not convex; the projection onto it is exact:
    ``max(0, u - tau)`` with the tau that gives the ratio of the norms, at the length nearest to u. O(n log n) each.

    Parameters
    ----------
    sparseness : float in [0, 1)
    each : {"component", "row"}, default="component"

    References
    ----------
    Hoyer (2004), https://www.jmlr.org/papers/v5/hoyer04a.html; the exact projection: Thom & Palm (2013),
    https://www.jmlr.org/papers/v14/thom13a.html

    Examples
    --------
    >>> import numpy as np
    >>> a = Hoyer(0.7).prox(np.array([[4.0], [3.0], [2.0], [1.0]]), 1.0)
    >>> print(f"{2 - a.sum() / np.linalg.norm(a):.3f}", np.count_nonzero(a))
    0.700 2
    """

    sparseness: float = number(0, 0, forms="scalar")
    each: str = "component"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.sparseness >= 1:
            raise IncompatibleError(f"{self}: sparseness must be in [0, 1); at 1 only one number could be positive.")

    def project(self, U: Array) -> Array:
        """The nearest vector whose sparseness is at least the one asked for."""
        n = U.shape[1]
        ratio = np.sqrt(n) - self.sparseness * (np.sqrt(n) - 1)
        positive = np.maximum(U, 0)
        one, two = positive.sum(axis=1), np.linalg.norm(positive, axis=1)
        if (one <= ratio * two).all():
            return positive
        shape, found = thresholded(U, ratio)
        if not found.all():  # equal numbers at the top, more of them than may stay: the first ones do
            ramp = np.maximum(np.abs(U).max(axis=1, keepdims=True), TINY) * np.linspace(0, 1e-9, n)
            shape = np.where(found[:, None], shape, thresholded(U - ramp, ratio)[0])
        shape /= np.linalg.norm(shape, axis=1, keepdims=True)
        length = np.maximum(np.einsum("ij,ij->i", U, shape), 0)
        return np.where((one <= ratio * two)[:, None], positive, shape * length[:, None])


def thresholded(U: Array, ratio: float) -> tuple[Array, Array]:
    """``max(0, u - tau)`` with a sum of ``ratio`` times its norm, for every row u, and whether there is such a tau.

    With the j largest numbers, S1 their sum and S2 that of their squares,
    ``j tau = S1 - ratio sqrt((j S2 - S1^2) / (j - ratio^2))``; the right j is the one whose tau lies between the j-th
    and the next number. Numbers are counted from the largest one, so that near ties do not cancel.
    """
    V = U - U.max(axis=1, keepdims=True)
    down = -np.sort(-V, axis=1)
    counts = np.arange(1, U.shape[1] + 1)
    S1, S2 = np.cumsum(down, axis=1), np.cumsum(down**2, axis=1)
    possible = counts > ratio**2
    spread = np.maximum(counts * S2 - S1**2, 0) / np.where(possible, counts - ratio**2, 1)
    taus = (S1 - ratio * np.sqrt(spread)) / counts
    following = np.concatenate([down[:, 1:], np.full((len(U), 1), -np.inf)], axis=1)
    right = possible & (taus < down) & (taus >= following * (1 + 1e-12))
    tau = np.take_along_axis(taus, right.argmax(axis=1)[:, None], axis=1)
    found = right.any(axis=1)
    return np.where(found[:, None], np.maximum(V - tau, 0), 1), found


def with_positive(U: Array) -> Array:
    """``max(U, 0)``, and where a row has nothing positive, 1 at its largest number."""
    out = np.maximum(U, 0)
    empty = np.flatnonzero(~out.any(axis=1))
    out[empty, U[empty].argmax(axis=1)] = 1
    return out
