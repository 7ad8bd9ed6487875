"""Formulas as MathML, which every browser draws by itself: no script, no font, nothing from another host."""

from docutils.nodes import SkipNode
from latex2mathml.converter import convert


def setup(app):
    """Tell Sphinx."""
    app.add_html_math_renderer("mathml", (inline, None), (display, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def inline(self, node):
    """Write a formula within a line, in place of its text."""
    self.body.append(convert(node.astext()))
    raise SkipNode


def display(self, node):
    """Write a formula on a line of its own, in place of its text."""
    self.body.append(f'<div class="formula">{convert(node.astext(), display="block")}</div>')
    raise SkipNode
