"""docs/seeds.md: every row of the seeds is there, who proves it exists, and no figure is worse than the seed's."""

import ast
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.fixture(scope="module")
def table():
    sys.path.insert(0, str(ROOT / "docs"))
    try:
        import seeds_table
    finally:
        sys.path.pop(0)
    return seeds_table


@pytest.fixture(scope="module")
def rows(table):
    return [row for group in table.SEEDS.values() for row in group]


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:Maximum number of iterations")  # said by those that need not converge
def test_no_figure_is_worse_than_the_seeds_and_the_page_says_what_is_computed(table):
    page = table.PAGE.read_text(encoding="utf-8")
    tables, worse = table.computed()
    assert worse == []
    assert table.written(page, tables) == page, "run: python docs/seeds_table.py"


def test_every_row_of_the_seeds_is_in_the_table_once_and_in_order(rows):
    wanted = [f"{seed}{i}" for seed, last in (("A", 24), ("B", 25), ("C", 17), ("D", 12)) for i in range(1, last + 1)]
    assert [row.id for row in rows] == wanted


def test_every_row_is_shown_by_somebody_or_waits_for_a_view_that_is_not_built(rows):
    from seeds import PENDING

    assert [row.id for row in rows if not row.by and row.pending not in PENDING] == []
    assert {row.pending for row in rows} <= {"", *PENDING}


def names_in(path):
    """The names of the tests of a file."""
    return {node.name for node in ast.parse(path.read_text(encoding="utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_test_and_example_that_a_row_names_exists(rows):
    missing = []
    for name in {name for row in rows for name in row.by}:
        path, _, test = name.partition("::")
        known = (ROOT / path).is_file() and (not test or test in names_in(ROOT / path))
        missing += [] if known and bool(test) == path.startswith("tests/") else [name]
    assert missing == []


@pytest.mark.parametrize(
    ("rule", "seed", "ours", "worse"),
    [
        ("at most", 1.5, 1.4999, False),
        ("at most", 1.5, 1.6, True),
        ("at least", 0.9, 0.8, True),
        ("at least", 0.9, 0.9, False),
        ("equal", 3, 4, True),
        ("within", 1e-10, 1e-9, True),
        ("within", 1e-10, 0, False),
        ("at most", 1.5, float("nan"), True),
    ],
)
def test_what_is_worse_is_found_out(rule, seed, ours, worse, table):
    from seeds import Figure

    assert Figure("x", [seed], lambda: [ours], rule).compared()[1] is worse
