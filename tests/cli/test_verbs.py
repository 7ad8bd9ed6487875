"""``demo``, ``apply``, ``show`` and ``doctor``."""

import json
import tomllib
from pathlib import Path

import numpy as np
import pytest
import scipy.sparse as sp

import partwise
from partwise import io
from partwise.cli import demo, doctor

from .conftest import NAMES, table

ROOT = Path(__file__).parents[2]

# demo

THEMES = [{"joe", "pip"}, {"elizabeth", "darcy"}, {"captain", "nautilus"}, {"martians", "pit"}]


@pytest.fixture
def texts_only(monkeypatch):
    """Without the other fields, which take longer."""
    monkeypatch.setattr(demo, "tour", lambda voice, seed, pictures: {})


@pytest.mark.parametrize("seed", range(5))
def test_the_demo_finds_the_book_of_every_chapter(seed, run, texts_only):
    found = json.loads(run("demo", "--seed", seed, "--json", "-q").stdout)
    assert found["nmi"] == pytest.approx(1, abs=1e-12)
    assert found["shape"][0] == 193 and 7000 < found["shape"][1] < 8000  # lists of stop words differ
    words = [{part["feature"] for part in theme["top"]} for theme in found["components"]]
    assert all(any(wanted <= theme for theme in words) for wanted in THEMES)
    assert sorted(map(max, found["books"].values())) == [27, 46, 59, 61]
    assert found["converged"]


def test_the_demo_shows_its_themes_and_writes_nothing(folder, run, texts_only):
    before = sorted(folder.iterdir())
    stdout = run("demo").stdout
    for said in ("elizabeth, darcy", "NMI 1.000", "Pride and Prejudice", "of the squares", "converged", "--out"):
        assert said in stdout
    assert sorted(folder.iterdir()) == before


@pytest.mark.slow
def test_the_demo_finds_the_cells_the_tastes_and_the_keys_and_draws_them(folder, run):
    found = json.loads(run("demo", "--json", "-q", "--plots", "drawn").stdout)
    names = ("parts", "piano_roll", "tastes", "topic_similarity", "topics")
    assert sorted(path.name for path in (folder / "drawn").iterdir()) == [f"{name}.png" for name in names]
    assert found["parts"]["cells_found"] == 7
    assert found["recommend"]["rmse"]["tastes"] < 0.7 * found["recommend"]["rmse"]["biases"]
    assert found["separate"]["stems"] == 13 and found["separate"]["rest"] < 1e-6
    assert 15 <= found["separate"]["notes"] <= 35


def test_the_demo_can_be_kept_and_repeated(folder, run, texts_only):
    run("demo", "--out", "kept")
    out = folder / "kept"
    assert sorted(path.name for path in out.iterdir()) == ["chapters.csv", "model.pw", "run.toml", "themes.csv"]
    themes, chapters = io.read(out / "themes.csv"), io.read(out / "chapters.csv")
    assert (themes.X.shape[1], chapters.X.shape) == (4, (193, 4))
    assert "Great Expectations, chapter 1" in chapters.row_names
    first = (out / "themes.csv").read_bytes()
    run("--config", out / "run.toml")
    assert (out / "themes.csv").read_bytes() == first
    assert "martians" in run("show", out / "model.pw").stdout
    (folder / "new.txt").write_text("The Nautilus dived, and the captain smiled.\n", encoding="utf-8")
    assert "captain, nautilus, nemo" in run("apply", out / "model.pw", "new.txt").stdout


def test_any_model_can_be_drawn_when_it_is_fitted_or_later(folder, run):
    said = json.loads(run("fit", "x.csv", "-k", 2, "--plots", "seen", "--json").stdout)
    drawn = {"similarity.png", "convergence.png", "fit.png", "factors.png"}
    assert drawn == {path.name for path in (folder / "seen").iterdir()} and drawn < set(said["files"])
    assert "Drew" in run("show", folder / "x-nmf" / "model.pw", "--plots", "again").stdout
    assert {"similarity.png", "convergence.png"} == {path.name for path in (folder / "again").iterdir()}
    assert (folder / "again" / "similarity.png").read_bytes()[:4] == b"\x89PNG"


# apply


def test_drawing_the_loadings_of_new_rows_leaves_the_table_on_stdout_alone(folder, fitted, run):
    plain = run("apply", fitted / "model.pw", "x.csv")
    drawn = run("apply", fitted / "model.pw", "x.csv", "--plots", "drawn")
    assert drawn.stdout == plain.stdout and "loadings.png" in drawn.stderr
    assert (folder / "drawn" / "loadings.png").read_bytes().startswith(b"\x89PNG")


def test_applying_a_model_to_its_own_data_gives_its_loadings(fitted, run):
    run("apply", fitted / "model.pw", "x.csv", "--out", "new.csv")
    first, again = io.read(fitted / "W.csv"), io.read("new.csv")
    assert again.row_names == first.row_names
    np.testing.assert_allclose(again.X, first.X, rtol=1e-4, atol=1e-8)


def test_without_out_the_loadings_go_to_stdout(fitted, run):
    run("apply", fitted / "model.pw", "x.csv", "--out", "new.csv")
    assert run("apply", fitted / "model.pw", "x.csv").stdout_bytes == Path("new.csv").read_bytes()


def test_json_holds_the_loadings_when_no_file_is_asked_for(fitted, run):
    found = json.loads(run("apply", fitted / "model.pw", "x.csv", "--json").stdout)
    assert found["rows"][0] == "s0"
    np.testing.assert_allclose(found["loadings"], io.read(fitted / "W.csv").X, rtol=1e-4, atol=1e-8)


def test_columns_are_matched_by_name(fitted, run, planted):
    order = [3, 1, 0, 5, 4, 2]
    Path("other.csv").write_text(table(planted[:, order], [NAMES[j] for j in order]), encoding="utf-8")
    result = run("apply", fitted / "model.pw", "other.csv", "--out", "new.csv")
    assert "matched by name" in result.stderr
    np.testing.assert_allclose(io.read("new.csv").X, io.read(fitted / "W.csv").X, rtol=1e-4, atol=1e-8)


@pytest.fixture
def partly(folder, planted):
    """A file that lacks two columns of the model and has one of its own."""
    keep = [0, 2, 3, 4]
    X = np.column_stack([planted[:, keep], np.full(12, 9.0)])
    Path("partly.csv").write_text(table(X, [*(NAMES[j] for j in keep), "new"]), encoding="utf-8")
    return "partly.csv"


def test_missing_and_unknown_columns_are_counted_aloud(fitted, partly, run, planted):
    result = run("apply", fitted / "model.pw", partly, "--out", "new.csv")
    assert "2 columns missing (counted as 0), 1 unknown (ignored); 4 matched by name." in result.stderr
    X = planted.copy()
    X[:, [1, 5]] = 0
    expected = partwise.load(fitted / "model.pw").components_
    model = partwise.NMF(2)
    model.components_ = expected
    model.n_features_in_ = 6
    np.testing.assert_allclose(io.read("new.csv").X, model.transform(X), rtol=1e-10, atol=1e-12)


def test_unknown_columns_can_be_refused(fitted, partly, run):
    assert "'new'" in run("apply", fitted / "model.pw", partly, "--unknown", "error", code=3).stderr


def test_a_file_without_a_common_column_is_refused(fitted, run):
    assert "shares no column" in run("apply", fitted / "model.pw", "holes.csv", "--missing", "zero", code=3).stderr


def test_columns_without_names_are_matched_by_place(fitted, run, planted):
    run("apply", fitted / "model.pw", "x.npy", "--out", "new.csv")
    np.testing.assert_allclose(io.read("new.csv").X, io.read(fitted / "W.csv").X, rtol=1e-4, atol=1e-8)
    np.save("narrow.npy", planted[:, :4])
    stderr = run("apply", fitted / "model.pw", "narrow.npy", code=3).stderr
    assert "has 4 columns, but the model expects 6" in stderr


def test_names_that_repeat_cannot_be_matched(fitted, run):
    Path("twice.csv").write_text("id,bier,bier\nr,1,2\n", encoding="utf-8")
    assert "'bier' occurs twice in twice.csv" in run("apply", fitted / "model.pw", "twice.csv", code=3).stderr


def test_new_rows_are_raised_like_those_of_a_shifted_fit(folder, run):
    run("fit", "negative.csv", "-k", 1, "--negatives", "shift")
    result = run("apply", "negative-nmf/model.pw", "negative.csv", "--out", "new.csv")
    assert "same offsets" in result.stderr
    np.testing.assert_allclose(io.read("new.csv").X, io.read("negative-nmf/W.csv").X, rtol=1e-4)
    Path("one.csv").write_text("id,b,a\nr2,3,-1\n", encoding="utf-8")
    run("apply", "negative-nmf/model.pw", "one.csv", "--out", "one-new.csv")
    np.testing.assert_allclose(io.read("one-new.csv").X, io.read("new.csv").X[1:2], rtol=1e-10)


def test_a_sparse_file_is_applied_like_a_dense_one(fitted, run, planted):
    sp.save_npz("s.npz", sp.csr_array(planted))
    run("apply", fitted / "model.pw", "s.npz", "--out", "new.csv")
    np.testing.assert_allclose(io.read("new.csv").X, io.read(fitted / "W.csv").X, rtol=1e-4, atol=1e-8)


def test_an_application_can_be_repeated(fitted, run):
    run("apply", fitted / "model.pw", "x.csv", "--out", "new.csv")
    first = Path("new.csv").read_bytes()
    Path("new.csv").unlink()
    run("--config", "new.run.toml")
    assert Path("new.csv").read_bytes() == first


def test_an_output_of_an_unknown_kind_or_place_is_refused(fitted, run):
    assert ".csv, .tsv or .npz" in run("apply", fitted / "model.pw", "x.csv", "--out", "new.doc", code=3).stderr
    assert "no folder" in run("apply", fitted / "model.pw", "x.csv", "--out", "no/new.csv", code=2).stderr


def test_a_model_that_was_never_fitted_is_refused(folder, run):
    partwise.save(partwise.NMF(2), "empty.pw")
    for arguments in (["show", "empty.pw"], ["apply", "empty.pw", "x.csv"]):
        assert "never fitted" in run(*arguments, code=3).stderr


# show


def test_show_tells_the_fit_the_features_and_the_origin(fitted, run):
    stdout = run("show", fitted / "model.pw").stdout
    for said in (
        "2 components of 6 features",
        "explains",
        "converged",
        "Äpfel",
        "Written by",
        "numpy",
        "random_state=0",
    ):
        assert said in stdout


def test_show_lists_one_component_with_its_weights(fitted, run):
    H = partwise.load(fitted / "model.pw").components_
    lines = run("show", fitted / "model.pw", "--component", 1, "--top", 3).stdout.splitlines()
    assert len(lines) == 5
    assert lines[2].split() == [NAMES[H[1].argmax()], f"{H[1].max():.6g}"]


def test_show_names_the_components_there_are(fitted, run):
    assert "numbered from 0 to 1" in run("show", fitted / "model.pw", "--component", 2, code=2).stderr


def test_show_gives_json(fitted, run):
    found = json.loads(run("show", fitted / "model.pw", "--json", "-q").stdout)
    assert found["params"]["n_components"] == 2
    assert found["class"] == "NMF"
    assert len(found["components"][0]["top"]) <= 10


# doctor


def test_doctor_tells_versions_kernels_threads_and_extras(run, monkeypatch):
    monkeypatch.setenv("PARTWISE_NUM_THREADS", "3")
    stdout = run("doctor").stdout
    for said in ("scikit-learn", "kernels", "3 (from PARTWISE_NUM_THREADS)", "BLAS", "extra plot"):
        assert said in stdout


def test_doctor_says_how_to_get_a_missing_extra(run, monkeypatch):
    monkeypatch.setattr(doctor, "find_spec", lambda name: None)
    found = run("doctor", "--json")
    assert 'missing: soundfile; pip install "partwise[audio]"' in found.stderr
    assert json.loads(found.stdout)["extras"]["omics"] == ["anndata", "h5py", "zarr"]


def test_doctor_refuses_a_number_of_threads_that_is_none(run, monkeypatch):
    monkeypatch.setenv("PARTWISE_NUM_THREADS", "many")
    assert "PARTWISE_NUM_THREADS='many'" in run("doctor", code=3).stderr


def test_doctor_knows_every_extra_for_users():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["optional-dependencies"]
    known = {extra: len(modules) for extra, modules in doctor.EXTRAS.items()}
    assert known == {extra: len(names) for extra, names in extras.items() if extra not in {"all", "test", "docs"}}
