"""Take a recording apart: a spectrogram into components, components into stems that sum to the recording."""

from __future__ import annotations

import inspect
import os
from collections.abc import Sequence
from typing import Any

import numpy as np

from partwise.apps.audio.separation import Separation
from partwise.apps.audio.templates import Templates, new_model
from partwise.apps.audio.transform import EXPONENTS, Grid, checked_loss
from partwise.errors import DataError
from partwise.io import Sound, as_sound, read_sound

__all__ = ["apply", "check_loud", "separate", "unit_loudness"]

REST = "rest"
"""The stem of what no template explains."""


def separate(
    source: Any,
    n_components: int | None = None,
    *,
    rate: int | None = None,
    templates: Templates | None = None,
    groups: int | Sequence[str] | None = None,
    loss: str = "kl",
    window: int = 2048,
    hop: int = 512,
    model: Any = None,
    n_init: int = 1,
    random_state: int = 0,
) -> Separation:
    """Separate a recording.

    Parameters
    ----------
    source : path, Sound, or array-like of shape (n_samples,) or (n_samples, n_channels)
    n_components : int or None
        Components to learn from the recording itself. Beside ``templates`` it may be None or 0; what is learned then
        becomes the stem "rest".
    rate : int or None
        Samples per second of an array.
    templates : Templates or None
        Known spectra, which are kept; each of their sources becomes a stem. Their loss, window and hop are taken.
    groups : int, sequence of str, or None
        Stems: a number groups components by timbre, names say which stem each component belongs to, None makes each
        component one. Not with ``templates``, whose sources are the stems.
    loss : {"kl", "is"}, default="kl"
        "kl" fits magnitudes and follows what is loud; "is" fits powers, and the quiet as closely as the loud.
    window, hop : int, default=2048, 512
        Samples of a frame, and from frame to frame.
    model : estimator or None
        With ``fit_transform`` and ``components_``, and for templates ``fit_transform(X, fixed_H=...)``; it is cloned.
        None is `partwise.NMF` with multiplicative updates from a random start.
    n_init : int, default=1
        Starts of the default model; the best is kept.
    random_state : int, default=0

    Returns
    -------
    Separation

    Raises
    ------
    DataError
        If the recording is silent, too short, or no sound; if sizes or rates do not fit.

    Notes
    -----
    Channels share components and have activations of their own, so that a stem keeps its place between left and right.
    One iteration is O(n_channels n_frames n_frequencies k); the default model is monotone.

    References
    ----------
    Fevotte, Bertin and Durrieu (2009), Nonnegative matrix factorization with the Itakura-Saito divergence,
    doi:10.1162/neco.2008.04-08-771; Smaragdis and Brown (2003), doi:10.1109/ASPAA.2003.1285860.

    Examples
    --------
    >>> import numpy as np
    >>> from partwise.apps.audio import separate
    >>> t = np.arange(8000) / 8000
    >>> mix = np.sin(2 * np.pi * 440 * t) * (t < 0.5) + np.sin(2 * np.pi * 1000 * t) * (t >= 0.5)
    >>> found = separate(mix, 2, rate=8000, window=512, hop=128)
    >>> bool(np.abs(found.sources.sum(axis=0)[:, 0] - mix).max() < 1e-6)
    True
    """
    sound = opened(source, rate)
    if templates is not None:
        loss, grid = templates.loss, templates.grid
        if grid.rate != sound.rate:
            raise DataError(
                f"The templates were learned at {grid.rate} Hz, {sound.source} has {sound.rate}: learn them with "
                f"rate={sound.rate}."
            )
        if groups is not None:
            raise DataError("groups= does not go with templates=: their sources are the stems.")
    else:
        loss, grid = checked_loss(loss), Grid(sound.rate, window, hop)
    X = grid.rows(grid.forward(sound.wave), EXPONENTS[loss])
    check_loud(sound)
    known = None if templates is None else templates.H
    k = size_of(n_components, model, known, X.shape)
    W, one = fitted(X, known, k, new_model(model, k, loss, n_init, random_state))
    found = adopt(sound, grid, loss, X, one, W, 0 if known is None else len(known))
    if templates is not None:
        return found.regroup([*templates.sources, *[REST] * (k - len(templates.H))])
    return found if groups is None else found.regroup(groups)


def apply(model: Any, source: Any, *, rate: int | None = None, W: Any = None) -> Separation:
    """Find the components of an earlier separation, `Separation.save` and `partwise.load`, in a recording.

    Parameters
    ----------
    model : estimator
    source, rate
        As in `separate`; the rate is that of the model.
    W : array-like of shape (n_channels * n_frames, k), or None
        The activations, where they are known in the units of the model.

    Returns
    -------
    Separation

    Raises
    ------
    DataError
        If the model was not saved by a separation, or the recording is silent or of another rate.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> import numpy as np
    >>> import partwise
    >>> from partwise.apps.audio import apply, separate
    >>> mix = np.sin(2 * np.pi * 440 * np.arange(4000) / 8000)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "model.pw"
    ...     separate(mix, 2, rate=8000, window=512, hop=128).save(path)
    ...     apply(partwise.load(path), mix, rate=8000).names
    ('component_0', 'component_1')
    """
    field = getattr(model, "field_", {})
    if field.get("kind") != "sound":
        raise DataError("The model is of no recording. Give one that a Separation saved.")
    sound, grid = opened(source, rate), Grid(*field["grid"])
    if sound.rate != grid.rate:
        raise DataError(f"The model is of {grid.rate} Hz, {sound.source} has {sound.rate}: convert it first.")
    check_loud(sound)
    X = grid.rows(grid.forward(sound.wave), EXPONENTS[field["loss"]])
    weights = model.transform(X) if W is None else np.asarray(W)
    return adopt(sound, grid, field["loss"], X, model, weights, field["known"]).regroup(field["stems"])


def adopt(sound: Sound, grid: Grid, loss: str, X: np.ndarray, model: Any, W: np.ndarray, n_known: int) -> Separation:
    """The second half of `separate`: each component its own stem."""
    H, W = unit_loudness(np.asarray(model.components_), W, n_known)
    shape = (sound.wave.shape[1], -1, len(H))
    notes = told(sound, X, grid, loss)
    return Separation(model, sound, grid, loss, W.reshape(shape), H, *one_each(len(H)), notes, n_known)


def opened(source: Any, rate: int | None) -> Sound:
    """A path, sound or array as a sound."""
    if isinstance(source, Sound):
        return source
    if isinstance(source, str | os.PathLike):
        return read_sound(source)
    if rate is None:
        raise DataError("rate is missing: samples per second of the array, such as 44100.")
    return as_sound(source, rate)


def check_loud(sound: Sound) -> None:
    """Refuse silence."""
    if not sound.wave.any():
        raise DataError(f"{sound.source} is silent: all {len(sound.wave):,} samples are 0.")


def size_of(n_components: int | None, model: Any, known: np.ndarray | None, shape: tuple[int, ...]) -> int:
    """All components: the known ones and those to be learned."""
    free = n_components
    if free is None and known is None:
        free = getattr(model, "n_components", None)
    if known is None and not isinstance(free, int | np.integer):
        raise DataError("n_components is missing: how many components to look for, such as 8.")
    k = int(free or 0) + (0 if known is None else len(known))
    if known is None and not 1 <= k <= min(shape):
        raise DataError(
            f"n_components={k} is not in 1 to {min(shape)}, the smaller of {shape[0]} frames and {shape[1]}."
        )
    return k


def fitted(X: np.ndarray, known: np.ndarray | None, k: int, one: Any) -> tuple[np.ndarray, Any]:
    """Activations and the fitted model."""
    if known is None:
        return np.asarray(one.fit_transform(X)), one
    if "fixed_H" not in inspect.signature(one.fit_transform).parameters:
        raise DataError(f"{type(one).__name__} cannot keep known templates: it needs fit_transform(X, fixed_H=...).")
    fixed = np.full((k, X.shape[1]), np.nan, X.dtype)
    fixed[: len(known)] = known
    return np.asarray(one.fit_transform(X, fixed_H=fixed)), one


def unit_loudness(H: np.ndarray, W: np.ndarray, n_known: int) -> tuple[np.ndarray, np.ndarray]:
    """Spectra that were learned here sum to one, so that activations are loudness; templates keep their unit."""
    sums = np.where((np.arange(len(H)) < n_known) | (H.sum(axis=1) == 0), 1, H.sum(axis=1))
    return H / sums[:, None], W * sums


def one_each(k: int) -> tuple[tuple[str, ...], np.ndarray]:
    """Every component its own stem."""
    return tuple(f"component_{q}" for q in range(k)), np.arange(k)


def told(sound: Sound, X: np.ndarray, grid: Grid, loss: str) -> tuple[str, ...]:
    """Notes on the recording."""
    notes = list(sound.notes)
    if len(sound.wave) < grid.window:
        notes.append(f"{sound.source} is shorter than one window of {grid.window} samples; try a smaller one.")
    silent = int(np.sum(X.max(axis=1) <= 1e-4 ** EXPONENTS[loss] * X.max()))
    if loss == "is" and silent:
        notes.append(
            f"{silent} of {len(X)} frames are silent (80 dB below the loudest). Itakura-Saito weighs them like loud "
            "ones; kl does not."
        )
    return tuple(notes)
