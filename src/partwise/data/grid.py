"""Blocks of rows, lanes of blocks, and the order in which their results are added.

The grid follows from the data's sizes alone, never from threads or caches found at run time: that is why any number
of threads gives the same bits. A lane is a run of blocks that adds into one buffer, in order; the lanes' buffers are
then added pairwise in a fixed tree.
"""

from __future__ import annotations

from itertools import pairwise
from threading import Lock
from typing import Any

import numpy as np

from partwise.interfaces import Array

Range = tuple[int, int]
Lane = tuple[Range, ...]

DENSE_BLOCK_BYTES, DENSE_BLOCK_ROWS, DENSE_MOST_BYTES = 2 << 20, 128, 16 << 20
"""A block should stay in cache, but every block adds to every column: wide rows want more of them."""

DENSE_MANY = 32
"""From so many blocks on they grow, up to twice: each costs some calls from Python, one thread at a time."""

DENSE_SHARED_BYTES = 512 << 10
"""From here on an X of one block is cut in two, if it has the rows of one: two threads then share it."""

SPARSE_BLOCK_STORED, ROW_ENTRIES = 125_000, 8
SPARSE_SHARED = 100_000
"""From this work on there are two blocks at least, for two threads."""

GRAM_BLOCK_STORED, GRAM_ROW_ENTRIES = 30_000, 32
"""Of weighted sparse data: a Gram matrix for every row costs k times as much, so that small data are shared, too."""

MOST_LANES = 64


def dense_blocks(n_rows: int, row_bytes: int, collect: bool = True) -> list[Range]:
    """Equal runs of rows: 2 to 4 MiB, to ``collect`` at least 128 rows if 16 MiB hold them; small X is one or two."""
    usual = min(2 * DENSE_BLOCK_BYTES, max(DENSE_BLOCK_BYTES, n_rows * row_bytes // DENSE_MANY))
    least_bytes = DENSE_BLOCK_ROWS * row_bytes if collect else 0
    block_bytes = min(DENSE_MOST_BYTES, max(usual, least_bytes))
    shared = n_rows >= DENSE_BLOCK_ROWS and n_rows * row_bytes >= DENSE_SHARED_BYTES
    count = max(2 if shared else 1, min(n_rows, -(-n_rows * row_bytes // block_bytes)))
    return list(pairwise(i * n_rows // count for i in range(count + 1)))


def sparse_blocks(indptr: Array, stored: int, row: int) -> list[Range]:
    """Runs of rows with the work of about ``stored`` entries, a row itself being worth ``row`` of them."""
    n_rows = len(indptr) - 1
    total = int(indptr[-1]) - int(indptr[0]) + row * n_rows  # may pass 32 bits
    count = max(2 if total >= SPARSE_SHARED else 1, total // stored)
    if count == 1:
        return [(0, n_rows)]
    work = indptr.astype(np.int64) + row * np.arange(n_rows + 1, dtype=np.int64)
    work -= work[0]
    edges = np.searchsorted(work, np.linspace(0, work[-1], count + 1)[1:-1])
    return list(pairwise(np.unique(np.concatenate([[0], edges, [n_rows]])).tolist()))


def lanes(blocks: list[Range], most: int) -> tuple[Lane, ...]:
    """At most ``most`` contiguous runs of blocks, of nearly equal length."""
    count = min(len(blocks), most, MOST_LANES)
    if count <= 1:
        return (tuple(blocks),)
    edges = [i * len(blocks) // count for i in range(count + 1)]
    return tuple(tuple(blocks[low:high]) for low, high in pairwise(edges))


class Sum:
    """Adds ``count`` parts by a fixed binary tree, each pair as soon as both are there.

    So only about as many parts are alive as threads work, plus one per level; the bits do not depend on who comes
    first.

    Examples
    --------
    >>> total = Sum(3)
    >>> for i, part in [(2, 4.0), (0, 1.0), (1, 2.0)]:
    ...     total.put(i, part)
    >>> total.result
    7.0
    """

    def __init__(self, count: int) -> None:
        self.count = count
        self.lock = Lock()
        self.waiting: dict[tuple[int, int], Any] = {}
        self.result: Any = None

    def put(self, i: int, part: Any) -> None:
        """Add part ``i``, which is used up."""
        width = self.count
        while width > 1:
            if i ^ 1 < width:
                with self.lock:
                    other = self.waiting.pop((width, i ^ 1), None)
                    if other is None:
                        self.waiting[width, i] = part
                        return
                part, other = (other, part) if i % 2 else (part, other)
                part += other
            width, i = (width + 1) // 2, i // 2
        self.result = part
