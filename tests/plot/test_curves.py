"""Curves: what is drawn equals the history of the fit, and the errors of direct computation."""

import numpy as np
import pytest
from sklearn.decomposition import NMF as TheirNMF
from sklearn.decomposition import PCA

import partwise
from partwise import plot
from partwise.datasets import moon
from partwise.errors import DataError


@pytest.fixture(scope="module")
def model():
    return partwise.NMF(3, random_state=0).fit(moon())


@pytest.mark.parametrize("measure", ["objective", "kkt"])
def test_the_curve_is_the_history(model, measure):
    ax = plot.convergence(model, measure=measure, label="moon")
    x, y = ax.lines[0].get_data()
    np.testing.assert_array_equal(x, model.history_["iteration"])
    np.testing.assert_array_equal(y, model.history_[measure])
    assert (ax.get_yscale(), ax.get_ylabel()) == ("log", measure)
    assert ax.get_legend().get_texts()[0].get_text() == "moon"


def test_two_fits_on_the_same_axes_have_their_own_colours(model):
    ax = plot.convergence(model)
    assert plot.convergence(partwise.NMF(2).fit(moon()), ax) is ax
    assert ax.lines[0].get_color() != ax.lines[1].get_color()


def test_a_model_without_a_history_is_refused():
    with pytest.raises(DataError, match="keeps no history_"):
        plot.convergence(PCA())


def test_an_unknown_measure_is_refused_with_those_there_are(model):
    with pytest.raises(DataError, match="objective, kkt"):
        plot.convergence(model, measure="loss")


@pytest.fixture(scope="module")
def errors():
    return plot.errors_by_size(moon(), range(1, 6))


def test_the_errors_of_the_moon_are_those_of_the_seed_or_better(errors):
    assert (errors["NMF"] <= np.array([0.373969, 0.237317, 0.024504, 0.013808, 0.001959]) + 1e-3).all()
    bound = [0.373969, 0.219796, 0.024495, 0.012460, 0.001473]
    np.testing.assert_allclose(errors["SVD"], bound, atol=1e-6)


def test_no_error_of_nmf_is_below_the_bound(errors):
    assert (errors["NMF"] >= errors["SVD"] - 1e-12).all()


@pytest.mark.parametrize("k", [1, 3])
def test_the_errors_of_pca_are_those_of_its_reconstruction(errors, k):
    pca, X = PCA(k), moon()
    rebuilt = pca.inverse_transform(pca.fit_transform(X))
    assert errors["PCA"][k] == pytest.approx(np.linalg.norm(X - rebuilt) / np.linalg.norm(X), abs=1e-12)


def test_another_estimator_can_be_handed_in():
    table = plot.errors_by_size(moon(), [1], TheirNMF(init="random", random_state=0, tol=1e-8, max_iter=1000))
    assert table["NMF"][1] == pytest.approx(0.373969, abs=1e-5)


def test_more_components_than_the_rank_leave_nothing():
    assert plot.errors_by_size(np.eye(2), [2])["SVD"][2] == 0


def test_the_scree_shows_the_table(errors):
    ax = plot.scree(errors)
    for line, name in zip(ax.lines, errors, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), errors.index)
        np.testing.assert_array_equal(line.get_ydata(), errors[name])
        assert line.get_label() == name
    assert ax.get_ylim()[0] == 0
