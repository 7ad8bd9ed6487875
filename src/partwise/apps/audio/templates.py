"""Known parts: spectra learned from recordings of one source each, such as a single note or drum."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from partwise.apps.audio.transform import EXPONENTS, Grid, checked_loss, resampled
from partwise.errors import DataError, MissingFileError
from partwise.estimators import NotConvergedWarning
from partwise.io import SOUND_SUFFIXES, Sound, read_sound

__all__ = ["Templates", "learn_templates", "new_model", "recordings_in"]

BETA = {"kl": "kullback-leibler", "is": "itakura-saito"}
TOL = {"kl": 1e-2, "is": 1e-3}
"""When a fit has converged: what is still gained then is not heard."""
MAX_ITER = 1000


@dataclass(frozen=True, eq=False)
class Templates:
    """Spectra of known sources, several to each.

    Attributes
    ----------
    H : ndarray of shape (k, n_frequencies), non-negative
        Scaled so that a weight of 1 is the most that the source's own recording used: weights read as loudness in units
        of that recording, however far a note has decayed.
    sources : tuple of str
        Which source each row belongs to; the k names repeat.
    grid : Grid
    loss : {"kl", "is"}
        What they were learned with: "kl" on magnitudes, "is" on powers.
    notes : tuple of str

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.audio import learn_templates
    >>> from partwise.io import as_sound
    >>> time = np.arange(8000) / 8000
    >>> sounds = {name: as_sound(np.sin(2 * np.pi * hertz * time), 8000) for name, hertz in (("A4", 440), ("E5", 660))}
    >>> sorted(set(learn_templates(sounds).sources))
    ['A4', 'E5']
    """

    H: np.ndarray
    sources: tuple[str, ...]
    grid: Grid
    loss: str = "kl"
    notes: tuple[str, ...] = ()

    @property
    def names(self) -> tuple[str, ...]:
        """The sources, once each."""
        return tuple(dict.fromkeys(self.sources))


def learn_templates(
    recordings: Mapping[str, Any] | Sound | str | os.PathLike[str],
    k: int = 3,
    *,
    rate: int | None = None,
    loss: str = "kl",
    window: int = 2048,
    hop: int = 512,
    model: Any = None,
    random_state: int = 0,
) -> Templates:
    """Learn ``k`` spectra of each source from recordings of it alone.

    Parameters
    ----------
    recordings : mapping of name to recording or list of recordings, or one recording
        A recording is a `Sound` or the path of a sound file. Those of one source are joined.
    k : int, default=3
        Spectra per source; one says how it sounds on average, several how it changes while it lasts.
    rate : int or None
        Samples per second of the mix to be separated: others are resampled. None is that of the first recording.
    loss : {"kl", "is"}, default="kl"
    window, hop : int, default=2048, 512
    model : estimator or None
        With ``fit_transform`` and ``components_``; it is cloned for every source.
    random_state : int, default=0

    Returns
    -------
    Templates

    Raises
    ------
    DataError
        If there is no recording, one is silent, or it cannot be read.

    References
    ----------
    Smaragdis, Raj and Shashanka (2007), Supervised and semi-supervised separation of sounds from single-channel
    mixtures, doi:10.1007/978-3-540-74494-8_52.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.audio import learn_templates
    >>> from partwise.io import as_sound
    >>> tone = as_sound(np.sin(2 * np.pi * 440 * np.arange(8000) / 8000), 8000)
    >>> learned = learn_templates({"A4": tone}, 1, window=512, hop=128)
    >>> float(learned.grid.frequencies[learned.H[0].argmax()])
    437.5
    """
    loss = checked_loss(loss)
    sounds = {name: opened(value) for name, value in as_mapping(recordings).items()}
    if not sounds:
        raise DataError("There is no recording to learn templates from.")
    grid = Grid(rate or next(iter(sounds.values()))[0].rate, window, hop)
    rows, sources, notes = [], [], []
    for name, parts in sounds.items():
        H, note = spectra(name, parts, k, grid, loss, model, random_state)
        rows.append(H)
        sources += [name] * len(H)
        notes += note
    return Templates(np.vstack(rows), tuple(sources), grid, loss, tuple(notes))


def spectra(
    name: str, parts: Sequence[Sound], k: int, grid: Grid, loss: str, model: Any, random_state: int
) -> tuple[np.ndarray, list[str]]:
    """The spectra of one source, and what there is to tell."""
    X = np.vstack([grid.rows(grid.forward(resampled(part, grid.rate).wave), EXPONENTS[loss]) for part in parts])
    X = X[X.sum(axis=1) > 1e-4 * X.sum(axis=1).max(initial=0)]  # 80 dB below the loudest frame is silence
    if not len(X):
        raise DataError(f"{name}: the recording is silent; there is nothing to learn from.")
    notes = [
        f"{part.source}: resampled from {part.rate} to {grid.rate} Hz." for part in parts if part.rate != grid.rate
    ]
    if len(X) < k:
        notes.append(f"{name}: only {len(X)} frames are not silent, so it gets {len(X)} templates instead of {k}.")
    one = new_model(model, min(k, len(X)), loss, 1, random_state)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotConvergedWarning)
        W = np.asarray(one.fit_transform(X))
    if not getattr(one, "converged_", True):
        notes.append(
            f"{name}: its templates had not converged after {one.n_iter_} iterations; they are used as they are."
        )
    H = np.asarray(one.components_)
    used = W.max(axis=0) > 0
    return (H * W.max(axis=0)[:, None])[used], notes


def new_model(model: Any, k: int, loss: str, n_init: int, random_state: int) -> Any:
    """A fresh estimator of the asked size: multiplicative updates from a random start by default."""
    from sklearn.base import clone

    if model is not None:
        one: Any = clone(model)
        return one.set_params(n_components=k)
    from partwise.estimators import NMF

    return NMF(
        k,
        beta_loss=BETA[loss],
        solver="mu",
        init="random",
        n_init=n_init,
        tol=TOL[loss],
        max_iter=MAX_ITER,
        random_state=random_state,
    )


def recordings_in(*paths: str | os.PathLike[str]) -> dict[str, list[Path]]:
    """What `learn_templates` takes, from files and folders.

    A file is a source of its name. In a folder every sound file is one, and every folder one that is made of all sound
    files in it.

    Raises
    ------
    MissingFileError
        If a path does not exist.
    DataError
        If a folder holds no sound, or two sources have the same name.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> from partwise.apps.audio import recordings_in
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     for name in ("A4.wav", "drums/kick.wav", "drums/snare.wav"):
    ...         path = pathlib.Path(folder) / name
    ...         path.parent.mkdir(exist_ok=True)
    ...         path.touch()
    ...     {name: len(files) for name, files in recordings_in(folder).items()}
    {'A4': 1, 'drums': 2}
    """
    found: list[tuple[str, list[Path]]] = []
    for path in map(Path, paths):
        if not path.exists():
            raise MissingFileError.at(path)
        inside = [path] if path.is_file() else sorted(path.iterdir())
        several = [(one.stem if one.is_file() else one.name, sounds_of(one, path.is_file())) for one in inside]
        if not any(files for _, files in several):
            raise DataError(f"{path} holds no sound file. Known kinds: {', '.join(SOUND_SUFFIXES)}.")
        found += [(name, files) for name, files in several if files]
    names = [name for name, _ in found]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"There are several templates called {twice[0]!r}. Put them into one folder of that name.")
    return dict(found)


def sounds_of(path: Path, named: bool) -> list[Path]:
    """The sound files of one source; a file that was named is taken whatever it is, so that reading it can complain."""
    files = [path] if path.is_file() else sorted(file for file in path.rglob("*") if file.is_file())
    return files if named else [file for file in files if file.suffix.lower() in SOUND_SUFFIXES]


def as_mapping(recordings: Any) -> Mapping[str, Any]:
    """One recording under its own name."""
    if isinstance(recordings, Mapping):
        return recordings
    return {Path(recordings.source if isinstance(recordings, Sound) else recordings).stem: recordings}


def opened(value: Any) -> Sequence[Sound]:
    """One or several recordings as sounds."""
    several = value if isinstance(value, list | tuple) else [value]
    return [part if isinstance(part, Sound) else read_sound(part) for part in several]
