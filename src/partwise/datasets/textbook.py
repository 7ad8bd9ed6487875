"""Make the matrices that textbooks and articles reason about: no size to choose but one, no seed, a known answer."""

import numpy as np

from .records import Planted, numbered


def make_checkerboard(size: int = 50, block: int = 5) -> Planted:
    """Make a checkerboard, whose answer is known by reasoning.

    Cell (i, j) is 1 where ``i // block + j // block`` is even. Rows are of two kinds, which share no column, so the two
    kinds of row are the only two components, up to scale and order.

    Parameters
    ----------
    size : int, default=50
        Number of rows and of columns.
    block : int, default=5
        Side of a field, below ``size``; 1 alternates from cell to cell.

    Returns
    -------
    Planted
        ``X`` : ndarray of shape (size, size), zeros and ones, of rank two. ``labels`` : the kind of each row.

    Raises
    ------
    ValueError
        If ``block`` is not in 1..size - 1.

    Notes
    -----
    A good test for hidden cells: hide some, and the two kinds still say what stands there.

    Examples
    --------
    >>> from partwise.datasets import make_checkerboard
    >>> float(make_checkerboard().X.sum())
    1250.0
    """
    if not 1 <= block < size:
        raise ValueError(
            f"block={block!r} must be in 1..{size - 1} (size={size}): one block has no second kind of row."
        )
    kind = np.arange(size) // block % 2
    W = np.stack([kind == 0, kind == 1], axis=1).astype(float)
    H = np.ascontiguousarray(W.T)
    return Planted(
        name="checkerboard",
        X=W @ H,
        W=W,
        H=H,
        description="A checkerboard of zeros and ones.",
        component_names=np.array(["even", "odd"]),
        labels=kind,
        extra={"image_shape": (size, size)},
    )


def laurberg(alpha: float = 0.3) -> Planted:
    """Make the 6 x 6 matrix of Laurberg et al., whose factorization is unique though it is not separable.

    Parameters
    ----------
    alpha : float in [0, 1], default=0.3
        Below 0.5 the factors are sufficiently scattered and so unique up to scale and order.

    Returns
    -------
    Planted
        ``X`` : ndarray of shape (6, 6), symmetric, with ``W`` the transpose of ``H`` (3 x 6).

    Raises
    ------
    ValueError
        If ``alpha`` is outside [0, 1].

    References
    ----------
    Laurberg et al. (2008), Theorems on positive data: on the uniqueness of NMF, example 3,
    https://doi.org/10.1155/2008/764206. Huang, Sidiropoulos and Swami (2014), https://doi.org/10.1109/TSP.2013.2285514.

    Examples
    --------
    >>> from partwise.datasets import laurberg
    >>> laurberg(0.5).X[0].tolist()
    [1.25, 1.0, 0.5, 0.25, 0.5, 1.0]
    """
    if not 0 <= alpha <= 1:
        raise ValueError(f"alpha={alpha!r} must be in [0, 1]; the factors are known to be unique below 0.5.")
    a = float(alpha)
    H = np.array([[a, 1, 1, a, 0, 0], [1, a, 0, 0, a, 1], [0, 0, a, 1, 1, a]])
    W = np.ascontiguousarray(H.T)
    return Planted(
        name="laurberg",
        X=W @ H,
        W=W,
        H=H,
        description=f"Laurberg's matrix with alpha {a:g}.",
        extra={"alpha": a},
    )


def make_signals() -> Planted:
    """Make 100 mixtures of three hidden signals, to recover what nobody measured.

    A sine, a square wave and a sawtooth over 8 seconds, with a little noise of their own, each of standard deviation 1
    and all lifted by the same amount until none is negative.

    Returns
    -------
    Planted
        ``X`` : ndarray of shape (2000, 100), the mixtures, of rank three. ``W`` : the signals, (2000, 3). ``H`` : how
        loud each is in each mixture, uniform in 0..1. ``extra["times"]`` : (2000,) in s.

    Notes
    -----
    An exact fit is not unique here: the one whose signals span the smallest volume finds them with correlations of
    0.999 and more, others stay below 0.92. PCA reaches 0.71 on average.

    References
    ----------
    Müller and Guido (2016), Introduction to Machine Learning with Python, chapter 3; the signals are those of
    https://scikit-learn.org/stable/auto_examples/decomposition/plot_ica_blind_source_separation.html.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.datasets import make_signals
    >>> round(float(np.linalg.norm(make_signals().X)), 3)
    1901.347
    """
    from scipy.signal import sawtooth

    rng = np.random.RandomState(42)  # the figures quoted belong to this generator
    t = np.linspace(0, 8, 2000)
    S = np.c_[np.sin(2 * t), np.sign(np.sin(3 * t)), sawtooth(2 * np.pi * t)]
    S += 0.2 * rng.normal(size=S.shape)
    S /= S.std(axis=0)
    S -= S.min()
    H = np.ascontiguousarray(np.random.RandomState(0).uniform(size=(100, 3)).T)
    return Planted(
        name="signals",
        X=S @ H,
        W=S,
        H=H,
        description="100 mixtures of a sine, a square wave and a sawtooth.",
        feature_names=numbered("mixture", 100),
        row_names=np.array([f"{s:.3f} s" for s in t]),
        component_names=np.array(["sine", "square", "sawtooth"]),
        extra={"times": t},
    )


def make_toy_cloud() -> Planted:
    """Make 300 points in the plane, to draw components as arrows.

    Returns
    -------
    Planted
        ``X`` : ndarray of shape (300, 2). ``H`` : the two outermost directions of the data, of length 1, at 12.2363 and
        82.5246 degrees: the narrowest pair of components that fits exactly. ``extra["angles"]`` : (300,) in degrees.

    Notes
    -----
    The best single component points along the first singular vector, at 49.4334 degrees, with a relative error of
    0.267014.

    References
    ----------
    After the figure of NMF in two dimensions in Müller and Guido (2016), Introduction to Machine Learning with Python.

    Examples
    --------
    >>> from partwise.datasets import make_toy_cloud
    >>> angles = make_toy_cloud().extra["angles"]
    >>> round(float(angles.min()), 4), round(float(angles.max()), 4)
    (12.2363, 82.5246)
    """
    r = np.random.RandomState(5)  # the angles quoted belong to this generator
    X = r.normal(size=(300, 2)) @ r.normal(size=(2, 2)) + r.normal(size=2) + 8
    angles = np.degrees(np.arctan2(X[:, 1], X[:, 0]))
    H = X[[angles.argmin(), angles.argmax()]]
    H /= np.linalg.norm(H, axis=1, keepdims=True)
    W = np.maximum(np.linalg.solve(H.T, X.T).T, 0.0)  # the two outermost points are 0 up to rounding
    return Planted(
        name="toy_cloud",
        X=X,
        W=W,
        H=H,
        description="300 points in the plane, all in the positive quarter.",
        feature_names=np.array(["x", "y"]),
        component_names=np.array(["lowest", "highest"]),
        extra={"angles": angles},
    )
