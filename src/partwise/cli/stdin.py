"""Standard input as the INPUT of a verb: ``-`` becomes a file for as long as the verb runs."""

from __future__ import annotations

import contextlib
import functools
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import click

__all__ = ["STDIN", "as_given", "file_or_stdin"]

STDIN = "-"
"""How people write standard input where a file is asked for."""


def file_or_stdin(name: str) -> Callable:
    """The argument ``name`` of a verb: a file or folder, or ``-`` for a table of text on standard input."""

    def decorate(command: Callable) -> Callable:
        @click.argument(name)
        @functools.wraps(command)
        def reading(*args: Any, **options: Any) -> Any:
            if options[name] != STDIN:
                return command(*args, **options)
            with copied() as path:
                return command(*args, **{**options, name: path})

        return reading

    return decorate


@contextlib.contextmanager
def copied() -> Iterator[str]:
    """The path of a file that holds what stands on standard input; the suffix says what it looks like."""
    content = sys.stdin.buffer.read()
    with tempfile.TemporaryDirectory(prefix="partwise-") as folder:
        path = Path(folder) / f"stdin{kind_of(content)}"
        path.write_bytes(content)
        yield str(path)


def kind_of(content: bytes) -> str:
    """JSON lines begin with a brace; a first line with a tab is that of a .tsv; everything else is a .csv.

    Examples
    --------
    >>> kind_of(b'{"text": "one"}'), kind_of(b"id\\ta\\n1\\t2\\n"), kind_of(b"id;a\\n1;2\\n")
    ('.jsonl', '.tsv', '.csv')
    """
    if content.lstrip().startswith(b"{"):
        return ".jsonl"
    return ".tsv" if b"\t" in content.partition(b"\n")[0] else ".csv"


def as_given(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options of the running verb, with ``-`` in place of the copy of standard input."""
    asked = click.get_current_context().params
    return {name: STDIN if asked.get(name) == STDIN else value for name, value in options.items()}
