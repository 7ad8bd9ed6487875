"""What a question to a model is, and the words in which questions and answers are described."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Box", "Route", "answer_of", "list_of", "one_of", "question"]

Schema = dict[str, Any]


@dataclass(frozen=True)
class Box:
    """How people ask a question in the page.

    Attributes
    ----------
    title, label : str
        What is asked, and what is typed.
    field : str
        The property of the body that is typed.
    form : {"text", "texts", "rows", "name"}
        How it is sent: as it is, in a list, as JSON in a list, or as it is from one line.
    example : str
        What stands in the box at first.
    """

    title: str
    label: str
    field: str
    form: str
    example: str


@dataclass(frozen=True)
class Route:
    """One question, and how it is answered.

    Attributes
    ----------
    path : str
    summary : str
        For the reader of the document.
    ask : callable from the body to the answer
        Raises DataError for what the schema cannot say. Called by several threads at once.
    answer : dict
        JSON Schema of the answer.
    body : dict, or None
        JSON Schema of the body of a POST; None is a GET.
    media : str
        The type of the answer.
    open : bool
        Whether it needs no token.
    box : Box, or None
        Its place in the page.
    """

    path: str
    summary: str
    ask: Callable[[Any], Any]
    answer: Schema
    body: Schema | None = None
    media: str = "application/json"
    open: bool = False
    box: Box | None = None

    @property
    def method(self) -> str:
        """GET without a body, POST with one."""
        return "GET" if self.body is None else "POST"


# ------------------------------------------------------------------ the words of the schemas


def question(**properties: Schema) -> Schema:
    """An object of these properties and no others; those of ``default`` may be missing."""
    required = [name for name, schema in properties.items() if "default" not in schema]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def one_of(*names: str, **properties: Schema) -> Schema:
    """A question of which exactly one of ``names`` must be given."""
    asked = question(**properties)
    required = [name for name in asked["required"] if name not in names]
    return {**asked, "required": required, "oneOf": [{"required": [name]} for name in names]}


def answer_of(**properties: Any) -> Schema:
    """An object of these properties, each a schema or the name of a type."""
    return question(**{name: {"type": one} if isinstance(one, str) else one for name, one in properties.items()})


def list_of(schema: Schema, **limits: int) -> Schema:
    return {"type": "array", "items": schema, **limits}


STRING = {"type": "string"}
NUMBER = {"type": "number"}
NAME = {"type": ["string", "integer"]}
"""Of a user, an item or a document; a whole number is read as its digits."""

WEIGHTS = answer_of(components=list_of(STRING), weights=list_of(list_of(NUMBER)))
"""The answer of a transform: what the components are called, and a list of their weights for each row."""

SIMILAR = answer_of(similar=list_of(answer_of(name=STRING, cosine=NUMBER)))


def count(most: int) -> Schema:
    """How many entries an answer shall have."""
    return {"type": "integer", "minimum": 1, "maximum": most, "default": min(10, most)}


def asked_count(body: dict[str, Any], most: int) -> int:
    """How many entries are asked for."""
    return int(body.get("n", min(10, most)))


def similar_of(found: Any) -> dict[str, Any]:
    """The answer from a Series of cosines by name."""
    pairs = zip(found.index, found.tolist(), strict=True)
    return {"similar": [{"name": str(name), "cosine": value} for name, value in pairs]}
