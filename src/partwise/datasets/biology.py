"""Make mutations of tumours and counts of genes in cells, with planted signatures and programs."""

import numpy as np
import scipy.sparse as sp

from .planted import RandomState
from .records import Planted, numbered

BASES = "ACGT"
CHANGES = ["C>A", "C>G", "C>T", "T>A", "T>C", "T>G"]
CONTEXTS = [f"{left}[{change}]{right}" for change in CHANGES for left in BASES for right in BASES]


def make_mutations(n_samples: int = 60, *, burden: float = 2000.0, random_state: RandomState = 0) -> Planted:
    """Make a catalogue of mutations of tumours from five planted signatures.

    Parameters
    ----------
    n_samples : int, default=60
        Number of tumours.
    burden : float, default=2000
        Median number of mutations of a tumour; the numbers are log-normal, from about a sixth to six times that.
    random_state : int, Generator or None, default=0
        Seed.

    Returns
    -------
    Planted
        ``X`` : ndarray of shape (n_samples, 96), counts, Poisson around ``W @ H``. ``W`` : expected mutations of each
        tumour by each signature. ``H`` : the signatures, rows sum to 1. ``feature_names`` : the 96 contexts, such as
        ``A[C>A]A``, by change, left and right neighbour.

    Raises
    ------
    ValueError
        If ``n_samples`` is below 1 or ``burden`` is not positive.

    Notes
    -----
    The signatures are invented along known lines (clock-like C>T before G, C>T and C>G after T, C>A, C>T at pairs of
    pyrimidines, flat); they are not those of COSMIC.

    References
    ----------
    The classification into 96 contexts: Alexandrov et al. (2013), https://doi.org/10.1038/nature12477.

    Examples
    --------
    >>> from partwise.datasets import make_mutations
    >>> catalogue = make_mutations()
    >>> catalogue.X.shape, str(catalogue.feature_names[0])
    ((60, 96), 'A[C>A]A')
    """
    if n_samples < 1 or not burden > 0:
        raise ValueError(f"n_samples={n_samples!r} and burden={burden!r} must be positive.")
    rng = np.random.default_rng(random_state)
    H, kinds = signatures(rng)
    totals = burden * rng.lognormal(0.0, 0.9, size=n_samples)
    W = totals[:, None] * rng.dirichlet(np.full(len(kinds), 0.4), size=n_samples)
    mean = W @ H
    return Planted(
        name="mutations",
        X=rng.poisson(mean).astype(float),
        W=W,
        H=H,
        description="Number of mutations in each of 96 contexts in each tumour.",
        distribution="poisson",
        noise=float(mean.mean() ** -0.5),
        feature_names=np.array(CONTEXTS),
        row_names=numbered("tumour", n_samples),
        component_names=np.array(kinds),
    )


def make_cells(
    n_cells: int = 500,
    n_genes: int = 1000,
    n_programs: int = 6,
    *,
    depth: float = 1500.0,
    random_state: RandomState = 0,
) -> Planted:
    """Make counts of genes in single cells from planted programs of gene activity.

    Each program has its own marker genes over a background that all share; a cell is a mixture of programs. Depths
    differ from cell to cell, as they do in a laboratory.

    Parameters
    ----------
    n_cells, n_genes, n_programs : int, default=500, 1000, 6
        Size; at least 10 genes to a program.
    depth : float, default=1500
        Median number of molecules of a cell.
    random_state : int, Generator or None, default=0
        Seed.

    Returns
    -------
    Planted
        ``X`` : csr_matrix of shape (n_cells, n_genes), float64, counts, Poisson around ``W @ H``. ``W`` : expected
        molecules of each cell by each program. ``H`` : the programs, rows sum to 1. ``labels`` : the strongest program
        of each cell. ``extra["markers"]`` : int array of shape (n_programs, n_markers), the columns of the markers.

    Raises
    ------
    ValueError
        If there are fewer than 10 genes to a program, or a size or ``depth`` is not positive.

    Notes
    -----
    The means of all cells are held dense for a moment: 8 n_cells n_genes bytes. Some genes may be silent in all cells.

    Examples
    --------
    >>> from partwise.datasets import make_cells
    >>> cells = make_cells()
    >>> cells.X.shape, cells.extra["markers"].shape
    ((500, 1000), (6, 20))
    """
    if n_cells < 1 or n_programs < 1 or not depth > 0:
        raise ValueError(f"n_cells={n_cells!r}, n_programs={n_programs!r} and depth={depth!r} must be positive.")
    if n_genes < 10 * n_programs:
        raise ValueError(
            f"n_genes={n_genes!r} must be {10 * n_programs} or more for n_programs={n_programs}: ten genes to each."
        )
    rng = np.random.default_rng(random_state)
    markers = rng.permutation(n_genes)[: n_programs * min(20, n_genes // n_programs)].reshape(n_programs, -1)
    H = rng.gamma(0.3, size=n_genes) * rng.lognormal(0.0, 0.3, size=(n_programs, n_genes))
    H[np.arange(n_programs)[:, None], markers] += rng.gamma(4.0, size=markers.shape)
    H /= H.sum(axis=1, keepdims=True)
    W = depth * rng.lognormal(0.0, 0.4, size=(n_cells, 1)) * rng.dirichlet(np.full(n_programs, 0.2), size=n_cells)
    mean = W @ H
    names = numbered("program", n_programs)
    return Planted(
        name="cells",
        X=sp.csr_matrix(rng.poisson(mean).astype(float)),
        W=W,
        H=H,
        description="Number of molecules of each gene in each cell.",
        distribution="poisson",
        noise=float(mean.mean() ** -0.5),
        feature_names=numbered("gene", n_genes),
        row_names=numbered("cell", n_cells),
        component_names=names,
        labels=names[W.argmax(axis=1)],
        extra={"markers": markers},
    )


def signatures(rng: np.random.Generator) -> tuple[np.ndarray, list[str]]:
    """Draw five signatures over the 96 contexts, each a rule over an uneven background of a tenth of its mass."""
    rules = {
        "C>T before G": [c[2:5] == "C>T" and c[-1] == "G" for c in CONTEXTS],
        "C>T and C>G after T": [c[2:5] in ("C>T", "C>G") and c[0] == "T" and c[-1] in "AT" for c in CONTEXTS],
        "C>A": [c[2:5] == "C>A" for c in CONTEXTS],
        "C>T at pyrimidines": [c[2:5] == "C>T" and (c[0] in "CT" or c[-1] in "CT") for c in CONTEXTS],
        "flat": [True for _ in CONTEXTS],
    }
    H = np.array(list(rules.values())) * rng.gamma(5.0, size=(len(rules), 96))
    H /= H.sum(axis=1, keepdims=True)
    return 0.9 * H + 0.1 * rng.dirichlet(np.ones(96), size=len(rules)), list(rules)
