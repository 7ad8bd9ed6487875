"""How an iteration reads the data, from sizes alone."""

from __future__ import annotations

from partwise.data.grid import SPARSE_BLOCK_STORED
from partwise.data.sparse import ENTRIES_PER_LANE
from partwise.engine.problem import Problem
from partwise.interfaces import Data


def needs_columns(problem: Problem, data: Data) -> bool:
    """Whether H is updated from a second reading of X, by columns, instead of from the reading that updates W.

    Always when the solver couples the rows of W. For sparse X also when its columns are so empty that they do not fill
    the buffers of two lanes, so that a single thread would have to collect them: then a copy of X by columns (as large
    as X) is made once, and both halves run on all threads.
    """
    if not problem.solver_W.separable:
        return True
    large = data.stored > 2 * SPARSE_BLOCK_STORED
    return data.sparse and large and problem.loss.beta in (1, 2) and data.stored < 2 * ENTRIES_PER_LANE * data.shape[1]
