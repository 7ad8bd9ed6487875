"""Mixed spectra: the least volume finds the pure ones, abundances are shares, cubes come back as maps."""

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from sklearn.decomposition import NMF as TheirNMF

import partwise
from partwise.apps.spectra import as_scene, spectral_angles, unmix
from partwise.errors import DataError

CHANNELS = np.linspace(0, 1, 40)


def bell(mean, width):
    return np.exp(-((CHANNELS - mean) ** 2) / (2 * width**2))


@pytest.fixture(scope="module")
def pure():
    return 0.1 + np.array(
        [bell(0.2, 0.05) + 0.6 * bell(0.5, 0.2), bell(0.5, 0.08), bell(0.8, 0.1) + 0.3 * bell(0.1, 0.1)]
    )


@pytest.fixture(scope="module")
def shares():
    return np.random.default_rng(0).dirichlet(np.full(3, 0.4), 300)


@pytest.fixture(scope="module")
def cube(pure, shares):
    noise = 0.005 * np.random.default_rng(1).normal(size=(300, 40))
    return np.maximum(shares @ pure + noise, 0).reshape(15, 20, 40)


@pytest.fixture(scope="module")
def found(cube, pure):
    return unmix(cube, 3, method="minimum-volume", reference=pure)


def test_the_least_volume_finds_the_planted_spectra(found, cube, pure):
    assert found.matches["angle"].max() < 0.02
    assert unmix(cube, 3, reference=pure).matches["angle"].max() > 0.05  # another exact fit
    assert found.lack_of_fit < 0.02


def test_abundances_are_the_planted_shares_and_come_back_as_maps(found, shares, pure):
    np.testing.assert_allclose(found.abundances.sum(axis=1), 1, rtol=1e-6)
    order = [int(name.removeprefix("mixture_")) for name in found.matches["reference"]]
    np.testing.assert_allclose(found.abundances, shares[:, order], atol=0.05)
    assert found.maps.shape == (3, 15, 20)
    np.testing.assert_array_equal(found.maps[1, 2], found.abundances.iloc[40:60, 1])


def test_shares_are_an_option_of_the_plain_fit(cube):
    np.testing.assert_allclose(unmix(cube, 3, sum_to_one=True).abundances.sum(axis=1), 1, rtol=1e-6)


def test_names_of_a_table_are_kept_and_it_has_no_maps(cube):
    table = pd.DataFrame(cube[0], index=[f"s{i}" for i in range(20)], columns=CHANNELS.round(3))
    found = unmix(table, 2)
    assert found.abundances.index[3] == "s3" and found.endmembers.columns[-1] == "1.0"
    assert "other spectra may fit as well" in found.info()
    with pytest.raises(DataError, match="is a table: there are no maps"):
        _ = found.maps


def test_any_estimator_can_stand_in(cube, pure):
    found = unmix(cube, model=TheirNMF(3, init="nndsvda", max_iter=500), reference=pure)
    assert type(found.model) is TheirNMF and found.matches["angle"].max() < 0.5


def test_the_model_is_saved(found, tmp_path):
    found.save(tmp_path / "model.pw")
    np.testing.assert_array_equal(partwise.load(tmp_path / "model.pw").components_, found.endmembers)


def test_angles_do_not_see_brightness():
    np.testing.assert_allclose(
        spectral_angles([[1, 0], [2, 2]], [[0, 5], [3, 3]]), [[np.pi / 2, np.pi / 4], [np.pi / 4, 0]]
    )


def test_sparse_spectra_are_read_like_dense_ones():
    np.testing.assert_array_equal(as_scene(sp.csr_array(np.eye(3))).X, np.eye(3))


MISTAKES = {
    "one": (lambda c: c[0, :1], "holds 1 spectrum"),
    "negative": (lambda c: c[0] - 1, r"values are negative \(first: 'mixture_0', channel 'channel_0'"),
    "nan": (lambda c: c[0] * np.nan, "values are empty or infinite"),
    "zero": (lambda c: c * 0, "all values are 0"),
    "one axis": (lambda c: c[0, 0], r"has the shape \(40,\)"),
    "text": (lambda c: c[0].astype(str), "spectra are real numbers"),
}


@pytest.mark.parametrize(("change", "said"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_what_is_no_spectrum_is_refused(change, said, cube):
    with pytest.raises(DataError, match=said):
        unmix(change(cube), 2)


def test_known_spectra_need_the_same_channels(found, pure):
    with pytest.raises(DataError, match="has 39 channels, The array 40"):
        found.match(pure[:, 1:])
