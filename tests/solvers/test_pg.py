"""Projected gradient and the alternating direction method against the optimality conditions of what they solve."""

import numpy as np
import pytest

from partwise.interfaces import Quadratic, Terms
from partwise.penalties import L1, Elastic, Simplex, Sum, UnitNorm
from partwise.solvers import AOADMM, HALS, PG
from partwise.solvers.pg import Descent

both = pytest.mark.parametrize("solver", [PG(steps=400), AOADMM(steps=400)], ids=["pg", "admm"])


def system(seed, m=20, k=5):
    rng = np.random.default_rng(seed)
    B = rng.random((30, k)) + 0.1
    return Quadratic(B.T @ B, rng.random((m, 30)) @ B), rng.random((m, k))


@both
@pytest.mark.parametrize("penalty", [Elastic(), Elastic(0.5, 0.3), L1([0.1, 0.5, 0.0, 1.0, 2.0])], ids=repr)
def test_without_a_set_the_rows_are_those_of_least_squares(solver, penalty):
    stats, A = system(0)
    expected = A.copy()
    assert HALS().solve(expected, stats, penalty).all()
    solver.update(A, stats, penalty, A.mean(axis=0))
    np.testing.assert_allclose(A, expected, rtol=1e-6, atol=1e-7)


@both
@pytest.mark.parametrize("seed", range(3))
def test_on_the_simplex_the_gradient_is_one_number_where_a_row_is_positive_and_larger_elsewhere(solver, seed):
    stats, A = system(seed)
    penalty = Sum((Simplex(), L1([0.1, 0.5, 0.0, 1.0, 2.0])))
    solver.update(A, stats, penalty, A.mean(axis=0))
    gradient = stats.gradient(A) + penalty.terms().linear
    scale = np.abs(stats.cross).max()
    for row, slope in zip(A, gradient, strict=True):
        level = slope[row > 1e-6]
        assert np.ptp(level) < 1e-5 * scale
        assert slope.min() > level.min() - 1e-5 * scale


@both
def test_bounds_are_kept_exactly_and_met_where_the_gradient_says_so(solver):
    stats, A = system(1)
    terms = Terms(lower=np.full(5, 0.05), upper=np.linspace(0.1, 0.6, 20)[:, None])
    solver.update(A, stats, terms, A.mean(axis=0))
    assert (A >= 0.05).all() and (terms.upper >= A).all()
    gradient = stats.gradient(A)
    inner = (A > 0.05 + 1e-9) & (terms.upper - 1e-9 > A)
    scale = 1e-5 * np.abs(stats.cross).max()
    assert np.abs(gradient[inner]).max(initial=0) < scale
    assert gradient[A <= 0.05].min(initial=0) > -scale
    assert gradient[terms.upper - A <= 0].max(initial=0) < scale


@pytest.mark.parametrize("penalty", [Simplex(), UnitNorm(), UnitNorm(each="row")], ids=repr)
def test_no_step_raises_the_quadratic(penalty):
    stats, A = system(2)
    descent = Descent.of(A, stats, penalty)
    heights = [descent.height.sum()]
    for _ in range(50):
        descent.step()
        heights.append(descent.height.sum())
    assert np.all(np.diff(heights) <= 1e-13 * np.abs(heights[0]))
    assert heights[-1] < heights[0]


@pytest.mark.parametrize("solver", [PG(), AOADMM()], ids=["pg", "admm"])
@pytest.mark.parametrize(
    "gram", [np.zeros((3, 3)), np.ones((3, 3)), np.diag([1.0, 0.0, 1e-300])], ids=["0", "1", "dead"]
)
def test_degenerate_systems_stay_finite_and_feasible(solver, gram):
    A = np.random.default_rng(0).random((4, 3))
    solver.update(A, Quadratic(gram, np.zeros((4, 3))), Simplex(), A.mean(axis=0))
    np.testing.assert_allclose(A.sum(axis=1), 1, rtol=1e-12)
    assert A.min() >= 0
