"""The words that every inner room shares: the statistics, the terms of a penalty, the evidence of a half step, and four
interfaces.

A loss turns a block of data into a small statistic; a solver turns a statistic into better rows of a factor; a
penalty knows one factor; only the data know where the rows lie. Factors are *tall*: ``W`` of shape (n_samples, k)
and ``Ht`` of shape (n_features, k), both C-ordered, so that the k numbers of a row lie together. ``A`` is the
factor being updated, ``B`` the fixed one.
"""

from partwise.interfaces.protocols import Block, Data, Loss, Penalty, Solver
from partwise.interfaces.statistics import (
    ROW_LOCAL,
    Array,
    Entries,
    Evidence,
    Fixed,
    Quadratic,
    RowQuadratic,
    Rows,
    Split,
)
from partwise.interfaces.terms import FACES, Terms

__all__ = [
    "FACES",
    "ROW_LOCAL",
    "Array",
    "Block",
    "Data",
    "Entries",
    "Evidence",
    "Fixed",
    "Loss",
    "Penalty",
    "Quadratic",
    "RowQuadratic",
    "Rows",
    "Solver",
    "Split",
    "Terms",
]
