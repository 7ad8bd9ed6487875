"""Which processors a thread may run on: those of one job keep apart.

Between kernels, threads of Python take turns with the interpreter's lock, and sleep for it if it takes long. On a
virtual machine Linux wakes a sleeper beside its waker, on the same processor, as the other one seems to be lent to
somebody else: two threads then share one processor for milliseconds, and a job takes as long as on one thread. So for
the length of a job every thread has processors of its own, as with ``OMP_PROC_BIND``. Systems that cannot do that, and
machines with fewer processors than threads, are left alone, and so is whoever sets ``OMP_PROC_BIND=false`` before the
first fit.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache, lru_cache

Processors = frozenset[int]


def processors() -> int:
    """Processors that the calling thread may use, at least 1."""
    return len(_allowed()) or os.cpu_count() or 1


def shares(count: int) -> tuple[Processors, ...]:
    """For each of ``count`` threads the processors to keep to: none in common if there are enough of them."""
    return _dealt(_allowed() if bound() else frozenset(), count)


@cache
def bound() -> bool:
    """Whether threads may be kept to processors, as the environment said at first."""
    return os.environ.get("OMP_PROC_BIND", "").lower() != "false"


@lru_cache
def _dealt(allowed: Processors, count: int) -> tuple[Processors, ...]:
    if len(allowed) < count:
        return (allowed,) * count
    each = sorted(allowed)
    return tuple(frozenset(each[i::count]) for i in range(count))


def keep_to(share: Processors) -> None:
    """Let the calling thread run on these processors only; if the system refuses, all stays as it is."""
    if share:
        with suppress(OSError):  # a sandbox, or processors that were taken away meanwhile
            os.sched_setaffinity(0, share)


@contextmanager
def kept_to(share: Processors) -> Iterator[None]:
    """The same for the length of a block, unless somebody else sets other ones meanwhile."""
    before = _allowed()
    try:
        keep_to(share)
        yield
    finally:
        if _allowed() == share:
            keep_to(before)


def _allowed() -> Processors:
    """Empty where the system does not tell."""
    try:
        return frozenset(os.sched_getaffinity(0))
    except (AttributeError, OSError):
        return frozenset()
