"""How an iteration reads the data, from sizes alone."""

from __future__ import annotations

from partwise.data.grid import SPARSE_BLOCK_STORED
from partwise.engine.problem import Problem
from partwise.interfaces import Data

ENTRIES_PER_COLUMN = 16
"""Below this many stored entries a column, a buffer for every column costs as much as the entries themselves."""


def needs_columns(problem: Problem, data: Data) -> bool:
    """Whether H is updated from a second reading of X, by columns, instead of from the reading that updates W.

    Always when the solver couples the rows of W. For sparse X also when its columns are so empty that the buffers for
    the columns, one per lane, would outweigh the data: then a copy of X by columns (as large as X) is made once, and
    both halves run on all threads.
    """
    if not problem.solver_W.separable:
        return True
    sparse = hasattr(data, "arrays")
    large = data.stored > 2 * SPARSE_BLOCK_STORED
    return sparse and large and problem.loss.beta in (1, 2) and data.stored < ENTRIES_PER_COLUMN * data.shape[1]
