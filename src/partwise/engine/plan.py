"""How an iteration reads the data."""

from __future__ import annotations

from partwise.engine.problem import Problem
from partwise.interfaces import Data, Rows


def needs_columns(problem: Problem, data: Data) -> bool:
    """Whether H is updated from a second reading of X, by columns, instead of from the reading that updates W.

    When the solver couples the rows of W, or works on the data themselves; and for sparse X where only its stored
    entries are read (beta = 1 and 2): to gather along columns is twice as fast as to scatter along rows into float64,
    needs no buffer for the columns, and costs one copy of X. Dense X, and losses that form Y anyway, are read once.
    """
    coupled, direct = not problem.solver_W.separable, problem.solver_H.needs is Rows
    return coupled or direct or (data.sparse and problem.loss.beta in (1, 2))
