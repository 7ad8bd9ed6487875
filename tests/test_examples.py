"""Every story of the gallery runs, and its own checks hold."""

import runpy
from pathlib import Path

import pytest

STORIES = sorted((Path(__file__).parents[1] / "examples").glob("plot_*.py"))


def test_there_are_stories():
    assert STORIES


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")  # of the contestants
@pytest.mark.parametrize("story", STORIES, ids=lambda path: path.stem)
def test_a_story_of_the_gallery_runs(story, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    runpy.run_path(str(story))
