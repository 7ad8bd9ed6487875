"""``n_init``: several starts of an NMF, the best one kept."""

import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.base import clone

import partwise
from partwise import NMF, non_negative_factorization
from partwise.data import grid
from partwise.data import sparse as sparse_data
from partwise.engine import step as stepping
from partwise.errors import DataError
from partwise.kernels import pool

FITS = [{}, {"solver": "bpp"}, {"beta_loss": 1, "solver": "mu"}, {"beta_loss": 1.5, "solver": "mu"}, {"alpha_W": 0.001}]
fits = pytest.mark.parametrize("options", FITS, ids=["cd", "bpp", "kl", "beta", "ridge"])
forms = pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])


@pytest.fixture(autouse=True)
def ends_are_told_by_the_stop_reason():
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", partwise.estimators.NotConvergedWarning)
        yield


def table():
    rng = np.random.default_rng(1)
    return rng.random((80, 7)) @ rng.random((7, 40)) * (rng.random((80, 40)) < 0.6)


def kept_seed(model):
    return int(model.restarts_.seed[model.restarts_.kept].iloc[0])


@fits
@forms
def test_the_result_is_that_of_the_kept_seed_alone(options, form):
    X = form(table())
    model = NMF(5, init="random", n_init=6, random_state=3, max_iter=120, **options)
    W = model.fit_transform(X)
    again = NMF(5, init="random", random_state=kept_seed(model), max_iter=120, **options)
    assert W.tobytes() == again.fit_transform(X).tobytes()
    assert (model.n_iter_, model.stop_reason_) == (again.n_iter_, again.stop_reason_)
    assert len(model.history_) == len(again.history_)


@fits
def test_one_row_a_start_tells_seed_iterations_objective_and_who_was_kept(options):
    model = NMF(5, n_init=5, random_state=0, max_iter=100, **options).fit(table())
    starts = model.restarts_
    assert list(starts.columns) == ["seed", "iterations", "objective", "kept"]
    assert len(starts) == 5 and starts.kept.sum() == 1
    assert pd.isna(starts.seed[0]) and starts.seed[1:].nunique() == 4  # the first is a singular value start
    assert starts.objective[starts.kept].iloc[0] == starts.objective.min()
    assert starts.iterations[starts.kept].iloc[0] == model.n_iter_
    assert starts.objective.min() == model.history_.objective.iloc[-1]


def test_more_starts_find_what_one_misses():
    seeds = [NMF(6, init="random", random_state=seed, max_iter=1000).fit(table()) for seed in range(4)]
    best = [NMF(6, init="random", random_state=seed, n_init=10, max_iter=1000).fit(table()) for seed in range(4)]
    errors, found = ([model.reconstruction_err_ for model in models] for models in (seeds, best))
    assert max(found) < np.median(errors)
    assert max(found) < 1.0001 * min(errors)


def test_the_first_start_and_the_seeds_do_not_depend_on_how_many_there_are():
    few, many = (NMF(3, init="random", n_init=n, random_state=7).fit(table()).restarts_.seed.tolist() for n in (3, 6))
    assert few == many[:3]
    assert few[0] == 7


def test_one_start_is_the_default_and_one_row():
    model = NMF(4).fit(table())
    assert model.n_init == 1
    assert len(model.restarts_) == 1 and model.restarts_.kept.all()
    assert model.restarts_.iterations[0] == model.n_iter_


def test_a_generator_as_random_state_gives_other_starts_each_time():
    rng = np.random.RandomState(0)
    seeds = [NMF(4, init="random", n_init=3, random_state=rng).fit(table()).restarts_.seed.tolist()[1:] for _ in "ab"]
    assert seeds[0] != seeds[1]


@forms
@fits
def test_any_number_of_threads_gives_the_same_bits(options, form, monkeypatch):
    monkeypatch.setattr(grid, "DENSE_BLOCK_BYTES", 4000)
    monkeypatch.setattr(grid, "DENSE_BLOCK_ROWS", 1)
    monkeypatch.setattr(grid, "SPARSE_BLOCK_STORED", 500)
    monkeypatch.setattr(sparse_data, "ENTRIES_PER_LANE", 1)
    monkeypatch.setattr(stepping, "H_CHUNK_ROWS", 16)
    monkeypatch.setattr(pool, "SERIAL_BELOW_SECONDS", 0)
    bits = set()
    for n_jobs in (1, 2, 4):
        model = NMF(4, n_init=4, random_state=0, max_iter=40, n_jobs=n_jobs, **options)
        bits.add(model.fit_transform(form(table())).tobytes() + model.restarts_.objective.to_numpy().tobytes())
    assert len(bits) == 1


@pytest.mark.parametrize("options", [{}, {"beta_loss": 1}], ids=["cd", "kl"])
def test_an_interruption_keeps_the_best_so_far(options, monkeypatch):
    calls, whole_half_step = [], stepping.half_step

    def half_step(*args, **kwargs):
        calls.append(1)
        if len(calls) == 250:
            raise KeyboardInterrupt
        return whole_half_step(*args, **kwargs)

    monkeypatch.setattr(stepping, "half_step", half_step)
    model = NMF(4, n_init=4, random_state=0, tol=0, max_iter=1000, **options).fit(table())
    assert model.stop_reason_ == "interrupted"
    known = model.restarts_.objective[np.isfinite(model.restarts_.objective)]
    assert model.restarts_.objective[model.restarts_.kept].iloc[0] == known.min()
    assert np.isfinite(model.transform(table())).all()


def test_an_interruption_before_the_first_iteration_is_passed_on(monkeypatch):
    def half_step(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(stepping, "half_step", half_step)
    with pytest.raises(KeyboardInterrupt, match="no model yet"):
        NMF(4, n_init=3).fit(table())


def test_the_time_limit_holds_for_all_starts_together():
    model = NMF(4, n_init=5, tol=0, max_iter=10**6, max_time=0.2).fit(table())
    assert model.stop_reason_ == "time"
    assert model.history_.seconds.iloc[-1] < 5


def test_custom_factors_are_one_start():
    X = table()
    with pytest.raises(DataError, match=r"n_init=3 .* init='custom' gives one"):
        NMF(4, init="custom", n_init=3).fit(X, W=np.ones((80, 4)), H=np.ones((4, 40)))


@pytest.mark.parametrize("wrong", [0, -1, 2.5, "auto", None])
def test_only_whole_numbers_of_starts_are_taken(wrong):
    with pytest.raises(ValueError, match="n_init"):
        NMF(4, n_init=wrong).fit(table())


def test_the_parameter_is_cloned_saved_and_taken_by_the_function(tmp_path):
    X = table()
    model = NMF(4, n_init=3, random_state=0)
    assert clone(model).get_params()["n_init"] == 3
    W = model.fit_transform(X)
    model.save(tmp_path / "m.pw")
    pd.testing.assert_frame_equal(partwise.load(tmp_path / "m.pw").restarts_, model.restarts_)
    again, _, _ = non_negative_factorization(X, n_components=4, n_init=3, random_state=0)
    assert again.tobytes() == W.tobytes()


@pytest.mark.parametrize("c", [1e-200, 1e200])
def test_objectives_of_the_starts_are_in_the_unit_of_the_data(c):
    root = np.sqrt(c)  # squares of c itself leave the range of float64
    starts = [NMF(4, n_init=3, random_state=0, max_iter=30).fit(X).restarts_ for X in (table(), table() * root)]
    np.testing.assert_allclose(starts[1].objective, starts[0].objective * c, rtol=1e-6)
    np.testing.assert_array_equal(starts[0].kept, starts[1].kept)
