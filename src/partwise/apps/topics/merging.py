"""Several components as one topic: weights, words and labels after merging.

The factorization stays as it was fitted; a topic is a group of its components. With r_q the sum of row q of H and m_q
the mass of component q (the sum of W H's part q), a topic has::

    w = sum_q w_q r_q / s,    h = s sum_q (m_q / m) h_q / r_q,    s = sum_q m_q r_q / m,    m = sum_q m_q

so that w h has the row sums and the column sums of the sum of w_q h_q, and a group of one is the component itself.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from partwise.errors import DataError

__all__ = ["fold", "merged", "regrouped", "total", "unmerged"]


def total(mass: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Mass of each topic, (n_topics,).

    Examples
    --------
    >>> import numpy as np
    >>> total(np.array([3.0, 2.0, 1.0]), np.array([0, 1, 0])).tolist()
    [4.0, 2.0]
    """
    return np.bincount(groups, weights=mass)


def unmerged(groups: np.ndarray) -> bool:
    """Whether every topic is the component of its number."""
    return np.array_equal(groups, np.arange(len(groups)))


def _parts(H: np.ndarray, mass: np.ndarray, groups: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Row sums of H (1 for a row of zeros), each component's part of its topic, and the scale s of each topic."""
    rows = H.sum(axis=1, dtype=np.float64)
    rows = np.where(rows > 0, rows, 1)
    sizes = np.bincount(groups)
    whole = total(mass, groups)[groups]
    part = np.where(whole > 0, mass / np.where(whole > 0, whole, 1), 1 / sizes[groups])
    return rows, part, np.bincount(groups, weights=part * rows)


def fold(W: np.ndarray, H: np.ndarray, mass: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Weights of topics (n, n_topics) from weights of components (n, n_components)."""
    if unmerged(groups):
        return W
    rows, _, scale = _parts(H, mass, groups)
    member = np.eye(len(scale))[groups]
    return (W * rows) @ member / scale


def merged(H: np.ndarray, mass: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Topics (n_topics, n_terms) from components (n_components, n_terms)."""
    if unmerged(groups):
        return H
    rows, part, scale = _parts(H, mass, groups)
    member = np.eye(len(scale))[groups]
    return scale[:, None] * (member.T @ (H * (part / rows)[:, None]))


def regrouped(
    groups: np.ndarray, mass: np.ndarray, together: Sequence[Sequence[int]], labels: dict[int, str]
) -> tuple[np.ndarray, dict[int, str]]:
    """Groups and labels after merging topics, which are then numbered by their mass; the first label named stays.

    Raises
    ------
    DataError
        If a list names fewer than two topics, or two lists the same one.

    Examples
    --------
    >>> import numpy as np
    >>> groups, labels = regrouped(np.array([0, 1, 2]), np.array([5.0, 4.0, 3.0]), [[2, 1]], {1: "war"})
    >>> groups.tolist(), labels
    ([1, 0, 0], {0: 'war'})
    """
    named = [topic for part in together for topic in part]
    if len(set(named)) < len(named) or any(len(part) < 2 for part in together) or not together:
        raise DataError(f"merge_topics got {[list(part) for part in together]}. Name two or more topics, each once.")
    target = np.arange(groups.max() + 1)
    for part in together:
        target[list(part)] = part[0]
    sizes = np.bincount(target, weights=total(mass, groups), minlength=len(target))
    kept = sorted(set(target.tolist()), key=lambda topic: (-sizes[topic], topic))
    number = {topic: place for place, topic in enumerate(kept)}
    order = [*named, *(set(labels) - set(named))]
    renamed = {number[int(target[topic])]: labels[topic] for topic in reversed(order) if topic in labels}
    return np.array([number[int(target[topic])] for topic in groups]), renamed
