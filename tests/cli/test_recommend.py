"""``partwise recommend``, and what `apply` and `show` make of its models."""

import json
import tomllib

import numpy as np
import pandas as pd
import pytest

import partwise
from partwise.datasets import make_ratings

FILES = ["metrics.json", "model.pw", "recommendations.csv", "run.toml", "tastes.csv"]
OUT = "films-recommend"
FAST = ["-k", 4, "--no-tune"]


@pytest.fixture
def films(tmp_path, monkeypatch):
    """The working folder, with planted ratings and titles."""
    monkeypatch.chdir(tmp_path)
    table = make_ratings().extra["table"]
    table.to_csv("films.csv", index=False)
    pd.DataFrame({"film": ["Alien", "Heat"], "title": ["Alien (1979)", "Heat (1995)"]}).to_csv(
        "titles.csv", index=False
    )
    return tmp_path


def found(result):
    return json.loads(result.stdout)


def test_a_raw_file_needs_no_option(films, run):
    result = run("recommend", "films.csv")
    assert sorted(path.name for path in (films / OUT).iterdir()) == FILES
    for said in ("global mean", "biases", "most popular", "partwise", "RMSE", "nDCG@10", "coverage@10", "converged"):
        assert said in result.stdout
    for noted in (
        "--implicit learns the latter",
        "read 'user' as user",
        "The latest 579 of 2,504 are held out",
        "strengths chosen by a tenth",
    ):
        assert noted in result.stderr
    table = pd.read_csv(f"{OUT}/recommendations.csv")
    assert table.columns.tolist() == ["user", "item", "score", "rank", "because"]
    assert len(table) == 2000 and table.user.nunique() == 200
    metrics = json.loads((films / OUT / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["partwise"]["RMSE"] < metrics["biases"]["RMSE"]
    assert metrics["most popular"].get("RMSE") is None


def test_one_user_gets_a_list_with_reasons_and_titles(films, run):
    result = run("recommend", "films.csv", *FAST, "--for", "user001", "-n", 3, "--titles", "titles.csv", "--json")
    said = found(result)
    assert [row["rank"] for row in said["recommendations"]] == [1, 2, 3]
    assert {row["user"] for row in said["recommendations"]} == {"user001"}
    assert all(row["because"] for row in said["recommendations"])
    assert "For user001:" in result.stderr
    similar = found(
        run("recommend", "films.csv", *FAST, "--similar", "Alien (1979)", "--titles", "titles.csv", "--json")
    )
    assert similar["similar"][0] == {"item": "Alien", "cosine": pytest.approx(1)}


def test_users_may_come_from_a_file_and_unknown_ones_get_what_is_popular(films, run):
    (films / "who.txt").write_text("user001\n\nnobody\n", encoding="utf-8")
    result = run("recommend", "films.csv", *FAST, "--test", "none", "--for", "who.txt", "--fallback", "popular")
    assert "For nobody (unknown: what most users have)" in result.stdout
    table = pd.read_csv(f"{OUT}/recommendations.csv")
    assert table.user.unique().tolist() == ["user001", "nobody"]
    assert set(table[table.user == "nobody"].because) == {"popular"}
    assert json.loads((films / OUT / "metrics.json").read_text(encoding="utf-8")) == {}


def test_somebody_new_is_folded_in(films, run):
    (films / "new.csv").write_text("item,rating\nAlien,5\nGravity,5\nCarol,1\n", encoding="utf-8")
    options = ["--test", "none", "-k", 4, "--new-user", "new.csv", "-n", 5, "--json"]
    rows = found(run("recommend", "films.csv", *options))["recommendations"]
    assert {row["user"] for row in rows} == {"new user"}
    fiction = {"The Matrix", "Star Wars", "Blade Runner", "Metropolis", "Solaris", "Interstellar", "Brazil", "Stalker"}
    assert sum(row["item"] in fiction for row in rows) >= 3


def test_purchases_are_judged_by_lists_alone(films, run):
    said = found(run("recommend", "films.csv", "--implicit", *FAST, "--test", "last:1", "--json"))
    assert said["explicit"] is False and "RMSE" not in said["metrics"]["partwise"]
    assert set(said["metrics"]) == {"most popular", "partwise"}
    assert said["metrics"]["partwise"]["users"] > 150


def test_a_model_that_beats_nothing_says_so(films, run):
    """Ratings at random hold no taste; a model of none is as good as the mean at best."""
    rng = np.random.default_rng(0)
    rows = [f"u{i},x{j},{rng.integers(1, 6)}" for i in range(12) for j in range(8)]
    (films / "noise.csv").write_text("\n".join(["user,item,rating", *rows]), encoding="utf-8")
    assert "these ratings show no tastes beyond it" in run("recommend", "noise.csv", *FAST).stderr


def test_what_is_seen_may_be_recommended_on_request(films, run):
    run("recommend", "films.csv", *FAST, "--test", "none", "--include-seen", "-n", 40, "--for", "user001")
    assert len(pd.read_csv(f"{OUT}/recommendations.csv")) == 40


def test_the_global_split_says_how_few_users_are_known(films, run):
    assert "of them are known from before" in run("recommend", "films.csv", *FAST, "--test", "global:0.2").stderr


def test_a_run_can_be_repeated_to_the_same_bytes(films, run):
    run("recommend", "films.csv", *FAST, "--for", "user001", "--for", "user002", "--titles", "titles.csv")
    tables = ["metrics.json", "recommendations.csv", "run.toml", "tastes.csv"]
    before = {name: (films / OUT / name).read_bytes() for name in tables}
    options = tomllib.loads(before["run.toml"].decode())["options"]
    assert options["source"] == "../films.csv" and options["for_users"] == ["user001", "user002"]
    run("--config", f"{OUT}/run.toml")
    assert {name: (films / OUT / name).read_bytes() for name in tables} == before


def test_pictures_are_drawn_where_they_are_asked_for(films, run):
    run("recommend", "films.csv", *FAST, "--for", "user001", "--plots", "pictures")
    drawn = sorted(path.name for path in (films / "pictures").iterdir())
    assert drawn == ["metrics.png", "ratings.png", "tastes.png", "user.png"]


# A model from a file


def test_a_model_recommends_again_is_shown_and_refuses_to_be_applied(films, run):
    run("recommend", "films.csv", *FAST, "--for", "user001")
    model, table = f"{OUT}/model.pw", pd.read_csv(f"{OUT}/recommendations.csv")
    run("recommend", model, "--for", "user001", "-o", "again")
    pd.testing.assert_frame_equal(pd.read_csv("again/recommendations.csv"), table)
    assert "4 tastes of 200 users and 40 items" in run("show", model).stdout
    assert "weight" in run("show", model, "--component", 1).stdout
    assert "no component 4" in run("show", model, "--component", 4, code=2).stderr
    assert "holds a Recommender. Use partwise recommend" in run("apply", model, "films.csv", code=3).stderr


def test_another_model_cannot_recommend(films, run):
    partwise.NMF(1).fit([[1.0, 2.0], [2.0, 1.0]]).save("nmf.pw")
    assert "holds an NMF, not the Recommender" in run("recommend", "nmf.pw", code=3).stderr


# Mistakes

HEAD = b"user,item,rating\n"
GOOD = HEAD + b"a,x,5\na,y,1\nb,x,4\nb,y,2\n"
MISTAKES = {
    "no file": (["film.csv"], 2, "Did you mean films.csv"),
    "an empty file": (["empty.csv"], 3, "is empty"),
    "a header alone": (["header.csv"], 3, "holds no record"),
    "no header": (["bare.csv"], 2, "the first line (1, 31, 2.5) holds no names"),
    "one row": (["one.csv"], 3, "is too small (ratings: 1, users: 1, items: 1)"),
    "another encoding": (["latin.csv"], 3, "not UTF-8: byte 0xe9 in line 2"),
    "an unknown encoding": (["films.csv", "--encoding", "utf9"], 3, "no encoding 'utf9'"),
    "negative ratings": (
        ["negative.csv"],
        3,
        "negative.csv: 1 of 5 ratings are negative (first: line 6, user c, item x, -1). NMF needs values >= 0. "
        "Drop them with --negatives drop, or shift with --negatives shift.",
    ),
    "a word": (["word.csv"], 3, "1 of 5 ratings are no numbers (first: line 6, 'good')"),
    "an unknown user": (
        ["films.csv", "--for", "9999"],
        3,
        "User 9999 is not in the model. Give their ratings with --new-user ratings9999.csv, or get popular items with "
        "--fallback popular.",
    ),
    "an unknown item": (["films.csv", "--similar", "Alein"], 2, "no item 'Alein'"),
    "no column": (["films.csv", "--user", "usr"], 2, "Columns: user, item, rating, time. Did you mean --user user?"),
    "no user": (["other.csv"], 2, "no column is called like a user. Columns: a, b, c. Give --user."),
    "no rating": (["pairs.csv", "--explicit"], 2, "no column is called like a rating"),
    "a time": (["times.csv"], 3, "times cannot be read (first: line 3, 'soon')"),
    "a table of numbers": (["matrix.npy"], 3, ".npy is not a kind of text or table"),
    "a broken table": (["broken.csv"], 3, "line 2 has 4 cells, the first line has 3"),
    "too many tastes": (["films.csv", "-k", 60], 2, "-k 60 is more than min(rows, columns) = 40"),
    "no size": (["films.csv", "-k", "few"], 2, "no number of components"),
    "no such test": (["films.csv", "--test", "time:2"], 2, "no way to hold out a part"),
    "a test that leaves nothing": (["good.csv", "--test", "random:0.1"], 3, "leaves 4 to learn from and 0 to judge by"),
    "a word of somebody new": (["films.csv", "--new-user", "word.csv"], 3, "row 5: 'good' is no rating"),
    "strange films": (["films.csv", "--test", "none", "--new-user", "strange.csv"], 3, "knows none of the 1 items"),
    "no titles": (["films.csv", "--titles", "strange1.csv"], 3, "titles need two"),
    "a file that is no parquet": (["fake.parquet"], 3, "fake.parquet"),
    "a folder": (["folder"], 3, "folder is a folder. Ratings are one table: give a file, such as ratings.csv."),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_has_its_message_and_exit_code(mistake, films, run):
    files = {
        "empty.csv": b"",
        "header.csv": HEAD,
        "bare.csv": b"1,31,2.5\n1,32,3\n",
        "one.csv": HEAD + b"a,x,5\n",
        "latin.csv": HEAD + "caf\xe9,x,5\n".encode("latin-1"),
        "negative.csv": GOOD + b"c,x,-1\n",
        "word.csv": GOOD + b"c,x,good\n",
        "other.csv": b"a,b,c\n1,2,3\n",
        "pairs.csv": b"user,item\na,x\nb,y\n",
        "times.csv": b"user,item,rating,time\na,x,1,2020-01-01\nb,y,2,soon\n",
        "matrix.npy": b"x",
        "broken.csv": HEAD + b"a,x,5,6\n",
        "good.csv": GOOD,
        "strange.csv": b"item,rating\nno film,5\n",
        "strange1.csv": b"item\nAlien\n",
        "fake.parquet": b"PAR",
    }
    for name, content in files.items():
        (films / name).write_bytes(content)
    (films / "folder").mkdir()
    arguments, code, said = MISTAKES[mistake]
    result = run("recommend", *arguments, code=code)
    assert said in " ".join(result.stderr.split())


def test_duplicate_pairs_zeros_and_gaps_are_told_and_do_not_stop(films, run):
    (films / "messy.csv").write_bytes(GOOD + b"a,x,2\nc,x,0\n,y,3\nc,,4\nc,y,\n")
    stderr = run("recommend", "messy.csv", "--test", "none").stderr
    for said in ("duplicate pairs); the latest", "1 ratings are 0", "without a user", "without an item", "too few"):
        assert said in stderr


def test_a_handful_of_ratings_is_judged_too(films, run):
    (films / "few.csv").write_bytes(GOOD)
    assert "too few" in run("recommend", "few.csv", "-k", "1").stderr


def test_pictures_without_matplotlib_are_refused_before_the_fit(films, run, monkeypatch):
    import sys

    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert 'pip install "partwise[plot]"' in run("recommend", "films.csv", "--plots", "pictures", code=2).stderr
    assert not (films / OUT).exists()


def test_strict_ends_with_4_when_the_fit_ran_out(films, run):
    run("recommend", "films.csv", *FAST, "--max-iter", 1, "--tol", 0, "--test", "none", "--strict", code=4)
