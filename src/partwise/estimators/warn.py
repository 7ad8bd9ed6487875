"""What the estimators warn of: limits reached, penalties without effect, components that died."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import sklearn
from sklearn.exceptions import ConvergenceWarning

from partwise.errors import DataWarning, DeadComponentWarning

INSIDE = tuple(f"{folder}{os.sep}" for folder in (Path(__file__).parents[1], Path(sklearn.__file__).parent))


class NotConvergedWarning(ConvergenceWarning):
    """The fit stopped before its rule for convergence was met; the message gives what was reached.

    Examples
    --------
    >>> import warnings
    >>> import numpy as np
    >>> from partwise import NMF, NotConvergedWarning
    >>> with warnings.catch_warnings(record=True) as caught:
    ...     warnings.simplefilter("always")
    ...     _ = NMF(2, init="random", random_state=0, tol=1e-9, max_iter=2).fit(np.eye(5) + 0.1)
    >>> caught[0].category is NotConvergedWarning
    True
    """


def warn(message: str, category: type[Warning] = DataWarning) -> None:
    """Warn, and name the line outside partwise and scikit-learn that asked for it."""
    frame, level = sys._getframe(1), 2
    while frame.f_back and frame.f_code.co_filename.startswith(INSIDE):
        frame, level = frame.f_back, level + 1
    warnings.warn(message, category, stacklevel=level)


def warn_not_converged(max_iter: int, decrease: float, kkt: float, tol: float) -> None:
    """Say what was reached instead of convergence."""
    fell = "" if np.isnan(decrease) else f"the objective fell by {decrease:.1e} of itself per iteration and "
    warn(
        f"Maximum number of iterations {max_iter} reached. Increase it to improve convergence. At the stop {fell}the "
        f"KKT residual was {kkt:.1e} (tol={tol:g}).",
        NotConvergedWarning,
    )


def warn_non_finite(n_iter: int, rate: float | None = None) -> None:
    """Say that the factors are not to be used; ``rate`` is the learning rate, where there is one."""
    way_out = "lower alpha_W and alpha_H" if rate is None else f"lower the learning rate (it is {rate:g})"
    warn(
        f"A factor or the objective became infinite or nan in iteration {n_iter}: the numbers left the range of their "
        f"dtype. Start from factors whose product is near X, {way_out}, or use float64.",
        NotConvergedWarning,
    )


def warn_one_sided(W: Any, H: Any) -> None:
    """Say that an L1 penalty on one factor alone buys nothing (scikit-learn issue 30524)."""
    for one, other, names in ((W, H, "W, H"), (H, W, "H, W")):
        if one.faces == {"linear"} and not other.faces:
            first, second = names.split(", ")
            warn(
                f"The L1 penalty is on {first} only (alpha_{second}=0): scale then flows to {second} for free, and "
                f"nothing becomes sparser. Penalise both (alpha_H='same'), or hold {second} by an L2 or a UnitNorm.",
            )


def warn_scarce(rows: np.ndarray, columns: np.ndarray, k: int) -> None:
    """Name the rows and columns that their observed cells cannot determine."""
    for found, name, side in ((rows, "row", "W"), (columns, "column", "H")):
        if len(found):
            warn(
                f"{name}s with fewer observed cells than n_components={k}: {len(found)}, the first is {found[0]}. "
                f"The data do not determine their part of {side}: set alpha_{side} > 0, or take fewer components.",
            )


def warn_apart(found: tuple[int, int, int] | None) -> None:
    """Say which cells no observed cell says anything about."""
    if found:
        warn(
            f"{undetermined(*found)}: do not use the model there, or add observations that join the blocks.",
        )


def undetermined(blocks: int, between: int, cells: int) -> str:
    """That the observed cells fall apart, in words."""
    return (
        f"The observed cells form {blocks} blocks that share no row and no column. {between} of {cells} cells join two "
        "blocks; the data do not determine them, whatever the number of components and the penalties"
    )


def warn_dead(dead: list[int]) -> None:
    """Name the components that ended at zero although part of X is not explained."""
    if dead:
        warn(
            f"Components {dead} are zero and no restart of them lowered the objective: the data, or the penalties, "
            f"carry fewer parts. Use fewer components or smaller alpha_W and alpha_H.",
            DeadComponentWarning,
        )


def warn_unused(message: str) -> None:
    """A factor was given that the call does not use."""
    warn(message, RuntimeWarning)


def warn_many(k: int, shape: tuple[int, int]) -> None:
    """More components than the smaller side of X were asked for."""
    if k > min(shape):
        warn(
            f"n_components={k} is more than min(n_samples, n_features) = {min(shape)}; parts beyond that cannot "
            "be told apart."
        )


def warn_stuck(name: str, solver: Any) -> None:
    """The start has zeros that the solver does not leave; in scikit-learn's words."""
    if name == "nndsvd" and solver in ("mu", "mue"):
        warn(
            "The multiplicative update ('mu') solver cannot update zeros present in the initialization, and so "
            "leads to poorer results when used jointly with init='nndsvd'. You may try init='nndsvda' or "
            "init='nndsvdar' instead.",
            UserWarning,
        )
