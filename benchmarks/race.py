"""The race on one workload: how many iterations each contestant needs, then the seconds of exactly those runs.

The objective depends on the iterations alone, so the counts are searched for without care for the clock (doubling, then
then bracketing on a ladder whose rungs lie 15 % apart); afterwards the runs of those counts are timed in turn.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from benchmarks.contestants import Contestant, Run, Start
from benchmarks.objective import objective
from benchmarks.reference import Best
from benchmarks.workloads import WORKLOADS, Workload

TARGETS = (0.1, 0.01, 0.001)
STALLED = 1e-5  # of the way, between n and 2 n iterations
PAUSE = 0.1  # seconds in which idle BLAS threads stop spinning


def rungs(last: int = 10**7) -> list[int]:
    """1, 2, 3, ... and then steps of 15 %."""
    found = [1]
    while found[-1] < last:
        found.append(max(found[-1] + 1, int(found[-1] * 1.15)))
    return found


LADDER = np.array(rungs())


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


@dataclass
class Terms:
    """When to give up: seconds of one run, times the fastest so far, seconds of the whole, and how often to time."""

    cap: float
    patience: float
    deadline: float
    rounds: int

    def over(self, share: float = 1.0) -> bool:
        """Whether less than ``1 - share`` of the budget is left."""
        return time.monotonic() > self.began + share * (self.deadline - self.began)

    def __post_init__(self) -> None:
        self.began = time.monotonic()


@dataclass
class Seen:
    """One count from one start."""

    value: float
    seconds: list[float]


class Entry:
    """A contestant on a course, and all that was seen of it."""

    def __init__(self, contestant: Contestant, course: Course):
        self.contestant, self.course, self.name = contestant, course, contestant.name
        self.X = contestant.prepare(course.X, course.threads)
        self.seen: dict[tuple[int, int], Seen] = {}
        self.why: dict[tuple[int, float], str] = {}
        if not contestant.own_stop:  # imports and thread pools are nobody's time
            contestant.run(self.X, course.starts[0], course.workload.beta, 1)

    def run(self, s: int, count: int) -> Seen:
        """One run by the clock, kept; its objective is computed the first time only."""
        done = self.clocked(s, count)
        if (s, count) not in self.seen:
            value = objective(self.course.X, done.W, done.H, self.course.workload.beta)
            self.course.best.offer(value, f"{self.name}, start {s}, {count} iterations")
            self.seen[s, count] = Seen(value, [])
        self.seen[s, count].seconds.append(done.seconds)
        return self.seen[s, count]

    def clocked(self, s: int, count: int) -> Run:
        """One run by the clock."""
        time.sleep(PAUSE)
        return self.contestant.run(self.X, self.course.starts[s], self.course.workload.beta, count)

    def look(self, s: int, count: int) -> Seen:
        """What is known of a count, from a run now if need be."""
        return self.seen.get((s, count)) or self.run(s, count)

    def fewest(self, s: int, target: float, cap: float, terms: Terms) -> int | None:
        """The lowest rung that reaches the target with runs of at most ``cap`` seconds; else None, and `why`."""
        goal = self.course.goal(s, target)
        below, above = self.bracket(s, goal)
        while above is None:
            stop = self.stop(s, below, cap, terms)
            if stop:
                self.why[s, target] = stop
                return None
            rung = self.next_rung(s, below, cap)
            below, above = (below, rung) if self.look(s, int(LADDER[rung])).value <= goal else (rung, None)
        while above - below > 1 and not terms.over(0.7):
            middle = self.between(s, below, above, goal)
            reached = self.look(s, int(LADDER[middle])).value <= goal
            below, above = (below, middle) if reached else (middle, above)
        return int(LADDER[above])

    def bracket(self, s: int, goal: float) -> tuple[int, int | None]:
        """The highest rung seen that misses the goal, below the lowest seen that reaches it; -1 and None if none."""
        rungs = {int(np.searchsorted(LADDER, n)): seen.value <= goal for (t, n), seen in self.seen.items() if t == s}
        above = min((rung for rung, reached in rungs.items() if reached), default=None)
        below = max((rung for rung in rungs if above is None or rung < above), default=-1)
        return below, above

    def next_rung(self, s: int, rung: int, cap: float) -> int:
        """Twice the count, or as much of it as the cap lets expect; first a guess from the other starts."""
        if rung < 0:
            others = [n for _, n in self.seen]
            return int(np.searchsorted(LADDER, statistics.median_low(others))) if others else 0
        count = int(LADDER[rung])
        allowed = count * cap / max(min(self.look(s, count).seconds), 1e-4)
        return int(np.searchsorted(LADDER, min(2 * count, allowed), side="right")) - 1

    def between(self, s: int, below: int, above: int, goal: float) -> int:
        """Where the goal would lie if the way left fell by the same factor from rung to rung."""
        best = self.course.best.value
        high = self.look(s, int(LADDER[below])).value if below >= 0 else self.course.first[s]
        low = self.look(s, int(LADDER[above])).value
        if low <= best:
            return (below + above) // 2
        share = np.log((high - best) / (goal - best)) / np.log((high - best) / (low - best))
        return int(np.clip(round(below + share * (above - below)), below + 1, above - 1))

    def stop(self, s: int, rung: int, cap: float, terms: Terms) -> str:
        """Why no longer run is tried after this rung; empty if one is."""
        if rung < 0:
            return "not tried: the budget is used up" if s and terms.over(0.7) else ""
        seen = self.seen[s, int(LADDER[rung])]
        if self.contestant.own_stop:
            reason = "its own rule stops it"
        elif self.next_rung(s, rung, cap) <= rung:
            reason = f"not within {cap:.3g} s"
        elif terms.over(0.7):
            reason = "not within the budget"
        else:
            reason = self.stalls(s, rung)
        return (
            f"{reason}; {self.course.fraction(s, seen.value):.2%} left after {seen.seconds[0]:.3g} s" if reason else ""
        )

    def stalls(self, s: int, rung: int) -> str:
        """Whether the last doubling brought nothing."""
        count = int(LADDER[rung])
        halves = [n for t, n in self.seen if t == s and n <= count / 1.9]
        if count < 100 or not halves:
            return ""
        gain = self.seen[s, max(halves)].value - self.seen[s, count].value
        return (
            "it stalls in another optimum" if gain < STALLED * (self.course.first[s] - self.course.best.value) else ""
        )


Counts = dict[tuple[str, int, float], int | None]


def search(entries: Sequence[Entry], course: Course, terms: Terms) -> Counts:
    """The counts of everybody from every start, again whenever the best objective has moved; later starts wait."""
    counts: Counts = {}
    for s in range(len(course.starts)):
        if s and terms.over(0.7):
            break
        before = None
        while before != course.best.value:
            before = course.best.value
            for t in range(s + 1):
                search_from(entries, t, terms, counts)
    return counts


def search_from(entries: Sequence[Entry], s: int, terms: Terms, counts: Counts) -> None:
    """The counts from one start; whoever needs much longer than the fastest so far is let go."""
    for target in TARGETS:
        fastest = terms.cap
        for entry in entries:
            if let_go(entry, s, target):
                counts[entry.name, s, target] = None
                continue
            cap = min(terms.cap, max(1.0, terms.patience * fastest))
            counts[entry.name, s, target] = found = entry.fewest(s, target, cap, terms)
            if found:
                fastest = min(fastest, *entry.seen[s, found].seconds)


def let_go(entry: Entry, s: int, target: float) -> bool:
    """Whether it was too slow for this target from the first start, or for an easier one from this start."""
    before = [(0, target)] * (s > 0) + [(s, easier) for easier in TARGETS if easier > target]
    reasons = [entry.why[key] for key in before if entry.why.get(key, "").startswith("not within")]
    if reasons:
        entry.why.setdefault((s, target), reasons[0])
    return bool(reasons)


def time_all(entries: list[Entry], counts: Counts, terms: Terms) -> None:
    """Time the runs of the counts that were found, in turn, at least 5 of each contestant and target."""
    starts = 1 + max(s for _, s, _ in counts)
    wanted = [(entry, s, counts[entry.name, s, t]) for t in TARGETS for s in range(starts) for entry in entries]
    runs = list(dict.fromkeys((entry, s, n) for entry, s, n in wanted if n))
    for entry, s, n in runs:
        entry.seen[s, n].seconds.clear()  # those were of the search
    for turn in range(max(terms.rounds, -(-5 // starts))):
        for entry, s, n in runs:
            if turn == 0 or not terms.over():
                entry.run(s, n)


def medians(entry: Entry, counts: Counts, target: float) -> tuple[float, float]:
    """Seconds and iterations to a target, over starts and rounds; a start that did not reach it counts as infinity."""
    seconds, iterations = [], []
    for (name, s, t), n in counts.items():
        if name == entry.name and t == target:
            times = entry.seen[s, n].seconds if n else [float("inf")]
            seconds += times if n else times * 5
            iterations.append(n or float("inf"))
    return statistics.median(seconds), statistics.median(iterations)
