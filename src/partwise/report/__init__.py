"""Reports: a fitted model becomes a summary, a dictionary; a summary becomes one HTML file that needs nothing else.

README.md in this folder documents the summary, which is all that the two stages share.
"""

from partwise.report.encode import SCHEMA, quantised, to_json
from partwise.report.render import render

__all__ = ["SCHEMA", "quantised", "render", "to_json"]
