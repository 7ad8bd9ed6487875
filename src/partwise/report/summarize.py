"""From a fitted model to the summary that README.md documents: one dictionary, the same for the same model and data.

Each kind of result has a module that says what it boils down to (`Result`); everything here is the same for all.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.report.choice import MAX_ITEMS, TELLING, chosen, typical
from partwise.report.classes import by_class, over_time
from partwise.report.encode import SCHEMA
from partwise.report.items import items, matrix
from partwise.report.labels import named
from partwise.report.map import likeness, places
from partwise.report.notices import notices
from partwise.report.overview import convergence, fingerprint, overview, words
from partwise.report.result import Choice, Result, plain, printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KINDS", "gathered", "kind_of", "summarize", "summarized", "with_origin"]

KINDS = {
    "TopicModel": "topics",
    "Parts": "images",
    "Recommender": "ratings",
    "Separation": "sound",
    "Programs": "programs",
    "Signatures": "signatures",
    "Unmixing": "spectra",
    "Unmixed": "signals",
}
"""Class of a result -> the module that knows it."""


def summarize(
    model: Any,
    data: Any = None,
    *,
    W: Any = None,
    text: bool = True,
    max_items: int = MAX_ITEMS,
    labels: Any = None,
    time: Sequence[Any] | None = None,
    every: float | str | None = None,
    groups: Mapping[str, Sequence[Any]] | None = None,
    details: pd.DataFrame | None = None,
    title: str | None = None,
    sha256: str | None = None,
) -> dict[str, Any]:
    """Boil a fitted model down to the dictionary that a report is made of.

    Parameters
    ----------
    model : fitted estimator with ``components_``, or a result of `partwise.apps`
        NMF, MiniBatchNMF, TopicModel, Recommender, Parts, Separation, Programs, Signatures, Unmixing, Unmixed.
    data : path, array, sparse matrix, DataFrame, texts, or None
        What the model is shown on, as its verb or application takes it: a matrix for an estimator, texts for topics,
        mixtures for `Unmixed`. The saved model of any other application takes what its application takes; results
        themselves carry their data.
    W : array-like of shape (n_items, n_components), or None
        The weights of ``data``, where the fit has returned them; None computes them.
    text : bool, default=True
        Whether the documents, pictures and sounds themselves go in. Without them names and numbers remain.
    max_items : int, default=20000
        Of more items those that stand for the components are kept, and others at equal distances.
    labels : path of a labels.json, sequence of k str, dict from number to str, or None
        Names of the components.
    time : sequence of length n_items, or None
        A number or date for each item: shares over time.
    every : float, {"D", "W", "M", "Q", "Y"} or None
        Length of its periods; None: the shortest that gives at most 30.
    groups : dict of name to sequence of length n_items, or None
        Classes of the items: shares by class.
    details : DataFrame of n_items rows, or None
        What to show beside an item.
    title : str or None
    sha256 : str or None
        The fingerprint of the data, where it is known; None computes it from ``data``.

    Returns
    -------
    dict
        As README.md in this folder documents it.

    Raises
    ------
    DataError
        If the model has no components, or data, W, labels or classes are not those of the model.

    Notes
    -----
    No chance is involved: equal models and data give equal dictionaries. O(stored k + n k^2), and O(n^2) for the map of
    up to 400 items.

    Examples
    --------
    >>> import partwise
    >>> from partwise.datasets import ratings_5x4
    >>> from partwise.report import summarize
    >>> table = ratings_5x4()
    >>> found = summarize(partwise.NMF(2, random_state=0).fit(table), table)
    >>> found["kind"], len(found["components"]), found["items"]["names"][0], found["features"]["names"][0]
    ('matrix', 2, '0', 'Item1')
    """
    found = gathered(model, data, W=W, labels=labels, details=details, title=title)
    summary = summarized(found, chosen(found, max_items, text), time, groups, every)
    return with_origin(summary, sha256 or fingerprint(data))


def gathered(
    model: Any, data: Any = None, *, W: Any = None, labels: Any = None, details: Any = None, title: str | None = None
) -> Result:
    """What the module of the model's class makes of it, with the given names."""
    found = named(importlib.import_module(f"partwise.report.{kind_of(model)}").gather(model, data, W), labels)
    changes = {"details": details, "title": title}
    return replace(found, **{name: value for name, value in changes.items() if value is not None})


def kind_of(model: Any) -> str:
    """The module that knows a result: by its class, or by the ``field_`` that a result wrote on its model to save it.

    Any other estimator is a matrix.
    """
    written = vars(model).get("field_")
    kind = str(written.get("kind")) if isinstance(written, dict) else "matrix"
    return KINDS.get(type(model).__name__, kind if kind in KINDS.values() else "matrix")


def summarized(
    found: Result,
    choice: Choice,
    time: Sequence[Any] | None = None,
    groups: Mapping[str, Sequence[Any]] | None = None,
    every: float | str | None = None,
) -> dict[str, Any]:
    """The summary of what was chosen, without its origin."""
    mixtures, views = found.mixtures, found.views(choice)
    summary = {
        "schema": SCHEMA,
        "kind": found.kind,
        "title": printable(found.title),
        "words": dict(zip(WORDS, words(found), strict=True)),
        "overview": overview(found),
        "components": components(found, choice),
        "similarity": likeness(found.H),
        "features": features(found, choice),
        "items": None if found.W is None else items(found, choice),
        "map": places(found, choice, mixtures),
        "convergence": convergence(found.model),
        "time": None if time is None else over_time(mixtures, time, every),
        "groups": [by_class(mixtures, name, classes) for name, classes in (groups or {}).items()] or None,
        **views,
        "notices": [*map(printable, found.notices), *views.get("notices", []), *notices(found, choice)],
    }
    return {key: value for key, value in summary.items() if value is not None}


WORDS = ("component", "components", "item", "items", "feature", "features")


def with_origin(summary: dict[str, Any], sha256: str | None) -> dict[str, Any]:
    """The summary, which says of which data it is."""
    if sha256 is not None:
        summary["overview"]["provenance"].append([DATA, sha256])
    return summary


DATA = "SHA-256 of the data"


# ------------------------------------------------------------------ the parts of a summary


def components(found: Result, choice: Choice) -> list[dict[str, Any]]:
    """A dict for each component."""
    shares, mass = found.component_shares(), found.mass
    parts: list[dict[str, Any]] = [
        {"label": printable(label), "share": float(share), "mass": float(weight)}
        for label, share, weight in zip(found.labels, shares, mass, strict=True)
    ]
    if found.W is not None:
        for part, order in zip(parts, typical(found), strict=True):
            part["items"] = choice.item(order[np.isin(order, choice.items)]).tolist()
    if found.order is not None:
        for part, order in zip(parts, found.order[:, :TELLING], strict=True):
            part["features"] = choice.feature(order).tolist()
    if found.measures is not None:
        for part, measures in zip(parts, found.measures, strict=True):
            part["measures"] = [[name, plain(value)] for name, value in measures]
    return parts


def features(found: Result, choice: Choice) -> dict[str, Any]:
    """The columns of H that are kept."""
    return {
        "names": [printable(found.features[j]) for j in choice.features.tolist()],
        "weights": matrix(found.H[:, choice.features]),
        "total": found.H.shape[1],
    }
