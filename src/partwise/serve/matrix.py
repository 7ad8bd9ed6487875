"""What can be asked of an estimator with ``components_``: rows in, weights out; which features go together."""

from __future__ import annotations

import copy
import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import scipy.sparse as sp

from partwise.apps.topics import similar
from partwise.errors import DataError
from partwise.report.matrix import feature_names
from partwise.serve.routes import (
    SIMILAR,
    STRING,
    WEIGHTS,
    Box,
    Route,
    asked_count,
    count,
    list_of,
    question,
    similar_of,
)

__all__ = ["routes"]


def routes(model: Any, most: int) -> list[Route]:
    """Weights of rows, and features that are alike."""
    H, bare = np.asarray(model.components_), without_names(model)
    columns = Columns(feature_names(model))
    labels = [f"component {q}" for q in range(len(H))]

    def transform(body: Any) -> Any:
        X = columns.matrix(body["rows"], vars(model).get("offset_"))
        return {"components": labels, "weights": np.asarray(bare.transform(X)).tolist()}

    def alike(body: Any) -> Any:
        return similar_of(similar(H.T, columns.place(body["feature"]), asked_count(body, most), columns.names))

    first = np.argsort(-H[0], kind="stable")[:3].tolist()
    example = json.dumps({columns.names[j]: 1 for j in first}, ensure_ascii=False)
    cell = cell_of(model)
    row = {"type": ["array", "object"], "items": cell, "additionalProperties": cell}
    row |= {"minItems": H.shape[1], "maxItems": H.shape[1]}
    return [
        Route(
            "/api/transform",
            "The weights of the components in rows: lists of all features, or objects from the names of features to "
            "their values, in which what is missing counts as 0.",
            transform,
            WEIGHTS,
            question(rows=list_of(row, minItems=1, maxItems=most)),
            box=Box("The components of a row", "Features and their values, as JSON", "rows", "rows", example),
        ),
        Route(
            "/api/similar",
            "The features most like one, by the cosine of their weights in the components; itself first.",
            alike,
            SIMILAR,
            question(feature=STRING, n=count(most)),
            box=Box(
                "The features most like one", "The name of a feature", "feature", "name", str(columns.names[first[0]])
            ),
        ),
    ]


def without_names(model: Any) -> Any:
    """A copy that takes arrays without complaint: names are matched here. It shares the components."""
    bare = copy.copy(model)
    vars(bare).pop("feature_names_in_", None)
    return bare


def cell_of(model: Any) -> dict[str, Any]:
    """The schema of a value: null where it may be unknown, negative where offsets are added."""
    unknown = model.__sklearn_tags__().input_tags.allow_nan
    lowest = {} if "offset_" in vars(model) else {"minimum": 0}
    return {"type": ["number", "null"] if unknown else "number", **lowest}


class Columns:
    """The features of a model by name."""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = names
        self.places = {name: place for place, name in enumerate(names)}

    def place(self, name: str) -> int:
        """The column of a feature."""
        if name not in self.places:
            raise DataError(f"The model has no feature {name[:60]!r}. Its first is {self.names[0]!r}.")
        if len(self.places) < len(self.names) and list(self.names).count(name) > 1:
            raise DataError(f"The model has several features {name[:60]!r}. Send rows as lists.")
        return self.places[name]

    def matrix(self, rows: list[Any], offset: np.ndarray | None = None) -> Any:
        """Rows as an array, or as a sparse matrix if one of them names its features; None is NaN."""
        if all(isinstance(row, list) for row in rows):
            X: Any = np.array(rows, dtype=np.float64)
        else:
            cells = [self.cells(row) for row in rows]
            ends = np.cumsum([0, *(len(places) for places, _ in cells)])
            indices = np.concatenate([np.array(places, dtype=np.int64) for places, _ in cells])
            data = np.concatenate([np.array(values, dtype=np.float64) for _, values in cells])
            X = sp.csr_array((data, indices, ends), shape=(len(rows), len(self.names)))
        return X if offset is None else np.asarray(X.todense() if sp.issparse(X) else X) + offset

    def cells(self, row: Any) -> tuple[list[int], list[float]]:
        """The places and values of a row."""
        if isinstance(row, list):
            return list(range(len(row))), row
        return [self.place(name) for name in row], list(row.values())
