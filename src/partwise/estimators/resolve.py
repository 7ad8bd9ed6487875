"""What the parameters of an estimator stand for: its solver and its penalties as objects."""

from __future__ import annotations

from typing import Any

from partwise.engine.problem import Problem, auto, solver_of
from partwise.errors import IncompatibleError
from partwise.losses import Beta, as_beta
from partwise.penalties import BY_NAME, Elastic, Sum, total
from partwise.penalties.base import BasePenalty


def penalties_of(model: Any, shape: tuple[float, int] = (1, 1)) -> tuple[Any, Any]:
    """The penalties of W and H: alpha and l1_ratio, scaled as scikit-learn does, and the given objects.

    For data of ``shape``; without it their kind is right, but not their numbers.
    """
    n_samples, n_features = shape
    alpha_H = model.alpha_W if isinstance(model.alpha_H, str) else model.alpha_H
    return penalty_W_of(model, n_features), combined(model, n_samples * alpha_H, "penalty_H")


def penalty_W_of(model: Any, n_features: int) -> Any:
    """The penalty of W alone."""
    return combined(model, n_features * model.alpha_W, "penalty_W")


def combined(model: Any, weight: float, name: str) -> Any:
    """One penalty for the weight, split by l1_ratio, and the given objects."""
    elastic = Elastic(weight * model.l1_ratio, weight * (1 - model.l1_ratio))
    return total([elastic, *listed(getattr(model, name, None))])


def listed(penalty: Any) -> list[Any]:
    """None, a penalty or several as a list."""
    parts = list(penalty) if isinstance(penalty, list | tuple) else [] if penalty is None else [penalty]
    for part in parts:
        if not isinstance(part, BasePenalty | Sum):
            raise IncompatibleError(
                f"penalty_W and penalty_H take penalties such as {', '.join(list(BY_NAME)[1:4])}, or a list of them, "
                f"not {part!r}. Build them with partwise.penalties, as in penalty_H=L1(0.1)."
            )
    return parts


def foreseen(model: Any) -> Any:
    """The solver as far as parameters tell; refuses pairs that cannot work, before data are read."""
    beta = as_beta(model.beta_loss)
    return solver_for(model, Beta(beta), solver_name(model, beta))


def solver_name(model: Any, beta: float, sparse: bool = True) -> Any:
    """What ``solver="auto"`` means for a loss and for sparse or dense data; any other solver as it is."""
    if model.solver != "auto":
        return model.solver
    return "mu" if model.normalize else auto(Beta(beta), sparse, Sum(penalties_of(model)))


def solver_for(model: Any, loss: Any, name: Any, sweeps: int = 3) -> Any:
    """The solver of that name; refuses pairs that cannot work."""
    solver = solver_of(name, loss, sweeps, getattr(model, "normalize", None))
    Problem(loss, solver, solver, *penalties_of(model)).check()
    return solver
