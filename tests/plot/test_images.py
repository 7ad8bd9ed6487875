"""Pictures of parts are read back from what was drawn."""

import numpy as np
import pytest

from partwise import plot
from partwise.apps.images import compare, grow, parts
from partwise.datasets import make_lcd_digits
from partwise.errors import DataError


def drawn(ax):
    return np.ma.filled(ax.images[0].get_array(), np.nan)


@pytest.fixture(scope="module")
def found():
    return parts(make_lcd_digits().X, 7, size=(13, 8))


def test_a_montage_shows_every_picture_at_its_place_and_gaps_between():
    stack = np.random.default_rng(0).random((49, 19, 19))
    sheet = drawn(plot.montage(stack))
    for i in range(49):
        top, left = 20 * (i // 7), 20 * (i % 7)
        np.testing.assert_array_equal(sheet[top : top + 19, left : left + 19], stack[i])
    assert np.isnan(sheet[19]).all()


def test_a_montage_is_grey_nearest_without_ticks_and_on_one_scale():
    ax = plot.montage(np.array([[[0.0, 0.5]], [[0.25, 2.0]]]))
    image = ax.images[0]
    assert (image.get_cmap().name, image.get_interpolation(), image.get_clim()) == ("gray", "nearest", (0, 2))
    assert len(ax.get_xticks()) == len(ax.get_yticks()) == 0


def test_zero_is_the_middle_of_signed_colours():
    image = plot.montage(np.array([[[-1.0, 0.5]]]), signed=True).images[0]
    assert image.norm(0.0) == pytest.approx(0.5)


def test_titles_stand_over_their_pictures():
    ax = plot.montage(np.ones((3, 8, 8)), columns=2, titles=["a", "b", "c"])
    places = {text.get_text(): text.get_position() for text in ax.texts}
    assert places["a"][1] == places["b"][1] < places["c"][1]
    assert places["a"][0] == places["c"][0] == 3.5
    assert places["b"][0] == 13.5


def test_what_is_no_stack_is_refused():
    with pytest.raises(DataError, match="montage"):
        plot.montage(np.ones((3, 4)))


def test_the_equation_of_lee_and_seung_shows_the_weight_of_each_part_at_its_place(found):
    left, weights, product, original = plot.lee_seung(found, 4)
    assert drawn(left).shape == (3 * 14 - 1, 3 * 9 - 1)
    shown = drawn(weights)
    np.testing.assert_array_equal(shown.ravel()[:7], found.W[4])
    assert np.isnan(shown.ravel()[7:]).all()
    np.testing.assert_allclose(drawn(product), (found.W[4] @ found.components.reshape(7, -1)).reshape(13, 8))
    np.testing.assert_array_equal(drawn(original), found.pictures.stack[4])


def test_a_build_up_shows_weights_parts_and_sums_and_no_part_of_weight_zero(found):
    axes = plot.build_up(found, 0)
    recipe = found.build_up(0)
    assert axes.shape == (2, 1 + len(recipe.weights))
    for t, weight in enumerate(recipe.weights):
        assert axes[0, t + 1].get_title() == f"{weight:.2f} {recipe.parts[t]}"
        np.testing.assert_allclose(drawn(axes[0, t + 1]) * weight, recipe.terms[t], atol=1e-12)
        np.testing.assert_array_equal(drawn(axes[1, t + 1]), recipe.sums[t])
    np.testing.assert_allclose(drawn(axes[1, 0]), drawn(axes[1, -1]), atol=1e-12)


def test_originals_reconstructions_and_differences_stand_in_rows(found):
    axes = plot.rebuilt(found, [3, "5"])
    np.testing.assert_array_equal(drawn(axes[0, 1]), found.pictures.stack[5])
    np.testing.assert_allclose(drawn(axes[0, 0]) - drawn(axes[1, 0]), drawn(axes[2, 0]), atol=1e-15)
    assert [ax.get_ylabel() for ax in axes[:, 0]] == ["original", "rebuilt", "difference"]


def test_the_strongest_pictures_are_drawn_in_their_order(found):
    ax = plot.strongest(found, 3, n=7)
    best = found.strongest(3, 7)
    assert [text.get_text() for text in ax.texts] == [f"{name} ({weight:.2f})" for name, weight in best.items()]
    np.testing.assert_array_equal(drawn(ax)[:13, :8], found.pictures.stack[found.index(best.index[0])])


def test_growth_has_a_row_per_picture_and_a_column_per_number(found):
    stack = found.pictures.stack
    errors, rebuilt = grow(stack, [2, 7])
    axes = plot.growth(errors, rebuilt, stack[:3], method="PCA")
    assert axes.shape == (3, 3)
    np.testing.assert_array_equal(drawn(axes[1, 2]), rebuilt["PCA"][7][1])


def test_methods_are_told_with_their_error_and_only_pca_has_two_signs(found):
    both = compare(found)
    axes = plot.methods(both)
    assert [ax.images[0].get_cmap().name for ax in axes] == ["RdBu_r", "gray", "gray"]
    for ax, (name, row) in zip(axes, both.table.iterrows(), strict=True):
        assert ax.get_title() == f"{name}: error {row['error']:.4f}, sparseness {row['sparseness']:.2f}"
