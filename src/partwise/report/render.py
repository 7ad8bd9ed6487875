"""A summary becomes one HTML file that needs nothing else, and may ask for nothing."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from importlib.resources import files
from typing import Any

from partwise.errors import DataError
from partwise.report.encode import SCHEMA, islands

__all__ = ["render"]

IMPORT = re.compile(r'^import \{[^}]*\} from "\./(\w+\.js)";\n', flags=re.MULTILINE)
"""The one form in which our modules import."""

EXPORT = re.compile(r"^export (?=async function |function |class |const )", flags=re.MULTILINE)


def render(summary: dict[str, Any]) -> str:
    """The page of a summary.

    Parameters
    ----------
    summary : dict
        As README.md in this folder documents it.

    Returns
    -------
    str
        HTML. Write it in UTF-8.

    Raises
    ------
    DataError
        If the summary is of another schema.

    Notes
    -----
    Equal summaries give equal pages, and no time is written. All that comes from the user lies compressed in islands
    and reaches the page as text; the title is escaped. The page's own policy allows its one script and its one style
    by their hashes, and no connection at all; that of a page with ``live`` questions, connections to its own server.

    Examples
    --------
    >>> from partwise.report import render
    >>> words = {each: each for each in ("component", "components", "item", "items", "feature", "features")}
    >>> page = render({
    ...     "schema": 1, "kind": "matrix", "title": "A <b>bold</b> title", "words": words,
    ...     "overview": {"facts": [["k", 1]], "warnings": [], "provenance": []},
    ...     "components": [{"label": "all", "share": 1.0, "mass": 2.0}],
    ...     "features": {"names": ["x", "y"], "weights": [[1.0, 1.0]], "total": 2},
    ...     "items": {"names": ["a"], "weights": [[3.0]], "total": 1}, "notices": [],
    ... })
    >>> "<title>A &lt;b&gt;bold&lt;/b&gt; title</title>" in page
    True
    """
    if summary.get("schema") != SCHEMA:
        raise DataError(
            f"The summary has schema {summary.get('schema')!r}, but this partwise draws schema {SCHEMA}: "
            "make the summary with the same version of partwise."
        )
    template, style, script = assets()
    return template.render(
        title=summary["title"],
        policy=policy(script, style, live="live" in summary),
        style=style,
        script=script,
        islands=islands(summary),
    )


def policy(script: str, style: str, live: bool) -> str:
    """The content security policy of the page: its own script and style, sound and pictures out of itself, no more;
    of a live page also questions to its own server.
    """
    return "; ".join(
        [
            "default-src 'none'",
            f"script-src '{hashed(script)}'",
            f"style-src '{hashed(style)}'",
            "img-src data: blob:",
            "media-src data: blob:",
            "connect-src 'self'" if live else "connect-src 'none'",
            "base-uri 'none'",
            "form-action 'none'",
        ]
    )


def hashed(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode("ascii")


@cache
def assets() -> tuple[Any, str, str]:
    """The template, the style and the script; read once."""
    import jinja2
    from markupsafe import Markup

    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined, keep_trailing_newline=True)
    template = environment.from_string(text_of("page.html"))
    return template, Markup(text_of("page.css")), Markup(joined("main.js"))


def text_of(name: str) -> str:
    """A file of the folder ``templates``, with the line ends of the repository wherever it was checked out."""
    text = files("partwise.report").joinpath("templates", name).read_text(encoding="utf-8")
    return text.replace("\r\n", "\n")


def joined(entry: str) -> str:
    """The modules as one: each after those that it imports, in one scope, without ``import`` and ``export``.

    One file cannot hold several modules that import each other under a policy of hashes. So a name at the top of a
    module is its name everywhere, and the modules must not declare a name twice.
    """
    sources: dict[str, str] = {}

    def visit(name: str) -> None:
        if name in sources:
            return
        source = text_of(f"scripts/{name}")
        sources[name] = ""  # seen: a circle of imports is harmless among functions
        for wanted in IMPORT.findall(source):
            visit(wanted)
        del sources[name]
        sources[name] = EXPORT.sub("", IMPORT.sub("", source))

    visit(entry)
    return "\n".join(sources.values())
