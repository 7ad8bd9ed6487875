"""Maps: distances and neighbours stay what they are, and no chance is involved."""

import numpy as np
import pytest

import partwise
from partwise.datasets import load_digits
from partwise.report import summarize
from partwise.report.plane import by_distances, by_neighbours, by_rows, cosines, squared_distances


def test_points_of_a_plane_are_found_from_their_distances():
    points = np.random.default_rng(0).random((7, 2))
    D = np.sqrt(squared_distances(points))
    np.testing.assert_allclose(np.sqrt(squared_distances(by_distances(D))), D, atol=1e-7)


def test_principal_components_are_those_of_the_singular_value_decomposition():
    A = np.random.default_rng(0).random((20, 5))
    U, s, _ = np.linalg.svd(A - A.mean(axis=0))
    np.testing.assert_allclose(np.abs(by_rows(A)), np.abs(U[:, :2] * s[:2]), atol=1e-12)


@pytest.mark.parametrize("make", [by_rows, by_neighbours])
def test_a_map_does_not_depend_on_chance_and_stands_degenerate_data(make):
    A = np.random.default_rng(0).random((30, 4))
    np.testing.assert_array_equal(make(A), make(A.copy()))
    for odd in (np.zeros((6, 3)), np.ones((1, 2)), np.eye(5), np.ones((8, 1))):
        assert make(odd).shape == (len(odd), 2) and np.isfinite(make(odd)).all()


def test_a_row_of_zeros_is_like_nothing():
    np.testing.assert_array_equal(cosines(np.array([[0.0, 0.0], [0.0, 2.0]])), [[0, 0], [0, 1]])


def test_the_map_of_samples_keeps_their_neighbours():
    """Digits: the nearest dot of a dot is nearly as often of the same digit as among the unreduced mixtures."""
    digits = load_digits()
    X, labels = digits.X[:300], np.asarray(digits.labels)[:300]
    model = partwise.NMF(10, random_state=0, max_iter=1000)
    W = model.fit_transform(X)
    found = summarize(model, X, W=W)

    def agreement(points):
        D = squared_distances(np.asarray(points, dtype=float))
        np.fill_diagonal(D, np.inf)
        return np.mean(labels[D.argmin(axis=1)] == labels)

    mixtures = W * model.components_.sum(axis=1)
    whole = agreement(np.sqrt(mixtures / mixtures.sum(axis=1, keepdims=True)))
    assert agreement(found["map"]["items"]) > whole - 0.05 > 0.85
