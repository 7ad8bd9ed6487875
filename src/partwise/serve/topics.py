"""What can be asked of a model of topics: the topics of new texts, and which documents are alike."""

from __future__ import annotations

from typing import Any

from partwise.serve.routes import (
    NAME,
    SIMILAR,
    STRING,
    WEIGHTS,
    Box,
    Route,
    asked_count,
    count,
    list_of,
    one_of,
    question,
    similar_of,
)

__all__ = ["routes"]


def routes(model: Any, most: int) -> list[Route]:
    """Weights of texts, and documents that are alike."""
    labels = model.topic_labels_
    words = " ".join(word for word, _ in model.get_topic(0, 5))

    def transform(body: Any) -> Any:
        return {"components": labels, "weights": model.transform(body["texts"]).tolist()}

    def alike(body: Any) -> Any:
        if "text" in body:
            return similar_of(model.similar_documents(n=asked_count(body, most), text=body["text"]))
        return similar_of(model.similar_documents(str(body["document"]), asked_count(body, most)))

    return [
        Route(
            "/api/transform",
            "The weights of the topics in texts; words that the model does not know are ignored.",
            transform,
            WEIGHTS,
            question(texts=list_of(STRING, minItems=1, maxItems=most)),
            box=Box("The topics of a text", "A text", "texts", "texts", words),
        ),
        Route(
            "/api/similar",
            "The documents of the fit that are most like one of them (by its name; itself first), or like a new text.",
            alike,
            SIMILAR,
            one_of("document", "text", document=NAME, text=STRING, n=count(most)),
            box=Box("The documents most like a text", "A text", "text", "text", words),
        ),
    ]
