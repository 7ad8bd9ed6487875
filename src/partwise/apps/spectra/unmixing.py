"""Pure spectra and their abundances: maps, names after known spectra, how well they fit."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from partwise.apps.spectra.scene import Scene, as_scene
from partwise.card import Card
from partwise.errors import DataError

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Unmixing", "spectral_angles"]


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
        ends = dict.fromkeys((f"{sums.min():.3g}", f"{sums.max():.3g}"))  # one where they read the same
        lines = [
            f"{len(self.endmembers)} pure spectra of {n:,} mixtures with {p:,} channels: lack of fit "
            f"{self.lack_of_fit:.2%}; abundances of a mixture sum to {' to '.join(ends)}."
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
