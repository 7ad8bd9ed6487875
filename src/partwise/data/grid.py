"""Blocks of rows, lanes of blocks, and the order in which their results are added.

The grid follows from the data's sizes alone, never from threads or caches found at run time: that is why any number
of threads gives the same bits. A lane is a run of blocks that adds into one buffer, in order; the lanes' buffers are
then added pairwise in a fixed tree.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np

from partwise.interfaces import Array

Range = tuple[int, int]
Lane = tuple[Range, ...]

DENSE_BLOCK_BYTES = 16 << 20
"""Large products want tall blocks: 16 MiB was the best of 1, 4 and 16 (see docs/performance.md)."""

DENSE_TEMPORARY_BYTES = 2 << 20
"""Losses that form Y of a block want it, and X's block, in cache."""

SPARSE_BLOCK_STORED = 250_000
MOST_LANES = 64


def dense_blocks(n_rows: int, row_bytes: int, block_bytes: int) -> list[Range]:
    """Equal runs of rows of about ``block_bytes``; a smaller matrix is one block."""
    count = max(1, min(n_rows, -(-n_rows * row_bytes // block_bytes)))
    edges = np.linspace(0, n_rows, count + 1).astype(np.int64).tolist()
    return list(pairwise(edges))


def sparse_blocks(indptr: Array) -> list[Range]:
    """Runs of rows with about the same number of stored entries; 8 entries are counted for a row itself."""
    n_rows = len(indptr) - 1
    work = indptr.astype(np.int64) + 8 * np.arange(n_rows + 1, dtype=np.int64)
    work -= work[0]
    count = max(1, int(work[-1] // SPARSE_BLOCK_STORED))
    edges = np.searchsorted(work, np.linspace(0, work[-1], count + 1)[1:-1])
    edges = np.unique(np.concatenate([[0], edges, [n_rows]])).tolist()
    return list(pairwise(edges)) or [(0, 0)]


def lanes(blocks: list[Range], most: int) -> tuple[Lane, ...]:
    """At most ``most`` contiguous runs of blocks, of nearly equal length."""
    count = max(1, min(len(blocks), most, MOST_LANES))
    edges = np.linspace(0, len(blocks), count + 1).astype(int).tolist()
    return tuple(tuple(blocks[low:high]) for low, high in pairwise(edges))


def add_in_order(parts: list[Any]) -> Any:
    """The sum of the parts by a fixed binary tree; the parts are used up."""
    while len(parts) > 1:
        paired = []
        for left, right in zip(parts[::2], parts[1::2], strict=False):
            left += right
            paired.append(left)
        parts = paired + parts[len(parts) - len(parts) % 2 :]
    return parts[0]


def walk(lane: Lane, fn: Callable[[Range, Any], Any], total: Any) -> Any:
    """Call ``fn(block, total)`` for the blocks of one lane, in order."""
    for block in lane:
        total = fn(block, total)
    return total
