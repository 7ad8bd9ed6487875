"""Every story of the gallery runs from beginning to end, without a warning, in less than 20 seconds of computing."""

import runpy
import time
from pathlib import Path

import pytest

STORIES = sorted((Path(__file__).parents[1] / "examples").glob("plot_*.py"))


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.stem)
def test_the_story_runs_and_draws(story, monkeypatch):
    from matplotlib import pyplot

    monkeypatch.setattr(pyplot, "show", lambda: None)
    began = time.process_time()
    runpy.run_path(str(story), run_name="__main__")
    assert pyplot.get_fignums()
    assert time.process_time() - began < 20
