"""Pictures of sound: what is drawn is what was found."""

import numpy as np
import pandas as pd
import pytest

from partwise import plot
from partwise.apps.audio import separate
from partwise.errors import DataError


@pytest.fixture(scope="module")
def found():
    """A tone in the first half, noise in the second."""
    t = np.arange(8000) / 8000
    noise = np.random.default_rng(0).standard_normal(8000) / 3
    return separate(np.where(t < 0.5, np.sin(2 * np.pi * 1000 * t), noise), 2, rate=8000, window=512, hop=128)


def test_the_spectrogram_is_brightest_at_the_tone(found):
    ax = plot.spectrogram(found)
    values = ax.collections[0].get_array().reshape(256, -1)
    assert values.max() == 0 and values.min() >= -80
    assert found.grid.frequencies[1 + values[:, 20].argmax()] == 1000
    assert ax.get_yscale() == "log"


def test_each_template_is_a_column_below_its_own_loudest(found):
    values = plot.templates(found).collections[0].get_array().reshape(256, 2)
    np.testing.assert_array_equal(values.max(axis=0), 0)


def test_activations_are_one_above_the_other_under_their_names(found):
    ax = plot.activations(found)
    assert [label.get_text() for label in ax.get_yticklabels()] == list(found.names)
    for place, area in enumerate(ax.collections):
        heights = area.get_paths()[0].vertices[:, 1]
        assert heights.min() == place and heights.max() == pytest.approx(place + 0.9)


NOTES = pd.DataFrame({"onset": [0.0, 0.5], "offset": [0.4, 1.0], "pitch": [60, 69], "name": ["C4", "A4"]})


def test_notes_are_bars_over_the_true_ones():
    ax = plot.piano_roll(NOTES, truth=[[1, 1, 0, 0], [0, 0, 1, 1]], pitches=[60, 69], times=[0, 0.25, 0.5, 0.75])
    bars = [(bar.get_x(), bar.get_width(), bar.get_y() + bar.get_height() / 2) for bar in ax.patches]
    np.testing.assert_allclose(bars, [(0, 0.4, 60), (0.5, 0.5, 69)])
    assert [label.get_text() for label in ax.get_yticklabels()] == ["C4", "A4"]
    assert {text.get_text() for text in ax.get_legend().get_texts()} == {"found", "true"}
    with pytest.raises(DataError, match="give pitches="):
        plot.piano_roll(NOTES, truth=[[1]])
    assert len(plot.piano_roll(NOTES.iloc[:0]).patches) == 0
