"""The best objective known of a workload, by whomever and from wherever; kept in a file and improved when it can be.

    python -m benchmarks.reference [--workload NAME ...] [--seconds 30] [--threads 2]

makes the long runs beforehand, of every workload that had none yet; no other work of the machine disturbs them. One
objective serves both precisions: X rounded to float32 moves it by less than a thousandth of what a target leaves.
"""

from __future__ import annotations

import argparse
import json
import sys
import warnings
from typing import TYPE_CHECKING

from benchmarks.objective import objective
from benchmarks.packages import folder

if TYPE_CHECKING:
    from benchmarks.course import Course

FILE = "best.json"


class Best:
    """The least objective of a workload, and the seconds of the longest search for it."""

    def __init__(self, name: str):
        self.name = name
        found = records().get(name, {})
        self.value: float = found.get("objective", float("inf"))
        self.by: str = found.get("by", "")
        self.searched: float = found.get("searched", 0.0)

    def offer(self, value: float, by: str) -> None:
        """Take it if it is less; differences of rounding are not."""
        if value < self.value * (1 - 1e-9):
            self.value, self.by = value, by
            self.save()

    def save(self) -> None:
        """Write it to the file, beside the others."""
        own = {"objective": self.value, "by": self.by, "searched": self.searched}
        kept = records() | {self.name: own}
        (folder() / FILE).write_text(json.dumps(kept, indent=1, sort_keys=True), encoding="utf-8")


def records() -> dict[str, dict]:
    """What the file holds."""
    path = folder() / FILE
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}


def long_run(course: Course, seconds: float | None = None) -> None:
    """Look for the optimum: a twentieth of the seconds from each start, then all of them from the best of those.

    Not again if as long a search was made before. By default 30 s, for losses that converge slower 120 s.
    """
    seconds = seconds or (30 if course.workload.beta == 2 else 120)
    if course.best.searched >= seconds:
        return
    share = seconds / 20
    about = len(course.starts) * share + seconds
    print(f"{course.workload.name}: looking for the optimum, about {about:.0f} s", file=sys.stderr)
    ends = [run(course, s.W, s.H, share, f"reference run from start {s.seed}, {share:.0f} s") for s in course.starts]
    _, W, H = min(ends, key=lambda end: end[0])
    run(course, W, H, seconds, f"reference run, {share:.0f} s from each start and {seconds:.0f} s from the best")
    course.best.searched = seconds
    course.best.save()


def run(course: Course, W, H, seconds: float, by: str):
    """Where partwise gets in the seconds."""
    from partwise import NMF

    loss = course.workload.beta
    options = {"init": "custom", "beta_loss": loss, "tol": 0, "max_iter": 10**7, "max_time": seconds}
    model = NMF(len(H), n_jobs=course.threads, **options)
    W = model.fit_transform(course.X, W=W, H=H)
    value = objective(course.X, W, model.components_, loss)
    course.best.offer(value, by)
    return value, W, model.components_


def main() -> None:
    """Make the long runs that are missing."""
    from benchmarks.course import prepared
    from benchmarks.workloads import WORKLOADS

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workload", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), metavar="NAME")
    parser.add_argument("--seconds", type=float, help="30; Kullback-Leibler and Itakura-Saito 120")
    parser.add_argument("--threads", type=int, default=2)
    o = parser.parse_args()
    warnings.simplefilter("ignore")
    for name in o.workload:
        course = prepared(name, "float32", 5, o.threads)
        long_run(course, o.seconds)
        print(f"{name}: {course.best.value:.8g} ({course.best.by})", flush=True)


if __name__ == "__main__":
    main()
