"""scikit-learn: coordinate descent, multiplicative updates, and mini-batches as recommended."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.contestants.base import Contestant, Start


class CoordinateDescent(Contestant):
    """`sklearn.decomposition.NMF(solver="cd")`."""

    name = "sklearn-cd"
    needs = "sklearn"
    solver = "cd"

    def solve(self, X: Any, W: np.ndarray, H: np.ndarray, start: Start, beta: float, iterations: int) -> Any:
        """The public call."""
        from sklearn.decomposition import NMF

        model = NMF(start.k, init="custom", solver=self.solver, beta_loss=beta, tol=0, max_iter=iterations)
        W = model.fit_transform(X, W=W, H=H)
        return W, model.components_


class Multiplicative(CoordinateDescent):
    """`sklearn.decomposition.NMF(solver="mu")`."""

    name = "sklearn-mu"
    losses = (2.0, 1.0, 0.0)
    solver = "mu"


class MiniBatch(Contestant):
    """`sklearn.decomposition.MiniBatchNMF` from the same start; its own defaults stop it."""

    name = "sklearn-minibatch"
    needs = "sklearn"
    losses = (2.0, 1.0, 0.0)
    own_stop = True

    def solve(self, X: Any, W: np.ndarray, H: np.ndarray, start: Start, beta: float, iterations: int) -> Any:
        """The public call."""
        from sklearn.decomposition import MiniBatchNMF

        model = MiniBatchNMF(start.k, init="custom", beta_loss=beta, random_state=start.seed)
        W = model.fit_transform(X, W=W, H=H)
        return W, model.components_
