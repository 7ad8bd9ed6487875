"""Make what a field works with, with its words and a known answer: ratings, mutations, cells, articles.

Planted, so that an example can show whether the answer is right; not a substitute for real data in any claim.
"""

import numpy as np
import scipy.sparse as sp

from .planted import RandomState
from .records import Planted, numbered

FILMS = {
    "science fiction": "Alien|The Matrix|Star Wars|Blade Runner|Metropolis|Solaris|Interstellar|Gravity|Brazil|Stalker",
    "romance": "Casablanca|Titanic|Notting Hill|Amélie|Before Sunrise|Roman Holiday|La La Land|Carol|Emma|Once",
    "crime": "The Godfather|Heat|Fargo|Chinatown|Se7en|Pulp Fiction|Vertigo|The Third Man|Rififi|Memento",
    "family": "Toy Story|Bambi|Paddington|Finding Nemo|E.T.|Babe|Ratatouille|Spirited Away|Up|Mary Poppins",
}
BASES = "ACGT"
CHANGES = ["C>A", "C>G", "C>T", "T>A", "T>C", "T>G"]
CONTEXTS = [f"{left}[{change}]{right}" for change in CHANGES for left in BASES for right in BASES]


def make_ratings(
    n_users: int = 200, *, density: float = 0.3, noise: float = 0.4, random_state: RandomState = 0
) -> Planted:
    """Make a table of film ratings from four planted tastes, to recommend films and check the advice.

    Each user is a mixture of tastes (``W``, rows sum to 1); each taste has its stars for each film (``H``, 1 to 5).
    Popular films are rated more often.

    Parameters
    ----------
    n_users : int, default=200
        Number of users; there are 40 films, ten to a taste.
    density : float in (0, 1], default=0.3
        Share of the cells that are rated, about. Each user has rated at least one film.
    noise : float, default=0.4
        Standard deviation in stars, before rounding to half stars in 0.5..5. 0 gives ``W @ H`` itself, not rounded.
    random_state : int, Generator or None, default=0
        Seed.

    Returns
    -------
    Planted
        ``X`` : csr_matrix of shape (n_users, 40), stars; cells not stored are not rated. ``labels`` : the strongest
        taste of each user. ``extra["table"]`` : DataFrame with one row per rating in order of time: ``user``, ``item``,
        ``rating`` and ``time`` (datetime64).

    Raises
    ------
    ValueError
        If ``density`` is not in (0, 1], ``noise`` is negative or ``n_users`` below 1.

    Notes
    -----
    The titles are real, the ratings are invented.

    Examples
    --------
    >>> from partwise.datasets import make_ratings
    >>> ratings = make_ratings()
    >>> list(ratings.extra["table"].columns), len(ratings.extra["table"]) == ratings.X.nnz
    (['user', 'item', 'rating', 'time'], True)
    """
    if n_users < 1:
        raise ValueError(f"n_users={n_users!r} must be 1 or larger.")
    if not 0 < density <= 1:
        raise ValueError(f"density={density!r} must be in (0, 1]: it is the share of rated cells.")
    if not noise >= 0:
        raise ValueError(f"noise={noise!r} must be 0 or larger: it is a standard deviation in stars.")
    rng = np.random.default_rng(random_state)
    tastes, films = list(FILMS), "|".join(FILMS.values()).split("|")
    W = rng.dirichlet(np.full(len(tastes), 0.3), size=n_users)
    H = rng.uniform(1.0, 2.5, size=(len(tastes), len(films)))
    own = np.arange(len(films)) // 10
    H[own, np.arange(len(films))] = rng.uniform(4.0, 5.0, size=len(films))
    users, items = rated_cells(rng, n_users, len(films), density)
    stars = (W @ H)[users, items]
    if noise > 0:
        stars = np.clip(np.round(2 * (stars + noise * rng.normal(size=stars.size))) / 2, 0.5, 5.0)
    user_names, film_names = numbered("user", n_users), np.array(films)
    return Planted(
        name="ratings",
        X=sp.csr_matrix((stars, (users, items)), shape=(n_users, len(films))),
        W=W,
        H=H,
        description="Stars, 0.5 to 5, that users gave to films; most cells are not rated.",
        distribution="gaussian" if noise > 0 else "exact",
        noise=float(noise / (W @ H).mean()),
        feature_names=film_names,
        row_names=user_names,
        component_names=np.array(tastes),
        labels=np.array(tastes)[W.argmax(axis=1)],
        extra={"table": long_table(rng, user_names[users], film_names[items], stars)},
    )


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


def make_articles(n_articles: int = 20000, *, random_state: RandomState = 0) -> Planted:
    """Make tf-idf weights of 800 words in articles on ten planted topics, at the size of a real collection.

    Parameters
    ----------
    n_articles : int, default=20000
        Number of articles, of 5 words and a Poisson number of mean 60 each.
    random_state : int, Generator or None, default=0
        Seed; the default gives 913,711 stored values.

    Returns
    -------
    Planted
        ``X`` : csr_matrix of shape (n_articles, 800), float64, rows of length 1. ``W`` : share of each topic in each
        article, rows sum to 1. ``H`` : the probability of each word in each topic times its idf. ``labels`` : the
        largest topic. ``extra`` : ``counts`` (csr_matrix) before weighting and ``idf`` (800,).

    Raises
    ------
    ValueError
        If ``n_articles`` is below 1.

    Notes
    -----
    Rows of ``X`` have length 1, so they scatter around ``W @ H`` up to a factor for each row: compare directions. The
    weights are scikit-learn's: ``idf = log((1 + n) / (1 + df)) + 1``. Ten components fit the default data to a relative
    error of 0.758694 and find the topics with cosines of 0.9995 and more.

    Examples
    --------
    >>> from partwise.datasets import make_articles
    >>> make_articles(500).X.shape
    (500, 800)
    """
    if n_articles < 1:
        raise ValueError(f"n_articles={n_articles!r} must be 1 or larger.")
    rng = np.random.default_rng(random_state)
    topics = rng.dirichlet(np.full(800, 0.05), 10)
    W = rng.dirichlet(np.full(10, 0.1), n_articles)
    mean = W @ topics
    counts = sp.csr_matrix(
        rng.multinomial(rng.poisson(60, n_articles) + 5, mean / mean.sum(1, keepdims=True)), dtype=float
    )
    X, idf = tfidf(counts)
    names = numbered("topic", 10)
    return Planted(
        name="articles",
        X=X,
        W=W,
        H=topics * idf,
        description="tf-idf weights of 800 words in articles on ten topics.",
        distribution="multinomial",
        noise=float((counts.sum() / (n_articles * 800)) ** -0.5),
        feature_names=numbered("word", 800),
        row_names=numbered("article", n_articles),
        component_names=names,
        labels=names[W.argmax(axis=1)],
        extra={"counts": counts, "idf": idf},
    )


def rated_cells(rng: np.random.Generator, n_users: int, n_films: int, density: float) -> tuple[np.ndarray, np.ndarray]:
    """Choose which cells are rated: popular films more often, no user without a film."""
    popularity = rng.permutation(np.linspace(0.4, 1.6, n_films))
    rated = rng.random((n_users, n_films)) < 1 - (1 - density) ** popularity
    rated[np.arange(n_users), rng.permutation(np.arange(n_users) % n_films)] = True
    users, items = np.nonzero(rated)
    return users, items


def long_table(rng: np.random.Generator, users: np.ndarray, items: np.ndarray, stars: np.ndarray):
    """List ratings in order of their time, which falls into the years 2023 and 2024."""
    import pandas as pd

    seconds = rng.integers(0, 731 * 86400, size=stars.size)
    time = np.datetime64("2023-01-01T00:00:00") + seconds.astype("timedelta64[s]")
    table = pd.DataFrame({"user": users, "item": items, "rating": stars, "time": time})
    return table.sort_values("time", kind="stable", ignore_index=True)


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


def tfidf(counts: sp.csr_matrix) -> tuple[sp.csr_matrix, np.ndarray]:
    """Weight counts by smoothed idf and scale rows to length 1; return the weights and the idf."""
    stored = np.diff(counts.indptr)  # in each row
    idf = np.log((1 + stored.size) / (1 + counts.getnnz(axis=0))) + 1
    rows = np.repeat(np.arange(stored.size), stored)
    X = counts.copy()
    X.data *= idf[X.indices]
    X.data /= np.sqrt(np.bincount(rows, X.data**2, stored.size))[rows]
    return X, idf
