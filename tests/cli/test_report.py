"""``report``, and ``--report`` of the verbs: what is written and told; every mistake with its message and exit code."""

import json
import tomllib

import numpy as np
import pandas as pd
import pytest

from partwise import persist
from partwise import report as room
from partwise.datasets import load_digits, make_cells, make_mutations, make_ratings
from partwise.io import wav_bytes

REVIEWS = pd.DataFrame(
    {
        "id": [f"r{i}" for i in range(6)],
        "body": [
            "dogs chase cats and cats flee",
            "cats fear dogs and barking",
            "barking dogs chase the cat",
            "taxes rise with the budget",
            "the budget cuts taxes again",
            "parliament votes on the budget and taxes",
        ],
        "year": [1990, 1990, 1991, 1991, 1992, 1992],
        "kind": ["animals"] * 3 + ["money"] * 3,
    }
)


@pytest.fixture
def summaries(monkeypatch):
    """The summaries of the pages that are written, in order."""
    from partwise.report import write as module  # the function, which hides its module

    seen, namespace = [], module.__globals__
    render = namespace["render"]
    monkeypatch.setitem(namespace, "render", lambda summary: seen.append(summary) or render(summary))
    return seen


@pytest.fixture
def reviews(tmp_path, monkeypatch, run):
    """The working folder, with a table of texts and a model of its topics."""
    monkeypatch.chdir(tmp_path)
    REVIEWS.to_csv("reviews.csv", index=False)
    run("topics", "reviews.csv", "-k", 2, "--text", "body", "--title", "id", "--min-df", 1, "-q", "-o", "t")
    return tmp_path


def test_a_model_and_its_data_become_one_page(fitted, run, summaries):
    result = run("report", fitted / "model.pw", "x.csv", "-o", "x.html")
    assert result.stdout.startswith("Wrote x.html (") and "open it in a browser" in result.stdout
    assert "Note: x.html: This file holds your data" in result.stderr
    assert summaries[0]["items"]["names"][:2] == ["s0", "s1"]
    assert "水" in summaries[0]["features"]["names"]


def test_the_page_of_a_model_alone_is_beside_it(fitted, run, summaries):
    run("report", fitted / "model.pw")
    assert (fitted / "model.html").read_text(encoding="utf-8").startswith("<!")
    assert "items" not in summaries[0]
    assert summaries[0]["notices"][0].startswith("The data were not given")


def test_json_says_what_was_written(fitted, run):
    result = run("report", fitted / "model.pw", "x.csv", "-o", "x.html", "--json")
    said = json.loads(result.stdout)
    assert said["verb"] == "report" and said["files"] == {"report": "x.html", "run": "x.run.toml"}
    assert said["bytes"] > 10_000 and any("holds your data" in note for note in said["notes"])


def test_a_run_can_be_repeated_to_the_same_bytes(fitted, run):
    run("report", fitted / "model.pw", "x.csv", "-o", "x.html")
    with open("x.run.toml", "rb") as file:
        record = tomllib.load(file)
    assert record["verb"] == "report" and set(record["sha256"]) == {"data", "model"}
    with open("x.html", "rb") as file:
        first = file.read()
    run("--config", "x.run.toml")
    with open("x.html", "rb") as file:
        assert file.read() == first


def test_columns_are_matched_as_apply_matches_them(fitted, run, summaries, planted):
    from .conftest import NAMES, table

    (fitted.parent / "other.csv").write_text(table(planted[:, ::-1], NAMES[::-1]), encoding="utf-8")
    run("report", fitted / "model.pw", "x.csv", "-o", "a.html")
    result = run("report", fitted / "model.pw", "other.csv", "-o", "b.html")
    assert "matched by name" in result.stderr
    first, second = (one["items"]["weights"]["values"] for one in summaries)
    np.testing.assert_array_equal(first, second)


def test_topics_come_with_texts_periods_and_groups(reviews, run, summaries):
    asked = ("--text", "body", "--title", "id", "--time", "year", "--by", "kind")
    run("report", "t/model.pw", "reviews.csv", *asked, "-o", "r.html")
    found = summaries[0]
    assert found["items"]["names"] == list(REVIEWS.id) and found["items"]["texts"] == list(REVIEWS.body)
    assert found["time"]["periods"] == ["1990", "1991", "1992"]
    assert found["groups"][0]["name"] == "kind" and found["groups"][0]["names"] == ["animals", "money"]
    assert found["items"]["details"]["columns"] == ["year", "kind"]


def test_without_text_no_text_is_in_the_page(reviews, run, summaries):
    run("report", "t/model.pw", "reviews.csv", "--text", "body", "--title", "id", "--no-text", "-o", "r.html")
    assert not any(text in room.to_json(summaries[0]) for text in REVIEWS.body)


def test_fewer_documents_are_told(reviews, run, summaries):
    result = run("report", "t/model.pw", "reviews.csv", "--text", "body", "--max-docs", 3, "-o", "r.html")
    assert "Note: r.html: 3 of 6 documents are shown" in result.stderr
    assert len(summaries[0]["items"]["names"]) == 3


def test_labels_that_a_page_exported_are_read_back(fitted, run, summaries):
    (fitted / "labels.json").write_text('{"schema": 1, "labels": {"1": "the <b>sea</b>"}}')
    run("report", fitted / "model.pw", "--labels", fitted / "labels.json", "-o", "x.html")
    assert [part["label"] for part in summaries[0]["components"]] == ["component 0", "the <b>sea</b>"]


def test_a_model_of_pictures_is_shown_on_pictures(tmp_path, monkeypatch, run, summaries):
    monkeypatch.chdir(tmp_path)
    np.savez("digits.npz", values=load_digits().X[:40].reshape(40, 8, 8))
    run("parts", "digits.npz", "-k", 4, "-o", "p", "-q", "--report", "a.html")
    run("report", "p/model.pw", "digits.npz", "-o", "b.html")
    for found in summaries:
        assert found["kind"] == "images" and found["pictures"]["originals"].shape == (40, 64)


def test_a_recommender_needs_no_data(tmp_path, monkeypatch, run, summaries):
    monkeypatch.chdir(tmp_path)
    make_ratings().extra["table"].to_csv("ratings.csv", index=False)
    run("recommend", "ratings.csv", "-k", 3, "--no-tune", "--test", "none", "-o", "m", "-q", "--report", "a.html")
    run("report", "m/model.pw", "-o", "b.html")
    assert [found["kind"] for found in summaries] == ["ratings", "ratings"]
    assert run("report", "m/model.pw", "ratings.csv", code=2).stderr.endswith("Leave DATA out.\n")


# --report of the verbs


def test_fit_writes_a_page_of_its_own_weights(folder, run, summaries):
    result = run("fit", "x.csv", "-k", 2, "--report", "x.html", "--json")
    assert json.loads(result.stdout)["files"]["x.html"] == "x.html"
    assert "and x.html" in run("fit", "x.csv", "-k", 2, "--report", "x.html").stdout
    assert summaries[0]["items"]["names"][0] == "s0"


def test_topics_hand_over_their_periods_and_groups(reviews, run, summaries):
    asked = ("--text", "body", "--min-df", 1, "--time", "year", "--every", "10", "--by", "kind")
    result = run("topics", "reviews.csv", "-k", 2, *asked, "--report", "t.html", "--json")
    found = summaries[0]
    assert json.loads(result.stdout)["files"]["t.html"] == "t.html"
    assert found["time"]["periods"] == ["1990"] and found["groups"][0]["names"] == ["animals", "money"]
    assert found["items"]["texts"] == list(REVIEWS.body)


def sound(folder):
    time = np.arange(4000) / 4000
    (folder / "s.wav").write_bytes(wav_bytes(np.sin(2 * np.pi * 220 * time) / 2, 4000))


def cells(folder):
    made = make_cells(80, 100, 3)
    pd.DataFrame(made.X.toarray().astype(int), made.row_names, made.feature_names).to_csv(folder / "s.csv")


def mutations(folder):
    made = make_mutations(20)
    pd.DataFrame(made.X.astype(int), columns=made.feature_names).to_csv(folder / "s.csv")


def mixtures(folder):
    np.save(folder / "s.npy", np.random.default_rng(0).random((4, 5, 6)))


@pytest.mark.parametrize(
    "make, arguments, key",
    [
        (sound, ("separate", "s.wav", "-k", 2, "--window", 256, "--hop", 64), "sound"),
        (cells, ("programs", "s.csv", "-k", 3, "--runs", 1, "--orient", "rows"), "items"),
        (mutations, ("signatures", "s.csv", "-k", 2, "--n-init", 1), "channels"),
        (mixtures, ("unmix", "s.npy", "-k", 2), "maps"),
    ],
    ids=["separate", "programs", "signatures", "unmix"],
)
def test_other_verbs_write_pages_of_their_field(make, arguments, key, tmp_path, monkeypatch, run, summaries):
    monkeypatch.chdir(tmp_path)
    make(tmp_path)
    result = run(*arguments, "-o", "out", "--report", "x.html")
    assert "to out and x.html" in result.stdout and "x.html: This file holds your data" in result.stderr
    assert key in summaries[0] and (tmp_path / "x.html").stat().st_size > 10_000
    assert [name for name, _ in summaries[0]["overview"]["provenance"] if "SHA" in name] == ["SHA-256 of the data"]


@pytest.mark.parametrize(
    "make, arguments, data, alone, with_data",
    [
        (sound, ("separate", "s.wav", "-k", 2, "--window", 256, "--hop", 64), "s.wav", "curves", "sound"),
        (cells, ("programs", "s.csv", "-k", 3, "--runs", 1, "--orient", "rows"), "s.csv", "features", "items"),
        (mutations, ("signatures", "s.csv", "-k", 2, "--n-init", 1), "s.csv", "channels", "channels"),
        (mixtures, ("unmix", "s.npy", "-k", 2), "s.npy", "curves", "maps"),
    ],
    ids=["sound", "programs", "signatures", "spectra"],
)
def test_the_saved_model_of_a_verb_gives_the_page_of_its_field(
    make, arguments, data, alone, with_data, tmp_path, monkeypatch, run, summaries
):
    monkeypatch.chdir(tmp_path)
    make(tmp_path)
    run(*arguments, "-o", "out", "-q", "--report", "x.html")
    run("report", "out/model.pw", "-o", "alone.html")
    run("report", "out/model.pw", data, "-o", "again.html")
    told, bare, again = summaries
    assert told["kind"] == bare["kind"] == again["kind"] and told["words"] == bare["words"] == again["words"]
    assert alone in bare and "items" not in bare and "data were not given" in " ".join(bare["notices"])
    assert with_data in again and set(again) == set(told)
    labels = [[part["label"] for part in one["components"]] for one in summaries]
    assert labels[0] == labels[1] == labels[2]
    shares = [[part["share"] for part in one["components"]] for one in (told, again)]
    np.testing.assert_allclose(*shares, atol=0.02)  # the fit stopped a little before its rows were exact


def test_a_model_of_pictures_alone_keeps_its_field(tmp_path, monkeypatch, run, summaries):
    monkeypatch.chdir(tmp_path)
    np.savez("digits.npz", values=load_digits().X[:40].reshape(40, 8, 8))
    run("parts", "digits.npz", "-k", 4, "-o", "p", "-q")
    run("report", "p/model.pw")
    assert summaries[0]["kind"] == "images" and summaries[0]["pictures"]["parts"]["values"].shape == (4, 64)


@pytest.mark.parametrize(
    "make, arguments, wrong, said",
    [
        (sound, ("separate", "s.wav", "-k", 2, "--window", 256, "--hop", 64), "rate.wav", "model is of 4000 Hz"),
        (
            cells,
            ("programs", "s.csv", "-k", 2, "--runs", 1, "--orient", "rows"),
            "few.csv",
            "of the 97 genes of the model",
        ),
        (mixtures, ("unmix", "s.npy", "-k", 2), "wide.npy", "has 7 channels, the model 6"),
    ],
    ids=["sound", "programs", "spectra"],
)
def test_data_of_another_kind_are_refused(make, arguments, wrong, said, tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    make(tmp_path)
    (tmp_path / "rate.wav").write_bytes(wav_bytes(np.sin(np.arange(4000.0)), 8000))
    np.save("wide.npy", np.ones((4, 5, 7)))
    if wrong == "few.csv":
        pd.read_csv("s.csv", index_col=0).iloc[:, :10].to_csv("few.csv")
    run(*arguments, "-o", "out", "-q")
    assert said in " ".join(run("report", "out/model.pw", wrong, "-o", "x.html", code=3).stderr.split())


def test_the_demo_shows_its_novels(folder, run, summaries, monkeypatch):
    from partwise.cli import demo

    monkeypatch.setattr(demo, "tour", lambda voice, seed, pictures: {})
    assert "Wrote demo.html: open it in a browser" in run("demo", "--report", "demo.html").stdout
    assert summaries[0]["groups"][0]["name"] == "book" and summaries[0]["items"]["total"] == 193


# Mistakes


@pytest.mark.parametrize(
    "verb, attribute, value",
    [
        ("report", "field_", {"kind": "spectra"}),
        ("report", "field_", {"kind": "spectra", "channels": 7}),
        ("show", "stop_reason_", "<b>"),
        ("show", "reconstruction_err_", [1.0]),
        ("apply", "components_", "none"),
    ],
)
def test_values_that_no_fit_leaves_are_told_of_the_file(verb, attribute, value, fitted, run):
    model = persist.load(fitted / "model.pw")
    setattr(model, attribute, value)
    persist.save(model, "strange.pw")
    said = run(verb, "strange.pw", *(["x.csv"] if verb == "apply" else []), code=3).stderr
    assert "strange.pw holds values that no fit leaves there (" in said and "fit and save again" in said


@pytest.mark.parametrize(
    "arguments, code, said",
    [
        (("no.pw",), 2, "no.pw does not exist."),
        ((".",), 3, ". is a folder. Give a file that partwise saved."),
        (("x.csv",), 3, "x.csv is not a partwise file"),
        (("M", "no.csv"), 2, "no.csv does not exist."),
        (("M", "word.csv"), 3, "word.csv"),
        (("M", "zeros.csv"), 3, "zeros.csv shares no column with the model"),
        (("M", "-o", "x.txt"), 2, "x.txt: a report is an .html file. Give a name such as x.html."),
        (("M", "-o", "no/x.html"), 2, "no/x.html cannot be written: there is no folder no. Create it first."),
        (("M", "-o", "."), 2, ". is a folder. Give the name of a file in it."),
        (("M", "--max-size", "9" * 400), 2, "is no size of a file"),
        (("M", "-o", "folder.html"), 2, "folder.html is a folder. Give the name of a file in it."),
        (("M", "--labels", "no.json"), 2, "no.json does not exist."),
        (("M", "--labels", "x.csv"), 2, "--labels: x.csv is no JSON file"),
        (("M", "--labels", "nine.json"), 3, "There is a label for component 9, but there are 2, numbered from 0."),
        (("M", "--max-size", "big"), 2, "'big' is no size of a file. Write 5MB, 800kB, or a number of bytes above 0."),
        (("M", "--max-size", "0"), 2, "'0' is no size of a file"),
        (("M", "x.csv", "--max-size", "1kB"), 3, "--max-size allows (0.001 MB). Raise --max-size, or leave"),
        (("M", "--max-docs", "0"), 2, "Invalid value for '--max-docs': 0 is not in the range x>=1."),
        (("M", "x.csv", "--by", "kind"), 2, "--by is for topics, not for NMF."),
        (("M", "--time", "year"), 2, "--time is for topics, not for NMF."),
    ],
)  # fmt: skip
def test_mistakes_of_report(arguments, code, said, fitted, run):
    (fitted.parent / "folder.html").mkdir()
    (fitted.parent / "nine.json").write_text('{"schema": 1, "labels": {"9": "x"}}')
    model = fitted / "model.pw"
    before = sorted(fitted.parent.iterdir())
    result = run("report", *(model if part == "M" else part for part in arguments), code=code)
    assert said in " ".join(result.stderr.split())
    assert sorted(fitted.parent.iterdir()) == before and not (fitted / "model.html").exists()


@pytest.mark.parametrize(
    "arguments, said",
    [
        (("--by", "kind"), "--by needs DATA, the table of the texts."),
        (("reviews.csv", "--by", "sort"), 'The table has no column "sort". Columns: id, body, year, kind.'),
        (("reviews.csv", "--text", "boddy"), 'reviews.csv has no column "boddy".'),
    ],
)
def test_mistakes_with_columns(arguments, said, reviews, run):
    result = run("report", "t/model.pw", *arguments, "-o", "x.html", code=2)
    assert said in result.stderr


def test_a_report_that_cannot_be_written_is_refused_before_the_fit(folder, run):
    result = run("fit", "x.csv", "-k", 2, "--report", "no/x.html", "-o", "out", code=2)
    assert "there is no folder no" in result.stderr and not (folder / "out" / "model.pw").exists()


@pytest.mark.parametrize("text, size", [("5MB", 5_000_000), ("800 kB", 800_000), ("1.5m", 1_500_000), ("12", 12)])
def test_sizes_are_read_in_the_usual_units(text, size):
    from partwise.cli.options import ByteSize

    assert ByteSize().convert(text, None, None) == size
