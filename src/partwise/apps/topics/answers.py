"""What can be asked of fitted topics: documents, topics, time and groups, quality. Nothing here fits or reads files."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
import scipy.sparse as sp
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from partwise.apps.topics import groups, measures, merging
from partwise.apps.topics.similar import place_of, similar
from partwise.apps.topics.terms import Recipe
from partwise.apps.topics.texts import as_strings, names_of
from partwise.card import EstimatorCard
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Answers"]


class Answers(EstimatorCard, BaseEstimator):
    """The questions of `TopicModel`, over its fitted attributes; not to be used alone.

    W and H of ``model_`` stay as they were fitted. A topic is a group of components (``groups_``), one component each
    until topics are merged.
    """

    model_: Any
    loadings_: np.ndarray
    groups_: np.ndarray
    mass_: np.ndarray
    labels_: dict[int, str]
    vocabulary_: np.ndarray
    terms_: np.ndarray
    idf_: np.ndarray | None
    document_names_: np.ndarray

    def _recipe(self) -> Recipe:
        raise NotImplementedError

    # ------------------------------------------------------------------ documents

    @property
    def document_topics_(self) -> np.ndarray:
        """Weight of each topic in each document, (n_documents, n_topics): rows of W, zero for empty documents."""
        check_is_fitted(self, "loadings_")
        return self._folded(self.loadings_)

    @property
    def texts_(self) -> list[str] | None:
        """The documents of the fit without white space at their ends, empty ones too; None for a model from a file."""
        texts: list[str] | None = vars(self).get("_texts")
        return None if texts is None else [texts[i] if i >= 0 else "" for i in vars(self)["_places"].tolist()]

    @property
    def matrix_(self) -> Any:
        """Weights of terms in the documents of the fit, (n_documents, n_terms); None for a model from a file."""
        if "_X" not in vars(self):
            return None
        places, X = vars(self)["_places"], vars(self)["_X"]
        here = np.flatnonzero(places >= 0)
        return sp.csr_array((np.ones(len(here)), (here, places[here])), shape=(len(places), X.shape[0])) @ X

    @property
    def topic_shares_(self) -> np.ndarray:
        """The same as shares of the words of the document: rows sum to one, or to zero without a topic."""
        return self._as_shares(self.document_topics_)

    @property
    def topics_(self) -> np.ndarray:
        """The topic with the largest share in each document; -1 without a topic."""
        return strongest(self.topic_shares_)

    def transform(self, texts: Sequence[str]) -> np.ndarray:
        """Weights of the topics in new texts, (n_texts, n_topics).

        Parameters
        ----------
        texts : sequence of str
            Words that the model does not know are ignored.
        """
        check_is_fitted(self, "loadings_")
        return self._folded(np.asarray(self.model_.transform(self.vectorizer_.transform(as_strings(texts)))))

    def topic_shares(self, texts: Sequence[str]) -> np.ndarray:
        """The same as shares: rows sum to one, or to zero where no word is known."""
        return self._as_shares(self.transform(texts))

    @property
    def vectorizer_(self) -> Any:
        """scikit-learn's vectoriser that turns texts into rows of the matrix; made at the first question, then kept."""
        check_is_fitted(self, "vocabulary_")
        if "_vectorizer" not in vars(self):
            self._vectorizer = self._recipe().restored(self.vocabulary_, self.idf_)
        return self._vectorizer

    def __getstate__(self) -> Any:
        """What a copy or a pickle takes along: all but the vectoriser, which is made again."""
        state: dict[str, Any] = super().__getstate__()  # type: ignore[assignment]
        return {name: value for name, value in state.items() if name != "_vectorizer"}

    def _folded(self, W: np.ndarray) -> np.ndarray:
        """Weights of topics from weights of components, which differ after merging."""
        return merging.fold(W, self.model_.components_, self.mass_, self.groups_)

    def _as_shares(self, weights: np.ndarray) -> np.ndarray:
        mass = weights * self.components_.sum(axis=1)
        total = mass.sum(axis=1, keepdims=True)
        return mass / np.where(total > 0, total, 1)

    def get_document_info(self, texts: Sequence[str] | None = None) -> pd.DataFrame:
        """A row per document: its name, strongest topic, that topic's label and share.

        Parameters
        ----------
        texts : sequence of str or None
            New texts; None: the documents of the fit.
        """
        import pandas as pd

        shares = self.topic_shares_ if texts is None else self.topic_shares(texts)
        names = self.document_names_ if texts is None else names_of(texts)
        topics, labels = strongest(shares), [*self.topic_labels_, ""]
        return pd.DataFrame(
            {
                "Document": names,
                "Topic": topics,
                "Name": [labels[topic] for topic in topics],
                "Share": shares.max(axis=1),
            }
        )

    def to_frame(self) -> pd.DataFrame:
        """Shares of all topics: documents by name x topics by label."""
        import pandas as pd

        return pd.DataFrame(self.topic_shares_, index=pd.Index(self.document_names_), columns=self.topic_labels_)

    def similar_documents(self, item: int | str | None = None, n: int | None = 5, *, text: str | None = None) -> Any:
        """The ``n`` documents most like one, by topics: `similar` of ``document_topics_``.

        Parameters
        ----------
        item : int or str
            A document by its number or name; it comes first in the answer, with 1.0.
        n : int or None
            How many; None gives all.
        text : str
            A new text in place of ``item``.

        Returns
        -------
        Series of float in 0..1, labelled by document, largest first
        """
        if (item is None) == (text is None):
            raise DataError("Give one of item (number or name of a document) and text.")
        if text is not None:
            return similar(self.document_topics_, self.transform([text])[0], n, self.document_names_)
        return similar(self.document_topics_, item, n, self.document_names_)  # type: ignore[arg-type]

    def representative_documents(self, topic: int, n: int = 3) -> pd.Series:
        """The ``n`` documents with the largest weight of a topic, each text once, strongest first.

        Returns
        -------
        Series of str, labelled by document
            The texts; a model from a file does not know them and gives names.
        """
        import pandas as pd

        weights = self.document_topics_[:, self._known(topic)]
        order = np.argsort(-weights, kind="stable")
        places: Any = vars(self).get("_places")
        texts = vars(self).get("_texts")
        if texts is not None:
            _, first = np.unique(places[order], return_index=True)
            order = order[np.sort(first)]
        chosen = [i for i in order if weights[i] > 0][:n]
        names = self.document_names_[chosen]
        return pd.Series(names if texts is None else [texts[places[i]] for i in chosen], index=names, dtype=object)

    # ------------------------------------------------------------------ topics

    @property
    def n_topics_(self) -> int:
        """Number of topics, after merging."""
        check_is_fitted(self, "groups_")
        return int(self.groups_.max()) + 1

    @property
    def components_(self) -> np.ndarray:
        """The topics, (n_topics, n_terms): rows of H, after merging."""
        return merging.merged(self.model_.components_, self.mass_, self.groups_)

    @property
    def topic_labels_(self) -> list[str]:
        """The label of each topic: the one that was set, or its first three words."""
        return [
            self.labels_.get(topic, ", ".join(word for word, _ in self.get_topic(topic, 3)) or "(nothing)")
            for topic in range(self.n_topics_)
        ]

    def get_topic(self, topic: int, n: int = 10) -> list[tuple[str, float]]:
        """The ``n`` heaviest words of a topic with their weights, heaviest first."""
        weights = self.components_[self._known(topic)]
        order = np.argsort(-weights, kind="stable")[:n]
        return [(str(self.terms_[j]), float(weights[j])) for j in order if weights[j] > 0]

    def get_topics(self, n: int = 10) -> dict[int, list[tuple[str, float]]]:
        """`get_topic` of every topic."""
        return {topic: self.get_topic(topic, n) for topic in range(self.n_topics_)}

    def get_topic_info(self, n: int = 10) -> pd.DataFrame:
        """A row per topic: number of documents (by their strongest topic), share of all words, label, top words, and
        the names of three typical documents.
        """
        import pandas as pd

        topics, shares = self.topics_, merging.total(self.mass_, self.groups_)
        k = len(shares)
        return pd.DataFrame(
            {
                "Topic": np.arange(k),
                "Count": [int((topics == topic).sum()) for topic in range(k)],
                "Share": shares / (shares.sum() or 1),
                "Name": self.topic_labels_,
                "Representation": [[word for word, _ in self.get_topic(topic, n)] for topic in range(k)],
                "Representative_Docs": [self.representative_documents(topic).index.tolist() for topic in range(k)],
            }
        )

    def find_topics(self, query: str, n: int = 5) -> tuple[list[int], list[float]]:
        """The topics whose words are most like those of ``query``, and how much: cosines, largest first.

        Raises
        ------
        DataError
            If the model knows none of the words.
        """
        row = self.vectorizer_.transform([query])
        if not row.nnz:
            raise DataError(f"The model knows no word of {query!r}; rare, common and stop words are not in it.")
        H = self.components_
        lengths = np.linalg.norm(H, axis=1) * np.sqrt(row.multiply(row).sum())
        cosines = np.asarray(row @ H.T).ravel() / np.where(lengths > 0, lengths, 1)
        order = np.argsort(-cosines, kind="stable")[:n]
        return order.tolist(), cosines[order].tolist()

    def set_topic_labels(self, labels: Sequence[str] | dict[int, str]) -> Self:
        """Name topics: a label for each, or a dict from number to label. They travel to every table and picture."""
        if not isinstance(labels, dict):
            if len(labels) != len(self.components_):
                raise DataError(
                    f"There are {len(labels)} labels for {len(self.components_)} topics. Give one for each."
                )
            labels = dict(enumerate(labels))
        self.labels_ = {**self.labels_, **{self._known(topic): str(label) for topic, label in labels.items()}}
        return self

    def merge_topics(self, topics: Sequence[int] | Sequence[Sequence[int]]) -> Self:
        """Make one topic of several, for documents old and new; topics are numbered by size again.

        The merged topic has the words of its parts in proportion to their size. The sums of W H over rows and columns
        stay as they were.

        Parameters
        ----------
        topics : sequence of int, or several such sequences
            Which ones; ``[[0, 3], [1, 2, 5]]`` makes two topics of five.
        """
        listed: list[Any] = list(topics)
        together = listed if listed and not isinstance(listed[0], int | np.integer) else [listed]
        together = [[self._known(topic) for topic in part] for part in together]
        self.groups_, self.labels_ = merging.regrouped(self.groups_, self.mass_, together, self.labels_)
        return self

    def _known(self, topic: int) -> int:
        """The number of a topic that exists."""
        if not 0 <= topic < self.n_topics_:
            raise DataError(f"There is no topic {topic}; there are {self.n_topics_}, numbered from 0.")
        return int(topic)

    # ------------------------------------------------------------------ over time, per class

    def topics_over_time(self, timestamps: Sequence[Any], every: float | str | None = None) -> pd.DataFrame:
        """How large each topic is in each period: a row per period and topic.

        Parameters
        ----------
        timestamps : sequence of length n_documents
            Numbers (years) or dates, one for each document of the fit; empty ones are left out.
        every : float, {"D", "W", "M", "Q", "Y"} or None
            Length of a period. None: the shortest that gives at most 30.

        Returns
        -------
        DataFrame
            Columns Timestamp (the beginning of the period), Topic, Name, Share (mean over its documents; they sum to
            one), Documents (that have the topic as their strongest).
        """
        begins, _ = groups.as_periods(timestamps, every)
        return groups.by_group(self.topic_shares_, begins.tolist(), self.topic_labels_, "Timestamp")

    def topics_per_class(self, classes: Sequence[Any]) -> pd.DataFrame:
        """The same for groups of documents: columns Class, Topic, Name, Share, Documents."""
        return groups.by_group(self.topic_shares_, classes, self.topic_labels_, "Class")

    # ------------------------------------------------------------------ quality

    def coherence(self, measure: str = "npmi", n: int = 10, texts: Sequence[str] | None = None) -> np.ndarray:
        """How well the ``n`` top words of each topic go together: see `partwise.apps.topics.coherence`.

        Parameters
        ----------
        measure : {"npmi", "c_npmi", "c_v", "c_uci", "u_mass"}
        n : int
        texts : sequence of str or None
            Where to count; None: the different texts of the fit, which a model from a file does not know.

        Returns
        -------
        ndarray of shape (n_topics,)
        """
        _, width = measures.chosen(measure)
        places = [self._top(topic, n) for topic in range(self.n_topics_)]
        topics = [self.vocabulary_[part].tolist() for part in places]
        columns = sorted({j for part in places for j in part})
        words = self.vocabulary_[columns].tolist()
        if width is None:
            X = self.vectorizer_.transform(as_strings(texts)) if texts is not None else self._remembered("_X")
            return measures.judged(topics, measures.in_documents(X, words, columns), measure)
        analyze = self.vectorizer_.build_analyzer()
        read = (analyze(text) for text in (self._remembered("_texts") if texts is None else as_strings(texts)))
        return measures.judged(topics, measures.in_windows(read, words, width), measure)

    def diversity(self, n: int = 10) -> float:
        """The share of different words among the ``n`` top words of all topics."""
        return measures.diversity([[word for word, _ in self.get_topic(q, n)] for q in range(self.n_topics_)])

    def _top(self, topic: int, n: int) -> list[int]:
        weights = self.components_[topic]
        return [int(j) for j in np.argsort(-weights, kind="stable")[:n] if weights[j] > 0]

    def _remembered(self, name: str) -> Any:
        check_is_fitted(self, "loadings_")
        if name not in vars(self):
            raise DataError("The texts are not kept in a file of a model. Give texts=.")
        return vars(self)[name]

    def place_of(self, item: int | str) -> int:
        """The number of a document given by number or name."""
        return place_of(item, self.document_names_.tolist())


def strongest(shares: np.ndarray) -> np.ndarray:
    """The place of the largest share of each row; -1 for a row of zeros."""
    return np.where(shares.max(axis=1, initial=0) > 0, shares.argmax(axis=1), -1)
