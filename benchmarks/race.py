"""The race on one workload: how many iterations each contestant needs, then the seconds of exactly those runs.

The objective depends on the iterations alone, so the counts are searched for without care for the clock (doubling, then
then bracketing on a ladder whose rungs lie 15 % apart); afterwards the runs of those counts are timed in turn.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.contestants import Contestant, Run
from benchmarks.course import Course, warm
from benchmarks.objective import objective

TARGETS = (0.1, 0.01, 0.001)
STALLED = 1e-5  # of the way, between n and 2 n iterations
LEAST = 0.5  # seconds that a run may always take
PAUSE = 0.1  # seconds in which idle BLAS threads stop spinning


def rungs(last: int = 10**7) -> list[int]:
    """1, 2, 3, ... and then steps of 15 %."""
    found = [1]
    while found[-1] < last:
        found.append(max(found[-1] + 1, int(found[-1] * 1.15)))
    return found


LADDER = np.array(rungs())


@dataclass
class Terms:
    """When to give up.

    A run may take ``cap`` seconds, ``patience`` times the fastest peer so far, and ``plenty`` times the wanted ratio
    times partwise's seconds; ``seconds`` are the budget of the workload.
    """

    cap: float
    patience: float
    plenty: float
    seconds: float
    rounds: int

    def __post_init__(self) -> None:
        self.began = time.monotonic()

    def over(self, share: float = 1.0) -> bool:
        """Whether less than ``1 - share`` of the budget is left."""
        return time.monotonic() > self.began + share * self.seconds

    def most(self, entry: Entry, ours: float, peers: float) -> float:
        """The seconds that a run may take, given the fewest so far of partwise and of the peers."""
        w, asked = entry.course.workload, entry.name.startswith("sklearn") and entry.course.workload.wanted_sklearn
        if entry.name == "partwise":
            allowed = self.plenty * peers
        elif asked:
            allowed = max(self.plenty * w.wanted, 1.2 * asked) * ours
        else:
            allowed = min(self.plenty * w.wanted * ours, self.patience * peers)
        return min(self.cap, max(LEAST, allowed))


@dataclass
class Seen:
    """One count from one start."""

    value: float
    seconds: list[float]


class Entry:
    """A contestant on a course, and all that was seen of it."""

    def __init__(self, runner: Contestant, course: Course):
        self.contestant, self.course, self.name = runner, course, runner.name
        self.X = runner.prepare(course.X, course.threads)
        self.seen: dict[tuple[int, int], Seen] = {}
        self.found: dict[tuple[int, float], int] = {}
        self.why: dict[tuple[int, float], str] = {}
        warm(self.name, str(course.X.dtype), course.workload.beta, course.threads)

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
        self.found.pop((s, target), None)
        below, above = self.bracket(s, goal)
        while above is None:
            stop = self.stop(s, below, cap, terms)
            if stop:
                self.why[s, target] = stop
                return None
            rung = self.next_rung(s, below, cap) if below >= 0 else self.first_rung(target)
            below, above = (below, rung) if self.look(s, int(LADDER[rung])).value <= goal else (rung, None)
        while above - below > 1:
            middle = self.between(s, below, above, goal)
            reached = self.look(s, int(LADDER[middle])).value <= goal
            below, above = (below, middle) if reached else (middle, above)
        self.found[s, target] = int(LADDER[above])
        return self.found[s, target]

    def bracket(self, s: int, goal: float) -> tuple[int, int | None]:
        """The highest rung seen that misses the goal, below the lowest seen that reaches it; -1 and None if none."""
        rungs = {int(np.searchsorted(LADDER, n)): seen.value <= goal for (t, n), seen in self.seen.items() if t == s}
        above = min((rung for rung, reached in rungs.items() if reached), default=None)
        below = max((rung for rung in rungs if above is None or rung < above), default=-1)
        return below, above

    def first_rung(self, target: float) -> int:
        """What the other starts needed in the middle, or one iteration."""
        others = [n for (_, t), n in self.found.items() if t == target]
        return int(np.searchsorted(LADDER, statistics.median_low(others))) if others else 0

    def next_rung(self, s: int, rung: int, cap: float) -> int:
        """Twice the count, or as much of it as the cap lets expect."""
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
            return ""
        seen = self.seen[s, int(LADDER[rung])]
        if self.contestant.own_stop:
            reason = f"not within {cap:.3g} s, " * (seen.seconds[0] > cap) + "its own rule stops it"
        elif self.next_rung(s, rung, cap) <= rung:
            reason = f"not within {cap:.3g} s"
        elif s and terms.over(0.7):
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

    def beyond(self, target: float) -> float | None:
        """A lower bound of the seconds, if it was let go: its longest run that missed, the shortest over the starts."""
        bounds = []
        for (s, t), why in self.why.items():
            if t == target and (s, t) not in self.found and why.startswith("not within"):
                goal = self.course.goal(s, t)
                missed = [min(seen.seconds) for (u, _), seen in self.seen.items() if u == s and seen.value > goal]
                bounds += [max(missed)] if missed else []
        return min(bounds, default=None)


Counts = dict[tuple[str, int, float], int | None]


def search(entries: list[Entry], course: Course, terms: Terms) -> Counts:
    """The counts of everybody from every start, first for the workload's own target, the others while time is left.

    Again whenever the best objective has moved. After the first start the fastest come first.
    """
    counts: Counts = {}
    own = course.workload.target
    places = [(s, target) for target in sorted(TARGETS, key=lambda t: t != own) for s in range(len(course.starts))]
    for s, target in places:
        if (s, target) != (0, own) and terms.over(0.5 if target == own else 0.7):
            continue
        before = course.best.value
        search_from(entries, s, target, terms, counts)
        while before != course.best.value:
            before = course.best.value
            for t, other in dict.fromkeys((t, other) for _, t, other in counts):
                search_from(entries, t, other, terms, counts)
        if (s, target) == (0, own):
            entries.sort(key=lambda entry: (entry.name != "partwise", quickest(entry, 0, own)))
    return counts


def search_from(entries: Sequence[Entry], s: int, target: float, terms: Terms, counts: Counts) -> None:
    """The counts from one start to one target; whoever needs much longer than the fastest so far is let go."""
    ours = peers = float("inf")
    for entry in entries:
        if let_go(entry, s, target):
            counts[entry.name, s, target] = None
            continue
        counts[entry.name, s, target] = entry.fewest(s, target, terms.most(entry, ours, peers), terms)
        if entry.name == "partwise":
            ours = quickest(entry, s, target)
        elif not entry.name.startswith("partwise"):
            peers = min(peers, quickest(entry, s, target))


def quickest(entry: Entry, s: int, target: float) -> float:
    """The fewest seconds of the run that reached the target."""
    count = entry.found.get((s, target))
    return min(entry.seen[s, count].seconds) if count else float("inf")


def let_go(entry: Entry, s: int, target: float) -> bool:
    """Whether it was too slow from the first start, for this target or the workload's, or here for an easier one."""
    first = [(0, target), (0, entry.course.workload.target)] * (s > 0)
    easier = [(s, t) for t in TARGETS if t > target]
    missed = [key for key in first + easier if key not in entry.found and key in entry.why]
    slow = [key for key in missed if entry.why[key].startswith("not within")]
    if slow and s == 0:
        entry.why[s, target] = entry.why[slow[0]]
    return bool(slow)


def time_all(entries: list[Entry], counts: Counts, terms: Terms) -> None:
    """Time the runs of the counts that were found, in turn, at least 5 of each contestant and target."""
    turns: dict[tuple[Entry, int, int], int] = {}
    for target in TARGETS:
        starts = sorted({s for _, s, t in counts if t == target})
        for run in ((entry, s, counts[entry.name, s, target]) for s in starts for entry in entries):
            if run[2]:
                turns[run] = max(turns.get(run, terms.rounds), -(-5 // len(starts)))
    for entry, s, n in turns:
        entry.seen[s, n].seconds.clear()  # those were of the search
    for turn in range(max(turns.values(), default=0)):
        for (entry, s, n), wanted in turns.items():
            if turn == 0 or (turn < wanted and not terms.over()):
                entry.run(s, n)


def medians(entry: Entry, counts: Counts, target: float) -> tuple[float, float]:
    """Seconds and iterations to a target: medians over the starts, of which one that did not reach it is infinite."""
    seconds, iterations = [], []
    for (name, s, t), n in counts.items():
        if name == entry.name and t == target:
            seconds.append(statistics.median(entry.seen[s, n].seconds) if n else float("inf"))
            iterations.append(n or float("inf"))
    never = [float("inf")]
    return statistics.median(seconds or never), statistics.median(iterations or never)
