"""Seconds to a given objective: partwise and its peers in one run, interleaved, from the same starts.

    python -m benchmarks.peers --workload NAME ... [--dtype float32] [--json FILE] [--chart FILE.svg] [--default]
    python -m benchmarks.peers --all

README.md tells how to install the peers and how to read the tables. Exits 1 if scikit-learn, a torch peer or (for
Frobenius) RcppML took no part: such a run does not count.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import shlex
import sys
import warnings
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path

from threadpoolctl import threadpool_limits

from benchmarks import limits, report
from benchmarks.contestants import NAMES, contestant
from benchmarks.course import Course, prepared
from benchmarks.defaults import default
from benchmarks.peak import measured
from benchmarks.race import TARGETS, Counts, Entry, Terms, search, time_all
from benchmarks.reference import long_run
from benchmarks.verdict import missing, verdict
from benchmarks.workloads import WORKLOADS


def options() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--workload", nargs="+", choices=WORKLOADS, default=[], metavar="NAME", help=" ".join(WORKLOADS)
    )
    parser.add_argument("--all", action="store_true", help="every workload")
    parser.add_argument("--dtype", choices=("float32", "float64"), default="float32")
    parser.add_argument("--starts", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=1, help="timed rounds over the starts; at least 5 values in all")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument(
        "--contestants", nargs="+", default=list(NAMES), metavar="NAME", help=" ".join(NAMES) + " partwise:SOLVER"
    )
    parser.add_argument("--cap", type=float, default=60, help="most seconds of a run")
    parser.add_argument("--patience", type=float, default=2, help="most times the fastest peer's seconds")
    parser.add_argument("--plenty", type=float, default=3, help="most times the wanted ratio times partwise's seconds")
    parser.add_argument("--budget", type=float, default=200, help="seconds for a workload, the reference apart")
    parser.add_argument(
        "--reference", type=float, help="seconds of the reference run if there is none (30; KL, IS 120)"
    )
    parser.add_argument("--target", type=float, choices=TARGETS, help="part of the way, if not the workload's own")
    parser.add_argument("--default", action="store_true", help="also partwise with no option given")
    parser.add_argument("--no-memory", action="store_true", help="do not measure peak memory")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--chart", metavar="FILE", help="one workload: an .svg or .png; several: its name is inserted")
    return parser.parse_args()


def set_up(name: str, o: argparse.Namespace) -> Course:
    """Data, starts and the best objective, from a long run if nobody made one yet."""
    course = prepared(name, o.dtype, o.starts, o.threads)
    course.workload = replace(course.workload, target=o.target or course.workload.target)
    w, (rows, columns) = course.workload, course.X.shape
    print(f"\n{name}: {rows} x {columns}, k={w.k}, beta={w.beta:g}, {o.dtype}; {w.origin}")
    long_run(course, o.reference)
    return course


def enter(course: Course, names: list[str]) -> tuple[list[Entry], dict[str, str]]:
    """Those who take part, and the others with the reason."""
    entries, absent = [], {}
    for name in names:
        runner = contestant(name)
        reason = runner.refusal(course.X, course.workload.beta)
        if reason is None:
            try:
                entries.append(Entry(runner, course))
                continue
            except Exception as error:
                reason = f"failed: {error!r:.200}"
                runner.close()
        absent[name] = reason
        print(f"  without {name}: {reason}")
    return entries, absent


def memories(entries: list[Entry], counts: Counts, course: Course, dtype: str) -> dict[str, float | None]:
    """MiB at the target's count from the first start, of those who reach it."""
    target, found = course.workload.target, {}
    for entry in entries:
        count = counts.get((entry.name, 0, target))
        if count:
            found[entry.name] = measured(course.workload.name, dtype, entry.name, count, course.threads)
    return found


def race(name: str, o: argparse.Namespace) -> dict:
    """One workload: everything that was found, printed and returned."""
    course = set_up(name, o)
    entries, absent = enter(course, o.contestants)
    terms = Terms(o.cap, o.patience, o.plenty, o.budget, o.rounds)
    counts = search(entries, course, terms)
    time_all(entries, counts, terms)
    won = verdict(entries, counts, course)
    memory = {} if o.no_memory else memories(entries, counts, course, o.dtype)
    table = report.rows(entries, counts, memory, course)
    starts = 1 + max(s for _, s, _ in counts)
    report.show(table, course, starts)
    report.show_verdict(won, course)
    lacking = missing([entry.name for entry in entries], course.workload.beta)
    if lacking:
        print(f"this run does not count: without {', '.join(lacking)}.")
    lines = report.curves(entries, course)
    by_default = default(course, terms) if o.default else None
    if by_default:
        report.show_default(by_default)
    if o.chart:
        report.chart(chart_name(o.chart, name, len(o.workload) > 1), lines, course)
    for entry in entries:
        entry.contestant.close()
    gc.collect()
    about = {"workload": name, "dtype": o.dtype, "k": course.workload.k, "beta": course.workload.beta, "starts": starts}
    best = {"objective": course.best.value, "by": course.best.by, "starts": course.first}
    found = {"best": best, "rows": table, "absent": absent, "lacking": lacking, "curves": lines, "default": by_default}
    return {**about, **found, "verdict": asdict(won) if won else None}


def chart_name(file: str, name: str, several: bool) -> str:
    """The file, with the workload's name in it if there are several."""
    path = Path(file)
    return str(path.with_name(f"{path.stem}-{name}{path.suffix}")) if several else file


def mean(races: list[dict], losses: tuple[float, ...]) -> float:
    """The geometric mean of the ratios of some losses."""
    ratios = [r["verdict"]["ratio"] for r in races if r["verdict"] and r["verdict"]["ratio"] and r["beta"] in losses]
    return math.prod(ratios) ** (1 / len(ratios)) if ratios else float("nan")


def main() -> None:
    """Race on every workload named."""
    o = options()
    o.workload = list(WORKLOADS) if o.all else o.workload
    if not o.workload:
        raise SystemExit(f"name a --workload or say --all; workloads: {', '.join(WORKLOADS)}.")
    warnings.simplefilter("ignore")
    versions, machine = limits.versions(), limits.measure(o.threads)
    print(", ".join(f"{name} {value}" for name, value in versions.items()) + f"; {o.threads} threads")
    limits.show(machine)
    with threadpool_limits(o.threads):
        races = [race(name, o) for name in o.workload]
    print(f"\ngeometric mean of the ratios: Frobenius {mean(races, (2,)):.2f}, others {mean(races, (0, 1)):.2f}")
    if o.json:
        made = {
            "date": date.today().isoformat(),
            "command": shlex.join(["python", "-m", "benchmarks.peers", *sys.argv[1:]]),
        }
        found = {**made, "versions": versions, "limits": machine, "options": vars(o), "races": races}
        Path(o.json).write_text(json.dumps(found, indent=1), encoding="utf-8")
    sys.exit(any(r["lacking"] for r in races))


if __name__ == "__main__":
    main()
