"""gensim's online NMF of a corpus; counts passes, from its own start."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

from benchmarks.contestants.base import Contestant, Start


class Gensim(Contestant):
    """`gensim.models.nmf.Nmf` on the matrix as a corpus, words by documents.

    It returns topics only. The weights of the documents are solved for outside the clock, by scikit-learn: more than
    the model would give, so that the figures are a bound in its favour.
    """

    name = "gensim"
    needs = "gensim"
    own_start = True

    def refusal(self, X: Any, beta: float) -> str | None:
        """It is made for texts."""
        return super().refusal(X, beta) or (None if sp.issparse(X) else "takes a sparse corpus only")

    def prepare(self, X: Any, threads: int) -> Any:
        """X and the corpus, words by documents."""
        return X, sp.csc_matrix(X.T)

    def solve(self, X: Any, W: np.ndarray, H: np.ndarray, start: Start, beta: float, iterations: int) -> Any:
        """The public call."""
        from gensim.models.nmf import Nmf

        corpus = X[1]
        words = {j: str(j) for j in range(corpus.shape[0])}
        options = {"passes": iterations, "eval_every": None, "normalize": False, "random_state": start.seed}
        return Nmf(corpus, num_topics=start.k, id2word=words, **options)

    def factors(self, answer: Any, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """The topics, and the best weights for them."""
        from sklearn.decomposition import non_negative_factorization

        H = np.ascontiguousarray(answer.get_topics(normalize=False), dtype=X[0].dtype)
        H /= np.maximum(H.sum(axis=1, keepdims=True), np.finfo(H.dtype).tiny)
        W, H, _ = non_negative_factorization(X[0], H=H, n_components=len(H), update_H=False, tol=1e-6, max_iter=200)
        return W, H
