"""How a fitted model or a result looks in a notebook: its words, and a table of its components. It knows no model.

Whatever is shown is escaped; a card has no script, loads nothing, and leaves colours to the notebook.
"""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from numbers import Real
from typing import Any

__all__ = ["Card", "EstimatorCard", "card"]

ROWS, WIDTH = 20, 120
"""Of the table, and characters of its cells."""


class Card:
    """A result that notebooks show: what `info` says, and the table of `to_frame`."""

    def info(self) -> str:
        """The result in words."""
        raise NotImplementedError

    def to_frame(self) -> Any:
        """The result as a table."""
        raise NotImplementedError

    def _repr_html_(self) -> str:
        """The result in a notebook."""
        table = self.to_frame().iloc[: ROWS + 1].reset_index()
        return card(self.info(), table.columns, table.itertuples(index=False))


class EstimatorCard:
    """A scikit-learn estimator that notebooks show: scikit-learn's diagram, and below it the card of the fit."""

    def _card(self) -> str:
        """What the fit found; empty before it."""
        raise NotImplementedError

    def _repr_html_inner(self) -> str:
        return super()._repr_html_inner() + self._card()  # type: ignore[misc]

    def _repr_mimebundle_(self, **kwargs: Any) -> dict[str, str]:
        shown: dict[str, str] = super()._repr_mimebundle_(**kwargs)  # type: ignore[misc]
        return shown | ({"text/html": shown["text/html"] + self._card()} if "text/html" in shown else {})


def card(words: str, columns: Iterable[Any] = (), rows: Iterable[Iterable[Any]] = ()) -> str:
    """HTML of words and a table.

    Parameters
    ----------
    words : str
        Lines.
    columns : names
    rows : a cell for each column
        The first 20 are shown.

    Examples
    --------
    >>> card("1 topic", ["topic", "words"], [[0, ["<b>", "sea"]]]).split("<tbody>")[1].split("</tbody>")[0]
    '<tr><td>0</td><td>&lt;b&gt;, sea</td></tr>'
    """
    shown = [row_of("td", row) for row in rows]
    more = "<p>There are more.</p>" if len(shown) > ROWS else ""
    head, body = row_of("th", columns), "".join(shown[:ROWS])
    table = f"<table><thead>{head}</thead><tbody>{body}</tbody></table>{more}" if shown else ""
    return f'<div class="partwise-card"><pre style="white-space: pre-wrap">{escape(words)}</pre>{table}</div>'


def row_of(tag: str, cells: Iterable[Any]) -> str:
    """A row of a table."""
    return "<tr>" + "".join(f"<{tag}>{escape(said(cell))}</{tag}>" for cell in cells) + "</tr>"


def said(cell: Any) -> str:
    """A number in four digits, a list by its entries; long texts are cut.

    Examples
    --------
    >>> said(0.123456), said(3), said(["a", "b"]), said("x" * 200)[-5:]
    ('0.1235', '3', 'a, b', 'x ...')
    """
    if isinstance(cell, list | tuple):
        cell = ", ".join(map(str, cell))
    text = str(cell) if isinstance(cell, int) or not isinstance(cell, Real) else f"{cell:.4g}"
    return text if len(text) <= WIDTH else f"{text[:WIDTH]} ..."
