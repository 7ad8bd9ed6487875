"""The support table of the docs is what the pairing rule says."""

import importlib.util
from pathlib import Path

from partwise.penalties import BY_NAME

DOCS = Path(__file__).parents[1] / "docs"


def script():
    spec = importlib.util.spec_from_file_location("support_table", DOCS / "support_table.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_support_table_is_up_to_date():
    page = (DOCS / "choosing.md").read_text(encoding="utf-8")
    assert script().written(page) == page, "run: python docs/support_table.py"


def test_the_support_table_has_a_line_for_every_penalty():
    assert {type(penalty) for penalty in script().EXAMPLES.values()} == set(BY_NAME.values())
