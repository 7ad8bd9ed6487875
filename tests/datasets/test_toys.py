"""The matrices of teaching material, cell by cell and by the figures quoted for them."""

import numpy as np
import pytest
from scipy.optimize import nnls

from partwise import datasets


def bound(X, k):
    """Error of the best matrix of rank k, whatever its signs (Eckart and Young)."""
    return np.sqrt((np.linalg.svd(X, compute_uv=False)[k:] ** 2).sum())


def test_the_5_by_4_ratings_are_the_printed_ones():
    table = datasets.ratings_5x4()
    assert table.to_numpy().tolist() == [[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 4, 4], [0, 1, 5, 4]]
    assert table.columns.tolist() == ["Item1", "Item2", "Item3", "Item4"]
    assert bound(table, 2) == pytest.approx(3.832720, abs=5e-7)


def test_the_7_by_5_ratings_are_two_blocks_with_people_and_films():
    table = datasets.ratings_7x5()
    assert table.shape == (7, 5)
    assert table.index.tolist() == ["Joe", "Jim", "John", "Jack", "Jill", "Jenny", "Jane"]
    assert table.columns.tolist() == ["Matrix", "Alien", "Star Wars", "Casablanca", "Titanic"]
    assert table["Alien"].tolist() == [1, 3, 4, 5, 0, 0, 0]
    assert table["Titanic"].tolist() == [0, 0, 0, 0, 4, 5, 2]
    assert (table.to_numpy() > 0).sum() == 18
    assert np.linalg.norm(table) == pytest.approx(15.588457, abs=5e-7)
    assert np.linalg.matrix_rank(table) == 2


def test_the_3_by_3_factors_made_by_hand_are_off_by_one_and_a_half():
    toy = datasets.slide_3x3()
    assert toy.X.tolist() == [[4, 0, 2], [0, 3, 1], [2, 1, 3]]
    assert np.linalg.norm(toy.X - toy.extra["W"] @ toy.extra["H"]) == pytest.approx(1.5)
    assert bound(toy.X, 2) == pytest.approx(1.096788, abs=5e-7)


def test_the_printed_features_of_the_words_are_the_exact_ones_rounded():
    words = datasets.slide_words()
    exact = np.array([nnls(words.extra["components"].T, x)[0] for x in words.X])
    np.testing.assert_allclose(exact, [[0, 0.203185], [0.187632, 0], [0.150031, 0.121323]], atol=1e-6)
    np.testing.assert_allclose(exact.round(2), words.extra["features"])


def test_the_words_and_documents_have_their_names():
    words = datasets.slide_words()
    assert words.feature_names.tolist() == ["course", "datacamp", "potato", "the"]
    assert words.row_names.tolist() == ["document0", "document1", "sample"]


def test_the_moon_has_24_lit_pixels_that_sum_to_22():
    moon = datasets.moon()
    assert moon.shape == (8, 8)
    assert np.count_nonzero(moon) == 24
    assert moon.sum() == pytest.approx(22.0)
    assert np.linalg.matrix_rank(moon) == 6
    assert bound(moon, 1) / np.linalg.norm(moon) == pytest.approx(0.373969, abs=5e-7)
