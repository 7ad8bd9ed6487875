"""What the iterations on a sample bring to a fit by multiplicative updates, and what they cost its end.

    python -m benchmarks.opening [--data digits piano words mnist] [--beta 1] [--starts 8]

Prints what is left of the way after 1, 4 and 10 iterations without and with them (in per cent, means), and by how much
the objective after 200 iterations differs (mean over the starts, and its error).
"""

from __future__ import annotations

import argparse
from collections.abc import Callable

import numpy as np
from sklearn.datasets import load_digits

import partwise.engine.iterate as loop
from benchmarks.course import start
from benchmarks.objective import objective
from benchmarks.workloads import WORKLOADS
from partwise import NMF

COUNTS, END = (1, 4, 10), 200


def words() -> np.ndarray:
    """3000 pieces of the State of the Union, their 500 commonest words."""
    X = WORKLOADS["sotu-kl"].matrix()
    X = X[:, np.argsort(-np.asarray(X.sum(axis=0)).ravel())[:500]].toarray()
    return np.ascontiguousarray(X[X.any(axis=1)][:3000])


DATA: dict[str, tuple[Callable[[], np.ndarray], int]] = {
    "digits": (lambda: np.ascontiguousarray(load_digits().data, np.float32), 16),
    "piano": (lambda: WORKLOADS["piano-kl"].matrix(), 30),
    "words": (words, 10),
    "mnist": (lambda: WORKLOADS["mnist"].matrix()[:4000], 20),
}


def ends(X: np.ndarray, k: int, beta: float, starts: int) -> dict[int, np.ndarray]:
    """The objective after each count of iterations, from every start."""
    found: dict[int, np.ndarray] = {}
    for count in (*COUNTS, END):
        model = NMF(k, init="custom", beta_loss=beta, solver="mue", tol=0, max_iter=count)
        given = [start(X, k, seed) for seed in range(starts)]
        found[count] = np.array([model.fit(X, W=s.W, H=s.H).reconstruction_err_ ** 2 / 2 for s in given])
    return found


def without(X: np.ndarray, k: int, beta: float, starts: int) -> dict[int, np.ndarray]:
    """The same without the opening."""
    kept, loop.open_on_sample = loop.open_on_sample, lambda *_: None
    try:
        return ends(X, k, beta, starts)
    finally:
        loop.open_on_sample = kept


def compare(name: str, beta: float, starts: int) -> str:
    """One line of the table."""
    make, k = DATA[name]
    X = make()
    if beta <= 0:
        X = X + X.dtype.type(1e-3 * X.mean())
    plain, opened = without(X, k, beta, starts), ends(X, k, beta, starts)
    best = min(values.min() for values in (*plain.values(), *opened.values()))
    s = start(X, k, 0)
    way = objective(X, s.W, s.H, beta) - best
    left = [f"{100 * (plain[n].mean() - best) / way:6.2f} {100 * (opened[n].mean() - best) / way:5.2f}" for n in COUNTS]
    change = 100 * np.log(opened[END] / plain[END])
    return (
        f"{name:8} {beta:4g} {X.shape[0]:5} x {X.shape[1]:4} k={k:2} {'   '.join(left)}   "
        f"{change.mean():+5.2f} +- {change.std(ddof=1) / np.sqrt(starts):.2f} %"
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", nargs="+", choices=DATA, default=list(DATA))
    parser.add_argument("--beta", type=float, nargs="+", default=[1.0])
    parser.add_argument("--starts", type=int, default=8)
    asked = parser.parse_args()
    print(f"{'':29} {'   '.join(f'{n:>5} iterations' for n in COUNTS)[:45]}   end")
    for beta in asked.beta:
        for name in asked.data:
            print(compare(name, beta, asked.starts), flush=True)


if __name__ == "__main__":
    main()
