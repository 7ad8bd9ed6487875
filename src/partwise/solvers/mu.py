"""Multiplicative updates on a `Split`: every beta-divergence, and the form of Lee and Seung's 1999 article."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise import kernels
from partwise.interfaces import Array, Evidence, Split
from partwise.kernels import reference


@dataclass(frozen=True)
class MU:
    """``a <- a * s^exponent``, entry by entry, with s = neg / (pos + l1), or the root of l2 a s^2 + (pos + l1) s = neg.

    Monotone with the exponent of the loss: 1 / (2 - beta) below beta = 1, 1 up to 2, 1 / (beta - 1) above. With a ridge
    the often printed ``neg / (pos + l1 + l2 a)`` can overshoot below beta = 2; the root cannot. A linear term below 0
    joins ``neg``; products of components are replaced by their diagonal majoriser, which keeps the proof. An entry that
    is 0 stays 0, or at its lower bound. O(m k).

    Parameters
    ----------
    exponent : float
        ``Beta.exponent`` of the loss.

    References
    ----------
    Lee & Seung (2001), https://papers.nips.cc/paper/1861; Fevotte & Idier (2011), doi:10.1162/NECO_a_00168

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.penalties import Elastic
    >>> A = np.array([[2.0]])
    >>> _ = MU().update(A, Split(np.array([[6.0]]), np.array([[4.0]])), Elastic(), size=A.mean(0))
    >>> A.tolist()
    [[3.0]]
    """

    exponent: float = 1.0

    name = "mu"
    needs = Split
    faces = frozenset({"linear", "pull", "rows", "ridge", "ridges", "gram", "bounds"})
    monotone = True
    separable = True
    accelerable = False
    growing = False
    opening = 0

    def update(self, A: Array, stats: Split, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A``; see the class for the formula."""
        seen = Evidence.zeros(A.shape[1])
        terms = penalty.terms().diagonal(A)
        stats, l1 = with_linear(stats, terms.linear)
        neg, pos = (np.ascontiguousarray(part, A.dtype) for part in (stats.neg, stats.pos))
        multiply = reference.mu if np.ndim(terms.ridge) else kernels.mu  # the native one takes a single ridge
        multiply(A, neg, pos, self.exponent, l1, terms.ridge, size, seen.grad2, seen.neg2, *terms.bounds(A))
        seen.norm2[...] += np.einsum("ij,ij->j", A, A)
        return seen


def with_linear(stats: Split, linear: Any) -> tuple[Split, float]:
    """The statistic with a linear term in its two parts, and the term itself where it is one number >= 0."""
    if not np.ndim(linear) and linear >= 0:
        return stats, float(linear)
    return Split(stats.neg + np.maximum(-linear, 0), stats.pos + np.maximum(linear, 0)), 0.0


@dataclass(frozen=True)
class MUE(MU):
    """The same updates, for fits that extrapolate between iterations (see `partwise.engine.grow`)."""

    name = "mue"
    growing = True


@dataclass(frozen=True)
class LeeSeung(MU):
    """The Kullback-Leibler updates as the 1999 article prints them: the columns of W sum to one.

    ``W <- W * (X / Y) H'``, ``W <- W / (column sums of W)``, then, with the new W, ``H <- H * W' (X / Y)``. The
    normalisation couples all rows, so W is finished before H is touched (two readings of X an iteration). Monotone
    from a W whose columns sum to one (`start` sees to that). No penalties.

    References
    ----------
    Lee & Seung (1999), doi:10.1038/44565
    """

    name = "mu"
    faces = frozenset()
    separable = False

    def update(self, A: Array, stats: Split, penalty, size: Array) -> Evidence:
        """``A * neg``, to be divided by its column sums in `finish`."""
        neg, pos = (np.ascontiguousarray(part, A.dtype) for part in (stats.neg, stats.pos))
        gradient = np.where(neg > pos, pos - neg, (pos - neg) * np.minimum(A, size) / np.where(size > 0, size, 1))
        A *= neg
        return Evidence.of(gradient, neg, A)

    def finish(self, A: Array, seen: Evidence) -> None:
        """Divide the columns of the whole factor by their sums, in place; a dead column stays 0."""
        sums = A.sum(axis=0, dtype=np.float64)
        sums[sums == 0] = 1
        A /= sums.astype(A.dtype)
        seen.norm2[...] = np.einsum("ij,ij->j", A, A)

    def start(self, W: Array, Ht: Array) -> None:
        """Move the scale of a start from W into H, in place, so that the columns of W sum to one."""
        sums = W.sum(axis=0, dtype=np.float64)
        sums[sums == 0] = 1
        W /= sums.astype(W.dtype)
        Ht *= sums.astype(W.dtype)
