"""A fitted model in words."""

from __future__ import annotations

from typing import Any

from partwise.engine.iterate import STOP_REASONS
from partwise.estimators.warn import undetermined
from partwise.interfaces import Quadratic, RowQuadratic
from partwise.solvers.row_hals import DIRECT_ABOVE

LOSSES = {2.0: "Frobenius", 1.0: "Kullback-Leibler", 0.0: "Itakura-Saito"}


def describe(model: Any) -> str:
    """Sizes, quality, the reason to stop, how to read the factors, and warnings, a sentence or two each."""
    from sklearn.utils.validation import check_is_fitted

    check_is_fitted(model)
    k, p = model.components_.shape
    beta = model._beta_loss
    loss = LOSSES.get(beta, f"beta = {beta:g}")
    solver = getattr(model, "_chosen", model.solver)
    lines = [
        f"{type(model).__name__}: {k} component{'s' if k > 1 else ''} of {p} features, {loss} loss, solver {solver}.",
        f"Fit: W H explains {model.explained_variance_:.1%} of the squares of X; error "
        f"{model.reconstruction_err_:.6g}.",
        f"Stop: {model.stop_reason_} after {model.n_iter_} iterations ({STOP_REASONS[model.stop_reason_]}); "
        f"KKT residual {model.kkt_:.1e}, tol {model.tol:g}.",
        "Read: row i of W says how much of each component is in sample i; row q of components_ (H) says what component "
        "q is made of; their product is the model of X.",
    ]
    for name in ("penalty_W", "penalty_H"):
        if getattr(model, name, None) is not None:
            lines.insert(1, f"{name}: {getattr(model, name)}.")
    return "\n".join(lines + attention(model))


def machinery(data: Any, solver: Any, k: int) -> str:
    """How a solver deals with cells that do not all count the same, and why; ``data`` are weighted."""
    cells = data.shape[0] * data.shape[1]
    if solver.needs is Quadratic:
        way = "cells that count less are filled in with W H, so that all rows share a Gram matrix, as the solver needs"
    elif solver.needs is RowQuadratic:
        few = f"{len(data.excess[-1]):,} cells " + (
            "that are missing or weigh otherwise" if data.common else "that count"
        )
        formed = (
            "formed for a few rows at a time" if k < DIRECT_ABOVE[data.dtype] else "never formed, because k is large"
        )
        way = f"each row has a Gram matrix of its own, from the {few}, which are fewer; {formed}"
    else:
        way = "every cell's share of the statistic is weighted"
    return f"solver {solver.name} on {cells:,} cells, stored {'sparsely' if data.sparse else 'densely'}: {way}."


def attention(model: Any) -> list[str]:
    """What a careful reader should know before using the result."""
    notes = []
    if not model.converged_:
        notes.append("Note: the fit has not converged; raise max_iter (or max_time), or loosen tol.")
    if len(model.dead_components_):
        notes.append(f"Note: components {model.dead_components_.tolist()} are zero; fewer components would do.")
    found = getattr(model, "_apart", None)
    if found:
        notes.append(f"Note: {undetermined(*found)}.")
    bound = getattr(model, "lower_bound_", None)
    if bound is not None and model._beta_loss == 2:
        notes.append(f"Certificate: no matrix of rank {len(model.components_)} has an error below {bound:.6g}.")
    return notes
