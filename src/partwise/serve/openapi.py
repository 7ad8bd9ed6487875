"""The OpenAPI document of a table of routes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import partwise
from partwise.serve.refusals import REASONS
from partwise.serve.routes import STRING, Route, answer_of

__all__ = ["document"]

REFUSALS = {"GET": (401, 421), "POST": tuple(REASONS)}
"""Method -> the statuses with which it may be refused."""


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Describe what is served, in OpenAPI 3.1.

    Examples
    --------
    >>> from partwise.serve.routes import Route
    >>> found = document([Route("/healthz", "Alive?", lambda _: {}, {"type": "object"}, open=True)])
    >>> found["openapi"], list(found["paths"]), list(found["paths"]["/healthz"]["get"]["responses"])
    ('3.1.0', ['/healthz'], ['200', '401', '421'])
    """
    return {
        "openapi": "3.1.0",
        "info": {"title": "partwise serve", "version": partwise.__version__},
        "paths": {route.path: {route.method.lower(): operation(route)} for route in routes},
        "components": {
            "securitySchemes": {name: {"type": "http", "scheme": name} for name in ("bearer", "basic")},
            "responses": {str(status): refusal(reason) for status, reason in REASONS.items()},
        },
        "security": [{"bearer": []}, {"basic": []}, {}],  # the last: a server that was started without a token
    }


def operation(route: Route) -> dict[str, Any]:
    """One question."""
    good = {"description": "The answer.", "content": {route.media: {"schema": route.answer}}}
    refusals = {str(status): {"$ref": f"#/components/responses/{status}"} for status in REFUSALS[route.method]}
    found: dict[str, Any] = {"summary": route.summary, "responses": {"200": good, **refusals}}
    if route.body is not None:
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": route.body}}}
    if route.open:
        found["security"] = []
    return found


def refusal(reason: str) -> dict[str, Any]:
    """The answer to what is refused."""
    return {"description": reason, "content": {"application/json": {"schema": answer_of(error=STRING)}}}
