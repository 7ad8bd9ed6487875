"""Known parts of W and H: fixed entries, bounds, starts with gaps."""

import numpy as np
import pytest
import scipy.sparse as sp

from partwise import NMF, non_negative_factorization
from partwise.errors import DataError, IncompatibleError
from partwise.penalties import Box

nan = np.nan
PAIRS = [("cd", 2), ("bpp", 2), ("mu", 2), ("mue", 2), ("mu", 1), ("mue", 1), ("scd", 1), ("mu", 0), ("mue", 0.5)]
every_pair = pytest.mark.parametrize("solver, beta", PAIRS)
quiet = pytest.mark.filterwarnings("ignore::partwise.estimators.NotConvergedWarning")
pytestmark = quiet


def planted(seed=0, n=60, p=40, k=5, noise=1e-3):
    """W, H and X = W H + noise, all positive in X."""
    rng = np.random.default_rng(seed)
    W = rng.gamma(0.5, 1.0, (n, k))
    H = rng.gamma(0.5, 1.0, (k, p))
    return W, H, W @ H + noise * rng.random((n, p)) + 1e-6


def known_rows(H, rows):
    """H where it is known, NaN elsewhere."""
    values = np.full_like(H, nan)
    values[rows] = H[rows]
    return values


def cosine(A, B):
    """Between the rows of A and the same rows of B."""
    return (A * B).sum(axis=1) / np.linalg.norm(A, axis=1) / np.linalg.norm(B, axis=1)


@every_pair
@pytest.mark.parametrize("scale", [1, 1e300, 1e-250])
def test_fixed_entries_keep_their_bits_in_any_units(solver, beta, scale):
    W, H, X = planted()
    fixed_H = known_rows(H, [1, 3])
    fixed_H[0, :9] = 0
    fixed_W = np.full_like(W, nan)
    fixed_W[::7, 2] = W[::7, 2]
    if scale != 1:
        fixed_W = None  # both factors in their own units is what X at 1e300 does not leave room for
    model = NMF(5, solver=solver, beta_loss=beta, max_iter=30)
    found = model.fit_transform(scale * X, fixed_H=fixed_H, fixed_W=fixed_W)
    held = ~np.isnan(fixed_H)
    assert (model.components_[held] == fixed_H[held]).all()
    if fixed_W is not None:
        assert (found[::7, 2] == W[::7, 2]).all()
    assert np.isfinite(found).all()
    assert np.isfinite(model.components_).all()


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("beta", [2, 1])
def test_a_fit_with_all_of_h_known_is_transform(beta, form):
    _, H, X = planted()
    X = form(X * (np.random.default_rng(1).random(X.shape) < 0.5))
    model = NMF(5, beta_loss=beta, max_iter=300)
    W = model.fit_transform(X, fixed_H=H)
    assert (model.components_ == H).all()
    rtol = 1e-9 if beta == 2 else 1e-3  # Kullback-Leibler rows are solved to a small residual
    np.testing.assert_allclose(model.transform(X), W, rtol=rtol, atol=rtol * W.max())


@every_pair
def test_where_nothing_is_known_the_fit_has_the_bits_of_an_ordinary_one(solver, beta):
    _, _, X = planted()
    options = {"solver": solver, "beta_loss": beta, "max_iter": 15, "random_state": 0}
    plain = NMF(5, **options)
    W = plain.fit_transform(X)
    free = NMF(5, **options)
    assert (free.fit_transform(X, fixed_H=np.full((5, 40), nan), fixed_W=np.full(5, nan)) == W).all()
    assert (free.components_ == plain.components_).all()


def test_the_other_parts_are_found_better_when_some_are_known():
    """Dense factors, which the product alone does not determine."""
    known, unknown = [], []
    for seed in range(6):
        rng = np.random.default_rng(seed)
        W, H = rng.random((200, 5)), 0.2 + rng.random((5, 40))
        X = W @ H + 1e-3 * rng.random((200, 40))
        found = NMF(5, max_iter=500).fit(X, fixed_H=known_rows(H, [0, 1, 2])).components_[3:]
        plain = NMF(5, max_iter=500).fit(X).components_
        for A, seen in ((found, known), (plain, unknown)):
            seen += [max(cosine(A, np.tile(h, (len(A), 1)))) for h in H[3:]]
    assert 1 - np.mean(known) < 0.7 * (1 - np.mean(unknown))


@pytest.mark.parametrize("solver", ["cd", "bpp"])
def test_biases_are_a_column_of_ones_in_w_and_a_row_of_ones_in_h(solver):
    rng = np.random.default_rng(0)
    users, items = rng.random((50, 1)), rng.random((1, 30))
    taste = rng.gamma(0.3, 1.0, (50, 1)) @ rng.gamma(0.3, 1.0, (1, 30))
    X = users + items + taste
    fixed_H = np.full((3, 30), nan)
    fixed_H[1] = 1
    model = NMF(3, solver=solver, max_iter=2000, tol=1e-8)
    W = model.fit_transform(X, fixed_W=[1, nan, nan], fixed_H=fixed_H)
    assert (W[:, 0] == 1).all()
    assert (model.components_[1] == 1).all()
    assert model.explained_variance_ > 0.9999
    again = model.transform(X, fixed_W=[1, nan, nan])
    np.testing.assert_allclose(again, W, rtol=1e-8, atol=1e-8)


def test_an_intercept_of_new_samples_is_known_too():
    W, H, X = planted()
    model = NMF(5).fit(X, fixed_H=H)
    fixed = np.full_like(W, nan)
    fixed[:, 4] = 0.25
    found = model.transform(X, fixed_W=fixed)
    assert (found[:, 4] == 0.25).all()
    assert (found[:7] == model.transform(X[:7], fixed_W=fixed[:7])).all()
    rest = NMF(4).fit(X, fixed_H=H[:4]).transform(np.maximum(X - 0.25 * H[4], 0))
    close = (X - 0.25 * H[4] >= 0).all(axis=1)
    assert close.any()
    np.testing.assert_allclose(found[close, :4], rest[close], rtol=1e-7, atol=1e-9)


def test_features_that_a_component_may_not_use_stay_zero():
    rng = np.random.default_rng(0)
    allowed = np.zeros((5, 40), bool)
    for q in range(5):
        allowed[q, 7 * q : 7 * q + 12] = True
    H = np.where(allowed, 0.2 + rng.random((5, 40)), 0)
    X = rng.gamma(0.5, 1.0, (60, 5)) @ H
    model = NMF(5, max_iter=2000, tol=1e-7).fit(X, fixed_H=np.where(allowed, nan, 0.0))
    assert not model.components_[~allowed].any()
    assert (cosine(model.components_, H) > 0.99).all()


@every_pair
def test_upper_and_lower_bounds_hold_in_the_result_and_in_transform(solver, beta):
    _, _, X = planted()
    model = NMF(3, solver=solver, beta_loss=beta, max_iter=40)
    upper = np.full((3, 40), nan)
    limits = Box(0.1, 0.7), Box([0.0, 0.2, 0.0], [2.0, np.inf, 0.5])
    model.penalty_W, model.penalty_H = limits
    W = model.fit_transform(X, fixed_H=upper)
    for A in (W, model.transform(X[:9])):
        assert A.min() >= 0.1
        assert A.max() <= 0.7
    assert model.components_[1].min() >= 0.2
    assert (model.components_[[0, 2]].max(axis=1) <= [2.0, 0.5]).all()


@pytest.mark.parametrize("scale", [1e-12, 1e6])
@every_pair
def test_scaled_data_and_scaled_known_parts_give_scaled_factors(solver, beta, scale):
    _, H, X = planted()
    root, fixed = np.sqrt(scale), known_rows(H, [0, 2])
    one = NMF(5, solver=solver, beta_loss=beta, max_iter=12, tol=0).fit(X, fixed_H=fixed)
    other = NMF(5, solver=solver, beta_loss=beta, max_iter=12, tol=0).fit(scale * X, fixed_H=root * fixed)
    np.testing.assert_allclose(other.components_ / root, one.components_, rtol=1e-6, atol=1e-8)  # powers of scale round


def test_components_are_added_beside_fitted_ones():
    _, _, X = planted()
    three = NMF(3, max_iter=500).fit(X)
    held = np.vstack([three.components_, np.full((2, 40), nan)])
    five = NMF(5, max_iter=500).fit(X, fixed_H=held)
    assert (five.components_[:3] == three.components_).all()
    assert five.reconstruction_err_ < 0.8 * three.reconstruction_err_
    moving = NMF(5, init="custom", max_iter=2000).fit(X, H=held)
    assert moving.reconstruction_err_ <= five.reconstruction_err_


@every_pair
def test_a_warm_start_needs_only_the_components(solver, beta):
    _, _, X = planted()
    options = {"solver": solver, "beta_loss": beta}
    first = NMF(5, max_iter=100, **options).fit(X)
    warm = NMF(5, init="custom", max_iter=10, **options).fit(X, H=first.components_)
    cold = NMF(5, max_iter=10, **options).fit(X)
    assert warm.reconstruction_err_ < cold.reconstruction_err_
    assert (
        warm.reconstruction_err_ <= 1.1 * first.reconstruction_err_
    )  # multiplicative updates move away from 0 and back


def test_a_warm_start_may_know_w_alone():
    W, _, X = planted()
    model = NMF(5, init="custom", max_iter=5).fit(X, W=W)
    assert model.explained_variance_ > 0.99999


def test_new_features_are_folded_in_on_the_transpose():
    W, H, X = planted(noise=0)
    new = non_negative_factorization(X[:, 30:].T, H=W.T.copy(), update_H=False)[0]
    np.testing.assert_allclose(new.T, H[:, 30:], atol=1e-5)


def test_a_dead_component_comes_back_without_touching_fixed_entries():
    _, H, X = planted()
    fixed = np.full_like(H, nan)
    fixed[3, :20] = 0
    start = H.copy()
    start[3] = 0
    W = np.abs(np.random.default_rng(0).standard_normal((60, 5)))
    model = NMF(5, init="custom", max_iter=300).fit(X, W=W, H=start, fixed_H=fixed)
    assert not model.components_[3, :20].any()
    assert model.components_[3].any()


def test_several_starts_and_float32_keep_known_parts():
    _, H, X = planted()
    model = NMF(5, n_init=3, random_state=0, max_iter=50).fit(X.astype(np.float32), fixed_H=known_rows(H, [4]))
    assert model.components_.dtype == np.float32
    assert (model.components_[4] == H[4].astype(np.float32)).all()


WRONG = {
    "shape of H": ({"fixed_H": np.ones((2, 6))}, r"fixed_H has the shape \(2, 6\).*= \(3, 6\)\. .*rows of NaN"),
    "shape of W": ({"fixed_W": np.ones((2, 3))}, r"fixed_W has the shape \(2, 3\).*= \(9, 3\)\. .*each component"),
    "negative": ({"fixed_H": -np.ones((3, 6))}, r"fixed_H must hold .* >= 0.*18 entries.*row 0, column 0, is -1"),
    "infinite": ({"fixed_W": [nan, np.inf, nan]}, r"fixed_W must hold finite.*row 0, column 1, is inf"),
    "dead": ({"fixed_W": [nan, 0, nan]}, r"fixed_W holds component 1 at 0 everywhere"),
}


@pytest.mark.parametrize("known, message", WRONG.values(), ids=WRONG)
def test_what_cannot_be_known_is_refused_with_a_way_out(known, message):
    with pytest.raises(DataError, match=message):
        NMF(3).fit(np.ones((9, 6)) + np.eye(9)[:, :6], **known)


def test_known_parts_outside_their_bounds_are_refused():
    model = NMF(2)
    model.penalty_H = Box(upper=0.5)
    fixed = np.array([[1.0] + 5 * [nan], 6 * [nan]])
    with pytest.raises(IncompatibleError, match=r"H: 1 lower bounds are above .* at \(0, 0\): 1 > 0.5"):
        model.fit(np.ones((9, 6)), fixed_H=fixed)


def test_the_form_of_lee_and_seung_refuses_known_parts():
    model = NMF(2, normalize="W", beta_loss=1, solver="mu")
    with pytest.raises(IncompatibleError, match="bounds"):
        model.fit(np.ones((9, 6)), fixed_W=[1.0, nan])
