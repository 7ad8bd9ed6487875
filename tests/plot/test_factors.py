"""What the pictures show is read back from what was drawn: the arrays, the names and the numbers."""

import re
import sys

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import partwise
from partwise import plot
from partwise.datasets import make_toy_cloud, ratings_5x4, ratings_7x5
from partwise.errors import DataError, MissingExtraError


def drawn(ax):
    """The numbers behind the coloured cells."""
    return np.asarray(ax.images[0].get_array())


def names(ax):
    """The names of the rows and of the columns."""
    return [tick.get_text() for tick in ax.get_yticklabels()], [tick.get_text() for tick in ax.get_xticklabels()]


@pytest.fixture(scope="module")
def ratings():
    X = ratings_5x4()
    model = partwise.NMF(2, init="random", random_state=42, max_iter=500)
    return X, model.fit_transform(X), model


def test_a_heatmap_shows_the_matrix_its_names_and_its_numbers():
    table = pd.DataFrame([[1.0, 0.25], [0.0, 12.5]], index=["a", "b"], columns=["x", "y"])
    ax = plot.heatmap(table, title="T")
    np.testing.assert_array_equal(drawn(ax), table)
    assert names(ax) == (["a", "b"], ["x", "y"])
    assert [text.get_text() for text in ax.texts] == ["1.00", "0.25", "0.00", "12.50"]
    assert [text.get_position() for text in ax.texts] == [(0, 0), (1, 0), (0, 1), (1, 1)]
    assert ax.get_title() == "T"


def test_the_numbers_can_be_read_on_their_cells():
    ax = plot.heatmap([[0.0, 1.0]])
    assert [text.get_color() for text in ax.texts] == ["white", "black"]  # viridis runs from dark to light


def test_a_large_matrix_carries_neither_numbers_nor_names():
    ax = plot.heatmap(np.ones((100, 100)), rows=range(100), columns=range(100))
    assert not ax.texts
    assert len(ax.get_yticks()) < 20


def test_a_sparse_matrix_and_given_axes_are_taken():
    from matplotlib import pyplot

    ax = pyplot.subplots()[1]
    assert plot.heatmap(sp.eye_array(3, format="csr"), ax) is ax
    np.testing.assert_array_equal(drawn(ax), np.eye(3))


@pytest.mark.parametrize(
    "A", [[1.0, 2.0], np.ones((0, 3)), sp.csr_array((3000, 3000))], ids=["vector", "empty", "huge"]
)
def test_what_is_no_picture_is_refused(A):
    with pytest.raises(DataError):
        plot.heatmap(A)


def test_the_three_panels_are_x_its_model_and_what_is_left(ratings):
    X, W, model = ratings
    first, second, third = plot.fit_heatmaps(model, X, W=W)
    np.testing.assert_array_equal(drawn(first), X)
    np.testing.assert_allclose(drawn(second), W @ model.components_, rtol=1e-12)
    assert np.linalg.norm(drawn(third)) == pytest.approx(model.reconstruction_err_, rel=1e-9)
    assert [ax.get_title() for ax in (first, second, third)] == ["X", "W H", "X - W H"]
    assert names(second) == (["0", "1", "2", "3", "4"], ["Item1", "Item2", "Item3", "Item4"])


def test_x_and_its_model_share_a_scale_and_zero_difference_has_the_middle_colour(ratings):
    X, W, model = ratings
    first, second, third = (ax.images[0] for ax in plot.fit_heatmaps(model, X, W=W))
    assert first.get_clim() == second.get_clim()
    assert third.norm(0.0) == pytest.approx(0.5)


def test_the_factors_carry_the_names_of_their_side(ratings):
    X, W, model = ratings
    left, right = plot.factor_heatmaps(model, X, W=W, components=["A", "B"])
    np.testing.assert_array_equal(drawn(left), W)
    np.testing.assert_array_equal(drawn(right), model.components_)
    assert names(left) == (["0", "1", "2", "3", "4"], ["A", "B"])
    assert names(right) == (["A", "B"], ["Item1", "Item2", "Item3", "Item4"])


def test_the_weights_are_computed_where_they_are_not_given(ratings):
    X, W, model = ratings
    np.testing.assert_allclose(drawn(plot.factor_heatmaps(model, X)[0]), W, rtol=1e-3, atol=1e-6)


def test_any_estimator_with_components_can_be_drawn():
    from sklearn.decomposition import NMF

    X = ratings_7x5()
    difference = plot.fit_heatmaps(NMF(2, init="random", random_state=0, max_iter=1000).fit(X), X)[2]
    assert np.abs(drawn(difference)).max() < 1e-3


def test_the_wrong_number_of_axes_is_refused(ratings):
    X, _, model = ratings
    with pytest.raises(DataError, match="1 x 3 panels"):
        plot.fit_heatmaps(model, X, plot.fit_heatmaps(model, X)[:2])


def test_similarity_is_the_cosine_and_a_zero_component_is_like_nothing():
    H = np.array([[3.0, 0.0], [1.0, 1.0], [0.0, 0.0]])
    shown = drawn(plot.similarity(H))
    np.testing.assert_allclose(shown, [[1, 0.5**0.5, 0], [0.5**0.5, 1, 0], [0, 0, 0]], atol=1e-15)


def test_two_models_are_compared_row_by_column():
    ax = plot.similarity(np.eye(2), np.array([[0.0, 5.0]]), components=["a", "b"])
    np.testing.assert_array_equal(drawn(ax), [[0], [1]])
    assert names(ax) == (["a", "b"], ["0"])


def arrow_angles(ax):
    """Degrees from the horizontal axis, ascending."""
    ends = np.array([line.get_xydata()[1] for line in ax.lines])
    return np.sort(np.degrees(np.arctan2(ends[:, 1], ends[:, 0])))


def test_one_component_of_the_toy_cloud_points_through_its_middle():
    cloud = make_toy_cloud()
    ax = plot.directions(cloud.X, partwise.NMF(1).fit(cloud.X))
    np.testing.assert_allclose(arrow_angles(ax), [49.4334], atol=1e-3)
    np.testing.assert_array_equal(np.asarray(ax.collections[0].get_offsets()), cloud.X)
    assert ax.get_title() == "1 component"


def test_two_components_of_the_toy_cloud_hold_every_point_between_them():
    cloud = make_toy_cloud()
    low, high = arrow_angles(plot.directions(cloud.X, partwise.NMF(2, tol=1e-10, max_iter=20000).fit(cloud.X)))
    assert low <= cloud.extra["angles"].min() + 1e-3
    assert high >= cloud.extra["angles"].max() - 1e-3


def test_directions_need_a_plane(ratings):
    with pytest.raises(DataError, match="4 columns"):
        plot.directions(ratings[0], ratings[2])


def test_without_matplotlib_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(MissingExtraError, match=re.escape('pip install "partwise[plot]"')):
        plot.heatmap([[1.0]])


def test_equal_pictures_are_equal_bytes(tmp_path):
    for suffix in ("png", "svg"):
        files = [plot.save(plot.heatmap([[1.0, 2.0]]), tmp_path / f"{i}.{suffix}") for i in range(2)]
        assert files[0].read_bytes() == files[1].read_bytes()


def test_no_global_setting_is_changed_by_drawing(ratings):
    import matplotlib

    before = matplotlib.rcParams.copy()
    plot.fit_heatmaps(ratings[2], ratings[0])
    assert matplotlib.rcParams == before


def test_the_public_pictures_are_the_ones_listed():
    assert all(callable(getattr(plot, name)) for name in plot.__all__)
    assert set(plot.__all__) == {name for names in plot._HOMES.values() for name in names}
    with pytest.raises(AttributeError, match="no_such_picture"):
        plot.no_such_picture  # noqa: B018
