"""Non-negative matrix factorization of a whole matrix: `NMF` and `non_negative_factorization`."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

import numpy as np
import scipy.sparse as sp
from sklearn.base import _fit_context
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from partwise.engine import init
from partwise.engine.iterate import STOP_REASONS, Limits, Progress
from partwise.engine.objective import divergence, norm
from partwise.engine.plan import needs_columns
from partwise.engine.problem import ALL_SOLVERS, Problem, auto, inner_sweeps, solver_of
from partwise.engine.restarts import Start, race
from partwise.engine.rows import affordable, drop_invisible, solve_rows, start_rows
from partwise.engine.sequential import by_cells
from partwise.engine.step import State, keep_within
from partwise.engine.units import Units
from partwise.errors import DataError, IncompatibleError
from partwise.estimators.base import BaseNMF, explained, leaves_something, logger
from partwise.estimators.callbacks import FitTask, with_callbacks
from partwise.estimators.known import Known, check_limits, given_start, settle
from partwise.estimators.output import in_original_features
from partwise.estimators.shares import Shares
from partwise.estimators.warn import (
    warn_apart,
    warn_dead,
    warn_non_finite,
    warn_not_converged,
    warn_one_sided,
    warn_scarce,
    warn_unused,
)
from partwise.estimators.weights import Cells, apart, scarce
from partwise.estimators.words import describe, machinery
from partwise.interfaces import Entries, Split
from partwise.kernels import pool
from partwise.losses import Beta, as_beta
from partwise.penalties import Sum, total
from partwise.penalties.base import BasePenalty
from partwise.solvers import SGD, LeeSeung


@dataclass
class Result:
    """A finished fit in the user's units."""

    W: np.ndarray
    H: np.ndarray
    n_iter: int
    error: float
    explained: float
    reason: str
    history: np.ndarray
    kkt: float
    dead: list[int]
    restarts: np.ndarray


RESTARTS = ("seed", "iterations", "objective", "kept")


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
        Where to start. None: NNSVD-LRC for ``cd`` and ``bpp``, nndsvda for ``mu``, ``mue`` and ``scd``, "random" if
        k > min(X.shape) or if cells are missing or weighted. "custom" takes W, H or both as given to `fit`.
    n_init : int, default=1
        Starts to choose the best of: the one of ``init``, and "random" ones. They run side by side, one reading of X
        for all; after every 20 iterations the worse half is dropped, and the last one is finished as if it had been
        alone. Ten cost 320 iterations more than one, and the memory of their factors.
    solver : {"auto", "cd", "mu", "mue", "bpp", "scd", "pg", "admm", "sgd"} or `SGD`, default="auto"
        "cd": coordinate descent (HALS) with inner sweeps, Frobenius only. "bpp": exact alternating least squares by
        block principal pivoting, Frobenius only. "mu": multiplicative updates, every loss. "mue": the same with
        momentum where a factor grows; ten iterations that raised the objective are taken back. "scd": coordinate
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
        solver = self._parts(Beta(as_beta(self.beta_loss)))
        if sample_weight is not None and solver.needs is Entries:
            raise IncompatibleError(
                f"sample_weight is not for solver={solver.name!r}, which visits cells one by one: give weight=, with "
                "the weight of a sample in each of its cells."
            )
        cells = self._cells(X, weight, background, reset=True, axes=(1, 0))
        shares = None if sample_weight is None else Shares.of(sample_weight, cells.X.shape[0], self._beta())
        result = self._factorize(cells, W, H, shares, fixed_W, fixed_H)
        self._keep(result)
        if shares is None:
            return result.W
        W = shares.outward(result.W, self._solve(cells, fixed_W=fixed_W))
        Known.of(cells.X.shape, W.shape[1], W.dtype, W=fixed_W).restore(W, result.H.T)
        return W

    # ------------------------------------------------------------------ the fit

    def _parts(self, loss: Any, sweeps: int = 3, name: Any = None) -> Any:
        """The solver; refuses pairs that cannot work, without having seen data."""
        penalties = self._penalties((1, 1))
        name = name or self.solver
        if name == "auto" and not self.normalize:
            name = auto(loss, penalty=Sum(penalties))
        solver = solver_of(name, loss, sweeps, self.normalize)
        Problem(loss, solver, solver, *penalties).check()
        return solver

    def _factorize(
        self, cells: Cells, W: Any, H: Any, shares: Shares | None, fixed_W: Any = None, fixed_H: Any = None
    ) -> Result:
        """Fit both factors to checked cells."""
        beta, X = self._beta(), cells.X
        per_sample = fixed_W if np.ndim(fixed_W) == 2 else None
        k = self._n_components = self._size(X, per_sample if W is None else W, fixed_H if H is None else H)
        given = given_start(W, H, X.shape, self.n_components, X.dtype) if self.init == "custom" else None
        known = Known.of(X.shape, k, X.dtype, fixed_W, fixed_H)
        if given is not None and self.n_init > 1:
            raise DataError(
                f"n_init={self.n_init} asks for several starts, but init='custom' gives one. Set n_init=1, or choose "
                "another init."
            )
        if given is None and (W is not None or H is not None):
            warn_unused("When init!='custom', provided W or H are ignored. Set init='custom' to use them.")
        samples = X.shape[0]
        if shares is not None:
            cells, samples, known = shares.applied(cells), shares.total, shares.known(known)
            given = given and (given[0] if given[0] is None else shares.inward(given[0]), given[1])
        with pool.session(self.n_jobs) as threads:
            data, units = cells.data(beta, threads)
            units = known.tilted(units)
            self._chosen = self._solver_name(data.sparse)
            loss = cells.loss(beta).on(data)
            solver = self._parts(loss, inner_sweeps(data, k), self._chosen)
            penalties = self._both_penalties(cells, samples, known, shares, solver)
            problem = self._problem(loss, solver, data, units, penalties)
            starts = self._starts(X, data, k, given, units, problem, known)
            if isinstance(problem.solver_W, LeeSeung):
                for start in starts:
                    problem.solver_W.start(start.state.W, start.state.Ht)
            if problem.sequential:
                problem, data = by_cells(problem, data, units.half, units.weight)
            progress, reason = self._run(X, problem, data, starts, units)
            if progress is None:
                raise KeyboardInterrupt("interrupted before the first iteration was done; there is no model yet.")
            if self.sort_components and self.init != "custom" and problem.symmetric:
                sort(progress.state, shares)
            result = self._result(problem, data, progress, reason, units, starts)
            (known if shares is None else Known(None, known.Ht)).restore(result.W, result.H.T)
            return result

    def _both_penalties(
        self, cells: Cells, samples: float, known: Known, shares: Shares | None, solver: Any
    ) -> list[Any]:
        """The penalties of W and H with the bounds of what is known, checked, in the user's units."""
        k, (rows, columns) = self._n_components, cells.X.shape
        rows = rows if shares is None else len(shares.weights)
        penalties = self._penalties((samples, columns))
        for penalty, length, name in zip(penalties, (rows, columns), "WH", strict=True):
            penalty.check((length, k), name)
        warn_one_sided(*penalties)
        held = getattr(solver, "regularisation", 0) > 0
        needed = [0 if held or "ridge" in penalty.faces else k for penalty in penalties]
        warn_scarce(scarce(cells, needed[0], axis=1), scarce(cells, needed[1], axis=0), k)
        self._apart = None if known.whole else apart(cells)
        warn_apart(self._apart)
        W, H = (total([one, *boxes]) for one, boxes in zip(penalties, known.boxes(), strict=True))
        check_limits(W, "W")
        check_limits(H, "H")
        return [W if shares is None else shares.penalty(W), H]

    def _problem(self, loss: Any, solver: Any, data: Any, units: Units, penalties: list[Any]) -> Problem:
        """What is minimised, and by whom, in the units of the fit; refuses what does not go together."""
        W, H = (unit.penalty(one, loss.beta) for unit, one in zip((units, units.of_H()), penalties, strict=True))
        problem = Problem(loss, solver, solver, W, H)
        problem.check()
        if data.weighted:
            logger.info(machinery(data, solver, self._n_components))
        return problem

    def _starts(
        self, X: Any, data: Any, k: int, given: Any, units: Units, problem: Problem, known: Known
    ) -> list[Start]:
        """The starting points, in the units of the fit and within the bounds."""
        if given is not None:
            return [Start(self._resume(data, k, given, units, problem))]
        starts = self._drawn(X, data, k)
        for start in starts:
            settle(start.state, problem, known)
        return starts

    def _resume(self, data: Any, k: int, given: Any, units: Units, problem: Problem) -> State:
        """A start from the given factors: NaN becomes what it would be without them, a missing factor is solved."""
        W, Ht = (
            factor if factor is None else np.ascontiguousarray(unit.inward(factor))
            for unit, factor in zip((units, units.of_H()), given, strict=True)
        )
        if any(factor is not None and np.isnan(factor).any() for factor in (W, Ht)):
            drawn = self._draw(data, k, "random", self.random_state)
            for factor, other in ((W, drawn.W), (Ht, drawn.Ht)):
                if factor is not None:
                    np.copyto(factor, other, where=np.isnan(factor))
        nothing = (np.zeros((n, k), data.dtype) for n in data.shape)
        factors = [empty if A is None else A for empty, A in zip(nothing, (W, Ht), strict=True)]
        state = State(factors[0], factors[1])
        keep_within(state.W, problem.penalty_W)
        keep_within(state.Ht, problem.penalty_H)
        if W is None:
            start_rows(problem, data, state.W, state.Ht)
        if Ht is None:
            start_rows(problem.transposed(), data.transposed(), state.Ht, state.W)
        return state

    def _drawn(self, X: Any, data: Any, k: int) -> list[Start]:
        """Starting points by the name of ``init``."""
        name = self._start_name(X, k, "nndsvda" if self._chosen in ("mu", "mue", "scd") else "nnsvdlrc", data.weighted)
        if name == "nndsvd" and self._chosen in ("mu", "mue"):
            warnings.warn(
                "The multiplicative update ('mu') solver cannot update zeros present in the initialization, and so "
                "leads to poorer results when used jointly with init='nndsvd'. You may try init='nndsvda' or "
                "init='nndsvdar' instead.",
                UserWarning,
                stacklevel=5,
            )
        given_seed = name == "random" and isinstance(self.random_state, Integral)
        starts = [Start(self._draw(data, k, name, self.random_state), int(self.random_state) if given_seed else None)]
        if self.n_init > 1:
            seeds = check_random_state(self.random_state).randint(np.iinfo(np.int32).max, size=self.n_init - 1)
            starts += [Start(self._draw(data, k, "random", seed), seed) for seed in seeds.tolist()]
        return starts

    def _draw(self, data: Any, k: int, name: str, random_state: Any) -> State:
        """A starting point by name, its components shuffled if that was asked for."""
        rng = check_random_state(random_state)
        state = init.start(data, k, name, rng)
        if not self.shuffle:
            return state
        order = rng.permutation(k)
        return State(np.ascontiguousarray(state.W[:, order]), np.ascontiguousarray(state.Ht[:, order]))

    def _solver_name(self, sparse: bool) -> str | SGD:
        if self.solver != "auto":
            return self.solver
        return "mu" if self.normalize else auto(Beta(self._beta_loss), sparse, Sum(self._penalties((1, 1))))

    def _run(
        self, X: Any, problem: Problem, data: Any, starts: list[Start], units: Units
    ) -> tuple[Progress | None, str]:
        """Iterate until a reason to stop, and solve W for the final H.

        An interruption, wherever it comes, keeps the state of the best start, which is never worse than before.
        """
        limits = Limits(self.tol, self.max_iter, self.max_time)
        by_columns = data.transposed() if needs_columns(problem, data, self._n_components) else None
        task = FitTask(self, X, self.max_iter)
        progress = None

        def attributes() -> dict[str, Any]:
            Ht = (progress or starts[0]).state.Ht
            return {"components_": units.of_H().outward(Ht.T.copy()), "n_components_": Ht.shape[1]}

        try:
            for progress in race(problem, data, starts, limits, by_columns):
                if self.verbose:
                    report(progress)
                if task.iteration(attributes) and progress.reason is None:
                    progress.reason = "callback"
                    break
            reason = (progress and progress.reason) or "max_iter"
            task.end(attributes)
        except KeyboardInterrupt:
            reason = "interrupted"
        if progress is None or not self._solve_last(problem, data, progress.state, reason):
            reason = "interrupted"
        return progress, reason

    def _solve_last(self, problem: Problem, data: Any, state: State, reason: str) -> bool:
        """Solve W for the final H, unless its rows are coupled; False if interrupted, which leaves finished rows.

        A fit that was cut short gets only as much of it as its iterations are worth.
        """
        try:
            if problem.solver_W.separable and problem.penalty_W.separable:
                if problem.solver_H.needs is Split and not problem.constrained:
                    drop_invisible(state.W, state.Ht, problem.loss.floor)
                    keep_within(state.Ht, problem.penalty_H)
                sweeps = None if reason == "converged" else affordable(problem, state.n_iter)
                solve_rows(problem, data, state.W, state.Ht, warm=True, sweeps=sweeps)
        except KeyboardInterrupt:
            return False
        return True

    def _result(
        self, problem: Problem, data: Any, progress: Any, reason: str, units: Units, starts: list[Start]
    ) -> Result:
        """Measure, and translate into the user's units."""
        state = progress.state
        W, Ht = state.W, state.Ht
        value = divergence(problem.loss, data, W, Ht)
        history = np.array(progress.monitor.rows, dtype=np.float64).reshape(-1, 5)
        restarts = np.array([start.row(kept=start.progress is progress) for start in starts], dtype=np.float64)
        for objectives in (history[:, 1], restarts[:, 2]):
            objectives[:] = [units.loss(value, problem.loss.beta) for value in objectives]
        dead = np.flatnonzero((W.max(axis=0, initial=0) == 0) | (Ht.max(axis=0, initial=0) == 0)).tolist()
        return Result(
            units.outward(W),
            np.ascontiguousarray(units.of_H().outward(Ht).T),
            state.n_iter,
            units.error(norm(value), problem.loss.beta),
            explained(problem.loss, value, data, W, Ht),
            reason,
            history,
            progress.monitor.last_kkt,
            dead if leaves_something(problem.loss, data, value) else [],
            restarts,
        )

    def _keep(self, result: Result) -> None:
        """Set the attributes, and say aloud what went wrong."""
        self.components_ = result.H
        self.n_components_ = len(result.H)
        self.n_iter_ = result.n_iter
        self.reconstruction_err_ = result.error
        self.explained_variance_ = result.explained
        self.stop_reason_ = result.reason
        self.converged_ = result.reason == "converged"
        self.kkt_ = result.kkt
        self.dead_components_ = np.array(result.dead, dtype=int)
        self._history = result.history
        self._restarts = result.restarts
        if result.reason == "non-finite":
            warn_non_finite(result.n_iter, getattr(solver_of(self._chosen, Beta(2.0)), "learning_rate", None))
        if not any(penalty.selects for penalty in self._penalties((1, 1))):
            warn_dead(result.dead)
        if result.reason == "max_iter" and self.tol > 0:
            last = result.history[-1] if len(result.history) else np.full(5, np.nan)
            warn_not_converged(self.max_iter, last[3], result.kkt, self.tol)

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
        filled = self._solve(cells) @ H.astype(cells.X.dtype, copy=False)
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
        return describe(self, STOP_REASONS)


def sort(state: State, shares: Shares | None) -> None:
    """Order the components by the mass of W H that they carry, largest first."""
    mass = shares.sums(state.W) if shares else state.W.sum(axis=0, dtype=np.float64)
    order = np.argsort(-mass * state.Ht.sum(axis=0, dtype=np.float64), kind="stable")
    state.W, state.Ht = np.take(state.W, order, axis=1), np.take(state.Ht, order, axis=1)


def report(progress: Progress) -> None:
    """Log one line for the iteration, if its objective was computed."""
    rows = progress.monitor.rows
    if rows and rows[-1][0] == progress.state.n_iter:
        logger.info("iteration %d: objective %.6g, KKT residual %.2e, %.2f s", *(rows[-1][i] for i in (0, 1, 2, 4)))
