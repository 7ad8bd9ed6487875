"""Programs of genes: planted ones are found, usages are shares, counts are read as they come, AnnData gets it all."""

import gzip

import anndata
import numpy as np
import pandas as pd
import pytest
import scipy.io
import scipy.sparse as sp
from sklearn.decomposition import NMF as TheirNMF

import partwise
from partwise import io
from partwise.apps.programs import programs
from partwise.apps.programs.genes import deviances, variable_genes
from partwise.apps.programs.likeness import assign, cosines
from partwise.apps.programs.stability import consensus
from partwise.datasets import make_cells
from partwise.errors import DataError


@pytest.fixture(scope="module")
def made():
    return make_cells(200, 400, 4)


def frame(made):
    return pd.DataFrame(made.X.toarray(), index=list(made.row_names), columns=list(made.feature_names))


@pytest.fixture(scope="module")
def found(made):
    return programs(frame(made), 4, genes=150, runs=3)


def test_planted_programs_are_found_over_all_genes(found, made):
    alike = cosines(found.spectra, made.H)
    own = assign(alike)
    assert alike[np.arange(4), own].min() > 0.98
    shares = made.W / made.W.sum(axis=1, keepdims=True)
    assert np.corrcoef(found.usages.to_numpy().ravel(), shares[:, own].ravel())[0, 1] > 0.97
    assert len(found.fitted) == 150 and found.spectra.shape == (4, 400)


def test_top_genes_are_the_planted_markers(found, made):
    own = assign(cosines(found.spectra, made.H))
    for q, name in enumerate(found.spectra.index):
        markers = set(made.feature_names[made.extra["markers"][own[q]]])
        assert len(markers & set(found.top_genes(10)[name])) >= 9


def test_usages_and_spectra_are_shares(found):
    np.testing.assert_allclose(found.usages.sum(axis=1), 1)
    np.testing.assert_allclose(found.spectra.sum(axis=1), 1)
    assert found.shares.sum() == pytest.approx(1)


def test_the_consensus_of_runs_is_the_planted_programs(made):
    found = programs(frame(made), 4, genes=150, runs=6, density=0.5)
    alike = cosines(found.spectra, made.H)
    assert alike[np.arange(4), assign(alike)].min() > 0.98
    assert "consensus of 6 runs: 24 of 24 components have neighbours within 0.5." in found.notes[-1]
    np.testing.assert_allclose(found.model.components_.sum(axis=1), 1)
    assert found.shares.is_monotonic_decreasing


def test_a_consensus_needs_runs_and_components_that_agree():
    runs = [np.eye(4)[[run, (run + 1) % 4]] for run in (0, 2)]
    with pytest.raises(DataError, match=r"Only 0 of 4 components .* within density=0\.5, fewer than 2"):
        consensus(runs, 0.5)
    with pytest.raises(DataError, match="two or more runs"):
        consensus(runs[:1], 0.5)


def test_planted_programs_are_stable_and_too_many_are_told_apart(found, made):
    assert found.stability.min() > 0.99
    assert "Stability" in found.info() and "Note" not in found.info()
    many = programs(frame(made), 8, genes=150, runs=3)
    assert many.stability.min() < 0.9


def test_markers_vary_more_than_other_genes(made):
    chosen = set(variable_genes(sp.csr_array(made.X), 80))
    assert len(chosen & set(made.extra["markers"].ravel())) >= 70
    assert variable_genes(sp.csr_array([[1.0, 0, 2], [2, 0, 4]]), 3).size == 0
    assert (deviances(sp.csr_array(made.X)) >= 0).all()


def test_the_gene_filter_is_told(found, made):
    silent = int((made.X.sum(axis=0) == 0).sum())
    assert (
        f"200 cells x 400 genes; {silent} genes are silent in all cells. The 150 genes that differ most"
        in found.notes[0]
    )


def test_empty_cells_have_no_usages_and_are_told(made):
    table = frame(made)
    table.iloc[5] = 0
    found = programs(table, 2, genes=100, runs=1)
    assert (found.usages.iloc[5] == 0).all() and found.stability.isna().all()
    assert "1 cells without counts" in found.notes[-1]


def test_any_estimator_can_stand_in(made):
    theirs = TheirNMF(4, beta_loss="kullback-leibler", solver="mu", init="random", random_state=0, max_iter=500)
    found = programs(frame(made), model=theirs, genes=150, runs=1)
    assert type(found.model) is TheirNMF
    assert cosines(found.spectra, made.H).max(axis=1).min() > 0.95


def test_the_model_carries_the_names_of_its_genes(found, tmp_path):
    found.save(tmp_path / "model.pw")
    assert tuple(partwise.load(tmp_path / "model.pw").feature_names_in_) == found.fitted


# files


def write_10x(folder, made, packed):
    folder.mkdir()
    opener, end = (gzip.open, ".gz") if packed else (open, "")
    scipy.io.mmwrite(folder / "matrix.mtx", sp.coo_matrix(made.X.T.astype(int)))
    if packed:
        (folder / "matrix.mtx.gz").write_bytes(gzip.compress((folder / "matrix.mtx").read_bytes()))
        (folder / "matrix.mtx").unlink()
    with opener(folder / f"features.tsv{end}", "wt", encoding="utf-8") as file:
        file.writelines(f"ENSG{j}\t{name}\tGene Expression\n" for j, name in enumerate(made.feature_names))
    with opener(folder / f"barcodes.tsv{end}", "wt", encoding="utf-8") as file:
        file.writelines(f"{name}\n" for name in made.row_names)


@pytest.mark.parametrize("packed", [False, True])
def test_a_folder_of_10x_is_read(tmp_path, made, packed):
    write_10x(tmp_path / "10x", made, packed)
    cells = io.read_cells(tmp_path / "10x")
    assert cells.cells == tuple(made.row_names) and cells.genes == tuple(made.feature_names)
    np.testing.assert_array_equal(cells.X.toarray(), made.X.toarray())


def test_names_of_genes_tell_the_orientation_of_a_table(tmp_path, made):
    table = frame(made)
    table.columns = ["ENSG00000000001", "MT-CO1", *table.columns[2:]]
    table.T.to_csv(tmp_path / "genes.tsv", sep="\t")
    cells = io.read_cells(tmp_path / "genes.tsv")
    np.testing.assert_array_equal(cells.X.toarray(), made.X.toarray())
    assert "looks like genes in rows (400) and cells in columns (200). I read it that way" in cells.notes[-1]
    frame(made).to_csv(tmp_path / "cells.tsv", sep="\t")
    assert "looks like cells in rows (200)" in io.read_cells(tmp_path / "cells.tsv").notes[-1]


def test_programs_go_into_anndata_and_back_from_its_file(tmp_path, made, found):
    found.to_anndata().write_h5ad(tmp_path / "cells.h5ad")
    back = anndata.read_h5ad(tmp_path / "cells.h5ad")
    np.testing.assert_allclose(back.obsm["programs"], found.usages)
    np.testing.assert_allclose(back.varm["programs"], found.spectra.T)
    np.testing.assert_allclose(back.uns["programs"]["share"], found.shares)
    back.layers["counts"] = back.X.copy()
    back.X = back.X * 0.5
    cells = io.as_cells(back)
    assert "counts are taken from the layer 'counts'" in cells.notes[0]
    again = programs(back, 4, genes=150, runs=3)
    np.testing.assert_allclose(again.usages, found.usages)
    with pytest.raises(DataError, match=r"has no layer 'raw'. It has X, counts"):
        io.as_cells(back, "raw")


MISTAKES = {
    "negative": (lambda t: t - 1, "cells are negative .*raw counts, not centred"),
    "logged": (lambda t: np.log1p(t), "cells are not whole"),
    "nothing": (lambda t: t * 0, "holds 0 cells with counts"),
    "one cell": (lambda t: t.iloc[:1], "holds 1 cells with counts"),
    "all alike": (lambda t: t * 0 + 1, "cells differ in depth only"),
    "an array": (lambda t: t.to_numpy(), "must be named"),
}


@pytest.mark.parametrize(("change", "said"), list(MISTAKES.values()), ids=list(MISTAKES))
def test_what_is_no_table_of_counts_is_refused(change, said, made):
    with pytest.raises(DataError, match=said):
        programs(change(frame(made)), 2, runs=1)
