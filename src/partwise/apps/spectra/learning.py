"""From mixed spectra to the pure ones, by the methods that this field knows."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.apps.spectra.scene import Scene, as_scene
from partwise.apps.spectra.unmixing import Unmixing
from partwise.errors import DataError

__all__ = ["adopt", "new_model", "rules", "unmix"]

METHODS = ("nmf", "minimum-volume")


def unmix(
    source: Any,
    n_components: int | None = None,
    *,
    sum_to_one: bool = False,
    method: str = "nmf",
    volume: float = 1e-4,
    reference: Any = None,
    model: Any = None,
    random_state: int = 0,
) -> Unmixing:
    """Find the pure spectra (endmembers) of mixtures, and the abundance of each in every mixture.

    Parameters
    ----------
    source : path, DataFrame, Scene, or array of shape (n_mixtures, n_channels) or (height, width, n_channels)
    n_components : int or None
        Number of pure spectra; None takes that of ``model``.
    sum_to_one : bool, default=False
        Abundances of a mixture are shares of a whole. Always so for "minimum-volume".
    method : {"nmf", "minimum-volume"}, default="nmf"
        "nmf" takes any exact fit, of which there may be many. "minimum-volume" takes the one whose spectra span the
        least volume: the true one, if the mixtures spread widely enough.
    volume : float, default=1e-4
        Weight of the volume, as a share of ``|X|^2 / 2``: larger for noisier mixtures.
    reference : path, DataFrame or None
        Known spectra (rows) on the same channels, to compare with.
    model : estimator or None
        With ``fit_transform`` and ``components_``, instead of ``method``; it is cloned.
    random_state : int, default=0
        Seed of the default models.

    Returns
    -------
    Unmixing

    Raises
    ------
    DataError
        If the numbers are no spectra, or there are fewer than two.

    References
    ----------
    Fu, Huang, Yang, Ma and Sidiropoulos (2016), doi:10.1109/TSP.2016.2602800; Bioucas-Dias et al. (2012),
    Hyperspectral unmixing overview, doi:10.1109/JSTARS.2012.2194696.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.spectra import unmix
    >>> pure = np.array([[1.0, 2.0, 8.0, 2.0, 1.0], [6.0, 3.0, 1.0, 1.0, 2.0]])
    >>> shares = np.linspace(0, 1, 11)[:, None] * [1, -1] + [0, 1]
    >>> found = unmix(shares @ pure, 2, method="minimum-volume", reference=pure)
    >>> bool(found.matches["angle"].max() < 0.05)
    True
    """
    scene = as_scene(source)
    one = new_model(model, n_components, scene.X, sum_to_one, method, volume, random_state)
    found = adopt(scene, one, np.asarray(one.fit_transform(scene.X)))
    return found if reference is None else found.compared(reference)


def adopt(scene: Scene, model: Any, W: np.ndarray) -> Unmixing:
    """The second half of `unmix`: take a fitted model and the abundances.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise import NMF
    >>> from partwise.apps.spectra import adopt, as_scene
    >>> scene = as_scene(np.random.default_rng(0).random((6, 4)))
    >>> model = NMF(2)
    >>> adopt(scene, model, model.fit_transform(scene.X)).abundances.shape
    (6, 2)
    """
    import pandas as pd

    names = [f"endmember_{q}" for q in range(W.shape[1])]
    return Unmixing(
        model=model,
        scene=scene,
        endmembers=pd.DataFrame(np.asarray(model.components_), names, list(scene.channels)),
        abundances=pd.DataFrame(W, list(scene.names), names),
    )


def new_model(
    model: Any,
    k: int | None,
    X: np.ndarray,
    sum_to_one: bool = False,
    method: str = "nmf",
    volume: float = 1e-4,
    random_state: int = 0,
) -> Any:
    """The estimator of a method, or a fresh copy of the given one.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.spectra import new_model
    >>> new_model(None, 3, np.ones((5, 4))).n_components
    3
    """
    from sklearn.base import clone

    if method not in METHODS:
        raise DataError(f"method={method!r} is unknown. Use {' or '.join(map(repr, METHODS))}.")
    if model is not None:
        one: Any = clone(model)
        return one if k is None else one.set_params(n_components=k)
    if k is None:
        raise DataError("n_components is missing: how many pure spectra to look for, such as 3.")
    import partwise

    one = partwise.NMF(k, tol=1e-5, max_iter=3000, random_state=random_state)
    return one.set_params(**rules(X, sum_to_one, method, volume))


def rules(X: np.ndarray, sum_to_one: bool, method: str, volume: float) -> dict[str, Any]:
    """The penalties of a method, as parameters of NMF: rows of W on the simplex, rows of H of least volume."""
    import partwise

    least = method == "minimum-volume"
    chosen: dict[str, Any] = {"penalty_W": partwise.penalties.Simplex()} if sum_to_one or least else {}
    if least:
        chosen["penalty_H"] = partwise.penalties.MinimumVolume(volume * float(np.sum(X**2)) / 2)
    return chosen
