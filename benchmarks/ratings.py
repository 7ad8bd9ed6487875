"""Ratings and implicit feedback: held-out errors, seconds beside Spark, memory; exits 1 if a bound is missed.

    python -m benchmarks.ratings [--splits 5] [--rounds 5] [--only errors|seconds|implicit]

Errors: MovieLens latest-small, random 90/10 splits, all strengths chosen inside the training part. Seconds: a masked
fit of 20 components to a KKT residual of 1e-4 beside ten iterations of Spark's ALS, in turn, after one of each; start
and reading are not counted. A peer that is not there is left out and the reason printed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks import implicit
from benchmarks.movielens import movielens
from benchmarks.rating_peers import Absent, Peer
from partwise import NMF
from partwise.apps.ratings import Ratings, best_biases, rmse, split
from partwise.apps.ratings.explicit import chosen, fit

SCALE = np.array([0.5, 5.0])
"""The least and the largest rating; every prediction is brought into it, as Surprise does."""

K, KKT, SPARK_ITERATIONS = 20, 1e-4, 10

RIDGE = 1.0
"""On every entry of both factors: a film that was rated once does not tell 20 numbers."""

SPARK_RIDGE = 0.1
"""Spark's default; it counts once for every rating of a row."""


@dataclass(frozen=True)
class Bound:
    """A figure, what it may be at most, and whether it was met."""

    name: str
    value: float
    most: float

    def __str__(self) -> str:
        mark = "" if self.met else "  MISSED"
        return f"{self.name:66}{self.value:10.4f}{self.most:10.4f}{mark}"

    @property
    def met(self) -> bool:
        """NaN meets nothing."""
        return self.value <= self.most


def errors(splits: int) -> list[Bound]:
    """The table of test errors, and its bounds."""
    found: dict[str, list[float]] = {}
    surprise = peer("surprise")
    print(f"\ntest RMSE, splits 0 to {splits - 1}")
    for seed in range(splits):
        train, test, _ = split(movielens(), "random", 0.1, seed)
        biases, recipe = best_biases(train), chosen(train)
        row = {"global mean": error(test, np.full(len(test), train.value.mean()))}
        row["signed biases"] = error(test, biases.predict(test))
        row["partwise"] = error(test, fit(train, recipe).predict(test))
        strengths = f"strength of biases {biases.strength:g}; partwise {recipe.bias:g}, {recipe.taste:g}"
        print(f"  split {seed}: {strengths}", flush=True)
        if surprise:
            for name, biased in (("Surprise NMF", False), ("Surprise NMF, biased", True)):
                row[name] = from_surprise(surprise, train, test, biased, seed)
        for name, value in row.items():
            found.setdefault(name, []).append(value)
    for name, values in found.items():
        print(f"  {name:24}{np.mean(values):8.4f}   " + " ".join(f"{value:.4f}" for value in values))
    return error_bounds({name: float(np.mean(values)) for name, values in found.items()})


def error(test: Ratings, predicted: np.ndarray) -> float:
    """RMSE within the scale."""
    return rmse(test.value, predicted, SCALE)


def error_bounds(mean: dict[str, float]) -> list[Bound]:
    """What the means must be."""
    ours = mean["partwise"]
    bounds = [Bound(f"partwise, RMSE, against the {one}", ours, mean[one]) for one in ("global mean", "signed biases")]
    if "Surprise NMF" in mean:
        bounds.append(Bound("partwise, RMSE, against .97 of Surprise's NMF", ours, 0.97 * mean["Surprise NMF"]))
    return bounds


def peer(name: str) -> Peer | None:
    """The peer, or None after printing why."""
    try:
        found = Peer(name)
    except Absent as reason:
        print(f"left out: {reason}")
        return None
    print(f"{name} {found.version}")
    return found


def from_surprise(surprise: Peer, train: Ratings, test: Ratings, biased: bool, seed: int) -> float:
    """The error of Surprise on the same split."""
    with tempfile.TemporaryDirectory() as folder:
        names = {name: str(Path(folder, f"{name}.npy")) for name in ("train", "test", "predicted")}
        save(train, names["train"])
        save(test, names["test"])
        surprise.ask(**names, biased=biased, seed=seed)
        return error(test, np.load(names["predicted"]))


def save(ratings: Ratings, file: str) -> None:
    """User, item and stars as columns."""
    np.save(file, np.column_stack([ratings.user, ratings.item, ratings.value]))


def seconds(rounds: int) -> list[Bound]:
    """partwise and Spark in turn."""
    X, spark = movielens().matrix().astype(np.float32), peer("spark")  # Spark holds floats too
    ours, theirs, kkt = [], [], 0.0
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "all.npy"))
        save(movielens(), file)
        for turn in range(rounds + 1):
            taken, model = masked(X, turn)
            kkt = max(kkt, model.kkt_)
            ours.append(taken)
            if spark:
                theirs.append(spark.ask(train=file, rank=K, iterations=SPARK_ITERATIONS, ridge=SPARK_RIDGE))
            print(f"  {taken:7.3f} s, {model.n_iter_} iterations; Spark {theirs[-1:]}", flush=True)
    middle = statistics.median(ours[1:])
    bounds = [
        Bound(f"masked fit, k={K}: largest KKT residual, 1e-4", kkt / 1e-4, KKT / 1e-4),
        Bound(f"masked fit, k={K}: seconds", middle, 3),
    ]
    if spark:
        spark.close()
        bounds.append(
            Bound(f"the same, against {SPARK_ITERATIONS} iterations of Spark", middle, statistics.median(theirs[1:]))
        )
    return bounds


def masked(X, seed: int) -> tuple[float, NMF]:
    """A fit of the stored cells, and its seconds; alpha counts times the length of the other side."""
    n, p = X.shape
    model = NMF(K, tol=KKT, max_iter=5000, random_state=seed, alpha_W=RIDGE / p, alpha_H=RIDGE / n, l1_ratio=0)
    began = time.perf_counter()
    model.fit(X, weight="stored")
    return time.perf_counter() - began, model


def feedback() -> list[Bound]:
    """Memory and seconds of implicit feedback."""
    grown, most, taken = implicit.measured()
    return [
        Bound("implicit feedback, 50,000 x 7,000, k=32: MiB at the peak", grown, most),
        Bound("the same: seconds of an iteration", taken, 1),
    ]


def main() -> int:
    """Print tables; 1 if a bound is missed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--splits", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("errors", "seconds", "implicit"))
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    parts = {
        "errors": lambda: errors(options.splits),
        "seconds": lambda: seconds(options.rounds),
        "implicit": feedback,
    }
    bounds = [bound for name, part in parts.items() if options.only in (None, name) for bound in part()]
    print(f"\n{'':66}{'figure':>10}{'at most':>10}")
    print(*bounds, sep="\n")
    return int(not all(bound.met for bound in bounds))


if __name__ == "__main__":
    sys.exit(main())
