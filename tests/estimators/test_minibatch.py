"""`MiniBatchNMF`: units, streams, and scikit-learn's statistics."""

import pickle

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment, nnls

import partwise
from partwise import NMF, MiniBatchNMF
from partwise.datasets import make_planted
from partwise.errors import DataError, IncompatibleError
from partwise.estimators import NotConvergedWarning

may_stop_early = pytest.mark.filterwarnings("ignore::partwise.estimators.NotConvergedWarning")
LOSSES = {"frobenius": 2, "kl": 1, "is": 0, "beta=1.5": 1.5}
every_solver = pytest.mark.parametrize("solver", ["mu", "cd"])
every_loss = pytest.mark.parametrize("beta_loss", LOSSES.values(), ids=LOSSES)


def table(seed=0, n=60, p=40, k=4):
    rng = np.random.default_rng(seed)
    return rng.random((n, k)) @ rng.random((k, p)) + 0.05 * rng.random((n, p))


def parts(seed=0):
    """Sparse factors and a little noise: the data on which scikit-learn 1.9 stops after two steps in small units."""
    rng = np.random.default_rng(seed)
    W = rng.random((60, 4)) * (rng.random((60, 4)) < 0.6)
    H = rng.random((4, 40)) * (rng.random((4, 40)) < 0.6)
    return W @ H + 0.02 * rng.random((60, 40))


def relative_error(X, W, H):
    return np.linalg.norm(X - W @ H) / np.linalg.norm(X)


def stream(X, size=15):
    return [X[low : low + size] for low in range(0, len(X), size)]


def test_the_representation_is_the_call():
    assert repr(MiniBatchNMF(n_components=2, batch_size=10)) == "MiniBatchNMF(batch_size=10, n_components=2)"


@every_loss
@pytest.mark.parametrize("unit", [1e-12, 1e-3, 100, 1e12])
@may_stop_early
def test_the_unit_of_the_data_does_not_matter(beta_loss, unit):
    fits = []
    for c in (1, unit):
        model = MiniBatchNMF(4, batch_size=20, random_state=0, beta_loss=beta_loss, max_iter=60)
        fits.append((relative_error(c * parts(), model.fit_transform(c * parts()), model.components_), model.n_steps_))
    assert fits[1][0] == pytest.approx(fits[0][0], rel=1e-6)
    assert fits[1][1] == fits[0][1]


@may_stop_early
def test_it_does_not_stop_before_it_has_begun():
    for unit in (1e-3, 1, 100):
        model = MiniBatchNMF(4, batch_size=20, random_state=0)
        W = model.fit_transform(unit * parts())
        assert model.n_steps_ > 20
        assert relative_error(unit * parts(), W, model.components_) < 0.0577  # the best of scikit-learn 1.9 here


@pytest.mark.parametrize("beta_loss, rtol", [(2, 1e-4), (1, 1e-3)])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@may_stop_early
def test_transform_of_the_training_data_is_fit_transform(beta_loss, rtol, form):
    X = form(table())
    model = MiniBatchNMF(4, random_state=0, batch_size=16, beta_loss=beta_loss)
    W = model.fit_transform(X)
    again = model.transform(X)
    assert np.linalg.norm(again - W) <= rtol * np.linalg.norm(W)
    rows = np.vstack([model.transform(X[[i]]) for i in range(60)])
    np.testing.assert_allclose(rows, again, rtol=1e-10, atol=1e-10 * again.max())


@every_loss
@may_stop_early
def test_dense_and_sparse_agree(beta_loss):
    options = {"n_components": 4, "random_state": 0, "batch_size": 20, "beta_loss": beta_loss, "max_iter": 5, "tol": 0}
    dense, sparse = MiniBatchNMF(**options), MiniBatchNMF(**options)
    W = dense.fit_transform(table())
    np.testing.assert_allclose(sparse.fit_transform(sp.csc_matrix(table())), W, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(sparse.components_, dense.components_, rtol=1e-8)


@every_loss
@may_stop_early
def test_one_step_is_the_printed_formula(beta_loss):
    """H = (A / B)^gamma with A, B the decayed sums of H^(1/gamma) neg and pos, W solved for the batch."""
    X, rng = table(n=12, p=7, k=2), np.random.default_rng(0)
    W, H = rng.random((12, 2)), 0.5 + rng.random((2, 7))
    model = MiniBatchNMF(2, init="custom", beta_loss=beta_loss, forget_factor=0.6)
    model.partial_fit(X, W=W, H=H)
    solved = MiniBatchNMF(2, beta_loss=beta_loss).fit(X)
    solved.components_ = H
    W = solved.transform(X)
    if beta_loss == 2:
        np.testing.assert_allclose(W, [nnls(H.T, x)[0] for x in X], rtol=1e-7, atol=1e-9)
    Y = W @ H
    neg, pos = W.T @ (X * Y ** (beta_loss - 2.0)), W.T @ Y ** (beta_loss - 1.0)
    gamma = 1 / (2 - beta_loss) if beta_loss < 1 else 1
    rooted = H ** (1 / gamma)
    # before the first batch the sums hold one batch that had nothing to change
    A, B = 0.6 * rooted * pos + rooted * neg, 0.6 * pos + pos
    np.testing.assert_allclose(model.components_, (A / B) ** gamma, rtol=1e-6)
    assert model.n_steps_ == 1


@pytest.mark.parametrize("options", [{"solver": "cd"}, *({"beta_loss": beta} for beta in LOSSES.values())], ids=str)
def test_a_stream_in_two_sittings_is_a_stream_in_one(options):
    whole, cut = (MiniBatchNMF(3, random_state=0, **options) for _ in range(2))
    batches = stream(table()) * 3
    for number, batch in enumerate(batches):
        whole.partial_fit(batch)
        if number == 5:
            cut = pickle.loads(pickle.dumps(cut))
        cut.partial_fit(batch)
    assert cut.components_.tobytes() == whole.components_.tobytes()
    assert cut.n_steps_ == whole.n_steps_ == len(batches)


@every_solver
def test_a_saved_stream_goes_on_where_it_was(solver, tmp_path):
    whole, saved = (MiniBatchNMF(3, solver=solver, random_state=0) for _ in range(2))
    first, second = stream(table())[:2], stream(table())[2:]
    for batch in first:
        whole.partial_fit(batch)
        saved.partial_fit(batch)
    saved.save(tmp_path / "stream.pw")
    loaded = partwise.load(tmp_path / "stream.pw")
    for batch in second:
        whole.partial_fit(batch)
        loaded.partial_fit(batch)
    assert loaded.components_.tobytes() == whole.components_.tobytes()


@every_solver
def test_a_stream_needs_the_memory_of_its_components(solver):
    model, sizes = MiniBatchNMF(3, solver=solver, random_state=0), []
    for batch in stream(table(n=600), 50):
        model.partial_fit(batch)
        kept = [*vars(model).values(), *model._sums.values()]
        sizes.append(sum(value.nbytes for value in kept if isinstance(value, np.ndarray)))
    assert len(set(sizes)) == 1
    assert 2 * model.components_.nbytes <= sizes[0] <= 4 * model.components_.nbytes


@every_solver
def test_a_stream_learns(solver):
    planted = make_planted(600, 40, 4, noise=0.02, random_state=0)
    model, errors = MiniBatchNMF(4, solver=solver, random_state=0, forget_factor=0.9), []
    for _ in range(8):
        for batch in stream(planted.X, 100):
            model.partial_fit(batch)
        errors.append(relative_error(planted.X, model.transform(planted.X), model.components_))
    assert errors[-1] < 0.5 * errors[0]
    assert errors[-1] < 0.1


def test_partial_fit_keeps_the_order_of_the_components():
    rng = np.random.default_rng(0)
    H = np.stack([rng.random(40) * 0.01, rng.random(40), rng.random(40) * 0.1])
    W = rng.random((60, 3))
    model = MiniBatchNMF(3, init="custom").partial_fit(W @ H, W=W, H=H)
    assert np.argsort(model.components_.sum(axis=1)).tolist() == [0, 2, 1]


@pytest.mark.parametrize("options", [{}, {"solver": "cd"}, {"final_passes": 20}, {"solver": "cd", "final_passes": 5}])
@may_stop_early
def test_a_fit_can_be_continued_as_a_stream(options):
    model = MiniBatchNMF(4, random_state=0, batch_size=20, max_iter=100, **options).fit(table())
    before, steps = relative_error(table(), model.transform(table()), model.components_), model.n_steps_
    for _ in range(5):
        for batch in stream(table(), 20):
            model.partial_fit(batch)
    assert model.n_steps_ == steps + 15
    assert relative_error(table(), model.transform(table()), model.components_) < 1.2 * before


@may_stop_early
def test_the_input_is_not_modified():
    rng = np.random.default_rng(0)
    X, W, H = table(), rng.random((60, 4)), rng.random((4, 40))
    csr = sp.csr_array(X)
    arrays = (X, W, H, csr.data, csr.indices, csr.indptr)
    before = [array.tobytes() for array in arrays]
    for form in (X, csr):
        MiniBatchNMF(4, init="custom", batch_size=20, max_iter=3).fit(form, W=W, H=H)
        MiniBatchNMF(4, init="custom", batch_size=20).partial_fit(form, W=W, H=H)
        MiniBatchNMF(4, fresh_restarts=True, batch_size=20, max_iter=3).fit(form)
    assert [array.tobytes() for array in arrays] == before


@may_stop_early
def test_components_are_sorted_by_the_mass_they_carry():
    model = MiniBatchNMF(4, init="random", random_state=3, batch_size=20)
    W = model.fit_transform(table())
    assert (np.diff(W.sum(axis=0) * model.components_.sum(axis=1)) <= 0).all()


@may_stop_early
def test_planted_components_are_found():
    for seed in range(3):
        planted = make_planted(400, 40, 4, sparsity=0.6, random_state=seed)
        model = MiniBatchNMF(4, batch_size=100, max_iter=300, random_state=0, max_no_improvement=None).fit(planted.X)
        unit = [A / np.linalg.norm(A, axis=1, keepdims=True) for A in (model.components_, planted.H)]
        similarity = unit[0] @ unit[1].T
        assert similarity[linear_sum_assignment(-similarity)].min() > 0.98


def test_reasons_to_stop_are_said():
    with pytest.warns(NotConvergedWarning, match="Maximum number of iterations 2 reached"):
        model = MiniBatchNMF(4, batch_size=20, max_iter=2, random_state=0).fit(table())
    assert (model.stop_reason_, model.n_iter_, model.n_steps_, model.converged_) == ("max_iter", 2, 6, False)
    model = MiniBatchNMF(4, batch_size=20, max_iter=5000, tol=1e-2, random_state=0).fit(table())
    assert (model.stop_reason_, model.converged_) == ("converged", True)
    assert np.isfinite(model.kkt_)
    text = model.info()
    assert "MiniBatchNMF: 4 components of 40 features" in text
    assert list(model.history_.columns) == ["iteration", "objective", "kkt", "relative_decrease", "seconds"]
    assert len(model.history_) == model.n_steps_


def test_an_interrupted_fit_keeps_the_model_so_far(monkeypatch):
    from partwise.estimators import minibatch

    calls, whole_step = [], minibatch.batch_step

    def step(*args):
        calls.append(1)
        if len(calls) == 5:
            raise KeyboardInterrupt
        return whole_step(*args)

    monkeypatch.setattr(minibatch, "batch_step", step)
    model = MiniBatchNMF(4, batch_size=20, random_state=0).fit(table())
    assert (model.stop_reason_, model.n_steps_) == ("interrupted", 4)
    assert np.isfinite(model.transform(table())).all()


def test_an_interruption_before_the_first_step_is_passed_on(monkeypatch):
    def step(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr("partwise.estimators.minibatch.batch_step", step)
    with pytest.raises(KeyboardInterrupt):
        MiniBatchNMF(4, batch_size=20, random_state=0).fit(table())


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@may_stop_early
def test_the_reported_error_is_the_norm_of_the_difference(form):
    model = MiniBatchNMF(4, batch_size=20, random_state=0, max_iter=5)
    W = model.fit_transform(form(table()))
    expected = np.linalg.norm(table() - W @ model.components_)
    assert model.reconstruction_err_ == pytest.approx(expected, rel=1e-12)
    assert model.explained_variance_ == pytest.approx(1 - (expected / np.linalg.norm(table())) ** 2, rel=1e-12)


@may_stop_early
def test_tables_in_tables_out():
    frame = pd.DataFrame(table(), columns=[f"gene{j}" for j in range(40)], index=[f"cell{i}" for i in range(60)])
    model = MiniBatchNMF(2, batch_size=20).set_output(transform="pandas")
    fitted = model.fit_transform(frame)
    back = model.inverse_transform(fitted)
    assert list(fitted.columns) == list(model.get_feature_names_out()) == ["minibatchnmf0", "minibatchnmf1"]
    assert list(back.columns) == list(frame.columns)
    assert list(back.index) == list(frame.index)


@may_stop_early
def test_float32_stays_float32():
    model = MiniBatchNMF(3, batch_size=20, max_iter=5)
    X = table().astype(np.float32)
    assert model.fit_transform(X).dtype == model.components_.dtype == model.transform(X).dtype == np.float32
    assert MiniBatchNMF(3).partial_fit(X).partial_fit(X).components_.dtype == np.float32


# ---------------------------------------------------------------------- cd and final passes


@may_stop_early
@pytest.mark.parametrize("alpha", [0.0, 0.01])
def test_one_step_of_cd_is_a_sweep_over_the_decayed_least_squares(alpha):
    X, rng = table(n=12, p=7, k=2), np.random.default_rng(0)
    W, H = rng.random((12, 2)), 0.5 + rng.random((2, 7))
    model = MiniBatchNMF(2, init="custom", solver="cd", forget_factor=0.6, alpha_W=alpha, l1_ratio=0.3)
    model.partial_fit(X, W=W, H=H)
    l1, l2 = 0.3 * alpha * 7, 0.7 * alpha * 7
    W = kkt_rows(X, H, l1, l2)
    # before the first batch the sums hold one batch that had nothing to change
    gram = (0.6 + 1) * W.T @ W
    cross = 0.6 * W.T @ W @ H + W.T @ X
    l1, l2 = (0.6 + 1) * 0.3 * alpha * 12, (0.6 + 1) * 0.7 * alpha * 12
    for _ in range(3):  # as many sweeps as a dense batch gets
        for q in range(2):
            H[q] = np.maximum(0, H[q] - (gram[q] @ H + l2 * H[q] + l1 - cross[q]) / (gram[q, q] + l2))
    np.testing.assert_allclose(model.components_, H, rtol=1e-6)


def kkt_rows(X, H, l1, l2):
    """Rows of W solved by a thousand sweeps."""
    W, gram, cross = np.ones((len(X), len(H))), H @ H.T + l2 * np.eye(len(H)), X @ H.T - l1
    for _ in range(1000):
        for q in range(len(H)):
            W[:, q] = np.maximum(0, W[:, q] - (W @ gram[:, q] - cross[:, q]) / gram[q, q])
    return W


def test_cd_is_for_least_squares_and_says_so_before_data_are_read():
    with pytest.raises(IncompatibleError, match="solver 'cd' does not handle beta_loss = 1"):
        MiniBatchNMF(2, solver="cd", beta_loss=1).fit("no data")
    with pytest.raises(IncompatibleError, match="solver 'cd' does not handle beta_loss = 1"):
        MiniBatchNMF(2, solver="cd", beta_loss=1).partial_fit("no data")


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@may_stop_early
def test_cd_with_final_passes_ends_near_the_optimum_of_the_whole_matrix(form):
    X = form(parts())
    best = NMF(4, tol=1e-7, max_iter=2000).fit(X).reconstruction_err_
    model = MiniBatchNMF(4, solver="cd", batch_size=20, random_state=0, final_passes=10).fit(X)
    assert model.reconstruction_err_ < 1.01 * best


@pytest.mark.parametrize("beta_loss, solver", [(2, "cd"), (2, "mu"), (1, "mu"), (0, "mu")])
@may_stop_early
def test_every_final_pass_lowers_the_objective_and_is_told(beta_loss, solver):
    options = {"solver": solver, "beta_loss": beta_loss, "batch_size": 20, "random_state": 0, "max_iter": 3, "tol": 0}
    without = MiniBatchNMF(4, **options).fit(parts() + 0.1)
    model = MiniBatchNMF(4, final_passes=20, **options).fit(parts() + 0.1)
    assert model.n_iter_ == without.n_iter_ + 20
    assert model.n_steps_ == without.n_steps_
    passes = model.history_[model.history_.iteration > model.n_steps_]
    assert passes.iteration.iloc[-1] == model.n_steps_ + 20
    assert (np.diff(passes.objective) <= 0).all() and (np.diff(model.history_.seconds) >= 0).all()
    assert model.reconstruction_err_ < without.reconstruction_err_
    assert model.reconstruction_err_ <= np.sqrt(2 * passes.objective.iloc[-1]) * (1 + 1e-12)


@may_stop_early
def test_an_interruption_in_a_final_pass_keeps_the_model(monkeypatch):
    def iterate(problem, data, state, limits, by_columns):
        for progress in whole(problem, data, state, limits, by_columns):
            yield progress
            if state.n_iter == 3:
                raise KeyboardInterrupt

    from partwise.estimators import minibatch

    whole = minibatch.iterate
    monkeypatch.setattr(minibatch, "iterate", iterate)
    model = MiniBatchNMF(4, solver="cd", batch_size=20, max_iter=2, random_state=0, final_passes=9).fit(table())
    assert (model.stop_reason_, model.n_iter_) == ("interrupted", 2 + 3)
    assert relative_error(table(), model.transform(table()), model.components_) < 0.1


@every_solver
@pytest.mark.parametrize(
    "dtype, unit", [(np.float32, 1e-20), (np.float32, 1e20), (np.float64, 1e-290), (np.float64, 1e290)]
)
@may_stop_early
def test_no_unit_is_too_extreme_for_batches(solver, dtype, unit):
    X = table().astype(dtype)
    scaled = (table() * unit).astype(dtype)
    one, other = (
        MiniBatchNMF(3, solver=solver, batch_size=20, max_iter=4, final_passes=2, random_state=0) for _ in "ab"
    )
    W, scaled_W = one.fit_transform(X), other.fit_transform(scaled)
    root = np.sqrt(unit)
    np.testing.assert_allclose(scaled_W / root, W, rtol=2e-3, atol=1e-4 * W.max())
    np.testing.assert_allclose(other.components_ / root, one.components_, rtol=2e-3, atol=1e-4 * one.components_.max())
    assert other.reconstruction_err_ == pytest.approx(one.reconstruction_err_ * unit, rel=1e-3)
    for model, data in ((one, X), (other, scaled)):
        for batch in stream(data):
            model.partial_fit(batch)
    np.testing.assert_allclose(other.components_ / root, one.components_, rtol=2e-3, atol=1e-4 * one.components_.max())


def test_a_batch_in_quite_another_unit_is_refused():
    model = MiniBatchNMF(2, random_state=0).partial_fit(table().astype(np.float32))
    with pytest.raises(
        DataError, match=r"unit of the first one.* from 1e-08 to 1e\+08 here; that of this batch is .*e\+10"
    ):
        model.partial_fit((1e10 * table()).astype(np.float32))
