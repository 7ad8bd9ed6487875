"""Surprise and Spark for the ratings benchmark, each in a process with an interpreter of its own.

    PYTHON -m benchmarks.rating_peers surprise|spark

The interpreter is ``PARTWISE_RATINGS_PYTHON``, else the one that runs the benchmark. The child needs NumPy and its own
package only; it answers a line of JSON with a line of JSON. Ratings pass as ``.npy`` files of (user, item, stars).
"""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

PYTHON = os.environ.get("PARTWISE_RATINGS_PYTHON", sys.executable)

PACKAGES = {"surprise": "scikit-surprise", "spark": "pyspark"}


class Absent(RuntimeError):
    """The peer is not there; the message says why."""


class Peer:
    """A running child.

    ``version`` is that of its package; `ask` sends keywords and returns what the child has found.
    """

    def __init__(self, name: str):
        self.name = name
        self.child = subprocess.Popen(
            [PYTHON, "-m", "benchmarks.rating_peers", name],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.version = self.answer()

    def ask(self, **question: Any) -> Any:
        """The answer."""
        assert self.child.stdin is not None
        self.child.stdin.write(json.dumps(question) + "\n")
        self.child.stdin.flush()
        return self.answer()

    def answer(self) -> Any:
        """The next line of the child; `Absent` if it has died or could not start."""
        assert self.child.stdout is not None
        line = self.child.stdout.readline()
        answer = json.loads(line) if line else {"absent": "its process ended"}
        if isinstance(answer, dict) and "absent" in answer:
            raise Absent(f"{PACKAGES[self.name]}: {answer['absent']}")
        return answer

    def close(self) -> None:
        """End the process: a child ends with its input."""
        assert self.child.stdin is not None
        self.child.stdin.close()
        self.child.wait()


def surprise() -> Callable[..., Any]:
    """Test predictions of Surprise's NMF with its defaults, or biased."""
    from surprise import NMF, Dataset, Reader  # type: ignore[import-not-found]

    def run(train: str, test: str, predicted: str, biased: bool, seed: int) -> float:
        import pandas as pd

        table = pd.DataFrame(np.load(train), columns=["user", "item", "stars"])
        data = Dataset.load_from_df(table, Reader(rating_scale=(0.5, 5))).build_full_trainset()
        model = NMF(biased=biased, random_state=seed)
        began = time.perf_counter()
        model.fit(data)
        seconds = time.perf_counter() - began
        np.save(predicted, [model.predict(user, item).est for user, item, _ in np.load(test)])
        return seconds

    return run


def spark() -> Callable[..., Any]:
    """Seconds of one fit of Spark's ALS, local[2]; the ratings are read and cached by the first question."""
    from pyspark.ml.recommendation import ALS  # type: ignore[import-not-found]
    from pyspark.sql import SparkSession  # type: ignore[import-not-found]

    os.environ["PYSPARK_PYTHON"] = sys.executable
    builder = SparkSession.builder.master("local[2]").config("spark.ui.enabled", "false")
    builder = builder.config("spark.ui.showConsoleProgress", "false").config("spark.driver.host", "127.0.0.1")
    session = builder.config("spark.driver.bindAddress", "127.0.0.1").getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    tables: dict[str, Any] = {}

    def run(train: str, rank: int, iterations: int, ridge: float) -> float:
        if train not in tables:
            rows = [(int(user), int(item), float(stars)) for user, item, stars in np.load(train)]
            tables[train] = session.createDataFrame(rows, ["user", "item", "rating"]).repartition(2).cache()
            tables[train].count()
        model = ALS(rank=rank, maxIter=iterations, regParam=ridge, nonnegative=True, seed=0)
        model = model.setNumBlocks(2).setUserCol("user").setItemCol("item").setRatingCol("rating")
        began = time.perf_counter()
        fitted = model.fit(tables[train])
        fitted.itemFactors.count()
        return time.perf_counter() - began

    return run


def serve(name: str, answers: Any) -> None:
    """Tell the version, then answer line by line."""
    from importlib.metadata import version

    module = {"surprise": "surprise", "spark": "pyspark"}[name]
    try:
        if importlib.util.find_spec(module) is None:
            raise ImportError(f"not installed in {sys.executable}")
        run = {"surprise": surprise, "spark": spark}[name]()
        first: Any = version(PACKAGES[name])
    except Exception as reason:  # an old NumPy, no java: the benchmark prints why and goes on
        print(json.dumps({"absent": str(reason).splitlines()[0][:200]}), file=answers, flush=True)
        return
    print(json.dumps(first), file=answers, flush=True)
    for line in sys.stdin:
        print(json.dumps(run(**json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    out = os.fdopen(os.dup(1), "w")  # what packages print goes elsewhere
    os.dup2(2, 1)
    serve(sys.argv[1], out)
