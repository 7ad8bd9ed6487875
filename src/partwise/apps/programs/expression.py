"""Programs of genes: from counts of single cells, by several fits, to usages and spectra over all genes."""

from __future__ import annotations

import os
from typing import Any

import numpy as np

from partwise.apps.programs.counts import check_counts
from partwise.apps.programs.genes import variable_genes
from partwise.apps.programs.likeness import again
from partwise.apps.programs.stability import consensus
from partwise.apps.programs.usage import Programs, marking
from partwise.errors import DataError
from partwise.io import Cells, as_cells, read_cells

__all__ = ["adopt_programs", "agreed", "checked_cells", "located", "marking", "programs", "replicates"]


def programs(
    source: Any,
    n_components: int | None = None,
    *,
    genes: int = 2000,
    layer: str | None = None,
    runs: int = 5,
    density: float | None = None,
    fractional: bool = False,
    model: Any = None,
    random_state: int = 0,
) -> Programs:
    """Learn programs of genes that are active together in cells.

    Parameters
    ----------
    source : path, AnnData, DataFrame of shape (n_cells, n_genes), or Cells
        Raw counts; paths as `partwise.io.read_cells` takes them.
    n_components : int or None
        Number of programs; None takes that of ``model``.
    genes : int, default=2000
        Genes that are fitted: those of largest Poisson deviance. Spectra are then solved for all.
    layer : str or None
        Of AnnData.
    runs : int, default=5
        Fits from different random starts; the best is kept, and each program is compared with those of the others.
    density : float or None, default=None
        Take the consensus of the runs in place of the best: see `partwise.apps.programs.stability.consensus`. How far
        a spectrum of length 1 may be from its neighbours, such as 0.5; runs should be 20 or more.
    fractional : bool, default=False
        Take numbers that are not whole.
    model : estimator or None
        With ``fit_transform`` and ``components_``; it is cloned. None is ``partwise.NMF`` with the Kullback-Leibler
        loss. One without ``random_state`` is fitted once.
    random_state : int, default=0
        Seed of the first run; the others count up.

    Returns
    -------
    Programs

    Raises
    ------
    DataError
        If the numbers are no counts, or fewer than two cells have any.

    References
    ----------
    Kotliar et al. (2019), Identifying gene expression programs of cell-type identity and cellular activity with
    single-cell RNA-Seq, doi:10.7554/eLife.43803.

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise.apps.programs import programs
    >>> from partwise.datasets import make_cells
    >>> made = make_cells(200, 300, 3)
    >>> table = pd.DataFrame(made.X.toarray(), index=made.row_names, columns=made.feature_names)
    >>> found = programs(table, 3, runs=2)
    >>> found.usages.shape, found.spectra.shape, bool(found.stability.min() > 0.9)
    ((200, 3), (3, 300), True)
    """
    cells, chosen, notes = checked_cells(source, layer, genes, fractional)
    one = new_model(model, n_components, random_state)
    X = cells.X[:, chosen]
    best, W, others = replicates(one, X, runs)
    if density is not None:
        best, W, others, note = agreed(best, X, others, density)
        notes.append(f"{cells.source}: {note}")
    return adopt_programs(cells, chosen, best, W, others, notes)


def checked_cells(source: Any, layer: str | None, genes: int, fractional: bool) -> tuple[Cells, np.ndarray, list[str]]:
    """The counts, the numbers of the genes to fit, and notes."""
    cells = located(source, layer)
    check_counts(cells.X, cells.cells, cells.genes, cells.source, fractional)
    used = int((np.asarray(cells.X.sum(axis=1)) > 0).sum())
    if used < 2:
        raise DataError(f"{cells.source} holds {used} cells with counts; programs are learned from two or more.")
    chosen = variable_genes(cells.X, genes)
    silent = int((np.asarray(cells.X.sum(axis=0)) == 0).sum())
    if not len(chosen):
        raise DataError(f"{cells.source}: cells differ in depth only; there are no programs to learn.")
    n, p = cells.X.shape
    notes = [
        *cells.notes,
        f"{cells.source}: {n:,} cells x {p:,} genes; {silent:,} genes are silent in all cells. The {len(chosen):,} "
        "genes that differ most between cells (Poisson deviance) are fitted; spectra are solved for all.",
    ]
    if used < n:
        notes.append(f"{cells.source}: {n - used:,} cells without counts; their usages are 0.")
    return cells, chosen, notes


def replicates(model: Any, X: Any, runs: int) -> tuple[Any, np.ndarray, list[np.ndarray]]:
    """The best of several fits by the Poisson likelihood, its W, and the components of the others."""
    from sklearn.base import clone

    seeded = "random_state" in model.get_params()
    first = model.get_params().get("random_state") or 0
    fits = []
    for run in range(runs if seeded else 1):
        one: Any = clone(model) if run else model
        if seeded:
            one.set_params(random_state=first + run)
        W = np.asarray(one.fit_transform(X), dtype=np.float64)
        fits.append((divergence(X, W, np.asarray(one.components_)), run, one, W))
    fits.sort(key=lambda fit: fit[:2])
    return fits[0][2], fits[0][3], [np.asarray(fit[2].components_) for fit in fits[1:]]


def agreed(best: Any, X: Any, others: list[np.ndarray], density: float) -> tuple[Any, np.ndarray, list, str]:
    """A model of what the runs agree on, the largest program first, its W, the components of all runs, and a note.

    Notes
    -----
    The consensus is kept as it is and only usages are solved for, so the model must take ``fixed_H``, as
    ``partwise.NMF`` does.
    """
    from sklearn.base import clone

    runs = [np.asarray(best.components_), *others]
    H, note = consensus(runs, density, best.get_params().get("random_state") or 0)
    model: Any = clone(best)
    order = np.argsort(-model.fit_transform(X, fixed_H=H).sum(axis=0), kind="stable")  # spectra sum to one
    return model, np.asarray(model.fit_transform(X, fixed_H=H[order]), dtype=np.float64), runs, note


def divergence(X: Any, W: np.ndarray, H: np.ndarray) -> float:
    """``sum x log(x / y) - x + y`` for Y = W H, at the stored entries only; O(stored k)."""
    entries = X.tocoo()
    y = np.einsum("ij,ij->i", W[entries.row], H.T[entries.col])
    tiny = np.finfo(np.float64).tiny
    inside = np.sum(entries.data * np.log(np.maximum(entries.data, tiny) / np.maximum(y, tiny)))
    return float(inside - entries.data.sum() + W.sum(axis=0) @ H.sum(axis=1))


def adopt_programs(
    cells: Cells, chosen: np.ndarray, model: Any, W: np.ndarray, others: list[np.ndarray], notes: list[str]
) -> Programs:
    """From a fit of the chosen genes to programs over all genes."""
    import pandas as pd

    H = all_genes(cells.X, W)
    names = [f"program_{q}" for q in range(W.shape[1])]
    mass = W * H.sum(axis=1)
    totals, sums = mass.sum(axis=1, keepdims=True), H.sum(axis=1, keepdims=True)
    agreement = [again(np.asarray(model.components_), other) for other in others]
    stability = np.mean(agreement, axis=0) if agreement else np.full(len(names), np.nan)
    return Programs(
        model=model,
        cells=cells,
        fitted=tuple(cells.genes[j] for j in chosen),
        usages=pd.DataFrame(mass / np.where(totals > 0, totals, 1), list(cells.cells), names),
        spectra=pd.DataFrame(H / np.where(sums > 0, sums, 1), names, list(cells.genes)),
        shares=pd.Series(mass.sum(axis=0) / (mass.sum() or 1.0), names),
        stability=pd.Series(stability, names),
        notes=tuple(notes),
    )


def all_genes(X: Any, W: np.ndarray) -> np.ndarray:
    """The most likely spectra over all genes for known weights of the cells, (n_components, n_genes)."""
    from partwise.estimators import non_negative_factorization

    heard = np.flatnonzero(np.asarray(X.sum(axis=0)).ravel() > 0)
    H = np.zeros((W.shape[1], X.shape[1]))
    solved, _, _ = non_negative_factorization(
        X[:, heard].T.tocsr(),
        H=np.ascontiguousarray(W.T),
        n_components=W.shape[1],  # pyright: ignore[reportArgumentType]
        update_H=False,
        beta_loss="kullback-leibler",
        solver="scd",
        max_iter=2000,
    )
    H[:, heard] = solved.T
    return H


# ------------------------------------------------------------------ before


def located(source: Any, layer: str | None) -> Cells:
    """Whatever holds counts."""
    import pandas as pd

    if isinstance(source, Cells):
        return source
    if isinstance(source, str | os.PathLike):
        return read_cells(source, layer=layer)
    if isinstance(source, pd.DataFrame):
        import scipy.sparse as sp

        cells, genes = (tuple(map(str, axis)) for axis in source.axes)
        return Cells(sp.csr_array(source.to_numpy(dtype=np.float64)), cells, genes, "The table")
    if hasattr(source, "obs_names"):
        return as_cells(source, layer)
    raise DataError("Cells and genes must be named: give a path, an AnnData object or a DataFrame (cells in rows).")


def new_model(model: Any, n_components: int | None, random_state: int) -> Any:
    """A fresh estimator of the asked size."""
    from sklearn.base import clone

    if model is not None:
        one: Any = clone(model)
        return one if n_components is None else one.set_params(n_components=n_components)
    if n_components is None:
        raise DataError("n_components is missing: how many programs to look for, such as 10.")
    from partwise.estimators import NMF

    return NMF(n_components, beta_loss="kullback-leibler", init="random", max_iter=1000, random_state=random_state)
