"""``transform`` beside scikit-learn's: the same components given to both, the same rows, the objective beside the time.

    python -m benchmarks.transform [--rounds 5] [--million] [--json FILE]

One row of a model of 50 topics over 29,000 words, sparse and dense, and 100,000 rows of State of the Union pieces
(repeated) for 50 components fitted to them. Rounds are interleaved; medians. ``--million`` solves a million rows as
well and prints by how much the process grew beyond the result. Exits with 1 if a wanted figure is missed.
"""

from __future__ import annotations

import argparse
import json
import resource
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import numpy as np
import scipy.sparse as sp
import sklearn.decomposition

import partwise
from benchmarks import matrices
from partwise.data import as_data
from partwise.engine.objective import divergence
from partwise.losses import Beta

K, WORDS, ROW_WORDS = 50, 29_000, 60
LOSSES = {"frobenius": 2.0, "kullback-leibler": 1.0}


@dataclass
class Row:
    """A finished race: milliseconds, their ratio, and by how much our objective is above theirs."""

    name: str
    ours_ms: float
    theirs_ms: float
    ratio: float
    excess: float
    wanted: str
    met: bool


def with_components(H: np.ndarray, loss: str) -> tuple[partwise.NMF, sklearn.decomposition.NMF]:
    """Both libraries' models with the components ``H``."""
    X = np.ones((1, 2 * len(H)), H.dtype) * np.ones((2 * len(H), 1), H.dtype)
    models = []
    for package in (partwise.NMF, sklearn.decomposition.NMF):
        solver = "mu" if loss == "kullback-leibler" else "cd"
        model = package(len(H), init="random", random_state=0, max_iter=1, beta_loss=loss, solver=solver).fit(X)
        model.components_, model.n_features_in_, model.max_iter = H.copy(), H.shape[1], 200
        models.append(model)
    return models[0], models[1]


def topics(dtype: str) -> np.ndarray:
    """50 topics over 29,000 words, a few hundred words each carrying most of it."""
    return np.random.default_rng(0).gamma(0.05, size=(K, WORDS)).astype(dtype)


def line(dtype: str) -> sp.csr_matrix:
    """A line of 60 different words that one or two topics prefer."""
    rng = np.random.default_rng(1)
    taste = topics("float64")[:2].sum(axis=0)
    words = np.sort(rng.choice(WORDS, ROW_WORDS, replace=False, p=taste / taste.sum()))
    counts = rng.integers(1, 4, ROW_WORDS).astype(dtype)
    return sp.csr_matrix((counts, words.astype(np.int32), np.array([0, ROW_WORDS], np.int32)), shape=(1, WORDS))


def objective(X: sp.csr_matrix | np.ndarray, W: np.ndarray, H: np.ndarray, beta: float) -> float:
    """The loss in float64."""
    data = as_data(X.astype(np.float64))
    return divergence(Beta(beta).on(data), data, W.astype(np.float64), np.ascontiguousarray(H.T, np.float64))


def milliseconds(call: Callable[[], object], times: int) -> float:
    """The median of a few calls in a row."""
    seconds = []
    for _ in range(times):
        began = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - began)
    return 1e3 * statistics.median(seconds)


def race(name: str, X, H: np.ndarray, loss: str, rounds: int, times: int, judge) -> Row:
    """Both transforms of the same rows, interleaved."""
    models = with_components(H, loss)
    excess = [objective(X, model.transform(X), H, LOSSES[loss]) for model in models]
    ours_and_theirs = list(zip(models, (times, -(-times // 10)), strict=True))
    found = [[milliseconds(lambda m=m: m.transform(X), n) for m, n in ours_and_theirs] for _ in range(rounds)]
    ours, theirs = (statistics.median(column) for column in zip(*found, strict=True))
    wanted, met = judge(ours, theirs)
    higher = excess[0] / excess[1] - 1
    return Row(name, ours, theirs, theirs / ours, higher, wanted, met and higher <= 1e-6)


def races(rounds: int) -> Iterator[Row]:
    """One row in all storages, types and losses; then 100,000."""
    for loss in LOSSES:
        for dtype in ("float64", "float32"):
            for form in (sp.csr_matrix, sp.csr_matrix.toarray):
                storage = "CSR" if form is sp.csr_matrix else "dense"
                limit = 0.5 if loss == "frobenius" else np.inf
                name = f"one row, {loss}, {dtype}, {storage}"
                wanted = f"<= {limit} ms" if np.isfinite(limit) else "-"
                yield race(
                    name,
                    form(line(dtype)),
                    topics(dtype),
                    loss,
                    rounds,
                    40,
                    lambda ms, _, w=wanted, b=limit: (w, ms <= b),
                )
    for dtype in ("float64", "float32"):
        X, H = pieces(100_000, dtype)
        yield race(f"100,000 rows, {dtype}", X, H, "frobenius", min(rounds, 3), 1, lambda a, b: (">= 3x", b >= 3 * a))


def pieces(rows: int, dtype: str) -> tuple[sp.csr_matrix, np.ndarray]:
    """State of the Union pieces, tf-idf, repeated, and 50 components of theirs."""
    X = sp.csr_matrix(matrices.sotu_tfidf()).astype(dtype)
    H = partwise.NMF(K, max_iter=50).fit(X).components_
    order = np.arange(rows) % X.shape[0]
    return sp.csr_matrix(X[order]), H


def million() -> str:
    """A million rows: seconds, and the growth of the process beyond the result."""
    X, H = pieces(1_000_000, "float32")
    model, _ = with_components(H, "frobenius")
    model.transform(X[:1000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.perf_counter()
    W = model.transform(X)
    seconds = time.perf_counter() - began
    grown = 1024 * (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) - W.nbytes
    return f"1,000,000 rows, float32: {seconds:.1f} s; memory beyond the result {max(0, grown) / 2**20:.0f} MiB"


def main() -> None:
    """Race and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--million", action="store_true", help="a million rows as well (1.5 GB)")
    parser.add_argument("--json", help="write the figures to this file")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'':44}{'partwise':>11}{'scikit-learn':>14}{'ratio':>8}{'objective':>11}  wanted")
    rows = []
    for row in races(options.rounds):
        rows.append(row)
        mark = "" if row.met else "  MISSED"
        times = f"{row.ours_ms:8.2f} ms{row.theirs_ms:11.2f} ms{row.ratio:7.1f}x"
        print(f"{row.name:44}{times}{row.excess:+11.1e}  {row.wanted}{mark}", flush=True)
    if options.million:
        print(million())
    if options.json:
        with open(options.json, "w") as file:
            json.dump([asdict(row) for row in rows], file, indent=2)
    sys.exit(not all(row.met for row in rows))


if __name__ == "__main__":
    main()
