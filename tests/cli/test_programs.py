"""``programs``: from raw counts to usages, spectra and top genes; every mistake with its message and exit code."""

import json
import sys

import anndata
import numpy as np
import pandas as pd
import pytest

import partwise
from partwise import io
from partwise.apps.programs.likeness import cosines
from partwise.datasets import make_cells


@pytest.fixture(scope="module")
def made():
    return make_cells(120, 200, 3)


@pytest.fixture
def place(tmp_path, monkeypatch, made):
    """The working folder, with counts as a table."""
    monkeypatch.chdir(tmp_path)
    frame(made).astype(int).to_csv("counts.tsv", sep="\t")
    return tmp_path


def frame(made):
    return pd.DataFrame(made.X.toarray(), index=list(made.row_names), columns=list(made.feature_names))


def test_counts_need_only_the_number_of_programs(place, run, made):
    result = run("programs", "counts.tsv", "-k", 3)
    assert {path.name for path in (place / "counts-programs").iterdir()} == {
        "usages.csv", "spectra.csv", "top_genes.csv", "programs.csv", "model.pw", "run.toml"
    }  # fmt: skip
    for said in ("3 programs of 120 cells", "Stability", "best of 5 runs", "program_2", "converged", "Wrote"):
        assert said in result.stdout
    assert "looks like cells in rows (120) and genes in columns (200)" in result.stderr
    assert "say --orient features-first if wrong" in result.stderr
    assert "genes that differ most between cells (Poisson deviance) are fitted" in result.stderr


def test_the_files_hold_shares_with_names(place, run, made):
    run("programs", "counts.tsv", "-k", 3, "--genes", 100, "--runs", 2, "-o", "out")
    usages, spectra = io.read("out/usages.csv"), io.read("out/spectra.csv")
    assert usages.row_names == tuple(made.row_names) and spectra.column_names == tuple(made.feature_names)
    np.testing.assert_allclose(usages.X.sum(axis=1), 1)
    assert cosines(spectra.X, made.H).max(axis=1).min() > 0.97
    assert len(pd.read_csv("out/top_genes.csv")) == 100
    assert len(partwise.load("out/model.pw").feature_names_in_) == 100


def test_an_h5ad_file_comes_back_with_the_programs(place, run, made):
    adata = anndata.AnnData(frame(made) / 2)
    adata.layers["counts"] = made.X.tocsr()
    adata.write_h5ad("cells.h5ad")
    result = run("programs", "cells.h5ad", "-k", 3, "--runs", 1, "--h5ad", "--json", "-o", "out")
    found = json.loads(result.stdout)
    assert (found["verb"], found["cells"], found["genes"], len(found["programs"])) == ("programs", 120, 200, 3)
    assert "counts are taken from the layer 'counts'" in " ".join(found["notes"])
    back = anndata.read_h5ad("out/programs.h5ad")
    np.testing.assert_allclose(np.asarray(back.obsm["programs"]).sum(axis=1), 1)
    assert "has no layer 'spliced'" in run("programs", "cells.h5ad", "-k", 3, "--layer", "spliced", code=3).stderr
    assert "not whole" in run("programs", "cells.h5ad", "-k", 3, "--layer", "X", code=3).stderr


def test_the_consensus_of_runs_is_taken_on_request(place, run):
    result = run("programs", "counts.tsv", "-k", 3, "--runs", 4, "--density", 0.5)
    assert "consensus of 4 runs: 12 of 12 components" in result.stderr and "The consensus of 4 runs" in result.stdout
    alone = run("programs", "counts.tsv", "-k", 3, "--runs", 1, "--density", 1, code=3)
    assert "two or more runs: --runs 20" in alone.stderr


def test_plots_are_drawn_into_their_folder(place, run):
    run("programs", "counts.tsv", "-k", 3, "--runs", 1, "--plots", "pictures")
    assert {path.name for path in (place / "pictures").iterdir()} == {"usages.png", "top_genes.png"}


def test_a_run_can_be_repeated_byte_for_byte(place, run):
    run("programs", "counts.tsv", "-k", 3, "--runs", 2, "-o", "out")
    names = ["usages.csv", "spectra.csv", "top_genes.csv", "programs.csv", "run.toml"]
    first = {name: (place / "out" / name).read_bytes() for name in names}
    run("--config", "out/run.toml")
    assert {name: (place / "out" / name).read_bytes() for name in names} == first


def test_an_unfinished_fit_says_so_and_is_an_error_when_strict(place, run):
    result = run("programs", "counts.tsv", "-k", 3, "--max-iter", 1, "--runs", 1, "--strict", code=4)
    assert "--max-iter 2 goes on" in result.stderr


# mistakes


def table(change):
    return lambda place, made: change(frame(made)).to_csv("wrong.tsv", sep="\t")


def written(name, text):
    return lambda place, made: (place / name).write_text(text, encoding="utf-8")


def as_is(place, made):
    pass


def half_10x(place, made):
    (place / "10x").mkdir()
    (place / "10x" / "matrix.mtx").write_text("%%MatrixMarket matrix coordinate integer general\n1 1 1\n1 1 1\n")


MISTAKES = {
    "no such file": (as_is, ["count.tsv", "-k", 3], 2, "count.tsv does not exist. Did you mean counts.tsv"),
    "no -k": (as_is, ["counts.tsv"], 2, "-k is missing"),
    "k too large": (as_is, ["counts.tsv", "-k", 121], 2, "-k 121 is more than min(rows, columns) = 120"),
    "wrong pair": (as_is, ["counts.tsv", "-k", 3, "--solver", "bpp"], 2, "bpp"),
    "half a folder": (half_10x, ["10x", "-k", 1], 3, "10x has no features.tsv: a folder of 10x Genomics holds"),
    "empty": (written("wrong.tsv", ""), ["wrong.tsv", "-k", 3], 3, "wrong.tsv is empty (0 bytes)"),
    "empty h5ad": (written("wrong.h5ad", ""), ["wrong.h5ad", "-k", 3], 3, "wrong.h5ad is empty (0 bytes)"),
    "no h5ad": (written("wrong.h5ad", "text"), ["wrong.h5ad", "-k", 3], 3, "is not a readable .h5ad file"),
    "not a table": (written("wrong.bam", "x"), ["wrong.bam", "-k", 3], 3, ".bam is not a kind that is read"),
    "one row": (table(lambda t: t.iloc[:1]), ["wrong.tsv", "-k", 1], 3, "1 cells with counts"),
    "negative": (table(lambda t: t - 1), ["wrong.tsv", "-k", 3], 3, "cells are negative (first: row 'cell"),
    "normalised": (table(lambda t: t / 3), ["wrong.tsv", "-k", 3], 3, "--fractional takes the numbers as they are"),
    "holes": (written("wrong.csv", "c,a,b\nx,1,\ny,2,3\n"), ["wrong.csv", "-k", 1], 3, "1 cells are empty or infinite"),
    "silent": (table(lambda t: t * 0), ["wrong.tsv", "-k", 3], 3, "0 cells with counts"),
    "a layer of a table": (as_is, ["counts.tsv", "-k", 3, "--layer", "raw"], 3, "only an .h5ad file has layers"),
}


@pytest.mark.parametrize(("prepare", "arguments", "code", "said"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_each_mistake_has_its_message_and_exit_code(prepare, arguments, code, said, place, made, run):
    prepare(place, made)
    assert said in " ".join(run("programs", *arguments, code=code).stderr.split())
    assert not list(place.glob("*-programs"))


ABSENT = {"omics": ("anndata", ["--h5ad"]), "plot": ("matplotlib", ["--plots", "p"])}


@pytest.mark.parametrize("extra", list(ABSENT))
def test_a_missing_extra_is_named_before_anything_is_computed(extra, place, run, monkeypatch):
    library, options = ABSENT[extra]
    monkeypatch.setitem(sys.modules, library, None)
    assert f'pip install "partwise[{extra}]"' in run("programs", "counts.tsv", "-k", 3, *options, code=2).stderr
