"""The matrices of four tutorials, with figures worked out without partwise: NumPy, SciPy, hundreds of starts.

Slides on unsupervised learning (words and documents), slides on matrix factorization (a 3 x 3 example and the film
ratings), and a tutorial on a 5 x 4 table of ratings.
"""

import logging

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.special import kl_div
from sklearn.datasets import load_digits

from partwise import NMF, SGD
from partwise.datasets import ratings_5x4, ratings_7x5, slide_3x3, slide_words
from partwise.errors import DataWarning
from partwise.penalties import L2

V5 = np.array([[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 4, 4], [0, 1, 5, 4]], float)
V3 = np.array([[4, 0, 2], [0, 3, 1], [2, 1, 3]], float)
V7 = np.array([[s, s, s, 0, 0] for s in (1, 3, 4, 5)] + [[0, 0, 0, s, s] for s in (4, 5, 2)], float)
WORDS = np.array([[0.2, 0.3, 0, 0.1], [0, 0, 0.4, 0.1], [0.12, 0.18, 0.32, 0.14]])
COMPONENTS = np.array([[0.01, 0, 2.13, 0.54], [0.99, 1.47, 0, 0.5]])
NAMES = ["course", "datacamp", "potato", "the"]

FORMS = {"dense": np.asarray, "csr": sp.csr_matrix}
both_forms = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)


def best(X, k, seeds=range(10), **options):
    """The lowest error of several random starts, and the errors of all."""
    options = {"max_iter": 20000, "tol": 1e-9, **options}
    errors = [NMF(k, init="random", random_state=seed, **options).fit(X).reconstruction_err_ for seed in seeds]
    return min(errors), errors


def test_the_data_sets_are_the_printed_ones():
    np.testing.assert_array_equal(ratings_5x4().to_numpy(), V5)
    np.testing.assert_array_equal(ratings_7x5().to_numpy(), V7)
    np.testing.assert_array_equal(slide_3x3().X, V3)
    np.testing.assert_array_equal(slide_words().X, WORDS)
    np.testing.assert_array_equal(slide_words().extra["components"], COMPONENTS)


# ---------------------------------------------------------------------- words and documents


def test_the_call_of_the_slides_prints_as_the_slides_print_it():
    assert repr(NMF(n_components=2)) == "NMF(n_components=2)"


@both_forms
def test_fit_and_transform_work_on_arrays_and_csr_alike(form):
    model = NMF(n_components=2)
    assert model.fit(form(WORDS)) is model
    expected = NMF(n_components=2).fit(WORDS)
    np.testing.assert_allclose(model.components_, expected.components_, rtol=1e-10, atol=1e-10)
    np.testing.assert_allclose(model.transform(form(WORDS)), expected.transform(WORDS), rtol=1e-10, atol=1e-10)


def test_components_have_a_column_for_every_word():
    model = NMF(n_components=2).fit(pd.DataFrame(WORDS, columns=NAMES))
    assert model.components_.shape == (2, 4)
    assert list(model.feature_names_in_) == NAMES
    assert len(model.get_feature_names_out()) == 2


def model_of(components):
    """A model that has exactly these components: a fit from their product, started and ended there."""
    W = np.eye(len(components))
    model = NMF(len(components), init="custom", max_iter=50).fit(W @ components, W=W, H=components)
    model.components_ = components
    return model


@both_forms
def test_rows_are_solved_exactly_for_the_printed_components(form):
    found = model_of(COMPONENTS).transform(form(WORDS))
    expected = [[0, 0.203185], [0.187632, 0], [0.150031, 0.121323]]  # scipy.optimize.nnls
    np.testing.assert_allclose(found, expected, atol=1e-5)


def test_the_sample_is_nearly_the_combination_on_the_slide():
    np.testing.assert_allclose(
        0.15 * COMPONENTS[0] + 0.12 * COMPONENTS[1], [0.1203, 0.1764, 0.3195, 0.1410], atol=1e-15
    )
    model = model_of(COMPONENTS)
    printed = model.inverse_transform(np.array([[0.15, 0.12]]))[0]
    assert np.linalg.norm(printed - WORDS[2]) == pytest.approx(0.003782, abs=5e-7)
    solved = model.inverse_transform(model.transform(WORDS[2:]))[0]
    assert np.linalg.norm(solved - WORDS[2]) == pytest.approx(0.002887, abs=5e-7)


def test_a_factorization_is_a_matrix_product():
    model = NMF(2)
    W = model.fit_transform(WORDS)
    np.testing.assert_allclose(model.inverse_transform(W), W @ model.components_, rtol=1e-15)


# ---------------------------------------------------------------------- a 3 x 3 example


def test_the_factors_made_by_hand_are_bettered():
    slide = slide_3x3()
    assert np.linalg.norm(V3 - slide.extra["W"] @ slide.extra["H"]) == 1.5
    _, errors = best(V3, 2)
    assert errors == pytest.approx([1.142262] * 10, abs=1e-6)
    model = NMF(2).fit(V3).certify(V3)
    assert model.reconstruction_err_ == pytest.approx(1.142262, abs=1e-5)
    assert model.lower_bound_ == pytest.approx(1.096788, abs=1e-6)


def test_the_reported_error_is_the_frobenius_norm():
    for X in (V3, V5, V7):
        model = NMF(2)
        W = model.fit_transform(X)
        direct = np.linalg.norm(X - W @ model.components_)
        assert model.reconstruction_err_ == pytest.approx(direct, rel=1e-12, abs=1e-12 * np.linalg.norm(X))


def test_a_column_is_written_by_columns_as_a_row_is_by_rows():
    """The first column of the 3 x 3 matrix is 2 (2, 0, 1) + 0 (0, 1.5, 1): fit and transform the transpose."""
    columns = slide_3x3().extra["W"].T
    model = model_of(columns)
    weights = model.transform(V3.T)
    np.testing.assert_allclose(weights[0], [2, 0], atol=1e-8)
    np.testing.assert_allclose(model.inverse_transform(weights[:1])[0], [4, 0, 2], atol=1e-8)


def test_the_call_printed_for_faces_is_told_both_of_its_mistakes(caplog):
    """``NMF(solver="mu").fit(faces)``: a container for its pixels, and no number of components."""
    pictures = load_digits()
    with pytest.raises(TypeError, match="Bunch"):
        NMF(solver="mu").fit(pictures)
    with caplog.at_level(logging.INFO, logger="partwise"):
        NMF(solver="mu", tol=0, max_iter=1).fit(pictures.data[:, 2:6])
    assert 'n_components="auto" means 4 here' in caplog.text


def test_the_size_of_the_paper_is_fitted_in_both_orientations():
    """361 pixels of 2,429 faces, 49 parts, 15.6 % of the numbers: pixels x faces errs as faces x pixels, to 1 %."""
    rng = np.random.default_rng(0)
    V = rng.gamma(0.5, size=(361, 49)) @ rng.gamma(0.3, size=(49, 2429)) * (1 + 0.1 * rng.random((361, 2429)))
    ours, theirs = (NMF(49, random_state=0, max_iter=60, tol=0).fit(M) for M in (V, V.T))
    assert ours.components_.size + 361 * 49 == theirs.components_.size + 2429 * 49 == 136_710
    assert ours.reconstruction_err_ == pytest.approx(theirs.reconstruction_err_, rel=0.01)


@pytest.mark.parametrize("n, m, limit", [(5, 4, 2.22), (7, 5, 2.92), (361, 2429, 314.3), (20000, 800, 769.2)])
def test_the_rule_for_the_number_of_components_is_arithmetic(n, m, limit):
    assert n * m / (n + m) == pytest.approx(limit, abs=0.05)


@pytest.mark.parametrize("X, k, breaks", [(V3, 2, True), (V5, 2, False), (V5, 3, True), (V7, 2, False), (V7, 3, True)])
def test_factors_with_as_many_numbers_as_the_matrix_are_noted(X, k, breaks, caplog):
    """(n + m) k < n m, the rule of the slides, which their own example of 3 x 3 with k = 2 breaks."""
    with caplog.at_level(logging.INFO, logger="partwise"):
        NMF(k, tol=0, max_iter=2).fit(X)
    assert ("compress" in caplog.text) == breaks


@both_forms
def test_the_information_divergence_reaches_its_best_value(form):
    def information(W, H):
        return kl_div(V3, W @ H).sum()

    slide = slide_3x3()
    assert information(slide.extra["W"], slide.extra["H"]) == pytest.approx(0.617783, abs=1e-6)
    for seed in range(3):
        model = NMF(2, beta_loss="kullback-leibler", init="random", random_state=seed, max_iter=800, tol=0)
        W = model.fit_transform(form(V3))
        assert information(W, model.components_) == pytest.approx(0.276668, abs=1e-5)
        assert model.reconstruction_err_ == pytest.approx(np.sqrt(2 * information(W, model.components_)), rel=1e-10)


# ---------------------------------------------------------------------- the updates of 1999


def three_lines(V, W, H, iterations):
    """The printed updates; v / (w h) is 0 where w h = 0."""
    with np.errstate(invalid="ignore", divide="ignore"):
        for _ in range(iterations):
            W = W * (np.nan_to_num(V / (W @ H)) @ H.T)
            W = W / W.sum(axis=0)
            H = H * (W.T @ np.nan_to_num(V / (W @ H)))
    return W, H


@pytest.mark.parametrize("X", [V3, V5, V7], ids=["3x3", "5x4", "7x5"])
@both_forms
def test_the_printed_updates_are_what_the_solver_does(X, form):
    rng = np.random.default_rng(0)
    W, H = rng.random((len(X), 2)), rng.random((2, X.shape[1]))
    expected_W, expected_H = three_lines(X, W / W.sum(axis=0), H * W.sum(axis=0)[:, None], 12)
    model = NMF(2, init="custom", solver="mu", beta_loss=1, normalize="W", tol=0, max_iter=12)
    got = model.fit_transform(form(X), W=W, H=H)
    np.testing.assert_allclose(got, expected_W, rtol=1e-10, atol=1e-13)
    np.testing.assert_allclose(model.components_, expected_H, rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("X, k, value", [(V3, 2, 0.276668), (V5, 2, 5.494598), (V7, 2, 0.0)], ids=["3x3", "5x4", "7x5"])
def test_the_printed_updates_find_the_best_divergence_and_never_rise(X, k, value):
    ends = []
    for seed in range(3):
        options = {"init": "random", "random_state": seed, "tol": 0, "max_iter": 800}
        model = NMF(k, solver="mu", beta_loss=1, normalize="W", **options)
        W = model.fit_transform(X)
        np.testing.assert_allclose(W.sum(axis=0), 1, rtol=1e-14)
        np.testing.assert_allclose(model.components_.sum(axis=0), X.sum(axis=0), rtol=1e-14, atol=4e-15 * X.sum())
        drops = model.history_.objective.diff().dropna()
        assert (drops <= 1e-15 * X.sum()).all()  # the terms that cancel in the divergence are as large as X
        ends.append(model.reconstruction_err_**2 / 2)
    assert min(ends) == pytest.approx(value, abs=1e-6)
    if X is V7:
        np.testing.assert_allclose(sorted(model.components_.max(axis=1)), [11, 13], rtol=1e-6)


# ---------------------------------------------------------------------- the film ratings


def assert_two_blocks(W, H):
    """Each component is one block; 7 of 14 entries of W and 5 of 10 of H are zero to 1e-8 of the largest."""
    assert (1e-8 * W.max() > W).sum() == 7
    assert (1e-8 * H.max() > H).sum() == 5
    shape = H / H.max(axis=1, keepdims=True)
    order = np.argsort(shape[:, 0])[::-1]
    np.testing.assert_allclose(shape[order], [[1, 1, 1, 0, 0], [0, 0, 0, 1, 1]], atol=1e-7)
    people = (W * H.max(axis=1))[:, order]
    np.testing.assert_allclose(people, np.stack([[1, 3, 4, 5, 0, 0, 0], [0, 0, 0, 0, 4, 5, 2]], axis=1), atol=1e-6)


@both_forms
@pytest.mark.parametrize("init", [None, "nndsvd", "nndsvda", "nnsvdlrc"])
def test_the_film_ratings_are_fitted_exactly_by_two_blocks(form, init):
    model = NMF(2, init=init, tol=1e-6)
    W = model.fit_transform(form(V7))
    assert model.reconstruction_err_ < 1e-6
    assert_two_blocks(W, model.components_)
    assert list(NMF(2).fit(ratings_7x5()).feature_names_in_) == list(ratings_7x5().columns)


def test_every_random_start_finds_the_two_blocks():
    for seed in range(50):
        model = NMF(2, init="random", random_state=seed, tol=1e-6)
        W = model.fit_transform(V7)
        assert model.reconstruction_err_ < 1e-6
        assert_two_blocks(W, model.components_)


def test_multiplicative_updates_fit_the_film_ratings_too():
    for init in (None, "random"):
        model = NMF(2, solver="mu", init=init, random_state=0, tol=0, max_iter=100).fit(V7)
        assert model.reconstruction_err_ < 1e-6


@pytest.mark.parametrize("init", [None, "nndsvd", "nndsvda"])
@pytest.mark.parametrize("alpha", [1e-6, 1e-3])
def test_a_tiny_ridge_keeps_both_blocks(init, alpha):
    model = NMF(2, init=init, alpha_W=alpha, tol=1e-5, max_iter=5000).fit(V7)
    # balanced factors lose alpha sqrt(7 * 5) of each block's singular value, together sqrt(2) times that: 8.4e-6
    assert model.reconstruction_err_ < 1.01 * np.sqrt(2 * 7 * 5) * alpha
    assert (model.components_.max(axis=1) > 1).all()


# ---------------------------------------------------------------------- the film ratings, zeros unobserved


RATED = V7 > 0
APART = pytest.mark.filterwarnings("ignore:The observed cells form 2 blocks")


def observed_rmse(W, H):
    return np.sqrt(np.mean((W @ H - V7)[RATED] ** 2))


@APART
@pytest.mark.parametrize("seed", range(3))
def test_the_slides_gradient_descent_predicts_every_rating_given(seed):
    rng = np.random.RandomState(seed)
    start = {"W": rng.rand(7, 2), "H": rng.rand(2, 5)}  # as the slides start
    solver = SGD(learning_rate=0.0002, regularisation=0.02)
    model = NMF(2, init="custom", solver=solver, max_iter=5000, tol=0)
    W = model.fit_transform(V7, weight=RATED, **start)
    assert observed_rmse(W, model.components_) <= 0.03
    np.testing.assert_array_equal(np.rint(W @ model.components_)[RATED], V7[RATED])
    assert W.min() >= 0
    assert model.components_.min() >= 0


@APART
def test_the_signed_descent_of_the_slides_predicts_them_too():
    model = NMF(2, solver=SGD(signed=True), max_iter=5000, tol=0, random_state=0)
    W = model.fit_transform(V7, weight=RATED)
    assert observed_rmse(W, model.components_) <= 0.03


@APART
def test_exact_steps_need_no_learning_rate_and_leave_no_error():
    for seed in range(3):
        model = NMF(2, random_state=seed, tol=1e-9, max_iter=5000).fit(V7, weight=RATED)
        assert model.reconstruction_err_ < 1e-5


@APART
@pytest.mark.parametrize("strength, value, rmse", [(0.01, 0.218461, 0.00333), (0.02, 0.436723, 0.00667)])
def test_a_small_ridge_gives_the_objective_of_the_closed_form(strength, value, rmse):
    """strength (s1 + s2) - strength^2 with the singular values of the two blocks."""
    s1, s2 = (np.linalg.norm(block, 2) for block in (V7[:4, :3], V7[4:, 3:]))
    assert strength * (s1 + s2) - strength**2 == pytest.approx(value, abs=1e-6)
    ends = []
    for seed in range(4):
        ridge = L2(strength)
        options = {"penalty_W": ridge, "penalty_H": ridge, "random_state": seed, "tol": 1e-8, "max_iter": 20000}
        model = NMF(2, **options)
        W = model.fit_transform(V7, weight=RATED)
        ends.append((model.history_.objective.iloc[-1], observed_rmse(W, model.components_)))
        assert np.abs(W @ model.components_ - V7)[RATED].max() < 0.05
    assert min(ends)[0] == pytest.approx(value, abs=1e-4)
    assert min(ends)[1] == pytest.approx(rmse, abs=1e-4)


def test_the_hidden_ratings_are_said_to_be_undetermined():
    with pytest.warns(DataWarning, match="2 blocks that share no row and no column. 17 of 35 cells"):
        model = NMF(2, random_state=0, max_iter=1000).fit(V7, weight=RATED)
    assert "17 of 35 cells" in model.info()
    ridge = L2(0.02)
    with pytest.warns(DataWarning, match="17 of 35 cells"):  # a ridge makes the objective unique, not these cells
        NMF(2, penalty_W=ridge, penalty_H=ridge, random_state=0, max_iter=5000).fit(V7, weight=RATED)


# ---------------------------------------------------------------------- the table of five users and four items


def test_the_tutorials_table_is_fitted_where_there_are_ratings():
    """The error that the tutorial prints, 0.6743, cannot be one of the whole table; on the 14 ratings it is met."""
    options = {"tol": 1e-9, "max_iter": 20000}
    assert NMF(2, random_state=3, **options).fit(V5, weight=V5 > 0).reconstruction_err_ < 1e-5
    two = [NMF(2, random_state=seed, tol=0, max_iter=500).fit(V5, weight=V5 > 0) for seed in range(20)]
    errors = sorted(model.reconstruction_err_ for model in two)
    assert errors[15] < 5e-3  # of 60 starts 53; some improve for ever, their factors grow, others end at .45 or 4.3
    one = NMF(1, random_state=0, **options).fit(V5, weight=V5 > 0)
    assert one.reconstruction_err_ == pytest.approx(5.299637, abs=1e-6)


TUTORIAL = {"n_components": 2, "init": "random", "random_state": 42, "max_iter": 500}


def test_the_tutorials_table_keeps_its_names():
    model = NMF(**TUTORIAL).fit(ratings_5x4())
    assert list(model.feature_names_in_) == ["Item1", "Item2", "Item3", "Item4"]
    assert list(ratings_5x4().index) == [0, 1, 2, 3, 4]


@both_forms
def test_the_tutorials_call_reaches_the_best_error(form):
    model = NMF(**TUTORIAL).fit(form(V5))
    assert model.reconstruction_err_ <= 3.874592
    assert f"{model.reconstruction_err_:.4f}" == "3.8746"
    assert model.converged_
    assert NMF(2).fit(V5).reconstruction_err_ <= 3.8746 + 5e-5


def test_the_tutorials_printed_error_is_impossible_and_the_bound_says_so():
    model = NMF(**TUTORIAL).fit(V5).certify(V5)
    assert model.lower_bound_ == pytest.approx(3.832720, abs=1e-6)
    assert model.lower_bound_ == pytest.approx(np.linalg.norm(np.linalg.svd(V5)[1][2:]), rel=1e-12)
    assert 0.6743 < model.lower_bound_ <= model.reconstruction_err_
    assert "3.83272" in model.info()


@pytest.mark.parametrize("k, error, bound", [(1, 7.596102, 7.596102), (2, 3.874591, 3.832720), (3, 1.995544, 1.995544)])
def test_every_number_of_components_reaches_its_best_error(k, error, bound):
    lowest, errors = best(V5, k)
    assert lowest == pytest.approx(error, abs=1e-6)
    assert min(errors) >= bound - 1e-6
    if k < 3:
        assert errors == pytest.approx([error] * 10, abs=1e-5)  # every start; with 3 some end at 3.327982


def test_as_many_components_as_items_fit_exactly():
    assert best(V5, 4)[0] < 1e-6


def test_the_best_factors_of_the_table_are_known():
    model = NMF(2, init="random", random_state=0, tol=1e-10, max_iter=20000)
    W = model.fit_transform(V5)
    size = model.components_.max(axis=1)
    H, W = model.components_ / size[:, None], W * size
    order = np.argsort(H[:, 0])[::-1]
    np.testing.assert_allclose(H[order], [[1, 0.392907, 0, 0.296638], [0, 0.100744, 0.868756, 1]], atol=1e-5)
    expected = [[5.2121, 0], [3.4584, 0], [1.6162, 2.5822], [0.6471, 4.1121], [0, 4.7847]]
    np.testing.assert_allclose(W[:, order], expected, atol=1e-4)


def test_factors_and_reconstruction_are_of_one_fit():
    frame = ratings_5x4()
    model = NMF(**TUTORIAL).set_output(transform="pandas")
    W = model.fit_transform(frame)
    back = model.inverse_transform(W)
    assert isinstance(back, pd.DataFrame)
    assert list(back.columns) == ["Item1", "Item2", "Item3", "Item4"]
    assert list(back.index) == list(frame.index)
    np.testing.assert_allclose(back, W.to_numpy() @ model.components_, rtol=1e-15)
    assert np.linalg.norm(frame - back) == pytest.approx(model.reconstruction_err_, rel=1e-12)


def test_info_tells_how_to_read_rows_and_columns():
    text = NMF(**TUTORIAL).fit(ratings_5x4()).info()
    for words in ("2 components of 4 features", "3.87459", "converged", "row i of W", "row q of components_ (H)"):
        assert words in text


def test_nothing_is_ever_negative():
    for X in (V3, V5, V7, WORDS):
        for options in ({}, {"solver": "mu"}, {"solver": "bpp"}, {"beta_loss": 1}):
            model = NMF(2, tol=0, max_iter=30, **options)
            assert model.fit_transform(X).min() >= 0
            assert model.components_.min() >= 0
