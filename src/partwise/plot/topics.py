"""Topics: their top words, how alike they are, how they come and go, and what a document is made of.

A model here is anything with ``get_topic``, ``topic_labels_``, ``components_`` and ``topic_shares_``, as
`partwise.apps.topics.TopicModel` has them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.errors import DataError
from partwise.plot.bars import Ranking, rankings
from partwise.plot.canvas import PALETTE, one_axes
from partwise.plot.cells import heatmap

if TYPE_CHECKING:
    import pandas as pd

    from partwise.plot.canvas import Axes

__all__ = ["document_topics", "top_words", "topic_similarity", "topics_over_time"]

STYLES = ("-", "--", ":", "-.")
"""Of lines, so that topics above the number of colours stay apart."""


def top_words(
    model: Any, topics: Sequence[int] | None = None, axes: Any = None, *, n: int = 10, columns: int = 4
) -> np.ndarray:
    """Draw the heaviest words of each topic as bars, one small picture each.

    Parameters
    ----------
    model : TopicModel
    topics : sequence of int or None
        Which ones; None draws all.
    axes : as many Axes as topics, or None
    n : int, default=10
        Words per topic.
    columns : int, default=4
        Pictures side by side.

    Returns
    -------
    ndarray of Axes, one per topic

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.topics import TopicModel
    >>> model = TopicModel(2, lang="none").fit(["red apple", "apple", "blue sky", "sky blue sea"])
    >>> [ax.get_title() for ax in plot.top_words(model, n=3)]
    ['blue, sky, sea', 'apple, red']
    """
    chosen = list(range(len(model.topic_labels_))) if topics is None else list(topics)
    if not chosen:
        raise DataError("There is no topic to draw. Give the numbers of one or more.")
    ranked = []
    for topic in chosen:
        words, weights = zip(*(model.get_topic(topic, n) or [("", 0.0)]), strict=True)
        ranked.append(Ranking(model.topic_labels_[topic], words, weights))
    return rankings(ranked, axes, n, columns)


def topic_similarity(model: Any, ax: Axes | None = None) -> Axes:
    """Draw how alike the words of topics are: the cosine of each pair of rows of ``components_``.

    Parameters
    ----------
    model : TopicModel
    ax : Axes or None

    Returns
    -------
    Axes

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.topics import TopicModel
    >>> model = TopicModel(2, lang="none").fit(["red apple", "apple", "blue sky", "sky blue sea"])
    >>> plot.topic_similarity(model).get_title()
    'Cosine of topics'
    """
    H = np.asarray(model.components_, np.float64)
    lengths = np.linalg.norm(H, axis=1, keepdims=True)
    unit = H / np.where(lengths > 0, lengths, 1)
    labels = model.topic_labels_
    return heatmap(unit @ unit.T, ax, rows=labels, columns=labels, limits=(0, 1), title="Cosine of topics")


def topics_over_time(table: pd.DataFrame, ax: Axes | None = None, *, topics: Sequence[int] | None = None) -> Axes:
    """Draw the share of each topic against time, a line per topic.

    Parameters
    ----------
    table : DataFrame
        What ``TopicModel.topics_over_time`` returned: columns Timestamp, Topic, Name, Share.
    ax : Axes or None
    topics : sequence of int or None
        Which ones; None draws all.

    Returns
    -------
    Axes

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.topics import TopicModel
    >>> model = TopicModel(2, lang="none").fit(["red apple", "apple", "blue sky", "sky blue sea"])
    >>> ax = plot.topics_over_time(model.topics_over_time([1990, 1991, 1991, 1992]))
    >>> len(ax.lines)
    2
    """
    ax = one_axes(ax, (9, 4.5))
    for place, (topic, rows) in enumerate(table.groupby("Topic")):
        if topics is None or topic in topics:
            style = STYLES[place // len(PALETTE) % len(STYLES)]
            colour = PALETTE[place % len(PALETTE)]
            ax.plot(
                rows["Timestamp"],
                rows["Share"],
                style,
                color=colour,
                marker=".",
                label=f"{topic} {rows['Name'].iloc[0]}",
            )
    ax.set_ylim(bottom=0)
    ax.set_ylabel("share")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def document_topics(model: Any, items: Sequence[int], ax: Axes | None = None) -> Axes:
    """Draw what documents are made of: a bar each, its parts the shares of the topics.

    Parameters
    ----------
    model : TopicModel
        Fitted; the names of the documents come from it.
    items : sequence of int
        Numbers of documents.
    ax : Axes or None

    Returns
    -------
    Axes

    Examples
    --------
    >>> from partwise import plot
    >>> from partwise.apps.topics import TopicModel
    >>> model = TopicModel(2, lang="none").fit(["red apple", "apple", "blue sky", "sky blue sea"])
    >>> ax = plot.document_topics(model, [0, 3])
    >>> round(float(sum(bar.get_width() for bar in ax.patches)), 6)  # two documents, shares of each sum to one
    2.0
    """
    chosen = list(items)
    shares = model.topic_shares_[chosen]
    places = np.arange(len(chosen))
    ax = one_axes(ax, (9, 1.2 + 0.4 * len(chosen)))
    left = np.zeros(len(chosen))
    for topic, label in enumerate(model.topic_labels_):
        hatch = "" if topic < len(PALETTE) else "//"
        ax.barh(places, shares[:, topic], left=left, color=PALETTE[topic % len(PALETTE)], hatch=hatch, label=label)
        left += shares[:, topic]
    ax.set_yticks(places, [str(model.document_names_[item]) for item in chosen])
    ax.invert_yaxis()
    ax.set_xlim(0, 1)
    ax.set_xlabel("share of the document")
    ax.legend(loc="center left", bbox_to_anchor=(1, 0.5), frameon=False)
    return ax
