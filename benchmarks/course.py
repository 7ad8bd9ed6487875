"""What everybody runs on: data, starts with their objectives, and the best known objective."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from benchmarks.contestants import Start, contestant
from benchmarks.objective import objective
from benchmarks.reference import Best
from benchmarks.workloads import WORKLOADS, Workload


def start(X, k: int, seed: int) -> Start:
    """Uniform factors, scaled so that the sum of W H is that of X."""
    rng = np.random.default_rng(seed)
    W, H = rng.random((X.shape[0], k)), rng.random((k, X.shape[1]))
    scale = np.sqrt(X.sum(dtype=np.float64) / (W.sum(axis=0) @ H.sum(axis=1)))
    return Start((scale * W).astype(X.dtype), (scale * H).astype(X.dtype), seed)


@dataclass
class Course:
    """What everybody runs on: the data, the starts with their objectives, and the best known objective."""

    workload: Workload
    X: object
    starts: list[Start]
    threads: int
    best: Best
    first: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.first = [objective(self.X, s.W, s.H, self.workload.beta) for s in self.starts]

    def goal(self, s: int, target: float) -> float:
        """The objective at which the fraction of the way from the start is left."""
        return self.best.value + target * (self.first[s] - self.best.value)

    def fraction(self, s: int, value: float) -> float:
        """The fraction of the way from the start to the best that is left."""
        return (value - self.best.value) / (self.first[s] - self.best.value)


def prepared(name: str, dtype: str, starts: int, threads: int) -> Course:
    """The course of a workload, with as many starts."""
    workload = WORKLOADS[name]
    X = workload.matrix(dtype)
    return Course(workload, X, [start(X, workload.k, seed) for seed in range(starts)], threads, Best(name))


def warm(name: str, dtype: str, beta: float, threads: int) -> None:
    """Run it on something small: imports, thread pools and BLAS buffers are nobody's time or memory."""
    other = contestant(name)
    X = (np.random.default_rng(0).random((300, 200)) + 0.1).astype(dtype)
    if other.refusal(X, beta) is None:
        other.run(other.prepare(X, threads), start(X, 5, 0), beta, 1)
    other.close()
