"""What a fit minimises, and by whom: the parameters of `NMF` and what is known, posed for given data."""

from __future__ import annotations

import logging
from typing import Any

from partwise.engine.problem import Problem, inner_sweeps
from partwise.engine.units import Units
from partwise.estimators.known import Known, check_limits
from partwise.estimators.resolve import penalties_of, solver_for
from partwise.estimators.shares import Shares
from partwise.estimators.warn import warn_one_sided, warn_scarce
from partwise.estimators.weights import Cells, scarce
from partwise.estimators.words import machinery
from partwise.interfaces import Data
from partwise.penalties import total

logger = logging.getLogger("partwise")


def posed(model: Any, cells: Cells, data: Data, units: Units, known: Known, shares: Shares | None) -> Problem:
    """The problem in the units of the fit; refuses what does not go together."""
    k = model._n_components
    loss = cells.loss(model._beta_loss).on(data)
    solver = solver_for(model, loss, model._chosen, inner_sweeps(data, k))
    penalties = checked_penalties(model, cells, shares)
    held = getattr(solver, "regularisation", 0) > 0
    needed = [0 if held or "ridge" in penalty.faces else k for penalty in penalties]
    warn_scarce(scarce(cells, needed[0], axis=1), scarce(cells, needed[1], axis=0), k)
    W, H = (total([one, *boxes]) for one, boxes in zip(penalties, known.boxes(), strict=True))
    check_limits(W, "W")
    check_limits(H, "H")
    W = W if shares is None else shares.penalty(W)
    problem = Problem(loss, solver, solver, units.penalty(W, loss.beta), units.of_H().penalty(H, loss.beta))
    problem.check()
    if data.weighted:
        logger.info(machinery(data, solver, k))
    return problem


def checked_penalties(model: Any, cells: Cells, shares: Shares | None) -> tuple[Any, Any]:
    """The penalties of W and H for these data, in the user's units."""
    n, p = cells.X.shape
    rows, samples = (n, n) if shares is None else (len(shares.weights), shares.total)
    W, H = penalties_of(model, (samples, p))
    W.check((rows, model._n_components), "W")
    H.check((p, model._n_components), "H")
    warn_one_sided(W, H)
    return W, H
