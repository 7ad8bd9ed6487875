"""Planted data: the model holds, the seed decides, and the quoted figures are right."""

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.decomposition import NMF
from sklearn.feature_extraction.text import TfidfTransformer

from partwise import datasets

EXACT = {
    "planted": datasets.make_planted,
    "checkerboard": datasets.make_checkerboard,
    "laurberg": datasets.laurberg,
    "signals": datasets.make_signals,
    "toy_cloud": datasets.make_toy_cloud,
    "swimmer": datasets.make_swimmer,
    "swimmer without torso": lambda: datasets.make_swimmer(torso=False),
    "lcd_digits": datasets.make_lcd_digits,
    "lcd_digits, digits": lambda: datasets.make_lcd_digits(30, digits=True),
}
SCATTERED = {
    "gaussian": lambda seed=0: datasets.make_planted(noise=0.1, random_state=seed),
    "poisson": lambda seed=0: datasets.make_planted(noise=0.1, distribution="poisson", random_state=seed),
    "gamma": lambda seed=0: datasets.make_planted(noise=0.1, distribution="gamma", random_state=seed),
    "lcd_digits": lambda seed=0: datasets.make_lcd_digits(random_state=seed),
    "ratings": lambda seed=0: datasets.make_ratings(random_state=seed),
    "mutations": lambda seed=0: datasets.make_mutations(random_state=seed),
    "cells": lambda seed=0: datasets.make_cells(random_state=seed),
    "articles": lambda seed=0: datasets.make_articles(300, random_state=seed),
}


@pytest.fixture(scope="module")
def articles():
    return datasets.make_articles()


def dense(X):
    return X.toarray() if sp.issparse(X) else X


def best_cosines(found, planted):
    unit = [A / np.linalg.norm(A, axis=1, keepdims=True) for A in (found, planted)]
    return (unit[0] @ unit[1].T).max(axis=0)


@pytest.mark.parametrize("name", EXACT)
def test_exact_data_equal_their_product(name):
    data = EXACT[name]()
    assert (data.distribution, data.noise) == ("exact", 0)
    np.testing.assert_allclose(data.X, data.W @ data.H, rtol=0, atol=1e-13 * data.X.max())


@pytest.mark.parametrize("name", EXACT | SCATTERED)
def test_data_and_factors_are_non_negative_float64_of_matching_shapes(name):
    data = (EXACT | SCATTERED)[name]()
    for A in (dense(data.X), data.W, data.H):
        assert A.dtype == np.float64
        assert A.min() >= 0
        assert np.isfinite(A).all()
    n, p = data.X.shape
    k = data.H.shape[0]
    assert data.W.shape == (n, k)
    assert data.H.shape == (k, p)
    sizes = {"row_names": n, "labels": n, "feature_names": p, "component_names": k}
    for field, size in sizes.items():
        value = getattr(data, field)
        assert value is None or value.shape == (size,)


@pytest.mark.parametrize("name", SCATTERED)
def test_the_same_seed_gives_the_same_numbers(name):
    first, again = SCATTERED[name](3), SCATTERED[name](3)
    np.testing.assert_array_equal(dense(first.X), dense(again.X))
    np.testing.assert_array_equal(first.W, again.W)


@pytest.mark.parametrize("name", SCATTERED)
def test_another_seed_gives_other_numbers(name):
    assert not np.array_equal(dense(SCATTERED[name](0).X), dense(SCATTERED[name](1).X))


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("distribution", ["gaussian", "poisson", "gamma"])
def test_noise_is_the_relative_standard_deviation_of_an_average_cell(distribution, seed):
    data = datasets.make_planted(300, 200, 4, noise=0.1, sparsity=0.0, distribution=distribution, random_state=seed)
    mean = data.W @ data.H
    width = {"gaussian": mean.mean(), "poisson": np.sqrt(mean * mean.mean()), "gamma": mean}[distribution]
    measured = ((data.X - mean) / width).std()
    assert measured == pytest.approx(0.1, rel=0.03)  # 60,000 cells: sampling error 0.3 %; clipping a little more


@pytest.mark.parametrize("noise", [0.0, 0.3])
def test_sparsity_is_the_share_of_zeros_and_leaves_nothing_empty(noise):
    data = datasets.make_planted(400, 300, 8, sparsity=0.7, noise=noise, random_state=5)
    assert (data.W == 0).mean() == pytest.approx(0.7 * 7 / 8, abs=0.03)  # one of eight in each row is kept
    assert (data.W @ data.H).sum(axis=0).min() > 0
    assert (data.W @ data.H).sum(axis=1).min() > 0
    assert np.linalg.matrix_rank(data.W @ data.H) == 8


def test_poisson_data_are_whole_numbers():
    X = datasets.make_planted(distribution="poisson", noise=0.2).X
    np.testing.assert_array_equal(X, np.rint(X))


@pytest.mark.parametrize(
    "wrong, words",
    [
        ({"n_components": 0}, r"n_components=0 must be in 1\.\.50"),
        ({"n_components": 51}, r"n_components=51 must be in 1\.\.50"),
        ({"noise": -0.1}, "noise=-0.1 must be 0 or larger"),
        ({"noise": float("nan")}, "noise=nan must be 0 or larger"),
        ({"sparsity": 1.0}, r"sparsity=1.0 must be in \[0, 1\)"),
        ({"distribution": "cauchy"}, "distribution='cauchy' is none of"),
    ],
)
def test_what_cannot_be_planted_is_refused_by_name_and_value(wrong, words):
    with pytest.raises(ValueError, match=words):
        datasets.make_planted(**wrong)


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: datasets.make_checkerboard(50, 50), r"block=50 must be in 1\.\.49"),
        (lambda: datasets.laurberg(1.5), r"alpha=1.5 must be in \[0, 1\]"),
        (lambda: datasets.make_lcd_digits(0), "n_samples=0 must be 1 or larger"),
        (lambda: datasets.make_ratings(0), "n_users=0 must be 1 or larger"),
        (lambda: datasets.make_ratings(density=0), r"density=0 must be in \(0, 1\]"),
        (lambda: datasets.make_ratings(noise=-1), "noise=-1 must be 0 or larger"),
        (lambda: datasets.make_mutations(burden=0), "burden=0 must be positive"),
        (lambda: datasets.make_cells(n_genes=30), "n_genes=30 must be 60 or more"),
        (lambda: datasets.make_cells(0), "n_cells=0"),
        (lambda: datasets.make_articles(0), "n_articles=0 must be 1 or larger"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_way_out(call, words):
    with pytest.raises(ValueError, match=words):
        call()


@pytest.mark.parametrize("size, block", [(50, 5), (50, 1), (7, 3)])
def test_a_checkerboard_has_two_kinds_of_row_without_a_common_column(size, block):
    board = datasets.make_checkerboard(size, block)
    kinds = np.unique(board.X, axis=0)
    assert kinds.shape[0] == 2
    assert kinds[0] @ kinds[1] == 0
    np.testing.assert_array_equal(board.X, board.H[board.labels])


def test_swimmer_shows_each_of_its_256_poses_once():
    swimmer = datasets.make_swimmer()
    assert swimmer.X.shape == (256, 1024)
    assert len(np.unique(swimmer.X, axis=0)) == 256
    assert set(np.unique(swimmer.X)) == {0.0, 1.0}
    assert np.linalg.matrix_rank(swimmer.X) == 13


def test_no_two_parts_of_the_swimmer_share_a_pixel():
    assert datasets.make_swimmer().H.sum(axis=0).max() == 1


@pytest.mark.parametrize("seed", [0, 1])
def test_without_a_torso_an_exact_fit_is_the_sixteen_limb_positions(seed):
    swimmer = datasets.make_swimmer(torso=False)
    fit = NMF(16, init="random", random_state=seed, max_iter=3000, tol=1e-9).fit(swimmer.X)
    assert fit.reconstruction_err_ < 1e-6
    assert best_cosines(fit.components_, swimmer.H).min() > 1 - 1e-9


def test_lcd_pictures_are_thirteen_by_eight_with_seven_cells_of_four_pixels():
    lcd = datasets.make_lcd_digits()
    assert lcd.X.shape == (100, 104)
    assert lcd.H.sum(axis=1).tolist() == [4.0] * 7
    assert lcd.H.sum(axis=0).max() == 1
    assert 0.9 <= lcd.X[lcd.X > 0].min() <= lcd.X.max() <= 1


def test_lcd_digits_light_the_usual_cells():
    lcd = datasets.make_lcd_digits(20, digits=True)
    assert lcd.labels.tolist() == [*range(10)] * 2
    assert (lcd.W[:10] > 0).sum(axis=1).tolist() == [6, 2, 5, 5, 4, 5, 6, 3, 7, 6]
    assert len(np.unique(lcd.W[:10] > 0, axis=0)) == 10


def test_varied_lcd_pictures_give_all_seven_cells():
    lcd = datasets.make_lcd_digits()
    fit = NMF(7, max_iter=500).fit(lcd.X)
    assert best_cosines(fit.components_, lcd.H).min() > 0.999


@pytest.mark.parametrize("alpha", [0.1, 0.3])
def test_laurbergs_matrix_has_one_answer(alpha):
    matrix = datasets.laurberg(alpha)
    for seed in range(5):
        fit = NMF(3, init="random", random_state=seed, max_iter=50000, tol=1e-14).fit(matrix.X)
        assert best_cosines(fit.components_, matrix.H).min() > 1 - 1e-6


def test_laurbergs_matrix_is_the_printed_one():
    matrix = datasets.laurberg(0.25)
    assert matrix.H.tolist() == [[0.25, 1, 1, 0.25, 0, 0], [1, 0.25, 0, 0, 0.25, 1], [0, 0, 0.25, 1, 1, 0.25]]
    np.testing.assert_array_equal(matrix.W, matrix.H.T)


def test_the_signals_have_the_figures_of_the_book():
    signals = datasets.make_signals()
    assert signals.X.shape == (2000, 100)
    assert np.linalg.matrix_rank(signals.X) == 3
    assert np.linalg.norm(signals.X) == pytest.approx(1901.347, abs=5e-4)
    np.testing.assert_allclose(signals.W.std(axis=0), 1)
    assert signals.W.min() == 0


def test_the_toy_cloud_lies_between_its_two_components():
    cloud = datasets.make_toy_cloud()
    angles = cloud.extra["angles"]
    assert cloud.X.shape == (300, 2)
    assert (angles.min(), angles.max()) == pytest.approx((12.2363, 82.5246), abs=5e-5)
    np.testing.assert_allclose(np.degrees(np.arctan2(cloud.H[:, 1], cloud.H[:, 0])), [angles.min(), angles.max()])
    values = np.linalg.svd(cloud.X, compute_uv=False)
    assert values[1] / np.linalg.norm(cloud.X) == pytest.approx(0.267014, abs=5e-7)


def test_ratings_without_noise_are_the_planted_ones():
    ratings = datasets.make_ratings(noise=0)
    users, items = ratings.X.nonzero()
    np.testing.assert_allclose(ratings.X.data, (ratings.W @ ratings.H)[users, items])


def test_the_long_table_holds_the_same_ratings_in_order_of_time():
    ratings = datasets.make_ratings(80, random_state=4)
    table = ratings.extra["table"]
    assert table.columns.tolist() == ["user", "item", "rating", "time"]
    assert table.time.is_monotonic_increasing
    assert not table.duplicated(["user", "item"]).any()
    back = table.pivot(index="user", columns="item", values="rating").reindex(columns=ratings.feature_names).fillna(0)
    np.testing.assert_array_equal(back.to_numpy(), ratings.X.toarray())
    assert back.index.tolist() == ratings.row_names.tolist()


@pytest.mark.parametrize("seed", [0, 1])
def test_ratings_are_half_stars_and_each_user_has_one(seed):
    ratings = datasets.make_ratings(density=0.02, random_state=seed)
    assert set(ratings.X.data) <= set(np.arange(1, 11) / 2)
    assert (ratings.X.getnnz(axis=1) >= 1).all()
    assert len(set(ratings.feature_names)) == 40


def test_all_cells_can_be_rated():
    assert datasets.make_ratings(density=1.0).X.nnz == 8000


@pytest.mark.parametrize("name", ["mutations", "cells"])
@pytest.mark.parametrize("seed", [0, 1])
def test_counts_scatter_around_their_means_as_poisson(name, seed):
    data = SCATTERED[name](seed)
    mean, X = data.W @ data.H, dense(data.X)
    np.testing.assert_array_equal(X, np.rint(X))
    common = mean > 1
    assert ((X - mean) ** 2 / mean)[common].mean() == pytest.approx(1, abs=0.1)
    np.testing.assert_allclose(data.H.sum(axis=1), 1)


def test_the_96_contexts_are_named_by_change_and_neighbours():
    names = datasets.make_mutations().feature_names
    assert len(set(names)) == 96
    assert names[:5].tolist() == ["A[C>A]A", "A[C>A]C", "A[C>A]G", "A[C>A]T", "C[C>A]A"]
    assert names[-1] == "T[T>G]T"


def test_marker_genes_are_strongest_in_their_own_program():
    cells = datasets.make_cells()
    for program, markers in enumerate(cells.extra["markers"]):
        assert (cells.H[:, markers].mean(axis=1).argmax()) == program


def test_the_articles_have_the_documented_size(articles):
    assert articles.X.shape == (20000, 800)
    assert articles.X.nnz == 913711
    np.testing.assert_allclose(articles.W.sum(axis=1), 1)


def test_the_articles_are_weighted_as_scikit_learn_does(articles):
    expected = TfidfTransformer().fit_transform(articles.extra["counts"])
    np.testing.assert_allclose(articles.X.data, expected.data, rtol=1e-12)
    np.testing.assert_array_equal(articles.X.indices, expected.indices)


def test_ten_components_find_the_planted_topics_of_the_articles(articles):
    fit = NMF(10, init="random", random_state=0).fit(articles.X)
    relative = fit.reconstruction_err_ / sp.linalg.norm(articles.X)
    assert relative == pytest.approx(0.758694, abs=2e-6)
    assert best_cosines(fit.components_, articles.H).min() > 0.999
