"""The pool: order, errors, limits, nesting and forking."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from partwise.errors import DataError
from partwise.kernels import pool

LONG = 1.0  # seconds of work as estimated: always worth a thread


@pytest.fixture
def granted(monkeypatch):
    """Sets the number of threads that the environment grants."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    return lambda count: monkeypatch.setenv("PARTWISE_NUM_THREADS", str(count))


def blas_threads():
    import scipy.linalg  # noqa: F401  its BLAS is one of them from the first time on

    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.mark.parametrize("threads", [1, 2, 4, 50])
def test_results_come_in_the_order_of_the_items(threads):
    def slow_first(i):
        time.sleep(0.002 if i < 3 else 0)
        return i * i

    assert pool.run(slow_first, range(20), threads, LONG) == [i * i for i in range(20)]


def test_no_items_give_no_results():
    assert pool.run(lambda i: i, [], 4, LONG) == []


def test_the_caller_works_too():
    seen = set()
    barrier = threading.Barrier(2, timeout=10)

    def meet(_):
        seen.add(threading.current_thread())
        barrier.wait()

    pool.run(meet, range(2), 2, LONG)
    assert threading.current_thread() in seen
    assert len(seen) == 2


def test_little_work_stays_with_the_caller():
    seen = set()
    pool.run(lambda _: seen.add(threading.current_thread()), range(50), 4, pool.SERIAL_BELOW_SECONDS / 2)
    assert seen == {threading.current_thread()}


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_reaches_the_caller_and_the_pool_goes_on(threads):
    def fail(i):
        if i == 5:
            raise ZeroDivisionError("item 5")
        return i

    for _ in range(5):
        with pytest.raises(ZeroDivisionError, match="item 5"):
            pool.run(fail, range(20), threads, LONG)
    assert pool.run(lambda i: i, range(20), threads, LONG) == list(range(20))


def test_nothing_is_started_after_an_interruption_and_nothing_runs_on():
    running, caller = [], threading.current_thread()

    def work(i):
        if threading.current_thread() is caller:
            raise KeyboardInterrupt
        running.append(i)
        time.sleep(0.005)
        running.remove(i)

    with pytest.raises(KeyboardInterrupt):
        pool.run(work, range(1000), 3, LONG)
    assert running == []


def test_work_inside_work_does_not_lock_up():
    def outer(i):
        return sum(pool.run(lambda j: i * j, range(10), 4, LONG))

    assert pool.run(outer, range(10), 4, LONG) == [45 * i for i in range(10)]


@pytest.mark.parametrize("seconds", [0.0, LONG])
@pytest.mark.parametrize("rows", [0, 1, 8192, 8193, 16384, 16385, 100000])
def test_tall_arrays_are_cut_into_equal_runs_an_even_number_of_them_unless_there_is_little_to_do(rows, seconds):
    runs = pool.over_rows(lambda part: (part.start, part.stop), np.zeros((rows, 1)), 1, seconds)
    assert [start for start, _ in runs] == [0, *(stop for _, stop in runs[:-1])]
    assert runs[-1][1] == rows
    lengths = [stop - start for start, stop in runs]
    assert max(lengths) <= 8192
    assert max(lengths) - min(lengths) <= 1
    assert len(runs) % 2 == 0 or (len(runs) == 1 and seconds == 0)


def test_many_callers_share_the_pool():
    results = []

    def caller(number):
        for _ in range(20):
            results.append(pool.run(lambda i: i + number, range(8), 3, LONG) == [i + number for i in range(8)])

    callers = [threading.Thread(target=caller, args=(number,)) for number in range(8)]
    for thread in callers:
        thread.start()
    for thread in callers:
        thread.join(timeout=60)
    assert len(results) == 160
    assert all(results)


def test_partwise_num_threads_comes_before_omp_num_threads(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5,2")
    monkeypatch.delenv("PARTWISE_NUM_THREADS", raising=False)
    assert pool.available() == 5  # the first level of nesting
    monkeypatch.setenv("PARTWISE_NUM_THREADS", "3")
    assert pool.available() == 3
    monkeypatch.setenv("PARTWISE_NUM_THREADS", "")
    assert pool.available() == 5
    monkeypatch.delenv("OMP_NUM_THREADS")
    assert 1 <= pool.available() <= os.cpu_count()


def test_the_cpu_set_of_the_process_is_the_default(monkeypatch):
    monkeypatch.delenv("PARTWISE_NUM_THREADS", raising=False)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: {0, 3, 5}, raising=False)
    assert pool.available() == 3


def test_n_jobs_means_what_it_means_elsewhere(granted):
    granted(3)
    with pool.session(2) as threads:
        assert threads == 2
    with pool.session(-1) as threads:
        assert threads == 3
    for wrong in (0, -2):
        with (
            pytest.raises(DataError, match=rf"n_jobs={wrong} must be None, -1 \(all CPUs\) or at least 1"),
            pool.session(wrong),
        ):
            pass


def test_none_obeys_the_environment_and_threadpoolctl(granted):
    granted(1)
    with pool.session() as threads:
        assert threads == 1
    granted(8)
    with threadpool_limits(1, user_api="blas"), pool.session() as threads:
        assert threads == 1


@pytest.mark.parametrize("limit", [1, 2])
def test_blas_has_one_thread_inside_and_its_own_number_after(limit):
    with threadpool_limits(limit, user_api="blas"):
        before = blas_threads()
        with pool.session():
            assert set(blas_threads()) == {1}
        assert blas_threads() == before
        with pytest.raises(RuntimeError), pool.session():
            raise RuntimeError
        assert blas_threads() == before
        with pytest.raises(DataError), pool.session(0):
            pass
        assert blas_threads() == before


def test_a_session_inside_a_session_has_the_same_number_of_threads(granted):
    granted(2)
    before = blas_threads()
    with pool.session() as outer:
        with pool.session() as inner:
            assert inner == outer
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_sessions_that_overlap_restore_blas_when_the_last_one_leaves():
    before = blas_threads()
    first, second = pool.session(), pool.session()
    first.__enter__()
    second.__enter__()
    first.__exit__(None, None, None)
    assert set(blas_threads()) == {1}
    second.__exit__(None, None, None)
    assert blas_threads() == before


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
@pytest.mark.parametrize("inside_a_session", [False, True])
def test_a_forked_child_makes_a_pool_of_its_own(inside_a_session):
    pool.run(lambda i: i, range(8), 3, LONG)

    def fork():
        child = os.fork()
        if child == 0:  # never return into pytest
            code = 1
            try:
                with pool.session(2) as threads:
                    code = 0 if pool.run(lambda i: 2 * i, range(8), threads, LONG) == list(range(0, 16, 2)) else 2
            finally:
                os._exit(code)
        for _ in range(2000):
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.kill(child, 9)
        os.waitpid(child, 0)
        return "hung"

    if inside_a_session:
        with pool.session():
            assert fork() == 0
    else:
        assert fork() == 0


def test_a_job_outside_a_session_leaves_blas_and_the_threads_of_the_next_session_alone():
    program = (
        "import scipy.linalg, time\n"
        "from threadpoolctl import threadpool_info, threadpool_limits\n"
        "from partwise.kernels import pool\n"
        "blas = lambda: [lib['num_threads'] for lib in threadpool_info() if lib['user_api'] == 'blas']\n"
        "threadpool_limits(2, user_api='blas')\n"
        "before = blas()\n"
        "pool.run(lambda i: time.sleep(1e-3), range(4), None, 1.0)\n"
        "assert blas() == before, blas()\n"
        "with pool.session() as threads:\n"
        "    assert threads == 2, threads\n"
    )
    environment = {**os.environ, "PARTWISE_NUM_THREADS": "2"}
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60, env=environment)


def test_a_thread_that_starts_late_does_not_take_blas_from_a_process_that_got_it_back(granted):
    granted(2)
    with threadpool_limits(2, user_api="blas"):
        before = blas_threads()
        pool.prepare_thread()
        assert blas_threads() == before
        with pool.session() as threads:
            assert threads == 2
            pool.prepare_thread()
            assert set(blas_threads()) == {1}
        assert blas_threads() == before


def test_a_limit_that_is_lifted_while_a_session_goes_on_stays_lifted(granted):
    granted(2)
    before = blas_threads()
    limit = threadpool_limits(1, user_api="blas")
    with pool.session() as threads:
        assert threads == 1
        limit.restore_original_limits()
    assert blas_threads() == before


def test_a_number_of_threads_is_written_in_digits(granted):
    granted("\u00b2")
    with pytest.raises(DataError, match="PARTWISE_NUM_THREADS"):
        pool.available()


@pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="interrupts by a timer")
@pytest.mark.parametrize("seed", range(2))
def test_an_interruption_at_any_moment_leaves_nothing_behind(seed):
    """A timer raises SIGINT, as Ctrl-C does."""
    program = """
import random, signal, sys
from partwise.kernels import affinity, pool
random.seed(int(sys.argv[1]))
for library in pool._blas():
    pool._set(library, 2)

def seen():
    return pool._shared.inside, [library.get_num_threads() for library in pool._blas()], affinity._allowed()

before, handler, interrupted = seen(), signal.getsignal(signal.SIGINT), 0
signal.signal(signal.SIGALRM, lambda *_: signal.raise_signal(signal.SIGINT))
for _ in range(1000):
    try:
        signal.setitimer(signal.ITIMER_REAL, random.uniform(1e-4, 2e-3))
        while True:
            with pool.session():
                pool.run(lambda i: i, range(4), 2, 1.0)
    except KeyboardInterrupt:
        interrupted += 1
    assert seen() == before, (interrupted, seen())
    assert signal.getsignal(signal.SIGINT) is handler
assert interrupted == 1000
"""
    subprocess.run([sys.executable, "-c", program, str(seed)], check=True, timeout=100)
