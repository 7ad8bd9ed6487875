"""Reports: a fitted model becomes a summary, a dictionary; a summary becomes one HTML file that needs nothing else.

`write` does both. README.md in this folder documents the summary, which is all that the two stages share.
"""

from partwise.report.encode import SCHEMA, quantised, to_json
from partwise.report.labels import read_labels
from partwise.report.render import render
from partwise.report.summarize import summarize
from partwise.report.write import Written, write

__all__ = ["SCHEMA", "Written", "quantised", "read_labels", "render", "summarize", "to_json", "write"]
