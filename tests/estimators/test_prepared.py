"""The components prepared for `transform` are kept between calls, and never outlive a change."""

import copy
import gc
import pickle

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

import partwise
from partwise import NMF
from partwise.estimators import prepared


def data():
    return np.random.default_rng(0).random((12, 7))


@pytest.fixture
def count(monkeypatch):
    """How many times components were prepared, as the length of a list."""
    calls, prepare = [], prepared.prepare
    monkeypatch.setattr(prepared, "prepare", lambda *given: calls.append(1) or prepare(*given))
    return calls


def fitted():
    return NMF(3, max_iter=3, tol=0).fit(data())


def expected(model):
    """What a model made anew from the same components says."""
    other = NMF(3, max_iter=3, tol=0).fit(data())
    other.components_ = vars(model)["components_"].copy()
    return other.transform(data())


def test_components_are_prepared_once(count):
    model = fitted()
    for _ in range(3):
        model.transform(data())
        model.inverse_transform(model.transform(data()))
        model.get_feature_names_out()
    assert len(count) == 1
    model.transform(data().astype(np.float32))
    model.transform(data())
    assert len(count) == 2


def test_a_model_from_a_file_prepares_once_and_its_file_holds_nothing_prepared(count, tmp_path):
    fresh = fitted()
    size = len(pickle.dumps(fresh))
    fresh.transform(data())
    assert len(pickle.dumps(fresh)) == size
    fresh.save(tmp_path / "model.pw")
    read = [pickle.loads(pickle.dumps(fresh, protocol)) for protocol in (2, 4, 5)]
    for copied in (*read, copy.deepcopy(fresh), partwise.load(tmp_path / "model.pw")):
        count.clear()
        for _ in range(3):
            assert copied.transform(data()).tobytes() == fresh.transform(data()).tobytes()
        assert len(count) == 1


def scale_through_the_attribute(model):
    model.components_ *= 2
    return []


def set_one_entry(model):
    model.components_[1, 2] = 5
    return []


def replace(model):
    model.components_ = model.components_[::-1].copy()
    return []


def hold(model):
    held = model.components_
    return [lambda: held.__imul__(2)]


def hold_a_view(model):
    held = model.components_[1:]
    return [lambda: held.fill(3)]


def assign_what_the_caller_keeps(model):
    held = np.ones((3, 7))
    model.components_ = held
    return [lambda: held.__setitem__((0, 1), 7)]


def assign_a_view(model):
    held = np.random.default_rng(1).random((5, 7))
    model.components_ = held[:3]
    return [lambda: held.__imul__(held)]


def assign_foreign_memory(model):
    held = bytearray(np.random.default_rng(1).random((3, 7)).tobytes())
    model.components_ = np.frombuffer(held).reshape(3, 7)
    return [lambda: held.__setitem__(slice(8), bytes(8))]


@pytest.mark.parametrize(
    "change",
    [
        scale_through_the_attribute,
        set_one_entry,
        replace,
        hold,
        hold_a_view,
        assign_what_the_caller_keeps,
        assign_a_view,
        assign_foreign_memory,
    ],
)
def test_every_change_of_the_components_is_seen(change):
    model = fitted()
    model.transform(data())
    for later in [lambda: None, *change(model)]:
        model.transform(data())
        later()
        assert model.transform(data()).tobytes() == expected(model).tobytes()


def test_a_change_of_the_loss_is_seen():
    model = fitted()
    model.transform(data())
    model.set_params(beta_loss="kullback-leibler", solver="mu")
    other = NMF(3, max_iter=3, tol=0, beta_loss="kullback-leibler", solver="mu").fit(data())
    other.components_ = vars(model)["components_"].copy()
    assert model.transform(data()).tobytes() == other.transform(data()).tobytes()


def test_transform_leaves_the_model_as_it_was():
    model = fitted()
    before = dict(vars(model))
    model.transform(data())
    assert vars(model).keys() == before.keys()
    assert all(vars(model)[name] is value for name, value in before.items())


def test_components_can_be_missing_and_deleted():
    assert not hasattr(NMF(), "components_")
    model = fitted()
    del model.components_
    assert not hasattr(model, "components_")
    with pytest.raises(AttributeError, match="has not been fitted"):
        del model.components_


def test_what_was_prepared_goes_with_its_model():
    model = fitted()
    model.transform(data())
    assert model in prepared._kept
    number = len(prepared._kept)
    del model
    gc.collect()
    assert len(prepared._kept) < number


def test_an_unfitted_model_says_so():
    with pytest.raises(NotFittedError):
        NMF().transform(data())
