"""A model comes back from its file as it was, and a file can do nothing else."""

import json

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from numpy.testing import assert_array_equal
from sklearn.base import BaseEstimator
from sklearn.decomposition import NMF

from partwise import container, persist
from partwise.errors import MissingFileError, ModelFileError


class Holder(BaseEstimator):
    """A model whose attributes the tests choose."""

    _saved_state = ("_numerator",)

    def __init__(self, n_components=2, tol=1e-4, random_state=None):
        self.n_components = n_components
        self.tol = tol
        self.random_state = random_state


@pytest.fixture(autouse=True)
def classes(monkeypatch):
    """The table with scikit-learn's NMF and Holder in it, so that these tests need no estimator of ours."""
    monkeypatch.setitem(persist.CLASSES, "NMF", "sklearn.decomposition:NMF")
    monkeypatch.setitem(persist.CLASSES, "Holder", f"{__name__}:Holder")


def round_trip(value, tmp_path):
    model = Holder()
    model.value_ = value
    persist.save(model, tmp_path / "m.pw")
    return persist.load(tmp_path / "m.pw").value_


def rewrite(path, change):
    """Apply ``change`` to the header of the model file ``path``."""
    header, arrays = container.read(path)
    change(header)
    container.write(path, header, arrays)


@pytest.fixture
def fitted():
    X = pd.DataFrame(np.random.default_rng(0).random((12, 5)), columns=["α", "b", "c", "d", "e"])
    return NMF(2, random_state=0, init="random", max_iter=500).fit(X), X


def test_a_loaded_model_transforms_to_the_same_bits(fitted, tmp_path):
    model, X = fitted
    persist.save(model, tmp_path / "m.pw")
    loaded = persist.load(tmp_path / "m.pw")
    assert type(loaded) is NMF
    assert loaded.get_params() == model.get_params()
    assert_array_equal(loaded.transform(X), model.transform(X), strict=True)
    assert_array_equal(loaded.feature_names_in_, model.feature_names_in_, strict=True)
    assert vars(loaded).keys() == vars(model).keys()


@pytest.mark.parametrize("name", ["NMF", "MiniBatchNMF"])
def test_our_estimators_come_back(name, monkeypatch, tmp_path):
    monkeypatch.undo()
    module = pytest.importorskip(persist.CLASSES[name].partition(":")[0])
    X = np.random.default_rng(0).random((20, 6))
    model = getattr(module, name)(n_components=2, random_state=0, tol=0.01).fit(X)
    persist.save(model, tmp_path / "m.pw")
    loaded = persist.load(tmp_path / "m.pw")
    assert_array_equal(loaded.transform(X), model.transform(X), strict=True)
    persist.save(loaded, tmp_path / "again.pw")
    assert (tmp_path / "again.pw").read_bytes() == (tmp_path / "m.pw").read_bytes()


def test_the_choice_of_set_output_survives(fitted, tmp_path):
    model, X = fitted
    persist.save(model.set_output(transform="pandas"), tmp_path / "m.pw")
    pd.testing.assert_frame_equal(persist.load(tmp_path / "m.pw").transform(X), model.transform(X))


def test_saving_twice_gives_equal_bytes(fitted, tmp_path):
    model, _ = fitted
    persist.save(model, tmp_path / "1.pw")
    persist.save(model, tmp_path / "2.pw")
    persist.save(persist.load(tmp_path / "1.pw"), tmp_path / "3.pw")
    assert (tmp_path / "1.pw").read_bytes() == (tmp_path / "2.pw").read_bytes() == (tmp_path / "3.pw").read_bytes()


VALUES = [
    None,
    True,
    3,
    2**100,
    0.1,
    -0.0,
    float("inf"),
    "grüße\0",
    [1, [2.5, "x"], None],
    (1, (2, "a")),
    {"a": 1, 2: (3, 4), None: [5]},
    {},
    [],
    np.float32(0.1),
    np.float64(0.1),
    np.int16(-3),
    np.bool_(True),
    np.str_("ab"),
    np.complex128(1 + 2j),
    np.longdouble("0.1"),
    np.datetime64("2024-02-29"),
]


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_plain_value_keeps_its_type(value, tmp_path):
    loaded = round_trip(value, tmp_path)
    assert type(loaded) is type(value)
    assert loaded == value
    assert repr(loaded) == repr(value)


ARRAYS = [
    np.arange(6, dtype=np.float32).reshape(2, 3),
    np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    np.array([np.nan, -0.0, np.inf, 5e-324]),
    np.arange(3, dtype=">i2"),
    np.zeros((0, 4)),
    np.array(5.0),
    np.array(["a", "ßü"]),
    np.array(["a", "", "long\0", "\ud800"], dtype=object),
    np.array([["a", "b"], ["c", "d"]], dtype=object),
    np.array([], dtype=object),
    np.array([True, False]),
]


@pytest.mark.parametrize("value", ARRAYS, ids=lambda a: f"{a.dtype}{a.shape}")
def test_an_array_keeps_its_bits(value, tmp_path):
    loaded = round_trip(value, tmp_path)
    assert_array_equal(loaded, value, strict=True)
    if value.dtype != object:
        assert loaded.tobytes("A") == value.tobytes("A")
        assert loaded.flags.f_contiguous == value.flags.f_contiguous


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil"])
@pytest.mark.parametrize("build", [sp.csr_array, sp.csr_matrix])
def test_a_sparse_matrix_keeps_its_format(form, build, tmp_path):
    value = build(np.array([[0, 2, 0], [3, 0, 0]], dtype=np.float32)).asformat(form)
    loaded = round_trip(value, tmp_path)
    assert type(loaded) is type(value)
    assert loaded.dtype == value.dtype
    assert_array_equal(loaded.toarray(), value.toarray())


FRAMES = [
    pd.DataFrame({"iteration": [1, 2], "objective": [0.1, 0.05], "rejected": [False, True]}),
    pd.DataFrame({"what": ["a", "b"], "x": np.array([1, 2], np.int8)}, index=[10, 20]),
    pd.DataFrame({"x": [1.0, np.nan]}, index=pd.Index(["r", "s"], name="row")),
    pd.DataFrame({"x": np.array(["a", "b"], dtype=object)}, dtype=object),
    pd.DataFrame(np.eye(2), columns=["same", "same"]),
    pd.DataFrame({"when": np.array(["2024-01-01"], "M8[s]")}),
    pd.DataFrame({"x": []}),
    pd.DataFrame(index=range(3)),
]


@pytest.mark.parametrize("frame", FRAMES, ids=lambda f: str(dict(f.dtypes.astype(str))))
def test_a_table_comes_back_equal(frame, tmp_path):
    loaded = round_trip(frame, tmp_path)
    pd.testing.assert_frame_equal(loaded, frame, check_exact=True, check_index_type="equiv")


UNSTORABLE = [
    (object(), "attribute value_ of Holder is or holds a object"),
    ([1, {"a": {1, 2}}], "holds a set"),
    (lambda: 0, "holds a function"),
    (np.array(["a", 1], dtype=object), "holds a int"),
    (np.zeros(2, "i4,f8"), "holds a numpy.ndarray"),
    (np.random.default_rng(0), "Generator"),
    (pd.DataFrame({"x": ["a", None]}), "value_ of Holder"),
    (pd.DataFrame({"x": pd.Categorical(["a"])}), "Categorical"),
    (pd.DataFrame([[1]]), "labels that are not strings"),
    (pd.Series([1]), "Series"),
]


@pytest.mark.parametrize("value, text", UNSTORABLE, ids=lambda v: str(v)[:20])
def test_an_unstorable_attribute_is_named_and_nothing_is_written(value, text, tmp_path):
    with pytest.raises(ModelFileError, match=text):
        round_trip(value, tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("value", [np.eye(2), object(), pd.Series([1])])
def test_a_parameter_must_be_plain(value, tmp_path):
    with pytest.raises(ModelFileError, match="parameter tol of Holder"):
        persist.save(Holder(tol=value), tmp_path / "m.pw")


@pytest.mark.parametrize("seed, kept", [(None, None), (7, 7), (np.int64(7), np.int64(7))])
def test_a_seed_is_stored(seed, kept, tmp_path):
    persist.save(Holder(random_state=seed), tmp_path / "m.pw")
    assert persist.load(tmp_path / "m.pw").random_state == kept
    assert persist.describe(tmp_path / "m.pw")["not_stored"] == {}


@pytest.mark.parametrize("generator", [np.random.RandomState(0), np.random.default_rng(0)])
def test_a_generator_is_left_out_and_said_to_be(generator, tmp_path):
    persist.save(Holder(random_state=generator), tmp_path / "m.pw")
    assert persist.load(tmp_path / "m.pw").random_state is None
    assert persist.describe(tmp_path / "m.pw")["not_stored"] == {"random_state": type(generator).__name__}


def test_private_state_is_saved_only_when_the_class_names_it(tmp_path):
    model = Holder()
    model._numerator, model._scratch, model.public = np.eye(2), object(), object()
    persist.save(model, tmp_path / "m.pw")
    loaded = persist.load(tmp_path / "m.pw")
    assert_array_equal(loaded._numerator, np.eye(2))
    assert "_scratch" not in vars(loaded)
    assert "public" not in vars(loaded)


@pytest.mark.parametrize("model", [BaseEstimator(), "text", type("NMF", (NMF,), {})()])
def test_a_class_outside_the_table_is_not_saved(model, tmp_path):
    with pytest.raises(ModelFileError, match="cannot be saved"):
        persist.save(model, tmp_path / "m.pw")


def test_describe_tells_without_reading_arrays(fitted, tmp_path, monkeypatch):
    model, _ = fitted
    persist.save(model, tmp_path / "m.pw")
    monkeypatch.setattr(np.lib.format, "read_array", None)
    told = persist.describe(tmp_path / "m.pw")
    assert told["class"] == "NMF"
    assert told["params"]["n_components"] == 2
    assert told["attributes"]["components_"] == "float64 array of shape (2, 5)"
    assert told["attributes"]["feature_names_in_"] == "5 strings"
    assert told["versions"].keys() == {"python", "partwise", "numpy", "scipy", "scikit-learn"}
    assert json.dumps(told["attributes"]["n_features_in_"]) == "5"


HOSTILE = [
    (lambda h: h.update({"class": "os.system"}), "does not know"),
    (lambda h: h.update({"class": ["NMF"]}), "does not know"),
    (lambda h: h["attributes"].update(transform=1), "holds 'transform', which this Holder does not have"),
    (lambda h: h["attributes"].update(__class__=1), "holds '__class__'"),
    (lambda h: h["params"].update(shiny=1), r"holds 'shiny'.*pip install -U partwise"),
    (lambda h: h["attributes"].update(x_={"type": "eval"}), "cannot be rebuilt"),
    (lambda h: h["attributes"].update(x_={"type": "array", "array": "absent"}), "cannot be rebuilt"),
    (lambda h: h["attributes"].update(x_={"type": ["array"]}), "cannot be rebuilt"),
    (lambda h: h["attributes"].update(x_={"type": "scalar", "dtype": "O", "value": {}}), "cannot be rebuilt"),
    (lambda h: h["attributes"].update(x_={"type": "sparse", "array": "value_"}), "cannot be rebuilt"),
    (lambda h: h.pop("attributes"), "holds no model"),
    (lambda h: h.pop("params"), "holds no model"),
]


@pytest.mark.parametrize("change, text", HOSTILE)
def test_a_forged_header_is_refused(change, text, tmp_path):
    model = Holder()
    model.value_ = np.eye(2)
    persist.save(model, tmp_path / "m.pw")
    rewrite(tmp_path / "m.pw", change)
    with pytest.raises(ModelFileError, match=text):
        persist.load(tmp_path / "m.pw")


def test_a_missing_model_is_a_missing_file(tmp_path):
    with pytest.raises(MissingFileError, match=r"model\.pw does not exist"):
        persist.load(tmp_path / "model.pw")


def test_a_failing_save_leaves_the_previous_model(fitted, tmp_path, monkeypatch):
    model, _ = fitted
    persist.save(model, tmp_path / "m.pw")
    before = (tmp_path / "m.pw").read_bytes()
    monkeypatch.setattr("os.replace", lambda *names: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        persist.save(Holder(), tmp_path / "m.pw")
    monkeypatch.undo()
    assert (tmp_path / "m.pw").read_bytes() == before
    assert [p.name for p in tmp_path.iterdir()] == ["m.pw"]
