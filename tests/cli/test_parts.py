"""``parts``: from raw pictures to parts, recipes and rebuilt pictures; and every mistake with its message."""

import json
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import partwise
from partwise import io
from partwise.apps.images import encode
from partwise.datasets import make_lcd_digits


def write_png(path, picture):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.rint(255 * np.asarray(picture)).astype(np.uint8)).save(path)


@pytest.fixture
def lcd():
    return make_lcd_digits(30).X.reshape(30, 13, 8)


@pytest.fixture
def place(tmp_path, monkeypatch, lcd):
    """The working folder, with a folder of pictures and stacks of them."""
    monkeypatch.chdir(tmp_path)
    for i, picture in enumerate(lcd):
        write_png(tmp_path / "lcd" / f"{i}.png", picture)
    np.savez("lcd.npz", values=lcd)
    return tmp_path


def test_a_folder_of_pictures_needs_only_the_number_of_parts(place, run):
    result = run("parts", "lcd", "-k", 7)
    out = place / "lcd-parts"
    assert {path.name for path in out.iterdir()} == {
        "parts.png", "encodings.csv", "reconstructions.png", "rebuilt", "model.pw", "run.toml"
    }  # fmt: skip
    for said in ("30 pictures of 13 x 8 pixels from 7 parts", "sparseness", "converged", "part_0", "Wrote parts.png"):
        assert said in result.stdout


def test_the_recipes_carry_the_names_of_the_files(place, run):
    run("parts", "lcd", "-k", 7)
    table = io.read(place / "lcd-parts" / "encodings.csv")
    assert table.row_names == tuple(f"{i}.png" for i in range(30))
    assert table.column_names == tuple(f"part_{q}" for q in range(7))
    model = partwise.load(place / "lcd-parts" / "model.pw")
    np.testing.assert_allclose(encode(model, io.read_pictures(place / "lcd").stack), table.X, atol=1e-5)


def test_the_rebuilt_pictures_have_the_names_and_nearly_the_pixels_of_the_originals(place, run):
    run("parts", "lcd", "-k", 7)
    for i in range(30):
        rebuilt, original = (
            np.asarray(Image.open(place / folder / f"{i}.png")).astype(int) for folder in ("lcd-parts/rebuilt", "lcd")
        )
        assert np.abs(rebuilt - original).max() <= 2


def test_the_sheet_of_parts_shows_each_part_magnified(place, run):
    run("parts", "lcd.npz", "-k", 7)
    sheet = np.asarray(Image.open(place / "lcd-parts" / "parts.png")) / 255
    zoom = 96 // 13
    model = partwise.load(place / "lcd-parts" / "model.pw")
    first = (model.components_[0] / model.components_[0].max()).reshape(13, 8)
    np.testing.assert_allclose(sheet[: 13 * zoom : zoom, : 8 * zoom : zoom], first, atol=1 / 255)
    assert sheet.shape == (3 * 13 * zoom + 2 * zoom, 3 * 8 * zoom + 2 * zoom)


def test_a_stack_comes_back_as_a_stack(place, run, lcd):
    run("parts", "lcd.npz", "-k", 7, "-o", "out")
    with np.load("out/rebuilt.npz") as file:
        np.testing.assert_allclose(file["values"], lcd, atol=1e-3)


def test_flat_rows_need_their_shape(place, run, lcd):
    np.save("flat.npy", lcd.reshape(30, -1))
    assert "13 x 8" in run("parts", "flat.npy", "-k", 7, "--size", "13x8").stdout
    assert "Say what picture a row is" in run("parts", "flat.npy", "-k", 7, code=3).stderr


def test_pictures_of_unequal_size_are_resized_when_asked_and_it_is_said(place, run, lcd):
    write_png(place / "lcd" / "wide.png", np.tile(lcd[0], (1, 2)))
    result = run("parts", "lcd", "-k", 7, "--resize", "crop")
    assert "1 of 31 pictures are brought to 13 x 8" in result.stderr
    assert run("parts", "lcd", "-k", 7, "--size", "6x6", "--resize", "stretch").stdout.startswith(
        "31 pictures of 6 x 6"
    )


def test_hidden_pixels_do_not_count(place, run):
    mask = np.ones((13, 8))
    mask[:7] = 0
    write_png(place / "mask.png", mask)
    run("parts", "lcd", "-k", 3, "--mask", "mask.png")
    assert partwise.load("lcd-parts/model.pw").components_.shape == (3, 48)
    np.save("mask.npy", mask)
    run("parts", "lcd", "-k", 3, "--mask", "mask.npy")


def test_parts_are_as_sparse_as_asked(place, run):
    plain, sparse = (
        json.loads(run("parts", "lcd.npz", "-k", 3, "--json", "-q", *options).stdout)["parts"]
        for options in ([], ["--sparse", 0.85])
    )
    assert min(part["sparseness"] for part in plain) < 0.8
    assert min(part["sparseness"] for part in sparse) >= 0.85 - 1e-6
    assert partwise.load("lcd-parts/model.pw").get_params()["penalty_H"].sparseness == 0.85


def test_the_comparison_is_printed_and_in_the_json(place, run):
    result = run("parts", "lcd.npz", "-k", 7, "--compare", "--json")
    found = json.loads(result.stdout)
    assert list(found["comparison"]) == ["PCA", "NMF", "VQ"]
    assert found["comparison"]["NMF"]["error"] == pytest.approx(found["error"])
    assert "VQ (one prototype each)" in result.stderr
    assert (found["verb"], found["pictures"], found["size"], len(found["parts"])) == ("parts", 30, [13, 8], 7)
    assert all(Path(path).exists() for path in found["files"].values())


def test_plots_are_drawn_into_their_folder(place, run):
    found = json.loads(run("parts", "lcd.npz", "-k", 7, "--compare", "--plots", "pictures", "--json", "-q").stdout)
    names = {"montage", "equation", "build_up", "rebuilt", "similarity", "convergence", "methods"}
    assert {path.stem for path in (place / "pictures").iterdir()} == names
    for name in names:
        with Image.open(found["files"][f"{name}.png"]) as picture:
            assert min(picture.size) > 200


def test_a_run_can_be_repeated_byte_for_byte(place, run):
    run("parts", "lcd", "-k", 3, "--size", "6x6", "-o", "out")
    names = ["parts.png", "encodings.csv", "reconstructions.png", "run.toml", "rebuilt/0.png"]
    first = {name: (place / "out" / name).read_bytes() for name in names}
    assert tomllib.loads(first["run.toml"].decode())["options"]["size"] == "6x6"
    run("--config", "out/run.toml")
    assert {name: (place / "out" / name).read_bytes() for name in names} == first


def test_a_changed_picture_is_noticed_when_a_run_is_repeated(place, run, lcd):
    run("parts", "lcd", "-k", 3, "-o", "out")
    write_png(place / "lcd" / "0.png", 1 - lcd[0])
    assert "not the file of that run" in run("--config", "out/run.toml").stderr


def test_an_unfinished_fit_says_so_and_is_an_error_when_strict(place, run):
    result = run("parts", "lcd.npz", "-k", 5, "--max-iter", 2, "--strict", code=4)
    assert "--max-iter 4 goes on" in result.stderr


def test_black_pictures_are_counted(place, run, lcd):
    write_png(place / "lcd" / "black.png", np.zeros((13, 8)))
    assert "1 picture is black (black.png)" in run("parts", "lcd", "-k", 3).stderr


# mistakes


def unequal(place):
    write_png(place / "lcd" / "wide.png", np.zeros((13, 16)))


def broken(place):
    (place / "lcd" / "broken.png").write_text("no picture", encoding="utf-8")


def only_text(place):
    (place / "texts").mkdir()
    (place / "texts" / "a.txt").write_text("a", encoding="utf-8")


def one(place):
    write_png(place / "one" / "a.png", np.ones((4, 4)))


def black(place):
    np.save(place / "black.npy", np.zeros((5, 3, 3)))


def negative(place):
    X = np.ones((3, 2, 2))
    X[1, 0, 1] = -0.25
    np.save(place / "negative.npy", X)


def holes(place):
    np.save(place / "holes.npy", np.array([[[1.0, np.nan]], [[1.0, 1.0]]]))


def text(place):
    np.save(place / "text.npy", np.array([[["a"]], [["b"]]]))


def cubes(place):
    np.save(place / "cubes.npy", np.ones((2, 3, 4, 5)))


def empty(place):
    (place / "empty.npz").touch()


def two_arrays(place):
    np.savez(place / "two.npz", a=np.ones((2, 2, 2)), b=np.ones((2, 2, 2)))


def other_mask(place):
    write_png(place / "mask.png", np.ones((3, 3)))


def nothing(place):
    (place / "nothing").mkdir()


def as_is(place):
    pass


MISTAKES = {
    "no such folder": (as_is, ["lcdd", "-k", 3], 2, "lcdd does not exist. Did you mean lcd"),
    "no -k": (as_is, ["lcd"], 2, "-k is missing"),
    "more parts than pictures": (as_is, ["lcd", "-k", 31], 2, "-k 31 is more than min(rows, columns) = 30"),
    "no size": (as_is, ["lcd", "-k", 3, "--size", "64"], 2, "'64' is no size. Give height x width"),
    "unknown way": (as_is, ["lcd", "-k", 3, "--resize", "zoom"], 2, "'zoom' is not one of"),
    "wrong pair": (as_is, ["lcd", "-k", 3, "--loss", "kl", "--solver", "bpp"], 2, "bpp"),
    "empty folder": (nothing, ["nothing", "-k", 3], 3, "nothing holds no picture (0 other files)"),
    "folder of texts": (only_text, ["texts", "-k", 3], 3, "texts holds no picture (1 other files). Known kinds: .png"),
    "not an image": (broken, ["lcd", "-k", 3], 3, "broken.png is not a readable picture"),
    "unequal sizes": (unequal, ["lcd", "-k", 3], 3, "Make them equal with --resize crop"),
    "one image": (one, ["one", "-k", 1], 3, "one holds 1 picture. Parts are what pictures have in common"),
    "all black": (black, ["black.npy", "-k", 2], 3, "all 5 pictures are black"),
    "negative values": (
        negative,
        ["negative.npy", "-k", 2],
        3,
        "picture 1 has 1 negative values (first: row 0",
    ),
    "nan": (holes, ["holes.npy", "-k", 1], 3, "picture 0 has values that are nan or infinite"),
    "text in an array": (text, ["text.npy", "-k", 1], 3, "no real numbers"),
    "too many axes": (cubes, ["cubes.npy", "-k", 1], 3, "has the shape (2, 3, 4, 5)"),
    "empty file": (empty, ["empty.npz", "-k", 1], 3, "is empty (0 bytes)"),
    "two arrays": (two_arrays, ["two.npz", "-k", 1], 3, "holds 2 arrays: a, b. Choose one: two.npz:a"),
    "mask of another size": (other_mask, ["lcd", "-k", 3, "--mask", "mask.png"], 3, "mask is one picture of 13 x 8"),
    "missing mask": (as_is, ["lcd", "-k", 3, "--mask", "m.png"], 2, "m.png does not exist"),
}


@pytest.mark.parametrize(("prepare", "arguments", "code", "said"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_each_mistake_has_its_message_and_exit_code(prepare, arguments, code, said, place, run):
    prepare(place)
    stderr = " ".join(run("parts", *arguments, code=code).stderr.split())
    assert said in stderr
    assert not list(place.glob("*-parts"))


def test_negative_values_can_be_cut_off(place, run):
    negative(place)
    assert "1 negative values are set to 0" in run("parts", "negative.npy", "-k", 1, "--negatives", "clip").stderr


ABSENT = {"images": ("PIL", []), "plot": ("matplotlib", ["--plots", "p"])}


@pytest.mark.parametrize("extra", list(ABSENT))
def test_a_missing_extra_is_named_before_anything_is_computed(extra, place, run, monkeypatch):
    library, options = ABSENT[extra]
    monkeypatch.setitem(sys.modules, library, None)
    assert f'pip install "partwise[{extra}]"' in run("parts", "lcd", "-k", 3, *options, code=2).stderr
