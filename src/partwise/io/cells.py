"""Counts of single cells: .h5ad (the one place that imports anndata), folders of 10x Genomics, and tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partwise.errors import DataError, MissingExtraError
from partwise.io.files import PathLike, located
from partwise.io.read import read

__all__ = ["Cells", "as_cells", "read_cells", "to_anndata"]

GENE = re.compile(
    r"(ENS[A-Z]*G\d{6,}|(MT|mt|Mt)-\w+|RP[LS]\d+\w*|Rp[ls]\d+\w*|ACTB|Actb|GAPDH|Gapdh|MALAT1|Malat1)(\.\d+)?"
)
"""Names that genes have and cells do not."""
MANY = 10000
"""So many rows are genes, if nothing else tells."""


@dataclass(frozen=True, eq=False)
class Cells:
    """Counts of genes in cells.

    Attributes
    ----------
    X : csr_array of shape (n_cells, n_genes), float64
    cells, genes : tuples of str
    source : str
    notes : tuple of str
        What was inferred.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.io import Cells
    >>> import scipy.sparse as sp
    >>> Cells(sp.csr_array(np.eye(2)), ("a", "b"), ("g", "h"), "memory", ()).X.shape
    (2, 2)
    """

    X: Any
    cells: tuple[str, ...]
    genes: tuple[str, ...]
    source: str
    notes: tuple[str, ...] = ()


def read_cells(path: PathLike, *, layer: str | None = None, orient: str | None = None) -> Cells:
    """Read counts: an .h5ad file, a folder of 10x Genomics (matrix.mtx, barcodes, features), or a table.

    Parameters
    ----------
    path : path
    layer : str or None
        Of an .h5ad: the layer that holds counts, or "X" or "raw". None: "counts" if there is one, else X.
    orient : {"samples-first", "features-first"} or None
        Of a table: whether rows are cells or genes. None: guessed from the names, else from the size, and told.

    Raises
    ------
    MissingFileError, MissingExtraError, DataError

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from partwise.io import read_cells
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "counts.csv"
    ...     _ = file.write_text("cell,g,h\\na,1,0\\nb,0,2\\nc,3,4\\n", encoding="utf-8")
    ...     read_cells(file, orient="samples-first").genes
    ('g', 'h')
    """
    source, _ = located(path)
    if source.is_dir():
        return from_10x(source)
    if source.suffix.lower() == ".h5ad":
        return as_cells(read_h5ad(source), layer, source.name)
    if layer is not None:
        raise DataError(f"{source.name}: only an .h5ad file has layers; leave out layer={layer!r}.")
    return from_table(path, orient)


# ------------------------------------------------------------------ AnnData


def anndata() -> Any:
    """The module ``anndata``."""
    try:
        import anndata
    except ImportError:
        raise MissingExtraError.for_task("Reading and writing .h5ad", "omics") from None
    return anndata


def read_h5ad(path: PathLike) -> Any:
    """An AnnData object."""
    if Path(path).stat().st_size == 0:
        raise DataError(f"{Path(path).name} is empty (0 bytes).")
    module = anndata()
    try:
        return module.read_h5ad(path)
    except (OSError, KeyError, ValueError) as error:
        raise DataError(f"{Path(path).name} is not a readable .h5ad file ({error}).") from None


def as_cells(adata: Any, layer: str | None = None, source: str = "The AnnData object") -> Cells:
    """The counts in an AnnData object (anything with ``X``, ``layers``, ``obs_names`` and ``var_names``).

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> import numpy as np
    >>> from partwise.io import as_cells
    >>> adata = SimpleNamespace(X=np.eye(2), layers={}, raw=None, obs_names=["a", "b"], var_names=["g", "h"])
    >>> as_cells(adata).genes
    ('g', 'h')
    """
    layers, names = list(adata.layers), adata.var_names
    chosen = layer or ("counts" if "counts" in layers else "X")
    if chosen == "raw" and adata.raw is not None:
        X, names = adata.raw.X, adata.raw.var_names
    elif chosen == "X":
        X = adata.X
    elif chosen in layers:
        X = adata.layers[chosen]
    else:
        have = ["X", *(["raw"] if adata.raw is not None else []), *layers]
        raise DataError(f"{source} has no layer {chosen!r}. It has {', '.join(have)}.")
    note = f"{source}: counts are taken from {chosen if chosen in ('X', 'raw') else f'the layer {chosen!r}'}."
    return Cells(stored(X), tuple(map(str, adata.obs_names)), tuple(map(str, names)), source, (note,))


def to_anndata(cells: Cells) -> Any:
    """A new AnnData object of counts.

    Examples
    --------
    >>> import numpy as np
    >>> import scipy.sparse as sp
    >>> from partwise.io import Cells, to_anndata
    >>> to_anndata(Cells(sp.csr_array(np.eye(2)), ("a", "b"), ("g", "h"), "memory", ())).shape
    (2, 2)
    """
    import pandas as pd
    import scipy.sparse as sp

    return anndata().AnnData(
        sp.csr_matrix(cells.X), obs=pd.DataFrame(index=list(cells.cells)), var=pd.DataFrame(index=list(cells.genes))
    )


def stored(X: Any) -> Any:
    """Counts as csr_array of float64."""
    import scipy.sparse as sp

    counts = sp.csr_array(X if sp.issparse(X) else np.asarray(X), dtype=np.float64)
    counts.sum_duplicates()
    return counts


# ------------------------------------------------------------------ 10x Genomics, tables


def from_10x(folder: Path) -> Cells:
    """The three files of a folder of 10x Genomics, packed or not; genes are in rows there."""
    matrix = member(folder, ("matrix.mtx", "matrix.mtx.gz"))
    genes = labels(member(folder, ("features.tsv", "features.tsv.gz", "genes.tsv", "genes.tsv.gz")))
    cells = labels(member(folder, ("barcodes.tsv", "barcodes.tsv.gz")), 0)
    X = read(matrix).X
    if X.shape != (len(genes), len(cells)):
        raise DataError(
            f"{folder}: the matrix is {X.shape[0]:,} x {X.shape[1]:,}, but there are {len(genes):,} genes and "
            f"{len(cells):,} barcodes. The files do not belong together."
        )
    return Cells(stored(X.T), cells, unique(genes), folder.name, ())


def member(folder: Path, names: Sequence[str]) -> Path:
    """The first of the files that is there."""
    found = next((folder / name for name in names if (folder / name).exists()), None)
    if found is None:
        raise DataError(
            f"{folder} has no {names[0]}: a folder of 10x Genomics holds matrix.mtx, barcodes.tsv and features.tsv "
            "(also .gz)."
        )
    return found


def labels(path: Path, column: int = 1) -> tuple[str, ...]:
    """A column of a table without a header (the first, if there is no other)."""
    import gzip

    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        rows = [line.rstrip("\r\n").split("\t") for line in file if line.strip()]
    return tuple(row[min(column, len(row) - 1)] for row in rows)


def unique(names: Sequence[str]) -> tuple[str, ...]:
    """Names made different: the second A is A-1, as scanpy has it."""
    seen: dict[str, int] = {}
    made = []
    for name in names:
        made.append(f"{name}-{seen[name]}" if name in seen else name)
        seen[name] = seen.get(name, 0) + 1
    return tuple(made)


def from_table(path: PathLike, orient: str | None) -> Cells:
    """A table of counts; which side the genes are on is guessed and told."""
    matrix = read(path)
    name, (rows, columns) = matrix.source.name, matrix.X.shape
    guessed = orient or guess(matrix.row_names, matrix.column_names, rows, columns)
    flip = guessed == "features-first"
    genes, cells = (matrix.row_names, matrix.column_names) if flip else (matrix.column_names, matrix.row_names)
    X = stored(matrix.X.T if flip else matrix.X)
    told = [note for note in matrix.notes if "names" not in note]
    if orient is None:
        sides = ("genes", "cells") if flip else ("cells", "genes")
        other = "samples-first" if flip else "features-first"
        told.append(
            f"{name} looks like {sides[0]} in rows ({rows:,}) and {sides[1]} in columns ({columns:,}). I read it "
            f'that way; say orient="{other}" if wrong.'
        )
    cells = cells or tuple(f"cell_{i}" for i in range(X.shape[0]))
    return Cells(X, cells, unique(genes or tuple(f"gene_{j}" for j in range(X.shape[1]))), name, tuple(told))


def guess(rows: Sequence[str] | None, columns: Sequence[str] | None, n: int, m: int) -> str:
    """Where the genes are: where names of genes are, else along a side that is too long for cells."""
    upper, lower = (sum(GENE.fullmatch(name) is not None for name in names or ()) for names in (rows, columns))
    if upper != lower:
        return "features-first" if upper > lower else "samples-first"
    return "features-first" if n > m and n >= MANY else "samples-first"
