"""Missing cells and weights as users say them, and the errors that they get."""

import re
import warnings

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.optimize import nnls

from partwise import NMF, load, non_negative_factorization
from partwise.errors import DataError, DataWarning, IncompatibleError
from partwise.penalties import L2, Box, Group, MinimumVolume, Simplex, Smooth, UnitNorm


@pytest.fixture
def planted():
    """20 x 12 of rank 2, and a mask of the cells that are hidden."""
    rng = np.random.default_rng(0)
    X = rng.random((20, 2)) @ rng.random((2, 12)) + 0.1
    return X, rng.random(X.shape) < 0.25


def holey(X, hidden):
    return np.where(hidden, np.nan, X)


def fitted(X, **given):
    return NMF(2, random_state=0, max_iter=2000, tol=1e-6).fit(X, **given)


def test_nan_is_a_cell_of_weight_zero(planted):
    X, hidden = planted
    one, other = fitted(holey(X, hidden)), fitted(X, weight=~hidden)
    assert one.components_.tobytes() == other.components_.tobytes()


def test_a_table_with_holes_is_imputed_and_keeps_its_names(planted):
    X, hidden = planted
    names = [f"f{j}" for j in range(X.shape[1])]
    table = pd.DataFrame(holey(X, hidden), columns=names)
    model = NMF(2, random_state=0, max_iter=3000, tol=1e-7).set_output(transform="pandas").fit(table)
    full = model.impute(table)
    assert list(full.columns) == names
    np.testing.assert_array_equal(full.to_numpy()[~hidden], X[~hidden])
    assert np.abs(full.to_numpy() - X).max() < 0.05


def test_transform_gives_the_rows_of_fit_transform(planted):
    X, hidden = planted
    model = NMF(2, random_state=0, max_iter=2000, tol=1e-6)
    W = model.fit_transform(holey(X, hidden))
    np.testing.assert_allclose(model.transform(holey(X, hidden)), W, rtol=1e-4, atol=1e-6)
    row = model.transform(holey(X, hidden)[3:4])
    np.testing.assert_array_equal(row[0], model.transform(holey(X, hidden))[3])


def test_stored_entries_are_observed_zeros_among_them():
    """Zeros that are stored count, cells that are not stored do not."""
    X = np.outer([1.0, 2, 3, 4, 5], [2.0, 1, 4, 3])
    X[1, 1] = 0
    rows, columns = np.nonzero(np.ones_like(X))
    keep = (rows + columns) % 4 != 1
    sparse = sp.csr_array((X[rows, columns][keep], (rows[keep], columns[keep])), shape=X.shape)
    mask = np.zeros(X.shape, bool)
    mask[rows[keep], columns[keep]] = True
    one = NMF(1, random_state=0).fit(sparse, weight="stored")
    other = NMF(1, random_state=0).fit(X, weight=mask)
    np.testing.assert_allclose(one.components_, other.components_, rtol=1e-8)
    zeros_count = NMF(1, random_state=0).fit(sparse)
    assert np.abs(zeros_count.components_ - one.components_).max() > 0.1


def test_all_ways_to_say_the_same_weights_agree(planted):
    X, hidden = planted
    weight = np.where(hidden, 0, 2.0)
    ways = {
        "array": (X, weight),
        "sparse weight": (X, sp.csr_array(weight)),
        "callable": (X, lambda rows: weight[rows]),
        "callable, sparse": (X, lambda rows: sp.csr_array(weight[rows])),
        "sparse X": (sp.csr_array(X), weight),
        "both sparse": (sp.csr_array(X), sp.csc_array(weight)),
        "nan too": (holey(X, hidden), np.full(X.shape, 2.0)),
    }
    found = {name: NMF(2, random_state=0, tol=1e-6).fit(Z, weight=w).components_ for name, (Z, w) in ways.items()}
    for name, components in found.items():
        np.testing.assert_allclose(components, found["array"], rtol=1e-6, atol=1e-8, err_msg=name)


def test_nan_in_a_sparse_matrix_is_missing_and_the_rest_zero(planted):
    X, hidden = planted
    X = np.where(X < 0.5, 0, X)
    gone = hidden & (X > 0)
    sparse = sp.csr_array(X)
    sparse.data[gone[X > 0]] = np.nan
    one = NMF(2, random_state=0).fit(sparse)
    other = NMF(2, random_state=0).fit(X, weight=~gone)
    np.testing.assert_allclose(one.components_, other.components_, rtol=1e-6, atol=1e-9)


def test_implicit_feedback_weighs_every_cell():
    """Two groups of users and items; the zeros count little, yet enough to tell the groups apart."""
    rng = np.random.default_rng(0)
    X = np.kron(np.eye(2), np.ones((20, 15))) * (rng.random((40, 30)) < 0.4)
    model = NMF(2, random_state=0, alpha_W=1e-4, max_iter=500)
    W = model.fit_transform(sp.csr_array(X), weight="stored", background=0.1)
    groups = W @ model.components_
    assert groups[:20, :15].mean() > 5 * groups[:20, 15:].mean()


def test_the_score_on_other_cells_is_that_of_held_out_values(planted):
    X, hidden = planted
    model = fitted(holey(X, hidden))
    W = model.transform(holey(X, hidden))
    wanted = -0.5 * np.sum((X - W @ model.components_)[hidden] ** 2) / len(X)
    assert model.score(X, weight=~hidden, test_weight=hidden) == pytest.approx(wanted, rel=1e-6)


def test_errors_and_explained_squares_count_observed_cells(planted):
    X, hidden = planted
    model = NMF(2, random_state=0, max_iter=500)
    W = model.fit_transform(holey(X, hidden))
    gaps = (X - W @ model.components_)[~hidden]
    assert model.reconstruction_err_ == pytest.approx(np.linalg.norm(gaps), rel=1e-6)
    assert model.explained_variance_ == pytest.approx(1 - gaps @ gaps / np.sum(X[~hidden] ** 2), rel=1e-9)


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_extreme_units_do_not_matter(planted, unit):
    X, hidden = planted
    one, other = fitted(holey(X, hidden)), fitted(holey(X * unit, hidden))
    np.testing.assert_allclose(other.components_ / np.sqrt(unit), one.components_, rtol=1e-6, atol=1e-9)


def test_samples_that_count_nothing_still_get_their_weights(planted):
    X, _ = planted
    counts = np.ones(len(X))
    counts[4] = 0
    model = NMF(2, random_state=0, max_iter=1000)
    W = model.fit_transform(X, sample_weight=counts)
    assert W.shape == (20, 2)
    np.testing.assert_allclose(W, model.transform(X), rtol=1e-9)
    assert W[4].max() > 0


WRONG = {
    "all missing": (np.full((3, 2), np.nan), {}, "All cells of X are missing"),
    "a missing row": (
        np.array([[1, 2.0], [np.nan, np.nan]]),
        {},
        "rows of X without any observed cell: 1.*row 1.*drop",
    ),
    "a missing column": (np.array([[1, np.nan], [1, np.nan]]), {}, "columns of X without any observed cell"),
    "a negative weight": (np.ones((2, 2)), {"weight": np.array([[1, -1], [1, 1]])}, "negative or not finite.*-1"),
    "a weight that is nan": (np.ones((2, 2)), {"weight": np.array([[1, np.nan], [1, 1]])}, "not finite.*nan"),
    "a wrong shape": (np.ones((2, 2)), {"weight": np.ones((2, 3))}, r"shape \(2, 3\), but X has \(2, 2\)"),
    "an unknown word": (sp.eye_array(3, format="csr"), {"weight": "observed"}, 'the one word is "stored"'),
    "stored of a dense X": (np.ones((2, 2)), {"weight": "stored"}, "is for sparse X.*NaN"),
    "a background alone": (sp.eye_array(3, format="csr"), {"background": 0.1}, "needs weight="),
    "a negative background": (sp.eye_array(3, format="csr"), {"weight": "stored", "background": -1}, "background=-1"),
    "sample weights of another length": (np.ones((2, 2)), {"sample_weight": [1]}, "but X has 2 samples"),
    "a negative sample weight": (np.ones((2, 2)), {"sample_weight": [1, -2]}, "-2.0 for sample 1"),
    "no sample that counts": (np.ones((2, 2)), {"sample_weight": [0, 0]}, "at least one sample must count"),
    "infinite": (np.array([[1, np.inf], [1, 1]]), {}, "infinity"),
    "infinite beside nan": (np.array([[1, np.inf, 1], [1, np.nan, 1]]), {}, "infinity"),
    "negative beside nan": (np.array([[1, -3, 1], [1, np.nan, 1]]), {}, "Negative values"),
}


@pytest.mark.parametrize("name", WRONG)
def test_wrong_weights_are_refused_with_a_way_out(name):
    X, given, message = WRONG[name]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        with pytest.raises(DataError, match=message):
            NMF(1).fit(X, **given)


def test_a_start_from_singular_vectors_is_refused():
    with pytest.raises(IncompatibleError, match=r"init='nndsvd' needs singular vectors.*random"):
        NMF(1, init="nndsvd").fit(np.array([[1, np.nan], [1, 2.0]]))


def test_a_background_needs_a_loss_that_can_sum_it_up():
    with pytest.raises(DataError, match=r"beta_loss=1.5 cannot weigh.*Frobenius or Kullback-Leibler"):
        NMF(1, beta_loss=1.5).fit(sp.eye_array(3, format="csr"), weight="stored", background=0.1)


def test_rows_with_fewer_cells_than_components_are_named():
    rng = np.random.default_rng(0)
    X = rng.random((8, 6))
    X[2, 2:] = np.nan
    with pytest.warns(DataWarning, match="fewer observed cells than n_components=3: 1, the first is 2.*alpha_W"):
        NMF(3, random_state=0).fit(X)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        NMF(3, random_state=0, alpha_W=1e-3).fit(X)


def test_imputing_a_sparse_matrix_is_refused_with_a_way_out():
    X = sp.csr_array(np.ones((3, 3)))
    with pytest.raises(DataError, match="impute fills in every cell"):
        NMF(1).fit(X).impute(X)


@pytest.mark.parametrize(
    "hidden, options, way",
    [
        (0.2, {}, "stored densely: each row has a Gram matrix of its own, from the [0-9]+ cells that are missing"),
        (0.8, {}, "stored sparsely: each row has a Gram matrix of its own, from the [0-9]+ cells that count"),
        (0.2, {"solver": "pg"}, "filled in with W H, so that all rows share a Gram matrix"),
        (0.2, {"beta_loss": 1}, "every cell's share of the statistic is weighted"),
    ],
)
def test_the_log_says_how_missing_cells_are_dealt_with_and_why(hidden, options, way, caplog):
    rng = np.random.default_rng(0)
    X = np.where(rng.random((30, 20)) < hidden, np.nan, rng.random((30, 20)))
    X[:, 0], X[0] = 1, 1
    with caplog.at_level("INFO", logger="partwise"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of scarce cells, and of the few iterations
        NMF(2, random_state=0, **options).fit(X)
    assert re.search(way, caplog.text)


SOLVERS = [("cd", 2), ("bpp", 2), ("pg", 2), ("admm", 2), ("mu", 2), ("scd", 1), ("mue", 1), ("mu", 0.5), ("mu", 0)]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("solver, beta", SOLVERS)
def test_the_unit_of_the_weights_does_not_matter(solver, beta, dtype, planted):
    X, hidden = planted
    options = {"solver": solver, "beta_loss": beta, "random_state": 0, "max_iter": 30, "tol": 1e9}
    found = {}
    for c in (1.0, 3.0, 1e-12, 1e12, 1e-200, 1e200):
        model = NMF(2, **options).fit(X.astype(dtype), weight=np.where(hidden, 0, c))
        found[c] = model.components_, model.reconstruction_err_ / np.sqrt(c)
    for c, (components, error) in found.items():
        rtol = 1e-6 if dtype == "float64" else 1e-3
        np.testing.assert_allclose(components, found[1.0][0], rtol=rtol, atol=rtol, err_msg=f"{c}")
        assert error == pytest.approx(found[1.0][1], rel=1e-3)


def test_penalties_weigh_against_the_weights_as_given(planted):
    X, hidden = planted
    one = NMF(2, random_state=0, alpha_W=1e-2, max_iter=500).fit(X, weight=np.where(hidden, 0, 1.0))
    other = NMF(2, random_state=0, alpha_W=8e-2, max_iter=500).fit(X, weight=np.where(hidden, 0, 8.0))
    np.testing.assert_allclose(one.components_, other.components_, rtol=1e-9)
    assert other.history_.objective.iloc[-1] == pytest.approx(8 * one.history_.objective.iloc[-1], rel=1e-9)


def test_the_weights_are_never_modified():
    """CSR with a duplicate and unsorted indices, read-only."""
    weight = sp.csr_matrix(([1.0, 1, 1, 1, 1], [1, 0, 1, 0, 1], [0, 3, 5]), shape=(2, 2))
    before = weight.data.copy(), weight.indices.copy(), weight.indptr.copy()
    for array in (weight.data, weight.indices, weight.indptr):
        array.flags.writeable = False
    NMF(1, random_state=0).fit(sp.csr_matrix(np.ones((2, 2))), weight=weight)
    for kept, array in zip(before, (weight.data, weight.indices, weight.indptr), strict=True):
        np.testing.assert_array_equal(kept, array)


@pytest.mark.parametrize("form", ["csr", "csc", "coo", "lil", "dok", "bsr"])
def test_sparse_weights_may_have_any_format(form, planted):
    X, hidden = planted
    weight = sp.coo_array(np.where(hidden, 0, 1.0))
    found = NMF(2, random_state=0, max_iter=20, tol=1e9).fit(X, weight=weight.asformat(form))
    wanted = NMF(2, random_state=0, max_iter=20, tol=1e9).fit(X, weight=~hidden)
    np.testing.assert_allclose(found.components_, wanted.components_, rtol=1e-9)


def test_new_features_with_holes_are_folded_in(planted):
    X, hidden = planted
    W = NMF(2, random_state=0, max_iter=3000, tol=1e-7).fit_transform(X[:, :8])
    Ht, _, _ = non_negative_factorization(holey(X, hidden)[:, 8:].T, H=W.T, n_components=2, update_H=False)
    for j, known in enumerate(~hidden[:, 8:].T):
        np.testing.assert_allclose(Ht[j], nnls(W[known], X[known, 8 + j])[0], rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("penalty", [Smooth(0.1), Group(0.1), UnitNorm(), MinimumVolume(0.1)])
def test_penalties_that_couple_samples_do_not_go_with_sample_weights(penalty, planted):
    with pytest.raises(IncompatibleError, match=f"sample_weight with {type(penalty).__name__} on W"):
        NMF(2, penalty_W=penalty, penalty_H=L2(0.1)).fit(planted[0], sample_weight=np.arange(20.0))


def test_a_penalty_with_a_number_for_each_sample_goes_with_sample_weights(planted):
    """And weights of 1 are none, for what is returned too."""
    X, _ = planted
    options = {"penalty_W": [L2(1.0, mean=np.linspace(0, 1, 20)[:, None]), Box(0, 0.6)], "penalty_H": L2(0.1)}
    one, other = (NMF(2, random_state=0, max_iter=300, **options) for _ in range(2))
    W, V = one.fit_transform(X), other.fit_transform(X, sample_weight=np.ones(20))
    np.testing.assert_allclose(W, V, rtol=1e-5, atol=1e-6)
    W = other.fit_transform(X, sample_weight=np.arange(20))
    assert W.shape == (20, 2) and W[1:].max() <= 0.6 + 1e-12


def test_a_projection_and_bounds_on_one_factor_are_refused():
    X = np.ones((4, 3))
    for wrong in ({"penalty_W": [Simplex(), Box(0, 0.4)]}, {"penalty_W": [UnitNorm(), Box(0, 0.4)], "solver": "admm"}):
        with pytest.raises(IncompatibleError, match="a projection onto the one leaves the other"):
            NMF(2, **wrong).fit(X)
    with pytest.raises(IncompatibleError, match="fixed entries are bounds"):
        NMF(2, penalty_W=Simplex()).fit(X, fixed_W=[0.2, np.nan])


@pytest.mark.parametrize(
    "given, message",
    [
        ({"weight": lambda rows: None}, "what weight.rows. returns must hold real numbers"),
        ({"weight": np.full((20, 12), "a")}, "weight must hold real numbers"),
        ({"weight": np.ones((20, 12), complex)}, "weight must hold real numbers"),
        ({"weight": sp.eye_array(20, 12), "background": "a"}, "background='a' must be a finite weight"),
        ({"sample_weight": "a"}, "sample_weight must hold real numbers"),
        ({"fixed_H": "a"}, "fixed_H must hold real numbers"),
    ],
)
def test_weights_that_are_no_numbers_are_named(given, message, planted):
    with pytest.raises(DataError, match=message):
        NMF(2).fit(planted[0], **given)


def test_a_score_of_no_cell_is_refused(planted):
    X, _ = planted
    with pytest.raises(DataError, match="test_weight is zero everywhere"):
        fitted(X).score(X, test_weight=np.zeros_like(X))


def islands(n_islands, size=3, width=4):
    """A table of which only blocks on the diagonal are observed."""
    X = np.full((n_islands * size, n_islands * width), np.nan)
    for b in range(n_islands):
        X[b * size : (b + 1) * size, b * width : (b + 1) * width] = 1 + b
    return X


def test_blocks_that_no_cell_joins_are_said_to_be_undetermined(tmp_path):
    X = islands(3)
    with pytest.warns(DataWarning, match="3 blocks that share no row and no column. 72 of 108 cells join two blocks"):
        model = NMF(1, random_state=0).fit(X)
    model.save(tmp_path / "model.pw")
    assert "72 of 108 cells" in load(tmp_path / "model.pw").info()


@pytest.mark.parametrize("form", [np.asarray, lambda X: sp.csr_array(np.nan_to_num(X))], ids=["dense", "stored"])
def test_a_single_cell_joins_blocks(form):
    X = islands(2)
    X[0, -1] = 2
    given = {} if isinstance(form(X), np.ndarray) else {"weight": "stored"}
    assert "blocks" not in NMF(1, random_state=0).fit(form(X), **given).info()


def test_known_components_determine_every_cell():
    X = islands(2)
    assert "blocks" not in NMF(1, random_state=0).fit(X, fixed_H=np.ones((1, X.shape[1]))).info()
