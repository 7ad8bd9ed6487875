"""Penalties on how entries stand to each other: within a row, between neighbouring rows, within a component."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.errors import IncompatibleError
from partwise.interfaces import Array, Terms
from partwise.penalties.base import LARGEST, BasePenalty, number


@dataclass(frozen=True, eq=False)
class Exclusive(BasePenalty):
    """``weight sum_i (sum_q a_iq)^2``: the components compete for every row, and most of its entries become 0.

    Kim and Park's sparse factorization; on H, the rows of its tall form are the columns of H. Exact under every solver
    that takes products of components: ``2 weight`` is added to all entries of gram. Hold the other factor, best by a
    `UnitNorm`.

    References
    ----------
    Kim & Park (2007), doi:10.1093/bioinformatics/btm134

    Examples
    --------
    >>> import numpy as np
    >>> Exclusive(2.0).value(np.array([[1.0, 2.0], [0.0, 1.0]]))
    20.0
    """

    weight: float = number(2, forms="scalar")

    kinds = frozenset({"gram"})

    def at(self, A: Array) -> Terms:
        """``2 weight`` in every entry of gram."""
        k = A.shape[1]
        return Terms(gram=np.full((k, k), 2 * self.weight))

    def value(self, A: Array) -> float:
        """The weighted squares of the sums of the rows."""
        sums = A.sum(axis=1, dtype=np.float64)
        return float(self.weight * (sums @ sums))


@dataclass(frozen=True, eq=False)
class Decorrelation(BasePenalty):
    """``weight sum_{p<q} <a_p, a_q>``: components share as few rows as they can; orthogonal ones cost nothing.

    A row of the factor adds ``a (11' - I) a' / 2``, so rows are independent and coordinate descent is exact.

    References
    ----------
    Ding, Li, Peng & Park (2006), doi:10.1145/1150402.1150420

    Examples
    --------
    >>> import numpy as np
    >>> Decorrelation(2.0).value(np.array([[1.0, 2.0], [0.0, 1.0]]))
    4.0
    """

    weight: float = number(2, forms="scalar")

    kinds = frozenset({"gram"})

    def at(self, A: Array) -> Terms:
        """``weight`` in every entry of gram off the diagonal."""
        k = A.shape[1]
        return Terms(gram=self.weight * (1 - np.eye(k)))

    def value(self, A: Array) -> float:
        """Half of the squared sums of the rows less their squares, weighted."""
        sums = A.sum(axis=1, dtype=np.float64)
        return float(self.weight * (sums @ sums - np.einsum("ij,ij->", A, A, dtype=np.float64)) / 2)


@dataclass(frozen=True, eq=False)
class Group(BasePenalty):
    """``sum_q weight_q |a_q|_2``: a component that is not worth its weight disappears as a whole.

    Put it on both factors: at the best split of scale the two together are ``2 weight sum_q sqrt(|w_q| |h_q|)``, while
    on one alone they are driven to 0 by the other growing. A half step from A uses ``|a| <= (|a|^2 / |A_q| + |A_q|) /
    2``, a ridge for each component that meets it at A: monotone.

    References
    ----------
    Yuan & Lin (2006), doi:10.1111/j.1467-9868.2005.00532.x; the majoriser: Hunter & Li (2005),
    doi:10.1214/009053605000000200

    Examples
    --------
    >>> import numpy as np
    >>> Group(1.0).value(np.array([[3.0, 0.0], [4.0, 2.0]]))
    7.0
    """

    weight: Any = number(1)

    separable = False
    selects = True
    kinds = frozenset({"ridge", "ridges"})

    def at(self, A: Array) -> Terms:
        """``weight / |A_q|`` as the ridge of component q; a component at 0 stays there."""
        norms = norms_of(A)
        ridge = np.divide(self.weight, norms, out=np.full(len(norms), LARGEST), where=norms > 0)
        return Terms(ridge=np.minimum(ridge, LARGEST) * (np.asarray(self.weight) > 0))

    def value(self, A: Array) -> float:
        """The weighted norms of the columns."""
        return float(np.sum(self.weight * norms_of(A)))


@dataclass(frozen=True, eq=False)
class Smooth(BasePenalty):
    """``1/2 sum_q weight_q sum_i (a_{i+1,q} - a_iq)^2``: components change little from one row to the next.

    On W the rows are samples in the order of X (time), on H features in their order (frequencies, wavelengths). A half
    step uses ``L <= 4 I`` for the Laplacian L of a path: ``linear = weight (L A - 4 A)`` and ``ridge = 4 weight`` meet
    the penalty at A, hence it is monotone. Needs something that holds the other factor, such as an `L2`.

    References
    ----------
    Virtanen (2007), doi:10.1109/TASL.2006.885253; Cai et al. (2011), doi:10.1109/TPAMI.2010.231

    Examples
    --------
    >>> import numpy as np
    >>> Smooth(2.0).value(np.array([[1.0], [3.0], [3.0]]))
    4.0
    """

    weight: Any = number(2)

    separable = False
    kinds = frozenset({"linear", "pull", "rows", "ridge", "ridges"})

    def at(self, A: Array) -> Terms:
        """The majoriser at A; see the class."""
        return laplacian_terms(path_laplacian(A), A, self.weight, 4.0)

    def value(self, A: Array) -> float:
        """Half the weighted squares of the differences between neighbouring rows."""
        steps = np.diff(A.astype(np.float64), axis=0)
        return float(np.sum(self.weight * np.einsum("ij,ij->j", steps, steps)) / 2)


@dataclass(frozen=True, eq=False)
class Graph(BasePenalty):
    """``weight / 2 sum_{i<j} s_ij |a_i - a_j|^2``: rows that are neighbours in a graph have similar numbers.

    The same as ``weight / 2 tr(A' L A)`` with the Laplacian L of the graph. A half step uses ``L <= 2 max(degree) I``,
    which gives a linear term and a ridge that meet the penalty at A: monotone, O(edges k). Needs something that holds
    the other factor.

    Parameters
    ----------
    weight : float
    adjacency : sparse matrix or array-like of shape (m, m), non-negative
        s, symmetrised as (S + S') / 2; m is the number of samples for W and of features for H.

    References
    ----------
    Cai, He, Han & Huang (2011), doi:10.1109/TPAMI.2010.231

    Examples
    --------
    >>> import numpy as np
    >>> Graph(2.0, [[0, 1], [1, 0]]).value(np.array([[1.0], [3.0]]))
    4.0
    """

    weight: float = number(2, forms="scalar")
    adjacency: Any = None

    separable = False
    kinds = frozenset({"linear", "pull", "rows", "ridge"})

    def __post_init__(self) -> None:
        super().__post_init__()
        S: Any = sp.csr_array(self.adjacency, dtype=np.float64)
        if S.ndim != 2 or S.shape[0] != S.shape[1] or (S.data < 0).any() or not np.isfinite(S.data).all():
            raise IncompatibleError(
                f"Graph: the adjacency must be square, finite and non-negative; this one has the shape {S.shape}"
                f"{f' and the least weight {S.data.min():g}' if S.nnz else ''}."
            )
        object.__setattr__(self, "adjacency", sp.csr_array((S + S.T) / 2))

    def at(self, A: Array) -> Terms:
        """The majoriser at A; see the class."""
        degrees = self.degrees()
        return laplacian_terms(self.laplacian(A), A, self.weight, 2 * degrees.max(initial=0))

    def degrees(self) -> Array:
        """The sum of the weights at each node."""
        return np.asarray(self.adjacency.sum(axis=1)).ravel()

    def laplacian(self, A: Array) -> Array:
        """``L A``, float64."""
        wide = A.astype(np.float64)
        return self.degrees()[:, None] * wide - self.adjacency @ wide

    def value(self, A: Array) -> float:
        """Half the weighted squares of the differences along the edges."""
        return float(self.weight * np.vdot(A.astype(np.float64), self.laplacian(A)) / 2)

    def check(self, shape: tuple[int, int], name: str) -> None:
        """Refuse a graph with another number of nodes than the factor has rows."""
        if self.adjacency.shape[0] != shape[0]:
            raise IncompatibleError(
                f"Graph on {name}: the adjacency has {self.adjacency.shape[0]} nodes, but there are {shape[0]} "
                f"{'samples' if name == 'W' else 'features'}. Give one node for each of them, in their order."
            )


def norms_of(A: Array) -> Array:
    """The Euclidean norms of the columns, float64."""
    return np.sqrt(np.einsum("ij,ij->j", A, A, dtype=np.float64))


def path_laplacian(A: Array) -> Array:
    """``L A`` for the path through the rows of A, float64."""
    steps = np.diff(A.astype(np.float64), axis=0)
    out = np.zeros(A.shape)
    out[1:] += steps
    out[:-1] -= steps
    return out


def laplacian_terms(LA: Array, A: Array, weight: Any, largest: float) -> Terms:
    """``weight / 2 tr(A' L A)`` with ``L <= largest I``, majorised at A."""
    return Terms(linear=weight * (LA - largest * A), ridge=weight * largest)
