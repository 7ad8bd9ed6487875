"""Applications: raw data of one field in, its own words out; thin rooms over the public estimators.

Each module is one field and does not know the others. Any estimator with ``fit``, ``transform`` and ``components_`` can
stand in for `partwise.NMF`: hand it in as ``model=``.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partwise.apps import audio, images, programs, ratings, signals, spectra, topics

__all__ = [
    "audio",
    "images",
    "programs",
    "ratings",
    "signals",
    "spectra",
    "topics",
]
"""The fields, each a module that is imported when it is first used."""


def __getattr__(name: str) -> Any:
    if name in __all__:
        return importlib.import_module(f"partwise.apps.{name}")
    raise AttributeError(f"module 'partwise.apps' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
