"""scikit-learn's function, as a wrapper of the estimator."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.errors import DataError
from partwise.estimators.checks import check_factor
from partwise.estimators.nmf import NMF
from partwise.estimators.resolve import foreseen
from partwise.estimators.rows import solve
from partwise.estimators.warn import warn_unused


def non_negative_factorization(
    X,
    W=None,
    H=None,
    n_components="auto",
    *,
    init=None,
    n_init=1,
    update_H=True,
    solver="auto",
    beta_loss="frobenius",
    tol=1e-4,
    max_iter=200,
    alpha_W=0.0,
    alpha_H="same",
    l1_ratio=0.0,
    penalty_W=None,
    penalty_H=None,
    random_state=None,
    verbose=0,
    shuffle=False,
    normalize=None,
    sort_components=True,
    max_time=None,
    n_jobs=None,
    weight=None,
    background=0.0,
    sample_weight=None,
    fixed_W=None,
    fixed_H=None,
):
    """Factorize X, or solve W for given components: scikit-learn's function, with partwise's engine.

    Parameters
    ----------
    X : {array-like, sparse matrix} of shape (n_samples, n_features), non-negative
    W : array-like of shape (n_samples, n_components), optional
        Start of W for ``init="custom"``.
    H : array-like of shape (n_components, n_features), optional
        Start of H for ``init="custom"``; the components if ``update_H=False``.
    update_H : bool, default=True
        False: H is kept and only W is solved, as `NMF.transform` does.
    n_components, init, n_init, solver, beta_loss, tol, max_iter, alpha_W, alpha_H, l1_ratio, penalty_W, penalty_H, \
random_state, verbose, shuffle, normalize, sort_components, max_time, n_jobs
        As in `NMF`. Components are never sorted for ``init="custom"`` or ``update_H=False``.
    weight, background, sample_weight, fixed_W, fixed_H
        As in `NMF.fit`; with ``update_H=False`` as in `NMF.transform`, which knows the first two and ``fixed_W``.

    Returns
    -------
    W : ndarray of shape (n_samples, n_components)
    H : ndarray of shape (n_components, n_features)
    n_iter : int
        Iterations done; 1 if only W was solved.

    Examples
    --------
    >>> import numpy as np
    >>> X = np.array([[1.0, 1], [2, 1], [3, 1.2], [4, 1], [5, 0.8], [6, 1]])
    >>> W, H, n_iter = non_negative_factorization(X, n_components=2, init="random", random_state=0)
    >>> print(f"{np.linalg.norm(X - W @ H) / np.linalg.norm(X):.2f}")
    0.00
    """
    model = NMF(
        n_components,
        init=init,
        n_init=n_init,
        solver=solver,
        beta_loss=beta_loss,
        tol=tol,
        max_iter=max_iter,
        random_state=random_state,
        alpha_W=alpha_W,
        alpha_H=alpha_H,
        l1_ratio=l1_ratio,
        penalty_W=penalty_W,
        penalty_H=penalty_H,
        verbose=verbose,
        shuffle=shuffle,
        normalize=normalize,
        sort_components=sort_components,
        max_time=max_time,
        n_jobs=n_jobs,
    )
    model._validate_params()
    if not update_H:
        return solve_for_components(model, X, W, H, weight, background, fixed_W)
    told = {"weight": weight, "background": background, "sample_weight": sample_weight}
    W = model.fit_transform(X, W=W, H=H, fixed_W=fixed_W, fixed_H=fixed_H, **told)
    return W, model.components_, model.n_iter_


def solve_for_components(
    model: NMF, X: Any, W: Any, H: Any, weight: Any, background: float, fixed_W: Any
) -> tuple[np.ndarray, np.ndarray, int]:
    """W for the given components."""
    foreseen(model)
    cells = model._cells(X, weight, background, reset=True)
    X = cells.X
    if W is not None:
        warn_unused("When update_H=False, the provided initial W is not used.")
    if H is None:
        raise DataError("update_H=False needs the components: give H of shape (n_components, n_features).")
    H = check_factor(H, (model.n_components, X.shape[1]), "NMF (input H)", X.dtype)
    return solve(model, cells, H, fixed_W), H, 1
