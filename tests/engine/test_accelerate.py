"""Momentum leaves alone what it may not touch: the scale that the two sides of a component share."""

import numpy as np
import pytest
import scipy.sparse as sp

from partwise.data import as_data
from partwise.engine import accelerate
from partwise.engine.accelerate import accelerated_step
from partwise.engine.problem import Problem
from partwise.engine.step import Momentum, Reading, State
from partwise.interfaces import Evidence
from partwise.losses import Beta
from partwise.penalties import Elastic
from partwise.solvers import HALS, SCD


def accelerated(beta, penalty_H=Elastic(), iterations=60, dtype=np.float32):
    """The state after some iterations on a table with structure that takes its time."""
    rng = np.random.default_rng(0)
    dense = rng.poisson(rng.gamma(0.3, 2, (120, 6)) @ rng.gamma(0.3, 1, (6, 40))).astype(dtype)
    dense[:, 0] += 1
    data = as_data(sp.csr_array(dense))
    loss, solver = Beta(beta).on(data), {2.0: HALS(3), 1.0: SCD()}[beta]
    state = State(rng.random((120, 6)).astype(dtype), rng.random((40, 6)).astype(dtype))
    for _ in range(iterations):
        accelerated_step(Problem(loss, solver, solver, penalty_H=penalty_H), data, data.transposed(), state)
    return state


def norms(state):
    return np.linalg.norm(state.W, axis=0), np.linalg.norm(state.Ht, axis=0)


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_neither_side_of_a_component_runs_away(beta, monkeypatch):
    for iterations in (61, 70):  # right after a look at the norms, and before the next
        W, H = norms(accelerated(beta, iterations=iterations))
        assert np.abs(np.log2(W / H)).max() < 3
    monkeypatch.setattr(accelerate, "balance", lambda *_: None)
    W, H = norms(accelerated(beta))
    assert np.abs(np.log2(W / H)).max() > 3, "this table no longer shows what balance is for"


@pytest.mark.parametrize("beta", [1.0, 2.0])
def test_balance_changes_no_digit(beta, monkeypatch):
    balanced = accelerated(beta, iterations=40, dtype=np.float64)
    monkeypatch.setattr(accelerate, "balance", lambda *_: None)
    free = accelerated(beta, iterations=40, dtype=np.float64)
    assert not np.array_equal(balanced.W, free.W)
    for q in range(6):
        _, exponent = np.frexp(balanced.W[:, q].max() / free.W[:, q].max())
        by = 2.0 ** (exponent - 1)
        assert np.array_equal(balanced.W[:, q], by * free.W[:, q])
        assert np.array_equal(balanced.Ht[:, q], free.Ht[:, q] / by)


def test_sides_are_brought_together_even_where_their_ratio_is_no_number():
    state = State(np.full((4, 1), 1e-150), np.full((3, 1), 1e150))
    now = Momentum(state.W.copy(), state.Ht.copy())
    reading = Reading(Evidence.of(0 * state.W, state.W, state.W), Evidence.of(0 * state.Ht, state.Ht, state.Ht))
    accelerate.balance(state, now, reading, 1)
    W, H = norms(state)
    assert abs(np.log2(W / H)) < 1.5
    np.testing.assert_allclose(state.W @ state.Ht.T, 1)
    np.testing.assert_array_equal(now.W, state.W)


@pytest.mark.parametrize(("ratio", "touched"), [(4, False), (9, True)])
def test_sides_are_left_alone_until_they_are_far_apart(ratio, touched):
    state = State(np.ones((4, 2)), np.ones((4, 2)) * [ratio, 1])
    before = state.W @ state.Ht.T
    reading = Reading(Evidence.of(0 * state.W, state.W, state.W), Evidence.of(0 * state.Ht, state.Ht, state.Ht))
    accelerate.balance(state, Momentum(state.W.copy(), state.Ht.copy()), reading, 1)
    assert (state.W != 1).any() == touched
    np.testing.assert_array_equal(state.W @ state.Ht.T, before)


def test_a_penalty_sets_the_scale_itself(monkeypatch):
    monkeypatch.setattr(accelerate, "balance", lambda *_: pytest.fail("a ridge on H alone has a say in the scale"))
    accelerated(2.0, penalty_H=Elastic(l2=0.1), iterations=3)
