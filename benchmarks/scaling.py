"""Time per iteration over nonzeros, rows and threads.

    python -m benchmarks.scaling [--sizes 1e6 3e6 1e7 3e7] [--ranks 10 50] [--betas 2 1] [--family rows nonzeros dense]

"rows": 50 nonzeros a row and ever more rows of 10,000 columns; "nonzeros": 60,000 rows, ever fuller; "dense": ever more
rows of 784 columns. "of proportional" is the time over that of the size before, divided by the ratio of the sizes, on
one thread and on two: between 0.9 and 1.15 is linear; below it what does not grow (columns, Python, with "nonzeros" the
rows too) still weighs. The speed-up of the second thread stands beside that of reading memory.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

import numpy as np
import scipy.sparse as sp

from benchmarks.iterations import per_iteration
from benchmarks.limits import stream


def sparse(rows: int, per_row: int, columns: int = 10000) -> sp.csr_matrix:
    """Uniform places and values, float32; the same number in every row, duplicates summed."""
    rng = np.random.default_rng(0)
    indptr = np.arange(0, rows * per_row + 1, per_row, dtype=np.int32)
    indices = rng.integers(0, columns, rows * per_row, dtype=np.int32)
    X = sp.csr_matrix((rng.random(len(indices), dtype=np.float32) + 0.1, indices, indptr), shape=(rows, columns))
    X.sum_duplicates()
    return X


def dense(cells: int) -> np.ndarray:
    """Uniform numbers, float32, 784 columns."""
    return np.random.default_rng(0).random((cells // 784, 784), dtype=np.float32)


FAMILIES = {
    "rows": lambda size: sparse(size // 50, 50),
    "nonzeros": lambda size: sparse(60000, size // 60000),
    "dense": dense,
}


def measure(family: str, sizes: list[int], k: int, beta: float, rounds: int) -> list[dict]:
    """One row a size, printed as it comes."""
    found: list[dict] = []
    for size in sizes:
        X = FAMILIES[family](size)
        stored = X.size if isinstance(X, np.ndarray) else X.nnz
        one, two = (per_iteration(X, k, beta, threads, rounds) for threads in (1, 2))
        row = {"family": family, "k": k, "beta": beta, "stored": stored, "one": one, "two": two}
        row["linear"] = [growth(row, found[-1], threads) for threads in ("one", "two")] if found else None
        linear = " and ".join(f"{ratio:.2f}" for ratio in row["linear"]) if found else "-"
        print(
            f"{family:10}{k:5}{beta:6g}{stored:12}{1000 * one:14.2f}{1000 * two:14.2f}{one / two:10.2f}{linear:>17}",
            flush=True,
        )
        found.append(row)
    return found


def growth(row: dict, before: dict, threads: str) -> float:
    """By how much more, or less, than the stored numbers the time has grown."""
    return row[threads] / before[threads] / (row["stored"] / before["stored"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sizes", type=float, nargs="+", default=[1e6, 3e6, 1e7, 3e7])
    parser.add_argument("--ranks", type=int, nargs="+", default=[10, 50])
    parser.add_argument("--betas", type=float, nargs="+", default=[2.0, 1.0])
    parser.add_argument("--family", nargs="+", choices=FAMILIES, default=list(FAMILIES))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    o = parser.parse_args()
    bandwidth = [stream("float32", threads) for threads in (1, 2)]
    print(f"reading memory: {bandwidth[0]:.1f} and {bandwidth[1]:.1f} GB/s, ratio {bandwidth[1] / bandwidth[0]:.2f}")
    names = ("stored", "1 thread ms", "2 threads ms", "speed-up", "of proportional")
    print(
        f"{'':10}{'k':>5}{'beta':>6}"
        + "".join(f"{name:>{w}}" for name, w in zip(names, (12, 14, 14, 10, 17), strict=True))
    )
    cases = [(f, k, b) for f in o.family for k in o.ranks for b in o.betas]
    rows = [row for f, k, b in cases for row in measure(f, [int(size) for size in o.sizes], k, b, o.rounds)]
    if o.json:
        Path(o.json).write_text(json.dumps({"bandwidth": bandwidth, "rows": rows}, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
