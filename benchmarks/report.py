"""The tables and the chart of a race."""

from __future__ import annotations

import statistics
from collections import defaultdict

from benchmarks.course import Course
from benchmarks.race import TARGETS, Counts, Entry, medians
from benchmarks.verdict import Verdict

NEVER = float("inf")


def rows(entries: list[Entry], counts: Counts, memory: dict[str, float | None], course: Course) -> list[dict]:
    """One row a contestant: seconds and iterations to each target, the ratio, the memory, and why not."""
    target, found = course.workload.target, []
    ours = next((medians(e, counts, target)[0] for e in entries if e.name == "partwise"), NEVER)
    for entry in entries:
        row: dict = {"name": entry.name, "own_start": entry.contestant.own_start, "memory": memory.get(entry.name)}
        for t in TARGETS:
            seconds, iterations = medians(entry, counts, t)
            row[f"{t:g}"] = None if seconds == NEVER else {"seconds": seconds, "iterations": iterations}
        known = medians(entry, counts, target)[0]
        seconds = min(known, entry.beyond(target) or NEVER)
        row["values"] = values(entry, counts, target)
        row["ratio"] = None if NEVER in (seconds, ours) else seconds / ours
        row["bound"] = seconds < known
        row["why"] = next((entry.why[s, t] for s, t in entry.why if t == target), "")
        found.append(row)
    return sorted(found, key=lambda row: row["ratio"] or NEVER)


def show(found: list[dict], course: Course, starts: int) -> None:
    """The table of seconds."""
    w, best = course.workload, course.best
    print(f"best objective {best.value:.8g} ({best.by}); start {statistics.median(course.first):.6g}; {starts} starts")
    print(
        f"{'':22}" + "".join(f"{f'to {t:.1%}: s':>15}{'iter':>7}" for t in TARGETS) + f"{'x ours':>9}{'peak MiB':>10}"
    )
    for row in found:
        cells = "".join(cell(row[f"{t:g}"]) for t in TARGETS)
        ratio = figure(row["ratio"], row["bound"]) if row["ratio"] else "-"
        memory = "-" if row["memory"] is None else f"{row['memory']:.0f}"
        name = row["name"] + ("*" if row["own_start"] else "")
        few = f"from {row['values']} runs only" if row["values"] < 5 else ""
        print(f"{name:22}{cells}{ratio:>9}{memory:>10}  {few if row[f'{w.target:g}'] else row['why']}")


def values(entry: Entry, counts: Counts, target: float) -> int:
    """How many timed runs are behind the seconds to the target."""
    reached = [(s, n) for (name, s, t), n in counts.items() if name == entry.name and t == target and n]
    return sum(len(entry.seen[run].seconds) for run in reached)


def cell(found: dict | None) -> str:
    """Seconds and iterations, or a dash."""
    return f"{found['seconds']:15.4f}{found['iterations']:7.0f}" if found else f"{'-':>15}{'':7}"


def figure(ratio: float, bound: bool) -> str:
    """The ratio, marked if it is a lower bound."""
    return f"{'> ' * bound}{ratio:.2f}"


def show_verdict(found: Verdict | None, course: Course) -> None:
    """One or two lines."""
    if found is None:
        print("no verdict: partwise or every peer is missing.")
        return
    w = course.workload
    ours, theirs = (f"{s:.4g} s" if s else "never" for s in (found.seconds, found.peer_seconds))
    theirs = "not within " * found.bound + theirs
    ratio = f"{figure(found.ratio, found.bound)}x" if found.ratio else "no ratio"
    line = f"{w.name}: {ours} to {w.target:.1%}; fastest peer {found.peer} {theirs}: {ratio} (wanted {w.wanted:g}x)"
    if w.wanted_sklearn:
        over = f"{figure(found.sklearn_ratio, found.sklearn_bound)}x" if found.sklearn_ratio else "does not arrive"
        line += f", scikit-learn {over} (wanted {w.wanted_sklearn:g}x)"
    print(line + (": met" if found.met else ": MISSED"))
    if found.at_peers_time is not None and found.peers_fraction is not None:
        good = found.at_peers_time <= found.peers_fraction + 0.001
        print(
            f"in the time of {found.peer}: partwise {found.at_peers_time:.3%} left, {found.peer} "
            f"{found.peers_fraction:.3%}: {'met' if good else 'MISSED'}"
        )


def show_default(found: dict) -> None:
    """partwise as it is."""
    needs = "needs" if found["sklearn_iterations"] else "does not get as far in"
    ours = f"{found['fraction']:.3%} left after {found['seconds']:.3g} s, {found['iterations']} iterations"
    theirs = f"scikit-learn {needs} {found['sklearn_seconds']:.3g} s ({found['sklearn_iterations'] or '-'} iterations)"
    print(f'no option given: {ours}, "{found["reason"]}"; {theirs}')


def curves(entries: list[Entry], course: Course) -> dict[str, list[tuple[float, float]]]:
    """Of each contestant the medians of seconds and fraction left, by iterations."""
    found = {}
    for entry in entries:
        points = defaultdict(list)
        for (s, n), seen in entry.seen.items():
            if seen.seconds:
                points[n].append((min(seen.seconds), course.fraction(s, seen.value)))
        middle = [tuple(statistics.median(side) for side in zip(*points[n], strict=True)) for n in sorted(points)]
        found[entry.name] = [(seconds, left) for seconds, left in middle if left > 0]
    return found


def chart(file: str, lines: dict[str, list[tuple[float, float]]], course: Course) -> None:
    """The fraction of the way that is left over seconds."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(8, 5), layout="constrained")
    colours = iter(plt.get_cmap("tab20").colors)
    for name, points in lines.items():
        width = 2.5 if name == "partwise" else 1.2
        axes.loglog(*zip(*points, strict=True), marker=".", linewidth=width, color=next(colours), label=name)
    axes.axhline(course.workload.target, color="grey", linestyle=":")
    axes.set(
        xlabel="seconds",
        ylabel="way left to the best objective",
        title=f"{course.workload.name}, k={course.workload.k}",
    )
    axes.legend(fontsize="small")
    figure.savefig(file)
    plt.close(figure)
