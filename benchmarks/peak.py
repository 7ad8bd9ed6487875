"""Peak memory of one fit in a fresh process: how much more it held at its highest than with X alone.

    python -m benchmarks.peak [--workload NAME ...] [--dtype float32] [--contestants NAME ...] [--json FILE]

The high-water mark of the process (VmHWM) is reset once X lies there in the contestant's own form and it has done one
iteration elsewhere; ``ru_maxrss`` would not do, as a child begins with its parent's. Ten iterations show the peak, as
every later one needs the same. Exits 1 if partwise needs more than a fifth more than the most frugal peer.
"""

from __future__ import annotations

import argparse
import ctypes
import gc
import json
import subprocess
import sys
from pathlib import Path

import scipy.sparse as sp

from benchmarks.contestants import NAMES, contestant
from benchmarks.course import start, warm
from benchmarks.workloads import WORKLOADS

ITERATIONS = 10
MOST = 1.2  # times what the most frugal peer needs


def status(process: str, field: str) -> float:
    """A figure of ``/proc/PROCESS/status`` in MiB."""
    with open(f"/proc/{process}/status", encoding="utf-8") as file:
        return next(float(line.split()[1]) for line in file if line.startswith(field)) / 1024


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
    """MiB, in a fresh process; None where the contestant takes no part or the system does not tell."""
    code = f"import benchmarks.peak as p; print(p.growth{(workload, dtype, entrant, iterations, threads)})"
    command = [sys.executable, "-W", "ignore", "-c", code]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return float(done.stdout.split()[-1]) if done.returncode == 0 else None


def table(workload: str, dtype: str, names: list[str], threads: int) -> dict[str, float]:
    """MiB of everybody who takes part, printed as they come."""
    X, beta, found = WORKLOADS[workload].matrix(dtype), WORKLOADS[workload].beta, {}
    size = sum(part.nbytes for part in ((X.data, X.indices, X.indptr) if sp.issparse(X) else (X,)))
    factors = sum(X.shape) * WORKLOADS[workload].k * X.dtype.itemsize
    print(f"{workload}, {dtype}: X {size / 2**20:.1f}, W and H {factors / 2**20:.1f} MiB")
    for name in names:
        if contestant(name).refusal(X, beta) is None:
            peak = measured(workload, dtype, name, ITERATIONS, threads)
            found |= {} if peak is None else {name: peak}
            print(f"  {name:22}{'failed' if peak is None else f'{peak:8.1f}'}", flush=True)
    return found


def frugal(name: str, found: dict[str, float]) -> bool:
    """Whether partwise needs no more than the most frugal peer and a fifth, printed."""
    ours, peers = found["partwise"], {name: peak for name, peak in found.items() if not name.startswith("partwise")}
    least = min(peers, key=peers.__getitem__)
    met = ours <= MOST * peers[least]
    print(f"{name}: partwise {ours:.1f}, least {least} {peers[least]:.1f}: {'met' if met else 'MISSED'}", flush=True)
    return met


def main() -> None:
    """A table for each workload."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="NAME")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--contestants", nargs="+", default=list(NAMES), metavar="NAME")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json", metavar="FILE")
    o = parser.parse_args()
    found = {name: table(name, o.dtype, o.contestants, o.threads) for name in o.workload}
    print()
    met = [frugal(name, peaks) for name, peaks in found.items() if len(peaks) > 1 and "partwise" in peaks]
    if o.json:
        Path(o.json).write_text(json.dumps(found, indent=1), encoding="utf-8")
    sys.exit(not all(met))


if __name__ == "__main__":
    main()
