"""Models to files and back: ``save``, ``load`` and ``describe``.

This room turns a fitted estimator into a JSON header and plain arrays, and knows nothing of the file they go into
(``container`` does). Loading builds only the classes of ``CLASSES``, calls nothing but their constructors, and sets
nothing but fitted attributes, so a file may come from a stranger.

What is saved: the constructor's parameters, the attributes of the instance whose names end in ``_`` (and do not start
with it), the choice made with ``set_output``, and the private attributes that the class names in
``_saved_state: tuple[str, ...]``. Values may be NumPy arrays, numbers, strings, None, SciPy sparse matrices, pandas
DataFrames of numbers or strings, penalties, `SGD`, other models of ``CLASSES``, and lists, tuples and dicts of these;
they come back equal bit for bit, with their types. No time is written: equal models give equal bytes.

In the header a number, string, bool, None or list stands for itself; everything else is ``{"type": ..., ...}``, with
``"array"`` as the name of an array in the file.
"""

import contextlib
import os
import platform
from collections.abc import Iterator
from importlib import metadata
from typing import Any

from partwise import container
from partwise.errors import ModelFileError
from partwise.persist.decode import UnknownName, decode_model, in_words
from partwise.persist.encode import Arrays, encode_model
from partwise.persist.table import CLASSES, is_model

__all__ = ["CLASSES", "describe", "load", "save"]

VERSIONED = ("partwise", "numpy", "scipy", "scikit-learn")

PathLike = str | os.PathLike[str]


def save(model: Any, path: PathLike) -> None:
    """Write ``model`` to the file ``path``, usually ``*.pw``; a crash leaves the previous file.

    Parameters
    ----------
    model : NMF, MiniBatchNMF, Recommender or TopicModel
        Fitted or not. A ``random_state`` that is a generator is not stored: it comes back as None.
    path : path
        The file to create or replace.

    Raises
    ------
    ModelFileError
        If the class is not in ``CLASSES``, or a parameter or attribute has a type that cannot be stored.

    Examples
    --------
    >>> import tempfile, pathlib, numpy as np
    >>> from partwise import persist
    >>> from partwise.estimators.nmf import NMF
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "model.pw"
    ...     persist.save(NMF(n_components=2, random_state=0), path)
    ...     persist.load(path).n_components
    2
    """
    if not is_model(model):
        known = ", ".join(sorted(CLASSES))
        raise ModelFileError(
            f"{path}: a {type(model).__name__} cannot be saved; only {known} can. Pickle or joblib may serve."
        )
    arrays: Arrays = {}
    header = {**encode_model(model, arrays), "versions": versions()}
    container.write(path, header, arrays)


def load(path: PathLike) -> Any:
    """Read the model that :func:`save` wrote to ``path``.

    Raises
    ------
    ModelFileError
        If the file is broken, newer, or holds a class, parameter or attribute that this partwise does not know.
    MissingFileError
        If there is no such file.

    Notes
    -----
    Runs no code from the file. O(bytes) time.

    Examples
    --------
    >>> from partwise import persist
    >>> try:
    ...     persist.load("no-such-model.pw")
    ... except FileNotFoundError as error:
    ...     print(error)
    no-such-model.pw does not exist.
    """
    header, arrays = container.read(path)
    known_class(path, header)
    with refusing_nonsense(path):
        written = header["versions"]["partwise"]
        try:
            return decode_model(header, arrays)
        except UnknownName as error:
            raise ModelFileError(
                f"{path} {error} (written by partwise {written}). Upgrade: pip install -U partwise."
            ) from None


def describe(path: PathLike) -> dict[str, Any]:
    """Tell what is in ``path`` without reading its arrays.

    Returns
    -------
    dict
        ``class`` (str), ``params`` and ``versions`` (dicts), ``not_stored`` (parameters that were left out, with
        their type) and ``attributes``: for an array its dtype and shape in words, otherwise the value.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from partwise import persist
    >>> from partwise.estimators.nmf import NMF
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "model.pw"
    ...     persist.save(NMF(n_components=2), path)
    ...     print(persist.describe(path)["class"], persist.describe(path)["params"]["n_components"])
    NMF 2
    """
    header, layout = container.read_header(path)
    known_class(path, header)
    with refusing_nonsense(path):
        return {
            "class": header["class"],
            "params": {name: in_words(value, layout) for name, value in header["params"].items()},
            "versions": dict(header["versions"]),
            "not_stored": dict(header["not_stored"]),
            "attributes": {name: in_words(value, layout) for name, value in header["attributes"].items()},
        }


@contextlib.contextmanager
def refusing_nonsense(path: PathLike) -> Iterator[None]:
    """Tell as one finding whatever goes wrong with a header that a stranger wrote."""
    try:
        yield
    except ModelFileError:
        raise
    except Exception as error:
        raise ModelFileError(
            f"{path} describes a value that cannot be rebuilt ({type(error).__name__}: {error}). "
            "It is damaged or was not written by partwise; use a copy, or fit and save again."
        ) from error


def known_class(path: PathLike, header: dict[str, Any]) -> str:
    """The class name in ``header``, which must be a model's header."""
    if not isinstance(header.get("params"), dict) or not isinstance(header.get("attributes"), dict):
        raise ModelFileError(f"{path} is a partwise file but holds no model (a checkpoint?). Give a saved model.")
    name = header.get("class")
    if not isinstance(name, str) or name not in CLASSES:
        known = ", ".join(sorted(CLASSES))
        raise ModelFileError(
            f"{path} holds a {name!r}, which this partwise does not know (it reads {known}). "
            "Upgrade: pip install -U partwise."
        )
    return name


def versions() -> dict[str, str]:
    """Those of Python and of what numbers depend on."""
    found = {"python": platform.python_version()}
    for distribution in VERSIONED:
        try:
            found[distribution] = metadata.version(distribution)
        except metadata.PackageNotFoundError:  # run from a source tree
            found[distribution] = "unknown"
    return found
