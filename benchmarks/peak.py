"""Peak memory of one fit in a fresh process: how much more it held at its highest than with X alone.

    python -m benchmarks.peak WORKLOAD DTYPE CONTESTANT ITERATIONS THREADS

The high-water mark of the process (VmHWM) is reset once X lies there in the contestant's own form and it has done one
iteration elsewhere; ``ru_maxrss`` would not do, as a child begins with its parent's.
"""

from __future__ import annotations

import ctypes
import gc
import subprocess
import sys
import warnings

import numpy as np

from benchmarks.contestants import Contestant, contestant
from benchmarks.race import start
from benchmarks.workloads import WORKLOADS


def status(process: str, field: str) -> float:
    """A figure of ``/proc/PROCESS/status`` in MiB."""
    with open(f"/proc/{process}/status", encoding="utf-8") as file:
        return next(float(line.split()[1]) for line in file if line.startswith(field)) / 1024


def warm(name: str, dtype: str, beta: float, threads: int) -> None:
    """Imports, thread pools and BLAS buffers are not the fit's."""
    other: Contestant = contestant(name)
    X = (np.random.default_rng(0).random((300, 200)) + 0.1).astype(dtype)
    if other.refusal(X, beta) is None:
        other.run(other.prepare(X, threads), start(X, 5, 0), beta, 1)
    other.close()


def growth(name: str, dtype: str, entrant: str, iterations: int, threads: int) -> float:
    """MiB, in this process."""
    workload = WORKLOADS[name]
    warm(entrant, dtype, workload.beta, threads)
    X, runner = workload.matrix(dtype), contestant(entrant)
    own, first = runner.prepare(X, threads), start(X, workload.k, 0)
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)
    process = runner.process()
    with open(f"/proc/{process}/clear_refs", "w", encoding="utf-8") as file:
        file.write("5")
    before = status(process, "VmRSS")
    runner.run(own, first, workload.beta, iterations)
    after = status(process, "VmHWM")
    runner.close()
    return after - before


def measured(workload: str, dtype: str, entrant: str, iterations: int, threads: int) -> float | None:
    """MiB, in a fresh process; None where the system does not tell."""
    words = [workload, dtype, entrant, str(iterations), str(threads)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.peak", *words], capture_output=True, text=True, check=False
    )
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    workload, dtype, entrant, iterations, threads = sys.argv[1:]
    print(growth(workload, dtype, entrant, int(iterations), int(threads)))
