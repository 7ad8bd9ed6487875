"""The pages that are made of the package itself, written into docs/generated whenever the documentation is built."""

import importlib
import inspect
import re
import warnings
from pathlib import Path

import benchmarks_table
import command_table

HERE = Path(__file__).parent
ROOMS = ("apps.audio", "apps.images", "apps.programs", "apps.ratings", "apps.signals", "apps.spectra", "apps.topics")
ROOMS += ("plot", "report", "serve", "datasets", "penalties", "io", "errors")


def pages(folder):
    """Write them all; what has not changed is left alone, so that a second build is quick."""
    made = {
        "api.rst": api(),
        "commands.md": command_table.page(),
        "benchmarks.md": benchmarks_table.page(HERE / "benchmarks"),
        "contributing.md": contributing(),
        "report.md": pictures("report-*.png"),
    }
    folder.mkdir(exist_ok=True)
    for name, text in made.items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def api():
    """A section a room, and a page for every public name in it."""
    return "\n".join([heading("API", "="), section("partwise"), *(section(f"partwise.{room}") for room in ROOMS)])


def section(module):
    """What a room is for, and its public names, in the order of its ``__all__``."""
    room = importlib.import_module(module)
    names = [name for name in room.__all__ if not name.startswith("_") and lives(getattr(room, name), module)]
    table = [
        ".. autosummary::",
        "   :toctree: api",
        "   :nosignatures:",
        "",
        *(f"   {module}.{name}" for name in names),
    ]
    return "\n".join([heading(module, "-"), inspect.getdoc(room), "", *table, ""])


def lives(thing, module):
    """Whether a public name has its page here: a room is none, and what an application makes is at home there."""
    home = getattr(thing, "__module__", module)
    return not inspect.ismodule(thing) and (module != "partwise" or not home.startswith("partwise.apps"))


def heading(title, line):
    """A title with its line."""
    return f"{title}\n{line * len(title)}\n"


def contributing():
    """CONTRIBUTING.md as it is seen from docs/; links to files that are no pages become their text."""
    text = (HERE.parent / "CONTRIBUTING.md").read_text(encoding="utf-8").replace("](docs/", "](")
    return re.sub(r"\[([^]]+)\]\((?:changes|LICENSE)[^)]*\)", r"\1", text)


def pictures(pattern):
    """Every picture of that name, with its name as its title; a sentence where there is none."""
    found = sorted((HERE / "pictures").glob(pattern))
    shown = [f"## {title(path)}\n\n![{title(path)}](../pictures/{path.name})\n" for path in found]
    return "\n".join(shown) or "No pictures have been taken yet.\n"


def title(path):
    """``report-topic-map.png`` -> ``Topic map``."""
    return path.stem.partition("-")[2].replace("-", " ").capitalize()


def strict(gallery_conf, story):
    """A story that warns is a story that fails, here as in the tests."""
    warnings.filterwarnings("error", module="partwise|__main__")
