"""``signatures``: from a catalogue file to signatures, exposures and their names; every mistake with its message."""

import json
import sys
import tomllib

import numpy as np
import pandas as pd
import pytest

import partwise
from partwise.datasets import make_mutations


@pytest.fixture(scope="module")
def made():
    return make_mutations(30)


@pytest.fixture
def place(tmp_path, monkeypatch, made):
    """The working folder, with a catalogue as SigProfiler writes it, and the planted signatures."""
    monkeypatch.chdir(tmp_path)
    catalogue = pd.DataFrame(made.X.T.astype(int), made.feature_names, made.row_names)
    catalogue.sample(frac=1, random_state=0).rename_axis("Mutation Types").to_csv("sbs96.tsv", sep="\t")
    truth = pd.DataFrame(made.H.T, made.feature_names, made.component_names)
    truth.rename_axis("Type").to_csv("known.tsv", sep="\t")
    return tmp_path


def tabbed(path):
    return pd.read_csv(path, sep="\t", index_col=0)


def test_a_catalogue_needs_only_the_number_of_signatures(place, run):
    result = run("signatures", "sbs96.tsv", "-k", 5)
    out = place / "sbs96-signatures"
    assert {path.name for path in out.iterdir()} == {"signatures.tsv", "exposures.tsv", "model.pw", "run.toml"}
    assert "channels are in rows, samples in columns (30). The channels are brought" in result.stderr
    for said in ("5 signatures learned from 30 samples", "Starts: the best of 20", "Exposures sum", "S5", "Wrote"):
        assert said in result.stdout


def test_mutations_are_drawn_again_on_request(place, run):
    result = run("signatures", "sbs96.tsv", "-k", 3, "--n-init", 2, "--bootstrap", 2, "--json")
    found = json.loads(result.stdout)
    assert all(0 < row["lowest"] <= row["stability"] <= 1 for row in found["signatures"])
    assert "Stability (mean cosine with resampled data)" in result.stderr and "lowest" in result.stderr
    mistake = run("signatures", "sbs96.tsv", "--fixed", "known.tsv", "--bootstrap", 2, code=2)
    assert "--bootstrap and --fixed exclude each other" in mistake.stderr


def test_the_files_hold_distributions_and_numbers_of_mutations(place, run, made):
    run("signatures", "sbs96.tsv", "-k", 5, "-o", "out")
    table, exposures = tabbed("out/signatures.tsv"), tabbed("out/exposures.tsv")
    assert list(table.index) == list(made.feature_names)
    np.testing.assert_allclose(table.sum(), 1)
    assert list(exposures.index) == list(made.row_names)
    np.testing.assert_allclose(exposures.sum(axis=1), made.X.sum(axis=1), rtol=0.01)
    assert partwise.load("out/model.pw").components_.shape == (5, 96)


def test_signatures_are_named_after_the_reference(place, run, made):
    result = run("signatures", "sbs96.tsv", "-k", 5, "--reference", "known.tsv", "-o", "out", "--json")
    found = json.loads(result.stdout)
    matches = tabbed("out/matches.tsv")
    assert sorted(matches["reference"]) == sorted(made.component_names)
    assert found["signatures"][0]["reference"] == matches["reference"].iloc[0]
    assert found["gap"] < 0.01 and found["samples"] == 30 and found["stop_reason"] == "converged"
    assert "one to one" in result.stderr
    assert "known.tsv: channels are in" in result.stderr


def test_known_signatures_are_fitted_without_learning(place, run, made):
    result = run("signatures", "sbs96.tsv", "--fixed", "known.tsv", "--reference", "known.tsv", "-o", "out")
    assert "5 signatures given for 30 samples" in result.stdout
    assert not (place / "out" / "model.pw").exists()
    exposures = tabbed("out/exposures.tsv")
    assert list(exposures.columns) == list(made.component_names)
    assert np.corrcoef(exposures.to_numpy().ravel(), made.W.ravel())[0, 1] > 0.98
    np.testing.assert_allclose(tabbed("out/matches.tsv")["cosine"], 1)


def test_plots_are_drawn_into_their_folder(place, run):
    run("signatures", "sbs96.tsv", "-k", 3, "--n-init", 2, "--reference", "known.tsv", "--plots", "pictures")
    assert {path.name for path in (place / "pictures").iterdir()} == {"signatures.png", "exposures.png"}


def test_a_run_can_be_repeated_byte_for_byte(place, run):
    run("signatures", "sbs96.tsv", "-k", 3, "--n-init", 2, "--reference", "known.tsv", "-o", "out")
    names = ["signatures.tsv", "exposures.tsv", "matches.tsv", "run.toml"]
    first = {name: (place / "out" / name).read_bytes() for name in names}
    assert set(tomllib.loads(first["run.toml"].decode())["sha256"]) == {"source", "reference"}
    run("--config", "out/run.toml")
    assert {name: (place / "out" / name).read_bytes() for name in names} == first


def test_an_unfinished_fit_says_so_and_is_an_error_when_strict(place, run):
    assert "--max-iter 2 goes on" in run("signatures", "sbs96.tsv", "-k", 3, "--max-iter", 1, "--strict", code=4).stderr


# mistakes


def changed(function):
    def prepare(place):
        table = function(tabbed("sbs96.tsv").sort_index())
        table.to_csv("wrong.tsv", sep="\t")

    return prepare


def lowered(table):
    table.iloc[0, 0] = -2
    return table


def written(name, text):
    return lambda place: (place / name).write_text(text, encoding="utf-8")


def as_is(place):
    pass


def latin(place):
    (place / "wrong.tsv").write_bytes("Type\tM\xfcller\nA[C>A]A\t3\n".encode("latin-1"))


MISTAKES = {
    "no such file": (as_is, ["sbs69.tsv", "-k", 3], 2, "sbs69.tsv does not exist. Did you mean sbs96.tsv"),
    "no -k": (as_is, ["sbs96.tsv"], 2, "-k is missing"),
    "k too large": (as_is, ["sbs96.tsv", "-k", 31], 2, "-k 31 is more than min(rows, columns) = 30"),
    "both": (as_is, ["sbs96.tsv", "-k", 3, "--fixed", "known.tsv"], 2, "-k and --fixed exclude each other"),
    "wrong pair": (as_is, ["sbs96.tsv", "-k", 3, "--solver", "bpp"], 2, "bpp"),
    "no reference": (as_is, ["sbs96.tsv", "-k", 3, "--reference", "x.tsv"], 2, "x.tsv does not exist"),
    "empty file": (written("wrong.tsv", ""), ["wrong.tsv", "-k", 3], 3, "wrong.tsv is empty (0 bytes)"),
    "not a table": (written("wrong.vcf", "##"), ["wrong.vcf", "-k", 3], 3, ".vcf is not a kind that is read"),
    "not UTF-8": (latin, ["wrong.tsv", "-k", 3], 3, "UTF-8"),
    "words": (written("wrong.csv", "id,s\nA[C>A]A,many\nA[C>A]C,1\n"), ["wrong.csv", "-k", 1], 3, "'many'"),
    "one sample": (changed(lambda t: t.iloc[:, :1]), ["wrong.tsv", "-k", 1], 3, "1 sample with mutations"),
    "one row": (changed(lambda t: t.iloc[:1]), ["wrong.tsv", "-k", 1], 3, "95 of the 96 channels are missing"),
    "genes": (
        written("wrong.csv", "cell,g1,g2\na,1,2\nb,1,0\n"),
        ["wrong.csv", "-k", 1],
        3,
        "neither rows (first: 'a') nor columns (first: 'g1') are named by channels such as A[C>A]A",
    ),
    "a total": (
        changed(lambda t: t.set_axis(["total", *t.index[1:]])),
        ["wrong.tsv", "-k", 3],
        3,
        "'total' is no channel",
    ),
    "negative": (changed(lowered), ["wrong.tsv", "-k", 3], 3, "1 cells are negative (first: row 'tumour"),
    "fractions": (changed(lambda t: t / 3), ["wrong.tsv", "-k", 3], 3, "--fractional takes the numbers"),
    "nothing": (changed(lambda t: t * 0), ["wrong.tsv", "-k", 3], 3, "holds no mutation"),
    "wrong reference": (
        written("wrong.csv", "cell,g1,g2\na,1,2\nb,1,0\n"),
        ["sbs96.tsv", "-k", 3, "--reference", "wrong.csv"],
        3,
        "wrong.csv: neither rows",
    ),
}


@pytest.mark.parametrize(("prepare", "arguments", "code", "said"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_each_mistake_has_its_message_and_exit_code(prepare, arguments, code, said, place, run):
    prepare(place)
    assert said in " ".join(run("signatures", *arguments, code=code).stderr.split())
    assert not list(place.glob("*-signatures"))


def test_fractions_are_taken_when_asked(place, run):
    changed(lambda table: table / 3)(place)
    run("signatures", "wrong.tsv", "-k", 3, "--n-init", 1, "--fractional")


def test_a_missing_extra_is_named_before_anything_is_computed(place, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    result = run("signatures", "sbs96.tsv", "-k", 3, "--plots", "p", code=2)
    assert 'pip install "partwise[plot]"' in result.stderr
