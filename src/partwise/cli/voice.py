"""How a verb speaks: results to stdout, notes to stderr, one JSON object where it is asked for.

Plain text only, so that pipes, files and ``NO_COLOR`` need no care; the progress bar is the one thing in colour.
"""

from __future__ import annotations

import contextlib
import json
import logging
import math
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from partwise.cli.stdin import as_given

__all__ = ["Voice", "plain"]


@dataclass
class Voice:
    """What may be said, and where.

    Attributes
    ----------
    json : bool
        stdout belongs to one JSON object; human text goes to stderr.
    quiet : bool
        No human text at all, save errors.
    verbosity : int
        1: the library's log as well; 2: tracebacks.
    notes : list of str
        What was noted so far.
    """

    json: bool = False
    quiet: bool = False
    verbosity: int = 0
    notes: list[str] = field(default_factory=list)

    def note(self, text: str) -> None:
        """Something that was inferred, or that the user should know."""
        text = plain(text)
        self.notes.append(text)
        if not self.quiet:
            click.echo(f"Note: {text}", err=True)

    def progress(self, text: str) -> None:
        """A sign of life."""
        if not self.quiet:
            click.echo(text, err=True)

    def say(self, text: str = "") -> None:
        """A line of the result for people."""
        if not self.quiet:
            click.echo("\n".join(plain(line) for line in text.split("\n")), err=self.json)

    def table(self, header: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int] = ()) -> None:
        """Columns side by side; those in ``right`` are numbers."""
        if not self.quiet:
            for line in aligned([list(header), *map(list, rows)], right):
                self.say(line)

    def result(self, found: dict[str, Any]) -> None:
        """The result for machines, with the notes."""
        if self.json:
            given = {"options": as_given(found["options"])} if "options" in found else {}
            text = json.dumps(finite({**found, **given, "notes": self.notes}), ensure_ascii=False, allow_nan=False)
            click.echo(text)

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Tell the library's warnings as notes, and after ``-v`` its log."""
        logger, handler = logging.getLogger("partwise"), Log(self)
        before = logger.level
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UserWarning)
            warnings.showwarning = lambda message, *where: self.note(str(message))
            if self.verbosity:
                logger.addHandler(handler)
                logger.setLevel(logging.INFO)
            try:
                yield
            finally:
                logger.removeHandler(handler)
                logger.setLevel(before)


class Log(logging.Handler):
    """The library's log, a line per record."""

    def __init__(self, voice: Voice) -> None:
        super().__init__()
        self.voice = voice

    def emit(self, record: logging.LogRecord) -> None:
        """One line to stderr."""
        self.voice.progress(plain(record.getMessage()))


def plain(text: str) -> str:
    """``text`` without characters that steer a terminal: names come from files.

    Examples
    --------
    >>> plain("a\\x1b[2Jb")
    'a\\ufffd[2Jb'
    """
    return text if text.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in text)


def aligned(rows: list[list[str]], right: Sequence[int] = ()) -> list[str]:
    """Lines of columns, two blanks apart; wide characters count twice."""
    from rich.cells import cell_len

    rows = [[plain(cell) for cell in row] for row in rows]
    widths = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]

    def cell(place: int, text: str) -> str:
        blanks = " " * (widths[place] - cell_len(text))
        return blanks + text if place in right else text + blanks

    return ["  ".join(cell(place, text) for place, text in enumerate(row)).rstrip() for row in rows]


def finite(value: Any) -> Any:
    """``value`` with None for nan and infinity, which JSON does not know, and plain numbers for NumPy's."""
    if isinstance(value, dict):
        return {str(key): finite(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [finite(part) for part in value]
    if callable(item := getattr(value, "item", None)):
        value = item()
    return None if isinstance(value, float) and not math.isfinite(value) else value
