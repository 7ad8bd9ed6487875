"""Matrices small enough to check by hand, taken from teaching material.

Figures quoted here are properties of the matrices, not of partwise.
"""

from typing import TYPE_CHECKING

import numpy as np

from .records import Dataset

if TYPE_CHECKING:
    import pandas as pd


def ratings_5x4() -> "pd.DataFrame":
    """Give the best-known toy table of ratings, 5 users by 4 items; 0 means not rated.

    Returns
    -------
    DataFrame of shape (5, 4), float64
        Stars 0 to 5; columns Item1 to Item4, rows 0 to 4.

    Notes
    -----
    The best non-negative fit with two components is off by 3.874591 (Frobenius); no matrix of rank two, whatever its
    signs, is nearer than 3.832720. With the zeros hidden, two components fit the 14 ratings exactly.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.datasets import ratings_5x4
    >>> round(float(np.linalg.norm(ratings_5x4())), 6)
    12.409674
    """
    import pandas as pd

    stars = [[5, 3, 0, 1], [4, 0, 0, 1], [1, 1, 0, 5], [1, 0, 4, 4], [0, 1, 5, 4]]
    return pd.DataFrame(stars, columns=["Item1", "Item2", "Item3", "Item4"], dtype=float)


def ratings_7x5() -> "pd.DataFrame":
    """Give the film ratings of a textbook, 7 people by 5 films in two blocks; 0 means not rated.

    Returns
    -------
    DataFrame of shape (7, 5), float64
        Stars 0 to 5; rows are people, columns films.

    Notes
    -----
    Its rank is two and its best fit with two components is exact: each component is one block of films.

    References
    ----------
    Leskovec, Rajaraman and Ullman, Mining of Massive Datasets, figure 11.6,
    https://doi.org/10.1017/CBO9781139924801.

    Examples
    --------
    >>> from partwise.datasets import ratings_7x5
    >>> int(ratings_7x5().loc["Jack", "Star Wars"])
    5
    """
    import pandas as pd

    people = ["Joe", "Jim", "John", "Jack", "Jill", "Jenny", "Jane"]
    films = ["Matrix", "Alien", "Star Wars", "Casablanca", "Titanic"]
    stars = [[s, s, s, 0, 0] for s in (1, 3, 4, 5)] + [[0, 0, 0, s, s] for s in (4, 5, 2)]
    return pd.DataFrame(stars, index=people, columns=films, dtype=float)


def slide_3x3() -> Dataset:
    """Give a 3 x 3 matrix with a factorization made by hand, to improve on it.

    Returns
    -------
    Dataset
        ``X`` : ndarray of shape (3, 3). ``extra`` : ``W`` (3, 2) and ``H`` (2, 3), the factors made by hand, which are
        off by 1.5 (Frobenius); the best are off by 1.142262, and no matrix of rank two by less than 1.096788.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.datasets import slide_3x3
    >>> toy = slide_3x3()
    >>> float(np.linalg.norm(toy.X - toy.extra["W"] @ toy.extra["H"]))
    1.5
    """
    return Dataset(
        name="slide_3x3",
        X=np.array([[4.0, 0.0, 2.0], [0.0, 3.0, 1.0], [2.0, 1.0, 3.0]]),
        description="A 3 x 3 matrix with a factorization of two components made by hand.",
        extra={
            "W": np.array([[2.0, 0.0], [0.0, 1.5], [1.0, 1.0]]),
            "H": np.array([[2.0, 0.0, 1.0], [0.0, 2.0, 1.0]]),
        },
    )


def slide_words() -> Dataset:
    """Give three tiny documents and two printed components, to check how a row is written by components.

    Returns
    -------
    Dataset
        ``X`` : ndarray of shape (3, 4), tf-idf weights of the words course, datacamp, potato and the, in the rows
        document0, document1 and sample. ``extra`` : ``components`` (2, 4) and ``features`` (3, 2), as printed, to two
        digits.

    Notes
    -----
    With these components the exact non-negative least squares answers are (0, 0.203185), (0.187632, 0) and (0.150031,
    0.121323).

    References
    ----------
    B. Wilson, Unsupervised Learning in Python, DataCamp, https://www.datacamp.com/courses/unsupervised-learning-in-python.

    Examples
    --------
    >>> from partwise.datasets import slide_words
    >>> words = slide_words()
    >>> [round(float(v), 4) for v in words.extra["features"][2] @ words.extra["components"]]
    [0.1203, 0.1764, 0.3195, 0.141]
    """
    return Dataset(
        name="slide_words",
        X=np.array([[0.2, 0.3, 0.0, 0.1], [0.0, 0.0, 0.4, 0.1], [0.12, 0.18, 0.32, 0.14]]),
        description="tf-idf weights of four words in three documents.",
        feature_names=np.array(["course", "datacamp", "potato", "the"]),
        row_names=np.array(["document0", "document1", "sample"]),
        extra={
            "components": np.array([[0.01, 0.0, 2.13, 0.54], [0.99, 1.47, 0.0, 0.5]]),
            "features": np.array([[0.0, 0.2], [0.19, 0.0], [0.15, 0.12]]),
        },
    )


def moon() -> np.ndarray:
    """Give a grey picture of the moon in 8 x 8 pixels, 0 black to 1 white.

    Returns
    -------
    ndarray of shape (8, 8), float64
        24 pixels are lit and sum to 22.0; the rank is 6.

    References
    ----------
    B. Wilson, Unsupervised Learning in Python, DataCamp, https://www.datacamp.com/courses/unsupervised-learning-in-python.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.datasets import moon
    >>> int(np.count_nonzero(moon()))
    24
    """
    return np.array(
        [
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.7, 0.8, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.8, 0.8, 0.9, 1.0, 0.0, 0.0],
            [0.0, 0.7, 0.9, 0.9, 1.0, 1.0, 1.0, 0.0],
            [0.0, 0.8, 0.9, 1.0, 1.0, 1.0, 1.0, 0.0],
            [0.0, 0.0, 0.9, 1.0, 1.0, 1.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.9, 1.0, 0.0, 0.0, 0.0],
            [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0],
        ]
    )
