"""Sweeps made as one: their results, their number, and what happens when one of them fails."""

import threading

import numpy as np
import pytest
import scipy.sparse as sp

from partwise.data import as_data
from partwise.engine.together import Shared, together


class Counted:
    """Data that count their sweeps."""

    def __init__(self, data):
        self.data, self.sweeps = data, 0

    def __getattr__(self, name):
        return getattr(self.data, name)

    def sweep(self, fn, W, collect=True):
        self.sweeps += 1
        return self.data.sweep(fn, W, collect)


def add_rows(X, A, total):
    A += X.dot(np.ones((X.shape[1], A.shape[1])))
    return (0 if total is None else total) + A.sum(axis=0)


def job(data, W, sweeps, found):
    def run():
        for _ in range(sweeps):
            found.append(data.sweep(add_rows, W))

    return run


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_jobs_together_find_what_they_find_alone_with_as_many_sweeps_as_the_longest(form):
    X = form(np.random.default_rng(0).random((50, 7)))
    alone, beside, counted = [], [], Counted(as_data(X))
    for data, found in ((counted, alone), (Shared(counted), beside)):
        counted.sweeps = 0
        jobs = [job(data, np.zeros((50, k)), sweeps=k, found=found) for k in (1, 3, 2)]
        if data is counted:
            for run in jobs:
                run()
            assert counted.sweeps == 6
        else:
            together(jobs)
            assert counted.sweeps == 3
    assert sorted(map(repr, alone)) == sorted(map(repr, beside))


def test_sweeps_over_different_data_stay_apart():
    X, Y = np.ones((6, 2)), np.ones((4, 3))
    found = []
    together([job(Shared(as_data(data)), np.zeros((len(data), 1)), 2, found) for data in (X, Y)])
    assert sorted(float(total[0]) for total in found) == [12, 12, 24, 24]


def test_a_job_without_sweeps_just_ends():
    done = []
    together([lambda: done.append(1), lambda: done.append(2)])
    assert done == [1, 2]


@pytest.mark.parametrize("error", [ValueError("wrong"), KeyboardInterrupt(), MemoryError()], ids=repr)
def test_an_error_in_one_ends_all_and_is_passed_on(error):
    data, found = Shared(as_data(np.ones((5, 2)))), []

    def fails():
        data.sweep(add_rows, np.zeros((5, 1)))
        raise error

    before = threading.active_count()
    with pytest.raises(type(error)):
        together([job(data, np.zeros((5, 1)), 10, found), fails])
    assert len(found) == 1
    assert threading.active_count() == before


def test_an_error_in_a_sweep_ends_all():
    data, ended = Shared(as_data(np.ones((5, 2)))), []

    def fails(X, A, total):
        raise KeyboardInterrupt

    def wants(fn):
        def run():
            try:
                data.sweep(fn, np.zeros((5, 1)))
            finally:
                ended.append(fn)

        return run

    with pytest.raises(KeyboardInterrupt):
        together([wants(add_rows), wants(fails)])
    assert len(ended) == 2
