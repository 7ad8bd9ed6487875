"""Every public object says what it is for, in numpydoc, with an example; the examples run in tests/test_house.py."""

import importlib
import inspect
import pkgutil

import pytest

import partwise

ROOMS = [
    "partwise",
    *(f"partwise.{room}" for room in ("plot", "report", "serve", "datasets", "penalties", "io", "errors")),
]
ROOMS += [module.name for module in pkgutil.iter_modules(partwise.apps.__path__, "partwise.apps.")]

LEFT_TO_THE_WRITER = {
    "ES01": "one sentence may be enough",
    "PR01": "fields of a record are documented as its attributes; a name may say all",
    "PR03": "parameters may be described in groups",
    "PR04": "a description may tell the type",
    "PR07": "a name and a type may say all",
    "PR08": "a description may begin with a formula or a name",
    "RT01": "a summary may say what is returned",
    "RT03": "a type may say all",
    "RT04": "a description may begin with a formula or a name",
    "SA01": "links are where they are needed",
    "SS05": "a summary may be no verb",
}


def public():
    """Full name -> object, of everything that can be called."""
    for room in ROOMS:
        module = importlib.import_module(room)
        for name in module.__all__:
            thing = getattr(module, name)
            if callable(thing) and not inspect.ismodule(thing):
                yield f"{room}.{name}", thing


@pytest.mark.parametrize("name", [name for name, _ in public()])
def test_a_public_object_has_a_docstring_of_numpydoc_with_an_example(name):
    from numpydoc.validate import validate

    errors = validate(name)["errors"]
    assert [error for error in errors if error[0] not in LEFT_TO_THE_WRITER] == []


def test_a_docstring_that_breaks_a_rule_is_found(monkeypatch):
    from numpydoc.validate import validate

    monkeypatch.setattr(partwise.datasets.moon, "__doc__", "no capital, no stop, no example")
    assert {"SS02", "SS03", "EX01"} <= {code for code, _ in validate("partwise.datasets.moon")["errors"]}
