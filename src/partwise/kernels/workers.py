"""Threads that stay awake for a few milliseconds after a job.

An iteration on small data is a handful of jobs of a millisecond or less. A thread that sleeps between them is woken too
late for the next one, and on virtual machines beside its waker on the same processor: there a fit of 50 ms that began
after a pause ran on one thread all through. OpenMP and BLAS watch for work in the same way.
"""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np

from partwise import kernels
from partwise.kernels.affinity import processors

WATCH_SECONDS = 4e-3
"""How long a thread watches for what comes next before it sleeps; it yields to others meanwhile."""

MOST_JOBS = 100
"""Of a thread in a row; then it asks its executor, which ends it when the interpreter does."""


class Job:
    """Work of which a caller waits for the end, not for a result; awake at first if it is to ``watch``.

    Who is first, a thread that begins or a caller that cancels, is decided in one step, and so is the end: Ctrl-C comes
    before or after it. A `Future` takes several.
    """

    def __init__(self, work: Callable[[], Any], watch: bool) -> None:
        self.work, self.watch, self.over = work, watch, np.zeros(1, np.int64)
        self.error: BaseException | None = None
        self._fate: dict[None, str] = {}
        self._end = threading.Lock()
        self._end.acquire()

    def carry_out(self) -> None:
        """Do the work, unless it was cancelled."""
        if self._fate.setdefault(None, "begun") == "cancelled":
            return
        try:
            self.work()
        except BaseException as error:  # the caller's to raise
            self.error = error
        self.over[0] = 1
        self._end.release()

    def cancel(self) -> bool:
        """Whether it has not begun; then it never will."""
        return self._fate.setdefault(None, "cancelled") == "cancelled"

    def wait(self) -> None:
        """Until it is over; only for the one who submitted it, and not for a job that was cancelled: it never is."""
        if self.watch:
            kernels.wait_for_change(self.over, 0, WATCH_SECONDS)
        if not self.over[0]:
            self._end.acquire()

    def join(self) -> None:
        """The same, and raise what it raised."""
        self.wait()
        if self.error is not None:
            raise self.error


class Workers:
    """Threads for the jobs of all callers, started when first needed; ``prepare`` is called in each once.

    Jobs wait in one queue. The executor is asked for a thread where there are more of them than threads that watch.
    """

    def __init__(self, prepare: Callable[[], Any]) -> None:
        self.prepare = prepare
        self.lock = threading.Lock()
        self.executor: ThreadPoolExecutor | None = None
        self.jobs: deque[Job] = deque()
        self.posted = np.zeros(1, np.int64)
        self.watching = 0

    def submit(self, work: Callable[[], Any], count: int) -> Job:
        """Have ``work`` done by one of at least ``count`` threads; nobody watches with fewer processors than that.

        Where no thread can be had, because the interpreter ends or the system has no more, the job is cancelled.
        """
        job = Job(work, watch=count < processors())
        with self.lock:
            self.jobs.append(job)
            self.posted[0] += 1
            if self.watching < len(self.jobs):
                try:
                    self._ask_for_a_thread(count, job.watch)
                except RuntimeError:
                    self.executor = None  # it may be broken, the next one need not
                    self.jobs.remove(job)
                    job.cancel()
        return job

    def _ask_for_a_thread(self, count: int, watch: bool) -> None:
        if self.executor is None or self.executor._max_workers < count:
            self.executor = ThreadPoolExecutor(count, thread_name_prefix="partwise", initializer=self.prepare)
        self.executor.submit(self._serve, watch)

    def _serve(self, watch: bool) -> None:
        """Carry out jobs until none comes soon enough; watch for the next only after a first one.

        Otherwise threads that were asked for in vain, by callers who did their work alone, would watch one after
        another when the program wants to end.
        """
        for done in range(MOST_JOBS):
            job = self._next(watch and done > 0)
            if job is None:
                return
            job.carry_out()
            del job  # what it holds may be large

    def _next(self, watch: bool) -> Job | None:
        while True:
            with self.lock:
                if self.jobs:
                    return self.jobs.popleft()
                if not watch:
                    return None
                self.watching += 1
                seen = int(self.posted[0])
            watch = kernels.wait_for_change(self.posted, seen, WATCH_SECONDS)
            with self.lock:
                self.watching -= 1
