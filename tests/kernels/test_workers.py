"""Threads that stay awake after a job: what they promise is that nothing is lost, done twice, or waited for in vain."""

import os
import subprocess
import sys
import threading
import time
import weakref

import numpy as np
import pytest

from partwise import kernels
from partwise.kernels import pool, workers
from partwise.kernels.workers import Workers

native = pytest.mark.skipif(kernels.BUILD == "reference", reason="pure build: NumPy looks once and does not wait")


@pytest.fixture
def crew(monkeypatch):
    monkeypatch.setattr(workers, "WATCH_SECONDS", 0.5)
    monkeypatch.setattr(workers, "processors", lambda: 8)
    return Workers(lambda: None)


def watching(crew):
    """Wait until a thread watches."""
    end = time.monotonic() + 10
    while not crew.watching and time.monotonic() < end:
        time.sleep(0.001)
    return bool(crew.watching)


@native
def test_a_change_ends_the_wait_and_no_change_the_seconds():
    cell = np.zeros(1, np.int64)
    began = time.perf_counter()
    assert not kernels.wait_for_change(cell, 0, 0.02)
    assert time.perf_counter() - began >= 0.02
    timer = threading.Timer(0.02, cell.fill, [7])
    timer.start()
    assert kernels.wait_for_change(cell, 0, 30.0)
    assert kernels.wait_for_change(cell, 0, 0.0)
    timer.join()


def test_a_cell_that_has_changed_already_is_not_waited_for():
    cell = np.array([3])
    assert kernels.wait_for_change(cell, 0, 30.0)
    assert not kernels.wait_for_change(cell, 3, 0.0)


@native
def test_a_thread_that_watches_does_the_next_job_itself(crew):
    doers = []
    for _ in range(5):
        crew.submit(lambda: doers.append(threading.current_thread()), 4).join()
        assert watching(crew)
    assert len(set(doers)) == 1
    assert len(doers) == 5


def test_a_thread_goes_to_sleep_when_nothing_comes_and_is_found_again(crew, monkeypatch):
    monkeypatch.setattr(workers, "WATCH_SECONDS", 0.001)
    doers = []
    for _ in range(3):
        crew.submit(lambda: doers.append(threading.current_thread()), 1).join()
        time.sleep(0.05)
        assert crew.watching == 0
    assert len(set(doers)) == 1


def test_with_more_threads_than_processors_nobody_watches(crew, monkeypatch):
    monkeypatch.setattr(workers, "processors", lambda: 2)
    crew.submit(lambda: None, 2).join()
    time.sleep(0.05)
    assert crew.watching == 0


@native
def test_a_job_that_was_cancelled_is_not_done_and_its_thread_watches_on(crew):
    done = []
    crew.submit(lambda: None, 1).join()
    assert watching(crew)
    with crew.lock:  # so that the thread cannot take it before it is cancelled
        job = workers.Job(lambda: done.append(1), watch=True)
        crew.jobs.append(job)
        assert job.cancel()
        crew.posted[0] += 1
    assert watching(crew)
    crew.submit(lambda: done.append(2), 1).join()
    assert done == [2]


def test_what_a_job_raises_is_raised_where_it_is_waited_for(crew):
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            crew.submit(lambda: 1 / 0, 1).join()
    crew.submit(lambda: None, 1).join()


def test_a_job_has_begun_or_is_cancelled_whoever_asks_again(crew):
    done = []
    job = workers.Job(lambda: done.append(1), watch=False)
    assert job.cancel()
    job.carry_out()
    assert done == []
    assert job.cancel()
    job = workers.Job(lambda: done.append(1), watch=False)
    job.carry_out()
    assert not job.cancel()
    for _ in range(2):
        job.wait()
    assert done == [1]


@pytest.mark.parametrize("reason", ["can't start new thread", "cannot schedule new futures after shutdown"])
def test_without_another_thread_the_caller_does_it_alone(reason, monkeypatch):
    def refuse(*_):
        raise RuntimeError(reason)

    monkeypatch.setattr(workers.ThreadPoolExecutor, "submit", refuse)
    monkeypatch.setattr(pool._shared, "workers", Workers(lambda: None))
    assert pool.run(lambda i: i, range(20), 3, 1.0) == list(range(20))
    assert not pool._shared.workers.jobs


def test_no_job_is_lost_or_done_twice_around_the_end_of_the_watch(crew, monkeypatch):
    monkeypatch.setattr(workers, "WATCH_SECONDS", 5e-4)
    done = []

    def caller(seed):
        rng = np.random.default_rng(seed)
        for i in range(100):
            job = crew.submit(lambda i=i: done.append((seed, i)), 3)
            time.sleep(float(rng.uniform(0, 1e-3)))
            job.join()

    callers = [threading.Thread(target=caller, args=(seed,)) for seed in range(4)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(timeout=60)
    assert sorted(done) == [(seed, i) for seed in range(4) for i in range(100)]
    time.sleep(0.05)
    assert crew.watching == 0
    assert not crew.jobs


def test_a_job_left_behind_by_an_interruption_is_done_with_the_next(crew):
    done = []
    crew.jobs.append(workers.Job(lambda: done.append("left behind"), watch=True))
    for i in range(3):
        crew.submit(lambda i=i: done.append(i), 1).join()
    assert done == ["left behind", 0, 1, 2]
    assert not crew.jobs


@native
def test_threads_that_come_in_vain_do_not_watch(crew):
    """A caller that does its work alone cancels its job; a hundred threads asked for in vain would take 50 seconds."""
    began = time.monotonic()
    for _ in range(100):
        crew.submit(lambda: None, 1).cancel()
    crew.executor.shutdown(wait=True)
    assert time.monotonic() - began < 10


def test_a_caller_is_not_kept_waiting_by_another_who_calls_again_and_again(crew):
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            crew.submit(lambda: time.sleep(1e-3), 1).join()

    other = threading.Thread(target=busy)
    other.start()
    try:
        for _ in range(20):
            assert crew.submit(lambda: None, 1)._end.acquire(timeout=10)
    finally:
        stop.set()
        other.join()


def test_what_a_job_held_is_let_go_while_its_thread_goes_on(crew):
    class Held:
        pass

    held = Held()
    gone = weakref.ref(held)
    crew.submit(lambda held=held: None, 1).join()
    del held
    end = time.monotonic() + 2
    while gone() is not None and time.monotonic() < end:
        crew.submit(lambda: None, 1).join()
    assert gone() is None


def test_a_program_ends_while_a_daemon_thread_goes_on_calling():
    program = (
        "import threading, time\n"
        "from partwise.kernels import pool\n"
        "with pool.session(2):\n"
        "    pass  # BLAS is found, so that threads start at once\n"
        "def on():\n"
        "    while True:\n"
        "        pool.run(lambda i: time.sleep(1e-3), range(4), 2, 1.0)\n"
        "threading.Thread(target=on, daemon=True).start()\n"
        "time.sleep(0.3)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20, stderr=subprocess.DEVNULL)


@native
def test_a_program_ends_while_daemon_threads_compute():
    program = (
        "import threading, time\n"
        "import numpy as np\n"
        "from partwise import kernels\n"
        "def on():\n"
        "    while True:\n"
        "        kernels.wait_for_change(np.zeros(1, np.int64), 0, 1e-4)\n"
        "for _ in range(4):\n"
        "    threading.Thread(target=on, daemon=True).start()\n"
        "time.sleep(0.1)\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True, timeout=20, stderr=subprocess.DEVNULL)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_program_ends_and_forks_while_threads_watch():
    program = (
        "import os, time\n"
        "from partwise.kernels import pool\n"
        "total = lambda: sum(pool.run(lambda i: time.sleep(0.001) or i, range(8), 2, 1.0))\n"
        "assert total() == 28\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    os._exit(0 if total() == 28 else 1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0\n"
        "assert total() == 28\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=60)
