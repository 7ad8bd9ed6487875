"""Seconds per iteration as the fitted model itself tells them, without start, checks and closing solve."""

from __future__ import annotations

import statistics
import warnings

from benchmarks.course import start


def per_iteration(X, k: int, beta: float, threads: int, rounds: int = 5, iterations: int = 31) -> float:
    """The median over rounds, after a warm fit, of the slope of ``history_.seconds`` over ``history_.iteration``."""
    first = start(X, k, 0)
    return statistics.median([slope(X, first, beta, threads, iterations) for _ in range(rounds + 1)][1:])


def slope(X, first, beta: float, threads: int, iterations: int) -> float:
    """Seconds from the first recorded iteration to the last, over their number; objectives are included."""
    from partwise import NMF

    options = {"init": "custom", "beta_loss": beta, "tol": 0, "n_jobs": threads}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        history = NMF(first.k, max_iter=iterations, **options).fit(X, W=first.W, H=first.H).history_
    seconds, iteration = history["seconds"].to_numpy(), history["iteration"].to_numpy()
    return float((seconds[-1] - seconds[0]) / (iteration[-1] - iteration[0]))
