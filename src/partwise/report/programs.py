"""Programs of genes in single cells."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.report.matrix import refuse_data
from partwise.report.overview import remarks
from partwise.report.result import Result

__all__ = ["gather"]


def gather(found: Any, data: Any = None, W: Any = None) -> Result:
    """Programs, with the genes that mark them first."""
    refuse_data(found, data)
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
