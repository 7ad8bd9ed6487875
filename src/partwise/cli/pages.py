"""The report of ``--report`` and the folders of a run: asked for before the fit, written after it."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from partwise.cli.refusals import USAGE, Refusal
from partwise.cli.voice import Voice
from partwise.cli.words import as_flags, replaced

__all__ = ["inside", "prepare_report", "prepare_views", "views_too", "write_report"]

WORDS = {"max_size allows": "--max-size allows", "Raise max_size": "Raise --max-size", "text=False": "--no-text"}
"""Of the library -> of the command line."""


def prepare_views(chosen: dict[str, Any], voice: Voice) -> None:
    """Refuse pictures and a report that cannot be made, before anything is computed."""
    from partwise.cli.pictures import prepare_plots

    prepare_plots(chosen["plots"], voice)
    prepare_report(chosen["report"])


def prepare_report(path: str | None) -> None:
    """Refuse a report that is no .html file, or cannot be written, before anything is computed."""
    if path is None:
        return
    target = Path(path)
    if target.is_dir():
        raise Refusal(f"{target} is a folder. Give the name of a file in it.", USAGE)
    if target.suffix.lower() not in (".html", ".htm"):
        raise Refusal(f"{path}: a report is an .html file. Give a name such as {target.with_suffix('.html')}.", USAGE)
    if not target.parent.is_dir():
        raise Refusal(f"{path} cannot be written: there is no folder {target.parent}. Create it first.", USAGE)
    with tempfile.TemporaryFile(dir=target.parent):
        pass


def write_report(voice: Voice, path: str | None, model: Any, data: Any = None, **options: Any) -> dict[str, str]:
    """Write the report and tell what it holds: its name -> its path; nothing without a path.

    Parameters
    ----------
    voice : Voice
    path : str or None
    model, data, **options
        As `partwise.report.write` takes them.
    """
    if path is None:
        return {}
    from partwise.report import write

    with as_flags(replaced(WORDS)):
        written = write(model, path, data, **options)
    for notice in written.notices:
        voice.note(f"{path}: {notice}")
    return {Path(path).name: path}


def inside(folder: Path, files: Mapping[str, str]) -> str:
    """The files that are in the folder of a run, in words."""
    return ", ".join(name for name, path in files.items() if Path(path).parent == folder)


def views_too(chosen: dict[str, Any]) -> str:
    """Where pictures and report went, if there are any."""
    return "".join(f" and {chosen[name]}" for name in ("plots", "report") if chosen[name])
