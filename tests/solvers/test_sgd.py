"""Stochastic gradient descent: the loops of the tutorials, what it reports about itself, and what it refuses."""

import warnings

import numpy as np
import pytest
import scipy.sparse as sp

import partwise
from partwise import NMF, SGD, NotConvergedWarning
from partwise.data.weighted import gathered
from partwise.engine.monitor import kkt_residual
from partwise.engine.problem import Problem
from partwise.engine.sequential import by_cells, judged
from partwise.engine.step import State
from partwise.errors import DataError, IncompatibleError
from partwise.losses import WeightedBeta


def table(n=9, p=7, seed=0):
    """Ratings 1..5 with holes (NaN) and positive factors."""
    rng = np.random.default_rng(seed)
    X = rng.integers(1, 6, (n, p)).astype(float)
    X[rng.random((n, p)) < 0.4] = np.nan
    return X, 0.2 + rng.random((n, 3)), 0.2 + rng.random((3, p))


def tutorial(X, P, Q, steps, alpha, beta, lowest=-np.inf):
    """The loops that the slides print, with both updates from the old numbers."""
    P, Q = P.copy(), Q.copy()
    for _ in range(steps):
        for i, j in np.argwhere(~np.isnan(X)):
            e = X[i, j] - P[i] @ Q[:, j]
            p, q = P[i].copy(), Q[:, j].copy()
            P[i] = np.maximum(lowest, p + alpha * (2 * e * q - beta * p))
            Q[:, j] = np.maximum(lowest, q + alpha * (2 * e * p - beta * q))
    return P, Q


def fit(X, W, H, solver="sgd", steps=20, **options):
    """A fit of that many steps from a start: both factors and the model."""
    model = NMF(len(H), init="custom", solver=solver, max_iter=steps, tol=0, **options)
    return model.fit_transform(X, W=W, H=H), model.components_, model


def objective(X, W, H, beta):
    """``sum e^2 / 2 + beta (|p|^2 + |q|^2) / 4`` over the cells, by a loop."""
    cells = np.argwhere(~np.isnan(X))
    return sum((X[i, j] - W[i] @ H[:, j]) ** 2 / 2 + beta * (W[i] @ W[i] + H[:, j] @ H[:, j]) / 4 for i, j in cells)


@pytest.mark.parametrize("is_signed", [False, True])
def test_it_does_what_the_printed_loops_do(is_signed):
    X, W, H = table()
    got = fit(X, W - 0.2, H - 0.2, SGD(0.03, 0.1, signed=is_signed))[:2]
    expected = tutorial(X, W - 0.2, H - 0.2, 20, 0.03, 0.1, -np.inf if is_signed else 0)
    assert (min(A.min() for A in expected) < 0) == is_signed
    for A, B in zip(got, expected, strict=True):
        np.testing.assert_allclose(A, B, rtol=1e-9, atol=1e-11)  # rounding, passed on by 20 steps at 38 cells


def test_the_name_means_the_numbers_of_the_tutorials():
    X, W, H = table()
    named, expected = fit(X, W, H), tutorial(X, W, H, 20, 0.0002, 0.02)
    np.testing.assert_allclose(named[0], expected[0], rtol=1e-12)
    assert fit(X, W, H, SGD())[1].tobytes() == named[1].tobytes()


def test_the_history_reports_the_regularised_objective():
    X, W, H = table()
    W, H, model = fit(X, W, H, SGD(0.002, 0.3))
    assert model.history_.objective.iloc[-1] == pytest.approx(objective(X, W, H, 0.3), rel=1e-12)
    assert list(model.history_.iteration) == list(range(1, 21))
    observed = ~np.isnan(X)
    assert model.reconstruction_err_ == pytest.approx(np.linalg.norm((W @ H - X)[observed]), rel=1e-12)


@pytest.mark.parametrize("is_signed", [False, True])
def test_the_evidence_is_the_gradient_of_that_objective(is_signed):
    X, W, H = table()
    W[0, 0] = 0
    data = gathered(np.nan_to_num(X), ~np.isnan(X), 1)
    solver = SGD(regularisation=0.3, signed=is_signed)
    problem, data = by_cells(Problem(WeightedBeta(2.0), solver, solver), data, 0)
    reading = judged(problem, data, State(W, H.T.copy()))
    assert reading.fit == pytest.approx(objective(X, W, H, 0), rel=1e-12)
    for A, seen in ((W, reading.W), (H.T, reading.H)):
        slopes = np.empty(A.shape)
        for place in np.ndindex(A.shape):
            before, values = A[place], []
            for h in (1e-5, -1e-5):
                A[place] = before + h
                values.append(objective(X, W, H, 0.3))
            A[place] = before
            slopes[place] = (values[0] - values[1]) / 2e-5
        followed = slopes if is_signed else np.where(A > 0, slopes, np.minimum(slopes, 0))
        np.testing.assert_allclose(seen.grad2, (followed**2).sum(axis=0), rtol=1e-6)
    assert 0 < kkt_residual(reading.W, reading.H) < 10


def test_small_steps_converge_to_a_stationary_point():
    rng = np.random.default_rng(1)
    X = rng.random((8, 2)) @ rng.random((2, 6))
    model = NMF(2, solver=SGD(0.02, 0.001), max_iter=5000, tol=1e-3, random_state=0).fit(X)
    assert model.converged_
    assert model.kkt_ < 3e-3


STORAGES = {
    "weights": lambda X: (np.nan_to_num(X), {"weight": ~np.isnan(X)}),
    "garbage": lambda X: (np.nan_to_num(X, nan=77.0), {"weight": ~np.isnan(X)}),
    "stored": lambda X: (sp.csr_array(np.nan_to_num(X)), {"weight": "stored"}),
    "sparse": lambda X: (sp.csr_array(np.nan_to_num(X)), {"weight": (~np.isnan(X)).astype(float)}),
}


@pytest.mark.parametrize("storage", STORAGES.values(), ids=STORAGES)
def test_storage_and_what_is_hidden_do_not_change_a_bit(storage):
    X, W, H = table()
    Y, given = storage(X)
    model = NMF(3, init="custom", solver="sgd", max_iter=10, tol=0, n_jobs=2)
    assert model.fit_transform(Y, W=W, H=H, **given).tobytes() == fit(X, W, H, steps=10)[0].tobytes()


def test_complete_tables_are_visited_zeros_included_dense_or_sparse():
    X, W, H = table()
    X = np.nan_to_num(X)
    dense, sparse = (fit(form, W, H, steps=10)[0] for form in (X, sp.csr_array(X)))
    assert dense.tobytes() == sparse.tobytes()
    np.testing.assert_allclose(dense, tutorial(X, W, H, 10, 2e-4, 0.02, 0)[0], rtol=1e-12)


def test_a_background_counts_in_the_cells_that_are_not_stored():
    X, W, H = table()
    X = np.nan_to_num(X)
    model = NMF(3, init="custom", solver="sgd", max_iter=10, tol=0)
    one = model.fit_transform(sp.csr_array(X), W=W, H=H, weight="stored", background=0.25)
    other = model.fit_transform(X, W=W, H=H, weight=np.where(X > 0, 1, 0.25))
    assert one.tobytes() == other.tobytes()


def test_a_weight_is_a_longer_step():
    X, W, H = table()
    full = np.nan_to_num(X)
    model = NMF(3, init="custom", solver=SGD(0.001, 0.1), max_iter=10, tol=0)
    one = model.fit_transform(full, W=W, H=H, weight=4.0 * ~np.isnan(X))
    assert one.tobytes() == fit(X, W, H, SGD(0.004, 0.1), steps=10)[0].tobytes()


def test_tables_in_extreme_units_take_the_same_steps():
    X, W, H = table()
    scale = 2.0**300
    got = fit(X * scale**2, W * scale, H * scale, SGD(0.001 / scale**2, 0.1 * scale**2))
    expected = fit(X, W, H, SGD(0.001, 0.1))
    assert (got[0] / scale).tobytes() == expected[0].tobytes()
    np.testing.assert_allclose(got[2].history_.kkt, expected[2].history_.kkt, rtol=1e-12)


def test_several_starts_and_float32_work_as_for_other_solvers():
    X, _, _ = table()
    model = NMF(2, solver=SGD(0.005), n_init=3, max_iter=80, tol=0, random_state=0).fit(X.astype(np.float32))
    assert len(model.restarts_) == 3
    assert model.components_.dtype == np.float32
    assert model.restarts_.objective[model.restarts_.kept].item() <= model.restarts_.objective.min() * 1.01


def test_new_rows_are_solved_exactly():
    X, W, H = table()
    _, H, model = fit(X, W, H, SGD(0.005), steps=200)
    new = model.transform(X)
    gradient = np.where(np.isnan(X), 0, new @ H - X) @ H.T
    assert np.abs(np.where(new > 0, gradient, np.minimum(gradient, 0))).max() < 1e-8 * 25
    assert np.isfinite(model.impute(X)).all()


def test_a_model_file_holds_the_solver(tmp_path):
    X, W, H = table()
    *_, model = fit(X, W, H, SGD(0.005, 0.5))
    model.save(tmp_path / "model.pw")
    again = partwise.load(tmp_path / "model.pw")
    assert again.solver == SGD(0.005, 0.5)
    assert again.transform(X).tobytes() == model.transform(X).tobytes()
    assert again.info() == model.info()
    assert "regularisation=0.5" in again.info()


def test_signed_models_do_not_solve_rows():
    X, W, H = table()
    *_, model = fit(X, W, H, SGD(0.01, signed=True))
    for ask in (model.transform, model.score, model.impute):
        with pytest.raises(IncompatibleError, match=r"signed=True.*components_"):
            ask(X)


def test_a_step_that_is_too_long_is_found_out():
    X, W, H = table()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # NumPy's own, of the reference kernels
        with pytest.warns(NotConvergedWarning, match=r"lower the learning rate \(it is 5\)"):
            *_, model = fit(X, W, H, SGD(5.0, signed=True))
    assert model.stop_reason_ == "non-finite"


@pytest.mark.parametrize(
    "options, given, message",
    [
        ({"beta_loss": "kullback-leibler"}, {}, r"'sgd' does not handle beta_loss = 1\.0"),
        ({"alpha_W": 0.1}, {}, r"Elastic needs a ridge.*'sgd'.*no penalty"),
        ({}, {"fixed_W": [1.0, np.nan, np.nan]}, r"Box needs bounds.*sgd"),
        ({}, {"sample_weight": np.ones(9)}, r"sample_weight.*give weight="),
    ],
)
def test_what_it_cannot_do_is_refused(options, given, message):
    X, _, _ = table()
    with pytest.raises((IncompatibleError, DataError), match=message):
        NMF(3, solver="sgd", **options).fit(X, **given)


@pytest.mark.parametrize("bad", [{"learning_rate": 0}, {"learning_rate": np.nan}, {"regularisation": -1}])
def test_nonsense_numbers_are_refused_by_name(bad):
    with pytest.raises(IncompatibleError, match=rf"{next(iter(bad))}=.* must be a finite number"):
        SGD(**bad)
