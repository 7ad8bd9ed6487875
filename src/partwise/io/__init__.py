"""Matrices from files and tables to files, with their labels.

``read`` knows .csv, .tsv, .txt (also .gz), .npy, .npz, .mtx (also .gz) and .parquet; ``write_table`` writes .csv, .tsv
and .npz. Nothing here knows what the numbers are for.
"""

from partwise.io.read import Matrix, content_hash, read
from partwise.io.tables import write_table

__all__ = ["Matrix", "content_hash", "read", "write_table"]
