"""Fits of data that ship with partwise."""

from __future__ import annotations

import warnings

import numpy as np

from partwise import NMF, datasets

CASES = {
    "digits": (datasets.load_digits, 16, "frobenius"),
    "sotu": (datasets.load_sotu, 10, "frobenius"),
    "sotu-kl": (datasets.load_sotu, 10, "kullback-leibler"),
    "piano-kl": (datasets.load_piano_mix, 30, "kullback-leibler"),
    "piano-is": (datasets.load_piano_mix, 30, "itakura-saito"),
}


class Fits:
    """Twenty iterations of each case, in both precisions."""

    params = (list(CASES), ["float32", "float64"])
    param_names = ("case", "dtype")

    def setup(self, case: str, dtype: str) -> None:
        """Data, a start, and a quiet model."""
        warnings.simplefilter("ignore")
        load, k, loss = CASES[case]
        self.X = load().X.astype(dtype)
        rng = np.random.default_rng(0)
        scale = np.sqrt(self.X.mean() / k)
        self.W, self.H = (scale * rng.random(shape) for shape in ((self.X.shape[0], k), (k, self.X.shape[1])))
        self.W, self.H = self.W.astype(dtype), self.H.astype(dtype)
        self.model = NMF(k, init="custom", beta_loss=loss, tol=0, max_iter=20)

    def time_fit(self, case: str, dtype: str) -> None:
        """Seconds."""
        self.model.fit(self.X, W=self.W, H=self.H)

    def peakmem_fit(self, case: str, dtype: str) -> None:
        """Peak resident memory, data and imports included."""
        self.model.fit(self.X, W=self.W, H=self.H)

    def track_error(self, case: str, dtype: str) -> float:
        """Where those iterations end."""
        return float(self.model.fit(self.X, W=self.W, H=self.H).reconstruction_err_)


class Rows:
    """`transform` of one row and of many."""

    params = ([1, 1000],)
    param_names = ("rows",)

    def setup(self, rows: int) -> None:
        """A model of the addresses."""
        warnings.simplefilter("ignore")
        X = datasets.load_sotu().X
        self.model, self.X = NMF(50, max_iter=10).fit(X), X[:rows]

    def time_transform(self, rows: int) -> None:
        """Seconds, validation included."""
        self.model.transform(self.X)
