"""partwise: non-negative matrix factorization, from raw file to readable parts.

The public names are loaded when first used, so that ``import partwise`` stays cheap.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partwise import apps, datasets, io, penalties, plot, report, serve
    from partwise.apps.ratings import Recommender, recommender
    from partwise.apps.topics import TopicModel, topics
    from partwise.errors import PartwiseError
    from partwise.estimators import NMF, MiniBatchNMF, NotConvergedWarning, non_negative_factorization
    from partwise.persist import load, save
    from partwise.solvers import SGD

    __version__: str

_HOMES = {
    "NMF": "partwise.estimators",
    "MiniBatchNMF": "partwise.estimators",
    "NotConvergedWarning": "partwise.estimators",
    "non_negative_factorization": "partwise.estimators",
    "PartwiseError": "partwise.errors",
    "Recommender": "partwise.apps.ratings",
    "TopicModel": "partwise.apps.topics",
    "recommender": "partwise.apps.ratings",
    "topics": "partwise.apps.topics",
    "SGD": "partwise.solvers",
    "load": "partwise.persist",
    "save": "partwise.persist",
}
_ROOMS = ("apps", "datasets", "io", "penalties", "plot", "report", "serve")

__all__ = [
    "NMF",
    "MiniBatchNMF",
    "NotConvergedWarning",
    "PartwiseError",
    "Recommender",
    "TopicModel",
    "SGD",
    "__version__",
    "apps",
    "datasets",
    "io",
    "load",
    "non_negative_factorization",
    "penalties",
    "plot",
    "recommender",
    "report",
    "save",
    "serve",
    "topics",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("partwise")
    if name in _ROOMS:
        return importlib.import_module(f"partwise.{name}")
    if name in _HOMES:
        return getattr(importlib.import_module(_HOMES[name]), name)
    raise AttributeError(f"module 'partwise' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
