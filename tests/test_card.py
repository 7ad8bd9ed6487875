"""What a notebook shows of models and results: what was found, in few words, and nothing that runs."""

from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.pipeline import make_pipeline

import partwise
from partwise.card import ROWS, card
from partwise.datasets import make_ratings, make_signals, ratings_5x4

BAD = "<script>alert(1)</script>"


class Seen(HTMLParser):
    """The tags, the words, and the cells of a piece of HTML."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.cells, self.words = [], [], ""
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.tags.append(tag)

    def handle_data(self, data):
        self.words += data
        if self.tags[-1:] == ["td"]:
            self.cells.append(data)


def card_of(model):
    """What stands below scikit-learn's own part."""
    return Seen('<div class="partwise-card">' + model._repr_html_().partition('<div class="partwise-card">')[2])


def test_a_fit_shows_its_size_fit_stop_reason_and_strongest_features():
    model = partwise.NMF(2, random_state=0).fit(ratings_5x4())
    seen = card_of(model)
    for part in ("2 components of 4 features", "90.3%", "Stop: converged after 7 iterations"):
        assert part in seen.words
    assert seen.cells == ["0", "Item4, Item3, Item2", "1", "Item1, Item2, Item4"]


def test_before_the_fit_there_is_scikit_learns_diagram_alone():
    html = partwise.NMF(2)._repr_html_()
    assert "sk-container" in html and "partwise-card" not in html


def test_the_diagram_and_the_switches_of_scikit_learn_remain():
    model = partwise.NMF(2, random_state=0).fit(ratings_5x4())
    assert "sk-container" in model._repr_html_()
    assert model._repr_mimebundle_()["text/html"].endswith(model._repr_html_().partition("partwise-card")[2])
    assert "NMF" in make_pipeline(model)._repr_html_()
    with sklearn.config_context(display="text"):
        assert not hasattr(model, "_repr_html_") and list(model._repr_mimebundle_()) == ["text/plain"]


def test_a_model_of_batches_that_never_stopped_has_a_card_too():
    model = partwise.MiniBatchNMF(2, random_state=0).partial_fit(np.asarray(ratings_5x4(), dtype=float))
    assert card_of(model).cells[::2] == ["0", "1"]


def test_names_of_the_user_are_text():
    table = pd.DataFrame(np.eye(3) + 1, columns=[BAD, "</pre>", "a"])
    seen = card_of(partwise.NMF(1, random_state=0).fit(table))
    assert set(seen.tags) == {"div", "pre", "table", "thead", "tbody", "tr", "th", "td"}
    assert BAD in seen.words


def test_a_long_table_is_cut_and_says_so():
    model = partwise.NMF(30, random_state=0, max_iter=500).fit(np.eye(40) + 1e-3)
    seen = card_of(model)
    assert seen.tags.count("td") == 2 * ROWS and seen.words.endswith("There are more.")
    assert len(card("", ["a"], [["x" * 10_000]])) < 400


def test_topics_and_tastes_show_their_words():
    texts = [f"{BAD} dogs bark at cats", "cats flee from dogs", "taxes rise again", "parliament votes on taxes"] * 2
    topics = partwise.TopicModel(2, lang="en")
    assert "partwise-card" not in topics._repr_html_()
    assert "2 topics of 8 documents" in card_of(topics.fit(texts)).words
    tastes = partwise.Recommender(3, tune=False).fit(make_ratings().extra["table"])
    assert "3 tastes of 200 users" in card_of(tastes).words


@pytest.mark.filterwarnings("ignore::partwise.NotConvergedWarning")
def test_a_result_of_an_application_shows_its_words_and_its_table():
    found = partwise.apps.signals.unmix(make_signals().X[:50], 2)
    seen = Seen(found._repr_html_())
    assert seen.words.startswith(found.info()) and seen.tags.count("th") == 3
    cube = np.random.default_rng(0).dirichlet(np.ones(6), 30)
    found = partwise.apps.spectra.unmix(pd.DataFrame(cube, columns=[BAD, *"bcdef"]), 2)
    assert Seen(found._repr_html_()).tags.count("tr") == 3
