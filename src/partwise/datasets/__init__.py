"""Data to try things on: real samples that ship with partwise, and generators whose answer is known.

Nothing here touches the network. Every function returns fresh arrays, so writing into them is safe.
"""

from .articles import make_articles
from .biology import make_cells, make_mutations
from .by_name import load, names
from .piano import load_piano_mix, load_piano_notes
from .pictures import load_digits, make_lcd_digits, make_swimmer
from .planted import make_planted
from .ratings import make_ratings
from .records import Dataset, Planted
from .textbook import laurberg, make_checkerboard, make_signals, make_toy_cloud
from .texts import load_novels, load_novels_text, load_sotu, load_sotu_text
from .toys import moon, ratings_5x4, ratings_7x5, slide_3x3, slide_words

__all__ = [
    "load",
    "names",
    "Dataset",
    "Planted",
    "load_novels",
    "load_novels_text",
    "load_sotu",
    "load_sotu_text",
    "load_piano_notes",
    "load_piano_mix",
    "load_digits",
    "make_planted",
    "make_checkerboard",
    "make_signals",
    "make_toy_cloud",
    "laurberg",
    "make_swimmer",
    "make_lcd_digits",
    "make_ratings",
    "make_mutations",
    "make_cells",
    "make_articles",
    "ratings_5x4",
    "ratings_7x5",
    "slide_3x3",
    "slide_words",
    "moon",
]
