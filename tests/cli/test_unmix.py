"""``unmix``: from a table or cube of spectra to pure ones; every mistake with its message and exit code."""

import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from partwise import io


@pytest.fixture
def place(tmp_path, monkeypatch):
    """The working folder, with a cube, the same as a table, and the pure spectra."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    pure = rng.dirichlet(np.full(12, 0.5), 3)
    cube = (rng.dirichlet(np.full(3, 0.4), 60) @ pure).reshape(6, 10, 12)
    np.save("scene.npy", cube)
    channels = [str(400 + 10 * j) for j in range(12)]
    pd.DataFrame(cube.reshape(60, 12), [f"s{i}" for i in range(60)], channels).to_csv("mixtures.csv")
    pd.DataFrame(pure, ["tree", "soil", "water"], channels).to_csv("pure.csv")
    return tmp_path


def test_a_table_needs_only_the_number_of_spectra(place, run):
    result = run("unmix", "mixtures.csv", "-k", 3)
    out = place / "mixtures-unmixed"
    assert {path.name for path in out.iterdir()} == {"endmembers.csv", "abundances.csv", "model.pw", "run.toml"}
    for said in ("3 pure spectra of 60 mixtures with 12 channels", "--minimum-volume", "endmember_2", "Wrote"):
        assert said in result.stdout
    assert io.read(out / "abundances.csv").row_names[5] == "s5"
    assert io.read(out / "endmembers.csv").column_names[0] == "400"


def test_the_least_volume_of_a_cube_finds_the_pure_spectra_and_maps(place, run):
    options = ["--minimum-volume", "--reference", "pure.csv", "--plots", "pictures", "-o", "out", "--json"]
    found = json.loads(run("unmix", "scene.npy", "-k", 3, *options).stdout)
    assert {part["reference"] for part in found["endmembers"]} == {"tree", "soil", "water"}
    assert max(part["angle"] for part in found["endmembers"]) < 0.05
    np.testing.assert_allclose(io.read("out/abundances.csv").X.sum(axis=1), 1, rtol=1e-6)
    with np.load("out/maps.npz") as maps:
        assert maps["values"].shape == (3, 6, 10)
    assert {path.name for path in (place / "pictures").iterdir()} == {"endmembers.png", "maps.png"}
    assert len(pd.read_csv("out/matches.csv")) == 3


def test_a_line_of_wavelengths_is_no_mixture(place, run):
    text = Path("mixtures.csv").read_text(encoding="utf-8")
    Path("named.csv").write_text("time" + text, encoding="utf-8")
    result = run("unmix", "named.csv", "-k", 3)
    assert "the first line (400 to 510) is read as the channels, not as a mixture" in result.stderr
    assert "60 mixtures with 12 channels" in result.stdout
    assert io.read("named-unmixed/abundances.csv").row_names[0] == "s0"


def test_a_run_can_be_repeated_byte_for_byte(place, run):
    run("unmix", "mixtures.csv", "-k", 2, "--sum-to-one", "-o", "out")
    names = ["endmembers.csv", "abundances.csv", "run.toml"]
    first = {name: (place / "out" / name).read_bytes() for name in names}
    run("--config", "out/run.toml")
    assert {name: (place / "out" / name).read_bytes() for name in names} == first


def test_an_unfinished_fit_says_so_and_is_an_error_when_strict(place, run):
    assert "--max-iter 2 goes on" in run("unmix", "mixtures.csv", "-k", 3, "--max-iter", 1, "--strict", code=4).stderr


def written(name, text):
    return lambda: Path(name).write_text(text, encoding="utf-8")


def as_is():
    pass


MISTAKES = {
    "no such file": (as_is, ["mixture.csv", "-k", 3], 2, "mixture.csv does not exist. Did you mean mixtures.csv"),
    "no -k": (as_is, ["mixtures.csv"], 2, "-k is missing"),
    "k too large": (as_is, ["mixtures.csv", "-k", 13], 2, "-k 13 is more than min(rows, columns) = 12"),
    "wrong pair": (as_is, ["mixtures.csv", "-k", 3, "--solver", "bpp", "--sum-to-one"], 2, "bpp"),
    "volume of nothing": (as_is, ["mixtures.csv", "-k", 3, "--volume", 0], 2, "0"),
    "no reference": (as_is, ["mixtures.csv", "-k", 3, "--reference", "x.csv"], 2, "x.csv does not exist"),
    "empty": (written("wrong.csv", ""), ["wrong.csv", "-k", 1], 3, "wrong.csv is empty (0 bytes)"),
    "other kind": (written("wrong.spc", "x"), ["wrong.spc", "-k", 1], 3, ".spc is not a kind that is read"),
    "one row": (written("wrong.csv", "id,400,410,420,430\na,1,2,2,1\n"), ["wrong.csv", "-k", 1], 3, "holds 1 spectrum"),
    "negative": (
        written("wrong.csv", "id,b1,b2\na,1,2\nc,-1,3\n"),
        ["wrong.csv", "-k", 1],
        3,
        "1 values are negative (first: 'c', channel 'b1', -1)",
    ),
    "holes": (written("wrong.csv", "id,b1,b2\na,1,\nc,1,3\n"), ["wrong.csv", "-k", 1], 3, "1 values are empty"),
    "words": (written("wrong.csv", "id,b1,b2\na,1,x\nc,1,3\n"), ["wrong.csv", "-k", 1], 3, "'x'"),
}


@pytest.mark.parametrize(("prepare", "arguments", "code", "said"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_each_mistake_has_its_message_and_exit_code(prepare, arguments, code, said, place, run):
    prepare()
    assert said in " ".join(run("unmix", *arguments, code=code).stderr.split())
    assert not list(place.glob("*-unmixed"))


def test_a_missing_extra_is_named_before_anything_is_computed(place, run, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    assert 'pip install "partwise[plot]"' in run("unmix", "scene.npy", "-k", 3, "--plots", "p", code=2).stderr
