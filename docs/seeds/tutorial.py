"""D: a tutorial on a table of ratings, five people by four items."""

import tomllib
from functools import cache
from pathlib import Path

import numpy as np

from partwise import NMF
from partwise.datasets import ratings_5x4

from .row import Figure, Row


@cache
def printed_call() -> NMF:
    """The tutorial's call."""
    return NMF(n_components=2, init="random", random_state=42, max_iter=500).fit(ratings_5x4())


def error() -> list[float]:
    """The error of the printed call."""
    return [printed_call().reconstruction_err_]


def of_its_own_factors() -> list[float]:
    """How far the reported error is from the norm of V - W H."""
    model = NMF(n_components=2, init="random", random_state=42, max_iter=500)
    V = ratings_5x4().to_numpy()
    return [abs(np.linalg.norm(V - model.fit_transform(V) @ model.components_) - model.reconstruction_err_)]


def observed() -> list[float]:
    """The error on the 14 ratings."""
    V = ratings_5x4().to_numpy()
    return [NMF(2, random_state=3, tol=1e-9, max_iter=20000).fit(V, weight=V > 0).reconstruction_err_]


def needs_seaborn() -> list[float]:
    """Requirements that name seaborn."""
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"].values()
    return [sum("seaborn" in line for lines in (project["dependencies"], *extras) for line in lines)]


SEEDS, PLOT, HEATMAPS = "tests/estimators/test_seeds.py", "tests/plot/test_factors.py", "examples/plot_heatmaps.py"

ROWS = (
    Row(
        "D1",
        "numpy, pandas, scikit-learn, matplotlib, seaborn",
        (HEATMAPS,),
        [Figure("seaborn needed", [1], needs_seaborn, digits=0)],
    ),
    Row("D2", "a table with names", (f"{SEEDS}::test_the_tutorials_table_keeps_its_names",)),
    Row(
        "D3",
        "the call",
        (f"{SEEDS}::test_the_tutorials_call_reaches_the_best_error",),
        [Figure("error, scikit-learn", [3.874592], error, digits=5)],
    ),
    Row(
        "D4",
        "the printed error, 0.6743",
        (
            "examples/plot_missing_is_not_zero.py",
            f"{SEEDS}::test_the_tutorials_printed_error_is_impossible_and_the_bound_says_so",
            f"{SEEDS}::test_every_number_of_components_reaches_its_best_error",
            HEATMAPS,
        ),
        [
            Figure(
                "lower bound of any rank 2",
                [3.832720],
                lambda: [printed_call().certify(ratings_5x4()).lower_bound_],
                "equal",
                5,
            )
        ],
        note="Impossible: no matrix of rank 2 is nearer than 3.832720. On the 14 ratings alone it is met: D6.",
    ),
    Row(
        "D5",
        "W, H and reconstruction",
        (
            f"{SEEDS}::test_factors_and_reconstruction_are_of_one_fit",
            f"{SEEDS}::test_the_best_factors_of_the_table_are_known",
        ),
        [Figure("error of the printed W H", [19.597], error)],
        note="The printed three are of different runs; the reconstruction has rank 4: no product of two components.",
    ),
    Row(
        "D6",
        "zeros unobserved",
        (
            "examples/plot_missing_is_not_zero.py",
            f"{SEEDS}::test_the_tutorials_table_is_fitted_where_there_are_ratings",
        ),
        [Figure("error on the 14 ratings", [0.6743], observed, digits=4)],
    ),
    Row("D7", "how to read W and H", (f"{SEEDS}::test_info_tells_how_to_read_rows_and_columns",)),
    Row("D8", "the product as a table", (f"{SEEDS}::test_factors_and_reconstruction_are_of_one_fit",)),
    Row(
        "D9",
        "the error is the norm of V - W H",
        (f"{SEEDS}::test_the_reported_error_is_the_frobenius_norm",),
        [Figure("difference", [1e-12], of_its_own_factors, "within")],
    ),
    Row(
        "D10",
        "V, W H and V - W H side by side",
        (
            HEATMAPS,
            f"{PLOT}::test_the_three_panels_are_x_its_model_and_what_is_left",
            f"{PLOT}::test_x_and_its_model_share_a_scale_and_zero_difference_has_the_middle_colour",
        ),
    ),
    Row(
        "D11",
        "W and H, annotated",
        (
            HEATMAPS,
            f"{PLOT}::test_the_factors_carry_the_names_of_their_side",
            f"{PLOT}::test_a_heatmap_shows_the_matrix_its_names_and_its_numbers",
        ),
    ),
    Row(
        "D12",
        "the smallest example",
        ("tests/docs/test_pages.py::test_the_blocks_of_a_page_print_what_stands_beside_them",),
        note="README.md prints the true error, 3.8746.",
    ),
)
