"""A report as a file: rendered, kept below a size, written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from partwise import container
from partwise.errors import DataError
from partwise.report.choice import MAX_ITEMS, chosen
from partwise.report.notices import notices
from partwise.report.overview import fingerprint
from partwise.report.render import render
from partwise.report.summarize import gathered, summarized, with_origin

__all__ = ["MAX_SIZE", "Written", "write"]

MAX_SIZE = 5_000_000
"""Bytes: what most mail servers take."""
ROUNDS = 6
MARGIN = 0.85
"""How much smaller than asked the next try is aimed: not everything shrinks in proportion."""


@dataclass(frozen=True, eq=False)
class Written:
    """A report that was written.

    Attributes
    ----------
    path : Path
    size : int
        Bytes.
    summary : dict
        What `summarize` says, in the size that found room.
    notices : list of str
        What was left out, and what the file gives away.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import partwise
    >>> from partwise.datasets import ratings_5x4
    >>> model = partwise.NMF(2, random_state=0).fit(ratings_5x4())
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = partwise.report.write(model, pathlib.Path(folder) / "x.html")
    >>> written.path.name, written.size < 200_000, len(written.summary["components"])
    ('x.html', True, 2)
    """

    path: Path
    size: int
    summary: dict[str, Any]
    notices: list[str]


def write(
    model: Any,
    path: str | os.PathLike[str],
    data: Any = None,
    *,
    W: Any = None,
    text: bool = True,
    max_items: int = MAX_ITEMS,
    max_size: float = MAX_SIZE,
    labels: Any = None,
    time: Any = None,
    every: Any = None,
    groups: Any = None,
    details: Any = None,
    title: str | None = None,
    sha256: str | None = None,
) -> Written:
    """Write the report of a fitted model: one .html file that opens in any browser, without the internet.

    Parameters
    ----------
    model, data, W, text, max_items, labels, time, every, groups, details, title, sha256
        As in `summarize`.
    path : path
        The file to create or replace.
    max_size : float, default=5e6
        Bytes. Where everything is more, fewer items, features and characters go in, and the page says so.

    Returns
    -------
    Written

    Raises
    ------
    DataError
        As `summarize`; or if not even a sample finds room.

    Notes
    -----
    Equal models and data give equal bytes.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import partwise
    >>> from partwise.datasets import ratings_5x4
    >>> table = ratings_5x4()
    >>> model = partwise.NMF(2, random_state=0).fit(table)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     written = partwise.report.write(model, pathlib.Path(folder) / "x.html", table)
    ...     print(written.notices[-1])
    This file holds your data (names and numbers); share it with those who may see them.
    """
    found = gathered(model, data, W=W, labels=labels, details=details, title=title)
    origin = sha256 or fingerprint(data)

    def attempt(room: float) -> tuple[bytes, dict[str, Any], list[str]]:
        choice = chosen(found, max_items, text, room)
        summary = with_origin(summarized(found, choice, time, groups, every), origin)
        return render(summary).encode("utf-8"), summary, notices(found, choice)

    page, summary, said = within(attempt, max_size)
    with container.replacing(path) as file:
        file.write(page)
    return Written(Path(path), len(page), summary, said)


def within(
    attempt: Callable[[float], tuple[bytes, dict[str, Any], list[str]]], max_size: float
) -> tuple[bytes, dict[str, Any], list[str]]:
    """The first page that is small enough, of smaller and smaller samples."""
    room, size = 1.0, 0
    for _ in range(ROUNDS):
        page, summary, said = attempt(room)
        size = len(page)
        if size <= max_size:
            return page, summary, said
        room *= MARGIN * max_size / size
    raise DataError(
        f"The report has {size / 1e6:.3g} MB even with {room:.1%} of the data, more than max_size allows "
        f"({max_size / 1e6:g} MB). Raise max_size, or leave out the texts, pictures and sounds with text=False."
    )
