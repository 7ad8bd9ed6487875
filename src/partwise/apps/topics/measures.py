"""How well the top words of a topic go together, and how different topics are: NPMI, C_v, UMass, UCI, diversity.

All coherences read one small table: in how many units (documents, or windows that slide over the words) each of the
top words occurs, alone and with each other. The table is a sparse product; nothing of the size of documents times
vocabulary is formed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.errors import DataError

__all__ = ["MEASURES", "Occurrences", "coherence", "diversity", "in_documents", "in_windows"]

EPSILON = 1e-12
"""Added to the probability of a pair, so that words that never meet have a logarithm; gensim's figures have it too."""

BLOCK = 1 << 22
"""Entries of window x word built at a time: about 70 MB."""


@dataclass(frozen=True, eq=False)
class Occurrences:
    """How often words occur together.

    Attributes
    ----------
    words : list of str
    together : ndarray of shape (n_words, n_words)
        In how many units words i and j occur both; the diagonal counts each word.
    units : int
        Number of documents or windows.
    """

    words: list[str]
    together: np.ndarray
    units: int

    def of(self, words: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """Probabilities of pairs (n, n) and of single words (n,), for the words of one topic."""
        where = {word: i for i, word in enumerate(self.words)}
        missing = next((word for word in words if word not in where), None)
        if missing is not None:
            raise DataError(f"{missing!r} is not among the words that were counted.")
        places = [where[word] for word in words]
        pairs = self.together[np.ix_(places, places)] / max(self.units, 1)
        return pairs, pairs.diagonal().copy()


def in_documents(X: Any, words: Sequence[str], places: Sequence[int]) -> Occurrences:
    """Count documents, from a matrix of documents x terms.

    Parameters
    ----------
    X : sparse matrix of shape (n_documents, n_terms)
        A word occurs where the entry is not zero.
    words : sequence of str
    places : sequence of int
        The column of each word.

    Examples
    --------
    >>> import scipy.sparse as sp
    >>> in_documents(sp.csr_array([[1, 2, 0], [0, 3, 1]]), ["a", "b"], [0, 1]).together.tolist()
    [[1, 1], [1, 2]]
    """
    import scipy.sparse as sp

    occurs = sp.csc_array(X)[:, list(places)].astype(bool).astype(np.int64)
    return Occurrences(list(words), (occurs.T @ occurs).toarray(), X.shape[0])


def in_windows(texts: Iterable[Sequence[str]], words: Sequence[str], width: int | None) -> Occurrences:
    """Count windows of ``width`` words that slide over each text by one word; None counts whole texts.

    Parameters
    ----------
    texts : iterable of sequence of str
        The words of each text, in order. A text of up to ``width`` words, even an empty one, is one window.
    words : sequence of str
    width : int or None

    Notes
    -----
    O(occurrences of ``words`` times width) time, 70 MB of memory. A word that leaves the window counts as gone until it
    enters again, even while a copy of it is still inside: gensim counts so, and figures are compared with gensim's.

    Examples
    --------
    >>> in_windows([["a", "x", "b", "a"]], ["a", "b"], width=2).together.tolist()  # ax, xb, ba
    [[2, 1], [1, 2]]
    """
    where = {word: i for i, word in enumerate(words)}
    together = np.zeros((len(words), len(words)), dtype=np.int64)
    units, rows, columns, held = 0, [], [], 0
    for text in texts:
        size = len(text) if width is None else min(width, len(text))
        windows = len(text) - size + 1
        at = [(place, where[word]) for place, word in enumerate(text) if word in where]
        if at:
            window, word = _covered(np.array(at), size, windows)
            rows.append(units + window)
            columns.append(word)
            held += len(word)
        units += windows
        if held > BLOCK:
            together += _product(rows, columns, len(words))
            rows, columns, held = [], [], 0
    return Occurrences(list(words), together + _product(rows, columns, len(words)), units)


def _covered(at: np.ndarray, size: int, windows: int) -> tuple[np.ndarray, np.ndarray]:
    """(window, word) for every window that a word counts in; ``at`` holds its occurrences as (place, word)."""
    place, word = at.T
    enters = np.maximum(place - size + 1, 0)
    span = place.max() + 1
    keys = np.sort(word * span + place)
    first = keys[np.searchsorted(keys, word * span + enters)] - word * span  # copy at or after `enters`: it leaves next
    lengths = np.minimum(first, windows - 1) - enters + 1
    step = np.arange(lengths.sum()) - np.repeat(np.cumsum(lengths) - lengths, lengths)
    return np.repeat(enters, lengths) + step, np.repeat(word, lengths)


def _product(rows: list[np.ndarray], columns: list[np.ndarray], n_words: int) -> np.ndarray:
    """Windows that hold both words, for every pair."""
    import scipy.sparse as sp

    if not rows:
        return np.zeros((n_words, n_words), dtype=np.int64)
    _, row = np.unique(np.concatenate(rows), return_inverse=True)
    column = np.concatenate(columns)
    occurs = sp.csr_array((np.ones(len(row), dtype=np.int64), (row, column)), shape=(row.max() + 1, n_words))
    occurs.sum_duplicates()
    occurs.data[:] = 1
    return (occurs.T @ occurs).toarray()


# ------------------------------------------------------------------ measures


def _pmi(pairs: np.ndarray, single: np.ndarray) -> np.ndarray:
    """log p_ij / (p_i p_j); 0 where a word never occurs, for nothing is known of it."""
    seen = np.outer(single, single)
    return np.log(np.where(seen > 0, (pairs + EPSILON) / np.where(seen > 0, seen, 1), 1))


def _npmi(pairs: np.ndarray, single: np.ndarray) -> np.ndarray:
    """PMI over -log p_ij: -1 never together, 0 independent, 1 always together."""
    scale = -np.log(np.minimum(pairs + EPSILON, 1 - EPSILON))
    return _pmi(pairs, single) / scale


def _mean_of_pairs(table: np.ndarray) -> float:
    """The mean over all pairs of different words."""
    n = len(table)
    return float((table.sum() - np.trace(table)) / (n * (n - 1)))


def npmi(pairs: np.ndarray, single: np.ndarray) -> float:
    """Mean NPMI of the pairs."""
    return _mean_of_pairs(_npmi(pairs, single))


def uci(pairs: np.ndarray, single: np.ndarray) -> float:
    """Mean PMI of the pairs."""
    return _mean_of_pairs(_pmi(pairs, single))


def umass(pairs: np.ndarray, single: np.ndarray) -> float:
    """Mean of log p(word | a word above it), over the words in their order."""
    given = np.where(single > 0, single, 1)
    table = np.where(single > 0, np.log((pairs + EPSILON) / given), 0)
    return float(table[np.tril_indices(len(table), -1)].mean())


def c_v(pairs: np.ndarray, single: np.ndarray) -> float:
    """Mean cosine between each word's row of NPMIs and the sum of all rows."""
    rows = _npmi(pairs, single)
    total = rows.sum(axis=0)
    lengths = np.linalg.norm(rows, axis=1) * np.linalg.norm(total)
    return float(np.mean(rows @ total / np.where(lengths > 0, lengths, 1)))


MEASURES: dict[str, tuple[Callable[[np.ndarray, np.ndarray], float], int | None]] = {
    "npmi": (npmi, None),
    "c_npmi": (npmi, 10),
    "c_v": (c_v, 110),
    "c_uci": (uci, 10),
    "u_mass": (umass, None),
}
"""Name -> (measure, width of its window in words; None counts documents). "npmi" counts documents; the names that
begin with c_ or u_ are those of gensim, with its windows."""


def coherence(topics: Sequence[Sequence[str]], texts: Iterable[Sequence[str]], measure: str = "npmi") -> np.ndarray:
    """How well the words of each topic go together in ``texts``: higher is better.

    Parameters
    ----------
    topics : sequence of sequence of str
        Top words, heaviest first; two or more each.
    texts : iterable of sequence of str
        The words of each document, in order.
    measure : {"npmi", "c_npmi", "c_v", "c_uci", "u_mass"}
        "npmi": normalized pointwise mutual information of pairs, counted by documents; "c_npmi": by windows of 10
        words. "c_v": NPMI by windows of 110 words, compared as vectors. "c_uci": pointwise mutual information by
        windows of 10. "u_mass": log conditional probability by documents.

    Returns
    -------
    ndarray of shape (n_topics,)
        npmi and c_npmi within -1..1, c_v 0..1, the others in nats; nan for a topic of fewer than two words.

    References
    ----------
    Roeder, Both & Hinneburg (2015), doi:10.1145/2684822.2685324; Mimno et al. (2011), doi:10.5555/2145432.2145462

    Examples
    --------
    >>> texts = [["sun", "moon"], ["sun", "moon", "tax"], ["tax", "law"], ["law", "tax", "sun"]]
    >>> print(coherence([["sun", "moon"], ["sun", "law"]], texts).round(2))
    [ 0.42 -0.29]
    """
    words = sorted({word for topic in topics for word in topic})
    _, width = chosen(measure)
    return judged(topics, in_windows(texts, words, width), measure)


def chosen(measure: str) -> tuple[Callable[[np.ndarray, np.ndarray], float], int | None]:
    """The function and window of a measure."""
    if measure not in MEASURES:
        raise DataError(f"measure={measure!r} is unknown. Known: {', '.join(MEASURES)}.")
    return MEASURES[measure]


def judged(topics: Sequence[Sequence[str]], found: Occurrences, measure: str) -> np.ndarray:
    """The measure of each topic from counts."""
    function, _ = chosen(measure)
    return np.array([function(*found.of(topic)) if len(topic) > 1 else np.nan for topic in topics])


def diversity(topics: Sequence[Sequence[str]]) -> float:
    """The share of different words among the top words of all topics: 1 if no two topics share one.

    Examples
    --------
    >>> diversity([["sun", "moon"], ["sun", "law"]])
    0.75
    """
    words = [word for topic in topics for word in topic]
    return len(set(words)) / len(words) if words else float("nan")
