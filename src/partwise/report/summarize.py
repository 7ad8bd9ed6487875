"""From a fitted model to the summary that README.md documents: one dictionary, the same for the same model and data.

Each kind of result has a module that says what it boils down to (`Result`); everything here is the same for all.
"""

from __future__ import annotations

import importlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from partwise.errors import DataError
from partwise.report.encode import SCHEMA, quantised
from partwise.report.labels import named
from partwise.report.overview import convergence, fingerprint, overview, words
from partwise.report.plane import by_distances, by_neighbours, by_rows, cosines
from partwise.report.result import TYPICAL, Choice, Result, plain, printable

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["KINDS", "MAX_ITEMS", "summarize"]

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
"""Class of a result -> the module that knows it; any other estimator is a matrix."""

MAX_ITEMS = 20_000
MAX_FEATURES = 3_000
TELLING = 30
"""Features of each component that are always kept."""
CELLS = (12, 60_000)
"""Of an item, and of all items."""
CHARACTERS = (20_000, 4_000_000)
"""Of a text, and of all texts."""
COLUMNS, WIDTH = 6, 120
"""Of the table beside the items, and characters of its cells."""
NEAR = 400
"""Up to so many items neighbours are kept by the map, which takes time; of more, distances."""


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
        pictures for a model of pictures, mixtures for `Unmixed`. Other results carry their data.
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
    ('matrix', 2, 'User1', 'Item1')
    """
    found = gathered(model, data, W=W, labels=labels, details=details, title=title)
    summary = summarized(found, chosen(found, max_items, text), time, groups, every)
    return with_origin(summary, sha256 or fingerprint(data))


def gathered(
    model: Any, data: Any = None, *, W: Any = None, labels: Any = None, details: Any = None, title: str | None = None
) -> Result:
    """What the module of the model's class makes of it, with the given names."""
    name = KINDS.get(type(model).__name__) or ("images" if "image_shape_" in vars(model) else "matrix")
    found = named(importlib.import_module(f"partwise.report.{name}").gather(model, data, W), labels)
    changes = {"details": details, "title": title}
    return replace(found, **{name: value for name, value in changes.items() if value is not None})


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
        "similarity": with_ones(cosines(found.H)),
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


# ------------------------------------------------------------------ what is kept


def chosen(found: Result, max_items: int = MAX_ITEMS, text: bool = True, room: float = 1.0) -> Choice:
    """The items and features that go in; ``room`` below 1 asks for fewer of both."""
    if max_items < 1:
        raise DataError(f"max_items={max_items} keeps nothing. Keep one item or more.")
    kept = sampled(found, max(1, int(room * min(max_items, 0 if found.W is None else len(found.W)))))
    k, p = found.H.shape
    limit = int(MAX_FEATURES * room)
    most = p if p <= limit else max(TELLING, limit // k)
    heaviest = np.argsort(-np.abs(found.H), axis=1, kind="stable")[:, :most]
    also = [] if found.order is None else [found.order[:, :TELLING].ravel()]
    also += [] if found.extra is None else [found.extra(kept)]
    features = np.unique(np.concatenate([heaviest.ravel(), *also]).astype(np.int64))
    return Choice(kept, features, tuple(found.labels), text, room)


def sampled(found: Result, most: int) -> np.ndarray:
    """Rows that are kept: all, or those that stand for components and others at equal distances."""
    n = 0 if found.W is None else len(found.W)
    if n <= most:
        return np.arange(n)
    first = typical(found)[:, : max(1, most // (2 * len(found.H)))].ravel()
    kept = np.zeros(n, dtype=bool)
    kept[first[first >= 0][:most]] = True
    others = np.flatnonzero(~kept)
    wanted = most - int(kept.sum())
    kept[others[np.linspace(0, len(others) - 1, wanted).round().astype(int)]] = True
    return np.flatnonzero(kept)


def typical(found: Result) -> np.ndarray:
    """Items that stand for each component, (k, m); -1 where there are no more."""
    if found.typical is not None:
        return found.typical
    W = np.asarray(found.W)
    order = np.argsort(-W, axis=0, kind="stable")[:TYPICAL]
    return np.where(np.take_along_axis(W, order, axis=0) > 0, order, -1).T


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


def with_ones(alike: np.ndarray) -> np.ndarray:
    """A component is like itself, even one of zeros."""
    np.fill_diagonal(alike, 1)
    return alike


def features(found: Result, choice: Choice) -> dict[str, Any]:
    """The columns of H that are kept."""
    return {
        "names": [printable(found.features[j]) for j in choice.features.tolist()],
        "weights": matrix(found.H[:, choice.features]),
        "total": found.H.shape[1],
    }


def matrix(A: Any) -> Any:
    """A matrix in one byte a cell, or as it is where it has negative entries."""
    A = np.asarray(A, dtype=np.float64)
    return quantised(A) if A.min(initial=0) >= 0 else A


def items(found: Result, choice: Choice) -> dict[str, Any]:
    """The rows of W that are kept, with what is known of them."""
    W, kept = np.asarray(found.W)[choice.items], choice.items
    part: dict[str, Any] = {
        "names": [printable(found.items[i]) for i in kept.tolist()],
        "weights": matrix(W),
        "total": len(found.W) if found.W is not None else 0,
    }
    if found.X is not None:
        X = sp.csr_array(found.X[kept]) if sp.issparse(found.X) else np.asarray(found.X)[kept]
        part["explained"] = explained(X, W, found.H)
        if found.cells and (choice.text or found.texts is None):
            part["cells"] = cells(X[:, choice.features])
    if choice.text and found.texts is not None:
        limit = characters(choice)
        part["texts"] = [printable(cut(found.texts[i], limit)) for i in kept.tolist()]
    if choice.text and found.details is not None and found.details.shape[1]:
        part["details"] = beside(found.details.iloc[kept])
    return part


def explained(X: Any, W: np.ndarray, H: np.ndarray) -> np.ndarray:
    """``1 - |x - w H|^2 / |x|^2`` of every row over the cells that were observed, cut off at 0; NaN for a row of zeros."""
    W, H = np.asarray(W, dtype=np.float64), np.asarray(H, dtype=np.float64)
    if not sp.issparse(X) and np.isnan(X).any():
        seen = ~np.isnan(X)
        rest, total = (np.sum(np.where(seen, A, 0) ** 2, axis=1) for A in (X - W @ H, X))
    else:
        total = np.asarray(X.multiply(X).sum(axis=1)).ravel() if sp.issparse(X) else np.sum(X**2, axis=1)
        rest = total - 2 * np.sum((X @ H.T) * W, axis=1) + np.sum((W @ (H @ H.T)) * W, axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(total > 0, np.clip(1 - rest / total, 0, 1), np.nan)


def cells(X: Any) -> dict[str, np.ndarray]:
    """The largest cells of every row as observed, largest first, as CSR."""
    entries = sp.csr_array(np.nan_to_num(X) if not sp.issparse(X) else X).tocoo()
    n = X.shape[0]
    most = max(1, min(CELLS[0], CELLS[1] // max(1, n)))
    order = np.lexsort((entries.col, -entries.data, entries.row))
    order = order[entries.data[order] > 0]
    rows = entries.row[order]
    rank = np.arange(len(rows)) - np.searchsorted(rows, rows)
    order, rows = order[rank < most], rows[rank < most]
    return {
        "start": np.searchsorted(rows, np.arange(n + 1)),
        "feature": entries.col[order],
        "value": entries.data[order].astype(np.float32),
    }


def characters(choice: Choice) -> int:
    """Up to which a text is kept."""
    most, total = CHARACTERS
    return max(200, min(most, int(choice.room * total) // max(1, len(choice.items))))


def cut(text: str, limit: int) -> str:
    """The beginning of a text.

    Examples
    --------
    >>> cut("It was the best of times", 6)
    'It was ...'
    """
    return text if len(text) <= limit else f"{text[:limit]} ..."


def beside(table: pd.DataFrame) -> dict[str, Any]:
    """A table to show with the items: its first columns, long cells cut."""
    table = table.iloc[:, :COLUMNS]
    rows = [[plain(cut(v, WIDTH) if isinstance(v, str) else v) for v in row] for row in table.to_numpy(object).tolist()]
    return {"columns": [printable(name) for name in table.columns], "rows": rows}


def places(found: Result, choice: Choice, mixtures: np.ndarray) -> dict[str, Any] | None:
    """Components and items as points of one plane: an item lies where its mixture does, a component where an item
    would that is made of it alone. Without items, components by how alike they are.
    """
    k = len(found.H)
    if found.W is None:
        return {"components": by_distances(hellinger(found.H)), "how": "components by their Hellinger distances"}
    shares = np.sqrt(np.vstack([np.eye(k), mixtures[choice.items]]))
    near = len(choice.items) <= NEAR
    points = by_neighbours(shares) if near else by_rows(shares)
    how = "neighbours kept (t-SNE)" if near else "first two principal components"
    return {"components": points[:k], "items": points[k:], "how": f"Hellinger distances of mixtures, {how}"}


def hellinger(H: np.ndarray) -> np.ndarray:
    """Distances between components as distributions over features, (k, k), 0 to 1."""
    A = np.abs(np.asarray(H, dtype=np.float64))
    totals = A.sum(axis=1, keepdims=True)
    roots = np.sqrt(A / np.where(totals > 0, totals, 1))
    return np.sqrt(np.clip(1 - with_ones(roots @ roots.T), 0, 1))


def over_time(mixtures: np.ndarray, stamps: Sequence[Any], every: float | str | None) -> dict[str, Any]:
    """Mean shares in each period."""
    from partwise.apps.topics.groups import as_periods

    check_length(stamps, mixtures, "time")
    begins, step = as_periods(list(stamps), every)
    known = begins.notna().to_numpy()
    found = means(mixtures[known], begins[known].tolist())
    return {
        "periods": [said(begin) for begin in found["names"]],
        "shares": found["shares"],
        "counts": found["counts"],
        "name": PERIODS.get(step, "year" if step == 1 else f"period of {step:g}") if step is not None else "period",
    }


PERIODS: dict[Any, str] = {"D": "day", "W": "week", "M": "month", "Q": "quarter", "Y": "year"}


def said(stamp: Any) -> str:
    """The beginning of a period: a number, or the day of a date."""
    return f"{stamp:g}" if isinstance(stamp, int | float) else str(stamp)[:10]


def by_class(mixtures: np.ndarray, name: str, classes: Sequence[Any]) -> dict[str, Any]:
    """Mean shares in each class."""
    check_length(classes, mixtures, f"groups[{name!r}]")
    given = ["" if one is None or one != one else str(one) for one in classes]
    known = np.array([one != "" for one in given], dtype=bool)
    found = means(mixtures[known], [one for one in given if one != ""])
    return {"name": printable(name), **found, "names": [printable(one) for one in found["names"]]}


def check_length(values: Sequence[Any], mixtures: np.ndarray, what: str) -> None:
    """A value for each item."""
    if len(values) != len(mixtures):
        raise DataError(f"{what} has {len(values):,} values for {len(mixtures):,} items. Give one for each.")


def means(mixtures: np.ndarray, labels: list[Any]) -> dict[str, Any]:
    """Mean shares of the items of each label that are made of something; labels in their order."""
    full = mixtures.any(axis=1)
    kept = [label for label, there in zip(labels, full, strict=True) if there]
    names = sorted(set(kept))
    place = {name: i for i, name in enumerate(names)}
    member = np.array([place[label] for label in kept], dtype=np.int64)
    counts = np.bincount(member, minlength=len(names))
    sums = np.zeros((len(names), mixtures.shape[1]))
    np.add.at(sums, member, mixtures[full])
    return {"names": names, "shares": sums / np.maximum(counts, 1)[:, None], "counts": counts}


# ------------------------------------------------------------------ what is said


def notices(found: Result, choice: Choice) -> list[str]:
    """What was left out, and what the file gives away."""
    _, _, one, many, _, features = words(found)
    said = []
    n = 0 if found.W is None else len(found.W)
    if found.W is None:
        said.append(
            "The data were not given: there are no items, and the shares are those of the sums of the components. "
            "Give the data to see them."
        )
    if len(choice.items) < n:
        said.append(
            f"{len(choice.items):,} of {n:,} {many} are shown: those that stand for the {words(found)[1]}, and others at "
            f"equal distances. Shares, time and classes count all {many}."
        )
    if len(choice.features) < found.H.shape[1]:
        said.append(f"{len(choice.features):,} of {found.H.shape[1]:,} {features} are shown: the heaviest.")
    if found.texts is not None and choice.text:
        limit = characters(choice)
        long = sum(len(found.texts[i]) > limit for i in choice.items.tolist())
        if long:
            said.append(f"{long:,} {one if long == 1 else many} are cut after {limit:,} characters.")
    said.append(private(found, choice))
    return said


def private(found: Result, choice: Choice) -> str:
    """What a reader of the file can see of the data."""
    if found.W is None:
        return "This file holds the names of the features; share it with those who may see them."
    own = OWN.get(found.kind, "") if choice.text and (found.texts is not None or found.kind != "topics") else ""
    held = f"{own}, names and numbers" if own else "names and numbers"
    return f"This file holds your data ({held}); share it with those who may see them."


OWN = {"topics": "the texts themselves", "images": "the pictures themselves", "sound": "the sound itself"}
"""What cannot be unseen."""
