"""What a model file may name: the classes of models, of penalties and of solvers, and the attributes that are state."""

import importlib
from typing import Any

from partwise.penalties import BY_NAME
from partwise.solvers import SGD

CLASSES = {
    "NMF": "partwise.estimators.nmf:NMF",
    "MiniBatchNMF": "partwise.estimators.minibatch:MiniBatchNMF",
    "Recommender": "partwise.apps.ratings.model:Recommender",
    "TopicModel": "partwise.apps.topics.model:TopicModel",
}
"""The classes that a file may name, and where they are."""

PARAMETERS = {"penalty": BY_NAME, "solver": {"SGD": SGD}}
"""The kinds of objects that a parameter may be, and their classes by name."""

OUTPUT_CONFIG = "_sklearn_output_config"
"""Where scikit-learn keeps the choice of ``set_output``, which ``transform`` obeys."""


def class_of(name: str) -> type:
    """The class that a name of the table stands for, imported."""
    module, _, attribute = CLASSES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def is_model(value: Any) -> bool:
    """True for an instance of one of the ``CLASSES``, and not of a class derived from it."""
    name = type(value).__name__
    return name in CLASSES and type(value) is class_of(name)


def is_state(name: str, cls: type) -> bool:
    """True for the attributes that are saved and may be set from a file."""
    private = (OUTPUT_CONFIG, *getattr(cls, "_saved_state", ()))
    return (name.endswith("_") and not name.startswith("_")) or name in private
