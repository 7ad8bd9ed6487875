"""Which start leads where: how much of the way is left after 1, 5 and 10 iterations, and where a fit stops.

    python -m benchmarks.initial [--workload NAME ...] [--part 0.7] [--draws 9]

Every start of `NMF` by name on as many random draws of rows of each workload, float32. The way: from one iteration
after a random start to the least objective at which any of them stopped on the same rows. Means over the draws.
"""

from __future__ import annotations

import argparse
import warnings
from typing import Any

import numpy as np

from benchmarks.workloads import WORKLOADS
from partwise import NMF
from partwise.engine.init import SVD_NAMES

AFTER = (1, 5, 10)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--workload", nargs="+", choices=WORKLOADS, default=["articles", "sotu", "mnist"], metavar="NAME"
    )
    parser.add_argument("--part", type=float, default=0.7, help="share of the rows that a draw takes")
    parser.add_argument("--draws", type=int, default=9)
    o = parser.parse_args()
    warnings.simplefilter("ignore")
    print(f"{'':16}{'':10}" + "".join(f"{f'after {n}':>10}" for n in AFTER) + f"{'at stop':>10}{'iterations':>12}")
    for name in o.workload:
        w = WORKLOADS[name]
        X = w.matrix()
        rows = [drawn(X, o.part, seed) for seed in range(o.draws)]
        for init, line in zip(SVD_NAMES, np.mean([lefts(some, w.k, w.beta) for some in rows], axis=0), strict=True):
            *left, iterations = line
            print(
                f"{name:16}{init:10}" + "".join(f"{share:10.2%}" for share in left) + f"{iterations:12.1f}", flush=True
            )


def drawn(X: Any, part: float, seed: int) -> Any:
    """Some rows of X."""
    n = X.shape[0]
    return X[np.sort(np.random.default_rng(seed).permutation(n)[: int(part * n)])]


def lefts(X: Any, k: int, beta: float) -> np.ndarray:
    """For every start the shares of the way that are left, and the iterations until it stopped."""
    ends = []
    for init in SVD_NAMES:
        fits = [NMF(k, init=init, beta_loss=beta, tol=0, max_iter=n).fit(X) for n in AFTER]
        last = NMF(k, init=init, beta_loss=beta).fit(X)
        ends.append([*(objective(fit) for fit in fits), objective(last), last.n_iter_])
    table = np.array(ends)
    first = objective(NMF(k, init="random", random_state=0, beta_loss=beta, tol=0, max_iter=1).fit(X))
    best = table[:, 3].min()
    table[:, :4] = (table[:, :4] - best) / (first - best)
    return table


def objective(model: NMF) -> float:
    """What `reconstruction_err_` is the root of."""
    return model.reconstruction_err_**2 / 2


if __name__ == "__main__":
    main()
