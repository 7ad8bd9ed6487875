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

from partwise.cli.refusals import BAD_DATA, USAGE, Refusal

__all__ = ["STDIN", "as_given", "file_or_stdin"]

STDIN = "-"
"""How people write standard input where a file is asked for."""

BINARY = (b"PK\x03\x04", b"\x1f\x8b", b"\x93NUMPY", b"PAR1", b"\x89HDF")
"""How files begin that are no text: Excel and .npz, .gz, .npy, Parquet, .h5ad."""


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
    if sys.stdin is None:
        raise Refusal("- stands for standard input, which is closed. Pipe a table into it, or name a file.", USAGE)
    content = sys.stdin.buffer.read()
    if content.startswith(BINARY):
        raise Refusal(
            f"- stands for a table of text, but standard input begins with {content[:4]!r}: it is a binary or packed "
            "file. Name the file itself.",
            BAD_DATA,
        )
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
