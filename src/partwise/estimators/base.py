"""What `NMF` and `MiniBatchNMF` share: parameters, the checks at the door, and everything after a fit."""

from __future__ import annotations

import logging
import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_array
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from partwise import persist
from partwise.data import as_data
from partwise.engine import init
from partwise.engine.objective import divergence, magnitude, squared_error
from partwise.engine.problem import Problem, solver_of
from partwise.engine.rows import solve_rows
from partwise.engine.units import ORDINARY, Units, in_units, times_power
from partwise.errors import DataError, DataWarning, DeadComponentWarning
from partwise.estimators.callbacks import CallbackSupportMixin
from partwise.estimators.output import in_original_features
from partwise.kernels import pool
from partwise.losses import NAMES, Beta, as_beta
from partwise.penalties import Elastic

logger = logging.getLogger("partwise")

DTYPES = [np.float64, np.float32]


class NotConvergedWarning(ConvergenceWarning):
    """The fit stopped before its rule for convergence was met; the message gives what was reached."""


class BaseNMF(CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
    """Shared by the estimators; not to be used alone."""

    _parameter_constraints: dict = {
        "n_components": [Interval(Integral, 1, None, closed="left"), StrOptions({"auto"})],
        "init": [StrOptions(set(init.NAMES)), None],
        "beta_loss": [StrOptions(set(NAMES)), Real],
        "tol": [Interval(Real, 0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "random_state": ["random_state"],
        "alpha_W": [Interval(Real, 0, None, closed="left")],
        "alpha_H": [Interval(Real, 0, None, closed="left"), StrOptions({"same"})],
        "l1_ratio": [Interval(Real, 0, 1, closed="both")],
        "verbose": ["verbose"],
        "n_jobs": [Integral, None],
        "sort_components": ["boolean"],
    }

    n_components: int | str
    init: str | None
    beta_loss: str | float
    alpha_W: float
    alpha_H: float | str
    l1_ratio: float
    n_jobs: int | None
    components_: np.ndarray
    _history: np.ndarray

    _saved_state = ("_n_components", "_beta_loss", "_history")

    # ------------------------------------------------------------------ checks

    def _read(self, X: Any, reset: bool) -> Any:
        """X as a finite, non-negative float array or CSR/CSC matrix."""
        X = validate_data(  # type: ignore[arg-type]
            self, X, accept_sparse=["csr", "csc"], dtype=DTYPES, reset=reset, ensure_all_finite=False
        )
        check_finite(X, type(self).__name__)
        check_non_negative(X, f"{type(self).__name__} (input X)")
        return X

    def _penalties(self, shape: tuple[int, int]) -> tuple[Elastic, Elastic]:
        """The penalties of W and H, scaled as scikit-learn does."""
        n_samples, n_features = shape
        alpha_H = self.alpha_W if isinstance(self.alpha_H, str) else self.alpha_H
        weights_W, weights_H = n_features * self.alpha_W, n_samples * alpha_H
        parts = (self.l1_ratio, 1 - self.l1_ratio)
        return Elastic(*(weights_W * part for part in parts)), Elastic(*(weights_H * part for part in parts))

    def _loss(self, X: Any) -> Beta:
        """The loss, after checking that X has a finite one."""
        self._beta_loss = as_beta(self.beta_loss)
        if not np.isfinite(self._beta_loss):
            raise DataError(f"beta_loss={self.beta_loss} must be a finite number, or the name of a loss.")
        if self._beta_loss <= 0:
            check_positive(X, self._beta_loss)
        return Beta(self._beta_loss)

    def _size(self, X: Any, W: Any = None, H: Any = None) -> int:
        """The number of components; "auto" takes it from a given factor, else from the number of features."""
        k = self.n_components
        if k == "auto":
            given = H.shape[0] if H is not None else None if W is None else W.shape[1]
            k = X.shape[1] if given is None else given
            logger.info('n_components="auto" means %d here (scikit-learn\'s rule); give a number to choose it.', k)
        if k > min(X.shape):
            warnings.warn(
                f"n_components={k} is more than min(n_samples, n_features) = {min(X.shape)}; parts beyond that cannot "
                "be told apart.",
                DataWarning,
                stacklevel=4,
            )
        n, p = X.shape
        if k * (n + p) >= n * p:
            logger.info(
                "n_components=%d makes factors of %d numbers for %d cells: they do not compress X.",
                k,
                k * (n + p),
                n * p,
            )
        return int(k)

    def _start_name(self, X: Any, k: int, svd_default: str) -> str:
        """The name of the start, and whether it can be used."""
        if self.init is None:
            return svd_default if k <= min(X.shape) else "random"
        if self.init in init.SVD_NAMES and k > min(X.shape):
            raise DataError(
                f"init = '{self.init}' can only be used when n_components <= min(n_samples, n_features); here "
                f"n_components={k} and the shape is {X.shape}. Use init='random'."
            )
        return self.init

    def _given_factors(self, X: Any, W: Any, H: Any) -> tuple[np.ndarray, np.ndarray]:
        """Checked copies of the factors of ``init="custom"``, W (n_samples, k) and Ht (n_features, k)."""
        k = self.n_components
        H = check_factor(H, (k, X.shape[1]), "NMF (input H)", X.dtype)
        W = check_factor(W, (X.shape[0], len(H) if k == "auto" else k), "NMF (input W)", X.dtype)
        for factor, name in ((H, "H"), (W, "W")):
            if factor.max(initial=0) == 0:
                raise DataError(f"Array passed to NMF (input {name}) is full of zeros: no update leaves zero.")
        return W.copy(order="C"), H.T.copy(order="C")

    # ------------------------------------------------------------------ after the fit

    def _solve(self, X: Any, H: np.ndarray) -> np.ndarray:
        """Rows of W for fixed H, each from a start that depends on the row alone."""
        beta = as_beta(self.beta_loss)
        if beta <= 0:
            check_positive(X, beta)
        with pool.session(self.n_jobs) as threads:
            units, Ht, penalty, data = self._fixed_problem(X, H, threads, beta)
            loss = Beta(beta).on(data)
            W = np.zeros((X.shape[0], len(H)), X.dtype)
            solver = solver_of("auto", loss)
            left = solve_rows(Problem(loss, solver, solver, penalty), data, W, Ht)
        if left:
            logger.info("%d of %d rows stopped short of the tolerance of transform.", left, len(W))
        return units(W)

    def _fixed_problem(self, X: Any, H: np.ndarray, threads: int, beta: float):
        """How to undo the units, and H, its penalty and the data in the units of the solve."""
        penalty = self._penalties(X.shape)[0]
        outer_X = Units.of(largest(X), X.dtype, beta)
        outer_H = Units.of_factor(largest(H), X.dtype)
        # W H = X: with X in units of 4^a and H in units of 2^b, W comes in units of 4^a / 2^b
        exponent = 2 * outer_X.half - outer_H.half
        data = as_data(outer_X.data(X), threads)
        Ht = np.ascontiguousarray(outer_H.inward(H).T, X.dtype)
        scaled = in_units(penalty, exponent, -2 * outer_X.half * beta) if exponent or outer_X.half else penalty
        return (lambda W: np.ldexp(W, exponent) if exponent else W), Ht, scaled, data

    def transform(self, X):
        """The weights of the components in new samples: each row of W solved with the components fixed.

        Frobenius rows are solved exactly, Kullback-Leibler rows to a small KKT residual: on the training data these are
        the rows that ``fit_transform`` returned. Rows of other losses take up to 500 multiplicative steps, which leaves
        them within a few per cent of it. A row's result depends on that row alone. (``normalize="W"`` keeps W as the
        updates left it; `transform` then solves plain Kullback-Leibler rows.)

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), non-negative

        Returns
        -------
        W : ndarray of shape (n_samples, n_components), non-negative, of the dtype of X

        Notes
        -----
        O(stored k + n_samples k^2) for a few sweeps; blocks of rows on all threads.
        """
        check_is_fitted(self)
        X = self._read(X, reset=False)
        return self._solve(X, np.asarray(self.components_, X.dtype))

    def inverse_transform(self, X):
        """``W H``: samples from their weights.

        Parameters
        ----------
        X : {array-like, sparse matrix, DataFrame} of shape (n_samples, n_components)

        Returns
        -------
        X_original : ndarray of shape (n_samples, n_features)
            A DataFrame with the names of the features if ``set_output`` asked for one.
        """
        check_is_fitted(self)
        W = check_array(X, accept_sparse=["csr", "csc"], dtype=DTYPES)  # type: ignore[arg-type]
        if W.shape[1] != len(self.components_):
            raise DataError(
                f"X has {W.shape[1]} columns, but this {type(self).__name__} has {len(self.components_)} components: "
                "inverse_transform takes what transform returned."
            )
        return in_original_features(self, W @ self.components_, X)

    def score(self, X, y=None):
        """Minus the loss per sample, ``-d_beta(X | W H) / n_samples`` with W solved for X: higher is better.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), non-negative
        y : ignored

        Returns
        -------
        float
            In the unit of X to the power beta (nats for Kullback-Leibler counts); 0 is a perfect fit. Penalties are
            not counted.
        """
        check_is_fitted(self)
        X = self._read(X, reset=False)
        W = self._solve(X, np.asarray(self.components_, X.dtype))
        beta = as_beta(self.beta_loss)
        units = Units.of(largest(X), X.dtype, beta)
        with pool.session(self.n_jobs) as threads:
            data = as_data(units.data(X), threads)
            Ht = np.ascontiguousarray(units.inward(self.components_).T, X.dtype)
            value = divergence(Beta(beta).on(data), data, units.inward(W), Ht)
        return -times_power(value, 2 * units.half * beta) / X.shape[0]

    def certify(self, X):
        """Compute ``lower_bound_``: no matrix of this rank, whatever its signs, is nearer to X.

        By Eckart and Young, ``|X - Y| >= sqrt(sum of the squared singular values of X after the k-th)`` for every Y of
        rank k; a reported error below it is impossible, and a fit near it is nearly the best of any start.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features)
            The data that the model was fitted on.

        Returns
        -------
        self
            With ``lower_bound_``, in the unit of X.

        References
        ----------
        Eckart & Young (1936), doi:10.1007/BF02288367
        """
        check_is_fitted(self)
        X = self._read(X, reset=False)
        units = Units.of(largest(X), X.dtype)
        self.lower_bound_ = times_power(svd_bound(units.data(X), len(self.components_)), 2 * units.half)
        return self

    def save(self, path) -> None:
        """Write the fitted model to a ``.pw`` file; `partwise.load` reads it back.

        Parameters
        ----------
        path : str or path-like
            The file; written whole or not at all, and free of pickle.
        """
        check_is_fitted(self)
        persist.save(self, path)

    @property
    def history_(self):
        """The fit as a table, one row per iteration in which the objective was computed: see the class."""
        import pandas as pd

        check_is_fitted(self)
        table = pd.DataFrame(self._history, columns=list(HISTORY))
        return table.astype({"iteration": int})

    @property
    def _n_features_out(self) -> int:
        return self.components_.shape[0]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


HISTORY = ("iteration", "objective", "kkt", "relative_decrease", "seconds")


def largest(X: Any) -> float:
    """Largest entry of an array or sparse matrix; 0 if it has none."""
    values = X.data if sp.issparse(X) else X
    return float(values.max(initial=0))


def check_finite(X: Any, whom: str) -> None:
    """Raise DataError naming how many entries are not finite, and where the first one is."""
    values = X.data if sp.issparse(X) else X
    if np.isfinite(values.min(initial=0)) and np.isfinite(values.max(initial=0)):
        return
    name, wrong = ("NaN", np.isnan) if np.isnan(values).any() else ("infinity", np.isinf)
    if sp.issparse(X):
        entries = X.tocoo()
        rows, columns = (index[wrong(entries.data)] for index in (entries.row, entries.col))
    else:
        rows, columns = np.nonzero(wrong(X))
    raise DataError(
        f"Input X contains {name}: {len(rows)} of {X.shape[0] * X.shape[1]} entries, the first at row {rows[0]}, "
        f"column {columns[0]}. {whom} needs finite values: replace them, or drop their rows or columns."
    )


def check_ordinary(X: Any, whom: str) -> None:
    """Raise DataError if X is in a unit where sums over batches would leave the range of its dtype."""
    top, (low, high) = largest(X), ORDINARY[X.dtype]
    if top and not low <= top <= high:
        raise DataError(
            f"{whom} adds up batches in the unit of X, so the largest entry of {X.dtype} data must be from {low:g} to "
            f"{high:g}; here it is {top:.6g}. Divide X by a constant, by which the components change alike, or use NMF."
        )


def check_non_negative(X: Any, whom: str) -> None:
    """Raise DataError naming how many entries are negative, the lowest, and where the first one is."""
    values = X.data if sp.issparse(X) else X
    if values.size == 0 or values.min() >= 0:
        return
    rows, columns = X.nonzero() if sp.issparse(X) else np.nonzero(X < 0)
    if sp.issparse(X):
        below = np.asarray(X[rows, columns]).ravel() < 0
        rows, columns = rows[below], columns[below]
    raise DataError(
        f"Negative values in data passed to {whom}: {len(rows)} of {X.shape[0] * X.shape[1]} entries are below 0, "
        f"the lowest is {values.min():.6g}, the first is at row {rows[0]}, column {columns[0]}. NMF needs values >= 0: "
        "clip them, shift the column, or drop the rows."
    )


def check_positive(X: Any, beta: float) -> None:
    """Raise DataError if X has zeros, where a loss with beta <= 0 is infinite."""
    stored = np.count_nonzero(X.data) if sp.issparse(X) else np.count_nonzero(X)
    zeros = X.shape[0] * X.shape[1] - stored
    if not zeros:
        return
    dense = X.toarray() if sp.issparse(X) and X.shape[0] * X.shape[1] < 10**7 else X
    where = "" if sp.issparse(dense) else " (first at row {}, column {})".format(*np.argwhere(dense == 0)[0])
    raise DataError(
        "When beta_loss <= 0 and X contains zeros, the solver may diverge. Please add small values to X, or use a "
        f"positive beta_loss. Here beta_loss={beta:g} and X has {zeros} zeros{where}."
    )


def check_factor(A: Any, shape: tuple[Any, Any], whom: str, dtype: np.dtype) -> np.ndarray:
    """A given factor, checked with scikit-learn's words; ``shape`` may hold "auto"."""
    if A is None:
        raise DataError(f"init='custom' needs both W and H, but none was given for {whom}.")
    A = check_array(A)
    for axis, name in enumerate(("first", "second")):
        if shape[axis] != "auto" and A.shape[axis] != shape[axis]:
            raise DataError(
                f"Array with wrong {name} dimension passed to {whom}. Expected {shape[axis]}, but got {A.shape[axis]}."
            )
    check_non_negative(A, whom)
    if A.dtype != dtype:
        name = whom[-2]
        raise TypeError(f"{name} should have the same dtype as X. Got {name}.dtype = {A.dtype} and X.dtype = {dtype}.")
    return A


def svd_bound(X: Any, k: int) -> float:
    """``sqrt(sum_{i > k} sigma_i(X)^2)``; ARPACK for large X, whose converged values keep the bound honest."""
    n, p = X.shape
    if k >= min(n, p):
        return 0.0
    if n * p <= init.EXACT_SVD_SIZE:
        values = np.linalg.svd(np.asarray(X.toarray() if sp.issparse(X) else X, np.float64), compute_uv=False)
        return float(np.linalg.norm(values[k:]))
    from scipy.sparse.linalg import svds

    values: Any = svds(X.astype(np.float64), k=k, return_singular_vectors=False, v0=np.ones(min(n, p)))
    with pool.session() as threads:
        total = as_data(X, threads).norm2
    margin = 1e-12 * total  # the iterated values err downwards, the difference of two sums by rounding: stay below
    return float(np.sqrt(max(total - float(np.sum(values**2)) - margin, 0.0)))


def explained(beta: float, value: float, data: Any, W: np.ndarray, Ht: np.ndarray) -> float:
    """``1 - |X - W H|^2 / |X|^2``; 0 for an X of zeros. ``value`` is the loss, which for beta = 2 has the answer."""
    if not data.norm2:
        return 0.0
    return 1 - (2 * value if beta == 2 else squared_error(data, W, Ht)) / data.norm2


def leaves_something(loss: Beta, data: Any, value: float) -> bool:
    """Whether a loss of ``value`` is more than rounding of an exact fit."""
    return value > 1e-12 * magnitude(loss, data)


def warn_not_converged(max_iter: int, decrease: float, kkt: float, tol: float) -> None:
    """Say what was reached instead of convergence."""
    fell = "" if np.isnan(decrease) else f"the objective fell by {decrease:.1e} of itself per iteration and "
    warnings.warn(
        f"Maximum number of iterations {max_iter} reached. Increase it to improve convergence. At the stop {fell}the "
        f"KKT residual was {kkt:.1e} (tol={tol:g}).",
        NotConvergedWarning,
        stacklevel=4,
    )


def warn_non_finite(n_iter: int) -> None:
    """Say that the factors are not to be used."""
    warnings.warn(
        f"A factor or the objective became infinite or nan in iteration {n_iter}: the numbers left the range of their "
        "dtype. Start from factors whose product is near X, lower alpha_W and alpha_H, or use float64.",
        NotConvergedWarning,
        stacklevel=4,
    )


def warn_one_sided(W: Elastic, H: Elastic) -> None:
    """Say that an L1 penalty on one factor alone buys nothing (scikit-learn issue 30524)."""
    for one, other, names in ((W, H, "W, H"), (H, W, "H, W")):
        if one.l1 and not (other.l1 or other.l2):
            first, second = names.split(", ")
            warnings.warn(
                f"The L1 penalty is on {first} only (alpha_{second}=0): scale then flows to {second} for free, and "
                f"nothing becomes sparser. Penalise both (alpha_H='same').",
                DataWarning,
                stacklevel=4,
            )


def warn_dead(dead: list[int]) -> None:
    """Name the components that ended at zero although part of X is not explained."""
    if dead:
        warnings.warn(
            f"Components {dead} are zero and no restart of them lowered the objective: the data, or the penalties, "
            f"carry fewer parts. Use fewer components or smaller alpha_W and alpha_H.",
            DeadComponentWarning,
            stacklevel=4,
        )
