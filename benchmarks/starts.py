"""What the default start costs, in iterations.

    python -m benchmarks.starts [--workload NAME ...] [--rounds 5] [--threads 2]

The seconds of a fit of one iteration from the default start, less those of the same fit given the factors of that
start, over the seconds of an iteration (`benchmarks.iterations`); interleaved, medians, float32. Exits 1 if a start
costs more than 5 iterations, with k of 49 and more than 3.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
import warnings
from typing import Any

import numpy as np

from benchmarks.contestants import Start
from benchmarks.iterations import per_iteration
from benchmarks.workloads import WORKLOADS
from partwise import NMF
from partwise.data import as_data
from partwise.engine import init
from partwise.estimators.starts import start_name
from partwise.kernels import pool

LARGE = 49  # the rank from which the lower bound holds


def main() -> None:
    """Print the table; exit 1 if a bound is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="NAME")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'':16}{'k':>5}{'start ms':>10}{'iteration ms':>14}{'iterations':>12}{'wanted':>8}")
    missed = False
    for name in o.workload:
        w = WORKLOADS[name]
        X = w.matrix()
        cost, one = extra(X, w.k, w.beta, o.threads, o.rounds), per_iteration(X, w.k, w.beta, o.threads, o.rounds)
        most = 3 if w.k >= LARGE else 5
        missed |= cost > most * one
        mark = "  MISSED" * (cost > most * one)
        print(
            f"{name:16}{w.k:5}{1000 * cost:10.2f}{1000 * one:14.2f}{cost / one:12.2f}{f'<= {most}':>8}{mark}",
            flush=True,
        )
    sys.exit(missed)


def extra(X: Any, k: int, beta: float, threads: int, rounds: int) -> float:
    """Seconds that the default start takes beyond the same factors given; the first round warms."""
    with pool.session(threads):
        data = as_data(X, threads)
        name = start_name(None, X.shape, k, "cd" if beta == 2 else "scd", zeros=init.mostly_zeros(data))
        state = init.start(data, k, name, np.random.RandomState(0))
    first = Start(state.W, state.Ht.T, 0)
    pairs = [(seconds(X, k, beta, threads), seconds(X, k, beta, threads, first)) for _ in range(rounds + 1)][1:]
    ours, given = (statistics.median(side) for side in zip(*pairs, strict=True))
    return ours - given


def seconds(X: Any, k: int, beta: float, threads: int, first: Any = None) -> float:
    """Of one iteration, from given factors or from the default start."""
    given = {"W": first.W.copy(), "H": first.H.copy()} if first else {}
    model = NMF(k, init="custom" if first else None, beta_loss=beta, max_iter=1, n_jobs=threads, random_state=0)
    time.sleep(0.1)
    began = time.perf_counter()
    model.fit(X, **given)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
