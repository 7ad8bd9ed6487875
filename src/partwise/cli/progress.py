"""Signs of life during a fit: a bar on a terminal, now and then a line elsewhere.

The estimator tells its iterations through scikit-learn's callbacks (version 1.9 and later); before that there is
nothing to see, and after ``-v`` the library's log says more.
"""

from __future__ import annotations

import sys
from time import perf_counter
from typing import Any

from partwise.cli.voice import Voice

__all__ = ["watch"]

EVERY_SECONDS = 10.0
"""Between two lines."""


def watch(model: Any, voice: Voice) -> None:
    """Show the iterations of the coming fit of ``model``, where there is something to show them on."""
    if voice.quiet or voice.verbosity or not hasattr(model, "set_callbacks"):
        return
    model.set_callbacks(Watcher(Bar(model.max_iter) if sys.stderr.isatty() else Lines(voice, model.max_iter)))


class Watcher:
    """scikit-learn's callback protocol, reduced to a count of iterations."""

    def __init__(self, display: Any) -> None:
        self.display = display

    def setup(self, estimator: Any, context: Any) -> None:
        """The fit begins."""
        self.display.begin()

    def on_fit_task_begin(self, estimator: Any, context: Any) -> None:
        """Nothing to show yet."""

    def on_fit_task_end(self, estimator: Any, context: Any) -> None:
        """An iteration ended, or (without a parent) the fit."""
        if context.parent is not None:
            self.display.advance()

    def teardown(self, estimator: Any, context: Any) -> None:
        """The fit is over, however it ended."""
        self.display.end()


class Lines:
    """A line every ten seconds."""

    def __init__(self, voice: Voice, max_iter: int) -> None:
        self.voice, self.max_iter = voice, max_iter

    def begin(self) -> None:
        """Start the clock."""
        self.done, self.began = 0, perf_counter()
        self.told = self.began

    def advance(self) -> None:
        """Count, and tell if it is time."""
        self.done += 1
        now = perf_counter()
        if now - self.told >= EVERY_SECONDS:
            self.told = now
            self.voice.progress(f"iteration {self.done} of at most {self.max_iter}, {now - self.began:.0f} s")

    def end(self) -> None:
        """Nothing to clear away."""


class Bar:
    """A bar on stderr that is gone when the fit is over."""

    def __init__(self, max_iter: int) -> None:
        self.max_iter = max_iter

    def begin(self) -> None:
        """Draw it."""
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

        columns = (TextColumn("iteration"), MofNCompleteColumn(), BarColumn(), TimeElapsedColumn())
        self.bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self.task = self.bar.add_task("fit", total=self.max_iter)
        self.bar.start()

    def advance(self) -> None:
        """One more."""
        self.bar.advance(self.task)

    def end(self) -> None:
        """Clear it away."""
        self.bar.stop()
