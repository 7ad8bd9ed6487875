"""Topics of documents."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.report.overview import percent
from partwise.report.result import TYPICAL, Result

__all__ = ["gather"]


def gather(model: Any, data: Any = None, W: Any = None) -> Result:
    """A topic model, on its own documents or on those of ``data``."""
    from partwise.apps.topics import Documents, documents

    if data is None:
        names, texts, X, details = model.document_names_, model.texts_, model.matrix_, None
        W = model.document_topics_
    else:
        read = data if isinstance(data, Documents) else documents(data)
        names, texts, X = read.names, read.texts, model.vectorizer_.transform(read.texts)
        details = None if read.table is None else columns_beside(read)
        W = model.transform(texts) if W is None else np.asarray(W)
    topics, strongest = model.topic_labels_, np.bincount(model.topics_[model.topics_ >= 0], minlength=model.n_topics_)
    npmi = None if model.matrix_ is None else model.coherence("npmi")
    return Result(
        kind="topics",
        title=f"{len(topics)} topics of {len(W):,} documents",
        words="topic document word",
        model=model.model_,
        H=np.asarray(model.components_),
        labels=topics,
        features=model.terms_,
        W=W,
        items=names,
        X=X,
        texts=texts,
        details=details,
        facts=[
            ("topics", len(topics)),
            ("documents", len(W)),
            ("explained", percent(model.explained_)),
            ("coherence (NPMI)", None if npmi is None else round(float(np.nanmean(npmi)), 3)),
            ("diversity", round(model.diversity(), 3)),
            ("words", len(model.terms_)),
            ("language", model.lang_),
        ],
        notices=list(model.notes_),
        measures=[
            [("documents", int(count)), *([] if npmi is None else [("coherence (NPMI)", round(float(npmi[q]), 3))])]
            for q, count in enumerate(strongest)
        ],
        typical=None if texts is None else different(W, texts),
    )


def columns_beside(read: Any) -> Any:
    """The other columns of the table that the texts came in."""
    table = read.table.drop(columns=[read.text], errors="ignore")
    own = [name for name in table.columns if list(map(str, table[name])) == list(map(str, read.names))]
    return table.drop(columns=own)


def different(W: np.ndarray, texts: Any) -> np.ndarray:
    """The documents with the largest weight of each topic, each text once, (k, m); -1 where there are no more."""
    found = np.full((W.shape[1], TYPICAL), -1)
    for q, weights in enumerate(W.T):
        first: dict[str, int] = {}
        for i in np.argsort(-weights, kind="stable").tolist():
            if len(first) == TYPICAL or not weights[i] > 0:
                break
            first.setdefault(texts[i].strip(), i)
        found[q, : len(first)] = list(first.values())
    return found
