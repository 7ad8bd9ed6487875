"""A problem is a loss, a solver and a penalty per factor; the pairing rule says which may stand together.

The rule is applied before any data are read. It writes the error message, makes the choice of ``solver="auto"`` and
generates the grid of the tests.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from partwise.errors import IncompatibleError
from partwise.interfaces import FACES, Data, Entries, Quadratic, RowQuadratic, Rows
from partwise.penalties.sums import FREE, parts_of
from partwise.solvers import AOADMM, BPP, HALS, MU, MUE, PG, SCD, SGD, LeeSeung, RowBPP, RowHALS

SOLVERS = ("cd", "mu", "mue", "bpp", "scd", "pg", "admm")
"""Those that take half steps, by name."""

ALL_SOLVERS = (*SOLVERS, "sgd")


@dataclass(frozen=True)
class Problem:
    """What is minimised, and by whom: ``loss(X | W H) + penalty_W(W) + penalty_H(H)``.

    Attributes
    ----------
    loss : Beta
    solver_W, solver_H : Solver
        Usually equal.
    penalty_W, penalty_H : Penalty
    """

    loss: Any
    solver_W: Any
    solver_H: Any
    penalty_W: Any = FREE
    penalty_H: Any = FREE

    def sides(self) -> tuple[tuple[Any, Any], tuple[Any, Any]]:
        """(solver, penalty) of W and of H."""
        return (self.solver_W, self.penalty_W), (self.solver_H, self.penalty_H)

    def check(self) -> None:
        """Raise IncompatibleError unless every side fits: see `gap`."""
        for solver, penalty in self.sides():
            found = gap(self.loss, solver, penalty)
            if found:
                raise IncompatibleError(found)

    def transposed(self) -> Problem:
        """The same problem on X', whose W is the tall H."""
        return Problem(self.loss, self.solver_H, self.solver_W, self.penalty_H, self.penalty_W)

    def at(self, n_iter: int) -> Problem:
        """The problem as iteration ``n_iter`` works on it: a solver may leave the first iterations to another."""
        if n_iter >= max(self.solver_W.opening, self.solver_H.opening):
            return self
        return replace(self, solver_W=MU(self.loss.exponent), solver_H=MU(self.loss.exponent))

    @property
    def accelerable(self) -> bool:
        """Whether extrapolation between iterations is known to pay: both solvers say so."""
        filled = self.loss.weighted and self.solver_H.needs is Quadratic  # its objective is not that of the cells
        return self.solver_W.accelerable and self.solver_H.accelerable and not filled

    @property
    def coupled(self) -> bool:
        """Whether the rows of W cannot be finished block by block."""
        return self.penalty_W.whole or not self.solver_W.separable

    @property
    def sequential(self) -> bool:
        """Whether an iteration visits the cells one by one: see `partwise.engine.sequential`."""
        return self.solver_W.needs is Entries

    @property
    def constrained(self) -> bool:
        """Whether a factor must stay in a set that is not a box, so that nobody but its solver may touch it."""
        return "prox" in self.penalty_W.faces | self.penalty_H.faces

    @property
    def growing(self) -> bool:
        """Whether iterations start ahead where a factor grows. Not for beta = 2, whose solvers are better anyway."""
        return self.solver_W.growing and self.solver_H.growing and self.loss.beta != 2

    @property
    def scale_free(self) -> bool:
        """Whether a component of W may be multiplied by any number that that of H is divided by."""
        return not (self.penalty_W.faces | self.penalty_H.faces) and not self.coupled

    @property
    def symmetric(self) -> bool:
        """Whether no penalty tells the components apart, so that they may change places."""
        return self.penalty_W.symmetric and self.penalty_H.symmetric

    @property
    def monotone(self) -> bool:
        """Whether no iteration may raise the objective."""
        return self.solver_W.monotone and self.solver_H.monotone


def fits(loss: Any, solver: Any, penalty: Any) -> bool:
    """The pairing rule: the loss gives what the solver needs, which understands every part of the penalty."""
    return solver.needs in loss.offers and penalty.faces <= solver.faces


def gap(loss: Any, solver: Any, penalty: Any) -> str:
    """What keeps a loss, a solver and a penalty apart, in words; empty if nothing does."""
    if solver.needs not in loss.offers:
        return (
            f"Invalid beta_loss parameter: solver {solver.name!r} does not handle beta_loss = {loss.beta}: it needs "
            f"the statistic {solver.needs.__name__}, which this loss does not give. Use solver='mu' or solver='auto'."
        )
    for part in parts_of(penalty):
        missing = part.faces - solver.faces
        if missing:
            words = " and ".join(FACES[face] for face in FACES if face in missing)
            name, limit = type(part).__name__, "" if solver.faces else ", which understands no penalty"
            return (
                f"{name} needs {words}, which is more than {type(solver).__name__} (solver={solver.name!r}) can do"
                f"{limit}. Set alpha_W=0 and alpha_H=0, leave {name} out, or use {ways(loss, penalty)}."
            )
    return ""


def ways(loss: Any, penalty: Any) -> str:
    """The solvers that go with a loss and a penalty, in words."""
    names = [name for name in SOLVERS if fits(loss, solver_of(name, loss), penalty)]
    return f"solver={' or '.join(map(repr, names))}" if names else "another loss"


def auto(loss: Any, sparse: bool = True, penalty: Any = FREE) -> str:
    """The solver of ``solver="auto"``: coordinate descent where loss and penalty allow it, else multiplicative.

    "cd" for beta = 2, "scd" for beta = 1 and sparse X (docs/adr/0006), "mue" for the others; "pg" where the penalty
    is a proximal step.
    """
    squares = {Quadratic, RowQuadratic} & loss.offers
    preferred = "cd" if squares else "scd" if Rows in loss.offers and sparse else "mue"
    names = (preferred, "pg", "mue")
    return next(
        (name for name in names if name in SOLVERS and not gap(loss, solver_of(name, loss), penalty)), preferred
    )


def solver_of(name: Any, loss: Any, sweeps: int = 3, normalize: str | None = None) -> Any:
    """The solver object of a name.

    Parameters
    ----------
    name : {"auto", "cd", "mu", "mue", "bpp", "scd", "pg", "admm", "sgd"} or a solver
        A solver is returned as it is.
    loss : Beta
        Gives ``mu`` its exponent.
    sweeps : int
        Inner sweeps of ``cd`` where rows share a Gram matrix.
    normalize : {None, "W"}
        "W" asks for the Lee-Seung 1999 form.
    """
    if isinstance(name, str) and name not in (*ALL_SOLVERS, "auto"):
        raise IncompatibleError(f"solver={name!r} is unknown. Solvers: {', '.join(('auto', *ALL_SOLVERS))}.")
    if normalize is not None:
        return lee_seung("mu" if name == "auto" else name, loss, normalize)
    if not isinstance(name, str):
        return name
    name = auto(loss) if name == "auto" else name
    own_grams = RowQuadratic in loss.offers
    return {
        "cd": RowHALS() if own_grams else HALS(sweeps),
        "mu": MU(loss.exponent),
        "mue": MUE(loss.exponent),
        "bpp": RowBPP() if own_grams else BPP(),
        "scd": SCD(),
        "pg": PG(),
        "admm": AOADMM(),
        "sgd": SGD(),
    }[name]


def lee_seung(name: Any, loss: Any, normalize: str) -> LeeSeung:
    """The 1999 form, which exists for one pair only."""
    if normalize != "W":
        raise IncompatibleError(f"normalize={normalize!r} must be None or 'W'.")
    if name != "mu" or loss.beta != 1:
        raise IncompatibleError(
            "normalize='W' is the form of Lee and Seung (1999) and needs solver='mu' with "
            "beta_loss='kullback-leibler', "
            f"not solver={name!r} with beta_loss={loss.beta}. Leave normalize=None, or change those two."
        )
    return LeeSeung()


def inner_sweeps(data: Data, k: int) -> int:
    """Coordinate sweeps per reading of X, 1 to 3: as many as cost about as much as the reading itself.

    A row's cross product costs nonzeros / n * k, a sweep k^2 (Gillis & Glineur 2012). Over-solving a very sparse row
    early does not pay. The same for dense and sparse storage, so that both give the same factors.
    """
    n = max(1, data.shape[0])
    return int(min(3, max(1, round(data.nonzeros / n / max(1, k)))))
