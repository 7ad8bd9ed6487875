"""labels.json: what the page exports comes back, and everything else is refused."""

import json

import pytest

import partwise
from partwise.datasets import ratings_5x4
from partwise.errors import DataError, MissingFileError
from partwise.report import read_labels, summarize


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


@pytest.mark.parametrize("number", [2, -1, "x", "9" * 5000, 0.5])
def test_a_label_without_its_component_is_refused(number):
    model = partwise.NMF(2, random_state=0).fit(ratings_5x4())
    with pytest.raises(DataError, match=f"label for component {str(number)[:20]}, but there are 2"):
        summarize(model, labels={number: "a"})


def test_some_components_may_be_named_by_number_or_by_its_digits():
    model = partwise.NMF(2, random_state=0).fit(ratings_5x4())
    for given in ({1: "b"}, {"1": "b"}):
        assert [one["label"] for one in summarize(model, labels=given)["components"]] == ["component 0", "b"]
