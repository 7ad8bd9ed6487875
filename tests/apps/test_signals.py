"""Signals out of mixtures: the figures of the seed or better, and matching that does not see order, sign or scale."""

import itertools

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import NMF as TheirNMF
from sklearn.decomposition import PCA

from partwise.apps.signals import match, unmix
from partwise.datasets import make_signals
from partwise.errors import DataError


@pytest.fixture(scope="module")
def mixed():
    return make_signals()


@pytest.fixture(scope="module")
def found(mixed):
    return unmix(mixed.X, sources=pd.DataFrame(mixed.W, columns=mixed.component_names))


def test_three_signals_are_found_better_than_by_the_book(found):
    """R10: scikit-learn 0.977, 0.916, 0.974; PCA 0.775, 0.788, 0.560."""
    table = found.table()
    assert (table.loc["NMF", ["sine", "square", "sawtooth"]] >= [0.977, 0.916, 0.974]).all()
    np.testing.assert_allclose(table.loc["PCA", ["sine", "square", "sawtooth"]], [0.775, 0.788, 0.560], atol=1e-3)
    assert table.loc["PCA", "mean"] == pytest.approx(0.708, abs=1e-3)


def test_the_least_volume_is_that_of_the_true_signals(mixed):
    """R10: at least 0.99 each from a blind start; 0.998 is the aim."""
    found = unmix(mixed.X, 3, sources=mixed.W, method="minimum-volume")
    assert (found.correlations >= 0.998).all()
    assert found.error < 1e-3
    np.testing.assert_allclose(found.signals.sum(axis=0), 1, rtol=1e-9)
    assert "does not promise" not in found.info()


def test_the_mixtures_are_rebuilt_from_the_signals(found, mixed):
    assert found.error < 1e-4
    rebuilt = found.signals @ found.mixing
    assert np.linalg.norm(rebuilt - mixed.X) / np.linalg.norm(mixed.X) == pytest.approx(found.error, rel=1e-6)
    assert found.signals.min() >= 0 and found.mixing.min() >= 0


def test_signals_come_in_the_order_and_with_the_names_of_the_true_ones(found, mixed):
    assert found.names == ("sine", "square", "sawtooth")
    for q, truth in enumerate(mixed.W.T):
        assert abs(np.corrcoef(found.signals[:, q], truth)[0, 1]) == pytest.approx(found.correlations[q])
    assert found.to_frame().columns.tolist() == ["sine", "square", "sawtooth"]


def test_the_words_tell_the_correlations_and_what_a_small_error_is_worth(found):
    assert "Correlation with the true signals: sine 0." in found.info()
    assert "does not promise the sources" in found.info()


def small():
    rng = np.random.default_rng(0)
    S = rng.random((60, 2)) ** 3
    return S, S @ rng.random((2, 10))


def test_without_true_signals_there_is_nothing_to_compare():
    found = unmix(small()[1], 2)
    assert found.correlations is None and found.names == ("signal_0", "signal_1")
    with pytest.raises(DataError, match="sources="):
        found.table()


def test_another_estimator_can_be_handed_in():
    S, X = small()
    found = unmix(X, sources=S, model=TheirNMF(init="random", random_state=0, max_iter=5000))
    assert isinstance(found.model, TheirNMF)
    assert found.table().shape == (2, 3)


def test_a_floor_is_told_and_can_be_taken_off():
    X = small()[1]
    plain, moved = unmix(X + 5, 2), unmix(X + 5, 2, subtract=True)
    assert "subtract=True takes that off" in plain.info()
    assert "subtract=True" not in moved.info()
    np.testing.assert_allclose(moved.baseline, (X + 5).min(axis=0))
    rebuilt = moved.signals @ moved.mixing + moved.baseline
    assert np.linalg.norm(rebuilt - X - 5) / np.linalg.norm(X + 5) == pytest.approx(moved.error, rel=1e-6)


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_matching_does_not_see_order_sign_or_scale(order):
    truth = np.random.default_rng(1).normal(size=(50, 3))
    places, correlations = match(truth[:, order] * [2.0, -1.0, 0.1] + 7, truth)
    assert [order[place] for place in places] == [0, 1, 2]
    np.testing.assert_allclose(correlations, 1, atol=1e-12)


def test_matching_takes_the_best_sum_of_all_assignments():
    rng = np.random.default_rng(2)
    found, truth = rng.normal(size=(30, 4)), rng.normal(size=(30, 4))
    similar = np.abs(np.corrcoef(truth.T, found.T)[:4, 4:])
    best = max(similar[range(4), order].sum() for order in itertools.permutations(range(4)))
    assert match(found, truth)[1].sum() == pytest.approx(best)


def test_a_constant_signal_is_like_nothing():
    truth = np.random.default_rng(3).normal(size=(20, 1))
    assert match(np.ones((20, 1)), truth)[1].tolist() == [0]


def test_pca_is_that_of_scikit_learn(found, mixed):
    theirs = PCA(3).fit_transform(mixed.X)
    np.testing.assert_allclose(match(theirs, mixed.W)[1], found.beside[1], atol=1e-9)


REFUSALS = {
    "no number": ({"n_components": None}, "n_components is missing"),
    "unknown method": ({"method": "ica"}, "'ica' is unknown"),
    "sources of other length": ({"sources": np.ones((3, 2))}, "give a row per time"),
    "another number of sources": ({"sources": np.ones((60, 3))}, "n_components=2, but sources has 3"),
}


@pytest.mark.parametrize(("options", "said"), list(REFUSALS.values()), ids=list(REFUSALS))
def test_what_cannot_be_is_refused(options, said):
    with pytest.raises(DataError, match=said):
        unmix(small()[1], **{"n_components": 2, **options})
