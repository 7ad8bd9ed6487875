"""Plain, Nesterov and HER iterations of coordinate descent, on every kind of data: which acceleration is the default?

    python -m benchmarks.acceleration [--workload NAME ...] [--starts 3] [--iterations 80]

From the same scaled random starts, with the inner sweeps that a fit would take. Printed are the iterations to 10, 1 and
0.1 % of the way from the start to the best objective that any of the three reached from that start (medians over the
starts; "-" where the median did not arrive), the iterations taken back, and CPU time per iteration on one thread.
HER stands here only: the package has the one that won (docs/adr/0008).
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from benchmarks.course import start
from benchmarks.objective import objective
from benchmarks.workloads import WORKLOADS, Workload
from partwise.data import as_data
from partwise.engine.accelerate import accelerated_step
from partwise.engine.problem import Problem, inner_sweeps
from partwise.engine.step import State, half_step, step
from partwise.kernels import pool
from partwise.losses import Beta
from partwise.losses.beta import gram_of
from partwise.solvers import HALS

SHARES = (0.1, 0.01, 0.001)


@dataclass
class Setting:
    """The data by rows and by columns, and the problem; all methods read X twice."""

    workload: Workload
    problem: Problem = field(init=False)

    def __post_init__(self) -> None:
        X = self.workload.matrix()
        self.X, self.data = X, as_data(X)
        loss, solver = Beta(2.0).on(self.data), HALS(inner_sweeps(self.data, self.workload.k))
        self.problem, self.columns = Problem(loss, solver, solver), self.data.transposed()


def plain(setting: Setting, W, Ht, count: int) -> tuple[list[float], int]:
    """Objectives after each iteration, and how many were taken back."""
    state, values = State(W, Ht), []
    for _ in range(count):
        values.append(step(setting.problem, setting.data, setting.columns, state).fit)
    return values, 0


def nesterov(setting: Setting, W, Ht, count: int) -> tuple[list[float], int]:
    """The package's own."""
    state, values, rejected = State(W, Ht), [], 0
    for _ in range(count):
        reading = accelerated_step(setting.problem, setting.data, setting.columns, state)
        rejected += not reading.accepted
        values.append(state.momentum.objective)
    return values, rejected


def her(setting: Setting, W, Ht, count: int) -> tuple[list[float], int]:
    """Ang & Gillis (2019), doi:10.1162/neco_a_01157, with the constants of their code for HALS."""
    problem, data = setting.problem, setting.data
    b, top, kept, last = 0.5, 1.0, 0.5, np.inf
    Wy, Hy, values, rejected = W.copy(), Ht.copy(), [], 0

    def half(side, A, B, ahead):
        new = ahead.copy()
        total = half_step(problem.loss, problem.solver_W, problem.penalty_W, side, new, problem.loss.fix(B))
        return new, np.maximum(0, new + A.dtype.type(b) * (new - A)), total.inner

    for _ in range(count):
        Wn, W_next, _ = half(data, W, Hy, Wy)
        Hn, H_next, inner = half(setting.columns, Ht, W_next, Hy)
        value = (data.norm2 - 2 * inner + float(np.vdot(gram_of(W_next), gram_of(Hn)))) / 2
        if value > last:
            Wy, Hy, top, b, rejected = W.copy(), Ht.copy(), kept, b / 1.5, rejected + 1
        else:
            W, Ht, Wy, Hy, kept = Wn, Hn, W_next, H_next, b
            b, top = min(top, 1.01 * b), min(1.0, 1.005 * top)
        last = value
        values.append(min([value, *values[-1:]]))
    return values, rejected


METHODS: dict[str, Callable] = {"plain": plain, "Nesterov": nesterov, "HER": her}


def race(setting: Setting, seed: int, count: int) -> dict[str, tuple[list[float], int, float]]:
    """Iterations to each share, iterations taken back, and CPU milliseconds an iteration, for each method."""
    begin = start(setting.X, setting.workload.k, seed)
    W, H = begin.W, begin.H
    first, runs = objective(setting.X, W, H, 2.0), {}
    for name, method in METHODS.items():
        began = time.process_time()
        values, rejected = method(setting, W.copy(), np.ascontiguousarray(H.T), count)
        runs[name] = values, rejected, 1000 * (time.process_time() - began) / count
    best = min(min(values) for values, _, _ in runs.values())
    return {name: (arrivals(run[0], first, best), *run[1:]) for name, run in runs.items()}


def arrivals(values: list[float], first: float, best: float) -> list[float]:
    """The first iteration that leaves no more than each share of the way; infinite if none does."""
    left = (np.array(values) - best) / (first - best)
    return [float(np.argmax(left <= share) + 1) if (left <= share).any() else np.inf for share in SHARES]


def main() -> None:
    """Print a row for each workload and method."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    frobenius = [name for name, workload in WORKLOADS.items() if workload.beta == 2]
    parser.add_argument("--workload", nargs="*", default=frobenius, choices=frobenius)
    parser.add_argument("--starts", type=int, default=3)
    parser.add_argument("--iterations", type=int, default=80)
    arguments = parser.parse_args()
    print(f"{'':16}{'sweeps':>7}  {'':10}{'to 10 %':>9}{'1 %':>7}{'0.1 %':>7}{'taken back':>12}{'CPU ms each':>13}")
    for name in arguments.workload:
        setting = Setting(WORKLOADS[name])
        with pool.session(1):
            runs = [race(setting, seed, arguments.iterations) for seed in range(arguments.starts)]
        for method in METHODS:
            points = [statistics.median(run[method][0][i] for run in runs) for i in range(3)]
            shown = ["-" if np.isinf(point) else f"{point:g}" for point in points]
            rejected, each = (statistics.median(run[method][i] for run in runs) for i in (1, 2))
            sweeps = setting.problem.solver_W.sweeps
            columns = f"{shown[0]:>9}{shown[1]:>7}{shown[2]:>7}{rejected:12g}{each:13.1f}"
            print(f"{name:16}{sweeps:7}  {method:10}{columns}", flush=True)


if __name__ == "__main__":
    main()
