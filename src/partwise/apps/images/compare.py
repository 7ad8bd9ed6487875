"""Parts beside PCA and vector quantization, and reconstructions from growing numbers of parts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.images.flatten import alike, as_collection, decode, encode, flat, unflat
from partwise.apps.images.measures import hoyer, relative_error
from partwise.apps.images.parts import Parts, parts

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Comparison", "compare", "grow"]


@dataclass(frozen=True, eq=False)
class Comparison:
    """Three ways to describe the same pictures by k others.

    Attributes
    ----------
    table : DataFrame
        A row per method (PCA, NMF, VQ); ``error`` relative, ``sparseness`` (Hoyer) and ``negative`` share of the parts,
        ``used``: the mean number of parts in a picture.
    parts : dict of str to ndarray of shape (k, height, width)
        Signed for PCA.
    rebuilt : dict of str to ndarray of shape (n, height, width)

    Examples
    --------
    >>> from partwise.apps.images import compare, parts
    >>> from partwise.datasets import make_lcd_digits
    >>> pictures = make_lcd_digits(40)
    >>> found = compare(parts(pictures.X, 7, size=pictures.extra["image_shape"]))
    >>> found.table["negative"].gt(0).tolist()
    [True, False, False]
    """

    table: pd.DataFrame
    parts: dict[str, np.ndarray]
    rebuilt: dict[str, np.ndarray]


def compare(found: Parts, *, random_state: int = 0) -> Comparison:
    """Set the parts beside PCA and vector quantization (k-means) of the same pictures with as many parts.

    PCA is nearest, with parts of both signs that cancel; VQ replaces every picture by one prototype; NMF adds.

    Parameters
    ----------
    found : Parts
    random_state : int, default=0
        Seed of k-means.

    Returns
    -------
    Comparison

    Notes
    -----
    One singular value decomposition and ten runs of k-means.

    References
    ----------
    Lee and Seung (1999), Learning the parts of objects by non-negative matrix factorization, doi:10.1038/44565.

    Examples
    --------
    >>> from partwise.apps.images import compare, parts
    >>> from partwise.datasets import make_lcd_digits
    >>> table = compare(parts(make_lcd_digits().X, 7, size=(13, 8))).table
    >>> table["negative"].round(2).to_dict()
    {'PCA': 0.13, 'NMF': 0.0, 'VQ': 0.0}
    """
    import pandas as pd

    visible, shape = found.model.image_mask_, found.pictures.size
    X, k = flat(found.pictures.stack, visible), len(found.names)
    ways = {
        "PCA": by_pca(X, k, random_state),
        "NMF": (found.W, flat(found.components, visible), flat(found.rebuilt, visible)),
        "VQ": by_prototypes(X, k, random_state),
    }
    rows = {
        name: {
            "error": relative_error(X, Y),
            "sparseness": float(hoyer(H).mean()),
            "negative": float((-1e-9 * np.abs(H).max() > H).mean()),  # rounding of k-means is no sign
            "used": float((W != 0).sum(axis=1).mean()),
        }
        for name, (W, H, Y) in ways.items()
    }
    return Comparison(
        pd.DataFrame.from_dict(rows, orient="index"),
        {name: unflat(H, shape, visible) for name, (_, H, _) in ways.items()},
        {name: unflat(Y, shape, visible) for name, (_, _, Y) in ways.items()},
    )


def by_pca(X: np.ndarray, k: int, random_state: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Scores, components, reconstruction."""
    from sklearn.decomposition import PCA

    pca: Any = PCA(min(k, *X.shape), random_state=random_state)
    W = pca.fit_transform(X)
    return W, pca.components_, pca.inverse_transform(W)


def by_prototypes(X: np.ndarray, k: int, random_state: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One 1 per row, the prototypes, reconstruction."""
    from sklearn.cluster import KMeans

    options: Any = {"n_init": 10, "random_state": random_state}
    means: Any = KMeans(min(k, len(X)), **options).fit(X)
    return np.eye(means.n_clusters)[means.labels_], means.cluster_centers_, means.cluster_centers_[means.labels_]


def grow(
    source: Any, sizes: Iterable[int], *, test: Any = None, model: Any = None, random_state: int = 0
) -> tuple[pd.DataFrame, dict[str, dict[int, np.ndarray]]]:
    """Learn growing numbers of parts and rebuild the same pictures with each, PCA beside it.

    Every number of parts is a fit of its own: fewer parts are another set, not the first few.

    Parameters
    ----------
    source : as in `parts`
        What is learned from.
    sizes : iterable of int
        Numbers of parts.
    test : as ``source``, or None
        The pictures to rebuild, not learned from; None rebuilds those of ``source``.
    model, random_state
        As in `parts`.

    Returns
    -------
    errors : DataFrame
        Relative errors: a row per number of parts, the columns NMF and PCA.
    rebuilt : dict of "NMF" and "PCA" to dict of int to ndarray of shape (n, height, width)

    Examples
    --------
    >>> from partwise.apps.images import grow
    >>> from partwise.datasets import make_lcd_digits
    >>> errors, rebuilt = grow(make_lcd_digits().X.reshape(-1, 13, 8), [2, 7])
    >>> bool(errors["NMF"][7] < 0.01 < errors["NMF"][2])
    True
    """
    import pandas as pd

    pictures = as_collection(source, None, None)
    shown = pictures if test is None else alike(test, pictures.size, pictures.top)
    Y, rows = flat(shown.stack, None), {}
    rebuilt: dict[str, dict[int, np.ndarray]] = {"NMF": {}, "PCA": {}}
    for k in sizes:
        found = parts(pictures, k, model=model, random_state=random_state)
        rebuilt["NMF"][k] = found.rebuilt if test is None else decode(found.model, encode(found.model, shown))
        rebuilt["PCA"][k] = rebuilt_by_pca(flat(pictures.stack, None), Y, k).reshape(shown.stack.shape)
        rows[k] = {name: relative_error(Y, flat(made[k], None)) for name, made in rebuilt.items()}
    return pd.DataFrame.from_dict(rows, orient="index").rename_axis("n_components"), rebuilt


def rebuilt_by_pca(X: np.ndarray, Y: np.ndarray, k: int) -> np.ndarray:
    """The rows of Y as PCA of X with k components rebuilds them."""
    from sklearn.decomposition import PCA

    pca: Any = PCA(min(k, *X.shape), svd_solver="full").fit(X)
    return pca.inverse_transform(pca.transform(Y))
