"""What `NMF` and `MiniBatchNMF` share: parameters, the checks at the door, and everything after a fit."""

from __future__ import annotations

import logging
import warnings
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from partwise import persist
from partwise.card import EstimatorCard
from partwise.data import as_data
from partwise.engine import init
from partwise.engine.objective import divergence, magnitude, squared_error
from partwise.engine.problem import Problem, auto, solver_of
from partwise.engine.rows import RowSolve
from partwise.engine.step import aligned
from partwise.engine.units import Units
from partwise.errors import DataError, DataWarning, IncompatibleError
from partwise.estimators.callbacks import CallbackSupportMixin
from partwise.estimators.checks import check_entries, check_factor, check_finite, is_complete, largest
from partwise.estimators.known import Known, check_limits
from partwise.estimators.output import in_original_features
from partwise.estimators.prepared import Components, own, prepare, prepared
from partwise.estimators.weights import Cells, check_covered, weigh
from partwise.estimators.words import shown
from partwise.kernels import pool
from partwise.losses import NAMES, Beta, as_beta
from partwise.penalties import BY_NAME, Elastic, Sum, for_new_rows, total
from partwise.penalties.base import BasePenalty, times_power

logger = logging.getLogger("partwise")

DTYPES = [np.float64, np.float32]


class BaseNMF(EstimatorCard, CallbackSupportMixin, ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):
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
    components_ = Components()
    _history: np.ndarray

    _takes_missing = False  # whether fit does
    _saved_state = ("_n_components", "_beta_loss", "_history")

    # ------------------------------------------------------------------ checks

    def _read(self, X: Any, reset: bool) -> Any:
        """X as a finite, non-negative float array or CSR/CSC matrix."""
        X = self._validate(X, reset)
        check_entries(X, type(self).__name__)
        return X

    def _validate(self, X: Any, reset: bool) -> Any:
        """X as a float array or CSR/CSC matrix with the right features; its entries are not looked at."""
        return validate_data(  # type: ignore[arg-type]
            self, X, accept_sparse=["csr", "csc"], dtype=DTYPES, reset=reset, ensure_all_finite=False
        )

    def _cells(
        self, X: Any, weight: Any, background: float, reset: bool = False, axes: tuple[int, ...] = (1,)
    ) -> Cells:
        """X with what its cells count, checked; NaN counts nothing. Along ``axes`` each needs one that does."""
        X, whom = self._validate(X, reset), type(self).__name__
        if weight is None and not background and is_complete(X, whom):
            cells = Cells(X)
        elif not self._takes_missing and weight is None:
            check_finite(X, whom)
            cells = Cells(X)
        else:
            cells = weigh(X, weight, background)
            check_entries(cells.X, whom)
            check_covered(cells, axes)
        cells.check_loss(as_beta(self.beta_loss))
        return cells

    def _penalties(self, shape: tuple[float, int]) -> tuple[Any, Any]:
        """The penalties of W and H: alpha and l1_ratio, scaled as scikit-learn does, and the given objects."""
        n_samples, n_features = shape
        alpha_H = self.alpha_W if isinstance(self.alpha_H, str) else self.alpha_H
        weights_W, weights_H = n_features * self.alpha_W, n_samples * alpha_H
        parts = (self.l1_ratio, 1 - self.l1_ratio)
        scaled = (Elastic(*(weight * part for part in parts)) for weight in (weights_W, weights_H))
        given = (getattr(self, name, None) for name in ("penalty_W", "penalty_H"))
        W, H = (total([elastic, *listed(penalty)]) for elastic, penalty in zip(scaled, given, strict=True))
        return W, H

    def _loss(self, X: Any) -> Beta:
        """The loss of complete data, after checking that X has a finite one."""
        Cells(X).check_loss(self._beta())
        return Beta(self._beta_loss)

    def _beta(self) -> float:
        """The number of the loss, checked and kept."""
        self._beta_loss = as_beta(self.beta_loss)
        if not np.isfinite(self._beta_loss):
            raise DataError(f"beta_loss={self.beta_loss} must be a finite number, or the name of a loss.")
        return self._beta_loss

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

    def _start_name(self, X: Any, k: int, svd_default: str, weighted: bool = False) -> str:
        """The name of the start, and whether it can be used."""
        if self.init is None:
            return svd_default if k <= min(X.shape) and not weighted else "random"
        if weighted and self.init in init.SVD_NAMES:
            raise IncompatibleError(
                f"init={self.init!r} needs singular vectors, which X with missing or weighted cells does not have. Use "
                "init='random' or 'custom', or leave it out."
            )
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

    def _solve(self, cells: Cells, given: np.ndarray | None = None, fixed_W: Any = None) -> np.ndarray:
        """Rows of W for the components, or the ``given`` ones, each from a start that depends on the row alone."""
        if getattr(getattr(self, "solver", None), "signed", False):
            raise IncompatibleError(
                "SGD(signed=True) gives components with negative entries, but transform, score and impute solve rows "
                ">= 0, which would not be those of the model. Multiply the W of fit_transform by components_, "
                "or fit with signed=False."
            )
        beta, X = as_beta(self.beta_loss), cells.X
        with pool.session(self.n_jobs) as threads:
            for_these = cells.loss(beta), X.dtype, threads
            fixed, half = prepared(self, *for_these) if given is None else prepare(given, *for_these)
            data, outer = cells.data(beta, threads)
            exponent = 2 * outer.half - half  # W H = X: with X in units of 4^a and H of 2^b, W comes in 4^a / 2^b
            known = Known.of(X.shape, fixed.B.shape[1], X.dtype, W=fixed_W)
            penalty = total([for_new_rows(self._penalties(X.shape)[0]), *known.boxes()[0]])
            check_limits(penalty, "W")
            penalty = penalty.in_units(exponent, -2 * outer.half * beta - outer.weight)
            loss = cells.loss(beta).on(data)
            solver = solver_of(auto(loss, penalty=penalty), loss)
            W = np.zeros((X.shape[0], fixed.B.shape[1]), X.dtype)
            fn = RowSolve(Problem(loss, solver, solver, penalty), fixed, warm=False)
            left = data.sweep(fn, aligned(W, penalty), collect=False)
        if left:
            logger.info("%d of %d rows stopped short of the tolerance of transform.", left, len(W))
        W = np.ldexp(W, exponent) if exponent else W
        known.restore(W, fixed.B)
        return W

    def transform(self, X, weight=None, background=0.0, fixed_W=None):
        """The weights of the components in new samples: each row of W solved with the components fixed.

        Frobenius rows are solved exactly, Kullback-Leibler rows to a small KKT residual: on the training data these are
        the rows that ``fit_transform`` returned. Rows of other losses take up to 500 multiplicative steps, which leaves
        them within a few per cent of it. A row's result depends on that row alone. (``normalize="W"`` keeps W as the
        updates left it; `transform` then solves plain Kullback-Leibler rows.)

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), non-negative
            For `NMF`, NaN is a missing cell.
        weight, background
            What the cells count: as in `NMF.fit`.
        fixed_W : array-like of shape (n_samples, n_components) or (n_components,), optional
            What is known of W, NaN elsewhere, as in `NMF.fit`; what was known of other samples there is not remembered.

        Returns
        -------
        W : ndarray of shape (n_samples, n_components), non-negative, of the dtype of X

        Notes
        -----
        O(stored k + n_samples k^2) for a few sweeps; blocks of rows on all threads. With weights O(observed k^2).
        """
        check_is_fitted(self)
        return self._solve(self._cells(X, weight, background), fixed_W=fixed_W)

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
        H = vars(self)["components_"]  # not for others: what transform prepared stays
        if W.shape[1] != len(H):
            raise DataError(
                f"X has {W.shape[1]} columns, but this {type(self).__name__} has {len(H)} components: "
                "inverse_transform takes what transform returned."
            )
        return in_original_features(self, W @ H, X)

    def score(self, X, y=None, *, weight=None, background=0.0, test_weight=None):
        """Minus the loss per sample, ``-d_beta(X | W H) / n_samples`` with W solved for X: higher is better.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), non-negative
        y : ignored
        weight, background
            What the cells count: as in `NMF.fit`.
        test_weight : as weight, optional
            What the cells count in the score, if not the same: W is solved for the cells of ``weight``, and judged on
            those of ``test_weight``, so held-out cells are judged by what the others say.

        Returns
        -------
        float
            In the unit of X to the power beta (nats for Kullback-Leibler counts); 0 is a perfect fit. Penalties are
            not counted.
        """
        check_is_fitted(self)
        cells = self._cells(X, weight, background)
        W = self._solve(cells)
        if test_weight is not None:
            cells = self._cells(X, test_weight, 0.0, axes=())
            if not cells.counts():
                raise DataError("test_weight is zero everywhere: no cell is left to score.")
        beta = as_beta(self.beta_loss)
        with pool.session(self.n_jobs) as threads:
            data, units = cells.data(beta, threads)
            Ht = np.ascontiguousarray(units.inward(self.components_).T, W.dtype)
            value = divergence(cells.loss(beta).on(data), data, units.inward(W), Ht)
        return -units.loss(value, beta) / len(W)

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

    def _card(self) -> str:
        return shown(self)

    @property
    def history_(self):
        """The fit as a table, one row per iteration in which the objective was computed: see the class."""
        import pandas as pd

        check_is_fitted(self)
        table = pd.DataFrame(self._history, columns=list(HISTORY))
        return table.astype({"iteration": int})

    @property
    def _n_features_out(self) -> int:
        return vars(self)["components_"].shape[0]

    def __setstate__(self, state):
        super().__setstate__(state)
        own(vars(self))

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        tags.input_tags.sparse = True
        tags.transformer_tags.preserves_dtype = ["float64", "float32"]
        return tags


def listed(penalty: Any) -> list[Any]:
    """None, a penalty or several as a list."""
    parts = list(penalty) if isinstance(penalty, list | tuple) else [] if penalty is None else [penalty]
    for part in parts:
        if not isinstance(part, BasePenalty | Sum):
            raise IncompatibleError(
                f"penalty_W and penalty_H take penalties such as {', '.join(list(BY_NAME)[1:4])}, or a list of them, "
                f"not {part!r}. Build them with partwise.penalties, as in penalty_H=L1(0.1)."
            )
    return parts


HISTORY = ("iteration", "objective", "kkt", "relative_decrease", "seconds")


def svd_bound(X: Any, k: int) -> float:
    """``sqrt(sum_{i > k} sigma_i(X)^2)``; ARPACK for large X, whose converged values keep the bound honest."""
    n, p = X.shape
    if k >= min(n, p):
        return 0.0
    if n * p * min(n, p) <= 1e9:  # about a second
        values = np.linalg.svd(np.asarray(X.toarray() if sp.issparse(X) else X, np.float64), compute_uv=False)
        return float(np.linalg.norm(values[k:]))
    from scipy.sparse.linalg import svds

    values: Any = svds(X.astype(np.float64), k=k, return_singular_vectors=False, v0=np.ones(min(n, p)))
    with pool.session() as threads:
        total = as_data(X, threads).norm2
    margin = 1e-12 * total  # the iterated values err downwards, the difference of two sums by rounding: stay below
    return float(np.sqrt(max(total - float(np.sum(values**2)) - margin, 0.0)))


def explained(loss: Any, value: float, data: Any, W: np.ndarray, Ht: np.ndarray) -> float:
    """``1 - |X - W H|^2 / |X|^2``; 0 for an X of zeros. ``value`` is the loss, which for beta = 2 has the answer."""
    if not data.norm2:
        return 0.0
    return 1 - (2 * value if loss.beta == 2 else squared_error(loss, data, W, Ht)) / data.norm2


def leaves_something(loss: Any, data: Any, value: float) -> bool:
    """Whether a loss of ``value`` is more than rounding of an exact fit."""
    return value > 1e-12 * magnitude(loss, data)
