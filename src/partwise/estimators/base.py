"""What `NMF` and `MiniBatchNMF` share: parameters, the checks at the door, and everything after a fit."""

from __future__ import annotations

import logging
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils import check_array
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted, validate_data

from partwise import persist
from partwise.card import EstimatorCard
from partwise.engine import init
from partwise.engine.bound import svd_bound
from partwise.engine.objective import divergence
from partwise.engine.units import Units
from partwise.errors import DataError
from partwise.estimators.callbacks import CallbackSupportMixin
from partwise.estimators.checks import check_entries, check_finite, is_plain, largest, summary_of
from partwise.estimators.output import in_original_features
from partwise.estimators.prepared import Components, own
from partwise.estimators.result import HISTORY, Result
from partwise.estimators.rows import solve
from partwise.estimators.weights import Cells, check_covered, weigh
from partwise.estimators.words import shown
from partwise.kernels import pool
from partwise.losses import NAMES, as_beta
from partwise.penalties.base import times_power

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
        if not reset and not hasattr(self, "feature_names_in_") and is_plain(X, getattr(self, "n_features_in_", None)):
            return X
        return validate_data(  # type: ignore[arg-type]
            self, X, accept_sparse=["csr", "csc"], dtype=DTYPES, reset=reset, ensure_all_finite=False
        )

    def _cells(
        self, X: Any, weight: Any, background: float, reset: bool = False, axes: tuple[int, ...] = (1,)
    ) -> Cells:
        """X with what its cells count, checked; NaN counts nothing. Along ``axes`` each needs one that does."""
        X, whom = self._validate(X, reset), type(self).__name__
        if weight is None and not background and (found := summary_of(X, whom)):
            cells = Cells(X, summary=found)
        elif not self._takes_missing and weight is None:
            check_finite(X, whom)
            cells = Cells(X)
        else:
            cells = weigh(X, weight, background)
            check_entries(cells.X, whom)
            check_covered(cells, axes)
        cells.check_loss(as_beta(self.beta_loss))
        return cells

    def _beta(self) -> float:
        """The number of the loss, checked and kept."""
        self._beta_loss = as_beta(self.beta_loss)
        if not np.isfinite(self._beta_loss):
            raise DataError(f"beta_loss={self.beta_loss} must be a finite number, or the name of a loss.")
        return self._beta_loss

    # ------------------------------------------------------------------ after the fit

    def _keep(self, result: Result) -> None:
        """Set the attributes."""
        course = result.course
        self.components_ = result.H
        self.n_components_ = len(result.H)
        self.n_iter_ = course.n_iter
        self.reconstruction_err_ = result.error
        self.explained_variance_ = result.explained
        self.stop_reason_ = course.reason
        self.converged_ = course.reason == "converged"
        self.kkt_ = result.kkt
        self.dead_components_ = result.dead
        self._history = course.history

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
        if "components_" not in vars(self):
            check_is_fitted(self)  # raises; asked each time it is a twentieth of what a single row takes
        return solve(self, self._cells(X, weight, background), fixed_W=fixed_W)

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
        W = solve(self, cells)
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
