"""What every penalty keeps by itself: units, rows, majorisers, projections, refusals."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp

from partwise.errors import IncompatibleError
from partwise.interfaces import FACES
from partwise.penalties import (
    ARD,
    BY_NAME,
    L1,
    L2,
    Box,
    Decorrelation,
    Elastic,
    Exclusive,
    Graph,
    Group,
    Hoyer,
    MinimumVolume,
    Simplex,
    Smooth,
    Sum,
    UnitNorm,
    for_new_rows,
    total,
)

ROWS, K = 12, 3
PATH = sp.coo_array((np.arange(1.0, ROWS), (np.arange(ROWS - 1), np.arange(1, ROWS))), shape=(ROWS, ROWS))

EXAMPLES = {
    "elastic": Elastic(0.3, 0.7),
    "l1": L1(0.3),
    "l1 by component": L1([0.3, 0.0, 2.0]),
    "l2": L2(0.7),
    "l2 by component": L2([0.7, 0.0, 2.0]),
    "mean": L2(0.7, mean=0.4),
    "mean by component": L2(0.7, mean=[0.4, 0.1, 0.0]),
    "mean by row": L2([0.7, 0.1, 0.2], mean=np.linspace(0, 1, ROWS)[:, None]),
    "mean by entry": L2(0.7, mean=np.linspace(0, 1, ROWS * K).reshape(ROWS, K)),
    "exclusive": Exclusive(0.3),
    "decorrelation": Decorrelation(0.3),
    "group": Group(0.3),
    "group by component": Group([0.3, 0.1, 1.0]),
    "smooth": Smooth(0.3),
    "smooth by component": Smooth([0.3, 0.0, 1.0]),
    "graph": Graph(0.3, PATH),
    "volume": MinimumVolume(0.3, delta=0.5),
    "ard": ARD(0.3, scale=0.2),
    "ard l2": ARD(0.3, scale=0.2, norm="l2"),
    "sum": Sum((L1(0.3), Smooth(0.4), Decorrelation(0.2))),
}
SETS = {
    "simplex": Simplex(),
    "simplex of components": Simplex(2.0, each="component"),
    "at most": Simplex(at_most=True),
    "unit norm": UnitNorm(),
    "unit norm of rows": UnitNorm(2.0, each="row"),
    "hoyer": Hoyer(0.6),
    "hoyer of rows": Hoyer(0.4, each="row"),
}
every_example = pytest.mark.parametrize("penalty", EXAMPLES.values(), ids=list(EXAMPLES))
every_set = pytest.mark.parametrize("constraint", SETS.values(), ids=list(SETS))
everyone = pytest.mark.parametrize("penalty", [*EXAMPLES.values(), *SETS.values()], ids=[*EXAMPLES, *SETS])


def factor(seed, rows=ROWS):
    return np.random.default_rng(seed).random((rows, K)) + 0.05


def model(terms, A):
    """The quadratic form that terms stand for, summed over rows."""
    gram = (np.zeros((K, K)) if terms.gram is None else terms.gram) + terms.ridge * np.eye(K)
    return float(np.sum(terms.linear * A) + np.sum((A @ gram) * A) / 2)


def test_every_penalty_has_an_example():
    """`Box` has its laws in tests/laws/test_bounds.py."""
    assert {type(penalty) for penalty in (*EXAMPLES.values(), *SETS.values())} == {*BY_NAME.values(), Sum} - {Box}


@every_example
@pytest.mark.parametrize("seed", range(5))
def test_the_terms_meet_the_penalty_at_the_factor_and_lie_above_it_elsewhere(penalty, seed):
    A, terms = factor(seed), penalty.at(factor(seed)).terms()
    for other in (A, factor(seed + 50), 3 * A, A * (factor(seed + 9) > 0.5), A + 1e-3 * factor(seed + 7)):
        above = penalty.value(A) + model(terms, other) - model(terms, A)
        assert above >= penalty.value(other) - 1e-12 * max(1.0, abs(above))


@every_example
def test_the_gradient_of_the_terms_is_that_of_finite_differences(penalty):
    A, h = factor(1), 1e-5
    terms = penalty.at(A).terms()
    gram = (np.zeros((K, K)) if terms.gram is None else terms.gram) + terms.ridge * np.eye(K)
    gradient = A @ gram + terms.linear
    for i, q in ((0, 0), (5, 1), (11, 2)):
        step = np.zeros_like(A)
        step[i, q] = h
        slope = (penalty.value(A + step) - penalty.value(A - step)) / (2 * h)
        assert gradient[i, q] == pytest.approx(slope, rel=1e-6, abs=1e-8)


@every_example
@pytest.mark.parametrize("units", [(3, 0), (0, -4), (-2, 5), (0.5, 1)])
def test_a_penalty_in_other_units_is_the_same_penalty(penalty, units):
    inside, A = penalty.in_units(*units), factor(2)
    assert inside.value(A) == pytest.approx(2 ** units[1] * penalty.value(2 ** units[0] * A), rel=1e-12)


@every_set
def test_a_set_in_other_units_is_the_same_set(constraint):
    A = factor(3)
    inside = constraint.in_units(3, -5)
    np.testing.assert_allclose(8 * inside.prox(A / 8, 1.0), constraint.prox(A, 1.0), rtol=1e-13)


@every_example
def test_the_terms_of_some_rows_are_rows_of_the_terms(penalty):
    A = factor(4)
    local = penalty.at(A)
    part = local.rows(3, 7).terms()
    whole = np.broadcast_to(local.terms().linear, A.shape)[3:7]
    np.testing.assert_array_equal(np.broadcast_to(part.linear, (4, K)), whole)


@everyone
def test_faces_are_words_of_the_list_and_cover_the_terms(penalty):
    assert penalty.faces <= set(FACES)
    assert penalty.at(factor(0)).terms().faces <= penalty.faces


@everyone
def test_copies_and_pickles_are_equal(penalty):
    for other in (copy.deepcopy(penalty), pickle.loads(pickle.dumps(penalty))):
        assert other == penalty


@everyone
def test_a_penalty_knows_whether_the_order_of_the_components_matters(penalty):
    A, order = factor(5), [2, 0, 1]
    if "prox" in penalty.faces:
        same = np.allclose(penalty.prox(A, 1.0)[:, order], penalty.prox(A[:, order], 1.0), rtol=1e-12)
    else:
        same = penalty.value(A[:, order]) == pytest.approx(penalty.value(A), rel=1e-12)
    assert same == penalty.symmetric


@everyone
def test_what_transfers_to_new_rows_is_what_sees_each_row_alone(penalty):
    A = factor(6)
    left = for_new_rows(penalty)
    if penalty.transfers:
        assert left == total([penalty])
        for i in (0, 7):  # a row alone has the terms, or the projection, that it has among the others
            one, all_rows = penalty.at(A[i : i + 1]), penalty.at(A)
            if "prox" in penalty.faces:
                np.testing.assert_array_equal(one.prox(A[i : i + 1], 1.0), all_rows.prox(A, 1.0)[i : i + 1])
            else:
                assert model(one.terms(), A[i : i + 1]) == model(all_rows.rows(i, i + 1).terms(), A[i : i + 1])
    else:
        assert left.transfers


# ---------------------------------------------------------------------- sets


def inside(constraint, A):
    """Whether every row, or component, is in the set, to 1e-12."""
    parts = A if constraint.each == "row" else A.T
    if (parts < 0).any():
        return False
    if isinstance(constraint, Simplex):
        sums = parts.sum(axis=1) - constraint.total
        return bool((sums <= 1e-12).all() if constraint.at_most else (np.abs(sums) <= 1e-12).all())
    norms = np.linalg.norm(parts, axis=1)
    if isinstance(constraint, UnitNorm):
        return bool((np.abs(norms - constraint.norm) <= 1e-12).all())
    n = parts.shape[1]
    sparseness = (np.sqrt(n) - parts.sum(axis=1)[norms > 0] / norms[norms > 0]) / (np.sqrt(n) - 1)
    return bool((sparseness >= constraint.sparseness - 1e-12).all())


@every_set
@pytest.mark.parametrize("seed", range(6))
def test_a_projection_is_in_the_set_and_nearer_than_any_competitor(constraint, seed):
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((ROWS, K)) * 10.0 ** rng.integers(-3, 3) + rng.integers(-1, 2)
    found = constraint.prox(U, 1.0)
    assert inside(constraint, found)
    distance = np.linalg.norm(found - U)
    for scale in (1e-3, 1e-2, 0.1, 1.0, 10.0):
        for _ in range(20):
            other = constraint.prox(found + scale * rng.standard_normal(U.shape), 1.0)
            assert inside(constraint, other)
            assert np.linalg.norm(other - U) >= distance * (1 - 1e-12)


@every_set
def test_a_projection_leaves_a_point_of_the_set_alone(constraint):
    A = constraint.prox(factor(7), 1.0)
    np.testing.assert_allclose(constraint.prox(A, 1.0), A, rtol=1e-12, atol=1e-15)


@every_set
@pytest.mark.parametrize("U", [np.zeros((4, 3)), -np.ones((4, 3)), np.ones((4, 3))], ids=["zeros", "negative", "ties"])
def test_a_projection_of_a_degenerate_point_is_in_the_set(constraint, U):
    assert inside(constraint, constraint.prox(U, 1.0))


# ---------------------------------------------------------------------- sums and refusals


def test_a_sum_adds_values_and_terms():
    A = factor(8)
    parts = (L1([1.0, 2.0, 3.0]), L2(2.0, mean=0.5), Exclusive(0.1))
    both = total([[], *parts][1:])
    assert both.value(A) == pytest.approx(sum(part.value(A) for part in parts))
    assert model(both.at(A).terms(), A) == pytest.approx(sum(model(part.at(A).terms(), A) for part in parts))
    assert both.faces == {"linear", "pull", "ridge", "gram"}


def test_penalties_without_weight_vanish_from_a_total():
    assert total([Elastic(), L1(0.0)]) == Elastic()
    assert total([Elastic(), L1(1.0)]) == L1(1.0)


def test_two_projections_on_one_factor_are_refused():
    with pytest.raises(IncompatibleError, match=r"Simplex and UnitNorm.*Keep one"):
        total([Simplex(), UnitNorm()])


@pytest.mark.parametrize(
    "build, words",
    [
        (lambda: L1(-1.0), "finite and at least 0"),
        (lambda: L2([1.0, np.nan]), "finite and at least 0"),
        (lambda: L2(1.0, mean=-2.0), "at least 0"),
        (lambda: L1(np.ones((2, 2))), "none of: scalar component"),
        (lambda: Simplex(each="column"), "'row' or 'component', not 'column'"),
        (lambda: Hoyer(1.0), r"\[0, 1\)"),
        (lambda: MinimumVolume(1.0, delta=0.0), "delta must be above 0"),
        (lambda: ARD(1.0, 0.1, norm="l3"), "'l1' or 'l2'"),
        (lambda: Graph(1.0, -np.eye(2)), "non-negative"),
        (lambda: Graph(1.0, np.ones((2, 3))), "square"),
        (lambda: Elastic([1.0, 2.0]), "none of: scalar"),
    ],
)
def test_wrong_numbers_are_refused_at_once(build, words):
    with pytest.raises(IncompatibleError, match=words):
        build()


@pytest.mark.parametrize(
    "penalty, words",
    [
        (L1([1.0, 2.0]), r"L1 on H: weight has the shape \(2,\).*12 features and 3 components"),
        (L2(1.0, mean=np.ones((5, 1))), r"mean has the shape \(5, 1\)"),
        (Graph(1.0, np.eye(4)), "4 nodes, but there are 12 features"),
        (Sum((L1(1.0), L1([1.0, 2.0]))), r"L1 on H"),
    ],
)
def test_numbers_for_another_factor_are_refused(penalty, words):
    with pytest.raises(IncompatibleError, match=words):
        penalty.check((ROWS, K), "H")
