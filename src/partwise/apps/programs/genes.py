"""Which genes tell cells apart: those whose counts depth alone explains worst."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse as sp

__all__ = ["deviances", "variable_genes"]


def deviances(X: Any) -> np.ndarray:
    """Poisson deviance of every gene under one program for all: ``2 sum_i x_ij log(x_ij / (n_i p_j))``.

    n_i is the depth of a cell, p_j the share of a gene. It is what the first component leaves for the others.

    Parameters
    ----------
    X : csr_array of shape (n_cells, n_genes), counts

    Returns
    -------
    ndarray of shape (n_genes,), non-negative

    Notes
    -----
    O(stored).

    References
    ----------
    Townes, Hicks, Aryee & Irizarry (2019), doi:10.1186/s13059-019-1861-6

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> from partwise.apps.programs.genes import deviances
    >>> deviances(sp.csr_array([[1.0, 3.0, 0.0], [1.0, 0.0, 3.0]])).round(2).tolist()
    [0.0, 4.16, 4.16]
    """
    depths, totals = np.asarray(X.sum(axis=1)).ravel(), np.asarray(X.sum(axis=0)).ravel()
    entries = X.tocoo()
    expected = depths[entries.row] * totals[entries.col] / (depths.sum() or 1.0)
    terms = np.zeros_like(expected)
    np.log(entries.data / expected, where=entries.data > 0, out=terms)
    return np.maximum(2 * np.bincount(entries.col, entries.data * terms, minlength=X.shape[1]), 0)


def variable_genes(X: Any, n: int) -> np.ndarray:
    """The numbers of the ``n`` genes of largest deviance, in the order of the columns; silent genes never count."""
    values = deviances(sp.csr_array(X))
    order = np.argsort(-values, kind="stable")[:n]
    return np.sort(order[values[order] > 0])
