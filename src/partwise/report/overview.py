"""The first page of a report: how good the fit is, what a careful reader should know, and what made it."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.report.plane import cosines
from partwise.report.result import Pair, Result, plain, printable

__all__ = ["convergence", "fingerprint", "overview"]

ALIKE = 0.9
"""From this cosine on two components are called nearly alike."""
NAMED = 3
"""So many examples are named in a warning."""
POINTS = 500
"""Of a curve of convergence."""

LOSSES = {
    "frobenius": "Frobenius",
    "kullback-leibler": "Kullback-Leibler",
    "itakura-saito": "Itakura-Saito",
    2: "Frobenius",
    1: "Kullback-Leibler",
    0: "Itakura-Saito",
}

STOPS = {
    "converged": "The factors no longer change by more than the tolerance.",
    "max_iter": "The largest number of iterations was reached first.",
    "time": "The time that was allowed ran out first.",
    "interrupted": "It was interrupted: this is the best model that was reached.",
    "callback": "A callback asked to stop.",
    "non-finite": "A factor became infinite or NaN: the result is not usable.",
}
"""Reasons to stop, in sentences."""

VERSIONED = ("partwise", "numpy", "scipy", "scikit-learn")


def overview(found: Result) -> dict[str, Any]:
    """The facts, the warnings and the origin of a result."""
    facts, model = fitted(found.model), found.model
    converged = getattr(model, "converged_", None)
    reason: Any = getattr(model, "stop_reason_", None)
    return {
        "facts": [[name, plain(value)] for name, value in once([*found.facts, *facts])],
        "stop_reason": STOPS.get(reason, reason),
        "converged": None if converged is None else bool(converged),
        "warnings": [printable(text) for text in warnings_of(found)],
        "provenance": [[name, plain(value)] for name, value in provenance(model)],
    }


def once(facts: Sequence[Pair]) -> list[Pair]:
    """Each name once, at its first place and with its first value; None is no value, and keeps a place free."""
    seen: dict[str, Any] = {}
    for name, value in facts:
        if seen.get(name) is None:
            seen[name] = value
    return [(name, value) for name, value in seen.items() if value is not None]


def fitted(model: Any) -> list[Pair]:
    """What an estimator says of its fit."""
    loss = getattr(model, "beta_loss", None)
    explained, error = getattr(model, "explained_variance_", None), getattr(model, "reconstruction_err_", None)
    return [
        ("explained", None if explained is None or np.ndim(explained) else percent(explained)),
        ("error", None if error is None else f"{error:.6g}"),
        ("loss", None if loss is None else LOSSES.get(loss, f"beta = {loss}")),
        ("solver", vars(model).get("_chosen", getattr(model, "solver", None)) if model is not None else None),
        ("iterations", getattr(model, "n_iter_", None)),
        ("KKT residual", short(getattr(model, "kkt_", None))),
        ("tolerance", short(getattr(model, "tol", None))),
        ("starts", getattr(model, "n_init", None)),
    ]


def short(value: Any) -> str | None:
    """A small number in three digits."""
    return None if value is None else f"{value:.3g}"


def percent(share: float) -> str:
    """A share of a whole, never rounded up to all of it.

    Examples
    --------
    >>> percent(0.3125), percent(0.99999)
    ('31.2%', '99.9%')
    """
    shown = f"{share:.1%}"
    return "99.9%" if shown == "100.0%" and share < 1 - 1e-12 else shown


# ------------------------------------------------------------------ warnings


def warnings_of(found: Result) -> list[str]:
    """What a careful reader should know before using the result, the gravest first."""
    notes = [*found.warnings, *remarks(found.model)]
    return list(dict.fromkeys([*notes, *nearly_alike(found), *empty(found)]))


def remarks(result: Any) -> list[str]:
    """The sentences after ``Note:`` in the words of a model or result.

    Examples
    --------
    >>> class Model:
    ...     def info(self):
    ...         return "NMF: 2 components.\\nNote: the fit has not converged."
    >>> remarks(Model())
    ['The fit has not converged.']
    """
    words = getattr(result, "info", None)
    lines = words().splitlines() if words is not None else []
    notes = [line.removeprefix("Note: ") for line in lines if line.startswith("Note: ")]
    return [note[:1].upper() + note[1:] for note in notes]


def nearly_alike(found: Result) -> list[str]:
    """Pairs of components that say the same."""
    alike = np.triu(cosines(found.H), 1)
    pairs = np.argwhere(alike > ALIKE)
    if not len(pairs):
        return []
    order = np.argsort(-alike[pairs[:, 0], pairs[:, 1]], kind="stable")[:NAMED]
    named = ", ".join(f"{found.labels[a]} and {found.labels[b]} ({alike[a, b]:.2f})" for a, b in pairs[order].tolist())
    what = f"1 pair of {words(found)[1]} is" if len(pairs) == 1 else f"{len(pairs)} pairs of {words(found)[1]} are"
    return [f"{what} nearly alike (cosine above {ALIKE:g}: {named}); fewer might say as much."]


def empty(found: Result) -> list[str]:
    """Items that are made of no component."""
    if found.W is None:
        return []
    places = np.flatnonzero(~np.asarray(found.W).any(axis=1))
    if not len(places):
        return []
    first = ", ".join(str(found.items[i]) for i in places[:NAMED])
    one, many = words(found)[2:4]
    what = f"1 {one} is" if len(places) == 1 else f"{len(places):,} {many} are"
    return [f"{what} made of no {words(found)[0]} (first: {first})."]


def words(found: Result) -> list[str]:
    """Component, components, item, items, feature, features, in the words of the field.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> words(SimpleNamespace(words="taste user movie"))
    ['taste', 'tastes', 'user', 'users', 'movie', 'movies']
    >>> words(SimpleNamespace(words="part picture pixel/pixels"))[-1]
    'pixels'
    """
    both = [word.replace("_", " ").partition("/") for word in found.words.split()]
    return [form for one, _, many in both for form in (one, many or f"{one}s")]


# ------------------------------------------------------------------ where it comes from


def provenance(model: Any) -> list[Pair]:
    """Versions, seed and settings; nothing that depends on the clock or the machine."""
    found: list[Pair] = [(name, version_of(name)) for name in VERSIONED]
    seed = getattr(model, "random_state", None)
    found.append(("seed", seed if isinstance(seed, int | np.integer) else "none" if seed is None else "a generator"))
    if model is not None:
        found.append(("model", " ".join(repr(model).split())))
    return found


def version_of(name: str) -> str:
    """Of an installed distribution."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:  # run from a source tree
        return "not installed"


def fingerprint(data: Any) -> str | None:
    """SHA-256 of data: of a file its bytes, of a matrix its shape and numbers, of a table or texts also the names.

    Examples
    --------
    >>> import numpy as np
    >>> fingerprint(np.eye(2))[:12], fingerprint(["one text"])[:12]
    ('91c03f2a0de1', '6cd2b1f74aed')
    """
    if data is None:
        return None
    if isinstance(data, str | os.PathLike):
        from partwise.io import content_hash

        return content_hash(data)
    digest = hashlib.sha256()
    for part in pieces(data):
        digest.update(part)
    return digest.hexdigest()


def pieces(data: Any) -> list[bytes]:
    """What distinguishes data, as bytes; lengths go before, so that no two lists run together."""
    inner = data
    if dataclasses.is_dataclass(data):
        inner = next(getattr(data, name) for name in ("X", "stack", "wave", "texts") if hasattr(data, name))
    if sp.issparse(inner):
        csr: Any = sp.csr_array(inner)
        csr.sum_duplicates()
        return [b"sparse", *(part for one in (csr.shape, csr.data, csr.indices, csr.indptr) for part in pieces(one))]
    if hasattr(inner, "columns"):
        return [*pieces([str(name) for name in inner.columns]), *pieces(inner.to_numpy().tolist())]
    if isinstance(inner, np.ndarray) and inner.dtype.kind in "biuf":
        return [repr(inner.shape).encode(), np.ascontiguousarray(inner, "<f8").tobytes()]
    texts = [str(one).encode("utf-8", "surrogatepass") for one in inner]
    return [b"%d " % len(texts), *(b"%d " % len(text) + text for text in texts)]


# ------------------------------------------------------------------ convergence


def convergence(model: Any) -> dict[str, Any] | None:
    """How the objective fell, in at most `POINTS` points; None for an estimator that does not tell."""
    history = getattr(model, "history_", None)
    if history is None or not len(history):
        return None
    places = np.unique(np.linspace(0, len(history) - 1, min(POINTS, len(history))).round().astype(int))
    table = history.iloc[places]
    loss, kkt = getattr(model, "beta_loss", None), table["kkt"].to_numpy(np.float64)
    return {
        "iteration": table["iteration"].to_numpy(np.int64),
        "objective": table["objective"].to_numpy(np.float64),
        "kkt": kkt if np.isfinite(kkt).all() else None,  # batches do not tell
        "name": f"objective ({LOSSES.get(loss, f'beta = {loss}')} loss and penalties)",
    }
