"""One pool of threads for the whole process, and BLAS kept to one thread while we use ours.

Who computes what never depends on the number of threads: callers hand over a fixed list of items, each item's
result is stored at its place, and sums are taken afterwards in that order. So any number of threads gives the same
bits. The caller works too, hence no deadlock however many callers there are; a forked child starts its own pool.
"""

import itertools
import os
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any, TypeVar

from partwise.errors import DataError

SERIAL_BELOW_SECONDS = 1e-3
"""Dispatch costs about 0.1 ms; less work than this is done by the caller alone."""

T = TypeVar("T")


class _Shared:
    """What all callers of this process share; made anew in a forked child."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.executor: ThreadPoolExecutor | None = None
        self.inside = 0
        self.restore: Any = None
        self.allowed = 1


_shared = _Shared()
_libraries: Any = None


def _forget() -> None:
    global _shared
    _shared = _Shared()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def available() -> int:
    """Threads that the environment grants: ``PARTWISE_NUM_THREADS``, else ``OMP_NUM_THREADS``, else the CPU set."""
    for name in ("PARTWISE_NUM_THREADS", "OMP_NUM_THREADS"):
        text = os.environ.get(name, "").split(",")[0].strip()
        if not text:
            continue
        if not text.isdigit() or int(text) < 1:
            raise DataError(
                f"{name}={text!r} must be a whole number of threads, at least 1. Unset it to use every CPU."
            )
        return int(text)
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


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
    with _shared.lock:
        if _shared.inside == 0:
            libraries = _blas()
            _shared.restore = [(library, library.get_num_threads()) for library in libraries]
            _shared.allowed = min([available(), *(n for _, n in _shared.restore if n)])
            for library in libraries:
                library.set_num_threads(1)
        _shared.inside += 1
        allowed = _shared.allowed
    try:
        yield _threads(n_jobs, allowed)
    finally:
        with _shared.lock:
            _shared.inside -= 1
            if _shared.inside == 0:
                for library, count in _shared.restore or ():
                    library.set_num_threads(count)


def _threads(n_jobs: int | None, allowed: int) -> int:
    if n_jobs is None:
        return allowed
    if n_jobs == 0 or n_jobs < -1:
        raise DataError(f"n_jobs={n_jobs} must be None, -1 (all CPUs) or at least 1.")
    return available() if n_jobs == -1 else n_jobs


def _workers(count: int) -> ThreadPoolExecutor:
    with _shared.lock:
        executor = _shared.executor
        if executor is None or executor._max_workers < count:
            executor = ThreadPoolExecutor(count, thread_name_prefix="partwise")
            _shared.executor = executor
        return executor


def run(fn: Callable[[Any], T], items: Iterable[Any], threads: int, seconds: float) -> list[T]:
    """``[fn(item) for item in items]`` on up to ``threads`` threads, the caller being one of them.

    Parameters
    ----------
    fn : callable
        Releases the GIL in its kernels; writes only where no other item writes.
    items : iterable
        The fixed list of work, in the order of the result.
    threads : int
        Number of threads, at least 1.
    seconds : float
        Estimate of the whole work on one thread; below `SERIAL_BELOW_SECONDS` the caller does it alone.
    """
    items = list(items)
    threads = min(threads, len(items))
    if threads <= 1 or seconds < SERIAL_BELOW_SECONDS:
        return [fn(item) for item in items]
    results: list[Any] = [None] * len(items)
    order = itertools.count()
    stop = threading.Event()

    def work() -> None:
        while not stop.is_set():
            i = next(order)
            if i >= len(items):
                return
            results[i] = fn(items[i])

    futures = [_workers(threads - 1).submit(work) for _ in range(threads - 1)]
    try:
        work()
    except BaseException:
        stop.set()
        wait(future for future in futures if not future.cancel())
        raise
    for future in futures:
        if not future.cancel():
            future.result()
    return results
