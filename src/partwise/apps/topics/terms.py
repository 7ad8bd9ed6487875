"""How a text becomes a row of the matrix: words of its language, weighted. One recipe for fitting and for new texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from partwise.apps.topics.words import NONE, Surfaces, Tokens, stemmer, stop_words
from partwise.errors import DataError

__all__ = ["WEIGHTS", "Recipe", "counted", "limits"]

WEIGHTS = {"tfidf": "frobenius", "counts": "kullback-leibler"}
"""How words are weighted -> the loss that goes with it."""

SMALL, LARGE = 20, 100
"""Numbers of documents. Below the first no word is rare or common; from the second on a word has to be in three."""


@dataclass(frozen=True)
class Recipe:
    """How a text becomes a row of the matrix.

    Attributes
    ----------
    weights : {"tfidf", "counts"}
    sublinear : bool
        Use 1 + log(count) in place of the count, for "tfidf".
    lang : str
        ISO 639-1 code, or "none".
    stem : bool
    stop : tuple of str or None
        Words to leave out in place of those of the language.
    ngrams : (int, int)
        Shortest and longest run of words that is a term.
    """

    weights: str
    sublinear: bool
    lang: str
    stem: bool
    stop: tuple[str, ...] | None
    ngrams: tuple[int, int]

    def tokens(self) -> tuple[Tokens, list[str]]:
        """What finds the words, and sentences about it."""
        stop, notes = stop_words(self.lang, self.stop)
        return Tokens(stop, stemmer(self.lang) if self.stem else None), notes

    def vectorizer(self, tokens: Tokens | Surfaces, **more: Any) -> Any:
        """scikit-learn's TfidfVectorizer or CountVectorizer with these settings."""
        from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

        same: dict[str, Any] = {"tokenizer": tokens, "token_pattern": None, "ngram_range": self.ngrams, **more}
        if self.weights == "counts":
            return CountVectorizer(**same, dtype=np.float64)  # type: ignore[arg-type]
        return TfidfVectorizer(sublinear_tf=self.sublinear, **same)

    def restored(self, vocabulary: np.ndarray, idf: np.ndarray | None) -> Any:
        """The vectoriser that was fitted, from what is kept of it: its terms, and how rare each is."""
        where = {term: place for place, term in enumerate(vocabulary.tolist())}
        vectorizer = self.vectorizer(self.tokens()[0], vocabulary=where)
        if idf is not None:
            vectorizer.idf_ = idf
        return vectorizer


def limits(n_documents: int, min_df: int | float | None, max_df: int | float | None) -> tuple[Any, Any]:
    """In how many documents a word must be, and in which share of them it may be; None means by their number.

    Examples
    --------
    >>> limits(10, None, None), limits(50, None, None), limits(1000, None, 0.9)
    ((1, 1.0), (2, 0.5), (3, 0.9))
    """
    usual = 1 if n_documents < SMALL else 2 if n_documents < LARGE else 3
    common = 1.0 if n_documents < SMALL else 0.5
    return usual if min_df is None else min_df, common if max_df is None else max_df


def counted(
    recipe: Recipe, texts: Sequence[str], min_df: int | float, max_df: int | float
) -> tuple[Any, Any, dict[str, str]]:
    """The fitted vectoriser, its matrix, and the word that is shown for each stem.

    Raises
    ------
    DataError
        If no word is left.
    """
    tokens = Surfaces(recipe.tokens()[0])
    vectorizer = recipe.vectorizer(tokens, min_df=min_df, max_df=max_df)
    try:
        return vectorizer, vectorizer.fit_transform(texts), tokens.shown()
    except ValueError as error:
        raise _nothing_left(recipe, texts, min_df, max_df, error) from None


def _nothing_left(recipe: Recipe, texts: Sequence[str], min_df: Any, max_df: Any, error: ValueError) -> DataError:
    """Why no word is left, and what would help."""
    from sklearn.feature_extraction.text import CountVectorizer

    everything: Any = CountVectorizer(tokenizer=recipe.tokens()[0], token_pattern=None, binary=True)  # type: ignore[arg-type]
    try:
        most = int(everything.fit_transform(texts).sum(axis=0).max())
    except ValueError:
        left_out = "" if recipe.lang == NONE else f" after the stop words of lang={recipe.lang!r} are left out"
        return DataError(
            f"All {len(texts):,} documents became empty: no word of two or more letters remains{left_out}. "
            "Check the language and the column."
        )
    if isinstance(min_df, int) and most < min_df:
        return DataError(
            f"All {len(texts):,} documents became empty: min_df={min_df} keeps no word. Most common word occurs in "
            f"{most} documents; try min_df={max(1, min(2, most))}."
        )
    return DataError(
        f"All {len(texts):,} documents became empty: min_df={min_df} with max_df={max_df} keeps no word ({error}). "
        "Try min_df=1 and max_df=1.0."
    )
