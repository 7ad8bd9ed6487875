"""Programs of genes in single cells: a result, or its saved model with or without cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.errors import DataError
from partwise.report.matrix import feature_names, solved
from partwise.report.overview import remarks
from partwise.report.result import Result
from partwise.report.saved import of_saved

__all__ = ["gather"]


def gather(found: Any, data: Any = None, W: Any = None) -> Result:
    """Programs with their cells, or a model of programs and the cells of ``data``."""
    return of_saved(found, data, W, result="Programs", learned=learned, alone=alone, again=again)


def again(model: Any, data: Any, W: Any) -> Any:
    """The programs of a model in other cells; stability is that of a fit, and not known here."""
    from partwise.apps.programs.expression import adopt_programs, located

    cells = located(data, None)
    place = {gene: j for j, gene in enumerate(cells.genes)}
    genes = feature_names(model)
    missing = [gene for gene in genes if gene not in place]
    if missing:
        raise DataError(
            f"{cells.source} lacks {len(missing):,} of the {len(genes):,} genes of the model, such as {missing[0]!r}."
        )
    fitted = np.array([place[gene] for gene in genes])
    weights = solved(model, cells.X[:, fitted]) if W is None else np.asarray(W)
    return adopt_programs(cells, fitted, model, weights, [], list(cells.notes))


def alone(model: Any) -> Result:
    """The genes that were fitted."""
    from partwise.apps.programs.expression import marking

    sums = model.components_.sum(axis=1, keepdims=True)
    H = model.components_ / np.where(sums > 0, sums, 1)
    k, p = H.shape
    return Result(
        kind="programs",
        title=f"{k} programs of {p:,} genes",
        words="program cell gene",
        model=model,
        H=H,
        labels=[f"program {q}" for q in range(k)],
        features=feature_names(model),
        shares=sums.ravel() / (sums.sum() or 1.0),
        facts=[("programs", k), ("genes that were fitted", p)],
        notices=["Without the counts, only the genes that were fitted are known; with them, spectra cover all genes."],
        order=marking(H),
    )


def learned(found: Any) -> Result:
    """Programs, with the genes that mark them first."""
    table, counts = found.to_frame(), found.cells.X
    genes = found.spectra.columns
    depth = np.asarray(counts.sum(axis=1)).ravel()
    (n, k), p = found.usages.shape, len(genes)
    return Result(
        kind="programs",
        title=f"{k} programs of {n:,} cells",
        words="program cell gene",
        model=found.model,
        H=found.spectra.to_numpy(),
        labels=[str(name).replace("_", " ") for name in found.usages],
        features=[str(gene) for gene in genes],
        W=found.usages.to_numpy() * depth[:, None],
        items=found.cells.cells,
        X=counts,
        shares=found.shares.to_numpy(),
        facts=[
            ("programs", k),
            ("cells", n),
            ("stability", None if found.stability.isna().any() else round(float(found.stability.mean()), 3)),
            ("genes", p),
            ("genes that were fitted", len(found.fitted)),
        ],
        warnings=remarks(found),
        notices=list(found.notes),
        measures=[
            [("stability", round(float(row["stability"]), 3)), ("cells that use it most", int(row["cells"]))]
            for _, row in table.iterrows()
        ],
        order=genes.get_indexer(found.top_genes(30).to_numpy().T.ravel()).reshape(k, -1),
    )
