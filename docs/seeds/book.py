"""C: a section of a book on machine learning: a toy cloud, faces in the wild, mixed signals."""

from functools import cache

import numpy as np

from partwise import NMF
from partwise.apps.signals import unmix
from partwise.datasets import load_digits, make_signals, make_toy_cloud

from .row import Figure, Row


@cache
def cloud() -> tuple[float, float, float]:
    """Relative errors of one and two components, and the angle of the one."""
    X = make_toy_cloud().X
    one, two = (NMF(k).fit(X) for k in (1, 2))
    angle = np.degrees(np.arctan2(one.components_[0, 1], one.components_[0, 0]))
    norm = np.linalg.norm(X)
    return one.reconstruction_err_ / norm, two.reconstruction_err_ / norm, float(angle)


def several_starts() -> list[float]:
    """The relative error of digits, 15 components, best of several starts."""
    X = load_digits().X
    model = NMF(15, init="random", n_init=5, random_state=0, max_iter=1000).fit(X)
    return [model.reconstruction_err_ / float(np.linalg.norm(X))]


def mixtures() -> list[float]:
    """Rank and norm."""
    X = make_signals().X
    return [float(np.linalg.matrix_rank(X)), float(np.linalg.norm(X))]


@cache
def plain():
    """Signals of a plain fit, PCA beside it."""
    mixed = make_signals()
    return unmix(mixed.X, 3, sources=mixed.W)


@cache
def least_volume() -> np.ndarray:
    """Correlations of the blind fit of least volume."""
    mixed = make_signals()
    return unmix(mixed.X, 3, sources=mixed.W, method="minimum-volume").correlations


SIGNALS, IMAGES, SEEDS = "tests/apps/test_signals.py", "tests/apps/test_images.py", "tests/estimators/test_seeds.py"
THREE, TOY = "examples/plot_three_signals.py", "examples/plot_toy_directions.py"
FACES = f"{IMAGES}::test_fifteen_parts_and_growing_numbers_of_faces_are_those_of_the_book"

ROWS = (
    Row(
        "C1",
        "sound adds up: stems sum to the mix",
        ("examples/plot_separate.py", "tests/apps/test_audio.py::test_stems_of_any_length_and_loss_sum_to_the_mix"),
        [Figure("of the peak", [1e-6], None, "within")],
    ),
    Row(
        "C2",
        "two components hold a cloud between them",
        (TOY, "tests/plot/test_factors.py::test_two_components_of_the_toy_cloud_hold_every_point_between_them"),
        [Figure("relative error, the call as it is", [0.0025], lambda: [cloud()[1]], digits=4)],
        note="The exact fit is not unique: ours holds the cloud, but one component lies outside its extremes.",
    ),
    Row(
        "C3",
        "one component points through the middle",
        (TOY, "tests/plot/test_factors.py::test_one_component_of_the_toy_cloud_points_through_its_middle"),
        [
            Figure("degrees", [49.4334], lambda: [cloud()[2]], "equal", 3),
            Figure("relative error", [0.267014], lambda: [cloud()[0]], digits=6),
        ],
    ),
    Row(
        "C4",
        "where the data lie matters",
        (TOY, f"{SIGNALS}::test_a_floor_is_told_and_can_be_taken_off"),
        note="PCA with one component errs by 0.0401 there: it starts from the mean.",
    ),
    Row(
        "C5",
        "fewer components are another set; they have no order",
        (
            "examples/plot_choose_k.py",
            "tests/laws/test_every_combination.py::test_the_order_of_the_components_does_not_matter",
            "tests/estimators/test_nmf.py::test_components_are_sorted_by_the_mass_they_carry",
        ),
        pending="rank selection",
    ),
    Row(
        "C6",
        "random starts matter in hard cases",
        (
            "examples/plot_restarts.py",
            "tests/estimators/test_restarts.py::test_more_starts_find_what_one_misses",
            "tests/plot/test_factors.py::test_two_models_are_compared_row_by_column",
        ),
        [Figure("digits, k = 15, best start", [0.2660], several_starts, digits=3)],
        pending="rank selection",
    ),
    Row(
        "C7",
        "faces from growing numbers of parts, PCA beside",
        (FACES, "examples/plot_digit_parts.py"),
        [Figure("held-out errors of faces, k = 10, 50, 100", [0.1964, 0.1486, 0.1354], None, digits=4)],
    ),
    Row("C8", "15 parts, train and test", (FACES,), [Figure("relative errors", [0.1772, 0.1826], None, digits=4)]),
    Row(
        "C9",
        "the pictures that are strongest in a part",
        (
            f"{IMAGES}::test_the_strongest_pictures_of_a_part_come_in_falling_order",
            "tests/plot/test_images.py::test_the_strongest_pictures_are_drawn_in_their_order",
            "examples/plot_digit_parts.py",
        ),
        note="The slice as printed, `[:, :-1]` of a vector, is an IndexError.",
    ),
    Row(
        "C10",
        "parts get names",
        (
            f"{IMAGES}::test_names_of_pictures_and_parts_travel_to_every_output",
            "tests/apps/test_topics.py::test_labels_travel_to_every_table",
        ),
    ),
    Row(
        "C11",
        "three hidden signals",
        (THREE, "tests/datasets/test_planted.py::test_the_signals_have_the_figures_of_the_book"),
    ),
    Row(
        "C12",
        "a hundred mixtures",
        (THREE, "tests/datasets/test_planted.py::test_the_signals_have_the_figures_of_the_book"),
        [Figure("rank and norm", [3, 1901.347], mixtures, "equal", 2)],
    ),
    Row(
        "C13",
        "NMF recovers them",
        (
            THREE,
            f"{SIGNALS}::test_three_signals_are_found_better_than_by_the_book",
            f"{SIGNALS}::test_the_least_volume_is_that_of_the_true_signals",
        ),
        [
            Figure("correlations", [0.977, 0.916, 0.974], lambda: plain().correlations, "at least", 2),
            Figure("least volume", [0.998, 0.998, 0.998], least_volume, "at least", 3),
        ],
    ),
    Row(
        "C14",
        "PCA fails",
        (THREE, f"{SIGNALS}::test_pca_is_that_of_scikit_learn"),
        [Figure("PCA", [0.775, 0.788, 0.560], lambda: plain().beside[1], "equal", 3)],
    ),
    Row(
        "C15",
        "their order is accidental: match them",
        (
            f"{SIGNALS}::test_matching_does_not_see_order_sign_or_scale",
            f"{SIGNALS}::test_matching_takes_the_best_sum_of_all_assignments",
        ),
    ),
    Row(
        "C16",
        "independent components, for comparison",
        (THREE,),
        [Figure("FastICA, signs allowed, mean; least volume", [0.998], lambda: [least_volume().mean()], "at least")],
    ),
    Row(
        "C17",
        "a map of the samples",
        ("tests/report/test_map.py::test_the_map_of_samples_keeps_their_neighbours",),
    ),
)
