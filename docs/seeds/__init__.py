"""The rows of `docs/seeds.md`, a module per seed."""

from . import book, factorization, topics, tutorial
from .row import PENDING, Figure, Row

__all__ = ["PENDING", "SEEDS", "Figure", "Row"]

SEEDS = {
    "A. Slides on unsupervised learning": topics.ROWS,
    "B. Slides on factorization: Lee and Seung, faces, film ratings": factorization.ROWS,
    "C. A section of a book: toy data, faces, mixed signals": book.ROWS,
    "D. A tutorial on a table of ratings": tutorial.ROWS,
}
"""Title -> rows, in the order of the seeds."""
