"""Threads that stay awake for a few milliseconds after a job.

An iteration on small data is a handful of jobs of a millisecond or less. A thread that sleeps between them is woken too
late for the next one, and on virtual machines beside its waker on the same processor: there a fit of 50 ms that began
after a pause ran on one thread all through. OpenMP and BLAS watch for work in the same way.
"""

import os
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import numpy as np

from partwise import kernels

WATCH_SECONDS = 4e-3
"""How long a thread watches for what comes next before it sleeps; an idle processor does nothing else meanwhile."""


class Job(Future):
    """Work of which a caller waits for the end, not for a result."""

    def __init__(self, work: Callable[[], Any]) -> None:
        super().__init__()
        self.work, self.over = work, np.zeros(1, np.int64)

    def carry_out(self) -> None:
        """Do the work, unless it was cancelled."""
        if not self.set_running_or_notify_cancel():
            return
        try:
            self.work()
        except BaseException as error:  # the caller's to raise
            self.set_exception(error)
        else:
            self.set_result(None)
        self.over[0] = 1

    def join(self) -> None:
        """Wait until it is over, awake at first; raise what it raised."""
        kernels.wait_for_change(self.over, 0, WATCH_SECONDS)
        self.result()


class Workers:
    """Threads for the jobs of all callers, started when first needed; ``prepare`` is called in each once."""

    def __init__(self, prepare: Callable[[], Any]) -> None:
        self.prepare = prepare
        self.lock = threading.Lock()
        self.executor: ThreadPoolExecutor | None = None
        self.jobs: deque[Job] = deque()
        self.posted = np.zeros(1, np.int64)
        self.free = 0  # threads that watch, less the jobs that wait for one of them
        self.processors = os.cpu_count() or 1

    def submit(self, work: Callable[[], Any], count: int) -> Job:
        """Have ``work`` done by one of at least ``count`` threads, one that watches if there is any."""
        job = Job(work)
        with self.lock:
            if self.free:
                self.free -= 1
                self.jobs.append(job)
                self.posted[0] += 1
                return job
            if self.executor is None or self.executor._max_workers < count:
                self.executor = ThreadPoolExecutor(count, thread_name_prefix="partwise", initializer=self.prepare)
            self.executor.submit(self._serve, job, count < self.processors)
        return job

    def _serve(self, job: Job | None, watch: bool) -> None:
        """Carry out the job, and if there are processors enough to ``watch`` those that come soon after it."""
        while job:
            job.carry_out()
            job = self._next() if watch else None

    def _next(self) -> Job | None:
        with self.lock:
            self.free += 1
            seen = int(self.posted[0])
        while kernels.wait_for_change(self.posted, seen, WATCH_SECONDS):
            with self.lock:
                if self.jobs:
                    return self.jobs.popleft()
                seen = int(self.posted[0])  # another thread was faster
        with self.lock:
            if self.jobs:
                return self.jobs.popleft()
            self.free -= 1
        return None
