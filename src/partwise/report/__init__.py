"""Reports: a fitted model becomes a summary, a dictionary; a summary becomes one HTML file that needs nothing else.

README.md in this folder documents the summary, which is all that the two stages share.
"""

from partwise.report.encode import SCHEMA, quantised, to_json
from partwise.report.labels import read_labels
from partwise.report.summarize import summarize

__all__ = ["SCHEMA", "quantised", "read_labels", "summarize", "to_json"]
