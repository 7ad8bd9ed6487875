"""Ctrl-C, kept out of the few lines that must not be left half done.

Python raises KeyboardInterrupt between any two calls of the main thread: after BLAS was set to one thread and before
anybody knew that it has to be given back, or while a lock is held. So a session answers SIGINT itself as long as it
lasts, and where its `Guard` holds, the answer waits.
"""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any


class Guard:
    """Answers SIGINT by the ``handler`` that was there: at once or, while ``held``, when it is let through.

    Entered it holds, left it lets through. ``held = True`` is one step, which nothing can come between.
    """

    def __init__(self, handler: Callable[..., Any] | None = None) -> None:
        self.handler, self.held = handler, False
        self.missed: tuple[Any, ...] | None = None

    def __call__(self, *call: Any) -> None:
        if self.held:
            self.missed = call
        elif self.handler:
            self.handler(*call)

    def let_through(self) -> None:
        """Hold no longer, and answer what came meanwhile: may raise KeyboardInterrupt."""
        self.held = False
        missed, self.missed = self.missed, None
        if missed:
            self(*missed)

    def __enter__(self) -> "Guard":
        self.held = True
        return self

    def __exit__(self, *_: Any) -> None:
        self.let_through()


_answering: Guard | None = None


@contextmanager
def answering() -> Iterator[Guard]:
    """Answer SIGINT for the length of a block, if we are the main thread and a handler written in Python was there.

    Inside such a block it is the same guard once more; elsewhere, where nobody is interrupted, one without effect. Who
    sets another handler inside the block keeps it.
    """
    global _answering
    former = None if _answering or not _in_main() else signal.getsignal(signal.SIGINT)
    if not callable(former):
        yield _answering if _answering and _in_main() else Guard()
        return
    ours = Guard(former)
    try:
        with ours:
            _set(ours)
            _answering = ours
        yield ours
    finally:
        ours.held = True
        _answering = None
        if signal.getsignal(signal.SIGINT) is ours:
            _set(former)
        ours.let_through()


def forget() -> None:
    """In a forked child: what was held in the parent is the parent's; the handler left behind lets all through."""
    global _answering
    if _answering:
        _answering.held, _answering.missed = False, None
    _answering = None


def _set(handler: Callable[..., Any]) -> None:
    """Set it, if this thread may: a generator can be closed by any, and an interpreter inside another has none."""
    with suppress(ValueError):
        signal.signal(signal.SIGINT, handler)


def _in_main() -> bool:
    return threading.current_thread() is threading.main_thread()
