"""Ten starts run side by side: their cost beside one fit of as many iterations, and how good the kept one is.

    python -m benchmarks.restarts [--workload wordnet] [--starts 10] [--iterations 200] [--rounds 3] [--threads 2]

Random starts, float32, no stop but the iterations. First ``NMF(n_init=1)`` and ``NMF(n_init=10)``, interleaved, medians
of their seconds. Then every one of the ten alone, to the same number of iterations: what the dropped ones would have
become, what running them all would have cost, and how far the kept one is from the best of them, as a share of the gap
between the best and the median.
"""

from __future__ import annotations

import argparse
import statistics
import time
import warnings
from typing import Any

import numpy as np

from benchmarks.workloads import WORKLOADS
from partwise import NMF, NotConvergedWarning

MOST_RATIO = 5.0
"""Ten batched restarts may cost as much as five fits."""


def main() -> int:
    """Print the table; 1 if the ten cost more than five."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--workload", choices=sorted(WORKLOADS), default="wordnet")
    parser.add_argument("--starts", type=int, default=10)
    parser.add_argument("--iterations", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()
    warnings.simplefilter("ignore", NotConvergedWarning)
    workload = WORKLOADS[options.workload]
    X: Any = workload.matrix()
    rows, columns = X.shape
    base: dict[str, Any] = {"n_components": workload.k, "beta_loss": workload.beta, "init": "random", "tol": 0}
    base |= {"max_iter": options.iterations, "n_jobs": options.threads}

    print(f"{workload.name}: {rows:,} x {columns:,}, k = {workload.k}, {options.iterations} iterations")
    one, many = [], []
    for _ in range(options.rounds):
        one.append(seconds(NMF(**base, random_state=0), X)[0])
        taken, model = seconds(NMF(**base, random_state=0, n_init=options.starts), X)
        many.append(taken)
    single, batched = statistics.median(one), statistics.median(many)
    print(f"one start {single:.2f} s, {options.starts} starts {batched:.2f} s: {batched / single:.2f}x")
    compare(model.restarts_, [seconds(NMF(**base, random_state=int(seed)), X) for seed in model.restarts_.seed])
    return int(batched > MOST_RATIO * single)


def seconds(model: NMF, X: Any) -> tuple[float, NMF]:
    """Fit, and how long it took."""
    began = time.perf_counter()
    model.fit(X)
    return time.perf_counter() - began, model


def compare(starts: Any, alone: list[tuple[float, NMF]]) -> None:
    """Each start when it was dropped, and where it ends alone."""
    ends = np.array([model.reconstruction_err_**2 / 2 for _, model in alone])
    print(f"\n{'seed':>12}{'iterations':>12}{'then':>14}{'alone, to the end':>20}")
    for start, end in zip(starts.itertuples(), ends, strict=True):
        print(f"{start.seed:12}{start.iterations:12}{start.objective:14.8g}{end:20.8g}{'  kept' * start.kept}")
    kept, best, middle = float(ends[starts.kept.to_numpy()][0]), ends.min(), np.median(ends)
    print(f"\nall alone {sum(taken for taken, _ in alone):.2f} s")
    print(f"kept {kept:.8g}, best {best:.8g}, median {middle:.8g}, worst {ends.max():.8g}")
    share = (kept - best) / (middle - best)
    print(f"kept above the best by {share:.1%} of what the median is, {(kept - best) / best:.1e} of the best")


if __name__ == "__main__":
    raise SystemExit(main())
