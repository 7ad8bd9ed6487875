"""Names that people gave to components: from labels.json, which the page exports, or from memory."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from partwise.errors import DataError, MissingFileError
from partwise.report.result import Result

__all__ = ["named", "read_labels"]

SCHEMA = 1
FORM = '{"schema": 1, "labels": {"0": "a name"}}'


def named(found: Result, labels: Any) -> Result:
    """The result with the given names; components without one keep theirs.

    Raises
    ------
    DataError
        If there are more names, or higher numbers, than components.
    """
    if labels is None:
        return found
    k = len(found.labels)
    given = read_labels(labels) if isinstance(labels, str | os.PathLike) else labels
    if not isinstance(given, Mapping):
        given = list(given)
        if len(given) != k:
            raise DataError(f"There are {len(given)} labels for {k} components. Give one for each, or a dict of some.")
        given = dict(enumerate(given))
    strange = next((q for q in given if not (str(q).isdecimal() and len(str(q)) < 10 and int(q) < k)), None)
    if strange is not None:
        raise DataError(f"There is a label for component {str(strange)[:20]}, but there are {k}, numbered from 0.")
    renamed = {int(q): str(label) for q, label in given.items()}
    return replace(found, labels=[renamed.get(q, label) for q, label in enumerate(found.labels)])


def read_labels(path: str | os.PathLike[str]) -> dict[int, str]:
    """The names in a labels.json: number of a component -> name.

    Raises
    ------
    MissingFileError
        If there is no such file.
    DataError
        If it is no JSON, or not of this form.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from partwise.report import read_labels
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "labels.json"
    ...     _ = path.write_text('{"schema": 1, "labels": {"3": "the sea"}}')
    ...     read_labels(path)
    {3: 'the sea'}
    """
    path = Path(path)
    if not path.exists():
        raise MissingFileError.at(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path} is no JSON file ({error}). Give the labels.json that a report exported.") from None
    labels = content.get("labels") if isinstance(content, dict) else None
    if not isinstance(labels, dict):
        raise DataError(f"{path} holds no labels: it should read {FORM}.")
    if content.get("schema") != SCHEMA:
        raise DataError(f"{path} is of schema {content.get('schema')!r}; this partwise reads {SCHEMA}.")
    wrong = next(
        ((q, v) for q, v in labels.items() if not (q.isdecimal() and len(q) < 10 and isinstance(v, str))), None
    )
    if wrong is not None:
        raise DataError(f"{path}: {repr(wrong[0])[:20]}: {repr(wrong[1])[:40]} is no label. It should read {FORM}.")
    return {int(q): label for q, label in labels.items()}
