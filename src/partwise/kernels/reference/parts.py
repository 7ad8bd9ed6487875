"""The positive and the negative parts of singular vectors, from which a factor starts."""

import numpy as np


def add_parts_norm2(A, positive, negative):
    """Add each column's sum of squares of what is above 0 to ``positive``, of what is below to ``negative``. O(m k)."""
    for total, part in ((positive, np.maximum(A, 0)), (negative, np.minimum(A, 0))):
        total += np.square(part, dtype=np.float64).sum(axis=0)


def take_parts(A, scale, noise, zero):
    """``A = scale A`` but ``zero`` where that is not above ``noise``: for each column its own numbers. O(m k)."""
    A *= scale
    A[...] = np.where(noise >= A, zero, A)
