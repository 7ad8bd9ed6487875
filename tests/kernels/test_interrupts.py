"""Ctrl-C, held and let through."""

import os
import signal
import threading
from contextlib import ExitStack

import pytest

from partwise.kernels import interrupts, pool
from partwise.kernels.interrupts import answering


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


@pytest.fixture(autouse=True)
def handler():
    """What answers SIGINT around every test."""
    before = signal.getsignal(signal.SIGINT)
    yield before
    assert signal.getsignal(signal.SIGINT) is before
    assert interrupts._answering is None


def test_ctrl_c_is_answered_at_once_unless_it_is_held():
    with answering() as guard:
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()
        guard.held = True
        ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            guard.let_through()
        guard.let_through()  # answered once


def test_what_was_held_is_raised_at_the_end_of_the_block():
    steps = []

    def block():
        with answering() as guard, guard:
            ctrl_c()
            steps.append("not interrupted")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert steps == ["not interrupted"]


def test_blocks_inside_each_other_share_one_guard():
    with answering() as outer, answering() as inner:
        assert inner is outer


def test_a_handler_that_somebody_sets_meanwhile_stays(handler):
    other = lambda *_: None  # noqa: E731
    with answering():
        signal.signal(signal.SIGINT, other)
    assert signal.getsignal(signal.SIGINT) is other
    signal.signal(signal.SIGINT, handler)


def test_other_threads_have_a_guard_without_effect():
    seen = []

    def elsewhere():
        with answering() as guard:
            seen.append((guard, signal.getsignal(signal.SIGINT)))

    with answering() as ours:
        thread = threading.Thread(target=elsewhere)
        thread.start()
        thread.join()
    assert seen[0][0] is not ours
    assert seen[0][1] is ours


def test_a_session_that_ends_in_another_thread_loses_no_ctrl_c(handler):
    stack = ExitStack()
    stack.enter_context(pool.session())
    thread = threading.Thread(target=stack.close)
    thread.start()
    thread.join()
    with pytest.raises(KeyboardInterrupt):
        ctrl_c()
    signal.signal(signal.SIGINT, handler)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="forks")
@pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")
def test_a_forked_child_holds_nothing_back():
    with answering() as guard:
        guard.held = True
        child = os.fork()
        if child == 0:
            try:
                ctrl_c()
            except KeyboardInterrupt:
                os._exit(3)
            os._exit(0)
        guard.held = False
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 3
