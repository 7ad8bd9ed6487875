"""One pool of threads for the whole process, and BLAS kept to one thread while we use ours.

Who computes what never depends on the number of threads: callers hand over a fixed list of items, each item's
result is stored at its place, and sums are taken afterwards in that order. So any number of threads gives the same
bits. The caller works too, hence no deadlock however many callers there are; a forked child starts its own pool.
"""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any, TypeVar

import numpy as np

from partwise.errors import DataError
from partwise.kernels import interrupts
from partwise.kernels.affinity import Processors, keep_to, kept_to, processors, shares
from partwise.kernels.interrupts import answering
from partwise.kernels.workers import Job, Workers

SERIAL_BELOW_SECONDS = 5e-4
"""Handing out work costs .03 ms where threads are awake, .1 where they sleep; less than this the caller does alone."""

CHUNK_ROWS = 8192
"""The most rows of a run of a tall array; fixed, so that sums do not depend on threads."""

BYTES_PER_SECOND = 1e10
"""Of one thread, about; only decides whether threads are worth waking."""

T = TypeVar("T")


class _Shared:
    """What all callers of this process share; made anew in a forked child."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.workers = Workers(prepare_thread)
        self.inside = 0
        self.restore: Any = None
        self.allowed = 1


_libraries: Any = None


def _forget() -> None:
    """In a forked child: no threads, no sessions. BLAS is left as it is (one thread, if the parent was in a session):

    setting it between fork and the child's first product can hang.
    """
    global _shared
    _shared = _Shared()
    interrupts.forget()


def _give_back(shared: _Shared) -> None:
    """Set BLAS to what it had, where nobody has set it to something else meanwhile."""
    for library, count in shared.restore or ():
        if library.get_num_threads() == 1:
            _set(library, count)


def _set(library: Any, count: int) -> None:
    """Set the threads of a BLAS library from whatever thread we are in.

    threadpoolctl (3.7 and later) lets only one thread at a time control OpenBLAS and ignores the others; sessions are
    counted under a lock here, so there is nothing to arbitrate.
    """
    getattr(library, "_real_set_num_threads", library.set_num_threads)(count)


def quieten() -> None:
    """One BLAS thread: for the process, or for the calling thread where BLAS counts per thread (OpenMP)."""
    for library in _blas():
        _set(library, 1)


def prepare_thread() -> None:
    """The same in a thread of ours that starts: maybe late, when BLAS of the process was given back already."""
    with _shared.lock:
        for library in _blas():
            if _shared.inside or getattr(library, "threading_layer", "") == "openmp":
                _set(library, 1)


_shared = _Shared()

if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def available() -> int:
    """Threads that the environment grants: ``PARTWISE_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the CPU set."""
    for name in ("PARTWISE_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()
        if not text:
            continue
        if not text.isdecimal() or int(text) < 1:
            raise DataError(
                f"{name}={text!r} must be a whole number of threads, at least 1. Unset it to use every CPU."
            )
        return int(text)
    return processors()


def _blas() -> list[Any]:
    """The BLAS libraries of this process, found once (SciPy's own is loaded first)."""
    global _libraries
    if _libraries is None:
        import scipy.linalg  # noqa: F401  its BLAS must be there to be found
        from threadpoolctl import ThreadpoolController

        _libraries = ThreadpoolController().select(user_api="blas")
    return _libraries.lib_controllers


@contextmanager
def session(n_jobs: int | None = None) -> Iterator[int]:
    """Keep BLAS at one thread, process-wide, and say how many threads of ours may run.

    Parameters
    ----------
    n_jobs : int or None
        None: what the environment and threadpoolctl's current limits allow. -1: every CPU granted. Else that many.

    Yields
    ------
    int
        The number of threads for `run`. Sessions may overlap; the last one to leave restores BLAS.
    """
    shared = _shared
    with answering() as ctrl_c, ctrl_c:
        allowed = _enter(shared)
        try:
            ctrl_c.let_through()
            yield _threads(n_jobs, allowed)
        finally:
            ctrl_c.held = True
            if shared is _shared:  # a child forked inside the session has nothing to give back
                _leave(shared)


def _enter(shared: _Shared) -> int:
    """Begin a session; the number of threads that may be had."""
    with shared.lock:
        if shared.inside == 0:
            shared.restore = [(library, library.get_num_threads()) for library in _blas()]
            shared.allowed = min([available(), *(n for _, n in shared.restore if n)])
            quieten()
        shared.inside += 1
        return shared.allowed


def _leave(shared: _Shared) -> None:
    """End a session, the last one by giving BLAS back."""
    with shared.lock:
        shared.inside -= 1
        if shared.inside == 0:
            _give_back(shared)


def _threads(n_jobs: int | None, allowed: int) -> int:
    if n_jobs is None:
        return allowed
    if n_jobs == 0 or n_jobs < -1:
        raise DataError(f"n_jobs={n_jobs} must be None, -1 (all CPUs) or at least 1.")
    return available() if n_jobs == -1 else n_jobs


def run(fn: Callable[[Any], T], items: Iterable[Any], threads: int | None, seconds: float) -> list[T]:
    """``[fn(item) for item in items]`` on up to ``threads`` threads, the caller being one of them.

    Parameters
    ----------
    fn : callable
        Releases the GIL in its kernels; writes only where no other item writes.
    items : iterable
        The fixed list of work, in the order of the result.
    threads : int or None
        Number of threads, at least 1; None for all that are granted, in a `session` of its own.
    seconds : float
        Estimate of the whole work on one thread; below `SERIAL_BELOW_SECONDS` the caller does it alone.
    """
    items = list(items)
    if seconds < SERIAL_BELOW_SECONDS or len(items) < 2:
        return [fn(item) for item in items]
    if threads is None:
        with session() as granted:  # which keeps BLAS at one thread
            return run(fn, items, granted, seconds)
    threads = min(threads, len(items))
    if threads <= 1:
        return [fn(item) for item in items]
    results: list[Any] = [None] * len(items)
    todo = deque(enumerate(items))

    def work() -> None:
        try:
            for i, item in _taken(todo):
                results[i] = fn(item)
        except BaseException:
            todo.clear()
            raise

    _on_threads(work, todo.clear, threads)
    return results


def _taken(todo: deque[T]) -> Iterator[T]:
    """What is left, one after the other; others may take from it, too."""
    while True:
        try:
            item = todo.popleft()
        except IndexError:
            return
        yield item


def _on_threads(work: Callable[[], None], stop: Callable[[], None], threads: int) -> None:
    """Do ``work`` on so many threads, the caller's among them, each with processors of its own.

    Returns, whatever happens, when nobody works any more. Ctrl-C is for the caller's own work; ``stop`` leaves the
    others no more to do.
    """

    def help_out(share: Processors) -> None:
        keep_to(share)  # also while it watches for the next job
        work()

    mine, *others = shares(threads)
    jobs: list[Job] = []
    with answering() as ctrl_c, ctrl_c:
        try:
            for share in others:
                jobs.append(_shared.workers.submit(partial(help_out, share), len(others)))
            with kept_to(mine):
                try:
                    ctrl_c.let_through()
                    work()
                finally:
                    ctrl_c.held = True
        finally:
            stop()
            for job in jobs:
                if not job.cancel():
                    job.wait()
    for job in jobs:
        if job.error is not None:
            raise job.error


def over_rows(
    fn: Callable[[slice], T], A: np.ndarray, threads: int, seconds: float | None = None, most: int | None = None
) -> list[T]:
    """``[fn(rows), ...]`` for equal runs of rows of a tall ``A``, so many that two threads end together.

    ``seconds`` as in `run`; if None, as long as it takes to read and write ``A`` a few times. ``most`` rows a run, if
    None `CHUNK_ROWS`; a single one where that is too little to share.
    """
    seconds = 3 * A.nbytes / BYTES_PER_SECOND if seconds is None else seconds
    most = CHUNK_ROWS if most is None else most
    if len(A) <= most and seconds < SERIAL_BELOW_SECONDS:
        return [fn(slice(0, len(A)))]
    count = 2 * max(1, -(-len(A) // (2 * most)))
    edges = [i * len(A) // count for i in range(count + 1)]
    return run(fn, map(slice, edges, edges[1:]), threads, seconds)
