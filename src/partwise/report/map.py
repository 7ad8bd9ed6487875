"""Where components and items lie in the plane, and how alike components are."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.report.plane import by_distances, by_neighbours, by_rows, cosines
from partwise.report.result import Choice, Result

__all__ = ["likeness", "places"]

NEAR = 400
"""Up to so many items neighbours are kept by the map, which takes time; of more, distances."""


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
    distances = np.sqrt(np.clip(1 - roots @ roots.T, 0, 1))
    np.fill_diagonal(distances, 0)
    return distances


def likeness(H: np.ndarray) -> np.ndarray:
    """Cosines between components, (k, k); a component is like itself, even one of zeros."""
    alike = cosines(H)
    np.fill_diagonal(alike, 1)
    return alike
