"""What follows from a race: the fastest peer, the ratio, and partwise's objective when the fastest peer arrives."""

from __future__ import annotations

import statistics
from dataclasses import dataclass

from benchmarks.course import Course
from benchmarks.race import Counts, Entry, medians

REQUIRED = {"scikit-learn": "sklearn", "a torch peer": ("torchnmf", "nmf-torch"), "RcppML": "RcppML"}


NEVER = float("inf")


@dataclass
class Verdict:
    """partwise against the fastest peer at the workload's target; ratios are None if nobody arrived to compare with.

    ``bound``, ``sklearn_bound``: the peer was let go, and its seconds and the ratio are lower bounds.
    """

    peer: str
    peer_seconds: float | None
    seconds: float | None
    ratio: float | None
    sklearn_ratio: float | None
    met: bool
    bound: bool = False
    sklearn_bound: bool = False
    at_peers_time: float | None = None
    peers_fraction: float | None = None


def missing(names: list[str], beta: float) -> list[str]:
    """Who must take part for the run to count and did not; RcppML has Frobenius only."""
    required = {who: prefix for who, prefix in REQUIRED.items() if beta == 2 or who != "RcppML"}
    return [who for who, prefix in required.items() if not any(name.startswith(prefix) for name in names)]


def verdict(entries: list[Entry], counts: Counts, course: Course) -> Verdict | None:
    """None without partwise or without a peer."""
    w = course.workload
    known = {entry.name: medians(entry, counts, w.target)[0] for entry in entries}
    seconds = {entry.name: min(known[entry.name], entry.beyond(w.target) or NEVER) for entry in entries}
    peers = {name: s for name, s in seconds.items() if not name.startswith("partwise")}
    if not peers or "partwise" not in known:
        return None
    peer, ours = min(peers, key=peers.__getitem__), known["partwise"]
    named = [name for name in peers if name.startswith("sklearn")]
    sklearn = min(named, key=peers.__getitem__, default=peer)
    met = ours < NEVER and peers[peer] >= w.wanted * ours and (peers[sklearn] >= w.wanted_sklearn * ours)
    ratios = (s / ours if ours < NEVER and s < NEVER else None for s in (peers[peer], peers[sklearn]))
    finite = (s if s < NEVER else None for s in (peers[peer], ours))
    bounds = (peers[name] < known[name] for name in (peer, sklearn))
    found = Verdict(peer if peers[peer] < NEVER else "none", *finite, *ratios, met, *bounds)
    by_name = {entry.name: entry for entry in entries}
    if known[peer] < NEVER:
        found.at_peers_time, found.peers_fraction = at_peers_time(by_name["partwise"], by_name[peer], counts, course)
    return found


def at_peers_time(ours: Entry, peer: Entry, counts: Counts, course: Course) -> tuple[float, float]:
    """Medians over the starts of the fraction left: partwise's in the peer's time, and the peer's own."""
    pairs = []
    for s in range(len(course.starts)):
        theirs = counts.get((peer.name, s, course.workload.target))
        if theirs:
            seen = peer.seen[s, theirs]
            allowed, left = statistics.median(seen.seconds), course.fraction(s, seen.value)
            pairs.append((course.fraction(s, within(ours, s, allowed, seen.value)), left))
    first, second = zip(*pairs, strict=True) if pairs else ((NEVER,), (NEVER,))
    return statistics.median(first), statistics.median(second)


def within(entry: Entry, s: int, allowed: float, wanted: float) -> float:
    """The objective that it has in the time, or had earlier if that is as good as wanted: it never rises.

    As many iterations as fit in, by the line through two counts, then checked; the line may be level, where both were
    disturbed, so at most ten times as many as would fit if nothing but iterations took time.
    """
    known = {n: seen for (t, n), seen in entry.seen.items() if t == s and seen.seconds}
    earlier = min((seen.value for seen in known.values() if min(seen.seconds) <= allowed), default=NEVER)
    if earlier <= wanted:
        return earlier
    count = max((n for n, seen in known.items() if min(seen.seconds) <= allowed), default=1)
    one, two = (entry.clocked(s, n).seconds for n in (count, 2 * count))
    fit = count * (1 + (allowed - one) / max(two - one, 1e-9))
    tried = max(1, int(min(fit, 10 * count * allowed / one)))
    while tried > 1 and entry.clocked(s, tried).seconds > allowed:
        tried = int(tried / 1.1)
    return entry.look(s, tried).value
