"""One iteration of partwise beside one of scikit-learn: the same update, the same start, the same data.

    python -m benchmarks.kernels [--threads 2] [--rounds 7] [--only sparse-kl ...] [--json FILE]

Rounds are interleaved (ours, theirs, ours, ...) in one process; medians and their ratio are printed beside the ratio
that the project holds itself to. Each update is checked once against scikit-learn's before it is timed. This measures
the machinery per iteration; seconds to a given objective are another benchmark.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version

import numpy as np
import scipy.sparse as sp
from sklearn.decomposition import _nmf as sklearn_nmf
from sklearn.decomposition._cdnmf_fast import _update_cdnmf_fast

from partwise import kernels
from partwise.data import as_data
from partwise.engine.plan import needs_columns
from partwise.engine.problem import Problem, solver_of
from partwise.engine.step import State, step
from partwise.kernels import dense, pool
from partwise.losses import Beta

RANKS = (10, 50, 128)


@dataclass
class Race:
    """Two functions that do the same, and the ratio that ours must reach (0: only reported)."""

    name: str
    ours: Callable[[], object]
    theirs: Callable[[], object]
    wanted: float
    difference: Callable[[], float]
    tolerance: float


@dataclass
class Row:
    """A finished race, in milliseconds."""

    name: str
    ours_ms: float
    theirs_ms: float
    ratio: float
    wanted: float


def counts(seed: int = 0) -> sp.csr_array:
    """20,000 x 10,000 with 2e6 non-zeros, uniform, float32."""
    rng = np.random.default_rng(seed)
    X = sp.random_array((20000, 10000), density=0.01, format="csr", rng=rng, dtype=np.float32)
    X.data += np.float32(0.1)
    return X


def table(seed: int = 0) -> np.ndarray:
    """50,000 x 800 uniform numbers, float32."""
    return np.random.default_rng(seed).random((50000, 800), dtype=np.float32)


def factors(X, k: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(1)
    return rng.random((X.shape[0], k), dtype=np.float32), rng.random((k, X.shape[1]), dtype=np.float32)


def iteration(X, k: int, beta: float, threads: int) -> tuple[Callable[[], None], State]:
    """Ours: one outer iteration, one inner sweep, and the state that it advances."""
    W, H = factors(X, k)
    state = State(W, np.ascontiguousarray(H.T))
    data = as_data(X, threads)
    loss = Beta(beta).on(data)
    solver = solver_of("mu" if beta == 1 else "cd", loss, sweeps=1)
    problem = Problem(loss, solver, solver)
    columns = data.transposed() if needs_columns(problem, data, k) else None

    def run() -> None:
        with pool.session(threads):
            step(problem, data, columns, state)

    return run, state


def coordinate_descent(X, k: int) -> tuple[Callable[[], None], list[np.ndarray]]:
    """Theirs: W, then H, one sweep each, as ``_fit_coordinate_descent`` does."""
    W, H = factors(X, k)
    both = [W, np.ascontiguousarray(H.T)]
    rng = np.random.RandomState(0)

    def run() -> None:
        sklearn_nmf._update_coordinate_descent(X, both[0], both[1], 0, 0, False, rng)
        sklearn_nmf._update_coordinate_descent(X.T, both[1], both[0], 0, 0, False, rng)

    return run, both


def multiplicative(X, k: int) -> tuple[Callable[[], None], list[np.ndarray]]:
    """Theirs: one multiplicative Kullback-Leibler update of W, then of H."""
    both = list(factors(X, k))

    def run() -> None:
        both[0], *_ = sklearn_nmf._multiplicative_update_w(X, both[0], both[1], 1, 0, 0, 1)
        both[1] = sklearn_nmf._multiplicative_update_h(X, both[0], both[1], 1, 0, 0, 1)

    return run, both


def iteration_race(name: str, X, k: int, beta: float, threads: int, wanted: float) -> Race:
    ours, state = iteration(X, k, beta, threads)
    theirs, both = multiplicative(X, k) if beta == 1 else coordinate_descent(X, k)

    def difference() -> float:
        H = both[1].T if beta == 1 else both[1]
        return float(np.abs(state.Ht - H).max() / np.abs(H).max())

    return Race(f"{name} k={k}", ours, theirs, wanted, difference, 1e-2)


def sweep_race(k: int, threads: int, wanted: float) -> Race:
    """One coordinate sweep over 20,000 rows, both sides given the products."""
    rng = np.random.default_rng(2)
    W, B = rng.random((20000, k), dtype=np.float32), rng.random((5000, k), dtype=np.float32)
    gram, cross = B.T @ B, (rng.random((20000, k), dtype=np.float32) @ (B.T @ B))
    mine, other = W.copy(), W.copy()
    order = np.arange(k, dtype=np.intp)
    edges = np.linspace(0, len(W), 9).astype(int).tolist()

    def part(i: int) -> None:
        rows = slice(edges[i], edges[i + 1])
        kernels.hals(mine[rows], gram, cross[rows], 0.0, 1, *np.zeros((3, k)))

    def ours() -> None:
        with pool.session(threads):
            pool.run(part, range(8), threads, 1.0)

    def theirs() -> None:
        _update_cdnmf_fast(other, gram, cross, order)

    return Race(f"HALS sweep k={k}", ours, theirs, wanted, lambda: float(np.abs(mine - other).max()), 1e-2)


def write_product(B: np.ndarray, block, rows: np.ndarray, total: int | None) -> int:
    """What a sweep calls: the rows of X B of one block."""
    rows[...] = block.dot(B)
    return 0


def product_race(X, k: int, threads: int) -> Race:
    """X H' by rows and X' W by columns, as an iteration takes them, beside SciPy."""
    W, H = factors(X, k)
    Ht = np.ascontiguousarray(H.T)
    data = as_data(X, threads)
    sides = [(data, Ht, np.empty_like(W)), (data.transposed(), W, np.empty_like(Ht))]
    kept: list[np.ndarray] = [sides[1][2], W[:0]]

    def ours() -> None:
        with pool.session(threads):
            for side, B, out in sides:
                side.sweep(partial(write_product, B), out, collect=False)

    def theirs() -> None:
        _, kept[1] = X @ Ht, X.T @ W

    return Race(f"sparse products k={k}", ours, theirs, 0, lambda: float(np.abs(kept[0] / kept[1] - 1).max()), 1e-3)


def gram_race(k: int, dtype: str) -> Race:
    """A'A of eight runs of 8,192 rows, on one thread, beside NumPy, which is BLAS."""
    runs = np.random.default_rng(3).random((8, 8192, k), dtype=np.float32).astype(dtype)

    def summed(gram: Callable[[np.ndarray], np.ndarray]) -> np.ndarray:
        with pool.session(1):
            return sum(map(gram, runs), np.zeros((k, k)))

    ours, theirs = partial(summed, dense.gram), partial(summed, lambda A: A.T @ A)
    name, difference = f"A'A k={k} {dtype}, 1 thread", lambda: float(np.abs(ours() / theirs() - 1).max())
    return Race(name, ours, theirs, 0, difference, 1e-5)


def races(threads: int, only: list[str]) -> Iterator[Race]:
    """The list, lazily: each race holds its own data."""
    wanted = lambda family: not only or family in only  # noqa: E731
    if wanted("sparse-kl"):
        for k in RANKS:
            yield iteration_race("sparse KL iteration", counts(), k, 1.0, threads, 15)
    if wanted("sparse-cd"):
        for k, ratio in zip(RANKS, (2.5, 3, 3), strict=True):
            yield iteration_race("sparse cd iteration", counts(), k, 2.0, threads, ratio)
    if wanted("hals"):
        for k, ratio in zip(RANKS, (2.5, 6, 0), strict=True):
            yield sweep_race(k, threads, ratio)
    if wanted("dense-cd"):
        for k, ratio in zip(RANKS, (1.3, 1.8, 4), strict=True):
            yield iteration_race("dense cd iteration", table(), k, 2.0, threads, ratio)
    if wanted("dense-kl"):
        for k in RANKS[:2]:
            yield iteration_race("dense KL iteration", table(), k, 1.0, threads, 0)
    if wanted("products"):
        for k in RANKS:
            yield product_race(counts(), k, threads)
    if wanted("gram"):
        for k in (10, 20, 50):
            for dtype in ("float32", "float64"):
                yield gram_race(k, dtype)


def milliseconds(function: Callable[[], object]) -> float:
    """The mean of as many calls as fill about 0.1 s, after a warm one.

    The pause lets the idle BLAS threads of the other side stop spinning on the cores that are timed.
    """
    time.sleep(0.1)
    began = time.perf_counter()
    function()
    calls = min(20, max(1, round(0.1 / (time.perf_counter() - began))))
    began = time.perf_counter()
    for _ in range(calls):
        function()
    return 1000 * (time.perf_counter() - began) / calls


def run(race: Race, rounds: int) -> Row:
    """Check once that both sides agree, then time them in turn."""
    race.ours()
    race.theirs()
    found = race.difference()
    if not found <= race.tolerance:
        raise SystemExit(f"{race.name}: the two updates differ by {found:.2e}; not a race.")
    pairs = [(milliseconds(race.ours), milliseconds(race.theirs)) for _ in range(rounds)]
    ours, theirs = (statistics.median(side) for side in zip(*pairs, strict=True))
    return Row(race.name, ours, theirs, theirs / ours, race.wanted)


def machine(threads: int) -> dict[str, object]:
    """What the figures depend on."""
    packages = {name: version(name) for name in ("numpy", "scipy", "scikit-learn")}
    return {"kernels": kernels.BUILD, "threads": threads, "python": platform.python_version(), **packages}


def main() -> None:
    """Run the races and print the table; exit 1 if a ratio was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument(
        "--only", nargs="*", default=[], help="sparse-kl sparse-cd hals dense-cd dense-kl products gram"
    )
    parser.add_argument("--json")
    arguments = parser.parse_args()
    warnings.simplefilter("ignore")
    about = machine(arguments.threads)
    print(", ".join(f"{key} {value}" for key, value in about.items()))
    print(f"{'':28}{'ours ms':>10}{'scikit-learn / SciPy ms':>26}{'ratio':>8}{'wanted':>8}")
    rows = []
    for race in races(arguments.threads, arguments.only):
        row = run(race, arguments.rounds)
        rows.append(row)
        goal = f">={row.wanted:g}" if row.wanted else ""
        print(f"{row.name:28}{row.ours_ms:10.2f}{row.theirs_ms:26.1f}{row.ratio:8.1f}{goal:>8}", flush=True)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump({"machine": about, "rows": [asdict(row) for row in rows]}, file, indent=1)
    sys.exit(any(row.ratio < row.wanted for row in rows))


if __name__ == "__main__":
    main()
