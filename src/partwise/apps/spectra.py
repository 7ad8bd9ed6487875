"""Spectra that are mixed: from a table or an image of spectra to the pure ones, and how much of each is where.

`unmix` takes mixtures in rows, channels in columns, or a cube (height, width, channels), and returns `Unmixing`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import scipy.sparse as sp

from partwise.card import Card
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Scene", "Unmixing", "adopt", "as_scene", "new_model", "spectral_angles", "unmix"]

METHODS = ("nmf", "minimum-volume")
HEADER = 4
"""From so many numbers on that only rise or fall, a first line is taken for wavelengths."""


@dataclass(frozen=True, eq=False)
class Scene:
    """Mixed spectra.

    Attributes
    ----------
    X : ndarray of shape (n_mixtures, n_channels), non-negative
    names, channels : tuples of str
        Of mixtures and channels.
    shape : (height, width) or None
        Of an image whose pixels are the mixtures, row by row.
    source : str
    notes : tuple of str

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.spectra import as_scene
    >>> as_scene(np.ones((4, 5, 6))).shape
    (4, 5)
    """

    X: np.ndarray
    names: tuple[str, ...]
    channels: tuple[str, ...]
    shape: tuple[int, int] | None
    source: str
    notes: tuple[str, ...] = ()


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


@dataclass(frozen=True, eq=False)
class Unmixing(Card):
    """Pure spectra, and how much of each is in every mixture.

    Attributes
    ----------
    model : fitted estimator
    scene : Scene
    endmembers : DataFrame of shape (n_components, n_channels), non-negative
    abundances : DataFrame of shape (n_mixtures, n_components), non-negative
    matches : DataFrame or None
        What `match` returned for the reference.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.spectra import unmix
    >>> pure = np.array([[1.0, 2.0, 8.0, 2.0, 1.0], [6.0, 3.0, 1.0, 1.0, 2.0]])
    >>> found = unmix((np.linspace(0, 1, 11)[:, None] * [1, -1] + [0, 1]) @ pure, 2)
    >>> found.endmembers.shape, found.abundances.shape
    ((2, 5), (11, 2))
    """

    model: Any
    scene: Scene
    endmembers: pd.DataFrame
    abundances: pd.DataFrame
    matches: pd.DataFrame | None = None

    @property
    def maps(self) -> np.ndarray:
        """Abundances as pictures, (n_components, height, width).

        Raises
        ------
        DataError
            If the mixtures were no image.
        """
        if self.scene.shape is None:
            raise DataError(
                f"{self.scene.source} is a table: there are no maps. Give a cube (height, width, channels)."
            )
        return self.abundances.to_numpy().T.reshape(-1, *self.scene.shape)

    @property
    def lack_of_fit(self) -> float:
        """``|X - C S'| / |X|``."""
        X = self.scene.X
        return float(np.linalg.norm(X - self.abundances.to_numpy() @ self.endmembers.to_numpy()) / np.linalg.norm(X))

    def match(self, reference: Any) -> pd.DataFrame:
        """Name each pure spectrum after a known one, by the spectral angle.

        Parameters
        ----------
        reference : path, DataFrame or array of shape (n_known, n_channels)

        Returns
        -------
        DataFrame
            A row per endmember: ``reference``, ``angle`` (radians; NaN without a partner). One to one, so that the sum
            of cosines is largest.
        """
        return self.compared(reference).matches  # pyright: ignore[reportReturnType]

    def compared(self, reference: Any) -> Unmixing:
        """The same with ``matches``."""
        import pandas as pd
        from scipy.optimize import linear_sum_assignment

        known = as_scene(reference, least=1)
        if known.channels != self.scene.channels and known.X.shape[1] != self.scene.X.shape[1]:
            raise DataError(
                f"{known.source} has {known.X.shape[1]} channels, {self.scene.source} {self.scene.X.shape[1]}: bring "
                "the known spectra to the same channels."
            )
        angles = spectral_angles(self.endmembers, known.X)
        rows, columns = linear_sum_assignment(-np.cos(angles))
        names, values = np.full(len(angles), "", dtype=object), np.full(len(angles), np.nan)
        names[rows], values[rows] = np.array(known.names, dtype=object)[columns], angles[rows, columns]
        index = pd.Index(self.endmembers.index, name="endmember")
        return replace(self, matches=pd.DataFrame({"reference": names, "angle": values}, index=index))

    def to_frame(self) -> pd.DataFrame:
        """A row per pure spectrum: share of all abundance, where it is purest, highest channel, and its match."""
        import pandas as pd

        W = self.abundances.to_numpy()
        table = pd.DataFrame(
            {
                "share": W.sum(axis=0) / (W.sum() or 1.0),
                "purest": [self.scene.names[i] for i in W.argmax(axis=0)],
                "peak": self.endmembers.idxmax(axis=1),
            },
            index=pd.Index(self.endmembers.index, name="endmember"),
        )
        return table if self.matches is None else table.join(self.matches)

    def info(self) -> str:
        """The result in words."""
        n, p = self.scene.X.shape
        sums = self.abundances.sum(axis=1)
        lines = [
            f"{len(self.endmembers)} pure spectra of {n:,} mixtures with {p:,} channels: lack of fit "
            f"{self.lack_of_fit:.2%}; abundances of a mixture sum to {sums.min():.3g} to {sums.max():.3g}."
        ]
        if not getattr(self.model, "penalty_H", None):
            lines.append(
                'Note: other spectra may fit as well; method="minimum-volume" takes those that span least. '
                "Compare with known ones."
            )
        return "\n".join(lines)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model, with the names of its channels, to a ``.pw`` file."""
        self.model.field_ = {"kind": "spectra", "channels": list(self.scene.channels)}
        self.model.save(path)


def spectral_angles(A: Any, B: Any) -> np.ndarray:
    """Angles in radians between the rows of A and of B, (len(A), len(B)); brightness does not count.

    Examples
    --------
    >>> from partwise.apps.spectra import spectral_angles
    >>> spectral_angles([[1, 1]], [[3, 3], [0, 2]]).round(3).tolist()
    [[0.0, 0.785]]
    """
    A, B = (np.asarray(M, dtype=np.float64) for M in (A, B))
    lengths = np.linalg.norm(A, axis=1)[:, None] * np.linalg.norm(B, axis=1)
    return np.arccos(np.clip(A @ B.T / np.where(lengths > 0, lengths, 1), 0, 1))


# ------------------------------------------------------------------ before


def as_scene(source: Any, *, least: int = 2) -> Scene:
    """Spectra from a file, a table or an array.

    Raises
    ------
    DataError
        For arrays of other than two or three axes, fewer than ``least`` spectra, and negative or missing values.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.spectra import as_scene
    >>> as_scene(np.ones((4, 5, 6))).X.shape
    (20, 6)
    """
    if isinstance(source, Scene):
        return source
    array, names, channels, name, notes = opened(source)
    if array.ndim not in (2, 3) or array.dtype.kind not in "biuf" or 0 in array.shape:
        raise DataError(
            f"{name} has the shape {array.shape} and dtype {array.dtype}: spectra are real numbers, (mixtures, "
            "channels) or (height, width, channels)."
        )
    shape = (int(array.shape[0]), int(array.shape[1])) if array.ndim == 3 else None
    X = np.array(array.reshape(-1, array.shape[-1]), dtype=np.float64)
    names = names if shape is None else tuple(f"{i},{j}" for i in range(shape[0]) for j in range(shape[1]))
    scene = Scene(
        X,
        tuple(map(str, names or (f"mixture_{i}" for i in range(len(X))))),
        tuple(map(str, channels or (f"channel_{j}" for j in range(X.shape[1])))),
        shape,
        name,
        notes,
    )
    check_spectra(scene, least)
    return scene


def opened(source: Any) -> tuple[np.ndarray, Any, Any, str, tuple[str, ...]]:
    """Array, names, channels, name of the source and notes."""
    if isinstance(source, str | os.PathLike):
        from partwise.io import read
        from partwise.io.read import read_array

        if os.fspath(source).lower().endswith((".npy", ".npz")) or ".npz:" in os.fspath(source):
            array, names, notes = read_array(source)
            return array, names if array.ndim == 2 else None, None, os.path.basename(source), notes
        matrix = read(source)
        X = matrix.X if isinstance(matrix.X, np.ndarray) else matrix.X.toarray()
        return with_header(X, matrix.row_names, matrix.column_names, matrix.source.name, matrix.notes)
    if hasattr(source, "columns"):
        return source.to_numpy(), tuple(source.index), tuple(source.columns), "The table", ()
    if sp.issparse(source):
        source = source.toarray()
    return np.asarray(source), None, None, "The array", ()


def with_header(
    X: np.ndarray, names: Any, channels: Any, source: str, notes: tuple[str, ...]
) -> tuple[np.ndarray, Any, Any, str, tuple[str, ...]]:
    """The same, but for a first line of wavelengths: numbers that only rise or only fall are channels."""
    steps = np.diff(X[0])
    if channels is not None or X.shape[1] < HEADER or not ((steps > 0).all() or (steps < 0).all()):
        return X, names, channels, source, notes
    told = f"{source}: the first line ({X[0, 0]:g} to {X[0, -1]:g}) is read as the channels, not as a mixture."
    kept = tuple(note for note in notes if "row names" not in note)
    return X[1:], names and names[1:], tuple(f"{value:g}" for value in X[0]), source, (*kept, told)


def check_spectra(scene: Scene, least: int) -> None:
    """Refuse what cannot be a mixture of non-negative spectra, naming the first wrong cell."""
    X = scene.X
    if len(X) < least:
        raise DataError(f"{scene.source} holds {len(X)} spectrum; unmixing compares two or more.")
    for what, wrong in {"empty or infinite": ~np.isfinite(X), "negative": X < 0}.items():
        if wrong.any():
            i, j = map(int, np.argwhere(wrong)[0])
            raise DataError(
                f"{scene.source}: {int(wrong.sum()):,} values are {what} (first: {scene.names[i]!r}, channel "
                f"{scene.channels[j]!r}, {X[i, j]:g}). Subtract a baseline that leaves none, or leave out the channels."
            )
    if not X.any():
        raise DataError(f"{scene.source}: all values are 0; there is nothing to unmix.")


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
