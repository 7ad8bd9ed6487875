"""Multiplicative updates, and the look ahead between two of them."""

import numpy as np

from partwise.kernels.reference.bounds import projected


def mu(A, neg, pos, gamma, l1, l2, size, grad2, neg2, lower=None, upper=None):
    """One multiplicative update ``A <- A * s^gamma``, in place, s the root of ``l2 A s^2 + (pos + l1) s = neg``.

    Without a ridge s is ``neg / (pos + l1)``. The positive root lies between 1 and the minimiser of the convex
    majoriser of any beta-divergence plus penalties, hence monotone with the gamma of the loss;
    ``neg / (pos + l1 + l2 A)``, which is often printed, is not. ``neg`` is (m, k); ``pos`` is (m, k), or (1, k) when
    all rows share it. An entry whose denominator is 0 is left alone. ``grad2`` and ``neg2`` gain the squares of the
    scaled gradient and of ``neg``, per component, both before the update. With g = pos + l1 + l2 A - neg the scaled
    gradient is g where g < 0, else ``g * min(1, A / size)``: an entry on its way to 0, which these updates never reach,
    counts by how far it still is. ``size`` (k,), in the dtype of A, is the usual magnitude of a component's entries.
    Here, not natively, ``l2`` may also be an array of shape (k,). With bounds the result is clipped to them, which a
    majoriser that is convex in each entry allows. O(m k).

    References
    ----------
    Fevotte & Idier (2011), doi:10.1162/NECO_a_00168
    """
    push, ridge = pos + A.dtype.type(l1), np.asarray(l2, A.dtype) * A
    g = push + ridge - neg
    if lower is not None:
        g = projected(A, g, lower, upper)
    share = np.divide(A, size, out=np.zeros_like(A), where=size > 0)
    scaled = np.where(g < 0, g, g * np.minimum(share, 1))
    grad2 += np.einsum("ij,ij->j", scaled, scaled, dtype=np.float64)
    neg2 += np.einsum("ij,ij->j", neg, neg, dtype=np.float64)
    push = np.broadcast_to(push, A.shape)
    bottom = (push + np.sqrt(push * push + 4 * ridge * neg)) / 2 if np.any(l2) else push
    factor = np.divide(neg, bottom, out=np.ones_like(neg), where=bottom > 0)
    A *= factor if gamma == 1 else factor ** A.dtype.type(gamma)
    if lower is not None:
        np.clip(A, lower, upper, out=A)


def look_ahead(previous, current, weight, lowest, out):
    """``out = max(lowest * current, current + weight (current - previous))``; ``out`` may be either of them. O(m k)."""
    ahead = current.dtype.type(1 + weight) * current - current.dtype.type(weight) * previous
    np.maximum(ahead, current.dtype.type(lowest) * current, out=out)
