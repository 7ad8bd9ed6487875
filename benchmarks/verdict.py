"""What follows from a race: the fastest peer, the ratio, and partwise's objective when the fastest peer arrives."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from benchmarks.race import Counts, Course, Entry, medians

REQUIRED = {"scikit-learn": "sklearn", "a torch peer": ("torchnmf", "nmf-torch"), "RcppML": "RcppML"}


NEVER = float("inf")


@dataclass
class Verdict:
    """partwise against the fastest peer at the workload's target; ratios are None if nobody arrived to compare with."""

    peer: str
    peer_seconds: float | None
    seconds: float | None
    ratio: float | None
    sklearn_ratio: float | None
    met: bool
    at_peers_time: float | None = None
    peers_fraction: float | None = None


def missing(names: list[str], beta: float) -> list[str]:
    """Who must take part for the run to count and did not; RcppML has Frobenius only."""
    required = {who: prefix for who, prefix in REQUIRED.items() if beta == 2 or who != "RcppML"}
    return [who for who, prefix in required.items() if not any(name.startswith(prefix) for name in names)]


def verdict(entries: list[Entry], counts: Counts, course: Course) -> Verdict | None:
    """None without partwise or without a peer."""
    w = course.workload
    seconds = {entry.name: medians(entry, counts, w.target)[0] for entry in entries}
    peers = {name: s for name, s in seconds.items() if not name.startswith("partwise")}
    if not peers or "partwise" not in seconds:
        return None
    peer, ours = min(peers, key=peers.__getitem__), seconds["partwise"]
    sklearn = min((s for name, s in peers.items() if name.startswith("sklearn")), default=NEVER)
    met = ours < NEVER and peers[peer] >= w.wanted * ours and sklearn >= w.wanted_sklearn * ours
    ratios = (s / ours if ours < NEVER and s < NEVER else None for s in (peers[peer], sklearn))
    finite = (s if s < NEVER else None for s in (peers[peer], ours))
    found = Verdict(peer if peers[peer] < NEVER else "none", *finite, *ratios, met)
    by_name = {entry.name: entry for entry in entries}
    if found.ratio:
        found.at_peers_time, found.peers_fraction = at_peers_time(by_name["partwise"], by_name[peer], counts, course)
    return found


def at_peers_time(ours: Entry, peer: Entry, counts: Counts, course: Course) -> tuple[float, float]:
    """Medians over the starts of the fraction left: partwise's in the peer's time, and the peer's own."""
    pairs = []
    for s in range(len(course.starts)):
        mine, theirs = (counts.get((name, s, course.workload.target)) for name in (ours.name, peer.name))
        if mine and theirs:
            allowed = statistics.median(peer.seen[s, theirs].seconds)
            value = within(ours, s, mine, allowed)
            pairs.append((course.fraction(s, value), course.fraction(s, peer.seen[s, theirs].value)))
    first, second = zip(*pairs, strict=True) if pairs else ((NEVER,), (NEVER,))
    return statistics.median(first), statistics.median(second)


def within(entry: Entry, s: int, count: int, allowed: float) -> float:
    """The objective of as many iterations as fit in the time, by the line through two timed counts, then checked."""
    one, two = (entry.clocked(s, n).seconds for n in (count, 2 * count))
    more = (allowed - one) / max(two - one, 1e-9)
    tried = max(1, int(count * (1 + more)))
    while tried > 1 and entry.clocked(s, tried).seconds > allowed:
        tried = int(tried / 1.1)
    return entry.look(s, tried).value
