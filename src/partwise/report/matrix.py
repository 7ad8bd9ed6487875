"""Any estimator with ``components_``: samples, features, and nothing that only one field knows."""

from __future__ import annotations

import copy
import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.errors import DataError
from partwise.report.result import Result

__all__ = ["Given", "check_fitted", "feature_names", "gather", "refuse_data", "rows_of"]


@dataclass(frozen=True, eq=False)
class Given:
    """A matrix with its names, and what was said when it was read."""

    X: Any
    rows: Sequence[str]
    columns: Sequence[str] | None
    notes: tuple[str, ...] = ()


def gather(model: Any, data: Any = None, W: Any = None) -> Result:
    """A factorization, and the samples that it is shown on."""
    check_fitted(model)
    H = np.asarray(model.components_)
    k, p = H.shape
    given = None if data is None else rows_of(data)
    names = feature_names(model, given)
    name = type(model).__name__
    common: dict[str, Any] = {
        "kind": "matrix",
        "words": "component sample feature",
        "model": model,
        "H": H,
        "labels": [f"component {q}" for q in range(k)],
        "features": names,
    }
    if given is None:
        return Result(title=f"{name}: {k} components of {p:,} features", facts=[("components", k)], **common)
    weights = solved(model, given.X) if W is None else np.asarray(W)
    n = given.X.shape[0]
    if weights.shape != (n, k):
        raise DataError(f"W has the shape {weights.shape}; {n:,} samples and {k} components ask for ({n}, {k}).")
    facts = [("components", k), ("samples", n), ("explained", None), ("features", p), *missing(given.X)]
    return Result(
        title=f"{name}: {k} components of {n:,} samples",
        W=weights,
        items=given.rows,
        X=given.X,
        facts=facts,
        notices=list(given.notes),
        **common,
    )


def check_fitted(model: Any) -> None:
    """Refuse what has no components."""
    components: Any = getattr(model, "components_", None)
    if np.ndim(components) != 2:
        name = type(model).__name__
        raise DataError(f"{name} has no components_ to report on. Fit it first, or give a result of partwise.apps.")


def refuse_data(result: Any, data: Any) -> None:
    """A result that carries its data takes no others."""
    if data is not None:
        raise DataError(f"{type(result).__name__} holds the data that it was made of. Leave data out.")


def feature_names(model: Any, given: Given | None = None) -> list[str]:
    """Those that the model was fitted with, or of the data, or scikit-learn's ``x0, x1, ...``."""
    names = getattr(model, "feature_names_in_", None)
    if names is None and given is not None:
        names = given.columns
    p = np.shape(model.components_)[1]
    return [f"x{j}" for j in range(p)] if names is None or len(names) != p else [str(name) for name in names]


def rows_of(data: Any) -> Given:
    """A matrix from a path, a `partwise.io.Matrix`, a table or an array."""
    if isinstance(data, str | os.PathLike):
        from partwise.io import read

        data = read(data)
    if hasattr(data, "row_names"):
        rows = data.row_names or numbered(data.X.shape[0])
        return Given(data.X, rows, data.column_names)
    if hasattr(data, "columns"):
        columns = [str(name) for name in data.columns]
        return Given(data.to_numpy(np.float64), [str(name) for name in data.index], columns)
    X: Any = sp.csr_array(data) if sp.issparse(data) else np.asarray(data)
    if X.ndim != 2 or X.dtype.kind not in "biuf":
        raise DataError(
            f"data has the shape {X.shape} and dtype {X.dtype}. Give a matrix of numbers, a row per sample."
        )
    return Given(X, numbered(X.shape[0]), None)


def numbered(n: int) -> list[str]:
    """Names of what has none."""
    return [f"row {i}" for i in range(n)]


def solved(model: Any, X: Any) -> np.ndarray:
    """The weights of the components in samples; names were matched by whoever gave the data."""
    bare = copy.copy(model)
    vars(bare).pop("feature_names_in_", None)
    return np.asarray(bare.transform(X))


def missing(X: Any) -> list[tuple[str, Any]]:
    """How many cells are not known, if some are."""
    holes = int(np.isnan(X.data if sp.issparse(X) else X).sum()) if X.dtype.kind == "f" else 0
    return [("missing cells", f"{holes:,} of {X.shape[0] * X.shape[1]:,}")] if holes else []
