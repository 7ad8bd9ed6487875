"""Bounds of a factor's entries, and what of a gradient they leave."""

import typing

import numpy as np


def bounds_of(A, lower, upper) -> tuple[typing.Any, typing.Any]:
    """The bounds, 0 and infinity where none are given."""
    if lower is None:
        return np.broadcast_to(A.dtype.type(0), A.shape), np.broadcast_to(A.dtype.type(np.inf), A.shape)
    return lower, upper


def projected(a, g, lower, upper):
    """The part of the gradient that a step within the bounds could follow."""
    g = np.where(a > lower, g, np.minimum(g, 0))
    return np.where(a < upper, g, np.maximum(g, 0))
