"""Pictures of recommendations show the numbers of the model."""

import numpy as np
import pytest

from partwise import plot
from partwise.apps.ratings import Recommender, compare, read_ratings, split
from partwise.datasets import make_ratings


@pytest.fixture(scope="module")
def films():
    return read_ratings(make_ratings().extra["table"])


@pytest.fixture(scope="module")
def model(films):
    return Recommender(4, tune=False, taste=1.0).fit(films)


def test_cards_are_the_items_that_stand_for_a_taste(model):
    axes = plot.taste_cards(model, n=3)
    for ax, items, weights in zip(axes, *(model.taste_cards(3)[name] for name in ("items", "weights")), strict=True):
        assert [label.get_text() for label in ax.get_yticklabels()] == items
        assert [bar.get_width() for bar in ax.patches] == weights
    assert len(plot.taste_cards(model, most=2)) == 2


def test_a_profile_is_the_row_of_the_user_over_what_is_usual(model):
    widths = [bar.get_width() for bar in plot.user_profile(model, "user002").patches]
    row = model.user_factors_[model.place_of_user("user002")] - model.usual_user_
    np.testing.assert_allclose(widths, row[2:])


def test_the_long_tail_counts_every_rating_once(films, model):
    counts = plot.long_tail(model).lines[0].get_ydata()
    assert counts.sum() == len(films) and (np.diff(counts) <= 0).all()


def test_bars_of_measures_leave_out_what_does_not_apply(films, model):
    train, test, _ = split(films)
    table = compare(train, test, {"tastes": model})
    axes = plot.metric_bars(table)
    assert [ax.get_title() for ax in axes] == ["RMSE", "nDCG@10", "recall@10", "coverage@10"]
    assert len(axes[0].patches) == 3  # what is popular predicts no stars
    assert axes[1].patches[-1].get_width() == table["nDCG@10"]["tastes"]
    assert len({ax.patches[-1].get_facecolor() for ax in axes}) == 1  # a model has one colour


def test_observed_cells_are_told_from_predictions(model):
    scores, observed = model.predicted_table(["user001", "user002"], ["Alien", "Heat", "Up"])
    ax = plot.predicted_cells(scores, observed)
    bold = [text.get_weight() == "bold" for text in ax.texts]
    assert bold == observed.to_numpy().ravel().tolist()
    assert [float(text.get_text()) for text in ax.texts] == pytest.approx(scores.to_numpy().ravel(), abs=0.051)
