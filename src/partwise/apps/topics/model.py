"""`TopicModel`: documents in, topics out, in the words that topic models are spoken of in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.utils.validation import check_is_fitted

from partwise.apps.topics.answers import Answers
from partwise.apps.topics.terms import WEIGHTS, Recipe, counted, limits
from partwise.apps.topics.texts import as_strings, clean, names_of
from partwise.apps.topics.words import NONE, guess_language
from partwise.card import card
from partwise.errors import DataError

__all__ = ["TopicModel"]


class TopicModel(Answers):
    """Find the topics of documents: each topic a few words, each document a few topics.

    Words are counted (tf-idf with sublinear counts and rows of length 1 unless told), and the matrix of documents x
    words is factorized, X = W H: a row of H is a topic, a row of W says how much of each topic is in a document.

    Parameters
    ----------
    n_components : int or None, default=None
        Number of topics. None: that of ``model``.
    model : estimator or None, default=None
        What factorizes: any estimator with ``fit``, ``transform`` and non-negative ``components_``. It is cloned.
        None: ``partwise.NMF(n_components, max_iter=1000)`` with the loss that goes with ``weights``.
    weights : {"tfidf", "counts"}, default="tfidf"
        "tfidf" goes with the Frobenius loss, "counts" with Kullback-Leibler.
    sublinear_tf : bool, default=True
        For "tfidf": 1 + log(count) in place of the count, so that a word said fifty times is not fifty words.
    lang : str or None, default=None
        ISO 639-1 code of the language, whose stop words are left out; "none" leaves out no word. None: guessed, and
        said in ``notes_``.
    stem : bool, default=False
        Count words of one stem as one; each is shown by its commonest form.
    stop_words : sequence of str or None, default=None
        A list that replaces that of the language.
    ngram_range : (int, int), default=(1, 1)
        Shortest and longest run of words that counts as a term.
    min_df : int, float or None, default=None
        Least number (or share) of documents that a word occurs in. None: 3, 2 for fewer than 100 documents, 1 for
        fewer than 20.
    max_df : int, float or None, default=None
        Largest share (or number). None: half of the documents, all of fewer than 20.
    random_state : int or None, default=0
        For the default ``model``.

    Attributes
    ----------
    model_ : estimator
        The fitted factorization, as if fitted on the matrix by hand.
    vocabulary_, terms_ : ndarray of str, shape (n_terms,)
        The terms as they are counted (stems, with ``stem``), and as they are shown.
    idf_ : ndarray of shape (n_terms,) or None
        How rare each term is, for "tfidf".
    lang_ : str
    document_names_ : ndarray of str, shape (n_documents,)
    explained_ : float
        Share of the squares of the matrix that W H explains.
    report_ : dict of str to int
        What cleaning found: documents, empty, duplicates, short, broken, wordless, terms.
    notes_ : list of str
        The same in sentences, and what was inferred.

    Notes
    -----
    O(characters) for the words, then the fit. Empty documents have no topic; a text that occurs twice counts once in
    the fit. Saving keeps all that `transform` needs, the vectoriser among it, and names, but not the texts.

    References
    ----------
    Arora, Ge & Moitra (2012), doi:10.1109/FOCS.2012.49; Lee & Seung (1999), doi:10.1038/44565

    Examples
    --------
    >>> from partwise.apps.topics import TopicModel
    >>> texts = ["dogs bark at cats", "cats flee from dogs", "taxes rise again", "parliament votes on taxes"] * 2
    >>> model = TopicModel(2, lang="en").fit(texts)
    >>> [model.get_topic(topic)[0][0] for topic in range(2)], model.topics_.tolist()
    (['cats', 'taxes'], [0, 0, 1, 1, 0, 0, 1, 1])
    """

    def __init__(
        self,
        n_components: int | None = None,
        *,
        model: Any = None,
        weights: str = "tfidf",
        sublinear_tf: bool = True,
        lang: str | None = None,
        stem: bool = False,
        stop_words: Sequence[str] | None = None,
        ngram_range: tuple[int, int] = (1, 1),
        min_df: int | float | None = None,
        max_df: int | float | None = None,
        random_state: int | None = 0,
    ) -> None:
        self.n_components = n_components
        self.model = model
        self.weights = weights
        self.sublinear_tf = sublinear_tf
        self.lang = lang
        self.stem = stem
        self.stop_words = stop_words
        self.ngram_range = ngram_range
        self.min_df = min_df
        self.max_df = max_df
        self.random_state = random_state

    # ------------------------------------------------------------------ fitting

    def fit(self, texts: Sequence[str], y: Any = None, *, names: Sequence[str] | None = None) -> TopicModel:
        """Find the topics of ``texts``.

        Parameters
        ----------
        texts : sequence of str
            Raw documents. The index of a Series gives their names.
        y : ignored
        names : sequence of str or None
            Titles of the documents.

        Returns
        -------
        self

        Raises
        ------
        DataError
            If fewer than two documents have words, no word is left, or the factorization has negative entries.
        """
        X = self.prepare(texts, names)
        return self.adopt(_fit_transform(self.model_, X))

    def fit_transform(self, texts: Sequence[str], y: Any = None, *, names: Sequence[str] | None = None) -> np.ndarray:
        """``fit``, and the weights of the topics in each document: ``document_topics_``."""
        return self.fit(texts, names=names).document_topics_

    def prepare(self, texts: Sequence[str], names: Sequence[str] | None = None) -> Any:
        """The first half of ``fit``: clean, count and weight; returns the matrix for ``model_.fit_transform``."""
        if self.weights not in WEIGHTS:
            raise DataError(f"weights={self.weights!r} is unknown. Use {' or '.join(WEIGHTS)}.")
        raw = as_strings(texts)
        names = names_of(texts) if names is None else list(map(str, names))
        if len(names) != len(raw):
            raise DataError(f"There are {len(names):,} names for {len(raw):,} documents. Give one for each.")
        cleaned = clean(raw)
        if len(cleaned.texts) < 2:
            raise DataError(
                f"{' '.join(cleaned.sentences())} Topics need at least two different documents; give more, or cut a "
                "long one into chapters or paragraphs."
            )
        self.document_names_ = np.array(names, dtype=object)
        self.report_, self.notes_ = dict(cleaned.report), cleaned.sentences()
        self._texts, self._places = cleaned.texts, cleaned.places
        self._X = self._counted(cleaned.texts)
        self.model_ = self._new_model()
        return self._X

    def adopt(self, W: np.ndarray) -> TopicModel:
        """The second half of ``fit``: take the weights of the prepared documents, ``model_`` being fitted."""
        W = np.asarray(W)
        if W.min(initial=0) < 0 or self.model_.components_.min(initial=0) < 0:
            name = type(self.model_).__name__
            raise DataError(
                f"{name} gave negative weights, and a topic cannot be subtracted. Use a non-negative model."
            )
        self.loadings_ = np.where(self._places[:, None] >= 0, W[self._places], 0)
        self.groups_ = np.arange(W.shape[1])
        self.mass_ = W.sum(axis=0, dtype=np.float64) * self.model_.components_.sum(axis=1, dtype=np.float64)
        self.explained_ = explained(self._X, W, self.model_.components_)
        self.labels_: dict[int, str] = {}
        return self

    def _counted(self, texts: list[str]) -> Any:
        """The matrix, after choosing language and limits; the vocabulary is kept."""
        self.lang_ = self.lang or self._guessed(texts)
        recipe = self._recipe()
        low, high = limits(len(texts), self.min_df, self.max_df)
        vectorizer, X, shown = counted(recipe, texts, low, high)
        vars(self).pop("_vectorizer", None)
        self.vocabulary_ = vectorizer.get_feature_names_out().astype(object)
        self.idf_ = vectorizer.idf_ if self.weights == "tfidf" else None
        terms = [str(term).split(" ") for term in self.vocabulary_.tolist()]
        self.terms_ = np.array([" ".join(shown.get(part, part) for part in parts) for parts in terms], dtype=object)
        wordless = int((X.getnnz(axis=1) == 0).sum())
        self.report_ |= {"wordless": wordless, "terms": X.shape[1]}
        self.notes_ += recipe.tokens()[1]
        self.notes_.append(f"{X.shape[1]:,} words kept: in at least {low} documents (min_df), at most {high} (max_df).")
        if wordless:
            self.notes_.append(f"{wordless:,} documents hold none of these words and have no topic.")
        return X

    def _guessed(self, texts: list[str]) -> str:
        lang, share = guess_language(texts)
        said = (
            f"Language {lang}, guessed: {share:.0%} of the words are stop words of it; they are left out."
            if lang != NONE
            else f"No language recognised (best: {share:.0%} of the words are stop words); no word is left out."
        )
        self.notes_.append(said)
        return lang

    def _recipe(self) -> Recipe:
        stop = None if self.stop_words is None else tuple(self.stop_words)
        low, high = self.ngram_range
        return Recipe(self.weights, self.sublinear_tf, self.lang_, self.stem, stop, (low, high))

    def _new_model(self) -> Any:
        """An unfitted clone of ``model``, or the default one, with the number of topics."""
        if self.model is not None:
            model: Any = clone(self.model)
            return model if self.n_components is None else model.set_params(n_components=self.n_components)
        if self.n_components is None:
            raise DataError("n_components is missing: how many topics to look for. Give a whole number, such as 10.")
        from partwise.estimators import NMF

        return NMF(self.n_components, beta_loss=WEIGHTS[self.weights], max_iter=1000, random_state=self.random_state)

    # ------------------------------------------------------------------ words and files

    def info(self) -> str:
        """The model in words."""
        check_is_fitted(self, "loadings_")
        table = self.get_topic_info(8)
        lines = [
            f"TopicModel: {len(table)} topics of {len(self.document_names_):,} documents and {len(self.terms_):,} "
            f"words ({self.weights}, language {self.lang_}), by {type(self.model_).__name__}.",
            f"W H explains {self.explained_:.1%} of the squares of the matrix; diversity {self.diversity():.2f}.",
            *self.notes_,
        ]
        lines += [
            f"{topic:3d} {share:6.1%}  {name}: {', '.join(words)}"
            for topic, share, name, words in zip(
                table["Topic"], table["Share"], table["Name"], table["Representation"], strict=True
            )
        ]
        return "\n".join(lines)

    def _card(self) -> str:
        return card(self.info()) if "loadings_" in vars(self) else ""

    def save(self, path: Any) -> None:
        """Write the model with its vectoriser, without the texts, to one ``.pw`` file; `partwise.load` reads it."""
        from partwise import persist

        check_is_fitted(self, "loadings_")
        persist.save(self, path)


def _fit_transform(model: Any, X: Any) -> np.ndarray:
    """W of a fit; not every estimator has ``fit_transform``."""
    at_once = getattr(model, "fit_transform", None)
    return at_once(X) if at_once is not None else model.fit(X).transform(X)


def explained(X: Any, W: np.ndarray, H: np.ndarray) -> float:
    """``1 - |X - W H|^2 / |X|^2``, without forming W H."""
    total = float(X.multiply(X).sum())
    left = total - 2 * float(np.sum((X @ H.T) * W)) + float(np.sum((W.T @ W) * (H @ H.T)))
    return 1 - left / total if total else 0.0
