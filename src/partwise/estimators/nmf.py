"""Non-negative matrix factorization of a whole matrix: `NMF` and `non_negative_factorization`."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import _fit_context
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from partwise.engine.problem import ALL_SOLVERS, solver_of
from partwise.errors import DataError, IncompatibleError
from partwise.estimators.base import BaseNMF
from partwise.estimators.callbacks import with_callbacks
from partwise.estimators.factorize import factorize
from partwise.estimators.known import Known
from partwise.estimators.output import in_original_features
from partwise.estimators.resolve import foreseen, penalties_of
from partwise.estimators.result import RESTARTS, Result
from partwise.estimators.rows import solve
from partwise.estimators.shares import Shares
from partwise.estimators.warn import warn_dead, warn_non_finite, warn_not_converged
from partwise.estimators.words import describe
from partwise.interfaces import Entries
from partwise.losses import Beta
from partwise.penalties.base import BasePenalty
from partwise.solvers import SGD


class NMF(BaseNMF):
    """Non-negative matrix factorization: find W, H >= 0 whose product is near X.

    A drop-in superset of scikit-learn's ``NMF``. It minimises::

        d_beta(X | W H) + alpha_W n_features (l1_ratio |W|_1 + (1 - l1_ratio) |W|^2 / 2) + penalty_W(W)
                        + alpha_H n_samples  (l1_ratio |H|_1 + (1 - l1_ratio) |H|^2 / 2) + penalty_H(H)

    with d_beta the beta-divergence: half the squared Frobenius norm of X - W H for beta = 2, the Kullback-Leibler
    divergence ``sum x log(x / y) - x + y`` for 1, Itakura-Saito ``sum x / y - log(x / y) - 1`` for 0.

    Parameters
    ----------
    n_components : int or "auto", default="auto"
        Number of parts k. "auto" is scikit-learn's rule: the size of a given factor, else the number of features, which
        is rarely what you want. More than min(X.shape) warns.
    init : {"random", "nndsvd", "nndsvda", "nndsvdar", "nnsvdlrc", "custom"} or None, default=None
        Where to start. None: nndsvda for ``mu``, ``mue`` and ``scd`` and where more than nine cells of ten are zero,
        NNSVD-LRC for ``cd`` and ``bpp`` on fuller data, "random" if k > min(X.shape) or if cells are missing or
        weighted. "custom" takes W, H or both as given to `fit`.
    n_init : int, default=1
        Starts to choose the best of: the one of ``init``, and "random" ones. They run side by side, one reading of a
        dense X for all; after every 20 iterations the worse half is dropped, and the last one is finished as if it had
        been alone. Ten cost 320 iterations more than one, and the memory of their factors.
    solver : {"auto", "cd", "mu", "mue", "bpp", "scd", "pg", "admm", "sgd"} or `SGD`, default="auto"
        "cd": coordinate descent (HALS) with inner sweeps, Frobenius only. "bpp": exact alternating least squares by
        block principal pivoting, Frobenius only. "mu": multiplicative updates, every loss. "mue": the same with
        momentum where a factor grows; ten iterations that raised the objective are taken back; a random start of a
        long or wide X first sees a sample of its rows or columns (iterations that are not counted). "scd": coordinate
        descent on the rows and columns of X, Kullback-Leibler only, after ten multiplicative iterations. "pg":
        accelerated projected gradient, and "admm": alternating direction method, Frobenius only, for constraints such
        as `Simplex`. "auto": cd for Frobenius (pg where a constraint asks for it), scd for Kullback-Leibler and sparse
        X, else mue. All are monotone: the objective in ``history_`` never rises, and but for mue no iteration raises
        it. Not so "sgd", the slow classic of the rating tutorials: stochastic gradient descent over the cells that
        count, Frobenius only, with a learning rate and a regularisation of its own (see `SGD`) and W as it leaves it.
    beta_loss : float or {"frobenius", "kullback-leibler", "itakura-saito"}, default="frobenius"
        The loss. With beta <= 0, X must not contain zeros.
    tol : float, default=1e-4
        The fit has converged when, twice running, the KKT residual (``kkt_``) is at most ``tol``, or the objective has
        lost less than ``tol / 1000`` of itself per iteration over the last ten. Neither knows the start nor the unit
        of X. 0 uses up ``max_iter``.
    max_iter : int, default=200
        Most iterations of a start; one reads X once, or once by rows and once by columns if it is sparse.
    random_state : int, RandomState instance or None, default=None
        For the starts "random" and "nndsvdar", for ``shuffle``, and for the seeds of the starts after the first. The
        other starts do not depend on it.
    alpha_W, alpha_H : float, alpha_H also "same", default=0.0 and "same"
        Strengths of the penalties, see the formula.
    l1_ratio : float in [0, 1], default=0.0
        0: squares only; 1: absolute values only.
    penalty_W, penalty_H : penalty, list of penalties or None, default=None
        Penalties and constraints of `partwise.penalties` on W and on H, beside those of alpha_W and alpha_H; not scaled
        with the size of X. Several are added. ``docs/choosing.md`` says which solver takes which.
    verbose : int, default=0
        1 or more: one line per computed objective through ``logging.getLogger("partwise")``, at level INFO.
    shuffle : bool, default=False
        Put the components of the start in a random order, drawn once per fit; ``cd`` visits them in that order.
    normalize : {None, "W"}, default=None
        "W": the form of Lee and Seung (1999): the columns of W sum to one after every update. Needs ``solver="mu"`` and
        Kullback-Leibler; W is then not solved anew at the end.
    sort_components : bool, default=True
        Order the components by the share of the mass of W H that they carry, largest first. Never for
        ``init="custom"``, known parts or penalties with a number for each component, whose order is yours.
    max_time : float or None, default=None
        Most seconds of iterating; the closing solve of W comes on top.
    n_jobs : int or None, default=None
        Threads. None: what PARTWISE_NUM_THREADS, OMP_NUM_THREADS, the CPU set and threadpoolctl allow; -1: every CPU.
        Results have the same bits for any number.

    Attributes
    ----------
    components_ : ndarray of shape (n_components, n_features)
        H, the parts.
    n_components_ : int
        Number of components.
    n_iter_ : int
        Iterations done.
    reconstruction_err_ : float
        ``sqrt(2 d_beta(X | W H))``, for Frobenius the norm of X - W H; finite, computed anew at the end.
    explained_variance_ : float
        Share of the squares of X that W H explains, ``1 - |X - W H|^2 / |X|^2`` (not centred), whatever the loss.
    stop_reason_ : str
        "converged"; "max_iter", "time" (a limit came first); "callback" (one asked to stop); "interrupted" (Ctrl-C: the
        model is the best so far); "non-finite".
    converged_ : bool
        Whether ``stop_reason_`` is "converged".
    kkt_ : float
        KKT residual at the stop: projected gradient over the negative part of the gradient, both factors at balanced
        scale. 0 at a stationary point; free of units, of the start, and of the split of scale between W and H.
    history_ : DataFrame
        Columns iteration, objective, kkt, relative_decrease (per iteration, mean over ten), seconds. One row per
        accepted iteration where the objective comes with it; every tenth where it costs a reading of X: ``mu``,
        ``mue``, and ``pg`` and ``admm`` with missing or weighted cells.
    restarts_ : DataFrame
        One row per start: seed (an int for ``random_state`` that draws it again as "random"; missing for a start that
        was not drawn from one), iterations, objective (when it was dropped or finished), kept. Their spread says how
        much the start matters.
    lower_bound_ : float
        After `certify`: no matrix of this rank is nearer to X.
    dead_components_ : ndarray of int
        Components that ended at zero; empty in a healthy fit, unless a penalty such as `Group` removes them.
    n_features_in_, feature_names_in_
        As in scikit-learn.

    Raises
    ------
    IncompatibleError
        The loss, the solver and the penalties do not fit together; raised before X is read.
    DataError
        X has negative entries, or zeros where beta <= 0; W or H, weights or known parts do not fit; a row or a column
        has no cell that counts.

    Warns
    -----
    NotConvergedWarning, DeadComponentWarning, DataWarning

    Notes
    -----
    An iteration costs O(stored k + (n_samples + n_features) k^2) for beta in {1, 2} (stored: the non-zeros of a sparse
    X), O(n_samples n_features k) otherwise; memory beyond X is a few times W and H, and for sparse X a copy by
    columns. X is never written to, never densified, and W H is never formed as a whole. float32 data give float32
    factors, with sums in float64.

    References
    ----------
    Lee & Seung (1999), doi:10.1038/44565; Cichocki & Phan (2009), doi:10.1587/transfun.E92.A.708; Gillis & Glineur
    (2012), doi:10.1162/NECO_a_00256; Kim & Park (2011), doi:10.1137/110821172; Fevotte & Idier (2011),
    doi:10.1162/NECO_a_00168

    Examples
    --------
    >>> import numpy as np
    >>> from partwise import NMF
    >>> X = np.array([[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 4, 4], [0, 1, 5, 4]])
    >>> model = NMF(n_components=2, init="random", random_state=42, max_iter=500)
    >>> W = model.fit_transform(X)
    >>> print(f"{model.reconstruction_err_:.4f}", model.stop_reason_)
    3.8746 converged
    """

    _parameter_constraints: dict = {
        **BaseNMF._parameter_constraints,
        "solver": [StrOptions({"auto", *ALL_SOLVERS}), SGD],
        "n_init": [Interval(Integral, 1, None, closed="left")],
        "penalty_W": [BasePenalty, list, tuple, None],
        "penalty_H": [BasePenalty, list, tuple, None],
        "shuffle": ["boolean"],
        "normalize": [StrOptions({"W"}), None],
        "max_time": [Interval(Real, 0, None, closed="neither"), None],
    }

    _chosen: str | SGD
    _restarts: np.ndarray
    _takes_missing = True
    _saved_state = (*BaseNMF._saved_state, "_restarts", "_chosen", "_apart")

    def __init__(
        self,
        n_components: int | str = "auto",
        *,
        init: str | None = None,
        n_init: int = 1,
        solver: str | SGD = "auto",
        beta_loss: str | float = "frobenius",
        tol: float = 1e-4,
        max_iter: int = 200,
        random_state: Any = None,
        alpha_W: float = 0.0,
        alpha_H: float | str = "same",
        l1_ratio: float = 0.0,
        penalty_W: Any = None,
        penalty_H: Any = None,
        verbose: int = 0,
        shuffle: bool = False,
        normalize: str | None = None,
        sort_components: bool = True,
        max_time: float | None = None,
        n_jobs: int | None = None,
    ):
        self.n_components = n_components
        self.init = init
        self.n_init = n_init
        self.solver = solver
        self.beta_loss = beta_loss
        self.tol = tol
        self.max_iter = max_iter
        self.random_state = random_state
        self.alpha_W = alpha_W
        self.alpha_H = alpha_H
        self.l1_ratio = l1_ratio
        self.penalty_W = penalty_W
        self.penalty_H = penalty_H
        self.verbose = verbose
        self.shuffle = shuffle
        self.normalize = normalize
        self.sort_components = sort_components
        self.max_time = max_time
        self.n_jobs = n_jobs

    def fit(
        self,
        X: Any,
        y: Any = None,
        W: Any = None,
        H: Any = None,
        *,
        weight: Any = None,
        background: float = 0.0,
        sample_weight: Any = None,
        fixed_W: Any = None,
        fixed_H: Any = None,
    ) -> NMF:
        """Learn the components of X.

        Parameters
        ----------
        X : {array-like, sparse matrix} of shape (n_samples, n_features), non-negative
            NaN is a missing cell, which is not a zero: the fit does not look at it. Cells that a sparse X does not
            store are zeros, unless ``weight`` says otherwise.
        y : ignored
        W : array-like of shape (n_samples, n_components), optional
            With ``init="custom"``: where to start; copied. NaN stands for what is not known and starts as it would
            otherwise. Without it W is solved from H.
        H : array-like of shape (n_components, n_features), optional
            The same for the components.
        weight : array-like or sparse matrix of shape (n_samples, n_features), callable, or "stored", optional
            What each cell counts, >= 0: the loss is ``sum w d(x | y)``; 0 is a missing cell. A sparse ``weight`` gives
            the cells that it does not store the weight ``background``; "stored" gives 1 to the cells that a sparse X
            stores, zeros included, and ``background`` to all others. A callable is asked for runs of rows,
            ``weight(slice(start, stop))``, and returns one of the first two.
        background : float, default=0.0
            See ``weight``. 0: the others are missing (ratings); a small number: they are zeros that count little
            (implicit feedback: purchases, clicks). The cost is that of the stored cells. Frobenius and
            Kullback-Leibler only, unless 0.
        sample_weight : array-like of shape (n_samples,), optional
            What each sample counts, >= 0; 2 is the same as the sample twice, 0 is the same as its absence.
        fixed_W : array-like of shape (n_samples, n_components) or (n_components,), optional
            Known entries, kept to the last bit, and NaN where W is free. One number for each component is that of all
            samples: ``[1, nan, nan]`` is a column of ones beside two free ones.
        fixed_H : array-like of shape (n_components, n_features), optional
            The same for the components: known spectra or signatures are whole rows, zeros are features that a component
            may not use. Components keep their places.

        Returns
        -------
        self

        Notes
        -----
        With weights an iteration of ``cd`` or ``bpp`` costs O(c k^2) for c cells that count, where most do O(m k^2) for
        m that do not; multiplicative updates and Kullback-Leibler O(c k). Weighted fits start at random unless told
        otherwise.

        References
        ----------
        Hu, Koren & Volinsky (2008), doi:10.1109/ICDM.2008.22; Gillis & Glineur (2011), doi:10.1137/110820361

        Examples
        --------
        A missing cell, filled in:

        >>> import numpy as np
        >>> from partwise import NMF
        >>> X = np.outer([1, 2, 3, 4], [1, 3, 5.0])
        >>> X[0, 2] = np.nan
        >>> model = NMF(1, random_state=0).fit(X)
        >>> print(f"{model.impute(X)[0, 2]:.2f}")
        5.00

        Two known components and one to be found; then one more beside the fitted ones, which stay:

        >>> rng = np.random.default_rng(0)
        >>> H = rng.random((4, 12)) * (rng.random((4, 12)) < 0.6)
        >>> X = rng.random((30, 4)) @ H
        >>> free = np.full((1, 12), np.nan)
        >>> three = NMF(3).fit(X, fixed_H=np.vstack([H[:2], free]))
        >>> bool((three.components_[:2] == H[:2]).all())
        True
        >>> four = NMF(4, max_iter=2000).fit(X, fixed_H=np.vstack([three.components_, free]))
        >>> four.reconstruction_err_ < three.reconstruction_err_
        True

        A warm start, in which all components move, is ``init="custom"`` with ``H=three.components_``, or with
        ``H=np.vstack([three.components_, free])``. New samples are folded in by `transform`, new features by the same
        on the transpose: ``non_negative_factorization(X_new.T, H=W.T, update_H=False)``.
        """
        self.fit_transform(
            X,
            W=W,
            H=H,
            weight=weight,
            background=background,
            sample_weight=sample_weight,
            fixed_W=fixed_W,
            fixed_H=fixed_H,
        )
        return self

    @with_callbacks
    @_fit_context(prefer_skip_nested_validation=True)
    def fit_transform(
        self,
        X: Any,
        y: Any = None,
        W: Any = None,
        H: Any = None,
        *,
        weight: Any = None,
        background: float = 0.0,
        sample_weight: Any = None,
        fixed_W: Any = None,
        fixed_H: Any = None,
    ) -> Any:
        """Learn the components of X and return the weights of its samples.

        The same as `fit` followed by `transform`, to the tolerance of `transform`: at the end W is solved for the final
        components.

        Parameters
        ----------
        X, y, W, H, weight, background, sample_weight, fixed_W, fixed_H
            See `fit`.

        Returns
        -------
        W : ndarray of shape (n_samples, n_components), non-negative, of the dtype of X
        """
        solver = foreseen(self)
        if sample_weight is not None and solver.needs is Entries:
            raise IncompatibleError(
                f"sample_weight is not for solver={solver.name!r}, which visits cells one by one: give weight=, with "
                "the weight of a sample in each of its cells."
            )
        cells = self._cells(X, weight, background, reset=True, axes=(1, 0))
        beta = self._beta()
        shares = None if sample_weight is None else Shares.of(sample_weight, cells.X.shape[0], beta)
        result, self._restarts = factorize(self, cells, shares, W, H, fixed_W, fixed_H)
        self._keep(result)
        self._warn(result)
        if shares is None:
            return result.W
        W = shares.outward(result.W, solve(self, cells, fixed_W=fixed_W))
        Known.of(cells.X.shape, W.shape[1], W.dtype, W=fixed_W).restore(W, result.H.T)
        return W

    def _warn(self, result: Result) -> None:
        """Say aloud what went wrong."""
        course = result.course
        if course.reason == "non-finite":
            warn_non_finite(course.n_iter, getattr(solver_of(self._chosen, Beta(2.0)), "learning_rate", None))
        if not any(penalty.selects for penalty in penalties_of(self)):
            warn_dead(result.dead.tolist())
        if course.reason == "max_iter" and self.tol > 0:
            decrease = course.history[-1, 3] if len(course.history) else np.nan
            warn_not_converged(self.max_iter, decrease, result.kkt, self.tol)

    @property
    def restarts_(self):
        """The starts as a table: see the class."""
        import pandas as pd

        check_is_fitted(self)
        table = pd.DataFrame(self._restarts, columns=list(RESTARTS))
        return table.astype({"seed": "Int64", "iterations": int, "kept": bool})

    def impute(self, X, weight=None):
        """X with its missing cells filled in by the model, ``(W H)_ij`` with W solved for the cells that are known.

        Parameters
        ----------
        X : array-like of shape (n_samples, n_features), non-negative but for NaN
        weight : array-like or callable, optional
            As in `fit`; cells of weight 0 are filled in too.

        Returns
        -------
        X_full : ndarray of shape (n_samples, n_features)
            A DataFrame if ``set_output`` asked for one. Known cells are as they were.

        Raises
        ------
        DataError
            X is sparse: filled in it would be dense. Take ``model.transform(X, weight=...)`` times
            ``model.components_`` at the cells that matter.
        """
        check_is_fitted(self)
        if sp.issparse(X):
            raise DataError(
                f"impute fills in every cell of X, and a dense one of {X.shape[0]} x {X.shape[1]} may not "
                "fit: multiply the rows of transform(X, weight=...) by the columns of components_ that you need."
            )
        cells = self._cells(X, weight, 0.0)
        if sp.issparse(cells.weight):
            raise DataError("impute takes a dense or callable weight, as it fills in every cell of a dense X.")
        known = np.ones(cells.X.shape, bool) if cells.weight is None else cells.weight != 0
        H = vars(self)["components_"]
        filled = solve(self, cells) @ H.astype(cells.X.dtype, copy=False)
        return in_original_features(self, np.where(known, cells.X, filled), X)

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def info(self) -> str:
        """The fit in words: sizes, fit, why it stopped, how to read W and H, and what needs attention.

        Examples
        --------
        >>> import numpy as np
        >>> from partwise import NMF
        >>> print(NMF(2, random_state=0).fit(np.eye(3)[:, :2] + 1).info().splitlines()[0])
        NMF: 2 components of 2 features, Frobenius loss, solver cd.
        """
        return describe(self)
