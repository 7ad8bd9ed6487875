"""partwise with no option given, and how long scikit-learn needs from its own default start to get as far."""

from __future__ import annotations

import statistics
import time
from dataclasses import asdict, dataclass

from benchmarks.course import Course
from benchmarks.objective import objective
from benchmarks.race import LADDER, Terms

ENOUGH = 1.5  # times our seconds that scikit-learn is given


@dataclass
class Default:
    """Medians over seeds; ``sklearn_iterations`` is None if scikit-learn did not get as far, in the seconds of its
    longest run."""

    fraction: float
    seconds: float
    reason: str
    iterations: int
    sklearn_seconds: float
    sklearn_iterations: int | None


def default(course: Course, terms: Terms) -> dict:
    """One fit per start's seed, and scikit-learn's time to the median objective."""
    fits = [ours(course, start.seed) for start in course.starts]
    value = statistics.median(fit[0] for fit in fits)
    fraction = statistics.median(course.fraction(s, fit[0]) for s, fit in enumerate(fits))
    seconds = statistics.median(fit[1] for fit in fits)
    model = sorted(fits, key=lambda fit: fit[0])[len(fits) // 2][2]
    count, theirs = sklearn_count(course, value, min(terms.cap, ENOUGH * seconds))
    theirs = statistics.median(sklearn(course, count)[1] for _ in fits) if count else theirs
    return asdict(Default(fraction, seconds, model.stop_reason_, model.n_iter_, theirs, count))


def ours(course: Course, seed: int):
    """Objective, seconds and the model."""
    from partwise import NMF

    options = {} if course.workload.beta == 2 else {"beta_loss": course.workload.beta}
    model = NMF(course.workload.k, random_state=seed, **options)
    time.sleep(0.1)
    began = time.perf_counter()
    W = model.fit_transform(course.X)
    seconds = time.perf_counter() - began
    return objective(course.X, W, model.components_, course.workload.beta), seconds, model


def sklearn(course: Course, count: int) -> tuple[float, float]:
    """Objective and seconds of scikit-learn's default start and best solver with that many iterations."""
    from sklearn.decomposition import NMF

    beta = course.workload.beta
    model = NMF(course.workload.k, solver="cd" if beta == 2 else "mu", beta_loss=beta, tol=0, max_iter=count)
    time.sleep(0.1)
    began = time.perf_counter()
    W = model.fit_transform(course.X)
    seconds = time.perf_counter() - began
    return objective(course.X, W, model.components_, beta), seconds


def sklearn_count(course: Course, value: float, cap: float) -> tuple[int | None, float]:
    """The lowest rung at which it gets as far, and seconds; None if it does not in runs of about ``cap`` seconds."""
    below, above = -1, 0
    while True:
        reached, seconds = sklearn(course, int(LADDER[above]))
        if reached <= value:
            break
        if seconds > cap:
            return None, seconds
        below, above = above, int(LADDER.searchsorted(2 * LADDER[above]))
    while above - below > 1:
        middle = (above + below) // 2
        ok = sklearn(course, int(LADDER[middle]))[0] <= value
        below, above = (below, middle) if ok else (middle, above)
    return int(LADDER[above]), seconds
