"""What the machine can do at the moment: bytes read per second and flops of BLAS.

    python -m benchmarks.limits [--threads 2] [--shape 50000 784 10]

Every figure is the best of several rounds: a limit, not a typical value.
"""

from __future__ import annotations

import argparse
import os
import platform
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import PackageNotFoundError, version

import numpy as np
from threadpoolctl import threadpool_limits

PACKAGES = ("partwise", "numpy", "scipy", "scikit-learn", "torch", "torchnmf", "nmf-torch", "gensim")
BYTES = 400 << 20  # well beyond any cache


def best(function: Callable[[], object], rounds: int = 5) -> float:
    """The shortest of some calls, in seconds, after a warm one."""
    function()
    seconds = []
    for _ in range(rounds):
        began = time.perf_counter()
        function()
        seconds.append(time.perf_counter() - began)
    return min(seconds)


def stream(dtype: str, threads: int) -> float:
    """GB/s of reading an array once: each thread takes the dot product of its part with itself."""
    x = np.ones(BYTES // np.dtype(dtype).itemsize, dtype)
    parts = np.array_split(x, threads)
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        return x.nbytes / best(lambda: list(pool.map(lambda part: part @ part, parts))) / 1e9


def gemm(dtype: str, threads: int, shape: tuple[int, int, int] = (1536, 1536, 1536)) -> float:
    """GF/s of an (m, n) times (n, k) product."""
    m, n, k = shape
    A, B = np.ones((m, n), dtype), np.ones((n, k), dtype)
    out = np.empty((m, k), dtype)
    with threadpool_limits(threads):
        return 2 * m * n * k / best(lambda: np.matmul(A, B, out=out)) / 1e9


def measure(threads: int, shape: tuple[int, int, int] | None = None) -> dict[str, float]:
    """Every limit by name."""
    found = {}
    for dtype, letter in (("float32", "s"), ("float64", "d")):
        for count in sorted({1, threads}):
            found[f"read {dtype}, {count} thread{'s' * (count > 1)}, GB/s"] = stream(dtype, count)
        found[f"{letter}gemm 1536, {threads} threads, GF/s"] = gemm(dtype, threads)
        if shape:
            found[f"{letter}gemm {' x '.join(map(str, shape))}, {threads} threads, GF/s"] = gemm(dtype, threads, shape)
    return found


def processor() -> str:
    """The name of the CPU."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            return next(line.split(":")[1].strip() for line in file if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def versions() -> dict[str, str]:
    """Interpreter, packages, system and CPU."""
    found = {"python": platform.python_version()}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "from the checkout" if name == "partwise" else "not installed"
    return {**found, "system": platform.platform(), "cpu": f"{processor()} ({os.cpu_count()} visible)"}


def show(figures: dict[str, float]) -> None:
    """One line each."""
    for name, value in figures.items():
        print(f"  {name:44}{value:8.1f}")


def main() -> None:
    """Print versions and limits."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--shape", type=int, nargs=3, metavar=("M", "N", "K"))
    arguments = parser.parse_args()
    print(", ".join(f"{name} {value}" for name, value in versions().items()))
    show(measure(arguments.threads, arguments.shape and tuple(arguments.shape)))


if __name__ == "__main__":
    main()
