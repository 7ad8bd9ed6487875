"""Several starts, one result: all run side by side, the worse half is dropped again and again, the best is finished."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np

from partwise.engine.iterate import Limits, Progress, iterate
from partwise.engine.problem import Problem
from partwise.engine.revive import objective
from partwise.engine.step import State
from partwise.engine.together import Shared, together
from partwise.interfaces import Data

STAGE = 20
"""Iterations before each cut: by then the order of the starts is mostly that of their ends (benchmarks/restarts.py)."""


@dataclass
class Start:
    """One start: where it is, the seed it was drawn with (None: not drawn), and how far it has come.

    ``objective`` is the last one known; infinite until then.
    """

    state: State
    seed: int | None = None
    progress: Progress | None = None
    objective: float = np.inf
    run: Iterator[Progress] = field(default_factory=lambda: iter(()), repr=False)

    @property
    def going(self) -> bool:
        """Whether it has found no reason to stop yet."""
        return self.progress is None or self.progress.reason is None

    @property
    def rank(self) -> float:
        """The objective, or infinity where it is none."""
        return self.objective if np.isfinite(self.objective) else np.inf

    def advance(self) -> Progress:
        """One iteration."""
        self.progress = next(self.run)
        if self.progress.monitor.rows:
            self.objective = self.progress.monitor.rows[-1][1]
        return self.progress

    def measure(self, problem: Problem, data: Data) -> None:
        """Compute the objective, unless the last iteration has."""
        rows = self.progress.monitor.rows if self.progress else []
        if not rows or rows[-1][0] != self.state.n_iter:
            self.objective = objective(problem, data, self.state)

    def row(self, kept: bool) -> tuple[float, float, float, float]:
        """Seed, iterations, objective, kept; nan for no seed."""
        return np.nan if self.seed is None else self.seed, self.state.n_iter, self.objective, kept


def race(
    problem: Problem, data: Data, starts: list[Start], limits: Limits, by_columns: Data | None = None
) -> Iterator[Progress]:
    """Iterate from several starts by successive halving; yields after every iteration how far the leader is.

    All starts run for a stage of 20 iterations, then the better half (rounded up) for another, until one is left, which
    goes on to its own reason to stop; where ``max_iter`` is too short for that, the stages are as long as it allows.
    One start is `iterate`, and the kept one has the bits of a fit from it alone.

    Parameters
    ----------
    problem : Problem
    data : Data
        X by rows; ``by_columns`` is X by columns where the plan asks for a second reading.
    starts : list of Start
        Advanced in place; afterwards they tell how far each has come.
    limits : Limits
        For each start. The dropped ones need not reach them.

    Notes
    -----
    Ten starts make 400 iterations and one fit's last part, with every reading of a dense X shared; memory: the factors
    of all.

    References
    ----------
    Jamieson & Talwalkar (2016), https://proceedings.mlr.press/v51/jamieson16.html
    """
    shared: Any = cast("Data", Shared(data))
    columns: Any = by_columns and Shared(by_columns)
    run = in_turn if data.sparse else together
    for start in starts:
        start.run = iterate(problem, shared, start.state, limits, columns)
    live, shown = list(starts), None
    cuts = (len(live) - 1).bit_length()
    stage = max(1, min(STAGE, limits.max_iter // (cuts + 1)))
    while len(live) > 1:
        for _ in range(stage):
            going = [start for start in live if start.going]
            if not going:
                break
            run([start.advance for start in going])
            shown = leader(live).progress
            yield cast("Progress", shown)
        run([partial(start.measure, problem, shared) for start in live])
        live = sorted(live, key=lambda start: start.rank)[: (len(live) + 1) // 2]
    best = live[0]
    if not best.going and best.progress is not shown:
        yield cast("Progress", best.progress)
    while best.going:
        yield best.advance()


def in_turn(jobs: Sequence[Callable[[], object]]) -> None:
    """Run jobs one after the other: iterations on sparse data.

    An entry of sparse X is multiplied by a row of the other factor. Were a block to serve all starts while it is in
    cache, it would find the factor of another start there: ten starts of 117,791 x 23,057 texts, k=20, took a third
    longer.
    """
    for job in jobs:
        job()


def leader(starts: list[Start]) -> Start:
    """The one with the least known objective; the first where none is known."""
    return min(starts, key=lambda start: start.rank)
