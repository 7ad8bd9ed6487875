"""What a data set is: a matrix with its names, and, where it was planted, its answer.

This file knows nothing of where the numbers come from.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import scipy.sparse as sp

Matrix = np.ndarray | sp.csr_matrix


@dataclass(frozen=True, eq=False, repr=False)
class Dataset:
    """Keep a non-negative matrix together with the names of its rows and columns.

    Attributes
    ----------
    name : str
        The name :func:`load` knows it by.
    X : ndarray or csr_matrix of shape (n_rows, n_columns), float64, non-negative
        The data.
    description : str
        One sentence: what the numbers are, and their unit.
    feature_names : ndarray of str of shape (n_columns,), or None
        What each column is.
    row_names : ndarray of str of shape (n_rows,), or None
        What each row is; no two are the same.
    labels : ndarray of shape (n_rows,), or None
        The class of each row, to score a clustering against.
    extra : mapping of str to object
        Whatever else belongs to it, such as years, waves or the shape of a picture.
    notice : str
        Origin and licence, in one line.

    Examples
    --------
    >>> from partwise.datasets import load_novels
    >>> load_novels()
    Dataset('novels', 193 x 7678 sparse, 93003 nonzeros)
    """

    name: str
    X: Matrix
    description: str
    feature_names: np.ndarray | None = None
    row_names: np.ndarray | None = None
    labels: np.ndarray | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)
    notice: str = ""

    def __repr__(self) -> str:
        return f"Dataset({self.name!r}, {size(self.X)})"


@dataclass(frozen=True, eq=False, repr=False)
class Planted:
    """Keep a matrix together with the factors it was made from, so that an answer can be marked.

    The model is ``X = W @ H`` plus noise. Unless the generator says otherwise, the mean of ``X`` is ``W @ H``.

    Attributes
    ----------
    name : str
        The name :func:`load` knows it by.
    X : ndarray or csr_matrix of shape (n_samples, n_features), float64, non-negative
        The data.
    W : ndarray of shape (n_samples, n_components), float64, non-negative
        How much of each component each row holds.
    H : ndarray of shape (n_components, n_features), float64, non-negative
        The components.
    description : str
        One sentence: what the numbers are, and their unit.
    distribution : {"exact", "gaussian", "poisson", "gamma", "multinomial"}
        How ``X`` scatters around ``W @ H``; "exact" means that they are equal up to rounding.
    noise : float
        Standard deviation of an average cell divided by the mean of ``W @ H``; 0 where the data are exact.
    feature_names, row_names, component_names : ndarray of str, or None
        What each column, row and component is.
    labels : ndarray of shape (n_samples,), or None
        The class of each row.
    extra : mapping of str to object
        Whatever else belongs to it, such as the shape of a picture or a table.

    Examples
    --------
    >>> from partwise.datasets import make_swimmer
    >>> make_swimmer()
    Planted('swimmer', 256 x 1024 dense, 17 components, exact)
    """

    name: str
    X: Matrix
    W: np.ndarray
    H: np.ndarray
    description: str
    distribution: str = "exact"
    noise: float = 0.0
    feature_names: np.ndarray | None = None
    row_names: np.ndarray | None = None
    component_names: np.ndarray | None = None
    labels: np.ndarray | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        how = self.distribution if self.noise == 0 else f"{self.distribution} noise {self.noise:.3g}"
        return f"Planted({self.name!r}, {size(self.X)}, {self.H.shape[0]} components, {how})"


def size(X: Matrix) -> str:
    """Say how large a matrix is, for a ``repr``."""
    rows, columns = X.shape  # pyright: ignore[reportGeneralTypeIssues]  scipy leaves it untyped
    kind = "dense" if isinstance(X, np.ndarray) else f"sparse, {X.nnz} nonzeros"
    return f"{rows} x {columns} {kind}"


def numbered(prefix: str, count: int) -> np.ndarray:
    """Name things ``prefix1`` to ``prefixN``, with as many leading zeros as sort well."""
    width = len(str(count))
    return np.array([f"{prefix}{i:0{width}d}" for i in range(1, count + 1)])
