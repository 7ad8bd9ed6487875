"""The check of the links finds what leads nowhere and what a page would fetch."""

import runpy
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "docs" / "check_links.py"


@pytest.fixture
def check():
    return runpy.run_path(str(SCRIPT))["check"]


@pytest.mark.parametrize(
    ("body", "faults"),
    [
        ('<a href="other.html#here">x</a>', 0),
        ('<a href="other.html#nowhere">x</a>', 1),
        ('<a href="gone.html">x</a>', 1),
        ('<a href="#top">x</a><p id="top"></p>', 0),
        ('<a href="https://doi.org/10.1038/44565">x</a>', 0),
        ('<script src="https://cdn.example/x.js"></script>', 1),
        ('<img src="data:image/png;base64,AA">', 0),
    ],
)
def test_a_link_must_lead_somewhere_and_nothing_is_loaded_from_elsewhere(body, faults, check, tmp_path):
    (tmp_path / "index.html").write_text(f"<html>{body}</html>", encoding="utf-8")
    (tmp_path / "other.html").write_text('<html><p id="here"></p></html>', encoding="utf-8")
    wrong, outside = check(tmp_path)
    assert len(wrong) == faults, wrong
    assert len(outside) == ("https" in body)
