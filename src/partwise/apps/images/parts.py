"""Learn parts, and tell what every picture is made of."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.images.flatten import as_collection, checked_mask, decode, encode, flat
from partwise.apps.images.measures import hoyer, relative_error
from partwise.card import Card
from partwise.errors import DataError
from partwise.io import Pictures

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BuildUp", "Parts", "check_collection", "parts"]


def parts(
    source: Any,
    n_components: int | None = None,
    *,
    size: tuple[int, int] | None = None,
    resize: str | None = None,
    mask: Any = None,
    model: Any = None,
    random_state: int = 0,
) -> Parts:
    """Learn the parts of a collection of pictures.

    Parameters
    ----------
    source : path, Pictures or array-like of shape (n, height, width), (n, height, width, 3 or 4) or (n, pixels)
    n_components : int or None
        Number of parts; None takes that of ``model``.
    size : (height, width) or None
        What every picture is brought to.
    resize : {"crop", "stretch"} or None
        How; None refuses pictures of unequal size.
    mask : array-like of shape (height, width), or None
        Where it is 0, pixels are left out: they do not count, and are 0 in what comes back.
    model : estimator or None
        With ``fit_transform``, ``transform`` and ``components_``; it is cloned. None is ``partwise.NMF``.
    random_state : int, default=0
        Seed of the default model.

    Returns
    -------
    Parts

    Raises
    ------
    DataError
        If there are fewer than two pictures, or they are refused by `partwise.io.read_pictures`.

    Examples
    --------
    >>> from partwise.apps.images import parts
    >>> from partwise.datasets import make_lcd_digits
    >>> lcd = make_lcd_digits()
    >>> found = parts(lcd.X, 7, size=(13, 8))
    >>> found.components.shape, round(found.error, 3)
    ((7, 13, 8), 0.0)
    """
    pictures = as_collection(source, size, resize)
    check_collection(pictures)
    one = new_model(model, n_components, random_state)
    visible = checked_mask(mask, pictures.size)
    W = np.asarray(one.fit_transform(flat(pictures.stack, visible)))
    brightest = np.max(one.components_, axis=1)
    one.field_ = {"kind": "images"}
    one.image_shape_ = pictures.size
    one.image_mask_ = visible
    one.image_top_ = pictures.top
    one.image_scale_ = np.where(brightest > 0, brightest, 1.0)
    names = tuple(f"part_{q}" for q in range(len(one.components_)))
    return Parts(one, pictures, W * one.image_scale_, names)


@dataclass(frozen=True, eq=False)
class Parts(Card):
    """The parts of a collection, and the recipe of every picture.

    Attributes
    ----------
    model : fitted estimator
        Its ``components_`` are flat and in its own scale.
    pictures : Pictures
        What was learned from.
    W : ndarray of shape (n_pictures, n_components), non-negative
        The recipes, in units of parts whose brightest pixel is 1.
    names : tuple of str
        A name per part; `named` gives others.

    Examples
    --------
    >>> from partwise.apps.images import parts
    >>> from partwise.datasets import make_lcd_digits
    >>> found = parts(make_lcd_digits().X, 7, size=(13, 8))
    >>> recipe = found.build_up(0)
    >>> bool(abs(recipe.sums[-1] - found.rebuilt[0]).max() < 1e-12)
    True
    """

    model: Any
    pictures: Pictures
    W: np.ndarray
    names: tuple[str, ...]

    @property
    def components(self) -> np.ndarray:
        """The parts as pictures, (n_components, height, width), the brightest pixel of each 1."""
        return decode(self.model, np.eye(len(self.names)))

    @property
    def encodings(self) -> pd.DataFrame:
        """The recipes: a row per picture, a column per part."""
        import pandas as pd

        return pd.DataFrame(self.W, index=list(self.pictures.names), columns=list(self.names))

    @property
    def rebuilt(self) -> np.ndarray:
        """Every picture put together from its parts, (n_pictures, height, width)."""
        return decode(self.model, self.W)

    @property
    def error(self) -> float:
        """``|X - W H| / |X|`` over the pixels that count."""
        visible = self.model.image_mask_
        X, Y = (flat(stack, visible) for stack in (self.pictures.stack, self.rebuilt))
        return relative_error(X, Y)

    @property
    def shares(self) -> np.ndarray:
        """The part of all brightness that each part carries, (n_components,), of sum 1."""
        mass = self.W.sum(axis=0) * self.components.sum(axis=(1, 2))
        return mass / (mass.sum() or 1.0)

    def encode(self, images: Any) -> np.ndarray:
        """The recipes of other pictures: see `encode`."""
        return encode(self.model, images)

    def decode(self, W: Any) -> np.ndarray:
        """Pictures from recipes: see `decode`."""
        return decode(self.model, W)

    def index(self, picture: int | str) -> int:
        """The number of a picture, by number or name."""
        return found_in(self.pictures.names, picture, "picture")

    def build_up(self, picture: int | str) -> BuildUp:
        """One picture as a sum of weights times parts, the heaviest first; parts of weight 0 are left out."""
        i = self.index(picture)
        order = np.argsort(-self.W[i], kind="stable")
        order = order[self.W[i, order] > 0]
        weights = self.W[i, order]
        terms = weights[:, None, None] * self.components[order]
        names = tuple(self.names[q] for q in order)
        return BuildUp(self.pictures.names[i], self.pictures.stack[i], names, weights, terms, np.cumsum(terms, axis=0))

    def strongest(self, component: int | str, n: int = 10) -> pd.Series:
        """The ``n`` pictures with most of a part: their weights, falling, by name.

        Examples
        --------
        >>> from partwise.apps.images import parts
        >>> found = parts([[[1, 0]], [[0, 1]], [[3, 0]]], 2, size=(1, 2))
        >>> found.strongest(0, 2).index.tolist()
        ['2', '0']
        """
        q = found_in(self.names, component, "part")
        return self.encodings.iloc[:, q].sort_values(ascending=False, kind="stable").head(n)

    def named(self, names: Sequence[str]) -> Parts:
        """The same with names for the parts, which then appear in every output."""
        if len(names) != len(self.names) or len(set(names)) != len(names):
            raise DataError(f"{len(names)} names for {len(self.names)} parts. Give a different one for each.")
        return replace(self, names=tuple(map(str, names)))

    def to_frame(self) -> pd.DataFrame:
        """A row per part: its share of all brightness, Hoyer sparseness, share of black pixels, strongest picture."""
        import pandas as pd

        H = flat(self.components, self.model.image_mask_)
        return pd.DataFrame(
            {
                "share": self.shares,
                "sparseness": hoyer(H),
                "black": (H <= 1e-6).mean(axis=1),
                "strongest": [self.pictures.names[i] for i in self.W.argmax(axis=0)],
            },
            index=pd.Index(self.names, name="part"),
        )

    def info(self) -> str:
        """The result in words."""
        n, (height, width) = len(self.W), self.pictures.size
        mean, black = self.to_frame()[["sparseness", "black"]].mean()
        return (
            f"{n} pictures of {height} x {width} pixels from {len(self.names)} parts: relative error "
            f"{self.error:.4f}.\n"
            f"A part has Hoyer sparseness {mean:.2f} on average (0: evenly grey, 1: one pixel) and {black:.0%} black "
            f"pixels; a picture uses {np.count_nonzero(self.W > 0) / n:.1f} parts."
        )

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a ``.pw`` file; ``encode(partwise.load(path), images)`` uses it again."""
        self.model.field_ = {"kind": "images", "names": list(self.names)}
        self.model.save(path)


@dataclass(frozen=True, eq=False)
class BuildUp:
    """One picture as a sum: ``original ~ weights[0] * part + weights[1] * part + ...``.

    Attributes
    ----------
    name : str
    original : ndarray of shape (height, width)
    parts : tuple of str
        Names, the heaviest first.
    weights : ndarray of shape (m,), positive
    terms : ndarray of shape (m, height, width)
        Each weight times its part.
    sums : ndarray of shape (m, height, width)
        The picture after one part, two parts and so on; the last is the reconstruction.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.images import parts
    >>> pictures = np.array([[[1.0, 0.0], [0.0, 2.0]], [[3.0, 0.0], [0.0, 1.0]], [[1.0, 0.0], [0.0, 1.0]]])
    >>> build_up = parts(pictures, 2).build_up(0)
    >>> build_up.sums[-1].round(3).tolist()
    [[0.333, 0.0], [0.0, 0.667]]
    """

    name: str
    original: np.ndarray
    parts: tuple[str, ...]
    weights: np.ndarray
    terms: np.ndarray
    sums: np.ndarray

    def equation(self) -> str:
        """The sum in words, such as ``a.png ~ 0.98 part_1 + 0.91 part_4``."""
        terms = [f"{weight:.2f} {part}" for weight, part in zip(self.weights, self.parts, strict=True)]
        return f"{self.name} ~ {' + '.join(terms) or '0'}"


def check_collection(pictures: Pictures) -> None:
    """Refuse what has nothing in common: a single picture, or only black ones.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.images import check_collection
    >>> from partwise.io import as_pictures
    >>> check_collection(as_pictures(np.ones((1, 2, 2))))
    Traceback (most recent call last):
        ...
    partwise.errors.DataError: ...
    """
    if len(pictures.stack) < 2:
        raise DataError(
            f"{pictures.source} holds 1 picture. Parts are what pictures have in common: give two or more of one size. "
            "(One picture as a matrix: partwise.NMF.)"
        )
    if not pictures.stack.any():
        raise DataError(f"{pictures.source}: all {len(pictures.stack)} pictures are black; there is nothing to learn.")


def new_model(model: Any, n_components: int | None, random_state: int) -> Any:
    """A fresh estimator of the asked size."""
    from sklearn.base import clone

    if model is None:
        from partwise.estimators import NMF

        if n_components is None:
            raise DataError("n_components is missing: how many parts to look for, such as 49.")
        return NMF(n_components, random_state=random_state, max_iter=2000)
    one: Any = clone(model)
    if n_components is not None:
        one.set_params(n_components=n_components)
    return one


def found_in(names: Sequence[str], wanted: int | str, kind: str) -> int:
    """The place of a name, or a number that is in range."""
    if isinstance(wanted, str):
        if wanted in names:
            return list(names).index(wanted)
        raise DataError(f"There is no {kind} {wanted!r}. The first is {names[0]!r}, the last {names[-1]!r}.")
    if not 0 <= wanted < len(names):
        raise DataError(f"There is no {kind} {wanted}: they are counted from 0 to {len(names) - 1}.")
    return int(wanted)
