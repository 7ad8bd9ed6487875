"""Programs with their usages: which genes mark them, how far they can be trusted, and the way back into AnnData."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.programs.likeness import STABLE
from partwise.card import Card
from partwise.errors import DataError
from partwise.io import Cells, to_anndata

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Programs", "marking"]


@dataclass(frozen=True, eq=False)
class Programs(Card):
    """Programs of genes, and how much each cell uses them.

    Attributes
    ----------
    model : fitted estimator
        On the genes of ``fitted``.
    cells : Cells
    fitted : tuple of str
    usages : DataFrame of shape (n_cells, n_components), non-negative
        Rows sum to 1 (0 for cells without counts).
    spectra : DataFrame of shape (n_components, n_genes), non-negative
        Rows sum to 1; all genes.
    shares : Series of shape (n_components,)
        Of all molecules.
    stability : Series of shape (n_components,)
        Mean cosine with the partners in the other runs; NaN for a single run.
    notes : tuple of str

    Examples
    --------
    >>> from partwise.apps.programs import programs
    >>> from partwise.datasets import make_cells
    >>> planted = make_cells()
    >>> import pandas as pd
    >>> dense = planted.X.toarray() if hasattr(planted.X, "toarray") else planted.X
    >>> found = programs(pd.DataFrame(dense, planted.row_names, planted.feature_names), 5)
    >>> found.usages.sum(axis=1).round(9).unique().tolist()
    [1.0]
    """

    model: Any
    cells: Cells
    fitted: tuple[str, ...]
    usages: pd.DataFrame
    spectra: pd.DataFrame
    shares: pd.Series
    stability: pd.Series
    notes: tuple[str, ...]

    def top_genes(self, n: int = 10) -> pd.DataFrame:
        """The genes that mark each program: ``s log(s / mean of the others)``, falling; (n, n_components) names."""
        import pandas as pd

        order = marking(self.spectra.to_numpy())[:, :n]
        names = np.array(self.spectra.columns, dtype=object)
        return pd.DataFrame(names[order].T, columns=self.spectra.index)

    def to_frame(self) -> pd.DataFrame:
        """A row per program: share of all molecules, stability, cells that use it most, top genes."""
        import pandas as pd

        used = self.usages.to_numpy().any(axis=1)
        most = np.bincount(self.usages.to_numpy()[used].argmax(axis=1), minlength=self.usages.shape[1])
        table = pd.DataFrame({"share": self.shares, "stability": self.stability}).rename_axis("program")
        top = self.top_genes()
        return table.assign(cells=most, genes=[list(top[q]) for q in top])

    def write_into(self, adata: Any) -> None:
        """Write usages to ``obsm["programs"]``, spectra to ``varm["programs"]``, the rest to ``uns["programs"]``.

        Raises
        ------
        DataError
            If the cells or genes are others.
        """
        if tuple(map(str, adata.obs_names)) != self.cells.cells:
            raise DataError("adata has other cells than the programs were learned from.")
        spectra = self.spectra.T.reindex(list(map(str, adata.var_names)), fill_value=0.0)
        adata.obsm["programs"] = self.usages.set_axis(adata.obs_names)
        adata.varm["programs"] = spectra.set_axis(adata.var_names)
        adata.uns["programs"] = {
            "share": self.shares.to_numpy(),
            "stability": self.stability.to_numpy(),
            "fitted": np.array(self.fitted, dtype=str),
        }

    def to_anndata(self) -> Any:
        """A new AnnData object of the counts, with the programs in it.

        Raises
        ------
        MissingExtraError
            Without anndata.
        """
        adata = to_anndata(self.cells)
        self.write_into(adata)
        return adata

    def info(self) -> str:
        """The result in words."""
        (n, k), stable = self.usages.shape, self.stability
        lines = [f"{k} programs of {n:,} cells, learned from {len(self.fitted):,} genes."]
        if stable.notna().all():
            low = [f"{name} ({value:.2f})" for name, value in stable.items() if value < STABLE]
            lines.append(f"Stability (mean cosine with other starts): {stable.mean():.2f}, lowest {stable.min():.2f}.")
            if low:
                lines.append(f"Note: other starts find other programs instead of {', '.join(low)}; trust them less.")
        return "\n".join(lines)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model, with the names of its genes, to a ``.pw`` file."""
        self.model.feature_names_in_ = np.array(self.fitted, dtype=object)
        self.model.field_ = {"kind": "programs"}
        self.model.save(path)


def marking(S: np.ndarray) -> np.ndarray:
    """For rows of sum 1, the columns that mark each: ``s log(s / mean of the others)``, falling.

    Examples
    --------
    >>> import numpy as np
    >>> marking(np.array([[0.6, 0.3, 0.1], [0.6, 0.1, 0.3]])).tolist()
    [[1, 0, 2], [2, 0, 1]]
    """
    rest = (S.sum(axis=0) - S) / max(1, len(S) - 1)
    floor = 1e-9
    scores = S * np.log((S + floor) / (rest + floor)) if len(S) > 1 else S
    return np.argsort(-scores, axis=1, kind="stable")
