"""Fits beside each other: in threads, in forked and in loky workers, and beside a BLAS with threads of its own."""

import multiprocessing
import threading
from concurrent.futures import ThreadPoolExecutor

import joblib
import numpy as np
import pytest
import scipy.linalg  # noqa: F401  its BLAS counts, too
import scipy.sparse as sp
from threadpoolctl import threadpool_info, threadpool_limits

from partwise import NMF, MiniBatchNMF
from partwise.data import grid
from partwise.data import sparse as sparse_data
from partwise.engine import step as stepping
from partwise.kernels import pool


@pytest.fixture(autouse=True)
def threads_have_work(monkeypatch):
    """A grid so fine, and a threshold so low, that even small data wake threads."""
    monkeypatch.setattr(grid, "DENSE_BLOCK_BYTES", 4000)
    monkeypatch.setattr(grid, "DENSE_BLOCK_ROWS", 1)
    monkeypatch.setattr(grid, "SPARSE_BLOCK_STORED", 500)
    monkeypatch.setattr(sparse_data, "ENTRIES_PER_LANE", 1)
    monkeypatch.setattr(stepping, "H_CHUNK_ROWS", 16)
    monkeypatch.setattr(pool, "SERIAL_BELOW_SECONDS", 0)


def job(number):
    """Settings and data of one of several different fits."""
    rng = np.random.default_rng(number)
    X = rng.random((120, 4)) @ rng.random((4, 50)) * (rng.random((120, 50)) < 0.7)
    options = [{}, {"solver": "bpp"}, {"solver": "mu"}, {"beta_loss": 1}, {"beta_loss": 1.5}][number % 5]
    return (sp.csr_array(X) if number % 2 else X), options


def fit(number, n_jobs=2):
    """The bits of a fit."""
    X, options = job(number)
    model = NMF(4, init="random", random_state=number, max_iter=25, tol=0, n_jobs=n_jobs, **options)
    return model.fit_transform(X).tobytes() + model.components_.tobytes()


def fit_small_batches(number):
    X, _ = job(number)
    model = MiniBatchNMF(4, random_state=number, batch_size=30, max_iter=5, tol=0, max_no_improvement=None, n_jobs=2)
    return model.fit_transform(X).tobytes() + model.components_.tobytes()


def blas_threads():
    return [library["num_threads"] for library in threadpool_info() if library["user_api"] == "blas"]


@pytest.mark.parametrize("number", range(10))
def test_the_number_of_threads_does_not_change_a_bit_of_a_whole_fit(number):
    expected = fit(number, n_jobs=1)
    assert fit(number, n_jobs=2) == expected
    assert fit(number, n_jobs=4) == expected
    assert fit(number, n_jobs=-1) == expected
    assert fit(number, n_jobs=None) == expected


@pytest.mark.parametrize("variable", ["PARTWISE_NUM_THREADS", "OMP_NUM_THREADS"])
def test_the_environment_sets_the_number_of_threads(variable, monkeypatch):
    monkeypatch.delenv("PARTWISE_NUM_THREADS", raising=False)
    expected = fit(1, n_jobs=1)
    monkeypatch.setenv(variable, "3")
    assert pool.available() == 3
    assert fit(1, n_jobs=None) == expected


def test_threadpoolctl_limits_the_number_of_threads():
    with threadpool_limits(1, user_api="blas"), pool.session() as threads:
        assert threads == 1


def test_eight_threads_at_once_give_the_bits_of_one_after_the_other():
    expected = [fit(number) for number in range(8)]
    before = blas_threads()
    barrier = threading.Barrier(8)

    def together(number):
        barrier.wait()
        return [fit(number) for _ in range(3)]

    with ThreadPoolExecutor(8) as executor:
        found = list(executor.map(together, range(8)))
    assert found == [[bits] * 3 for bits in expected]
    assert blas_threads() == before


def test_one_model_may_transform_in_eight_threads():
    X, _ = job(0)
    model = NMF(4, max_iter=25, tol=0).fit(X)
    expected = model.transform(X).tobytes()
    with ThreadPoolExecutor(8) as executor:
        assert set(executor.map(lambda _: model.transform(X).tobytes(), range(24))) == {expected}


@pytest.mark.parametrize("beta_loss", [2, 1])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_neither_blocks_nor_threads_nor_the_batch_change_a_bit_of_transform(form, beta_loss, monkeypatch):
    X, _ = job(0)
    model = NMF(4, beta_loss=beta_loss, max_iter=25, tol=0).fit(X)
    expected = [model.set_params(n_jobs=n_jobs).transform(form(X)).tobytes() for n_jobs in (1, 2)]
    monkeypatch.undo()  # one block
    expected += [model.transform(form(X)).tobytes(), model.transform(form(np.vstack([X, X])))[120:].tobytes()]
    assert len(set(expected)) == 1


def test_batches_in_threads_give_the_bits_of_one_after_the_other():
    expected = [fit_small_batches(number) for number in range(4)]
    with ThreadPoolExecutor(4) as executor:
        assert list(executor.map(fit_small_batches, range(4))) == expected


def in_child(queue, number):
    queue.put(fit(number))


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this platform cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")  # which is the point
def test_a_child_forked_after_a_fit_can_fit():
    expected = [fit(number) for number in (0, 1)]  # the pool of this process has threads now
    context = multiprocessing.get_context("fork")
    for number in (0, 1):
        queue = context.Queue()
        child = context.Process(target=in_child, args=(queue, number))
        child.start()
        try:
            assert queue.get(timeout=30) == expected[number]
            child.join(timeout=30)
            assert child.exitcode == 0
        finally:
            if child.is_alive():
                child.kill()
    assert fit(0) == expected[0]


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="this platform cannot fork")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
def test_a_child_forked_in_the_middle_of_another_threads_fit_can_fit():
    expected = fit(0)
    stop = threading.Event()

    def busy():
        while not stop.is_set():
            fit(2)

    neighbour = threading.Thread(target=busy)
    neighbour.start()
    context = multiprocessing.get_context("fork")
    try:
        for _ in range(5):
            queue = context.Queue()
            child = context.Process(target=in_child, args=(queue, 0))
            child.start()
            try:
                assert queue.get(timeout=30) == expected
                child.join(timeout=30)
            finally:
                if child.is_alive():
                    child.kill()
    finally:
        stop.set()
        neighbour.join()


def in_worker(X, options):
    """Runs in a worker process, which has the grid as shipped: the fit must be of one block there and here."""
    from partwise import NMF

    model = NMF(4, init="random", random_state=0, max_iter=25, tol=0, **options)
    return model.fit_transform(X).tobytes() + model.components_.tobytes()


@pytest.mark.slow
def test_loky_workers_give_the_same_bits(monkeypatch):
    monkeypatch.undo()
    jobs = [job(number) for number in range(4)]
    expected = [in_worker(X, options) for X, options in jobs]
    found = joblib.Parallel(n_jobs=2)(joblib.delayed(in_worker)(X, options) for X, options in jobs)
    assert found == expected
    with joblib.parallel_config(backend="threading", n_jobs=2):
        assert joblib.Parallel()(joblib.delayed(in_worker)(X, options) for X, options in jobs) == expected


@pytest.mark.parametrize("count", [1, 2])
def test_blas_gets_its_threads_back(count):
    with threadpool_limits(count, user_api="blas"):
        before = blas_threads()
        fit(0)
        assert blas_threads() == before
        with pytest.raises(ValueError, match="Negative values"):
            NMF(2).fit(-np.ones((4, 3)))
        assert blas_threads() == before
        model = NMF(4, max_iter=25, tol=0).fit(job(0)[0])
        model.transform(job(0)[0])
        model.certify(job(0)[0])
        assert blas_threads() == before


def test_blas_gets_its_threads_back_after_an_interrupted_fit(monkeypatch):
    def interrupted(*args, **options):
        raise KeyboardInterrupt

    before = blas_threads()
    monkeypatch.setattr("partwise.engine.step.half_step", interrupted)
    with pytest.raises(KeyboardInterrupt):
        NMF(2).fit(np.ones((4, 3)))
    assert blas_threads() == before


def test_a_fit_inside_a_callback_of_a_fit_is_a_fit_like_any_other():
    expected, inside = fit(0), []

    class Nested:
        def setup(self, estimator, context):
            pass

        def teardown(self, estimator, context):
            pass

        def on_fit_task_begin(self, estimator, context, **kwargs):
            pass

        def on_fit_task_end(self, estimator, context, **kwargs):
            if len(inside) < 2:
                inside.append(fit(0))

    X, options = job(0)
    model = NMF(4, init="random", random_state=0, max_iter=25, tol=0, n_jobs=2, **options)
    model = model.set_callbacks(Nested()) if hasattr(model, "set_callbacks") else model
    W = model.fit_transform(X)
    assert W.tobytes() + model.components_.tobytes() == expected
    assert inside == [expected] * len(inside)
