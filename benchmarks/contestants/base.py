"""What the race asks of a contestant."""

from __future__ import annotations

import importlib.util
import time
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp


@dataclass(frozen=True)
class Start:
    """Where everybody starts; ``seed`` is for those who cannot be told where."""

    W: np.ndarray
    H: np.ndarray
    seed: int

    @property
    def k(self) -> int:
        """The rank."""
        return len(self.H)


class Run(NamedTuple):
    """Factors, the seconds that the user waited, and what else is worth saying."""

    W: np.ndarray
    H: np.ndarray
    seconds: float
    note: str = ""


class Contestant:
    """One library with one algorithm.

    Attributes
    ----------
    needs : str
        The module that must be there.
    losses : tuple of float
        The betas that it has.
    own_start : bool
        Whether it cannot be given W and H and draws its own start from the seed.
    own_stop : bool
        Whether it runs once, as recommended, until its own rule stops it; else iterations are counted.
    """

    name = ""
    needs = ""
    losses: tuple[float, ...] = (2.0,)
    own_start = False
    own_stop = False

    def refusal(self, X: np.ndarray | sp.csr_matrix, beta: float) -> str | None:
        """Why it takes no part in this workload; None if it does."""
        if importlib.util.find_spec(self.needs) is None:
            return f"{self.needs} is not installed"
        return None if beta in self.losses else f"has no loss with beta={beta:g}"

    def prepare(self, X: np.ndarray | sp.csr_matrix, threads: int) -> Any:
        """X in the form its users hold it in; not timed."""
        return X

    def solve(self, X: Any, W: np.ndarray, H: np.ndarray, start: Start, beta: float, iterations: int) -> Any:
        """The public call, the whole of it; timed. W and H are its own copies."""
        raise NotImplementedError

    def factors(self, answer: Any, X: Any) -> tuple[np.ndarray, np.ndarray]:
        """W and H from what `solve` returned; not timed."""
        return answer

    def note(self, answer: Any) -> str:
        """What is worth saying about the run."""
        return ""

    def run(self, X: Any, start: Start, beta: float, iterations: int) -> Run:
        """`solve` by the clock."""
        W, H = start.W.copy(), start.H.copy()
        began = time.perf_counter()
        answer = self.solve(X, W, H, start, beta, iterations)
        seconds = time.perf_counter() - began
        return Run(*self.factors(answer, X), seconds, self.note(answer))

    def process(self) -> str:
        """The id of the process that holds its memory, as /proc names it."""
        return "self"

    def close(self) -> None:
        """Let go of what `prepare` made."""
