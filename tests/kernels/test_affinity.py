"""Threads of one job keep to processors of their own, and leave no trace of it."""

import os
import threading

import pytest

from partwise.kernels import affinity, pool

linux = pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not let threads choose")


@pytest.fixture
def four(monkeypatch):
    """A machine with the processors 0, 2, 5 and 7, and what threads asked of it."""
    asked = [{7, 0, 5, 2}]
    monkeypatch.setattr(os, "sched_getaffinity", lambda pid: asked[-1], raising=False)
    monkeypatch.setattr(os, "sched_setaffinity", lambda pid, share: asked.append(set(share)), raising=False)
    affinity.bound.cache_clear()
    yield asked
    affinity.bound.cache_clear()


@pytest.mark.parametrize(("count", "expected"), [(1, [{0, 2, 5, 7}]), (2, [{0, 5}, {2, 7}]), (3, [{0, 7}, {2}, {5}])])
def test_every_thread_gets_processors_that_nobody_else_has(four, count, expected):
    assert list(affinity.shares(count)) == expected


def test_more_threads_than_processors_may_all_run_anywhere(four):
    assert list(affinity.shares(5)) == [{0, 2, 5, 7}] * 5


def test_a_block_gives_back_what_the_thread_had_even_after_an_error(four):
    with pytest.raises(RuntimeError), affinity.kept_to(frozenset({2})):
        raise RuntimeError
    assert four[1:] == [{2}, {0, 2, 5, 7}]


def test_processors_that_somebody_else_chose_meanwhile_stay_chosen(four):
    with affinity.kept_to(frozenset({2})):
        os.sched_setaffinity(0, {0, 7})
    assert four[-1] == {0, 7}


def test_who_does_not_want_threads_bound_says_so_as_elsewhere(four, monkeypatch):
    monkeypatch.setenv("OMP_PROC_BIND", "FALSE")
    pool.run(lambda i: None, range(2), 2, 1.0)
    assert len(four) == 1


def test_a_system_that_refuses_or_does_not_know_changes_nothing(monkeypatch):
    def refuse(*_):
        raise OSError

    monkeypatch.setattr(os, "sched_setaffinity", refuse, raising=False)
    with affinity.kept_to(frozenset({0})):
        pass
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.delattr(os, "sched_setaffinity", raising=False)
    assert list(affinity.shares(3)) == [frozenset()] * 3
    assert affinity.processors() == (os.cpu_count() or 1)
    with affinity.kept_to(frozenset()):
        pass


@linux
def test_threads_of_a_job_share_no_processor_and_the_caller_gets_its_own_back():
    if affinity.processors() < 2:
        pytest.skip("needs two processors")
    before = os.sched_getaffinity(0)
    together = threading.Barrier(2, timeout=20)

    def where(_):
        together.wait()  # so that both threads take one of the two items
        return os.sched_getaffinity(0)

    here, there = pool.run(where, range(2), 2, 1.0)
    assert here | there == before and not here & there
    assert os.sched_getaffinity(0) == before
    with pytest.raises(ZeroDivisionError):
        pool.run(lambda i: 1 // i, range(2), 2, 1.0)
    assert os.sched_getaffinity(0) == before


@linux
def test_a_thread_that_was_kept_apart_is_free_again_where_threads_are_many():
    before = os.sched_getaffinity(0)
    many = len(before) + 1
    pool.run(lambda i: None, range(2), 2, 1.0)
    together = threading.Barrier(many, timeout=20)

    def where(_):
        together.wait()
        return os.sched_getaffinity(0)

    assert pool.run(where, range(many), many, 1.0) == [before] * many
