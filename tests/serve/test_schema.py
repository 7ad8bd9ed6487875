"""What the checker refuses is what another JSON Schema validator refuses."""

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from partwise.serve import matrix, ratings, routes
from partwise.serve.schema import fault

from .conftest import model_of

SCHEMAS = [
    next(one.body for one in matrix.routes(model_of("matrix"), 3)),
    next(one.body for one in ratings.routes(model_of("ratings"), 3)),
    routes.one_of("a", "b", a=routes.NAME, b=routes.list_of(routes.NUMBER), n=routes.count(5)),
]
KEYS = st.sampled_from(["rows", "user", "ratings", "n", "filter_seen", "a", "b", "x"])
LEAVES = st.none() | st.booleans() | st.integers(-3, 7) | st.floats(-2, 6) | st.sampled_from(["", "x"])
VALUES = st.recursive(
    LEAVES, lambda inner: st.lists(inner, max_size=5) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=8
)


@settings(max_examples=150)
@pytest.mark.parametrize("schema", SCHEMAS, ids=["matrix", "ratings", "either"])
@given(value=st.dictionaries(KEYS, VALUES, max_size=3) | VALUES)
def test_a_value_is_at_fault_exactly_if_an_independent_validator_finds_a_fault(schema, value):
    assert (fault(value, schema) == "") == jsonschema_rs.is_valid(schema, value)
