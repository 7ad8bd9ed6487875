"""``partwise topics``, and what `apply` and `show` make of its models."""

import csv
import io
import json
import tomllib

import numpy as np
import pandas as pd
import pytest

import partwise
from partwise.apps.topics import TopicModel
from partwise.datasets import load_novels_text

TEXTS = [
    "dogs chase cats",
    "cats fear dogs and barking",
    "a dog barked at the cat",
    "barking dogs chase the cat",
    "taxes rise with the budget",
    "the budget cuts taxes",
    "parliament votes on the budget",
    "a vote on the taxes",
]
REVIEWS = pd.DataFrame(
    {
        "id": [f"r{i}" for i in range(8)],
        "Text": TEXTS,
        "date": [1990, 1991, 1999, 2000, 2001, 2002, 2003, 2020],
        "kind": ["animals"] * 4 + ["money"] * 4,
    }
)
FILES = ["documents.csv", "model.pw", "run.toml", "topics.csv"]


@pytest.fixture
def reviews(tmp_path, monkeypatch):
    """The working folder, with one corpus in every form."""
    monkeypatch.chdir(tmp_path)
    REVIEWS.to_csv("reviews.csv", index=False)
    REVIEWS.to_csv("reviews.tsv", index=False, sep="\t")
    REVIEWS.to_json("reviews.jsonl", orient="records", lines=True)
    (tmp_path / "lines.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    (tmp_path / "folder").mkdir()
    for i, text in enumerate(TEXTS):
        (tmp_path / "folder" / f"{i}.txt").write_text(text, encoding="utf-8")
    return tmp_path


def found(result):
    return json.loads(result.stdout)


def test_four_novels_come_apart_from_a_raw_file_of_chapters(tmp_path, monkeypatch, run):
    monkeypatch.chdir(tmp_path)
    load_novels_text().to_csv("novels.csv", index=False)
    result = run("topics", "novels.csv", "-k", 4, "--by", "title", "--json")
    said = found(result)
    assert said["nmi"] == pytest.approx(1, abs=1e-12)
    assert said["shape"][0] == 193 and said["language"] == "en"
    assert sorted(topic["count"] for topic in said["topics"]) == [27, 46, 59, 61]
    assert all(-1 < topic["npmi"] < 1 for topic in said["topics"])
    for noted in ("column 'text' is read as the text", "Language en, guessed", "193 documents"):
        assert noted in result.stderr
    assert "NMI 1.000" in result.stderr


@pytest.mark.parametrize("source", ["reviews.csv", "reviews.tsv", "reviews.jsonl", "lines.txt", "folder"])
def test_every_kind_of_source_gives_the_same_topics(source, reviews, run):
    run("topics", source, "-k", 2, "--lang", "en", "--out", "out")
    assert sorted(path.name for path in (reviews / "out").iterdir()) == FILES
    expected = TopicModel(2, lang="en").fit(TEXTS)
    np.testing.assert_array_equal(partwise.load("out/model.pw").components_, expected.components_)


def test_the_table_comes_back_with_columns_of_topics(reviews, run):
    run("topics", "reviews.csv", "-k", 2, "--lang", "en")
    with open("reviews-topics/documents.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["Text"] for row in rows] == TEXTS
    assert len({row["topic"] for row in rows[:4]}) == len({row["topic"] for row in rows[4:]}) == 1
    assert all(float(row["share_0"]) + float(row["share_1"]) == pytest.approx(1) for row in rows)
    topics = pd.read_csv("reviews-topics/topics.csv")
    assert topics.Count.sum() == 8 and topics.Share.sum() == pytest.approx(1)


def test_groups_and_time_and_neighbours_are_told_and_written(reviews, run):
    options = ["--by", "kind", "--time", "date", "--every", 10, "--title", "id", "--similar", "r0"]
    result = run("topics", "reviews.csv", "-k", 2, "--lang", "en", *options)
    for said in ("NMI 1.000", "When was which topic largest?", "animals", "r0        1.000000", "NPMI", "diversity"):
        assert said in result.stdout
    assert pd.read_csv("reviews-topics/over_time.csv").groupby("Timestamp").Share.sum().tolist() == pytest.approx(
        [1] * 3
    )
    assert pd.read_csv("reviews-topics/per_group.csv").Documents.sum() == 8
    as_json = found(run("topics", "reviews.csv", "-k", 2, "--lang", "en", *options, "--json"))
    assert as_json["similar"][0] == {"document": "r0", "cosine": pytest.approx(1)}
    assert as_json["nmi"] == pytest.approx(1)
    assert sum(row["Documents"] for row in as_json["time"]) == 8


def test_a_run_can_be_repeated_to_the_same_bytes(reviews, run):
    run("topics", "reviews.csv", "-k", 2, "--lang", "en", "--by", "kind", "--min-df", 1)
    out = reviews / "reviews-topics"
    tables = ["documents.csv", "per_group.csv", "run.toml", "topics.csv"]  # the model holds the seconds of its fit
    before = {name: (out / name).read_bytes() for name in tables}
    options = tomllib.loads((out / "run.toml").read_text(encoding="utf-8"))["options"]
    assert options["texts"] == "../reviews.csv" and options["min_df"] == 1
    run("--config", out / "run.toml")
    assert {name: (out / name).read_bytes() for name in tables} == before


def test_a_folder_has_a_fingerprint_too(reviews, run):
    run("topics", "folder", "-k", 2, "--lang", "en")
    (reviews / "folder" / "0.txt").write_text("cats chase dogs", encoding="utf-8")
    assert "is not the file of that run" in run("--config", "folder-topics/run.toml").stderr


def test_kullback_leibler_goes_with_counts(reviews, run):
    run("topics", "reviews.csv", "-k", 2, "--lang", "en", "--loss", "kl", "--stem", "--ngrams", "1:2")
    model = partwise.load("reviews-topics/model.pw")
    assert (model.weights, model.model_.beta_loss, model.stem) == ("counts", "kullback-leibler", True)
    assert any(" " in term for term in model.terms_)


def test_own_stop_words_replace_those_of_the_language(reviews, run):
    (reviews / "stop.txt").write_text("dogs\nbudget\n", encoding="utf-8")
    run("topics", "reviews.csv", "-k", 2, "--lang", "en", "--stopwords", "stop.txt")
    terms = set(partwise.load("reviews-topics/model.pw").terms_)
    assert "the" in terms and not terms & {"dogs", "budget"}


def test_pictures_are_drawn_where_they_are_asked_for(reviews, run):
    run("topics", "reviews.csv", "-k", 2, "--lang", "en", "--time", "date", "--plots", "pictures")
    drawn = sorted(path.name for path in (reviews / "pictures").iterdir())
    assert drawn == ["topic_similarity.png", "topics.png", "topics_over_time.png"]
    assert all((reviews / "pictures" / name).read_bytes().startswith(b"\x89PNG") for name in drawn)


def test_cleaning_is_told(reviews, run):
    (reviews / "dirty.txt").write_text("\n".join([*TEXTS, "", TEXTS[0], "cats", "\ufffd cats"]), encoding="utf-8")
    stderr = run("topics", "dirty.txt", "-k", 2, "--lang", "en").stderr
    for said in ("12 documents.", "1 documents are empty", "1 documents repeat", "fewer than three", "wrong encoding"):
        assert said in stderr


# apply, show


@pytest.fixture
def model(reviews, run):
    run("topics", "reviews.csv", "-k", 2, "--lang", "en")
    return "reviews-topics/model.pw"


def test_new_texts_get_topics(model, reviews, run):
    pd.DataFrame({"body": ["dogs and cats", "the tax budget", "quark"]}).to_csv("new.csv", index=False)
    result = run("apply", model, "new.csv", "--text", "body")
    rows = list(csv.DictReader(io.StringIO(result.stdout)))
    old = pd.read_csv("reviews-topics/documents.csv")
    assert [int(row["topic"]) for row in rows] == [old.topic[0], old.topic[5], -1]
    assert "1 of 3 documents hold no word that the model knows" in result.stderr
    run("apply", model, "new.csv", "--out", "topics.csv")
    assert pd.read_csv("topics.csv").topic.tolist() == [old.topic[0], old.topic[5], -1]
    assert found(run("apply", model, "new.csv", "--json"))["documents"][2]["topic"] == -1


def test_a_model_of_topics_is_shown_in_words(model, run):
    stdout = run("show", model).stdout
    for said in ("2 topics of 8 documents", "language en", "budget", "cats"):
        assert said in stdout
    assert "weight" in run("show", model, "--component", 1).stdout
    assert found(run("show", model, "--json"))["class"] == "TopicModel"
    assert "no component 2" in run("show", model, "--component", 2, code=2).stderr


# mistakes

MISTAKES = {
    "no size": (["reviews.csv"], 2, "-k is missing"),
    "no file": (["rewiews.csv", "-k", 2], 2, "Did you mean reviews.csv"),
    "no column": (
        ["reviews.csv", "-k", 2, "--text", "body"],
        2,
        'reviews.csv has no column "body". Columns: id, Text, date, kind. Did you mean --text Text?',
    ),
    "no column of groups": (["reviews.csv", "-k", 2, "--by", "kin"], 2, "Did you mean --by kind?"),
    "no column of times": (["reviews.csv", "-k", 2, "--time", "year"], 2, 'no column "year"'),
    "an empty file": (["empty.csv", "-k", 2], 3, "is empty"),
    "a header alone": (["header.csv", "-k", 2], 3, "holds no record"),
    "one row": (["one.csv", "-k", 1], 3, "at least two different documents"),
    "the same row twice": (["same.txt", "-k", 1], 3, "at least two different documents"),
    "another encoding": (["latin.csv", "-k", 2], 3, "not UTF-8: byte 0xe9 in line 2"),
    "an unknown encoding": (["reviews.csv", "-k", 2, "--encoding", "utf9"], 2, "no encoding 'utf9'"),
    "an unknown language": (["reviews.csv", "-k", 2, "--lang", "xx"], 2, "--lang xx is unknown. Known: af, ar"),
    "no stemmer": (["reviews.csv", "-k", 2, "--lang", "ja", "--stem"], 2, "no stemmer for --lang ja"),
    "too many topics": (["reviews.csv", "-k", 60], 2, "-k 60 is more than min(rows, columns) = 8"),
    "rare words": (
        ["reviews.csv", "-k", 2, "--lang", "en", "--min-df", 5],
        3,
        "became empty: --min-df 5 keeps no word. Most common word occurs in 3 documents; try --min-df 2.",
    ),
    "no limit": (["reviews.csv", "-k", 2, "--min-df", "few"], 2, "neither a number of documents (3) nor a share"),
    "no range": (["reviews.csv", "-k", 2, "--ngrams", "2:1"], 2, "no range of lengths"),
    "no time": (["reviews.csv", "-k", 2, "--time", "kind"], 3, "Row 0 has the time 'animals'"),
    "a period of dates": (["reviews.csv", "-k", 2, "--time", "date", "--every", "M"], 3, "timestamps are numbers"),
    "no such document": (["reviews.csv", "-k", 2, "--title", "id", "--similar", "r9"], 2, "No document is named 'r9'"),
    "another kind of file": (["words.docx", "-k", 2], 3, ".docx is not a kind of text"),
    "a folder without texts": (["pictures", "-k", 2], 3, "folder without text files"),
    "a broken table": (["broken.csv", "-k", 2], 3, "line 2 has 3 cells, the first line has 2"),
    "numbers alone": (["numbers.csv", "-k", 2, "--lang", "en"], 3, "no word of two or more letters remains"),
    "a loss that cannot be": (["reviews.csv", "-k", 2, "--loss", "is", "--solver", "cd"], 2, "cd"),
    "no stop words": (["reviews.csv", "-k", 2, "--stopwords", "none.txt"], 2, "none.txt does not exist"),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_its_message_and_exit_code(mistake, reviews, run):
    files = {
        "empty.csv": b"",
        "header.csv": b"id,text\n",
        "one.csv": b"id,text\n1,the dog barks loudly\n",
        "same.txt": b"dogs bark\ndogs bark\n",
        "latin.csv": "id,text\n1,caf\xe9\n2,cats\n".encode("latin-1"),
        "words.docx": b"PK",
        "broken.csv": b"id,text\n1,one, two\n",
        "numbers.csv": b"a,b\n1,2\n3,4\n",
    }
    for name, content in files.items():
        (reviews / name).write_bytes(content)
    (reviews / "pictures").mkdir()
    (reviews / "pictures" / "x.png").write_bytes(b"x")
    arguments, code, said = MISTAKES[mistake]
    result = run("topics", *arguments, code=code)
    assert said in " ".join(result.stderr.split())


def test_pictures_without_matplotlib_are_refused_before_the_fit(reviews, run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    stderr = run("topics", "reviews.csv", "-k", 2, "--plots", "pictures", code=2).stderr
    assert 'pip install "partwise[plot]"' in stderr
    assert not (reviews / "reviews-topics").exists()


def test_a_language_without_the_extra_is_refused(reviews, run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "stopwordsiso", None)
    assert 'pip install "partwise[text]"' in run("topics", "reviews.csv", "-k", 2, "--lang", "de", code=2).stderr
    assert "scikit-learn's 318 English stop words" in run("topics", "reviews.csv", "-k", 2, "--lang", "en").stderr


def test_strict_ends_with_4_when_the_fit_ran_out(reviews, run):
    run("topics", "reviews.csv", "-k", 2, "--lang", "en", "--max-iter", 1, "--tol", 0, "--strict", code=4)


def test_another_encoding_can_be_named(reviews, run):
    text = "\n".join(["caf\xe9 noir", "caf\xe9 cr\xe8me", "noir et cr\xe8me", "th\xe9 vert"])
    (reviews / "latin.txt").write_bytes(text.encode("latin-1"))
    run("topics", "latin.txt", "-k", 2, "--encoding", "latin-1", "--lang", "none")
    assert "café" in partwise.load("latin-topics/model.pw").terms_
