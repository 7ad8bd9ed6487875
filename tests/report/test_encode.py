"""Arrays of a summary: what is written is what was meant, in equal bytes for equal summaries."""

import base64
import gzip
import json

import numpy as np
import pytest

from partwise.report import quantised, to_json
from partwise.report.encode import islands


def decoded(value):
    """An independent reader of the arrays of ``to_json``."""
    if isinstance(value, dict) and value.keys() == {"dtype", "shape", "data"}:
        return np.frombuffer(base64.b64decode(value["data"]), "<" + value["dtype"]).reshape(value["shape"])
    if isinstance(value, dict):
        return {key: decoded(each) for key, each in value.items()}
    return [decoded(each) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize(
    "array, kind",
    [
        (np.array([True, False]), "u1"),
        (np.array([0, 255], dtype=np.uint8), "u1"),
        (np.array([[0, 70_000]]), "u4"),
        (np.array([-1, 3]), "i4"),
        (np.array([0.5, np.nan]), "f4"),
        (np.asfortranarray(np.arange(6.0).reshape(2, 3)), "f4"),
    ],
)
def test_an_array_is_read_back_as_it_was(array, kind):
    written = json.loads(to_json({"a": array}))["a"]
    assert written["dtype"] == kind
    np.testing.assert_array_equal(decoded(written), array)


def test_scalars_of_numpy_and_unknown_numbers_become_plain_json():
    assert to_json({"a": np.float32(0.5), "b": np.nan, "c": (np.int64(3), None)}) == '{"a":0.5,"b":null,"c":[3,null]}'


def test_an_array_of_objects_is_refused_with_the_way_out():
    with pytest.raises(TypeError, match="use a list"):
        to_json({"a": np.array(["x"])})


def test_a_quantised_matrix_is_within_half_a_step_of_each_row():
    A = np.random.default_rng(0).gamma(1.0, 1.0, (5, 7)) * np.arange(5)[:, None]
    small = quantised(A)
    rebuilt = small["values"] * small["scale"][:, None]
    assert (np.abs(rebuilt - A) <= 0.501 * A.max(axis=1, keepdims=True) / 255).all()


def test_the_islands_of_a_page_hold_what_the_json_holds(summary):
    found = {name: gzip.decompress(base64.b64decode(text)) for name, text in islands(summary).items()}

    def placed(value):
        if isinstance(value, dict) and "at" in value:
            kind, size = np.dtype("<" + value["dtype"]), int(np.prod(value["shape"]))
            assert value["at"] % 4 == 0
            return np.frombuffer(found["bytes"], kind, size, value["at"]).reshape(value["shape"])
        if isinstance(value, dict):
            return {key: placed(each) for key, each in value.items()}
        return [placed(each) for each in value] if isinstance(value, list) else value

    np.testing.assert_equal(placed(json.loads(found["tree"])), decoded(json.loads(to_json(summary))))


def test_equal_summaries_are_equal_bytes(example):
    assert islands(example["topics"]()) == islands(example["topics"]())
