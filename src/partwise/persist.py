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
import dataclasses
import importlib
import os
import platform
from collections.abc import Callable, Iterator
from importlib import metadata
from typing import Any

import numpy as np

from partwise import container
from partwise.errors import ModelFileError
from partwise.penalties import BY_NAME
from partwise.solvers import SGD

__all__ = ["CLASSES", "describe", "load", "save"]

CLASSES = {
    "NMF": "partwise.estimators.nmf:NMF",
    "MiniBatchNMF": "partwise.estimators.minibatch:MiniBatchNMF",
    "Recommender": "partwise.apps.ratings.model:Recommender",
    "TopicModel": "partwise.apps.topics.model:TopicModel",
}
"""The classes that a file may name, and where they are."""

PARAMETERS = {"penalty": BY_NAME, "solver": {"SGD": SGD}}
"""The kinds of objects that a parameter may be, and their classes by name."""

OUTPUT_CONFIG = "_sklearn_output_config"
"""Where scikit-learn keeps the choice of ``set_output``, which ``transform`` obeys."""

VERSIONED = ("partwise", "numpy", "scipy", "scikit-learn")
STORABLE = "arrays, sparse matrices, numbers, strings, None, DataFrames, models, and lists, tuples and dicts of these"

PathLike = str | os.PathLike[str]
Arrays = dict[str, container.Content]


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
    if not _is_model(model):
        known = ", ".join(sorted(CLASSES))
        raise ModelFileError(
            f"{path}: a {type(model).__name__} cannot be saved; only {known} can. Pickle or joblib may serve."
        )
    arrays: Arrays = {}
    header = {**_encode_model(model, arrays), "versions": _versions()}
    container.write(path, header, arrays)


def _is_model(value: Any) -> bool:
    """True for an instance of one of the ``CLASSES``, and not of a class derived from it."""
    name = type(value).__name__
    return name in CLASSES and type(value) is _class(name)


def _encode_model(model: Any, arrays: Arrays, prefix: str = "") -> dict[str, Any]:
    """Class, parameters and fitted attributes; arrays are added to ``arrays`` under the names of the attributes."""
    name = type(model).__name__
    params, not_stored = _params(model)
    attributes = {
        attribute: _encode(value, f"attribute {attribute} of {name}", prefix + attribute, arrays)
        for attribute, value in sorted(vars(model).items())
        if _is_state(attribute, type(model))
    }
    return {"class": name, "params": params, "not_stored": not_stored, "attributes": attributes}


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
    _known_class(path, header)
    with _refusing_nonsense(path):
        written = header["versions"]["partwise"]
        try:
            return _decode_model(header, arrays)
        except _Unknown as error:
            raise ModelFileError(
                f"{path} {error} (written by partwise {written}). Upgrade: pip install -U partwise."
            ) from None


def _decode_model(header: dict[str, Any], arrays: Arrays) -> Any:
    """The inverse of ``_encode_model``."""
    cls = _class(header["class"])
    params = {name: _decode(value, {}) for name, value in header["params"].items()}
    state = {name: _decode(value, arrays) for name, value in header["attributes"].items()}
    unknown = sorted(set(params) - set(cls().get_params(deep=False)))
    unknown += sorted(name for name in state if not _is_state(name, cls))
    if unknown:
        raise _Unknown(f"holds {unknown[0]!r}, which this {cls.__name__} does not have")
    model = cls(**params)
    vars(model).update(state)
    return model


class _Unknown(Exception):
    """A parameter or attribute that a newer partwise may know."""


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
    _known_class(path, header)
    with _refusing_nonsense(path):
        return {
            "class": header["class"],
            "params": {name: _in_words(value, layout) for name, value in header["params"].items()},
            "versions": dict(header["versions"]),
            "not_stored": dict(header["not_stored"]),
            "attributes": {name: _in_words(value, layout) for name, value in header["attributes"].items()},
        }


@contextlib.contextmanager
def _refusing_nonsense(path: PathLike) -> Iterator[None]:
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


def _class(name: str) -> type:
    module, _, attribute = CLASSES[name].partition(":")
    return getattr(importlib.import_module(module), attribute)


def _known_class(path: PathLike, header: dict[str, Any]) -> str:
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


def _is_state(name: str, cls: type) -> bool:
    """True for the attributes that are saved and may be set from a file."""
    private = (OUTPUT_CONFIG, *getattr(cls, "_saved_state", ()))
    return (name.endswith("_") and not name.startswith("_")) or name in private


def _params(model: Any) -> tuple[dict[str, Any], dict[str, str]]:
    """The encoded constructor parameters, and the type names of those left out."""
    params, not_stored = model.get_params(deep=False), {}
    seed = params.get("random_state")
    if isinstance(seed, np.random.RandomState | np.random.Generator | np.random.BitGenerator):
        params["random_state"], not_stored = None, {"random_state": type(seed).__name__}
    arrays: Arrays = {}
    encoded = {}
    for name, value in params.items():
        where = f"parameter {name} of {type(model).__name__}"
        encoded[name] = _encode(value, where, name, arrays)
        if arrays:
            raise ModelFileError(f"{where} is a {type(value).__name__}; a saved parameter is a number, string or None.")
    return encoded, not_stored


def _versions() -> dict[str, str]:
    versions = {"python": platform.python_version()}
    for distribution in VERSIONED:
        try:
            versions[distribution] = metadata.version(distribution)
        except metadata.PackageNotFoundError:  # run from a source tree
            versions[distribution] = "unknown"
    return versions


def _encode(value: Any, where: str, name: str, arrays: Arrays) -> Any:
    """``value`` as JSON; arrays are added to ``arrays`` under names that begin with ``name``."""

    def keep(content: container.Content) -> str:
        key = name if name not in arrays else f"{name}.{len(arrays)}"
        arrays[key] = content
        return key

    def inner(part: Any) -> Any:
        return _encode(part, where, name, arrays)

    if value is None or type(value) in (bool, int, float, str):
        return value
    if type(value) is list:
        return [inner(part) for part in value]
    if type(value) is tuple:
        return {"type": "tuple", "items": [inner(part) for part in value]}
    if type(value) is dict:
        return {"type": "dict", "items": [[inner(key), inner(part)] for key, part in value.items()]}
    if isinstance(value, np.generic):
        return _encode_scalar(value, where, keep)
    if isinstance(value, np.ndarray) and value.dtype.kind == "O":
        return {"type": "strings", "shape": list(value.shape), **_encode_strings(value.ravel(), where, keep)}
    if isinstance(value, np.ndarray) and value.dtype.kind in container.KINDS:
        return {"type": "array", "array": keep(value)}
    if _is_model(value):
        return {"type": "model", **_encode_model(value, arrays, f"{name}.")}
    for kind, classes in PARAMETERS.items():
        if classes.get(type(value).__name__) is type(value):
            return {"type": kind, **_encode_arguments(value, inner)}
    return _encode_guest(value, where, keep, inner)


Keep = Callable[[container.Content], str]


def _unstorable(value: Any, where: str) -> ModelFileError:
    kind = type(value)
    named = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return ModelFileError(f"{where} is or holds a {named}, which a .pw file cannot hold; it holds {STORABLE}.")


def _encode_arguments(value: Any, inner: Callable[[Any], Any]) -> dict[str, Any]:
    """A penalty or solver by its name and the arguments that build it, arrays as lists of numbers."""
    arguments = {one.name: _plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
    return {"name": type(value).__name__, "arguments": inner(arguments)}


def _plain(value: Any) -> Any:
    """An argument without arrays: a sparse matrix becomes its entries."""
    if hasattr(value, "tocoo"):
        coo = value.tocoo()
        return {"shape": list(coo.shape), "entries": [part.tolist() for part in (coo.data, coo.row, coo.col)]}
    return value.tolist() if isinstance(value, np.ndarray) else value


def _decode_object(value: dict[str, Any], arrays: Arrays) -> Any:
    arguments = _decode(value["arguments"], arrays)
    return PARAMETERS[value["type"]][value["name"]](
        **{name: _unplain(argument) for name, argument in arguments.items()}
    )


def _unplain(value: Any) -> Any:
    import scipy.sparse as sp

    if not isinstance(value, dict):
        return value
    data, row, col = value["entries"]
    return sp.coo_array((data, (row, col)), shape=value["shape"])


def _encode_scalar(value: np.generic, where: str, keep: Keep) -> dict[str, Any]:
    """A NumPy scalar: as a number where JSON holds it exactly, else as an array without axes."""
    if value.dtype.kind == "U" or (value.dtype.kind in "biuf" and value.dtype.itemsize <= 8):
        return {"type": "scalar", "dtype": value.dtype.str, "value": value.item()}
    if value.dtype.kind not in container.KINDS:
        raise _unstorable(value, where)
    return {"type": "scalar", "array": keep(np.asarray(value))}


def _encode_strings(values: np.ndarray, where: str, keep: Keep) -> dict[str, Any]:
    """Strings of any length as one run of UTF-8 bytes and the end of each."""
    if odd := [value for value in values if type(value) is not str]:
        raise _unstorable(odd[0], f"{where} (an array of objects)")
    encoded = [value.encode("utf-8", "surrogatepass") for value in values]
    ends = np.cumsum([len(part) for part in encoded], dtype=np.int64)
    return {"array": keep(np.frombuffer(b"".join(encoded), np.uint8)), "ends": keep(ends)}


def _encode_guest(value: Any, where: str, keep: Keep, inner: Callable[[Any], Any]) -> dict[str, Any]:
    """A SciPy sparse matrix or a pandas DataFrame, recognised without importing what is not in use."""
    import scipy.sparse as sp

    if sp.issparse(value) and value.ndim == 2:
        rows = value.tocsr()
        csr = container.CSR(rows.data, rows.indices, rows.indptr, rows.shape)
        return {"type": "sparse", "format": value.format, "matrix": isinstance(value, sp.spmatrix), "array": keep(csr)}
    if type(value).__module__.startswith("pandas") and type(value).__name__ == "DataFrame":
        return _encode_frame(value, where, inner)
    raise _unstorable(value, where)


def _encode_frame(frame: Any, where: str, inner: Callable[[Any], Any]) -> dict[str, Any]:
    """A DataFrame column by column; the index is another column."""
    if frame.columns.nlevels > 1 or frame.index.nlevels > 1 or not all(type(name) is str for name in frame.columns):
        raise ModelFileError(f"{where} is a DataFrame with labels on several levels or labels that are not strings.")
    is_range = type(frame.index).__name__ == "RangeIndex"
    index = [frame.index.start, frame.index.stop, frame.index.step] if is_range else _encode_column(frame.index, inner)
    columns = [_encode_column(frame.iloc[:, place], inner) for place in range(frame.shape[1])]
    labels = {"names": list(frame.columns), "index": index, "index_name": inner(frame.index.name)}
    return {"type": "frame", "columns": columns, **labels}


def _encode_column(column: Any, inner: Callable[[Any], Any]) -> dict[str, Any]:
    """The values of a column or index, and whether pandas keeps them under its string dtype."""
    if str(column.dtype) in ("str", "string"):
        return {"strings": str(column.dtype), "values": inner(np.asarray(column, dtype=object))}
    plain = isinstance(column.dtype, np.dtype)
    return {"values": inner(column.to_numpy() if plain else column.dtype)}  # a dtype is refused by its type's name


def _decode(value: Any, arrays: Arrays) -> Any:
    """The inverse of ``_encode``."""
    if isinstance(value, list):
        return [_decode(part, arrays) for part in value]
    if not isinstance(value, dict):
        return value
    return DECODERS[value["type"]](value, arrays)


def _dense(value: dict[str, Any], arrays: Arrays, key: str = "array") -> np.ndarray:
    array = arrays[value[key]]
    if isinstance(array, container.CSR):
        raise TypeError(f"{value[key]!r} is sparse")
    return array


def _decode_scalar(value: dict[str, Any], arrays: Arrays) -> Any:
    if "array" in value:
        return _dense(value, arrays)[()]
    dtype = np.dtype(value["dtype"])
    if dtype.kind not in container.KINDS:
        raise TypeError(f"a scalar of dtype {dtype}")
    return np.array(value["value"], dtype=dtype)[()]


def _decode_strings(value: dict[str, Any], arrays: Arrays) -> np.ndarray:
    text, ends = _dense(value, arrays).tobytes(), _dense(value, arrays, "ends").tolist()
    strings = np.empty(len(ends), dtype=object)
    starts = [0, *ends][:-1]
    strings[:] = [text[low:high].decode("utf-8", "surrogatepass") for low, high in zip(starts, ends, strict=True)]
    return strings.reshape(value["shape"])


def _decode_sparse(value: dict[str, Any], arrays: Arrays) -> Any:
    import scipy.sparse as sp

    csr = arrays[value["array"]]
    if not isinstance(csr, container.CSR):
        raise TypeError(f"{value['array']!r} is not sparse")
    build = sp.csr_matrix if value["matrix"] else sp.csr_array
    return build(csr[:3], shape=csr.shape).asformat(value["format"])


def _decode_frame(value: dict[str, Any], arrays: Arrays) -> Any:
    import pandas as pd

    index = value["index"]
    index = pd.RangeIndex(*index) if isinstance(index, list) else pd.Index(**_decode_column(index, arrays))
    columns = [pd.Series(**_decode_column(column, arrays), index=index) for column in value["columns"]]
    frame = pd.DataFrame(dict(enumerate(columns)), index=index)
    frame.columns = pd.Index(value["names"]) if columns else frame.columns
    frame.index.name = _decode(value["index_name"], arrays)
    return frame


def _decode_column(column: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    """Values and dtype of a column; without the dtype pandas 3 would take objects for its own strings."""
    values = _decode(column["values"], arrays)
    return {"data": values, "dtype": column.get("strings", values.dtype)}


DECODERS: dict[str, Callable[[dict[str, Any], Arrays], Any]] = {
    "array": _dense,
    "strings": _decode_strings,
    "scalar": _decode_scalar,
    "tuple": lambda value, arrays: tuple(_decode(value["items"], arrays)),
    "dict": lambda value, arrays: {_decode(key, arrays): _decode(part, arrays) for key, part in value["items"]},
    "sparse": _decode_sparse,
    "frame": _decode_frame,
    "model": _decode_model,
    "penalty": _decode_object,
    "solver": _decode_object,
}


def _in_words(value: Any, layout: dict[str, dict[str, Any]]) -> Any:
    """An encoded value for people: itself, or what kind of thing it is."""
    if isinstance(value, list):
        return [_in_words(part, layout) for part in value]
    if not isinstance(value, dict):
        return value
    if value.get("type") == "frame":
        return f"table with the columns {', '.join(value['names'])}"
    if value.get("type") == "model":
        return f"{value['class']} of its own"
    if value.get("type") == "strings":
        return f"{' x '.join(map(str, value['shape']))} strings"
    if value.get("array") in layout:
        spec = layout[value["array"]]
        kind = "sparse " if spec["kind"] == "csr" else ""
        return f"{kind}{np.dtype(spec['dtype'])} array of shape {tuple(spec['shape'])}"
    return _decode(value, {}) if value.get("type") in ("scalar", "tuple") else f"{value.get('type')}"
