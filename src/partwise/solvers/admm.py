"""The alternating direction method on a `Quadratic`, for penalties that are a proximal step: the solver ``"admm"``."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve

from partwise.interfaces import Array, Evidence, Quadratic
from partwise.solvers.descent import Descent


@dataclass(frozen=True)
class AOADMM:
    """``steps`` times ``Z = (cross + rho (A + U)) (gram + rho I)^-1``, ``A = P(Z - U)``, ``U += A - Z``.

    rho = tr(gram) / k. P is the proximal step of the penalty, or the bounds. The dual starts at ``(A gram - cross) /
    rho``, where it stands still at a solution, so nothing is remembered between half steps. Of the points met, each row
    keeps the best (the whole factor where P couples rows), hence monotone; what is returned is a result of P, so the
    constraint holds exactly. One Cholesky factor, then O(m k^2) a step and the cost of P; an ill-conditioned gram hurts
    it less than ``pg``.

    References
    ----------
    Huang, Sidiropoulos & Liavas (2016), doi:10.1109/TSP.2016.2576427

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.penalties import Simplex
    >>> A, stats = np.zeros((1, 2)), Quadratic(np.eye(2), np.array([[3.0, -1.0]]))
    >>> _ = AOADMM().update(A, stats, Simplex(), size=A.mean(0))
    >>> A.tolist()
    [[1.0, 0.0]]
    """

    steps: int = 10

    name = "admm"
    needs = Quadratic
    faces = frozenset({"linear", "pull", "rows", "ridge", "ridges", "gram", "bounds", "prox"})
    monotone = True
    separable = True
    accelerable = True
    growing = False
    opening = 0

    def update(self, A: Array, stats: Quadratic, penalty, size: Array) -> Evidence:
        """Overwrite the rows ``A``; see the class."""
        best = Descent.of(A, stats, penalty)
        start, gram, k = best.point, best.gram.astype(np.float64), len(best.gram)
        best.step()
        rho = max(np.trace(gram) / max(k, 1), float(np.finfo(A.dtype).tiny))
        system = cho_factor(gram + (rho + shift(gram)) * np.eye(k))
        primal, dual = start, (start @ gram - best.cross) / rho
        for _ in range(self.steps):
            smooth = cho_solve(system, (best.cross + rho * (primal + dual)).T).T
            primal = best.prox((smooth - dual).astype(A.dtype), 1 / rho)
            dual = dual + primal - smooth
            best.offer(primal)
        A[...] = best.point
        return Evidence.of(best.lipschitz * (start - best.plain_step), stats.cross, A)


def shift(gram: Array) -> float:
    """What makes an indefinite gram (as of decorrelation) positive: minus its least eigenvalue, if below 0."""
    return max(0.0, -float(np.linalg.eigvalsh(gram)[0])) if len(gram) else 0.0
