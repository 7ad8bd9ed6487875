"""The real samples: sizes, names, notices, and that texts and counts tell the same story."""

from importlib.resources import files

import numpy as np
import pytest
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer

from partwise import datasets

DATA = files("partwise.datasets").joinpath("_data")
LOADERS = ["novels", "sotu", "piano_notes", "piano_mix", "digits"]
WORD = r"\b[a-zA-Z][a-zA-Z]+\b"


@pytest.fixture(scope="module")
def novels():
    return datasets.load_novels()


@pytest.fixture(scope="module")
def novels_text():
    return datasets.load_novels_text()


@pytest.fixture(scope="module")
def sotu():
    return datasets.load_sotu()


@pytest.fixture(scope="module")
def sotu_text():
    return datasets.load_sotu_text()


def recount(texts, vocabulary):
    return CountVectorizer(token_pattern=WORD, vocabulary=vocabulary).fit_transform(texts)


@pytest.mark.parametrize("name", LOADERS)
def test_every_sample_is_non_negative_float64_and_fully_named(name):
    data = datasets.load(name)
    values = data.X.data if sp.issparse(data.X) else data.X
    assert data.name == name
    assert values.dtype == np.float64
    assert values.min() >= 0
    assert np.isfinite(values).all()
    assert data.row_names.shape == (data.X.shape[0],)
    assert data.feature_names.shape == (data.X.shape[1],)
    assert len(set(data.row_names)) == data.X.shape[0]
    assert data.labels is None or data.labels.shape == (data.X.shape[0],)


@pytest.mark.parametrize("name", LOADERS)
def test_every_sample_carries_its_notice_in_one_line(name):
    notice = datasets.load(name).notice
    assert notice
    assert "\n" not in notice


def test_every_shipped_file_has_its_notice_beside_it():
    notice = DATA.joinpath("NOTICE.md").read_text(encoding="utf-8")
    shipped = [f.name for f in DATA.iterdir() if f.name != "NOTICE.md"]
    assert len(shipped) == 6
    for name in shipped:
        assert f"`{name}`" in notice
    for phrase in ("Alexander Holm", "licenses/by/3.0", "Public Domain Dedication", "Permission is hereby granted"):
        assert phrase in notice


def test_the_shipped_files_stay_below_eight_megabytes():
    assert sum(len(f.read_bytes()) for f in DATA.iterdir()) < 8e6


def test_a_loader_returns_fresh_arrays():
    first = datasets.load_novels()
    first.X.data[:] = 0
    assert datasets.load_novels().X.data.min() == 1


def test_reading_a_sample_opens_no_pickle():
    for f in DATA.iterdir():
        if f.name.endswith(".npz"):
            with f.open("rb") as source, np.load(source, allow_pickle=False) as parts:
                assert not any(parts[key].dtype.hasobject for key in parts)


def test_the_novels_have_the_documented_size(novels):
    assert novels.X.shape == (193, 7678)
    assert novels.X.nnz == 93003
    assert (novels.X.data.min(), novels.X.data.max()) == (1, 96)


def test_each_novel_has_its_number_of_chapters(novels):
    titles, numbers = np.unique(novels.labels, return_counts=True)
    assert dict(zip(titles.tolist(), numbers.tolist(), strict=True)) == {
        "Pride and Prejudice": 61,
        "Great Expectations": 59,
        "Twenty Thousand Leagues under the Sea": 46,
        "The War of the Worlds": 27,
    }


def test_chapters_and_their_counts_stand_in_the_same_order(novels, novels_text):
    assert novels_text.columns.tolist() == ["title", "chapter", "text"]
    assert novels_text.title.tolist() == novels.labels.tolist()
    assert novels_text.chapter.tolist() == novels.extra["chapters"].tolist()


def test_counting_the_chapters_gives_the_shipped_counts(novels, novels_text):
    off = np.abs(recount(novels_text.text, novels.feature_names) - novels.X)
    assert np.flatnonzero(off.sum(axis=1)).tolist() == [27, 134]  # the two with a transcriber's note
    assert off.sum() == 13


def test_the_vocabulary_of_the_novels_follows_its_rule(novels, novels_text):
    rule = CountVectorizer(token_pattern=WORD, stop_words="english", min_df=3, max_df=0.5).fit(novels_text.text)
    assert set(novels.feature_names) - set(rule.get_feature_names_out()) == {"anonymous"}  # in a transcriber's note
    assert set(rule.get_feature_names_out()) <= set(novels.feature_names)


def test_the_addresses_have_the_documented_size_and_nine_empty_rows(sotu):
    assert sotu.X.shape == (10690, 10543)
    assert sotu.X.nnz == 661278
    assert (sotu.X.getnnz(axis=1) == 0).sum() == 9
    assert (sotu.X.getnnz(axis=0) > 0).all()


def test_the_addresses_run_from_1790_to_2021(sotu):
    years = sotu.extra["years"]
    assert (years.min(), years.max()) == (1790, 2021)
    assert (np.diff(years) >= 0).all()
    assert len(set(sotu.labels)) == 43


def test_pieces_since_1900_are_the_last_rows_of_the_counts(sotu, sotu_text):
    assert sotu_text.columns.tolist() == ["year", "president", "text"]
    assert sotu_text.year.tolist() == sotu.extra["years"][-6474:].tolist()
    assert sotu_text.president.tolist() == sotu.labels[-6474:].tolist()


def test_counting_the_pieces_gives_the_shipped_counts(sotu, sotu_text):
    last = sotu_text.text[-500:]
    assert abs(recount(last, sotu.feature_names) - sotu.X[-500:]).sum() == 0


def test_the_piano_notes_sound_at_their_pitch():
    notes = datasets.load_piano_notes()
    assert notes.X.shape == (1025, 30)
    assert notes.extra["waves"].shape == (30, 48000)
    assert np.abs(notes.extra["waves"]).max() <= 1
    assert (notes.feature_names[0], notes.feature_names[-1]) == ("A0", "C8")
    pitch = 440 * 2 ** ((notes.extra["midi"] - 69) / 12)
    loudest = notes.extra["frequencies"][notes.X.argmax(axis=0)]
    middle = (notes.extra["midi"] >= 69) & (notes.extra["midi"] <= 96)  # lower notes are louder in an overtone
    assert (
        np.abs(loudest / pitch - 1)[middle].max() < 0.029
    )  # half a semitone: bins are 7.8 Hz, short strings tuned high


def test_the_piano_mix_comes_with_its_score():
    mix = datasets.load_piano_mix()
    heard = mix.extra
    assert mix.X.shape == (1025, 939)
    assert mix.X.min() > 0
    assert heard["midi"].tolist() == [45, 48, 51, 54, 57, 60, 63, 66, 69, 72, 75, 78, 81]
    assert heard["roll"].shape == (13, 939)
    assert heard["wave"].size == 30 * heard["rate"]
    assert heard["frequencies"].shape == (1025,)
    assert heard["times"].shape == (939,)


def test_every_note_of_the_mix_is_among_the_single_notes():
    assert set(datasets.load_piano_mix().extra["notes"]) <= set(datasets.load_piano_notes().feature_names)


def test_the_digits_are_those_of_scikit_learn():
    digits = datasets.load_digits()
    assert digits.X.shape == (1797, 64)
    assert digits.X.max() == 16
    assert (digits.X.sum(axis=0) == 0).sum() == 3
    assert set(digits.labels) == set(range(10))
