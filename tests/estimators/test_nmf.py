"""`NMF` as its users meet it: attributes, reasons to stop, units, restarts, tables, files."""

import logging
import pickle
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.optimize import linear_sum_assignment
from scipy.special import kl_div
from sklearn.base import clone
from sklearn.datasets import load_digits

import partwise
from partwise import NMF, kernels, non_negative_factorization
from partwise.datasets import laurberg, make_planted, make_swimmer, ratings_7x5
from partwise.errors import DataWarning, DeadComponentWarning, IncompatibleError
from partwise.estimators import NotConvergedWarning

SOLVERS = {
    "cd": {"solver": "cd"},
    "bpp": {"solver": "bpp"},
    "mu": {"solver": "mu"},
    "kl": {"beta_loss": "kullback-leibler"},
    "scd": {"beta_loss": "kullback-leibler", "solver": "scd"},
    "is": {"beta_loss": "itakura-saito"},
    "beta=0.5": {"beta_loss": 0.5},
    "beta=1.5": {"beta_loss": 1.5},
    "beta=3": {"beta_loss": 3},
    "beta=-1": {"beta_loss": -1},
}
every_solver = pytest.mark.parametrize("options", SOLVERS.values(), ids=SOLVERS)
may_stop_early = pytest.mark.filterwarnings("ignore::partwise.estimators.NotConvergedWarning")


def table(seed=0, n=60, p=40, k=4):
    """Positive, of rank 4 plus noise: relative error about 0.011."""
    rng = np.random.default_rng(seed)
    return rng.random((n, k)) @ rng.random((k, p)) + 0.05 * rng.random((n, p))


def holes(seed=0):
    """The same with a third of zeros."""
    X = table(seed)
    return X * (np.random.default_rng(50 + seed).random(X.shape) < 0.67)


def relative_error(X, W, H):
    X = X.toarray() if sp.issparse(X) else np.asarray(X)
    return np.linalg.norm(X - W @ H) / np.linalg.norm(X)


def cosines(found, planted):
    """Cosines of the best one-to-one matching of rows."""
    unit = [A / np.linalg.norm(A, axis=1, keepdims=True) for A in (found, planted)]
    similarity = unit[0] @ unit[1].T
    return similarity[linear_sum_assignment(-similarity)]


# ---------------------------------------------------------------------- conventions


def test_the_representation_is_the_call():
    assert repr(NMF(n_components=2)) == "NMF(n_components=2)"
    assert repr(NMF(3, beta_loss=1)) == "NMF(beta_loss=1, n_components=3)"


def test_a_clone_is_unfitted_and_fits_the_same():
    model = NMF(3, init="random", random_state=0).fit(table())
    other = clone(model)
    assert not hasattr(other, "components_")
    assert other.fit(table()).components_.tobytes() == model.components_.tobytes()


def test_fitting_does_not_change_the_parameters():
    model = NMF(3)
    before = model.get_params()
    model.fit(table())
    assert model.get_params() == before


@every_solver
@may_stop_early
def test_a_pickled_model_transforms_the_same(options):
    model = NMF(3, max_iter=20, **options).fit(table())
    other = pickle.loads(pickle.dumps(model))
    assert other.transform(table(1)).tobytes() == model.transform(table(1)).tobytes()
    pd.testing.assert_frame_equal(other.history_, model.history_)


@every_solver
@may_stop_early
def test_a_saved_model_transforms_the_same(options, tmp_path):
    model = NMF(3, max_iter=20, **options).fit(table())
    model.save(tmp_path / "model.pw")
    other = partwise.load(tmp_path / "model.pw")
    assert isinstance(other, NMF)
    assert other.get_params() == model.get_params()
    assert other.transform(table(1)).tobytes() == model.transform(table(1)).tobytes()
    pd.testing.assert_frame_equal(other.history_, model.history_)
    assert other.info() == model.info()


def test_tables_in_tables_out():
    frame = pd.DataFrame(table(), columns=[f"gene{j}" for j in range(40)], index=[f"cell{i}" for i in range(60)])
    model = NMF(3).set_output(transform="pandas")
    fitted = model.fit_transform(frame)
    again = model.transform(frame)
    back = model.inverse_transform(again)
    assert list(fitted.columns) == list(again.columns) == ["nmf0", "nmf1", "nmf2"]
    assert list(fitted.index) == list(again.index) == list(back.index) == list(frame.index)
    assert list(back.columns) == list(model.feature_names_in_) == list(frame.columns)
    np.testing.assert_allclose(back.to_numpy(), again.to_numpy() @ model.components_, rtol=1e-15)
    assert isinstance(clone(model).set_output(transform="default").fit_transform(frame), np.ndarray)


def test_output_features_have_names():
    assert list(NMF(2).fit(table()).get_feature_names_out()) == ["nmf0", "nmf1"]


def test_a_table_with_other_columns_is_refused():
    model = NMF(2).fit(pd.DataFrame(table(), columns=[f"a{j}" for j in range(40)]))
    with pytest.raises(ValueError, match="feature names"):
        model.transform(pd.DataFrame(table(), columns=[f"b{j}" for j in range(40)]))


# ---------------------------------------------------------------------- what a fit reports


@every_solver
@may_stop_early
def test_the_history_is_a_table_that_falls(options):
    model = NMF(3, max_iter=60, tol=0, **options).fit(table())
    history = model.history_
    assert list(history.columns) == ["iteration", "objective", "kkt", "relative_decrease", "seconds"]
    assert history.iteration.is_monotonic_increasing
    assert history.iteration.iloc[-1] <= model.n_iter_ == 60
    if "beta_loss" not in options or options.get("solver") == "scd":
        assert len(history) > 40  # an accelerated iteration that was taken back has no row, nor has the opening of scd
    else:
        assert history.iteration.tolist() == [10, 20, 30, 40, 50, 60]
    assert (history.objective.diff().dropna() <= 1e-12 * history.objective.iloc[0]).all()
    assert (history.seconds.diff().dropna() >= 0).all()
    assert np.isfinite(history[["objective", "kkt", "seconds"]]).all(axis=None)
    # the rows of W are solved once more after the last iteration
    assert model.reconstruction_err_**2 / 2 <= history.objective.iloc[-1] * (1 + 1e-12)


@pytest.mark.parametrize("solver", ["cd", "bpp"])
def test_convergence_is_said_and_means_a_small_residual(solver):
    model = NMF(4, solver=solver, max_iter=2000).fit(table())
    assert model.stop_reason_ == "converged"
    assert model.converged_ is True
    assert model.n_iter_ < 2000
    assert model.kkt_ <= 1e-4
    assert NMF(4, solver=solver, max_iter=20000, tol=1e-7).fit(table()).kkt_ <= 1e-7


@pytest.mark.parametrize("c", [1e-12, 1e-3, 1e6, 1e12])
@every_solver
@may_stop_early
def test_the_kkt_residual_has_no_unit(options, c):
    one, other = (NMF(3, max_iter=30, tol=0, **options).fit(factor * table()) for factor in (1, c))
    assert other.kkt_ == pytest.approx(one.kkt_, rel=1e-6)


def test_the_kkt_residual_does_not_depend_on_the_split_of_scale_between_the_factors():
    X = table()
    rng = np.random.default_rng(0)
    W, H, d = rng.random((60, 3)), rng.random((3, 40)), np.array([1e-3, 1, 1e3])
    residuals = []
    for scale in (1, d):
        with pytest.warns(NotConvergedWarning):
            model = NMF(3, solver="mu", init="custom", max_iter=1).fit(X, W=W * scale, H=H / np.reshape(scale, (-1, 1)))
        residuals.append(model.kkt_)
    # multiplicative steps commute with a scaling of the components
    assert residuals[0] == pytest.approx(residuals[1], rel=1e-10)


def test_using_up_the_iterations_warns_with_what_was_reached():
    with pytest.warns(
        NotConvergedWarning, match=r"Maximum number of iterations 3 reached.*KKT residual was .*tol=0.0001"
    ):
        model = NMF(4, max_iter=3).fit(table())
    assert model.stop_reason_ == "max_iter"
    assert model.converged_ is False
    assert model.n_iter_ == 3


def test_tol_0_uses_up_the_iterations_without_a_warning():
    model = NMF(4, tol=0, max_iter=5).fit(table())
    assert (model.stop_reason_, model.n_iter_) == ("max_iter", 5)


def test_a_time_limit_is_a_reason_to_stop():
    model = NMF(4, tol=0, max_iter=10**6, max_time=0.05).fit(table())
    assert model.stop_reason_ == "time"
    assert not model.converged_
    assert 1 <= model.n_iter_ < 10**6
    assert model.transform(table()).shape == (60, 4)


class Watcher:
    """A callback that stops or raises after some iterations."""

    def __init__(self, after, error=None):
        self.after, self.error, self.seen = after, error, []

    def setup(self, estimator, context):
        self.seen.append("setup")

    def teardown(self, estimator, context):
        self.seen.append("teardown")

    def on_fit_task_begin(self, estimator, context, **kwargs):
        pass

    def on_fit_task_end(self, estimator, context, **kwargs):
        self.seen.append(context.task_name)
        if self.seen.count("iteration") < self.after:
            return False
        if self.error:
            error, self.error = self.error, None
            raise error
        return True


def test_a_callback_may_stop_the_fit():
    watcher = Watcher(after=3)
    model = NMF(4).set_callbacks(watcher).fit(table())
    assert (model.stop_reason_, model.n_iter_) == ("callback", 3)
    assert watcher.seen.count("iteration") == 3
    assert watcher.seen[0] == "setup"
    assert watcher.seen[-1] == "teardown"


def test_an_interrupted_fit_keeps_the_model_so_far():
    X = table()
    model = NMF(4, tol=0, max_iter=10**6).set_callbacks(Watcher(after=5, error=KeyboardInterrupt()))
    W = model.fit_transform(X)
    assert (model.stop_reason_, model.n_iter_, model.converged_) == ("interrupted", 5, False)
    assert "interrupted from the keyboard" in model.info()
    expected = NMF(4, tol=0, max_iter=5).fit_transform(X)
    assert W.tobytes() == expected.tobytes()
    np.testing.assert_allclose(model.transform(X), W, rtol=1e-8, atol=1e-10)  # components solved in another order


@pytest.mark.parametrize(
    "options",
    [{}, {"beta_loss": 1}, {"beta_loss": 1, "solver": "scd"}, {"solver": "bpp"}],
    ids=["cd", "kl", "scd", "bpp"],
)
def test_an_interruption_in_the_middle_of_an_iteration_keeps_a_usable_model(options, monkeypatch):
    from partwise.engine import step

    calls, whole_half_step = [], step.half_step

    def half_step(*args, **options):
        calls.append(1)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return whole_half_step(*args, **options)

    monkeypatch.setattr(step, "half_step", half_step)
    model = NMF(4, tol=0, max_iter=1000, **options).fit(table())
    halves = 2 if "scd" in options.values() else 1  # a reading by rows and one by columns
    assert (model.stop_reason_, model.n_iter_) == ("interrupted", 3 // halves)
    assert model.reconstruction_err_ < 0.2 * np.linalg.norm(table()) or options
    assert np.isfinite(model.transform(table())).all()


def test_an_interruption_before_the_first_iteration_is_passed_on(monkeypatch):
    def half_step(*args, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("partwise.engine.step.half_step", half_step)
    with pytest.raises(KeyboardInterrupt, match="no model yet"):
        NMF(4).fit(table())


def test_scikit_learns_progress_bar_works(capsys):
    callback = pytest.importorskip("sklearn.callback", reason="callbacks came with scikit-learn 1.9")
    model = NMF(4, max_iter=1000).set_callbacks(callback.ProgressBar()).fit(table())
    assert model.converged_
    assert "NMF" in capsys.readouterr().out


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_explained_variance_is_the_share_of_the_squares(form):
    X = table()
    model = NMF(3)
    W = model.fit_transform(form(X))
    assert model.explained_variance_ == pytest.approx(1 - relative_error(X, W, model.components_) ** 2, rel=1e-12)


def test_components_are_sorted_by_the_mass_they_carry():
    for seed in range(5):
        model = NMF(4, init="random", random_state=seed)
        W = model.fit_transform(table())
        mass = W.sum(axis=0) * model.components_.sum(axis=1)
        assert (np.diff(mass) <= 0).all()
        free = NMF(4, init="random", random_state=seed, sort_components=False)
        free_W = free.fit_transform(table())
        order = np.argsort(-free_W.sum(axis=0) * free.components_.sum(axis=1))
        np.testing.assert_array_equal(free.components_[order], model.components_)
        W, H, _ = non_negative_factorization(table(), n_components=4, init="random", random_state=seed)
        np.testing.assert_array_equal(H, model.components_)


def test_components_of_a_custom_start_keep_their_order():
    planted = make_planted(40, 30, 3, random_state=1)
    order = np.argsort(planted.W.sum(axis=0) * planted.H.sum(axis=1))  # smallest first
    model = NMF(3, init="custom").fit(planted.X, W=planted.W[:, order].copy(), H=planted.H[order].copy())
    assert np.diag(cosine := cosine_table(model.components_, planted.H[order])).min() > 0.999, cosine
    _, H, _ = non_negative_factorization(planted.X, H=planted.H[order].copy(), n_components=3, update_H=False)
    np.testing.assert_array_equal(H, planted.H[order])


def cosine_table(A, B):
    return (A / np.linalg.norm(A, axis=1, keepdims=True)) @ (B / np.linalg.norm(B, axis=1, keepdims=True)).T


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_the_lower_bound_is_the_singular_values_left_out(form):
    X = holes()
    model = NMF(4).fit(form(X))
    assert not hasattr(model, "lower_bound_")
    assert model.certify(form(X)) is model
    assert model.lower_bound_ == pytest.approx(np.linalg.norm(np.linalg.svd(X)[1][4:]), rel=1e-10)
    assert model.lower_bound_ <= model.reconstruction_err_
    assert f"no matrix of rank 4 has an error below {model.lower_bound_:.6g}" in model.info()


def test_the_lower_bound_of_a_large_matrix_is_the_same():
    X = sp.random_array((20000, 60), density=0.05, rng=np.random.default_rng(0), format="csr")
    model = NMF(3, tol=0, max_iter=2).fit(X)
    squares = np.linalg.eigvalsh((X.T @ X).toarray())[:-3]
    assert model.certify(X).lower_bound_ == pytest.approx(np.sqrt(squares.sum()), rel=1e-9)


def test_the_score_is_higher_for_the_better_model():
    X = table()
    models = [NMF(k, max_iter=1000).fit(X) for k in (1, 2, 4)]
    scores = [model.score(X) for model in models]
    assert scores == sorted(scores)
    assert scores[-1] <= 0
    for model, score in zip(models, scores, strict=True):
        assert score == pytest.approx(-(model.reconstruction_err_**2) / 2 / 60, rel=1e-10)


def test_the_score_of_counts_is_minus_the_divergence_per_sample():
    X = np.random.default_rng(0).poisson(5 * table()).astype(float)
    model = NMF(3, beta_loss=1, max_iter=100, tol=0).fit(X)
    expected = -kl_div(X, model.transform(X) @ model.components_).sum() / 60
    assert model.score(X) == pytest.approx(expected, rel=1e-10)


@every_solver
@may_stop_early
def test_info_says_in_words_what_was_fitted(options):
    model = NMF(3, max_iter=15, **options).fit(table())
    text = model.info()
    assert text.startswith("NMF: 3 components of 40 features, ")
    for part in (f"{model.explained_variance_:.1%}", model.stop_reason_, "15 iterations", "KKT residual", "row i of W"):
        assert part in text
    name = {1: "Kullback-Leibler", 0: "Itakura-Saito", 2: "Frobenius"}
    beta = {"kullback-leibler": 1, "itakura-saito": 0}.get(options.get("beta_loss", 2), options.get("beta_loss", 2))
    assert name.get(beta, f"beta = {beta:g}") in text
    assert "raise max_iter" in text


def test_verbose_logs_and_never_prints(caplog, capsys):
    with caplog.at_level(logging.INFO, logger="partwise"):
        NMF(3, verbose=1).fit(table())
    assert "iteration 1: objective" in caplog.text
    assert capsys.readouterr().out == ""


# ---------------------------------------------------------------------- the reported error


@pytest.mark.parametrize("dtype, rtol", [(np.float64, 1e-12), (np.float32, 1e-3)])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("seed", range(3))
def test_the_reported_error_is_the_norm_of_the_difference(form, seed, dtype, rtol):
    X = holes(seed).astype(dtype)
    model = NMF(4)
    W = model.fit_transform(form(X))
    expected = np.linalg.norm(X.astype(float) - W.astype(float) @ model.components_.astype(float))
    assert model.reconstruction_err_ == pytest.approx(expected, rel=rtol)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("noise", [1e-3, 1e-5, 3e-6])
def test_small_errors_are_reported_to_twelve_digits_too(form, noise):
    """Half of the cells are zero; the others differ from rank 3 by ``noise``."""
    planted = make_planted(60, 40, 3, random_state=0)
    rng = np.random.default_rng(0)
    X = planted.X * (1 + noise * rng.standard_normal(planted.X.shape))
    model = NMF(3, init="custom", max_iter=20000, tol=1e-10)
    W = model.fit_transform(form(X), W=planted.W, H=planted.H)
    expected = np.linalg.norm(X - W @ model.components_)
    assert 0.01 * noise < expected / np.linalg.norm(X) < 10 * noise
    # to twelve digits where the error is above 1e-6 of X; the sum W H itself is rounded to 1e-16 of X
    assert model.reconstruction_err_ == pytest.approx(expected, rel=1e-12, abs=1e-15 * np.linalg.norm(X))


@pytest.mark.parametrize("options", [{"beta_loss": 1}, {"beta_loss": 0}, {"beta_loss": 1.5}])
@may_stop_early
def test_other_losses_report_the_root_of_twice_the_divergence(options):
    X = table()
    model = NMF(4, **options)
    W = model.fit_transform(X)
    Y, beta = W @ model.components_, options["beta_loss"]
    if beta == 1:
        loss = kl_div(X, Y).sum()
    elif beta == 0:
        loss = np.sum(X / Y - np.log(X / Y) - 1)
    else:
        loss = np.sum(X**beta + (beta - 1) * Y**beta - beta * X * Y ** (beta - 1)) / (beta * (beta - 1))
    assert model.reconstruction_err_ == pytest.approx(np.sqrt(2 * loss), rel=1e-10)


def test_the_error_of_exact_sparse_fits_is_never_nan():
    for seed in range(100):
        rng = np.random.RandomState(seed)
        W = rng.rand(50, 3) * (rng.rand(50, 3) < 0.4)
        H = rng.rand(3, 30) * (rng.rand(3, 30) < 0.4)
        X = sp.csr_matrix(W @ H)
        model = NMF(3, init="nndsvd", max_iter=300, tol=1e-9)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotConvergedWarning)
            W = model.fit_transform(X)
        true = np.linalg.norm(X.toarray() - W @ model.components_)
        size = np.linalg.norm(X.toarray())
        assert np.isfinite(model.reconstruction_err_)
        assert model.reconstruction_err_ == pytest.approx(
            true, rel=1e-12 if true > 1e-6 * size else 0, abs=1e-12 * size
        )


# ---------------------------------------------------------------------- units


@every_solver
@pytest.mark.parametrize("c", [1e-12, 1e-8, 1e-4, 3.0, 1e6, 1e12])
@may_stop_early
def test_the_unit_of_the_data_does_not_matter(options, c):
    X = table()
    one, other = NMF(4, max_iter=400, **options), NMF(4, max_iter=400, **options)
    errors = [relative_error(f * X, m.fit_transform(f * X), m.components_) for m, f in ((one, 1), (other, c))]
    assert errors[1] == pytest.approx(errors[0], rel=1e-6)
    assert other.n_iter_ == one.n_iter_
    assert other.stop_reason_ == one.stop_reason_
    assert other.explained_variance_ == pytest.approx(one.explained_variance_, rel=1e-9)


@pytest.mark.parametrize("init", ["random", "nndsvd", "nndsvda", "nndsvdar", "nnsvdlrc"])
@pytest.mark.parametrize("c", [1e-12, 65536, 1e12])
@may_stop_early
def test_the_unit_of_the_data_does_not_matter_for_any_start(init, c):
    X = holes()
    models = [NMF(4, init=init, random_state=0) for _ in range(2)]
    errors = [relative_error(f * X, m.fit_transform(f * X), m.components_) for m, f in zip(models, (1, c), strict=True)]
    assert errors[1] == pytest.approx(errors[0], rel=1e-9)
    assert models[0].n_iter_ == models[1].n_iter_


def test_a_ridge_in_the_unit_of_the_data_does_the_same_in_every_unit():
    """alpha multiplies squares of factors, which have the unit of X; the loss has its square."""
    X = table()
    errors = []
    for c in (1e-6, 1, 1e6):
        model = NMF(4, alpha_W=0.01 * c)
        errors.append(relative_error(c * X, model.fit_transform(c * X), model.components_))
    assert errors == pytest.approx(errors[:1] * 3, rel=1e-9)


@pytest.mark.parametrize("maximum", [1, 16, 256, 65536])
def test_digits_reach_the_known_error_at_every_maximum(maximum):
    X = load_digits().data / 16 * maximum
    model = NMF(16).fit(X)
    assert model.reconstruction_err_ / np.linalg.norm(X) <= 0.2575
    assert model.converged_


@pytest.mark.parametrize("beta_loss, limit", [("kullback-leibler", 0.0160), ("itakura-saito", 0.0200)])
@may_stop_early
def test_tiny_data_are_fitted_as_well_as_others(beta_loss, limit):
    X = 1e-8 * table()
    model = NMF(4, beta_loss=beta_loss, max_iter=1000)
    W = model.fit_transform(X)
    assert relative_error(X, W, model.components_) < limit
    assert model.reconstruction_err_ > 0


# ---------------------------------------------------------------------- rows


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize(
    "options, rtol", [({}, 1e-4), ({"solver": "bpp"}, 1e-4), ({"solver": "mu"}, 1e-4), ({"beta_loss": 1}, 1e-3)]
)
@pytest.mark.parametrize("penalty", [{}, {"alpha_W": 1e-3, "l1_ratio": 0.5}], ids=["free", "elastic"])
@may_stop_early
def test_transform_of_the_training_data_is_fit_transform(form, options, rtol, penalty):
    X = form(holes())
    model = NMF(4, **options, **penalty)
    W = model.fit_transform(X)
    assert np.linalg.norm(model.transform(X) - W) <= rtol * np.linalg.norm(W)


@every_solver
@may_stop_early
def test_a_row_does_not_depend_on_its_neighbours(options):
    X = table()
    model = NMF(4, max_iter=50, **options).fit(X)
    whole = model.transform(X)
    rows = np.vstack([model.transform(X[i : i + 1]) for i in range(len(X))])
    np.testing.assert_allclose(rows, whole, rtol=1e-10, atol=1e-10 * whole.max())  # sums in BLAS kernels of other sizes


@pytest.mark.skipif(kernels.BUILD == "reference", reason="pure build: NumPy rounds a product by its size")
@pytest.mark.parametrize("form", [np.asarray, np.asfortranarray, sp.csr_array, sp.csc_array])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("beta_loss", ["frobenius", "kullback-leibler"])
@pytest.mark.parametrize("k", [*range(1, 21), 50])
def test_a_row_alone_has_the_bits_that_it_has_in_any_batch(k, beta_loss, dtype, form):
    rng = np.random.default_rng(k)
    X = (rng.random((53, 61)) * (rng.random((53, 61)) < 0.4)).astype(dtype)
    X[11] = 0
    model = NMF(k, init="random", beta_loss=beta_loss, max_iter=1, tol=0, random_state=0).fit(X)
    model.components_ = rng.random((k, 61)) * (rng.random((k, 61)) < 0.5)
    whole = model.transform(form(X))
    order = rng.permutation(53)
    assert model.transform(form(X[order])).tobytes() == whole[order].tobytes()
    for part in (slice(0, 1), slice(11, 12), slice(5, 22)):
        assert model.transform(form(X[part])).tobytes() == whole[part].tobytes()


@every_solver
@pytest.mark.parametrize("c", [1e-6, 0.3, 1e6])
@may_stop_early
def test_transform_is_homogeneous(options, c):
    X = table()
    model = NMF(4, max_iter=50, **options).fit(X)
    expected = c * model.transform(X)
    np.testing.assert_allclose(model.transform(c * X), expected, rtol=1e-9, atol=1e-9 * expected.max())


def test_transform_is_least_squares():
    from scipy.optimize import nnls

    model, X = NMF(4).fit(holes()), holes(1)
    expected = [nnls(model.components_.T, x)[0] for x in X]
    np.testing.assert_allclose(model.transform(X), expected, rtol=1e-7, atol=1e-9)


def test_a_row_of_zeros_has_no_weights():
    X = table()
    X[7] = 0
    for options in ({}, {"beta_loss": 1}, {"solver": "bpp"}):
        model = NMF(3, max_iter=50, tol=0, **options)
        assert not model.fit_transform(X)[7].any()
        assert not model.transform(X)[7].any()


@may_stop_early
def test_the_final_solve_never_raises_the_objective():
    for options in ({}, {"beta_loss": 1}, {"beta_loss": 0}, {"beta_loss": 3}, {"alpha_W": 0.01, "l1_ratio": 0.5}):
        model = NMF(4, max_iter=7, tol=0, **options)
        X = table()
        W = model.fit_transform(X)
        penalty = 40 * model.alpha_W * (model.l1_ratio * W.sum() + (1 - model.l1_ratio) / 2 * np.sum(W**2))
        H = model.components_
        penalty += 60 * model.alpha_W * (model.l1_ratio * H.sum() + (1 - model.l1_ratio) / 2 * np.sum(H**2))
        last = model.history_.objective.iloc[-1]
        assert model.reconstruction_err_**2 / 2 + penalty <= last * (1 + 1e-12)


@every_solver
@may_stop_early
def test_float32_stays_float32(options):
    X = table().astype(np.float32)
    model = NMF(3, max_iter=20, **options)
    assert model.fit_transform(X).dtype == np.float32
    assert model.components_.dtype == np.float32
    assert model.transform(X).dtype == np.float32
    assert model.transform(sp.csr_array(X)).dtype == np.float32
    exact = NMF(3, max_iter=20, **options).fit(X.astype(float))
    assert model.reconstruction_err_ == pytest.approx(exact.reconstruction_err_, rel=1e-3)


@pytest.mark.parametrize("dtype", [np.int64, np.int8, np.uint8, bool])
def test_integers_and_booleans_are_read_as_float64(dtype):
    X = (holes() > 0.5).astype(dtype)
    expected = NMF(3, max_iter=50, tol=0).fit(X.astype(float))
    for form in (X, sp.csr_array(X)):
        model = NMF(3, max_iter=50, tol=0)
        assert model.fit_transform(form).dtype == np.float64
        np.testing.assert_allclose(model.components_, expected.components_, rtol=1e-8, atol=1e-10)


# ---------------------------------------------------------------------- starts


@pytest.mark.parametrize(
    "options", [{}, {"solver": "bpp"}, {"solver": "mu"}, {"beta_loss": 1}], ids=["cd", "bpp", "mu", "kl"]
)
@pytest.mark.parametrize("seed", range(3))
def test_a_fit_that_starts_from_its_own_solution_stops_at_once(options, seed):
    X = table(seed)
    cold = NMF(4, max_iter=20000, **options)
    W = cold.fit_transform(X)
    assert cold.converged_
    warm = NMF(4, init="custom", max_iter=20000, **options).fit(X, W=W.copy(), H=cold.components_.copy())
    assert warm.converged_
    assert warm.n_iter_ <= 3
    assert warm.reconstruction_err_ <= cold.reconstruction_err_ * (1 + 1e-12)


@pytest.mark.parametrize(
    "options", [{}, {"solver": "bpp"}, {"solver": "mu"}, {"beta_loss": 1}], ids=["cd", "bpp", "mu", "kl"]
)
@pytest.mark.parametrize("scale", [1e-6, 1e6])
@may_stop_early
def test_a_start_of_any_size_reaches_the_error_of_an_ordinary_one(options, scale):
    X = table()
    rng = np.random.default_rng(0)
    W, H = rng.random((60, 4)), rng.random((4, 40))
    errors = []
    for factor in (1, scale):
        model = NMF(4, init="custom", max_iter=2000, **options).fit(X, W=factor * W, H=factor * H)
        errors.append(model.reconstruction_err_)
    assert errors[1] <= 1.1 * errors[0]  # the paths differ, so do the points where the fit is good to tol
    assert errors[1] <= 0.02 * np.linalg.norm(X)


@may_stop_early
def test_given_factors_are_copied():
    X, rng = table(), np.random.default_rng(0)
    W, H = rng.random((60, 4)), rng.random((4, 40))
    before = W.tobytes(), H.tobytes(), X.tobytes()
    for options in ({}, {"solver": "mu"}, {"solver": "bpp"}, {"solver": "mu", "beta_loss": 1, "normalize": "W"}):
        NMF(4, init="custom", max_iter=3, **options).fit(X, W=W, H=H)
        non_negative_factorization(X, W, H, n_components=4, init="custom", max_iter=3, **options)
        assert (W.tobytes(), H.tobytes(), X.tobytes()) == before


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("options", [{}, {"solver": "bpp"}, {"beta_loss": 1}], ids=["cd", "bpp", "kl"])
@may_stop_early
def test_planted_components_are_found(seed, form, options):
    planted = make_planted(120, 50, 4, sparsity=0.6, random_state=seed)
    model = NMF(4, max_iter=3000, tol=1e-6, **options).fit(form(planted.X))
    assert cosines(model.components_, planted.H).min() > 0.99
    assert model.reconstruction_err_ <= 0.02 * np.linalg.norm(planted.X)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("distribution, beta", [("gaussian", 2), ("poisson", 1), ("gamma", 0.5)])
@may_stop_early
def test_planted_components_are_found_under_noise(seed, distribution, beta):
    planted = make_planted(300, 60, 4, noise=0.1, sparsity=0.5, distribution=distribution, random_state=seed)
    model = NMF(4, beta_loss=beta, max_iter=2000).fit(planted.X)
    assert cosines(model.components_, planted.H).min() > 0.99


@pytest.mark.parametrize("alpha", [0.1, 0.3, 0.45])
@pytest.mark.parametrize("solver", ["cd", "bpp"])
def test_laurbergs_unique_factors_are_found(alpha, solver):
    planted = laurberg(alpha)
    options = {"init": "random", "solver": solver, "max_iter": 20000, "tol": 1e-8}
    models = [NMF(3, random_state=seed, **options).fit(planted.X) for seed in range(5)]
    best = min(models, key=lambda model: model.reconstruction_err_)
    assert best.reconstruction_err_ < 1e-5 * np.linalg.norm(planted.X)
    assert cosines(best.components_, planted.H).min() > 0.9999


@may_stop_early
def test_the_swimmer_is_fitted():
    swimmer = make_swimmer()
    model = NMF(16, max_iter=1000).fit(swimmer.X)
    assert model.explained_variance_ > 0.9


# ---------------------------------------------------------------------- penalties and dead components


def test_a_tiny_ridge_does_not_lose_a_component():
    X = ratings_7x5().to_numpy()
    for init in (None, "nndsvd", "nndsvda", "random"):
        for alpha in (0, 1e-6):
            model = NMF(2, init=init, random_state=0, alpha_W=alpha, max_iter=5000).fit(X)
            # the ridge alone shrinks each block by alpha * sqrt(5 * 7): 8.4e-6 together, at perfectly balanced factors
            assert model.reconstruction_err_ < (1e-5 if init != "random" else 2e-5)
            assert len(model.dead_components_) == 0
        model = NMF(2, init=init, random_state=0, alpha_W=1e-3, max_iter=5000).fit(X)
        assert model.reconstruction_err_ < 0.02


@pytest.mark.parametrize("solver", ["cd", "bpp"])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_a_component_that_starts_dead_is_brought_back(solver, form):
    planted = make_planted(50, 30, 3, random_state=0)
    W, H = planted.W.copy(), planted.H.copy()
    W[:, 1], H[1] = 0, 0
    model = NMF(3, init="custom", solver=solver, max_iter=5000, tol=1e-7).fit(form(planted.X), W=W, H=H)
    assert model.reconstruction_err_ < 1e-3 * np.linalg.norm(planted.X)
    assert len(model.dead_components_) == 0


def test_a_component_that_cannot_live_is_reported():
    X = table()
    with pytest.warns(DeadComponentWarning, match="fewer components or smaller alpha"):
        model = NMF(4, alpha_W=3.0, l1_ratio=1.0, max_iter=1000).fit(X)
    assert len(model.dead_components_)
    assert "are zero" in model.info()
    np.testing.assert_array_equal(model.components_[model.dead_components_], 0)


@pytest.mark.parametrize("alphas", [{"alpha_W": 1e-3, "alpha_H": 0}, {"alpha_W": 0, "alpha_H": 1e-3}])
def test_an_absolute_value_penalty_on_one_factor_alone_warns(alphas):
    with pytest.warns(DataWarning, match="nothing becomes sparser. Penalise both"):
        NMF(3, l1_ratio=1.0, tol=0, max_iter=5, **alphas).fit(table())


def test_penalties_on_both_factors_make_them_sparser():
    free, sparse = (NMF(4, alpha_W=alpha, l1_ratio=1, max_iter=5000).fit(holes()) for alpha in (0, 0.01))
    assert (sparse.components_ == 0).mean() > (free.components_ == 0).mean()


# ---------------------------------------------------------------------- parameters


def test_more_components_than_rank_warns_with_the_limit():
    with pytest.warns(DataWarning, match=r"n_components=50 is more than min\(n_samples, n_features\) = 40"):
        NMF(50, tol=0, max_iter=3).fit(table())


def test_no_number_of_components_is_an_error_that_names_the_choices():
    with pytest.raises(ValueError, match="n_components"):
        NMF(n_components=None).fit(table())


def test_automatic_components_keep_scikit_learns_meaning_and_say_so(caplog):
    with caplog.at_level(logging.INFO, logger="partwise"):
        model = NMF(tol=0, max_iter=2).fit(table())
    assert model.n_components_ == 40
    assert 'n_components="auto" means 40 here' in caplog.text


def test_auto_chooses_by_the_loss():
    X = table()
    assert "solver cd" in NMF(2).fit(X).info()
    assert "solver mu" in NMF(2, beta_loss=1, max_iter=2000).fit(X).info()


class Untouchable:
    """Data that must not be looked at."""

    def __getattribute__(self, name):
        raise AssertionError(f"the data were read ({name})")


@pytest.mark.parametrize(
    "options, words",
    [
        ({"solver": "cd", "beta_loss": 1}, "solver 'cd' does not handle beta_loss = 1.0.*solver='mu'"),
        ({"solver": "bpp", "beta_loss": "itakura-saito"}, "solver 'bpp' does not handle beta_loss = 0.0.*solver='mu'"),
        ({"normalize": "W"}, "needs solver='mu' with beta_loss='kullback-leibler'.*normalize=None"),
        (
            {"solver": "mu", "beta_loss": 1, "normalize": "W", "alpha_W": 0.1},
            "LeeSeung.*understands no penalty.*alpha_W=0",
        ),
    ],
)
def test_a_wrong_pair_is_refused_before_the_data_are_read(options, words):
    with pytest.raises(IncompatibleError, match=words):
        NMF(2, **options).fit(Untouchable())


def test_the_1999_form_keeps_what_it_promises():
    X = np.random.default_rng(0).gamma(0.5, size=(30, 20))
    model = NMF(3, solver="mu", beta_loss=1, normalize="W", max_iter=3000)
    W = model.fit_transform(X)
    np.testing.assert_allclose(W.sum(axis=0), 1, rtol=1e-13)
    np.testing.assert_allclose(model.components_.sum(axis=0), X.sum(axis=0), rtol=1e-13)
    assert (model.history_.objective.diff().dropna() <= 1e-12 * model.history_.objective.iloc[0]).all()


def test_shuffling_uses_the_seed():
    models = [NMF(4, shuffle=True, random_state=seed).fit(table()).components_ for seed in (0, 0, 1)]
    np.testing.assert_array_equal(models[0], models[1])


@may_stop_early
def test_the_function_equals_the_class():
    for options in SOLVERS.values():
        W, H, n_iter = non_negative_factorization(table(), n_components=3, max_iter=25, **options)
        model = NMF(3, max_iter=25, **options)
        assert model.fit_transform(table()).tobytes() == W.tobytes()
        assert model.components_.tobytes() == H.tobytes()
        assert model.n_iter_ == n_iter


def test_fixed_components_are_solved_only_by_pairs_that_could_fit_them():
    with pytest.raises(IncompatibleError, match="solver 'cd' does not handle beta_loss = 1"):
        non_negative_factorization(table(), H=np.ones((3, table().shape[1])), update_H=False, solver="cd", beta_loss=1)


def test_fixed_components_are_transform():
    model = NMF(3).fit(table())
    W, H, n_iter = non_negative_factorization(table(1), H=model.components_, n_components=3, update_H=False)
    assert W.tobytes() == model.transform(table(1)).tobytes()
    assert H is not None and n_iter == 1
