"""Find a data set by name, so that a command line or a page need not know the functions."""

from collections.abc import Callable
from difflib import get_close_matches
from typing import TYPE_CHECKING

import numpy as np

from . import articles, biology, piano, pictures, planted, ratings, textbook, texts, toys
from .records import Dataset, Planted

if TYPE_CHECKING:
    import pandas as pd

TABLE: dict[str, Callable] = {
    "novels": texts.load_novels,
    "novels_text": texts.load_novels_text,
    "sotu": texts.load_sotu,
    "sotu_text": texts.load_sotu_text,
    "piano_notes": piano.load_piano_notes,
    "piano_mix": piano.load_piano_mix,
    "digits": pictures.load_digits,
    "planted": planted.make_planted,
    "checkerboard": textbook.make_checkerboard,
    "signals": textbook.make_signals,
    "toy_cloud": textbook.make_toy_cloud,
    "laurberg": textbook.laurberg,
    "swimmer": pictures.make_swimmer,
    "lcd_digits": pictures.make_lcd_digits,
    "ratings": ratings.make_ratings,
    "mutations": biology.make_mutations,
    "cells": biology.make_cells,
    "articles": articles.make_articles,
    "ratings_5x4": toys.ratings_5x4,
    "ratings_7x5": toys.ratings_7x5,
    "slide_3x3": toys.slide_3x3,
    "slide_words": toys.slide_words,
    "moon": toys.moon,
}


def names() -> list[str]:
    """List the names that :func:`load` knows, shipped data first.

    Returns
    -------
    list of str

    Examples
    --------
    >>> from partwise.datasets import names
    >>> len(names())
    23
    """
    return list(TABLE)


def load(name: str) -> "Dataset | Planted | pd.DataFrame | np.ndarray":
    """Load a data set by name; planted ones with their default sizes and seed.

    Parameters
    ----------
    name : str
        One of :func:`names`.

    Returns
    -------
    Dataset, Planted, DataFrame or ndarray
        What the function of that name returns: ``load("novels")`` is ``load_novels()`` and ``load("swimmer")`` is
        ``make_swimmer()``.

    Raises
    ------
    ValueError
        If there is no such name; the message lists those there are.

    Examples
    --------
    >>> from partwise.datasets import load
    >>> round(float(load("moon").sum()), 1)
    22.0
    """
    if name in TABLE:
        return TABLE[name]()
    near = get_close_matches(str(name), TABLE, n=1, cutoff=0.65)
    hint = f'; did you mean "{near[0]}"?' if near else "."
    raise ValueError(f'no data set "{name}"{hint} Names: {", ".join(TABLE)}.')
