"""Signs of life during a fit."""

import numpy as np
import pytest

from partwise import NMF
from partwise.cli import progress
from partwise.cli.voice import Voice


def test_elsewhere_than_on_a_terminal_a_line_tells_now_and_then(folder, run, monkeypatch):
    monkeypatch.setattr(progress, "EVERY_SECONDS", 0.0)
    stderr = run("fit", "x.csv", "-k", 2, "--max-iter", 3, "--tol", 0).stderr
    told = [line for line in stderr.splitlines() if line.startswith("iteration ")]
    known = hasattr(NMF, "set_callbacks")  # scikit-learn before 1.9 tells nobody of its iterations
    assert [line.partition(",")[0] for line in told] == [f"iteration {i} of at most 3" for i in (1, 2, 3)] * known


def test_a_short_fit_tells_no_progress(folder, run):
    assert "of at most" not in run("fit", "x.csv", "-k", 2).stderr


@pytest.mark.parametrize("voice", [Voice(quiet=True), Voice(verbosity=1)])
def test_nothing_watches_a_quiet_fit_nor_one_that_logs(voice):
    model = NMF(2)
    progress.watch(model, voice)
    assert vars(model) == vars(NMF(2))


def test_the_bar_is_gone_after_the_fit(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    bar = progress.Bar(3)
    bar.begin()
    bar.advance()
    bar.end()
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.endswith("\x1b[2K")  # the line is cleared


def test_watching_does_not_alter_the_fit(planted):
    watched, alone = NMF(2, random_state=0), NMF(2, random_state=0)
    progress.watch(watched, Voice())
    np.testing.assert_array_equal(watched.fit_transform(planted), alone.fit_transform(planted))
