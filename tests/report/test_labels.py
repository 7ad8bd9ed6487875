"""labels.json: what the page exports comes back, and everything else is refused."""

import json

import pytest

from partwise.errors import DataError, MissingFileError
from partwise.report import read_labels


def test_labels_are_read_by_number(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(json.dumps({"schema": 1, "labels": {"0": "Straße", "12": "<b>"}}), encoding="utf-8")
    assert read_labels(path) == {0: "Straße", 12: "<b>"}


def test_labels_that_an_editor_began_with_a_mark_are_read(tmp_path):
    path = tmp_path / "labels.json"
    path.write_text('{"schema": 1, "labels": {"0": "a"}}', encoding="utf-8-sig")
    assert read_labels(path) == {0: "a"}


@pytest.mark.parametrize(
    "text, said",
    [
        ("{", "is no JSON file"),
        ("[1]", "holds no labels: it should read"),
        ('{"labels": []}', "holds no labels"),
        ('{"schema": 2, "labels": {}}', "is of schema 2; this partwise reads 1"),
        ('{"schema": 1, "labels": {"x": "a"}}', "'x': 'a' is no label"),
        ('{"schema": 1, "labels": {"0": 5}}', "'0': 5 is no label"),
        (f'{{"schema": 1, "labels": {{"{"9" * 5000}": "a"}}}}', "9: 'a' is no label"),
        ("[" * 100_000, "is no JSON file"),
    ],
)
def test_what_is_no_labels_file_is_refused(text, said, tmp_path):
    path = tmp_path / "labels.json"
    path.write_text(text)
    with pytest.raises(DataError, match=said):
        read_labels(path)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(MissingFileError, match=r"nothing\.json does not exist"):
        read_labels(tmp_path / "nothing.json")
