"""Pictures from files and arrays, against pillow as the independent reader and writer."""

import re
import sys

import numpy as np
import pytest
from PIL import Image

from partwise.errors import DataError, MissingExtraError, MissingFileError
from partwise.io import as_pictures, png_bytes, read_pictures
from partwise.io.stacks import resized

SEED = np.array([[0.0, 1.0, 0.5], [1.0, 0.0, 1.0]])


@pytest.fixture
def folder(tmp_path):
    """Three grey pictures of 4 x 6 pixels, named as people name them."""
    rng = np.random.default_rng(0)
    for name in ("2.png", "10.png", "1.png"):
        Image.fromarray(rng.integers(0, 256, (4, 6), dtype=np.uint8)).save(tmp_path / name)
    return tmp_path


def levels(path):
    return np.asarray(Image.open(path))


def test_a_picture_survives_writing_and_reading_to_a_255th(tmp_path):
    (tmp_path / "a.png").write_bytes(png_bytes(SEED))
    np.testing.assert_allclose(read_pictures(tmp_path).stack[0], SEED, atol=1 / 255)


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (1, 1)])
def test_what_is_written_is_what_pillow_reads(tmp_path, shape):
    values = np.random.default_rng(1).integers(0, 256, shape)
    (tmp_path / "a.png").write_bytes(png_bytes(values / 255))
    np.testing.assert_array_equal(levels(tmp_path / "a.png"), values)


def test_values_outside_0_to_1_are_cut_off_when_written(tmp_path):
    (tmp_path / "a.png").write_bytes(png_bytes([[-1.0, 2.0]]))
    assert levels(tmp_path / "a.png").tolist() == [[0, 255]]


def test_a_folder_is_read_in_the_order_people_count_in(folder):
    pictures = read_pictures(folder)
    assert pictures.names == ("1.png", "2.png", "10.png")
    np.testing.assert_array_equal(pictures.stack[1], levels(folder / "2.png") / 255)
    assert (pictures.size, pictures.notes) == ((4, 6), ())


def test_subfolders_are_read_and_hidden_files_are_not(folder):
    (folder / "more").mkdir()
    (folder / "more" / "3.png").write_bytes((folder / "1.png").read_bytes())
    (folder / ".hidden.png").write_bytes(b"x")
    assert read_pictures(folder).names == ("1.png", "2.png", "10.png", "more/3.png")


def test_files_of_other_kinds_are_left_out_aloud(folder):
    (folder / "notes.txt").write_text("x", encoding="utf-8")
    assert any("1 files are no pictures" in note for note in read_pictures(folder).notes)


def test_colour_becomes_its_luma_as_in_pillow(tmp_path):
    rng = np.random.default_rng(2)
    colour = Image.fromarray(rng.integers(0, 256, (8, 9, 3), dtype=np.uint8))
    colour.save(tmp_path / "a.png")
    pictures = read_pictures(tmp_path)
    np.testing.assert_allclose(255 * pictures.stack[0], np.asarray(colour.convert("L")), atol=1.01)
    assert "1 of 1 pictures are in colour" in pictures.notes[0]


def test_what_is_transparent_becomes_white(tmp_path):
    Image.fromarray(np.array([[[0, 0, 0, 0], [0, 0, 0, 255]]], dtype=np.uint8)).save(tmp_path / "a.png")
    assert read_pictures(tmp_path).stack[0].tolist() == [[1.0, 0.0]]


def test_a_palette_is_looked_up(tmp_path):
    Image.fromarray(np.full((2, 2, 3), 51, dtype=np.uint8)).convert("P").save(tmp_path / "a.gif")
    np.testing.assert_allclose(read_pictures(tmp_path).stack[0], 0.2, atol=0.02)


def test_sixteen_bits_are_kept(tmp_path):
    Image.fromarray(np.array([[0, 257, 65535]], dtype=np.uint16)).save(tmp_path / "a.png")
    np.testing.assert_allclose(read_pictures(tmp_path).stack[0], [[0, 1 / 255, 1]], rtol=1e-12)


def test_the_pages_of_a_tiff_are_pictures(tmp_path):
    pages = [Image.fromarray(np.full((2, 3), value, dtype=np.uint8)) for value in (0, 255)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    pictures = read_pictures(tmp_path / "a.tif")
    assert pictures.names == ("page 0", "page 1")
    assert pictures.stack.mean(axis=(1, 2)).tolist() == [0, 1]


def test_a_photograph_is_turned_as_its_camera_was_held(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by 90 degrees
    Image.fromarray(np.zeros((4, 6), dtype=np.uint8)).save(tmp_path / "a.jpg", exif=exif)
    assert read_pictures(tmp_path).size == (6, 4)


# arrays


def test_flat_rows_and_pictures_are_the_same_stack():
    stack = np.random.default_rng(3).random((5, 2, 3))
    flat = as_pictures(stack.reshape(5, 6), size=(2, 3))
    np.testing.assert_array_equal(flat.stack, stack)
    np.testing.assert_array_equal(as_pictures(list(stack)).stack, stack)


def test_floats_from_0_to_1_are_not_copied():
    stack = np.random.default_rng(3).random((5, 2, 3))
    assert np.shares_memory(as_pictures(stack).stack, stack)


def test_integers_are_divided_by_what_their_type_holds_and_others_by_the_highest():
    assert as_pictures(np.full((1, 1, 1), 51, np.uint8)).stack.item() == pytest.approx(0.2)
    assert as_pictures(np.ones((1, 1, 1), bool)).stack.item() == 1
    digits = as_pictures(np.array([[[0.0, 16.0]]]))
    assert digits.stack.tolist() == [[[0.0, 1.0]]]
    assert "values run to 16" in digits.notes[0]


def test_square_flat_rows_need_no_size_and_others_do(tmp_path):
    np.save(tmp_path / "d.npy", np.ones((3, 64)))
    assert read_pictures(tmp_path / "d.npy").size == (8, 8)
    np.save(tmp_path / "d.npy", np.ones((3, 6)))
    with pytest.raises(DataError, match="--size HEIGHTxWIDTH with 6 pixels"):
        read_pictures(tmp_path / "d.npy")


def test_the_row_names_of_an_npz_are_the_names_of_its_pictures(tmp_path):
    np.savez(tmp_path / "d.npz", values=np.ones((2, 3, 3)), row_names=np.array(["a", "b"]))
    assert read_pictures(tmp_path / "d.npz").names == ("a", "b")


# sizes


def unequal():
    return [np.zeros((4, 4)), np.ones((4, 8)), np.zeros((4, 4))]


def test_unequal_sizes_are_refused_with_the_way_out():
    with pytest.raises(DataError, match=re.escape("most are 4 x 4")) as caught:
        as_pictures(unequal())
    assert "first: 1, 4 x 8" in str(caught.value)
    assert "--resize crop" in str(caught.value)


@pytest.mark.parametrize("way", ["crop", "stretch"])
def test_what_was_resized_is_said(way):
    pictures = as_pictures(unequal(), resize=way)
    assert pictures.stack.shape == (3, 4, 4)
    assert "1 of 3 pictures are brought to 4 x 4" in pictures.notes[0]
    np.testing.assert_allclose(pictures.stack[1], 1)


def test_a_given_size_is_reached_by_all():
    assert as_pictures(unequal(), size=(2, 2)).size == (2, 2)


@pytest.mark.parametrize("size", [(3, 5), (7, 2), (12, 20), (1, 1)])
def test_stretching_keeps_the_mean(size):
    picture = np.random.default_rng(4).random((6, 10))
    assert resized(picture, size, "stretch").mean() == pytest.approx(picture.mean(), rel=1e-12)


def test_stretching_is_the_box_filter_of_pillow():
    picture = np.random.default_rng(4).random((12, 10)).astype(np.float32)
    theirs = np.asarray(Image.fromarray(picture).resize((5, 4), Image.Resampling.BOX))
    np.testing.assert_allclose(resized(picture, (4, 5), "stretch"), theirs, atol=1e-6)


def test_cropping_cuts_both_sides_alike_and_keeps_proportions():
    picture = np.tile(np.arange(8.0), (4, 1))
    np.testing.assert_allclose(resized(picture, (4, 4), "crop"), np.tile([2.0, 3.0, 4.0, 5.0], (4, 1)))


# refusals

BAD = {
    "no picture": (np.zeros((0, 3, 3)), "no picture"),
    "a vector": (np.zeros(3), "has the shape (3,)"),
    "five axes": (np.zeros((1, 2, 3, 4, 5)), "has the shape"),
    "negative": (np.array([[[0.0, -0.5]]]), "1 negative values (first: row 0, column 1; the lowest is -0.5)"),
    "nan": (np.array([[[0.0, np.nan]]]), "nan or infinite"),
    "text": (np.array([[["a"]]]), "no real numbers"),
    "no pixels": ([np.zeros((0, 3)), np.zeros((2, 3))], "without pixels"),
}


@pytest.mark.parametrize(("images", "said"), list(BAD.values()), ids=list(BAD))
def test_what_is_no_picture_is_refused(images, said):
    with pytest.raises(DataError, match=re.escape(said)):
        as_pictures(images)


def test_negative_values_can_be_cut_off_aloud():
    pictures = as_pictures(np.array([[[0.5, -0.5]]]), negatives="clip")
    assert pictures.stack.tolist() == [[[0.5, 0.0]]]
    assert "1 negative values are set to 0" in pictures.notes[0]


def test_a_folder_without_pictures_says_what_it_looked_for(tmp_path):
    with pytest.raises(DataError, match=re.escape("no picture (0 other files). Known kinds: .png")):
        read_pictures(tmp_path)


def test_a_broken_picture_is_named(folder):
    (folder / "3.png").write_bytes(b"no picture at all")
    with pytest.raises(DataError, match=re.escape("3.png is not a readable picture")):
        read_pictures(folder)


def test_a_missing_folder_is_missing(tmp_path):
    with pytest.raises(MissingFileError):
        read_pictures(tmp_path / "faces")
    with pytest.raises(MissingFileError):
        read_pictures(tmp_path / "faces.tif")


def test_without_pillow_arrays_are_read_and_pictures_name_the_extra(folder, monkeypatch):
    np.save(folder / "d.npy", np.ones((3, 4, 4)))
    monkeypatch.setitem(sys.modules, "PIL", None)
    assert read_pictures(folder / "d.npy").size == (4, 4)
    with pytest.raises(MissingExtraError, match=re.escape('pip install "partwise[images]"')):
        read_pictures(folder)


@pytest.mark.parametrize("options", [{"resize": "zoom"}, {"names": ["a", "b"]}])
def test_wrong_options_are_refused(options):
    with pytest.raises(DataError):
        as_pictures(np.zeros((1, 2, 2)), **options)


def test_what_cannot_be_written_is_refused():
    with pytest.raises(DataError):
        png_bytes(np.zeros((2, 2, 4)))
