"""Pictures of topics show the numbers of the model."""

import numpy as np
import pytest

from partwise import plot
from partwise.apps.topics import TopicModel
from partwise.errors import DataError

TEXTS = ["red apple pie", "apple pie", "blue sky", "sky blue sea", "sea breeze", "green apple"]


@pytest.fixture(scope="module")
def model():
    return TopicModel(3, lang="none").fit(TEXTS, names=list("abcdef"))


def test_bars_are_the_weights_of_the_top_words(model):
    axes = plot.top_words(model, n=3)
    assert len(axes) == 3
    for topic, ax in enumerate(axes):
        words = model.get_topic(topic, 3)
        assert [label.get_text() for label in ax.get_yticklabels()] == [word for word, _ in words]
        assert [bar.get_width() for bar in ax.patches] == [weight for _, weight in words]


def test_some_topics_can_be_drawn_on_given_axes(model):
    given = plot.top_words(model, n=2)
    assert plot.top_words(model, [2], axes=given[:1])[0] is given[0]
    assert [ax.get_title() for ax in plot.top_words(model, [2, 0])] == [model.topic_labels_[q] for q in (2, 0)]
    with pytest.raises(DataError, match="no topic to draw"):
        plot.top_words(model, [])


def test_similarity_of_topics_is_one_on_the_diagonal(model):
    values = plot.topic_similarity(model).images[0].get_array()
    np.testing.assert_allclose(np.diag(values), 1)
    np.testing.assert_allclose(values, values.T, atol=1e-12)


def test_lines_over_time_carry_the_shares(model):
    table = model.topics_over_time([1990, 1990, 1991, 1991, 1992, 1992])
    lines = plot.topics_over_time(table).lines
    assert len(lines) == 3
    for topic, line in enumerate(lines):
        np.testing.assert_array_equal(line.get_ydata(), table[table.Topic == topic].Share)
    assert len(plot.topics_over_time(table, topics=[1]).lines) == 1


def test_the_bar_of_a_document_is_as_long_as_one(model):
    ax = plot.document_topics(model, [0, 4])
    lengths = np.array([bar.get_width() for bar in ax.patches]).reshape(3, 2)
    np.testing.assert_allclose(lengths.sum(axis=0), 1)
    np.testing.assert_allclose(lengths.T, model.topic_shares_[[0, 4]])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["a", "e"]
