"""Matrices from files and tables to files, with their labels.

``read`` knows .csv, .tsv, .txt (also .gz), .npy, .npz, .mtx (also .gz) and .parquet; ``write_table`` writes .csv, .tsv
and .npz. ``read_records`` reads what is no matrix: tables with text in them, folders of text files. Nothing here knows
what the numbers or words are for.
"""

from partwise.io.read import Matrix, content_hash, read
from partwise.io.records import Records, read_records
from partwise.io.tables import write_table

__all__ = ["Matrix", "Records", "content_hash", "read", "read_records", "write_table"]
