"""The page of benchmarks says what the files say, and says so when there is none."""

import json
import runpy
from pathlib import Path

import pytest
from PIL import Image

SCRIPT = Path(__file__).parents[2] / "docs" / "benchmarks_table.py"
REACHED = {"seconds": 0.5, "iterations": 12.0}


@pytest.fixture
def page():
    return runpy.run_path(str(SCRIPT))["page"]


@pytest.fixture
def found():
    """What benchmarks/peers.py writes, of one race of two."""
    row = {"name": "partwise", "own_start": False, "memory": 80.0, "0.01": REACHED, "0.001": None}
    row |= {"values": 5, "ratio": 1.0, "bound": False, "why": ""}
    slow = row | {"name": "peer", "own_start": True, "memory": None, "0.01": None, "ratio": 3.0, "bound": True}
    verdict = {"peer": "peer", "ratio": 3.0, "bound": True}
    race = {"workload": "digits", "k": 10, "beta": 2.0, "dtype": "float32", "starts": 5, "rows": [row, slow]}
    race |= {"absent": {"RcppML": "no R"}, "lacking": [], "verdict": verdict}
    options = {"threads": 2, "workload": ["digits"], "dtype": "float32"}
    return {"versions": {"numpy": "2.4"}, "limits": {"GB/s": 25.0}, "options": options, "races": [race]}


def test_without_a_file_the_page_says_so(page, tmp_path):
    assert page(tmp_path).startswith("No results have been recorded")


def test_a_run_shows_its_date_its_command_and_every_contestant(page, found, tmp_path):
    made = {"date": "2026-11-26", "command": "python -m benchmarks.peers --all"}
    (tmp_path / "all.json").write_text(json.dumps(made | found), encoding="utf-8")
    text = page(tmp_path)
    assert "2026-11-26" in text and "    python -m benchmarks.peers --all\n" in text
    assert "peer, takes more than 3.00 times as long" in text
    assert "| partwise | 0.5 | - | 1.00 | 80 |  |" in text
    assert "| peer\\* | - | - | > 3.00 | - |  |" in text
    assert "| RcppML | - | - | - | - | no R |" in text


def test_a_run_that_does_not_count_is_told(page, found, tmp_path):
    found["races"][0]["lacking"] = ["RcppML"]
    (tmp_path / "all.json").write_text(json.dumps(found), encoding="utf-8")
    assert "does not count: without RcppML" in page(tmp_path)
    assert "a day that the file does not tell" in page(tmp_path)


def test_the_picture_has_a_line_for_every_race_that_counts(found, tmp_path):
    picture = runpy.run_path(str(SCRIPT.with_name("benchmarks_picture.py")))
    lacking = {**found, "races": [found["races"][0] | {"lacking": ["RcppML"]}]}
    (tmp_path / "one.json").write_text(json.dumps(found), encoding="utf-8")
    (tmp_path / "two.json").write_text(json.dumps(lacking), encoding="utf-8")
    assert [race["workload"] for race in picture["races"](tmp_path)] == ["digits"]
    picture["draw"](tmp_path / "races.png", tmp_path)
    with Image.open(tmp_path / "races.png") as drawn:
        assert drawn.width > drawn.height > 50
