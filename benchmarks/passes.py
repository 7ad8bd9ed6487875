"""One pass against what the machine can do: bytes of X over bandwidth, flops over the speed of BLAS.

    python -m benchmarks.passes [--rounds 5] [--json FILE]

Iterations are those of the public interface, extrapolation, inner sweeps and objective included. "floor" is the time
that the machine needs for the bytes or the flops alone, measured in the same run. Exits 1 if a bound is missed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np

from benchmarks import limits
from benchmarks.iterations import per_iteration
from benchmarks.kernels import counts, product_race, sweep_race


@dataclass
class Pass:
    """Seconds, the floor or the other's seconds, their ratio, and the bound: at most, or at least if so said."""

    name: str
    seconds: float
    floor: float
    ratio: float
    wanted: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the bound holds."""
        return self.ratio >= self.wanted if self.at_least else self.ratio <= self.wanted


def table(dtype: str) -> np.ndarray:
    """50,000 x 784 uniform numbers."""
    return np.random.default_rng(0).random((50000, 784), dtype=np.float32).astype(dtype)


def dense_small(threads: int, rounds: int) -> Iterator[Pass]:
    """k = 10: one iteration over one read of X."""
    for dtype, wanted in (("float32", 2.5), ("float64", 1.7)):
        X = table(dtype)
        floor = X.nbytes / limits.stream(dtype, threads) / 1e9
        found = per_iteration(X, 10, 2, threads, rounds)
        yield Pass(f"dense {dtype} k=10 iteration / one read of X", found, floor, found / floor, wanted)


def dense_large(threads: int, rounds: int) -> Iterator[Pass]:
    """k = 50: one iteration over the flops of its two products at the speed of sgemm for that shape."""
    X = table("float32")
    rows, columns = X.shape
    floor = 4 * rows * columns * 50 / limits.gemm("float32", threads, (rows, columns, 50)) / 1e9
    found = per_iteration(X, 50, 2, threads, rounds)
    yield Pass("dense float32 k=50 iteration / its flops by sgemm", found, floor, found / floor, 1.8)


def sparse_products(threads: int, rounds: int) -> Iterator[Pass]:
    """X H' and X'W over SciPy's."""
    X = counts()
    for k in (10, 50):
        race = product_race(X, k, threads)
        pairs = [(clock(race.ours), clock(race.theirs)) for _ in range(rounds + 1)][1:]
        ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
        yield Pass(f"SciPy / sparse products k={k}", ours, theirs, theirs / ours, 2.5, at_least=True)


def sweep(threads: int, rounds: int) -> Iterator[Pass]:
    """The flops of a HALS sweep over 20,000 rows at k = 128, as a share of the peak of sgemm."""
    race, k = sweep_race(128, threads, 0), 128
    ours = statistics.median([clock(race.ours) for _ in range(rounds + 1)][1:])
    floor = 2 * 20000 * k * k / limits.gemm("float32", threads) / 1e9
    yield Pass("HALS sweep k=128, share of the sgemm peak", ours, floor, floor / ours, 0.3, at_least=True)


def clock(function: Callable[[], object]) -> float:
    """Seconds of a warm call, as the limits are measured, once idle BLAS threads stand still."""
    time.sleep(0.1)
    function()
    began = time.perf_counter()
    function()
    return time.perf_counter() - began


def main() -> None:
    """Print the table; exit 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json", metavar="FILE")
    o = parser.parse_args()
    found = []
    print(f"{'':54}{'ms':>9}{'floor ms':>10}{'ratio':>8}{'wanted':>9}")
    for part in (dense_small, dense_large, sparse_products, sweep):
        for row in part(o.threads, o.rounds):
            wanted = f"{'>=' if row.at_least else '<='} {row.wanted:g}"
            times = f"{1000 * row.seconds:9.2f}{1000 * row.floor:10.2f}"
            print(f"{row.name:54}{times}{row.ratio:8.2f}{wanted:>9}{'' if row.met else '  MISSED'}", flush=True)
            found.append(row)
    if o.json:
        Path(o.json).write_text(json.dumps([asdict(row) for row in found], indent=1), encoding="utf-8")
    sys.exit(not all(row.met for row in found))


if __name__ == "__main__":
    main()
