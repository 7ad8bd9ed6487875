"""partwise, from a given start, with its stop rule off."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.contestants.base import Contestant, Start


class Partwise(Contestant):
    """`partwise.NMF` as a user calls it: checks, both factors and the closing solve of W."""

    needs = "partwise"
    losses = (2.0, 1.0, 0.0)

    def __init__(self, solver: str = "auto"):
        self.solver = solver
        self.name = "partwise" if solver == "auto" else f"partwise:{solver}"
        self.threads = 1

    def prepare(self, X: Any, threads: int) -> Any:
        """Nothing to do but to note the threads."""
        self.threads = threads
        return X

    def solve(self, X: Any, W: np.ndarray, H: np.ndarray, start: Start, beta: float, iterations: int) -> Any:
        """The public call."""
        from partwise import NMF

        options = {"init": "custom", "solver": self.solver, "beta_loss": beta, "tol": 0}
        model = NMF(start.k, max_iter=iterations, n_jobs=self.threads, **options)
        W = model.fit_transform(X, W=W, H=H)
        return W, model.components_
