"""Topics: raw texts in, readable topics out.

`topics` goes from a file, a folder, a table or a list to a fitted `TopicModel`. The room knows words and documents; how
a matrix is factorized it leaves to any estimator with ``fit``, ``transform`` and ``components_``.
"""

from typing import Any

from partwise.apps.topics.measures import coherence, diversity
from partwise.apps.topics.model import TopicModel
from partwise.apps.topics.similar import similar
from partwise.apps.topics.texts import Documents, documents

__all__ = ["Documents", "TopicModel", "coherence", "diversity", "documents", "similar", "topics"]


def topics(
    source: Any,
    n_components: int | None = None,
    *,
    text: str | None = None,
    title: str | None = None,
    encoding: str = "utf-8",
    **settings: Any,
) -> TopicModel:
    """Find the topics of a file, a folder of texts, a table or a list, in one call.

    Parameters
    ----------
    source : path, DataFrame, Series or sequence of str
        A .csv, .tsv, .jsonl or .txt file (a document per line), a folder of .txt files, or texts in memory.
    n_components : int
        Number of topics.
    text : str or None
        The column that holds the texts; None: the one with the longest cells.
    title : str or None
        The column that names the documents; None: the index, the names of the files, or numbers.
    encoding : str
        Of the file.
    **settings
        Of `TopicModel`: ``lang``, ``stem``, ``weights``, ``model`` and so on.

    Returns
    -------
    TopicModel
        Fitted. ``notes_`` says what was read and inferred.

    Examples
    --------
    >>> from partwise.apps.topics import topics
    >>> from partwise.datasets import load_novels_text
    >>> model = topics(load_novels_text(), 4, text="text", lang="en")
    >>> print(*model.topic_labels_, sep="; ")
    joe, pip, herbert; elizabeth, darcy, bennet; captain, nautilus, nemo; martians, pit, martian
    """
    read = documents(source, text, title, encoding)
    model = TopicModel(n_components, **settings).fit(read.texts, names=read.names)
    model.notes_ = [*read.notes, *model.notes_]
    return model
