"""Coherence and diversity: gensim's figures, and laws."""

import json

import numpy as np
import pytest
import scipy.sparse as sp

from partwise.apps.topics import coherence, diversity
from partwise.apps.topics.measures import MEASURES, in_documents, in_windows, judged
from partwise.errors import DataError

from .make_gensim_figures import FIGURES, planted

GOLDEN = json.loads(FIGURES.read_text(encoding="utf-8"))["figures"]


def test_every_measure_has_a_figure_of_gensim():
    assert set(GOLDEN) == set(MEASURES)


@pytest.mark.parametrize("measure", sorted(MEASURES))
def test_every_measure_is_gensims(measure):
    texts, topics = planted()
    np.testing.assert_allclose(coherence(topics, texts, measure), GOLDEN[measure], rtol=0, atol=1e-12)


def test_counts_from_a_matrix_are_those_from_the_texts():
    texts, topics = planted(seed=1)
    words = sorted({word for topic in topics for word in topic})
    X = sp.csr_array([[text.count(word) for word in words] for text in texts])
    by_matrix, by_texts = in_documents(X, words, range(len(words))), in_windows(texts, words, None)
    np.testing.assert_array_equal(by_matrix.together, by_texts.together)
    assert by_matrix.units == by_texts.units
    np.testing.assert_array_equal(judged(topics, by_matrix, "npmi"), coherence(topics, texts, "npmi"))


def test_the_size_of_the_blocks_does_not_matter(monkeypatch):
    texts, topics = planted(seed=2)
    whole = coherence(topics, texts, "c_v")
    monkeypatch.setattr("partwise.apps.topics.measures.BLOCK", 1000)
    np.testing.assert_array_equal(coherence(topics, texts, "c_v"), whole)


def test_npmi_knows_its_ends():
    always, never = [["a", "b"], ["c"], ["a", "b"]], [["a"], ["b"], ["c"]]
    assert coherence([["a", "b"]], always)[0] == pytest.approx(1, abs=1e-9)
    assert coherence([["a", "b"]], never)[0] == pytest.approx(-1, abs=0.1)  # epsilon stands for log 0
    assert coherence([["a", "b"]], [["a", "b"], ["a"], ["b"], ["c"]])[0] == pytest.approx(0, abs=1e-9)


def test_words_that_always_meet_or_never_occur_give_numbers():
    for measure in MEASURES:
        assert np.isfinite(coherence([["a", "b"], ["a", "z"]], [["a", "b"], ["a", "b"]], measure)).all()


def test_a_topic_of_one_word_has_no_coherence():
    assert np.isnan(coherence([["a"]], [["a", "b"]])).all()


def test_an_unknown_measure_is_named():
    with pytest.raises(DataError, match="measure='cv' is unknown"):
        coherence([["a", "b"]], [["a"]], "cv")


def test_diversity_counts_different_words():
    assert diversity([["a", "b"], ["c", "d"]]) == 1
    assert diversity([["a", "b"], ["a", "b"]]) == 0.5
    assert np.isnan(diversity([]))
