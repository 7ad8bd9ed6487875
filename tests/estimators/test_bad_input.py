"""Input at the edges, and input that must be refused with the thing, its value, the rule and the way out."""

import os
import subprocess
import sys

import hypothesis
import hypothesis.extra.numpy as arrays
import hypothesis.strategies as draw
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

from partwise import NMF, MiniBatchNMF, non_negative_factorization
from partwise.errors import DataError, DataWarning
from partwise.estimators import NotConvergedWarning

ESTIMATORS = {
    "cd": lambda **options: NMF(**{"solver": "cd", **options}),
    "bpp": lambda **options: NMF(**{"solver": "bpp", **options}),
    "mu": lambda **options: NMF(**{"solver": "mu", **options}),
    "kl": lambda **options: NMF(**{"beta_loss": 1, **options}),
    "scd": lambda **options: NMF(**{"beta_loss": 1, "solver": "scd", **options}),
    "beta=1.5": lambda **options: NMF(**{"beta_loss": 1.5, **options}),
    "minibatch": lambda **options: MiniBatchNMF(**{"batch_size": 4, **options}),
}
every_estimator = pytest.mark.parametrize("make", ESTIMATORS.values(), ids=ESTIMATORS)
whole_matrix = pytest.mark.parametrize("make", list(ESTIMATORS.values())[:-1], ids=list(ESTIMATORS)[:-1])

# Tiny tables rarely converge in the few iterations that these tests allow, and their rank is often below k.
pytestmark = [
    pytest.mark.filterwarnings("ignore::partwise.estimators.NotConvergedWarning"),
    pytest.mark.filterwarnings("ignore::partwise.errors.DataWarning"),
    pytest.mark.filterwarnings("ignore::partwise.errors.DeadComponentWarning"),
]


def table(n=9, p=6, seed=0):
    return np.random.default_rng(seed).random((n, p))


def spoiled(value, row=2, column=3):
    X = table()
    X[row, column] = value
    return X


def assert_sound(model, W, X):
    """Finite, non-negative, of the right shape and dtype, with an error that is right or, at least, finite."""
    k = model.n_components_
    dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.float64
    assert W.shape == (X.shape[0], k)
    assert model.components_.shape == (k, X.shape[1])
    for factor in (W, model.components_):
        assert factor.dtype == dtype
        assert np.isfinite(factor).all()
        assert factor.min(initial=0) >= 0
    assert np.isfinite(model.reconstruction_err_)
    assert np.isfinite(model.explained_variance_)
    assert np.isfinite(model.kkt_)
    assert model.stop_reason_ in ("converged", "max_iter")


# ---------------------------------------------------------------------- refused


REFUSED = {
    "no rows": (np.empty((0, 5)), r"0 sample\(s\) \(shape=\(0, 5\)\) while a minimum of 1 is required"),
    "no columns": (np.empty((5, 0)), r"0 feature\(s\) \(shape=\(5, 0\)\) while a minimum of 1 is required"),
    "sparse, no rows": (sp.csr_array((0, 5)), r"0 sample\(s\)"),
    "three dimensions": (table()[None], "dim 3"),
    "one dimension": (table()[0], "Expected 2D array, got 1D array instead(.|\n)*reshape"),
    "nothing": (None, "Expected 2D array"),
    "complex": (table() + 1j, "Complex data not supported"),
    "words": (np.array([["a", "b"], ["c", "d"]]), "could not convert string to float: .*'a'"),
    "a table with words": (pd.DataFrame({"a": ["x", "y"], "b": [1.0, 2.0]}), "could not convert string to float: 'x'"),
    "infinity": (spoiled(np.inf), "Input X contains infinity: 1 of 54 entries, the first at row 2, column 3.*replace"),
    "minus infinity": (spoiled(-np.inf), "Input X contains infinity"),
    "csc infinity": (sp.csc_array(spoiled(np.inf)), "Input X contains infinity: 1 of 54.*row 2, column 3"),
    "negative": (
        spoiled(-0.25),
        r"Negative values in data passed to .*NMF \(input X\): 1 of 54 entries are below 0, the lowest is -0.25, the "
        "first is at row 2, column 3. NMF needs values >= 0: clip them, shift the column, or drop the rows",
    ),
    "sparse negative": (
        sp.csr_array(spoiled(-0.25)),
        "1 of 54 entries are below 0, the lowest is -0.25.*row 2, column 3",
    ),
    "csc negative": (sp.csc_array(spoiled(-0.25)), "1 of 54 entries are below 0, the lowest is -0.25.*row 2, column 3"),
    "negative integers": (np.array([[1, 2], [3, -4]]), "1 of 4 entries are below 0, the lowest is -4.*row 1, column 1"),
}


MISSING = {
    "nan": (
        spoiled(np.nan),
        "Input X contains NaN: 1 of 54 entries, the first at row 2, column 3.*NMF fits around them",
    ),
    "sparse nan": (
        sp.csr_array(spoiled(np.nan)),
        "Input X contains NaN: 1 of 54 entries, the first at row 2, column 3",
    ),
    "a missing cell": (
        pd.DataFrame({"a": [1.0, None], "b": [2.0, 3.0]}),
        "contains NaN: 1 of 4 entries, the first at row 1",
    ),
}


@pytest.mark.parametrize("X, words", MISSING.values(), ids=MISSING)
def test_batches_with_missing_cells_are_refused_with_a_way_out(X, words):
    for learn in (MiniBatchNMF(n_components=2).fit, MiniBatchNMF(n_components=2).partial_fit):
        with pytest.raises(DataError, match=words):
            learn(X)


@pytest.mark.parametrize("X", [X for X, _ in MISSING.values()], ids=MISSING)
@whole_matrix
def test_missing_cells_are_fitted_around(make, X):
    if sp.issparse(X) and make().beta_loss == 1.5:
        with pytest.raises(DataError, match="or a dense X"):
            make(n_components=1).fit(X)
        return
    model = make(n_components=1, random_state=0)
    W = model.fit_transform(X)
    assert np.isfinite(W).all() and np.isfinite(model.components_).all()


@every_estimator
@pytest.mark.parametrize("X, words", REFUSED.values(), ids=REFUSED)
def test_data_that_cannot_be_factorized_are_refused_in_words(make, X, words):
    with pytest.raises(ValueError, match=words):
        make(n_components=1).fit(X)


@every_estimator
@pytest.mark.parametrize("name", ["infinity", "negative", "sparse negative", "three dimensions", "words"])
def test_transform_refuses_what_fit_refuses(make, name):
    model = make(n_components=2).fit(table())
    with pytest.raises(ValueError, match=REFUSED[name][1]):
        model.transform(REFUSED[name][0])
    with pytest.raises(ValueError, match=REFUSED[name][1]):
        model.score(REFUSED[name][0])


def test_transform_needs_the_columns_of_the_fit():
    with pytest.raises(ValueError, match="X has 5 features, but NMF is expecting 6 features"):
        NMF(2).fit(table()).transform(table(p=5))


def test_inverse_transform_needs_the_components_of_the_fit():
    with pytest.raises(ValueError, match=r"X has 3 columns, but this NMF has 2 components: .*what transform returned"):
        NMF(2).fit(table()).inverse_transform(np.ones((4, 3)))


@pytest.mark.parametrize("method", ["transform", "inverse_transform", "score", "certify"])
@every_estimator
def test_a_model_that_was_not_fitted_says_so(make, method):
    with pytest.raises(ValueError, match="not fitted yet"):
        getattr(make(n_components=2), method)(table(p=2))


@pytest.mark.parametrize("beta_loss", [0, "itakura-saito", -1, -0.5])
@pytest.mark.parametrize("Estimator", [NMF, MiniBatchNMF])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array, sp.csc_array], ids=["dense", "csr", "csc"])
def test_a_zero_where_the_loss_is_infinite_is_refused(beta_loss, Estimator, form):
    X = spoiled(0)
    X[5, 1] = 0
    words = r"beta_loss <= 0 and X contains zeros.*add small values to X, or use a positive beta_loss"
    words += r".*X has 2 zeros \(first at row 2, column 3\)"
    with pytest.raises(ValueError, match=words):
        Estimator(2, beta_loss=beta_loss).fit(form(X))
    model = Estimator(2, beta_loss=beta_loss).fit(table() + 0.1)
    with pytest.raises(ValueError, match=words):
        model.transform(form(X))


FACTORS = {
    "W too short": (
        table(8, 2),
        table(2, 6),
        r"Array with wrong first dimension passed to NMF \(input W\). Expected 9, but got 8",
    ),
    "W too wide": (
        table(9, 3),
        table(2, 6),
        r"wrong second dimension passed to NMF \(input W\). Expected 2, but got 3",
    ),
    "H too tall": (table(9, 2), table(3, 6), r"wrong first dimension passed to NMF \(input H\). Expected 2, but got 3"),
    "H too narrow": (
        table(9, 2),
        table(2, 5),
        r"wrong second dimension passed to NMF \(input H\). Expected 6, but got 5",
    ),
    "W negative": (table(9, 2) - 0.5, table(2, 6), r"Negative values in data passed to NMF \(input W\): .* below 0"),
    "H negative": (table(9, 2), table(2, 6) - 0.5, r"Negative values in data passed to NMF \(input H\): .* below 0"),
    "W zero": (np.zeros((9, 2)), table(2, 6), r"Array passed to NMF \(input W\) is full of zeros"),
    "H zero": (table(9, 2), np.zeros((2, 6)), r"Array passed to NMF \(input H\) is full of zeros"),
    "H infinite": (table(9, 2), np.full((2, 6), np.inf), "contains infinity"),
    "both missing": (None, None, r"init='custom' needs (both )?W (and|or) H, but none was given"),
}


@pytest.mark.parametrize("W, H, words", FACTORS.values(), ids=FACTORS)
@pytest.mark.parametrize("Estimator", [NMF, MiniBatchNMF])
def test_starts_that_do_not_fit_are_refused_in_words(Estimator, W, H, words):
    with pytest.raises(ValueError, match=words):
        Estimator(2, init="custom").fit(table(), W=W, H=H)


def test_batches_start_from_both_factors_without_gaps():
    for W, H, words in [
        (None, table(2, 6), "needs both W and H, but none was given for .*W"),
        (table(9, 2), None, "needs both W and H, but none was given for .*H"),
        (np.full((9, 2), np.nan), table(2, 6), "contains NaN"),
    ]:
        with pytest.raises(ValueError, match=words):
            MiniBatchNMF(2, init="custom").fit(table(), W=W, H=H)


def test_a_start_of_another_precision_is_refused():
    with pytest.raises(
        TypeError, match=r"H should have the same dtype as X. Got H.dtype = float32 and X.dtype = float64"
    ):
        NMF(2, init="custom").fit(table(), W=table(9, 2), H=table(2, 6).astype(np.float32))
    with pytest.raises(TypeError, match=r"W should have the same dtype as X. Got W.dtype = float32"):
        NMF(2, init="custom").fit(table(), W=table(9, 2).astype(np.float32), H=table(2, 6))


def test_fixed_components_must_be_given_and_fit():
    with pytest.raises(ValueError, match="update_H=False needs the components: give H of shape"):
        non_negative_factorization(table(), n_components=2, update_H=False)
    with pytest.raises(ValueError, match="Expected 6, but got 5"):
        non_negative_factorization(table(), H=table(2, 5), n_components=2, update_H=False)
    with pytest.raises(ValueError, match="Negative values"):
        non_negative_factorization(spoiled(-1), H=table(2, 6), n_components=2, update_H=False)


@pytest.mark.parametrize("init", ["nndsvd", "nndsvda", "nndsvdar", "nnsvdlrc"])
@pytest.mark.parametrize("Estimator", [NMF, MiniBatchNMF])
def test_a_start_from_singular_vectors_needs_enough_of_them(init, Estimator):
    rule = rf"init = '{init}' can only be used when n_components <= min"
    words = rule + r".*n_components=7 and the shape is \(9, 6\). Use init='random'"
    with pytest.raises(ValueError, match=words):
        Estimator(7, init=init).fit(table())


PARAMETERS = {
    "n_components": [0, -1, 2.5, None, "many"],
    "init": ["svd", 3],
    "solver": ["newton", None],
    "beta_loss": ["hinge", None],
    "tol": [-1e-3, "small"],
    "max_iter": [0, 1.5],
    "alpha_W": [-1, "same"],
    "alpha_H": [-1, "other"],
    "l1_ratio": [-0.1, 1.1],
    "shuffle": ["yes"],
    "normalize": ["H", True],
    "sort_components": ["mass"],
    "max_time": [0, -1],
    "n_jobs": [0.5, "all"],
    "random_state": ["seed", -1],
}


@pytest.mark.parametrize("name, value", [(name, value) for name, values in PARAMETERS.items() for value in values])
def test_a_parameter_out_of_range_is_named_with_its_value_and_the_rule(name, value):
    with pytest.raises(ValueError, match=rf"The '{name}' parameter of NMF must be .*\. Got {value!r} instead"):
        NMF(**{"n_components": 2, name: value}).fit(table())


@pytest.mark.parametrize("n_jobs", [0, -2])
@every_estimator
def test_an_impossible_number_of_threads_is_refused(make, n_jobs):
    with pytest.raises(ValueError, match=rf"n_jobs={n_jobs} must be None, -1 \(all CPUs\) or at least 1"):
        make(n_components=2, n_jobs=n_jobs).fit(table())


@pytest.mark.parametrize("name", ["PARTWISE_NUM_THREADS", "OMP_NUM_THREADS"])
@pytest.mark.parametrize("value", ["abc", "0", "-1", "1.5"])
def test_an_impossible_number_of_threads_in_the_environment_is_refused(name, value, monkeypatch):
    monkeypatch.delenv("PARTWISE_NUM_THREADS", raising=False)
    monkeypatch.setenv(name, value)
    with pytest.raises(ValueError, match=rf"{name}='{value}' must be a whole number of threads, at least 1. Unset it"):
        NMF(2).fit(table())


def test_an_unknown_instruction_set_is_refused_when_partwise_is_imported():
    environment = {**os.environ, "PARTWISE_ISA": "avx9000"}
    code = "import partwise; partwise.NMF"
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert (
        "PARTWISE_ISA='avx9000' is unknown; use one of baseline, x86-64-v3, x86-64-v4, reference, or unset it."
        in done.stderr
    )


# ---------------------------------------------------------------------- accepted


ACCEPTED = {
    "one row": table(1),
    "one column": table(9, 1),
    "one cell": table(1, 1),
    "a row of zeros": table() * (np.arange(9)[:, None] != 2),
    "a column of zeros": table() * (np.arange(6) != 3),
    "all zero": np.zeros((9, 6)),
    "one entry": np.eye(9, 6) * (np.arange(6) == 0),
    "an empty sparse matrix": sp.csr_array((9, 6)),
    "stored zeros only": sp.csr_array((np.zeros(3), ([0, 1, 2], [0, 1, 2])), shape=(9, 6)),
    "equal rows": np.ones((9, 1)) * table(1),
    "constant": np.full((9, 6), 3.0),
    "integers": np.arange(54).reshape(9, 6),
    "int8": np.arange(54, dtype=np.int8).reshape(9, 6),
    "bool": table() > 0.5,
    "float16": table().astype(np.float16),
    "float32": table().astype(np.float32),
    "objects": table().astype(object),
    "sparse integers": sp.csr_array(np.arange(54).reshape(9, 6)),
    "sparse bool": sp.csc_array(table() > 0.5),
    "fortran": np.asfortranarray(table()),
    "reversed": table()[::-1, ::-1],
    "a list": table().tolist(),
    "a matrix in another byte order": table().astype(">f8"),
    "negative zero": table() * np.where(table() > 0.5, 1.0, -0.0),
    "from 1e-12 to 1e12": 10 ** (24 * table() - 12),
}


@every_estimator
@pytest.mark.parametrize("X", ACCEPTED.values(), ids=ACCEPTED)
@pytest.mark.parametrize("k", [1, 2])
def test_unusual_data_are_factorized(make, X, k):
    model = make(n_components=k, max_iter=30)
    W = model.fit_transform(X)
    shaped = X if hasattr(X, "shape") else np.asarray(X)
    assert_sound(model, W, shaped)
    again = model.transform(X)
    assert again.shape == W.shape
    assert np.isfinite(again).all()


@every_estimator
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
def test_nothing_but_zeros_has_the_error_zero(make, form):
    model = make(n_components=2)
    W = model.fit_transform(form(np.zeros((9, 6))))
    assert model.reconstruction_err_ < 1e-20  # losses that divide by y take it as 1e-30 at least
    assert model.converged_
    assert not (W @ model.components_).any()


@whole_matrix
@pytest.mark.parametrize("unit", [1e-310, 1e-300, 1e-150, 1e150, 1e300, 1.7e308])
@pytest.mark.parametrize("form", [np.asarray, sp.csr_array], ids=["dense", "csr"])
@pytest.mark.parametrize("alpha", [0.0, 1e-3])
def test_any_unit_that_a_number_can_have_is_factorized(make, unit, form, alpha):
    X = form(table() / table().max() * unit)
    model = make(n_components=2, max_iter=50, alpha_W=alpha)
    W = model.fit_transform(X)
    assert np.isfinite(W).all() and np.isfinite(model.components_).all()
    assert not np.isnan(model.reconstruction_err_)
    assert np.isfinite(model.transform(X)).all()
    assert not np.isnan(model.score(X))
    if alpha == 0:
        expected = make(n_components=2, max_iter=50).fit(form(table()))
        rough = unit == 1e-310  # denormal numbers have fewer digits
        assert model.explained_variance_ == pytest.approx(expected.explained_variance_, rel=1e-2 if rough else 1e-9)
        assert model.n_iter_ == expected.n_iter_ or rough


@pytest.mark.parametrize("unit", [1e-300, 1e300])
def test_the_lower_bound_has_the_unit_of_the_data(unit):
    X = unit * table()
    expected = np.linalg.norm(np.linalg.svd(table())[1][2:])
    assert NMF(2).fit(X).certify(X).lower_bound_ / unit == pytest.approx(expected, rel=1e-10)


@whole_matrix
@pytest.mark.parametrize("unit", [1e-37, 1e37])
def test_any_unit_that_a_float32_can_have_is_factorized(make, unit):
    X = (table() * unit).astype(np.float32)
    model = make(n_components=2, max_iter=50)
    assert_sound(model, model.fit_transform(X), X)
    assert model.explained_variance_ > 0.7


@whole_matrix
def test_entries_that_are_600_orders_of_magnitude_apart_do_not_overflow(make):
    X = np.where(table(seed=1) < 0.5, 1e-300, 1e300) * table()
    model = make(n_components=2, max_iter=50)
    W = model.fit_transform(X)
    assert np.isfinite(W).all() and np.isfinite(model.components_).all()
    assert not np.isnan(model.reconstruction_err_)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_a_start_that_overflows_is_reported_and_never_called_converged():
    with pytest.warns(
        NotConvergedWarning, match="infinite or nan in iteration 1.*Start from factors whose product is near X"
    ):
        model = NMF(2, init="custom").fit(table(), W=1e200 * table(9, 2), H=1e200 * table(2, 6))
    assert model.stop_reason_ == "non-finite"
    assert not model.converged_


def test_duplicate_and_unsorted_entries_are_summed_in_a_copy():
    indices = np.array([3, 1, 3, 0, 2, 2])
    X = sp.csr_array((np.arange(1.0, 7.0), indices, np.array([0, 3, 4, 6])), shape=(3, 4))
    tidy = sp.csr_array(X.toarray())
    before = X.data.tobytes(), X.indices.tobytes(), X.indptr.tobytes()
    for make in ESTIMATORS.values():
        model = make(n_components=2, max_iter=20)
        expected = make(n_components=2, max_iter=20)
        np.testing.assert_allclose(model.fit_transform(X), expected.fit_transform(tidy), rtol=1e-7, atol=1e-9)
        assert (X.data.tobytes(), X.indices.tobytes(), X.indptr.tobytes()) == before


@every_estimator
def test_read_only_data_are_used_as_they_are(make):
    X = table()
    X.flags.writeable = False
    model = make(n_components=2, max_iter=20)
    assert_sound(model, model.fit_transform(X), X)


def test_more_components_than_rows_or_columns_are_a_warning():
    model = NMF(7, max_iter=20)
    with pytest.warns(DataWarning, match="n_components=7 is more than min"):
        W = model.fit_transform(table())
    assert_sound(model, W, table())


numbers = draw.one_of(
    draw.just(0.0),
    draw.floats(1e-6, 1e6, allow_subnormal=False),
    draw.sampled_from([1.0, 5e-324, 1e-300, 1e-160, 1e-20, 1e20, 1e160, 1e300]),
)
tables = arrays.arrays(
    np.float64, arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6), elements=numbers
)


@hypothesis.settings(max_examples=150)
@hypothesis.given(
    X=tables,
    k=draw.integers(1, 3),
    name=draw.sampled_from(list(ESTIMATORS)[:-1]),
    sparse=draw.booleans(),
    alpha=draw.sampled_from([0.0, 0.1]),
)
@hypothesis.example(X=np.array([[5e-324, 1.0], [1e300, 5e-324]]), k=1, name="kl", sparse=False, alpha=0.0)
@hypothesis.example(X=np.full((2, 3), 1e300), k=2, name="kl", sparse=False, alpha=0.0)
@hypothesis.example(X=np.array([[0, 1e-160, 1.0], [1, 0, 0], [0, 1, 0]]), k=3, name="cd", sparse=False, alpha=0.0)
def test_whatever_the_numbers_the_factors_are_numbers(X, k, name, sparse, alpha):
    before = X.tobytes()
    form = sp.csr_array(X) if sparse else X
    model = ESTIMATORS[name](n_components=k, max_iter=15, alpha_W=alpha)
    W = model.fit_transform(form)
    assert np.isfinite(W).all() and np.isfinite(model.components_).all()
    assert W.min() >= 0 and model.components_.min() >= 0
    assert not np.isnan(model.reconstruction_err_)
    assert not np.isnan(model.explained_variance_)
    assert model.stop_reason_ in ("converged", "max_iter")
    assert np.isfinite(model.transform(form)).all()
    assert X.tobytes() == before


@hypothesis.settings(max_examples=60)
@hypothesis.given(
    X=arrays.arrays(
        draw.sampled_from([np.float32, np.float64, np.int32, np.uint8, bool]),
        arrays.array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=6),
        elements=draw.sampled_from([0, 1]),
    ),
    k=draw.integers(1, 3),
    name=draw.sampled_from(list(ESTIMATORS)),
    order=draw.sampled_from("CF"),
)
def test_whatever_the_dtype_the_factors_have_the_nearest_float(X, k, name, order):
    model = ESTIMATORS[name](n_components=k, max_iter=5)
    X = np.asarray(X, order=order)
    W = model.fit_transform(X)
    assert W.dtype == model.components_.dtype == (np.float32 if X.dtype == np.float32 else np.float64)
    assert np.isfinite(W).all()


@pytest.mark.parametrize("form", ["csr", "csc"])
@pytest.mark.parametrize(
    "damage, message",
    [
        (lambda X: X.indices.__setitem__(0, 99), r"indices run from . to 99, but must lie between 0 and \d"),
        (lambda X: X.indices.__setitem__(0, -5), r"indices run from -5"),
        (lambda X: X.indptr.__setitem__(2, 99), "indptr must rise from 0"),
    ],
    ids=["index too high", "index negative", "pointer out of range"],
)
@pytest.mark.parametrize("beta_loss", [2, 1])
def test_a_sparse_matrix_with_broken_parts_is_refused_before_any_kernel_sees_it(form, damage, message, beta_loss):
    X = sp.random_array((8, 6), density=0.5, format=form, rng=np.random.default_rng(0))
    damage(X)
    with pytest.raises(ValueError, match=message):
        NMF(2, beta_loss=beta_loss).fit(X)
