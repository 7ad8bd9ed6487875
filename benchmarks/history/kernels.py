"""Single kernels."""

from __future__ import annotations

import numpy as np

from partwise import kernels


class Sweep:
    """One coordinate sweep over 5,000 rows."""

    params = ([10, 50, 128], ["float32", "float64"])
    param_names = ("k", "dtype")

    def setup(self, k: int, dtype: str) -> None:
        """Products as a fit has them."""
        rng = np.random.default_rng(0)
        B = rng.random((2000, k)).astype(dtype)
        self.A, self.gram = rng.random((5000, k)).astype(dtype), B.T @ B
        self.cross, self.sums = rng.random((5000, k)).astype(dtype) @ self.gram, np.zeros((3, k))

    def time_hals(self, k: int, dtype: str) -> None:
        """Seconds; the rows converge, so that later calls skip more."""
        kernels.hals(self.A.copy(), self.gram, self.cross, 0.0, 1, *self.sums)
