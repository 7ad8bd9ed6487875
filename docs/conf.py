"""How the documentation is built: ``python -m sphinx -W docs build/docs``. Nothing is fetched by it."""

import re
import sys
from importlib.metadata import version as version_of
from pathlib import Path

from pygments.lexers import TextLexer

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import generate  # noqa: E402

project = "partwise"
author = "The partwise developers"
copyright = author
version = release = version_of("partwise")

extensions = [
    "myst_parser",
    "numpydoc",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx_gallery.gen_gallery",
    "mathml",
]
exclude_patterns = ["generated/*.md"]  # parts of other pages
default_role = "code"
nitpicky = False
templates_path = ["_templates"]

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 4

autosummary_ignore_module_all = False
autodoc_typehints = "none"  # numpydoc names the types
numpydoc_show_class_members = False  # the template of a class lists them

sphinx_gallery_conf = {
    "examples_dirs": "../examples",
    "gallery_dirs": "gallery",
    "filename_pattern": "plot_",
    "abort_on_example_error": True,
    "backreferences_dir": "generated/backreferences",
    "doc_module": ("partwise",),
    "download_all_examples": False,
    "min_reported_time": 1e9,
    "show_memory": False,
    "show_signature": False,
    "write_computation_times": False,
    "reset_modules": ("matplotlib", "generate.strict"),
}

html_theme = "pydata_sphinx_theme"
html_title = "partwise"
html_show_sourcelink = False
html_sidebars = {"*": []}  # pages without pages below them
html_theme_options = {
    "navbar_align": "left",
    "header_links_before_dropdown": 8,
    "navigation_with_keys": False,
    "show_toc_level": 2,
    "footer_start": ["copyright"],
    "footer_end": [],
    "secondary_sidebar_items": ["page-toc"],
}


def links_of_the_checkout(app, docname, source):
    """A link that leads out of docs/ leads to the page of the site where there is one; elsewhere its text is left."""
    text = re.sub(r"\((?:\.\./)+examples/(plot_\w+)\.py\)", rf"({up(docname)}gallery/\1.rst)", source[0])
    text = re.sub(r"\((?:\.\./)+CONTRIBUTING\.md\)", f"({up(docname)}contributing.md)", text)
    source[0] = re.sub(r"\[([^]]+)\]\((?:\.\./)+(?:(?:tests|src|benchmarks)/[\w./]+|SECURITY\.md)\)", r"\1", text)


def up(docname):
    """The way from a page to docs/."""
    return "../" * docname.count("/")


def setup(app):
    """Write the pages that are made of the package itself, before anything is read."""
    generate.pages(HERE / "generated")
    app.add_lexer("csv", TextLexer)
    app.connect("source-read", links_of_the_checkout)
