"""Make articles with planted topics, weighted by tf-idf."""

import numpy as np
import scipy.sparse as sp

from .planted import RandomState
from .records import Planted, numbered


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


def tfidf(counts: sp.csr_matrix) -> tuple[sp.csr_matrix, np.ndarray]:
    """Weight counts by smoothed idf and scale rows to length 1; return the weights and the idf."""
    stored = np.diff(counts.indptr)  # in each row
    idf = np.log((1 + stored.size) / (1 + counts.getnnz(axis=0))) + 1
    rows = np.repeat(np.arange(stored.size), stored)
    X = counts.copy()
    X.data *= idf[X.indices]
    X.data /= np.sqrt(np.bincount(rows, X.data**2, stored.size))[rows]
    return X, idf
