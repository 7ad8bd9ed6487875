"""Implicit feedback: a small weight on all cells and more on 2e5 ones, of 50,000 x 7,000.

    python -m benchmarks.implicit           # in this process: growth and bound in MiB, seconds of an iteration

Memory is the peak (VmHWM, Linux) over what the process held once X lay there.
"""

from __future__ import annotations

import ctypes
import gc
import statistics
import subprocess
import sys
import time
import warnings

import numpy as np
import scipy.sparse as sp

from benchmarks.peak import status
from partwise import NMF

SHAPE, ONES, K, BACKGROUND = (50_000, 7_000), 200_000, 32, 0.01


def purchases() -> sp.csr_array:
    """Ones where somebody bought something, popular things more often."""
    rng, (n, p) = np.random.default_rng(0), SHAPE
    popular = rng.permutation(p)[np.minimum(rng.pareto(1.0, 3 * ONES) * p / 50, p - 1).astype(int)]
    cells = np.unique(rng.integers(0, n, 3 * ONES) * p + popular)
    cells = np.sort(rng.choice(cells, ONES, replace=False))
    return sp.csr_array((np.ones(ONES), (cells // p, cells % p)), shape=SHAPE)


def fit(X: sp.csr_array, iterations: int, k: int = K) -> NMF:
    """A fit of that many iterations."""
    model = NMF(k, tol=0, max_iter=iterations, random_state=0, alpha_W=1e-6, alpha_H=1e-6, l1_ratio=0)
    return model.fit(X, weight="stored", background=BACKGROUND)


def growth(X: sp.csr_array) -> tuple[float, float]:
    """MiB that a fit took at its peak, and that O(nnz + factors) allows: X three times, four factors, 64 MiB."""
    fit(sp.csr_array(X[:500, :400]), 2, 4)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    with open("/proc/self/clear_refs", "w", encoding="utf-8") as file:
        file.write("5")
    before = status("self", "VmRSS")
    fit(X, 5)
    size = X.data.nbytes + X.indices.nbytes + X.indptr.nbytes
    return status("self", "VmHWM") - before, (3 * size + 4 * sum(SHAPE) * K * 8) / 2**20 + 64


def iteration(X: sp.csr_array, rounds: int = 5, more: int = 5) -> float:
    """Seconds of one iteration, start and end of the fit taken out: the median of some rounds."""
    found = []
    for _ in range(rounds):
        seconds = []
        for count in (1, 1 + more):
            began = time.perf_counter()
            fit(X, count)
            seconds.append(time.perf_counter() - began)
        found.append((seconds[1] - seconds[0]) / more)
    return statistics.median(found)


def measured() -> tuple[float, float, float]:
    """Growth, its bound and the seconds of an iteration, from a fresh process."""
    command = [sys.executable, "-m", "benchmarks.implicit"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    grown, bound, seconds = map(float, done.stdout.split())
    return grown, bound, seconds


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    X = purchases()
    print(*growth(X), iteration(X))
