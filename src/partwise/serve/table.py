"""The table of all that can be asked of a model: requests are checked by it, and the OpenAPI document is made of it."""

from __future__ import annotations

import importlib
from dataclasses import asdict
from typing import Any

from partwise.report import render, summarize
from partwise.serve.openapi import document
from partwise.serve.routes import Route, answer_of

__all__ = ["routes_of"]

KINDS = {"TopicModel": "topics", "Recommender": "ratings"}
"""Class of a model -> the module that knows it; any other estimator is a matrix."""


def routes_of(model: Any, most: int) -> list[Route]:
    """Every question to a fitted model.

    Parameters
    ----------
    model : fitted estimator with ``components_``, TopicModel or Recommender
    most : int
        Most rows of a question, and most entries of an answer.

    Raises
    ------
    DataError
        If the model was not fitted.
    """
    summary = summarize(model)
    asked = importlib.import_module(f"partwise.serve.{KINDS.get(type(model).__name__, 'matrix')}").routes(model, most)
    boxes = [{"path": route.path.removeprefix("/"), **asdict(route.box)} for route in asked if route.box is not None]
    page = render(summary | {"live": boxes})
    table = [
        Route(
            "/", "The report of the model, a page for people.", lambda _: page, {"type": "string"}, media="text/html"
        ),
        Route(
            "/healthz", "Whether the server answers.", lambda _: {"status": "ok"}, answer_of(status="string"), open=True
        ),
        Route("/openapi.json", "This document.", lambda _: document(table), {"type": "object"}),
        *asked,
    ]
    return table
