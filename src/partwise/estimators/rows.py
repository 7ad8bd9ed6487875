"""Rows of W for components that stay: what `transform`, `score` and `impute` do, and a fit with sample weights."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np

from partwise.engine.rows import RowSolve, row_solver
from partwise.engine.step import aligned
from partwise.errors import IncompatibleError
from partwise.estimators.known import Known, check_limits
from partwise.estimators.prepared import prepare, prepared
from partwise.estimators.resolve import penalty_W_of
from partwise.estimators.weights import Cells
from partwise.interfaces import Array
from partwise.kernels import pool
from partwise.losses import as_beta
from partwise.penalties import for_new_rows, total

logger = logging.getLogger("partwise")


def solve(model: Any, cells: Cells, given: Array | None = None, fixed_W: Any = None) -> Array:
    """Rows of W for the components, or the ``given`` ones, each from a start that depends on the row alone."""
    check_solvable(model)
    beta, X = as_beta(model.beta_loss), cells.X
    with pool.session(model.n_jobs) as threads:
        for_these = cells.loss(beta), X.dtype, threads
        fixed, half = prepared(model, *for_these) if given is None else prepare(given, *for_these)
        data, outer = cells.data(beta, threads)
        exponent = 2 * outer.half - half  # W H = X: with X in units of 4^a and H of 2^b, W comes in 4^a / 2^b
        W = np.zeros((X.shape[0], fixed.B.shape[1]), X.dtype)
        known = Known.of(X.shape, W.shape[1], X.dtype, W=fixed_W)
        penalty = total([for_new_rows(penalty_W_of(model, X.shape[1])), *known.boxes()[0]])
        check_limits(penalty, "W")
        penalty = penalty.in_units(exponent, -2 * outer.half * beta - outer.weight)
        loss = cells.loss(beta).on(data)
        fn = RowSolve(loss, row_solver(loss, penalty), fixed, warm=False)
        left = data.sweep(fn, aligned(W, penalty), collect=False).unsolved
    if left:
        logger.info("%d of %d rows stopped short of the tolerance of transform.", left, len(W))
    W = np.ldexp(W, exponent) if exponent else W
    known.restore(W, fixed.B)
    return W


def check_solvable(model: Any) -> None:
    """Raise IncompatibleError if the components may have negative entries."""
    if getattr(model.solver, "signed", False):
        raise IncompatibleError(
            "SGD(signed=True) gives components with negative entries, but transform, score and impute solve rows "
            ">= 0, which would not be those of the model. Multiply the W of fit_transform by components_, "
            "or fit with signed=False."
        )
