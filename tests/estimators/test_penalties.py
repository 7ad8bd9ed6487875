"""Penalties through `NMF`: each finds in planted data what the plain fit does not; and the estimator's conventions."""

import itertools

import numpy as np
import pytest
from sklearn.base import clone

import partwise
from partwise import NMF
from partwise.errors import DataWarning, IncompatibleError
from partwise.penalties import (
    ARD,
    L1,
    L2,
    Decorrelation,
    Exclusive,
    Graph,
    Group,
    Hoyer,
    MinimumVolume,
    Simplex,
    Smooth,
    UnitNorm,
)

seeds = pytest.mark.parametrize("seed", [20, 21, 22])


def fitted(X, k, **options):
    """A model and its W."""
    model = NMF(k, **{"max_iter": 2000, "tol": 1e-5, **options})
    return model, model.fit_transform(X)


def noisy(X, rng, level):
    return np.maximum(X + level * X.mean() * rng.standard_normal(X.shape), 0)


def agreement(found, truth):
    """The least correlation of the columns with the planted ones, in the best order."""
    k = truth.shape[1]
    table = np.corrcoef(found.T + 1e-12 * np.arange(found.shape[0]), truth.T)[:k, k:]
    return max(min(table[order, range(k)]) for order in itertools.permutations(range(k)))


def sparse_parts(rng, k, p, share):
    """Rows of H of which only a share is positive, each column somewhere."""
    H = rng.random((k, p)) * (rng.random((k, p)) < share)
    H[rng.integers(k, size=p), np.arange(p)] += rng.random(p)
    return H


def signals(m, rng):
    """Three overlapping signals that sum to one, each nearly absent somewhere but none really."""
    x = np.linspace(0, 1, m)[:, None]
    centres, others = np.array([0.2, 0.45, 0.7]), np.array([0.6, 0.85, 0.3])
    W = np.exp(-0.5 * ((x - centres) / 0.08) ** 2) + 0.6 * np.exp(-0.5 * ((x - others) / 0.05) ** 2) + 0.4
    return W / W.sum(axis=0)


def alive(model, W):
    """Components that carry more than a millionth of the model."""
    mass = W.sum(axis=0) * model.components_.sum(axis=1)
    return int(np.count_nonzero(mass > 1e-6 * mass.sum()))


# ---------------------------------------------------------------------- recovery


@seeds
def test_l1_with_the_other_factor_held_makes_components_as_sparse_as_planted(seed):
    rng = np.random.default_rng(seed)
    H = sparse_parts(rng, 4, 60, 0.25)
    X = noisy(rng.random((80, 4)) @ H, rng, 0.1)
    zeros = np.mean(H == 0)
    plain = fitted(X, 4)[0].components_
    for penalties in ({"penalty_W": L2(1.0), "penalty_H": L1(1.0)}, {"penalty_W": UnitNorm(), "penalty_H": L1(0.3)}):
        sparse = fitted(X, 4, **penalties)[0].components_
        assert np.mean(plain == 0) + 0.1 < np.mean(sparse == 0) == pytest.approx(zeros, abs=0.12)


@seeds
def test_l1_beside_l2_is_balanced_so_scale_cannot_escape_it(seed):
    """At the best split of scale ``weight_1 |h_q|_1 = weight_2 |w_q|^2``, which one-sided L1 does not have."""
    X = np.random.default_rng(seed).random((30, 20))
    model, W = fitted(X, 3, penalty_W=L2(0.5), penalty_H=L1(0.2), tol=1e-9)
    np.testing.assert_allclose(0.2 * model.components_.sum(axis=1), 0.5 * np.sum(W**2, axis=0), rtol=1e-3)


def test_l1_on_one_factor_alone_warns():
    with pytest.warns(DataWarning, match="on H only"):
        fitted(np.random.default_rng(0).random((20, 10)), 2, penalty_H=L1(0.1), max_iter=50, tol=0)


@seeds
@pytest.mark.parametrize("penalty", [Group(1.0), ARD(2.0, 0.02), ARD(1.0, 0.02, norm="l2")], ids=["group", "l1", "l2"])
def test_group_and_relevance_keep_as_many_components_as_planted(penalty, seed):
    rng = np.random.default_rng(seed)
    X = noisy((rng.random((80, 3)) ** 3) @ (rng.random((3, 60)) ** 3), rng, 0.1)
    assert alive(*fitted(X, 7, max_iter=300, tol=0)) == 7
    assert alive(*fitted(X, 7, penalty_W=penalty, penalty_H=penalty, max_iter=1500, tol=0)) == 3


def disjoint_parts(seed):
    """Noisy mixtures of three parts that share no column, and the parts."""
    rng = np.random.default_rng(seed)
    H = np.zeros((3, 60))
    H[rng.integers(3, size=60), np.arange(60)] = 0.5 + rng.random(60)
    return noisy((rng.random((40, 3)) + 0.5) @ H, rng, 0.2), H


@seeds
@pytest.mark.parametrize(
    "penalties",
    [{"penalty_W": UnitNorm(), "penalty_H": Exclusive(2.0)}, {"penalty_W": L2(0.3), "penalty_H": Decorrelation(1.0)}],
    ids=["exclusive", "decorrelation"],
)
def test_competing_components_separate_parts_that_the_plain_fit_mixes(penalties, seed):
    X, H = disjoint_parts(seed)
    plain, apart = (fitted(X, 3, **options)[0].components_ for options in ({}, penalties))
    shares = [np.mean(found.max(axis=0) / found.sum(axis=0)) for found in (plain, apart)]
    assert shares[0] < 0.8 < 0.999 < shares[1]
    assert agreement(plain.T, H.T) < 0.97 < 0.99 < agreement(apart.T, H.T)


def smooth_truth(seed):
    rng = np.random.default_rng(seed)
    t = np.linspace(0, 2 * np.pi, 150)[:, None]
    W = 1.02 + np.sin(t * [1, 2] + [0, 1])
    H = sparse_parts(rng, 2, 12, 0.5)
    return W @ H, noisy(W @ H, rng, 0.8)


@pytest.mark.parametrize("kind", ["smooth", "graph"])
def test_smooth_and_graph_come_nearer_to_a_smooth_truth(kind):
    """Noise differs: the middle of seven problems."""
    left = []
    for seed in range(20, 27):
        truth, X = smooth_truth(seed)
        path = np.eye(len(X), k=1)
        penalty = Smooth(30.0) if kind == "smooth" else Graph(30.0, path)
        errors = []
        for penalties in ({}, {"penalty_W": penalty, "penalty_H": L2(1.0)}):
            model, W = fitted(X, 2, **penalties)
            errors.append(np.linalg.norm(W @ model.components_ - truth))
        left.append(errors[1] / errors[0])
    assert np.median(left) < 0.7 and max(left) < 1


@seeds
def test_minimum_volume_unmixes_three_signals_from_a_hundred_mixtures(seed):
    rng = np.random.default_rng(seed)
    W = signals(200, rng)
    X = noisy(W @ (rng.dirichlet([0.5] * 3, 100).T * (0.5 + rng.random(100))), rng, 0.001)
    weight = 1e-4 * np.sum(X**2) / 2
    found = fitted(X, 3, penalty_W=[MinimumVolume(weight), Simplex(each="component")])[1]
    np.testing.assert_allclose(found.sum(axis=0), 1, rtol=1e-12)
    assert agreement(found, W) > 0.99 > agreement(fitted(X, 3)[1], W)


@seeds
def test_a_simplex_inside_the_solve_finds_shares_better_than_dividing_afterwards(seed):
    rng = np.random.default_rng(seed)
    shares = rng.dirichlet([0.3] * 3, 80)
    X = noisy(shares @ (rng.random((3, 40)) * [[1.0], [3.0], [9.0]]), rng, 0.02)
    inside = fitted(X, 3, penalty_W=Simplex())[1]
    plain = fitted(X, 3)[1]
    afterwards = plain / plain.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(inside.sum(axis=1), 1, rtol=1e-12)
    errors = [
        min(np.abs(W[:, order] - shares).mean() for order in itertools.permutations(range(3)))
        for W in (inside, afterwards)
    ]
    assert errors[0] < 0.5 * errors[1]


@seeds
def test_hoyer_finds_sparse_parts_that_the_plain_fit_blurs(seed):
    rng = np.random.default_rng(seed)
    H = np.zeros((3, 50))
    for q in range(3):
        H[q, rng.choice(50, 8, replace=False)] = 1 + rng.random(8)
    X = noisy((rng.random((60, 3)) + 1.0) @ H, rng, 0.1)
    plain, sparse = (fitted(X, 3, **p)[0].components_.T for p in ({}, {"penalty_H": Hoyer(0.65)}))
    assert agreement(sparse, H.T) > 0.97 > agreement(plain, H.T)


@seeds
def test_unit_columns_put_the_size_of_a_component_into_the_other_factor(seed):
    rng = np.random.default_rng(seed)
    W = np.kron(np.eye(3), np.ones((10, 1))) / np.sqrt(10)
    H = sparse_parts(rng, 3, 30, 0.3) * [[1.0], [3.0], [10.0]]
    model, found = fitted(W @ H, 3, penalty_W=UnitNorm(), penalty_H=L1(1e-6))
    np.testing.assert_allclose(np.linalg.norm(found, axis=0), 1, rtol=1e-12)
    norms = np.sort(np.linalg.norm(model.components_, axis=1))
    np.testing.assert_allclose(norms, np.linalg.norm(H, axis=1), rtol=1e-3)


@seeds
def test_a_prior_mean_helps_where_a_ridge_towards_zero_hurts(seed):
    rng = np.random.default_rng(seed)
    W, H = rng.random((12, 2)), 2 + 0.2 * rng.random((2, 30))
    X = noisy(W @ H, rng, 0.5)
    errors = []
    for mean in (2.0, 0.0):
        model, found = fitted(X, 2, penalty_W=L2(0.1), penalty_H=L2(10.0, mean=mean))
        errors.append(np.linalg.norm(found @ model.components_ - W @ H))
    assert errors[0] < 0.9 * errors[1]


# ---------------------------------------------------------------------- the estimator


X = np.random.default_rng(3).random((30, 12))
PATH = np.eye(30, k=1)
PAIRS = {
    "l1": (L1(0.1), L2(0.1)),
    "weights": (L2([0.1, 0.2, 0.3], mean=[0.0, 0.5, 1.0]), L1([0.1, 0.0, 0.2])),
    "list": ([L1(0.1), Smooth(0.5)], [Exclusive(0.1), L2(0.2)]),
    "graph": (Graph(0.5, PATH), L2(0.1)),
    "volume": ([MinimumVolume(0.01), Simplex(each="component")], None),
    "hoyer": (None, Hoyer(0.3)),
}
every_pair = pytest.mark.parametrize("W, H", PAIRS.values(), ids=list(PAIRS))


@every_pair
def test_a_model_with_penalties_is_saved_and_loaded(W, H, tmp_path):
    model = NMF(3, penalty_W=W, penalty_H=H, max_iter=30, tol=0).fit(X)
    model.save(tmp_path / "model.pw")
    loaded = partwise.load(tmp_path / "model.pw")
    assert (loaded.penalty_W, loaded.penalty_H) == (W, H)
    np.testing.assert_array_equal(loaded.transform(X), model.transform(X))


@every_pair
def test_a_model_with_penalties_can_be_cloned_and_tells_of_them(W, H):
    model = clone(NMF(3, penalty_W=W, penalty_H=H, max_iter=30, tol=0))
    assert (model.penalty_W, model.penalty_H) == (W, H)
    words = model.fit(X).info()
    for name, penalty in (("penalty_W", W), ("penalty_H", H)):
        assert (f"{name}: {penalty}" in words) == (penalty is not None)


def test_alpha_and_an_object_are_added():
    both = NMF(3, alpha_W=0.01, alpha_H=0.02, l1_ratio=0.5, penalty_H=L1(0.3), max_iter=20, tol=0).fit(X)
    alone = NMF(3, penalty_W=[L1(0.06), L2(0.06)], penalty_H=[L1(0.6), L2(0.3)], max_iter=20, tol=0).fit(X)
    np.testing.assert_allclose(both.components_, alone.components_, rtol=1e-9)


@pytest.mark.parametrize("penalty", [L1(0.1), Exclusive(0.1), Simplex(), L2(0.2, mean=0.5)], ids=repr)
def test_rows_that_are_penalised_alone_are_transformed_as_they_were_fitted(penalty):
    model = NMF(3, penalty_W=penalty, penalty_H=L2(0.1), max_iter=200, tol=1e-6)
    W = model.fit_transform(X)
    np.testing.assert_allclose(model.transform(X), W, rtol=1e-6, atol=1e-7 * W.max())


def test_weights_of_components_keep_the_components_in_their_order():
    ordered = NMF(3, penalty_H=L2([1.0, 0.01, 0.1]), penalty_W=L2(0.01), max_iter=50, tol=0).fit(X)
    assert np.argmin(np.linalg.norm(ordered.components_, axis=1)) == 0


@pytest.mark.parametrize("scale", [1e-200, 1e200])
def test_penalties_work_in_any_unit(scale):
    W, H = L2(0.5, mean=[0.1, 0.2, 0.3]), L1(0.1)
    plain = NMF(3, penalty_W=W, penalty_H=H, max_iter=20, tol=0).fit(X)
    root = np.sqrt(scale)  # the loss grows by scale^2, the factors by its root
    scaled = NMF(
        3,
        penalty_W=L2(0.5 * scale, mean=root * np.array([0.1, 0.2, 0.3])),
        penalty_H=L1(0.1 * scale**1.5),
        max_iter=20,
        tol=0,
    ).fit(scale * X)
    np.testing.assert_allclose(scaled.components_ / root, plain.components_, rtol=1e-6)


@pytest.mark.parametrize(
    "options, words",
    [
        ({"penalty_H": Simplex(), "solver": "cd"}, "Simplex needs a proximal step.*solver='pg' or 'admm'"),
        ({"penalty_H": Simplex(), "beta_loss": 1}, "Simplex needs a proximal step"),
        ({"penalty_H": L1([0.1, 0.2])}, "L1 on H: weight has the shape"),
        ({"penalty_W": [L1(0.1), "smooth"]}, "not 'smooth'. Build them with partwise.penalties"),
        ({"penalty_W": [Simplex(), Hoyer(0.5)]}, "Keep one of them"),
    ],
)
def test_a_penalty_that_cannot_be_used_is_refused_with_a_way_out(options, words):
    with pytest.raises(IncompatibleError, match=words):
        NMF(3, **options).fit(X)
