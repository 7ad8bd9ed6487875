"""``partwise fit`` and the run.toml that repeats it."""

import json
import tomllib

import numpy as np
import pytest
import scipy.sparse as sp

import partwise
from partwise import io
from partwise.cli.components import default_folder
from partwise.cli.run import toml

from .conftest import NAMES

FILES = ["H.csv", "W.csv", "model.pw", "run.toml"]


def test_a_fit_writes_labelled_factors_that_multiply_to_the_matrix(fitted, planted):
    W, H = io.read(fitted / "W.csv"), io.read(fitted / "H.csv")
    assert sorted(path.name for path in fitted.iterdir()) == FILES
    assert W.row_names == tuple(f"s{i}" for i in range(12))
    assert W.column_names == H.row_names == ("component_0", "component_1")
    assert H.column_names == tuple(NAMES)
    assert np.linalg.norm(planted - W.X @ H.X) < 0.1 * np.linalg.norm(planted)


def test_the_model_carries_the_names_of_the_columns(fitted):
    model = partwise.load(fitted / "model.pw")
    assert model.feature_names_in_.tolist() == NAMES
    np.testing.assert_array_equal(model.components_, io.read(fitted / "H.csv").X)


def test_the_fit_is_that_of_the_estimator(fitted, planted):
    model = partwise.NMF(2, random_state=0, max_iter=1000)
    np.testing.assert_array_equal(model.fit_transform(planted), io.read(fitted / "W.csv").X)


def test_the_report_goes_to_stdout_and_the_inferences_to_stderr(folder, run):
    result = run("fit", "x.csv", "-k", 2)
    for said in ("of the squares of X explained", "converged", "iterations", "seed 0", "Äpfel", "x-nmf"):
        assert said in result.stdout
    for noted in ("column names (first: 'Äpfel')", "row names", "12 samples", "--orient features-first"):
        assert noted in result.stderr


def test_several_starts_are_those_of_the_estimator_and_their_spread_is_told(folder, run, planted):
    result = run("fit", "x.csv", "-k", 2, "--n-init", 4)
    model = partwise.NMF(2, n_init=4, random_state=0, max_iter=1000)
    np.testing.assert_array_equal(model.fit_transform(planted), io.read("x-nmf/W.csv").X)
    assert "Starts: the best of 4; objectives from" in result.stdout
    assert "n_init = 4" in (folder / "x-nmf/run.toml").read_text(encoding="utf-8")


def test_json_is_one_object_on_stdout_and_the_text_goes_to_stderr(folder, run):
    result = run("fit", "x.csv", "-k", 2, "--json")
    found = json.loads(result.stdout)
    assert found["shape"] == [12, 6]
    assert found["stop_reason"] == "converged"
    assert [part["component"] for part in found["components"]] == [0, 1]
    assert sum(part["share"] for part in found["components"]) == pytest.approx(1)
    assert {part["feature"] for part in found["components"][0]["top"]} <= set(NAMES)
    assert found["notes"]
    assert "explained" in result.stderr


def test_quiet_says_nothing(folder, run):
    assert run("fit", "x.csv", "-k", 2, "-q").output == ""


def test_v_shows_the_iterations(folder, run):
    assert "iteration 1: objective" in run("fit", "x.csv", "-k", 2, "-v").stderr


def test_a_fit_that_ran_out_says_how_to_go_on(folder, run):
    result = run("fit", "x.csv", "-k", 2, "--max-iter", 2)
    assert "--max-iter was reached" in result.stdout
    assert "--max-iter 4 goes on" in result.stderr


def test_strict_exits_with_4_and_keeps_the_result(folder, run):
    run("fit", "x.csv", "-k", 2, "--max-iter", 2, "--strict", code=4)
    assert sorted(path.name for path in (folder / "x-nmf").iterdir()) == FILES


def test_strict_is_content_with_a_converged_fit(folder, run):
    run("fit", "x.csv", "-k", 2, "--strict")


def test_a_time_limit_stops_the_fit(folder, run):
    assert "--max-time was reached" in run("fit", "x.csv", "-k", 2, "--tol", 0, "--max-time", "0.0001s").stdout


def test_force_allows_more_components_than_can_be_told_apart(folder, run):
    assert "more than min" in run("fit", "x.csv", "-k", 9, "--force").stderr


@pytest.mark.parametrize("loss", ["kl", "kullback-leibler", "is", "1.5", "frobenius"])
def test_every_loss_can_be_named(loss, folder, run):
    run("fit", "x.csv", "-k", 2, "--loss", loss, "-q")


@pytest.mark.parametrize("orient", ["features-first", "columns"])
def test_features_first_is_the_fit_of_the_transposed_file(orient, folder, run, planted):
    run("fit", "x.csv", "-k", 2, "--orient", orient)
    model = partwise.load("x-nmf/model.pw")
    assert model.components_.shape == (2, 12)
    assert io.read("x-nmf/W.csv").row_names == tuple(NAMES)


def test_unnamed_columns_are_called_as_scikit_learn_calls_them(folder, run):
    assert "x0" in run("fit", "x.npy", "-k", 2).stdout
    assert io.read("x-nmf/W.csv").row_names is None


@pytest.mark.parametrize(
    "treatment, rows, first",
    [("clip", ["r1", "r2", "r3", "r4"], [1, 0, 4, 2]), ("shift", ["r1", "r2", "r3", "r4"], [2, 0, 5, 3]),
     ("drop", ["r1", "r4"], [1, 2])],
)  # fmt: skip
def test_negative_cells_are_treated_as_asked_and_it_is_said(treatment, rows, first, folder, run):
    result = run("fit", "negative.csv", "-k", 2, "--negatives", treatment, "--tol", 0, "--max-iter", 3000)
    assert "2 of 8 cells are negative" in result.stderr
    W, H = io.read("negative-nmf/W.csv"), io.read("negative-nmf/H.csv")
    assert list(W.row_names) == rows
    np.testing.assert_allclose((W.X @ H.X)[:, 0], first, atol=1e-6)


def test_a_sparse_file_is_not_shifted(folder, run):
    sp.save_npz("s.npz", sp.csr_array([[1.0, -1.0], [0.0, 2.0]]))
    assert "Use clip or drop" in run("fit", "s.npz", "-k", 1, "--negatives", "shift", code=2).stderr


@pytest.mark.parametrize("treatment", ["clip", "drop"])
def test_negative_cells_of_a_sparse_file_are_treated_like_those_of_a_dense_one(treatment, folder, run):
    X = np.array([[1.0, 0, 2], [0, -1, 3], [0, 0, 4], [5, 1, 0]])
    np.save("dense.npy", X)
    sp.save_npz("sparse.npz", sp.csr_array(X))
    for name in ("dense.npy", "sparse.npz"):
        said = run("fit", name, "-k", 1, "--negatives", treatment).stderr
        assert "first: row 1, column 1, counted from 0" in said
    np.testing.assert_allclose(io.read("dense-nmf/W.csv").X, io.read("sparse-nmf/W.csv").X, rtol=1e-10)


@pytest.mark.parametrize("file", ["nan.npy", "nan.npz"])
def test_nan_in_an_array_is_left_out_refused_or_counted_as_zero(file, folder, run):
    X = np.array([[1.0, np.nan], [2.0, 1.0]])
    np.save("nan.npy", X)
    sp.save_npz("nan.npz", sp.csr_array(X))
    assert "1 of 4 cells is empty" in run("fit", file, "-k", 1, "--missing", "error", code=3).stderr
    assert "the fit leaves such cells out" in run("fit", file, "-k", 1).stderr
    assert "counted as zeros" in run("fit", file, "-k", 1, "--missing", "zero").stderr


def test_empty_cells_are_left_out_of_the_fit(folder, run):
    assert "1 of 6 cells is empty" in run("fit", "holes.csv", "-k", 1).stderr
    X = np.array([[1, np.nan], [1, 3], [4, 5.0]])
    W, found = partwise.NMF(1).fit_transform(X), io.read("holes-nmf/W.csv").X
    np.testing.assert_allclose(found / found[0], W / W[0], rtol=1e-3)  # the starts are drawn, and so is the scale
    run("apply", "holes-nmf/model.pw", "holes.csv", "--out", "again.csv")
    np.testing.assert_allclose(io.read("again.csv").X, found, rtol=1e-3)


def test_empty_cells_can_be_counted_as_zeros(folder, run):
    assert "Read as zero" in run("fit", "holes.csv", "-k", 1, "--missing", "zero").stderr


def test_rows_and_columns_of_zeros_are_named(folder, run):
    stderr = run("fit", "zeros.csv", "-k", 1).stderr
    assert "1 row ('s1') is all zero" in stderr
    assert "1 column ('c') is all zero" in stderr
    assert "6 of 9 cells are zero" in stderr


@pytest.mark.parametrize(
    "name, folder_name",
    [("a/b.csv", "b-nmf"), ("b.tsv.gz", "b-nmf"), ("v1.2 x.npz", "v1.2 x-nmf"), ("b.npz:H", "b-H-nmf"), ("é", "é-nmf")],
)
def test_the_default_folder_is_called_after_the_file(name, folder_name):
    assert default_folder(name, "nmf") == folder_name


# run.toml


def test_run_toml_holds_the_options_the_versions_and_the_hash_of_the_input(fitted):
    run = tomllib.loads((fitted / "run.toml").read_text(encoding="utf-8"))
    assert run["verb"] == "fit"
    assert (
        run["options"] | {"components": 2, "seed": 0, "loss": "frobenius", "matrix": "../x.csv", "out": "."}
        == run["options"]
    )
    assert run["sha256"] == {"matrix": io.content_hash("x.csv")}
    assert set(run["versions"]) == {"python", "partwise", "numpy", "scipy", "scikit-learn"}
    assert run["result"]["stop_reason"] == "converged"


def test_equal_runs_write_equal_run_files(fitted, run):
    first = (fitted / "run.toml").read_bytes()
    run("fit", "x.csv", "-k", 2)
    assert (fitted / "run.toml").read_bytes() == first


@pytest.mark.parametrize(
    "options", [[], ["--init", "random", "--seed", 7, "--loss", "kl"], ["--orient", "columns"], ["--n-init", 3]]
)
def test_config_repeats_a_run_bit_for_bit_from_anywhere(options, folder, run, monkeypatch):
    run("fit", "x.csv", "-k", 2, "--out", "deep/out", *options)
    first = {name: (folder / "deep/out" / name).read_bytes() for name in ("H.csv", "W.csv", "run.toml")}
    for name in first:
        if name != "run.toml":
            (folder / "deep/out" / name).unlink()
    monkeypatch.chdir(folder / "deep")
    run("--config", "out/run.toml")
    assert {name: (folder / "deep/out" / name).read_bytes() for name in first} == first


def test_options_after_the_verb_override_those_of_the_file(fitted, run):
    run("--config", fitted / "run.toml", "fit", "--out", "other", "-k", 3)
    assert io.read("other/H.csv").X.shape == (3, 6)


def test_a_changed_input_is_told_when_a_run_is_repeated(fitted, run, planted):
    with open("x.csv", "a", encoding="utf-8") as file:
        file.write("more,1,1,1,1,1,1\n")
    assert "not the file of that run" in run("--config", fitted / "run.toml").stderr


def test_other_versions_are_told_when_a_run_is_repeated(fitted, run):
    path = fitted / "run.toml"
    path.write_text(path.read_text().replace(f'numpy = "{np.__version__}"', 'numpy = "1.0"'))
    assert f"numpy 1.0 -> {np.__version__}" in run("--config", path).stderr


@pytest.mark.parametrize(
    "old, new, fragment",
    [
        ('verb = "fit"', 'verb = "fly"', "no verb 'fly'"),
        ('verb = "fit"', "", "describes no run"),
        ("seed = 0", "sead = 0", "no option 'sead'"),
        ("seed = 0", 'seed = "x"', "'x'"),
        ("seed = 0", "seed = ", "no TOML"),
    ],
)
def test_a_wrong_run_file_is_refused(old, new, fragment, fitted, run):
    path = fitted / "run.toml"
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert fragment in run("--config", path, code=2).stderr


def test_a_run_of_another_verb_is_refused(fitted, run):
    assert "is a run of 'fit'" in run("--config", fitted / "run.toml", "doctor", code=2).stderr


def test_toml_text_is_read_back_as_it_was():
    table = {
        "text": 'quote " back \\ slash \x7f \n tab\t é 水 😀',
        "numbers": {"i": -3, "f": 1e-16, "big": 1e22, "t": True, "inf": float("inf")},
        "odd keys": {"a b": 1, "é": [1, "two", False], "": "empty"},
    }
    assert tomllib.loads(toml(table)) == table
