"""Collections of pictures, one row per picture, pixels row by row: handwritten digits, and ones of known parts."""

from collections.abc import Iterable
from itertools import product

import numpy as np

from .planted import RandomState
from .records import Dataset, Planted

DIGITS_NOTICE = (
    "Test set of the UCI Optical Recognition of Handwritten Digits (E. Alpaydin, C. Kaynak, 1998), "
    "read from the installed scikit-learn; not part of partwise."
)
SWIMMER_SHAPE = (32, 32)
LIMB = 6  # pixels of a limb; longer ones would cross those of the other end
TORSO = [(row, column) for row in range(10, 22) for column in (15, 16)]
# Limb: the pixel of the torso it hangs on, and its four directions (row, column).
LIMBS = {
    "left arm": ((10, 15), [(-1, 0), (-1, -1), (0, -1), (1, -1)]),
    "right arm": ((10, 16), [(-1, 0), (-1, 1), (0, 1), (1, 1)]),
    "left leg": ((21, 15), [(1, 0), (1, -1), (0, -1), (-1, -1)]),
    "right leg": ((21, 16), [(1, 0), (1, 1), (0, 1), (-1, 1)]),
}
LCD_SHAPE = (13, 8)
LCD_CELLS = {
    "top": [(1, c) for c in range(2, 6)],
    "upper right": [(r, 6) for r in range(2, 6)],
    "lower right": [(r, 6) for r in range(7, 11)],
    "bottom": [(11, c) for c in range(2, 6)],
    "lower left": [(r, 1) for r in range(7, 11)],
    "upper left": [(r, 1) for r in range(2, 6)],
    "middle": [(6, c) for c in range(2, 6)],
}
LCD_DIGITS = ["012345", "12", "01346", "01236", "1256", "02356", "023456", "012", "0123456", "012356"]  # lit cells


def load_digits() -> Dataset:
    """Load 1797 handwritten digits of 8 x 8 pixels from the installed scikit-learn.

    Returns
    -------
    Dataset
        ``X`` : ndarray of shape (1797, 64), float64, ink from 0 to 16; three columns are all zero. ``labels`` : the
        digit. ``extra["image_shape"]`` : (8, 8).

    References
    ----------
    E. Alpaydin and C. Kaynak, 1998,
    https://archive.ics.uci.edu/dataset/80/optical+recognition+of+handwritten+digits.

    Examples
    --------
    >>> from partwise.datasets import load_digits
    >>> load_digits().X.shape
    (1797, 64)
    """
    from sklearn.datasets import load_digits as installed

    X, labels = installed(return_X_y=True)
    return Dataset(
        name="digits",
        X=np.asarray(X, dtype=np.float64),
        description="Ink, 0 to 16, in each of 8 x 8 pixels of handwritten digits.",
        feature_names=pixel_names((8, 8)),
        row_names=np.array([f"image {i}, a {digit}" for i, digit in enumerate(labels)]),
        labels=np.asarray(labels),
        extra={"image_shape": (8, 8)},
        notice=DIGITS_NOTICE,
    )


def make_swimmer(*, torso: bool = True) -> Planted:
    """Make the swimmer: 256 pictures of a torso and four limbs, each limb in one of four positions.

    Parameters
    ----------
    torso : bool, default=True
        Whether the torso is drawn. With it the data are the classic ones; without it the 16 limb positions are the only
        exact answer, up to scale and order.

    Returns
    -------
    Planted
        ``X`` : ndarray of shape (256, 1024), zeros and ones: 32 x 32 pixels. ``H`` : the 17 parts (16 without the
        torso), no two of which share a pixel. ``extra["image_shape"]`` : (32, 32).

    Notes
    -----
    Each picture shows one position of each limb, so the rank is 13. The torso is in every picture: its pixels can be
    given to the four positions of any limb without loss, which leaves ghosts of it in the parts of most fits, and lets
    16 components fit exactly. The pictures are drawn anew after the description; the published files differ in pixels.

    References
    ----------
    Donoho and Stodden (2003), When does non-negative matrix factorization give a correct decomposition into parts?
    https://papers.nips.cc/paper/2463.

    Examples
    --------
    >>> from partwise.datasets import make_swimmer
    >>> swimmer = make_swimmer()
    >>> swimmer.X.shape, float(swimmer.X[0].sum())  # 24 pixels of torso and four limbs of 6
    ((256, 1024), 48.0)
    """
    parts = {"torso": TORSO} if torso else {}
    for limb, ((row, column), directions) in LIMBS.items():
        for i, (down, right) in enumerate(directions, start=1):
            parts[f"{limb} {i}"] = [(row + t * down, column + t * right) for t in range(1, LIMB + 1)]
    poses = np.array(list(product(range(4), repeat=4)))
    W = (poses[:, :, None] == np.arange(4)).reshape(256, 16).astype(float)
    if torso:
        W = np.c_[np.ones(256), W]
    H = drawn(parts.values(), SWIMMER_SHAPE)
    return Planted(
        name="swimmer",
        X=W @ H,
        W=W,
        H=H,
        description="256 pictures, 32 x 32 pixels of 0 or 1, of a swimmer with four limbs in four positions each.",
        feature_names=pixel_names(SWIMMER_SHAPE),
        row_names=np.array(["pose " + "".join(str(p + 1) for p in pose) for pose in poses]),
        component_names=np.array(list(parts)),
        extra={"image_shape": SWIMMER_SHAPE},
    )


def make_lcd_digits(n_samples: int = 100, *, digits: bool = False, random_state: RandomState = 0) -> Planted:
    """Make pictures of a seven-cell display, whose parts everyone knows.

    Parameters
    ----------
    n_samples : int, default=100
        Number of pictures.
    digits : bool, default=False
        False lights each cell by the toss of a coin. True shows the digits 0 to 9 in turn: the harder case, as cells
        are then lit together and an exact fit is not unique.
    random_state : int, Generator or None, default=0
        Seed of the coin and of the brightness, which is uniform in 0.9..1 for each lit cell.

    Returns
    -------
    Planted
        ``X`` : ndarray of shape (n_samples, 104), 13 x 8 pixels in 0..1. ``H`` : the 7 cells of 4 pixels each.
        ``labels`` : the digit, where ``digits``. ``extra["image_shape"]`` : (13, 8).

    Raises
    ------
    ValueError
        If ``n_samples`` is below 1.

    References
    ----------
    B. Wilson (2016), An LCD digit dataset for illustrating the parts-based representation of NMF,
    http://building-babylon.net/2016/12/28/an-lcd-digit-dataset-for-illustrating-the-parts-based-representation-of-nmf/.

    Examples
    --------
    >>> from partwise.datasets import make_lcd_digits
    >>> eight = make_lcd_digits(10, digits=True).X[8].reshape(13, 8)
    >>> int((eight > 0).sum())
    28
    """
    if n_samples < 1:
        raise ValueError(f"n_samples={n_samples!r} must be 1 or larger: it is the number of pictures.")
    rng = np.random.default_rng(random_state)
    labels = np.arange(n_samples) % 10 if digits else None
    if labels is None:
        lit = rng.random((n_samples, 7)) < 0.5
    else:
        lit = np.array([[str(cell) in LCD_DIGITS[d] for cell in range(7)] for d in labels])
    W = np.where(lit, rng.uniform(0.9, 1.0, size=lit.shape), 0.0)
    H = drawn(LCD_CELLS.values(), LCD_SHAPE)
    return Planted(
        name="lcd_digits",
        X=W @ H,
        W=W,
        H=H,
        description="Brightness, 0 to 1, in 13 x 8 pixels of a seven-cell display.",
        feature_names=pixel_names(LCD_SHAPE),
        component_names=np.array(list(LCD_CELLS)),
        labels=labels,
        extra={"image_shape": LCD_SHAPE},
    )


def drawn(parts: Iterable[list[tuple[int, int]]], shape: tuple[int, int]) -> np.ndarray:
    """Draw each list of pixels as one flat picture, 1 where a pixel is lit."""
    parts = list(parts)
    H = np.zeros((len(parts), *shape))
    for picture, pixels in zip(H, parts, strict=True):
        picture[tuple(np.array(pixels).T)] = 1.0
    return H.reshape(len(parts), -1)


def pixel_names(shape: tuple[int, int]) -> np.ndarray:
    """Name the pixels of a flat picture by row and column, from 0."""
    return np.array([f"pixel {r},{c}" for r in range(shape[0]) for c in range(shape[1])])
