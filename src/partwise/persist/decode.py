"""JSON and arrays back to models and values: the inverse of `partwise.persist.encode`."""

from collections.abc import Callable
from typing import Any

import numpy as np

from partwise import container
from partwise.persist.encode import Arrays
from partwise.persist.table import PARAMETERS, class_of, is_state


class UnknownName(Exception):
    """A parameter or attribute that a newer partwise may know."""


def decode_model(header: dict[str, Any], arrays: Arrays) -> Any:
    """The inverse of ``encode_model``."""
    cls = class_of(header["class"])
    params = {name: decode(value, {}) for name, value in header["params"].items()}
    state = {name: decode(value, arrays) for name, value in header["attributes"].items()}
    unknown = sorted(set(params) - set(cls().get_params(deep=False)))
    unknown += sorted(name for name in state if not is_state(name, cls))
    if unknown:
        raise UnknownName(f"holds {unknown[0]!r}, which this {cls.__name__} does not have")
    model = cls(**params)
    vars(model).update(state)
    return model


def decode(value: Any, arrays: Arrays) -> Any:
    """The inverse of ``encode``."""
    if isinstance(value, list):
        return [decode(part, arrays) for part in value]
    if not isinstance(value, dict):
        return value
    return DECODERS[value["type"]](value, arrays)


def dense(value: dict[str, Any], arrays: Arrays, key: str = "array") -> np.ndarray:
    """The dense array of a value."""
    array = arrays[value[key]]
    if isinstance(array, container.CSR):
        raise TypeError(f"{value[key]!r} is sparse")
    return array


def decode_scalar(value: dict[str, Any], arrays: Arrays) -> Any:
    """A NumPy scalar."""
    if "array" in value:
        return dense(value, arrays)[()]
    dtype = np.dtype(value["dtype"])
    if dtype.kind not in container.KINDS:
        raise TypeError(f"a scalar of dtype {dtype}")
    return np.array(value["value"], dtype=dtype)[()]


def decode_strings(value: dict[str, Any], arrays: Arrays) -> np.ndarray:
    """An array of strings."""
    text, ends = dense(value, arrays).tobytes(), dense(value, arrays, "ends").tolist()
    strings = np.empty(len(ends), dtype=object)
    starts = [0, *ends][:-1]
    strings[:] = [text[low:high].decode("utf-8", "surrogatepass") for low, high in zip(starts, ends, strict=True)]
    return strings.reshape(value["shape"])


def decode_object(value: dict[str, Any], arrays: Arrays) -> Any:
    """A penalty or a solver, built anew from its arguments."""
    arguments = decode(value["arguments"], arrays)
    return PARAMETERS[value["type"]][value["name"]](**{name: unplain(argument) for name, argument in arguments.items()})


def unplain(value: Any) -> Any:
    """An argument with its sparse matrix."""
    import scipy.sparse as sp

    if not isinstance(value, dict):
        return value
    data, row, col = value["entries"]
    return sp.coo_array((data, (row, col)), shape=value["shape"])


def decode_sparse(value: dict[str, Any], arrays: Arrays) -> Any:
    """A SciPy matrix or array of its own format."""
    import scipy.sparse as sp

    csr = arrays[value["array"]]
    if not isinstance(csr, container.CSR):
        raise TypeError(f"{value['array']!r} is not sparse")
    build = sp.csr_matrix if value["matrix"] else sp.csr_array
    return build(csr[:3], shape=csr.shape).asformat(value["format"])


def decode_frame(value: dict[str, Any], arrays: Arrays) -> Any:
    """A DataFrame."""
    import pandas as pd

    index = value["index"]
    index = pd.RangeIndex(*index) if isinstance(index, list) else pd.Index(**decode_column(index, arrays))
    columns = [pd.Series(**decode_column(column, arrays), index=index) for column in value["columns"]]
    frame = pd.DataFrame(dict(enumerate(columns)), index=index)
    frame.columns = pd.Index(value["names"]) if columns else frame.columns
    frame.index.name = decode(value["index_name"], arrays)
    return frame


def decode_column(column: dict[str, Any], arrays: Arrays) -> dict[str, Any]:
    """Values and dtype of a column; without the dtype pandas 3 would take objects for its own strings."""
    values = decode(column["values"], arrays)
    return {"data": values, "dtype": column.get("strings", values.dtype)}


DECODERS: dict[str, Callable[[dict[str, Any], Arrays], Any]] = {
    "array": dense,
    "strings": decode_strings,
    "scalar": decode_scalar,
    "tuple": lambda value, arrays: tuple(decode(value["items"], arrays)),
    "dict": lambda value, arrays: {decode(key, arrays): decode(part, arrays) for key, part in value["items"]},
    "sparse": decode_sparse,
    "frame": decode_frame,
    "model": decode_model,
    "penalty": decode_object,
    "solver": decode_object,
}


def in_words(value: Any, layout: dict[str, dict[str, Any]]) -> Any:
    """An encoded value for people: itself, or what kind of thing it is."""
    if isinstance(value, list):
        return [in_words(part, layout) for part in value]
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
    return decode(value, {}) if value.get("type") in ("scalar", "tuple") else f"{value.get('type')}"
