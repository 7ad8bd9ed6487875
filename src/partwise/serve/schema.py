"""Values of JSON against a JSON Schema: the part of it that our questions are described in.

The schema that the OpenAPI document shows is the one that is checked, so that the document cannot promise what is
refused, nor hide what is taken.
"""

from __future__ import annotations

import sys
from typing import Any

__all__ = ["fault", "shortened"]

Schema = dict[str, Any]

ARTICLES = {
    "object": "an object",
    "array": "a list",
    "string": "a string",
    "number": "a number",
    "integer": "a whole number",
    "boolean": "true or false",
    "null": "null",
}


def fault(value: Any, schema: Schema) -> str:
    """The first thing that is wrong, as what follows the name of the value; empty if all is right.

    Parameters
    ----------
    value : what ``json.loads`` returns
    schema : dict
        JSON Schema of the keywords type, properties, required, additionalProperties, oneOf (of required alone), items,
        minItems, maxItems, minimum and maximum. Numbers must be finite.

    Notes
    -----
    O(values); the depth is that of the schema.

    Examples
    --------
    >>> rows = {"type": "array", "items": {"type": "number", "minimum": 0}}
    >>> fault({"rows": [3, -1]}, {"type": "object", "properties": {"rows": rows}})
    '.rows[1] is -1; it must be at least 0.'
    >>> fault([float("nan")], rows), fault(["3"], rows), fault([3], rows)
    ('[0] is nan; it must be a finite number.', '[0] is a string; it must be a number.', '')
    """
    kind, allowed = kind_of(value), listed(schema["type"])
    if kind in allowed:
        return FAULTS.get(kind, right)(value, schema)
    if kind == "number" and "integer" in allowed and value.is_integer():  # 2.0 is whole in JSON Schema
        return number_fault(value, schema)
    if kind == "integer" and "number" in allowed:
        return number_fault(value, schema)
    return f" is {ARTICLES[kind]}; it must be {' or '.join(ARTICLES[name] for name in allowed)}."


def kind_of(value: Any) -> str:
    """What JSON Schema calls the type."""
    return KINDS[type(value)]


KINDS = {
    dict: "object",
    list: "array",
    str: "string",
    float: "number",
    int: "integer",
    bool: "boolean",
    type(None): "null",
}


def listed(types: str | list[str]) -> list[str]:
    return [types] if isinstance(types, str) else types


def right(value: Any, schema: Schema) -> str:
    """Nothing is asked of it but its type."""
    return ""


def object_fault(value: dict[str, Any], schema: Schema) -> str:
    known, other = schema.get("properties", {}), schema.get("additionalProperties", True)
    if lacking := next((name for name in schema.get("required", ()) if name not in value), None):
        return f".{lacking} is missing."
    ways = [way["required"] for way in schema.get("oneOf", ())]
    if ways and sum(all(name in value for name in way) for way in ways) != 1:
        return f" must have one of {' and '.join(' with '.join(way) for way in ways)}."
    for name, part in value.items():
        if name not in known and other is False:
            return f" has {shortened(name)}, which is not known here. Known: {', '.join(known)}."
        wanted = known.get(name, other)
        if wanted is not True and (found := fault(part, wanted)):
            return (f".{name}" if name in known else f"[{shortened(name)}]") + found
    return ""


def array_fault(value: list[Any], schema: Schema) -> str:
    low, high = schema.get("minItems", 0), schema.get("maxItems", sys.maxsize)
    if not low <= len(value) <= high:
        rule = f"exactly {low:,}" if low == high else f"at least {low:,}" if len(value) < low else f"at most {high:,}"
        return f" has {len(value):,} entries; it must have {rule}."
    for place, part in enumerate(value):
        if found := fault(part, schema["items"]):
            return f"[{place}]{found}"
    return ""


def number_fault(value: float, schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    if not abs(value) <= sys.float_info.max:  # NaN, infinity, or a whole number of hundreds of digits
        return f" is {shortened(value)}; it must be a finite number."
    if low is not None and value < low:
        return f" is {shortened(value)}; it must be at least {low:,}."
    if high is not None and value > high:
        return f" is {shortened(value)}; it must be at most {high:,}."
    return ""


FAULTS = {"object": object_fault, "array": array_fault, "number": number_fault, "integer": number_fault}


def shortened(value: Any) -> str:
    """A value of the user in a sentence."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
