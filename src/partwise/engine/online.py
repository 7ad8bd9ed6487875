"""One batch at a time: forgotten statistics, so that a stream needs constant memory."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.engine.objective import divergence, penalties
from partwise.engine.problem import Problem
from partwise.engine.rows import solve_rows
from partwise.engine.step import half_step, update_columns
from partwise.interfaces import Array, Data, Quadratic


@dataclass
class RunningRatio:
    """The decayed sums from which ``mu`` computes H: ``H = (numerator / denominator) ^ exponent``.

    The numerators of different batches belong to different H, hence ``H^(1 / exponent) * neg`` is summed, as in
    Lefevre, Bach & Fevotte (2011), doi:10.1109/ASPAA.2011.6082314. They start as if one batch before the first had
    found nothing to change: a memory of the start without a unit of its own, which keeps alive what the first batches
    do not show.

    Attributes
    ----------
    numerator, denominator : ndarray of shape (n_features, k), float64
    """

    numerator: Array
    denominator: Array

    @classmethod
    def empty(cls, p: int, k: int) -> RunningRatio:
        """No batch seen."""
        return cls(np.zeros((p, k)), np.zeros((p, k)))

    def add(self, problem: Problem, data: Data, stats: Any, Ht: Array, rho: float) -> float:
        """Forget by ``rho``, add one batch, and overwrite ``Ht``; returns the share of the batch in the sums."""
        exponent = problem.solver_H.exponent
        rooted, denominator = self.parts(problem, stats, Ht)
        if not self.denominator.any():
            self.denominator += denominator
            self.numerator += rooted * denominator
        self.numerator *= rho
        self.numerator += rooted * stats.neg
        self.denominator *= rho
        self.denominator += denominator
        ratio = np.divide(self.numerator, self.denominator, out=rooted.copy(), where=self.denominator > 0)
        Ht[...] = ratio if exponent == 1 else ratio**exponent
        whole = float(self.denominator.sum())
        share = np.broadcast_to(denominator, self.denominator.shape).sum() / whole if whole > 0 else 1.0
        return float(share)

    def restart(self, problem: Problem, data: Data, stats: Any, Ht: Array) -> None:
        """Forget everything but one batch, here the whole matrix."""
        rooted, self.denominator[...] = self.parts(problem, stats, Ht)
        self.numerator[...] = rooted * stats.neg

    def parts(self, problem: Problem, stats: Any, Ht: Array) -> tuple[Array, Array]:
        """``H^(1 / exponent)`` and the denominator of one batch, penalties included."""
        terms = problem.penalty_H.terms()
        current = Ht.astype(np.float64)
        exponent = problem.solver_H.exponent
        denominator = stats.pos + terms.linear + terms.ridge * current
        return current if exponent == 1 else current ** (1 / exponent), denominator

    def reorder(self, order: Array) -> None:
        """Put the components in another order."""
        self.numerator, self.denominator = self.numerator[:, order], self.denominator[:, order]


@dataclass
class RunningQuadratic:
    """The decayed least squares statistic of H, on which ``cd`` makes its sweeps: Mairal, Bach, Ponce & Sapiro (2010).

    ``gram = sum W_b' W_b`` and ``cross = sum X_b' W_b`` do not depend on the H that they were taken with, so they age
    only as the rows of W do. They start, too, as if one batch had found nothing to change.

    Attributes
    ----------
    gram : ndarray of shape (k, k), float64
    cross : ndarray of shape (n_features, k), float64
    rows : ndarray of shape (1,)
        Samples in the sums, decayed like them: the penalty of H grows with it.

    References
    ----------
    Mairal et al. (2010), https://www.jmlr.org/papers/v11/mairal10a.html
    """

    gram: Array
    cross: Array
    rows: Array

    @classmethod
    def empty(cls, p: int, k: int) -> RunningQuadratic:
        """No batch seen."""
        return cls(np.zeros((k, k)), np.zeros((p, k)), np.zeros(1))

    def add(self, problem: Problem, data: Data, stats: Quadratic, Ht: Array, rho: float) -> float:
        """Forget by ``rho``, add one batch, and overwrite ``Ht``; returns the share of the batch in the sums."""
        batch = max(1, data.shape[0])
        if not self.rows[0]:
            for total, part in ((self.gram, stats.gram), (self.cross, Ht @ stats.gram), (self.rows, batch)):
                total += part
        for total, part in ((self.gram, stats.gram), (self.cross, stats.cross), (self.rows, batch)):
            total *= rho
            total += part
        penalty = problem.penalty_H.in_units(0, float(np.log2(self.rows[0] / batch)))
        update_columns(problem.solver_H, penalty, Quadratic(self.gram, self.cross), Ht, data.threads)
        return batch / float(self.rows[0])

    def restart(self, problem: Problem, data: Data, stats: Quadratic, Ht: Array) -> None:
        """Forget everything but one batch, here the whole matrix."""
        self.gram[...], self.cross[...], self.rows[...] = stats.gram, stats.cross, max(1, data.shape[0])

    def reorder(self, order: Array) -> None:
        """Put the components in another order."""
        self.gram, self.cross = self.gram[np.ix_(order, order)], self.cross[:, order]


Running = RunningRatio | RunningQuadratic


def batch_step(problem: Problem, data: Data, W: Array | None, Ht: Array, running: Running, rho: float) -> tuple:
    """Update the rows of one batch (solve them anew if ``W`` is None), then ``Ht`` in place.

    Returns
    -------
    cost : float
        Loss and penalties per sample, with the new rows and the old H.
    share : float
        Weight of the batch in the running sums.
    """
    if W is None:
        W = np.zeros((data.shape[0], Ht.shape[1]), data.dtype)
        inner = solve_rows(problem, data, W, Ht).inner
    else:
        half_step(problem.loss, problem.solver_W, problem.penalty_W, data, W, problem.loss.fix(Ht))
        inner = None
    cost = divergence(problem.loss, data, W, Ht, inner) + penalties(problem, W, Ht)
    share = running.add(problem, data, batch_statistic(problem, data, W, Ht), Ht, rho)
    return cost / max(1, len(W)), share


def batch_statistic(problem: Problem, data: Data, W: Array, Ht: Array) -> Any:
    """What a batch with finished rows says about H."""
    kind, loss = problem.solver_H.needs, problem.loss

    def add(X: Any, A: Array, total: Any) -> Any:
        total = loss.empty(kind, *Ht.shape) if total is None else total
        loss.add_columns(total, X, A, Ht)
        return total

    return loss.columns(kind, data.sweep(add, W), Ht)


@dataclass
class Smoothed:
    """The exponentially weighted batch cost, how long it has not fallen, and how long H has stood still.

    Parameters
    ----------
    tol : float
        H stands still when its relative change, divided by the share of the batch in the running sums (which is what
        damps it), is at most ``tol`` for a whole reading of the matrix.
    patience : int or None
        Steps without a new minimum of the cost.
    reading : int
        Batches in the matrix.
    """

    tol: float
    patience: int | None
    reading: int = 1
    cost: float | None = None
    least: float = np.inf
    waited: int = 0
    still: int = 0

    def done(self, cost: float, weight: float, change: float) -> bool:
        """Whether H has stood still or the cost has stopped falling."""
        self.cost = cost if self.cost is None else (1 - weight) * self.cost + weight * cost
        self.still = self.still + 1 if change <= self.tol else 0
        if self.tol > 0 and self.still >= max(2, self.reading):
            return True
        self.waited = 0 if self.cost < self.least else self.waited + 1
        self.least = min(self.least, self.cost)
        return self.patience is not None and self.waited >= self.patience
