"""B: slides on factorization after the singular value decomposition: Lee and Seung, faces, film ratings."""

import warnings
from functools import cache

import numpy as np
from scipy.special import kl_div

from partwise import NMF
from partwise.datasets import ratings_5x4, ratings_7x5, slide_3x3
from partwise.errors import DataWarning

from .row import Figure, Row

V3, V5, V7 = slide_3x3().X, ratings_5x4().to_numpy(), ratings_7x5().to_numpy()
RATED = V7 > 0
LONG = {"tol": 1e-9, "max_iter": 20000, "init": "random", "random_state": 0, "n_init": 10}


def negative_cells() -> list[float]:
    """Of the model of rank two."""
    model = NMF(2)
    return [float((model.fit_transform(V5) @ model.components_ < 0).sum())]


def best_of_three() -> list[float]:
    """The error of the 3 x 3 matrix."""
    return [NMF(2, **LONG).fit(V3).reconstruction_err_]


def best_of_local_minima() -> list[float]:
    """The error of the 5 x 4 matrix with three components."""
    return [NMF(3, **LONG).fit(V5).reconstruction_err_]


def divergence(X: np.ndarray) -> float:
    """The information divergence of the best of three starts with two components."""
    options = {"init": "random", "tol": 0, "max_iter": 800, "normalize": "W"}
    models = [NMF(2, solver="mu", beta_loss=1, random_state=seed, **options) for seed in range(3)]
    return min(kl_div(X, model.fit_transform(X) @ model.components_).sum() for model in models)


def rises() -> list[float]:
    """Runs of 20 on random matrices in which the divergence rises."""
    rng, count = np.random.default_rng(0), 0
    for seed in range(20):
        n, p, k = rng.integers(5, 40), rng.integers(5, 40), int(rng.integers(2, 6))
        V = rng.gamma(0.5, size=(n, p))
        options = {"init": "random", "random_state": seed, "tol": 0, "max_iter": 100, "normalize": "W"}
        objective = NMF(k, solver="mu", beta_loss=1, **options).fit(V).history_.objective.to_numpy()
        count += int((np.diff(objective) > 1e-14 * V.sum()).any())
    return [count]


@cache
def blocks() -> tuple[float, np.ndarray, np.ndarray]:
    """The film ratings as a complete matrix: error, W, H."""
    model = NMF(2, tol=1e-6)
    W = model.fit_transform(V7)
    return model.reconstruction_err_, W, model.components_


def zeros() -> list[float]:
    """Entries of W and of H below 1e-8 of the largest."""
    _, W, H = blocks()
    return [float((1e-8 * A.max() > A).sum()) for A in (W, H)]


@cache
def masked(penalty: float) -> tuple[np.ndarray, np.ndarray]:
    """W and H of the film ratings, zeros unobserved."""
    options = {"alpha_W": penalty / 5, "alpha_H": penalty / 7, "max_iter": 20000, "tol": 1e-9}
    model = NMF(2, random_state=0, **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)  # two blocks that share no row and no column: row B25
        return model.fit_transform(V7, weight=RATED), model.components_


def observed_rmse() -> list[float]:
    """Without penalty."""
    W, H = masked(0.0)
    return [float(np.sqrt(np.mean((W @ H - V7)[RATED] ** 2)))]


def returned() -> list[float]:
    """Observed ratings that rounding returns."""
    W, H = masked(0.02)
    return [float((np.rint(W @ H) == V7)[RATED].sum())]


def objective() -> list[float]:
    """Half the squares of what is left plus the penalties."""
    W, H = masked(0.02)
    return [float(((W @ H - V7)[RATED] ** 2).sum() / 2 + 0.01 * ((W**2).sum() + (H**2).sum()))]


def rules() -> list[float]:
    """n m / (n + m)."""
    return [n * m / (n + m) for n, m in ((5, 4), (7, 5), (361, 2429), (20000, 800))]


SEEDS = "tests/estimators/test_seeds.py"
LAWS = "tests/laws/test_every_combination.py"
RATINGS = "tests/apps/test_ratings.py"
FACES = (
    "tests/apps/test_images.py::test_parts_of_faces_are_as_near_as_printed_and_sparser_than_eigenfaces_and_prototypes"
)
METHODS, RECOMMEND = "examples/plot_methods.py", "examples/plot_recommend.py"

ROWS = (
    Row(
        "B1",
        "singular values beside NMF",
        (
            "examples/plot_choose_k.py",
            "examples/plot_moon.py",
            "tests/plot/test_curves.py::test_no_error_of_nmf_is_below_the_bound",
        ),
        pending="rank selection",
    ),
    Row(
        "B2",
        "negative values of an SVD cannot be read; unobserved is not zero",
        (
            "examples/plot_missing_is_not_zero.py",
            f"{SEEDS}::test_nothing_is_ever_negative",
            "tests/estimators/test_weights.py::test_stored_entries_are_observed_zeros_among_them",
        ),
        [Figure("negative cells of rank 2, SVD", [3], negative_cells, digits=0)],
    ),
    Row(
        "B3",
        "activity = people by tastes times tastes by films",
        (RECOMMEND, f"{RATINGS}::test_labels_and_titles_travel", f"{RATINGS}::test_shares_of_tastes_sum_to_one"),
    ),
    Row(
        "B4",
        "few patterns in a picture: sparseness, measured",
        (
            "examples/plot_penalties.py",
            FACES,
            "tests/apps/test_images.py::test_hoyer_is_0_for_grey_and_1_for_a_point_and_does_not_see_signs_or_scale",
            METHODS,
        ),
    ),
    Row(
        "B5",
        "361 pixels of 2,429 faces, 49 parts, in both orientations",
        (
            f"{SEEDS}::test_the_size_of_the_paper_is_fitted_in_both_orientations",
            f"{LAWS}::test_one_reading_of_x_equals_a_half_step_on_x_and_one_on_its_transpose",
        ),
        [Figure("% of the numbers kept", [15.6], lambda: [100 * 49 * (361 + 2429) / (361 * 2429)], "equal", 1)],
        note="The mugshots are not public; data of that size are.",
    ),
    Row(
        "B6",
        "beside PCA and vector quantization",
        (FACES, METHODS),
        [Figure("errors of PCA, NMF, VQ on faces", [0.0817, 0.0885, 0.1530], None, digits=4)],
    ),
    Row(
        "B7",
        "a 3 x 3 matrix with factors made by hand",
        (f"{SEEDS}::test_the_factors_made_by_hand_are_bettered",),
        [Figure("error", [1.5], best_of_three, digits=6)],
    ),
    Row(
        "B8",
        "a column is a combination of columns: 2 (2, 0, 1) + 0 (0, 1.5, 1)",
        (f"{SEEDS}::test_a_column_is_written_by_columns_as_a_row_is_by_rows",),
    ),
    Row(
        "B9",
        "how to read W and H",
        (
            f"{SEEDS}::test_info_tells_how_to_read_rows_and_columns",
            "tests/docs/test_pages.py::test_the_blocks_of_a_page_print_what_stands_beside_them",
        ),
    ),
    Row("B10", "the Frobenius norm as error", (f"{SEEDS}::test_the_reported_error_is_the_frobenius_norm",)),
    Row(
        "B11",
        "(n + m) r < n m",
        (f"{SEEDS}::test_factors_with_as_many_numbers_as_the_matrix_are_noted",),
        [Figure("limits", [2.22, 2.92, 314.3, 769.2], rules, "equal", 1)],
        note="The seed's own example, 3 x 3 with r = 2, breaks its rule; a fit of it says so.",
    ),
    Row(
        "B12",
        "the information divergence, sparse or dense",
        (f"{SEEDS}::test_the_information_divergence_reaches_its_best_value", f"{LAWS}::test_storage_does_not_matter"),
        [Figure("D of the 3 x 3 factors", [0.617783], lambda: [divergence(V3)], digits=5)],
    ),
    Row(
        "B13",
        "local minima: several starts",
        (
            "examples/plot_restarts.py",
            "tests/estimators/test_restarts.py::test_more_starts_find_what_one_misses",
            f"{SEEDS}::test_every_number_of_components_reaches_its_best_error",
        ),
        [
            Figure("best error of 300 starts, 5 x 4, k = 3", [1.995544], best_of_local_minima, digits=5),
            Figure("D, k = 2", [5.494598], lambda: [divergence(V5)], digits=5),
        ],
    ),
    Row(
        "B14",
        "projected gradient: simple, slow",
        (
            "tests/solvers/test_pg.py::test_no_step_raises_the_quadratic",
            "tests/solvers/test_sgd.py::test_small_steps_converge_to_a_stationary_point",
        ),
    ),
    Row(
        "B15",
        "the updates of 1999",
        (
            f"{SEEDS}::test_the_printed_updates_are_what_the_solver_does",
            f"{SEEDS}::test_the_printed_updates_find_the_best_divergence_and_never_rise",
        ),
    ),
    Row(
        "B16",
        "when to stop",
        (
            f"{LAWS}::test_no_iteration_raises_the_objective_where_that_is_declared",
            "tests/estimators/test_nmf.py::test_convergence_is_said_and_means_a_small_residual",
        ),
        [Figure("runs in which D rises", [0], rises, "equal", 0)],
        note='"The factors vanish": they tend to 1. A fit watches the KKT residual.',
    ),
    Row(
        "B17",
        "a face: 7 x 7 parts times 7 x 7 weights",
        (
            METHODS,
            "tests/plot/test_images.py::test_the_equation_of_lee_and_seung_shows_the_weight_of_each_part_at_its_place",
        ),
    ),
    Row(
        "B18",
        "parts reach pixels as hidden variables do, through the weights between them",
        ("examples/plot_heatmaps.py", "tests/plot/test_factors.py::test_the_factors_carry_the_names_of_their_side"),
        note="Drawn as a labelled heatmap, where every weight can be read, not as a net of lines.",
    ),
    Row(
        "B19",
        "scikit-learn's call on faces; decompositions compared",
        (METHODS, f"{SEEDS}::test_the_call_printed_for_faces_is_told_both_of_its_mistakes"),
        note="The call as printed fits a container instead of its pixels, and has no number of components.",
    ),
    Row(
        "B20",
        "seven people, five films, two blocks",
        (RECOMMEND, f"{SEEDS}::test_the_film_ratings_are_fitted_exactly_by_two_blocks"),
        [Figure("error", [1e-6], lambda: [blocks()[0]], "within")],
        note="The affinities are binary because everybody rates all films of a block alike.",
    ),
    Row(
        "B21",
        "the printed factors have blocks of zeros",
        (f"{SEEDS}::test_every_random_start_finds_the_two_blocks",),
        [
            Figure("zeros of W and H", [7, 5], zeros, "equal", 0),
            Figure("error", [3.2e-8], lambda: [blocks()[0]], "within"),
        ],
    ),
    Row(
        "B22",
        "gradient descent over the ratings that there are",
        (
            f"{SEEDS}::test_the_slides_gradient_descent_predicts_every_rating_given",
            f"{SEEDS}::test_exact_steps_need_no_learning_rate_and_leave_no_error",
        ),
        [Figure("RMSE of 18 observed cells", [0.0273], observed_rmse, digits=4)],
    ),
    Row(
        "B23",
        "predictions beside observations",
        ("tests/plot/test_ratings.py::test_observed_cells_are_told_from_predictions", RECOMMEND),
    ),
    Row(
        "B24",
        "rounding returns every rating",
        (f"{RATINGS}::test_the_blocks_of_the_seed_come_back_as_two_tastes_with_labels",),
        [Figure("of 18", [18], returned, "equal", 0)],
        note="The printed rounding differs from the printed product in four unobserved cells: it is of another run.",
    ),
    Row(
        "B25",
        "unobserved cells are not determined",
        (
            f"{SEEDS}::test_the_hidden_ratings_are_said_to_be_undetermined",
            f"{SEEDS}::test_a_small_ridge_gives_the_objective_of_the_closed_form",
        ),
        [Figure("objective, ridge 0.02", [0.436723], objective, digits=5)],
    ),
)
