"""Models and values to JSON, with their arrays aside; `partwise.persist.decode` is the inverse."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from partwise import container
from partwise.errors import ModelFileError
from partwise.persist.table import PARAMETERS, is_model, is_state

STORABLE = "arrays, sparse matrices, numbers, strings, None, DataFrames, models, and lists, tuples and dicts of these"

Arrays = dict[str, container.Content]
Json = dict[str, Any]


def encode_model(model: Any, arrays: Arrays, prefix: str = "") -> Json:
    """Class, parameters and fitted attributes; arrays are added to ``arrays`` under the names of the attributes."""
    name = type(model).__name__
    params, not_stored = encode_params(model)
    attributes = {
        attribute: Encoder(f"attribute {attribute} of {name}", prefix + attribute, arrays).encode(value)
        for attribute, value in sorted(vars(model).items())
        if is_state(attribute, type(model))
    }
    return {"class": name, "params": params, "not_stored": not_stored, "attributes": attributes}


def encode_params(model: Any) -> tuple[Json, dict[str, str]]:
    """The encoded constructor parameters, and the type names of those left out."""
    params, not_stored = model.get_params(deep=False), {}
    seed = params.get("random_state")
    if isinstance(seed, np.random.RandomState | np.random.Generator | np.random.BitGenerator):
        params["random_state"], not_stored = None, {"random_state": type(seed).__name__}
    encoded = {}
    for name, value in params.items():
        encoder = Encoder(f"parameter {name} of {type(model).__name__}", name, {})
        encoded[name] = encoder.encode(value)
        if encoder.arrays:
            raise ModelFileError(
                f"{encoder.where} is a {type(value).__name__}; a saved parameter is a number, string or None."
            )
    return encoded, not_stored


@dataclasses.dataclass(frozen=True)
class Encoder:
    """Encodes one parameter or attribute.

    Attributes
    ----------
    where : str
        What it is, in the words of an error.
    name : str
        What the names of its arrays begin with.
    arrays : dict
        Its arrays are added here.
    """

    where: str
    name: str
    arrays: Arrays

    def encode(self, value: Any) -> Any:
        """``value`` as JSON."""
        if value is None or type(value) in (bool, int, float, str):
            return value
        if type(value) is list:
            return [self.encode(part) for part in value]
        if type(value) is tuple:
            return {"type": "tuple", "items": [self.encode(part) for part in value]}
        if type(value) is dict:
            return {"type": "dict", "items": [[self.encode(key), self.encode(part)] for key, part in value.items()]}
        if isinstance(value, np.generic):
            return self.scalar(value)
        if isinstance(value, np.ndarray) and value.dtype.kind == "O":
            return {"type": "strings", "shape": list(value.shape), **self.strings(value.ravel())}
        if isinstance(value, np.ndarray) and value.dtype.kind in container.KINDS:
            return {"type": "array", "array": self.keep(value)}
        if is_model(value):
            return {"type": "model", **encode_model(value, self.arrays, f"{self.name}.")}
        for kind, classes in PARAMETERS.items():
            if classes.get(type(value).__name__) is type(value):
                return {"type": kind, **self.arguments(value)}
        return self.guest(value)

    def keep(self, content: container.Content) -> str:
        """Put an array aside; its name."""
        key = self.name if self.name not in self.arrays else f"{self.name}.{len(self.arrays)}"
        self.arrays[key] = content
        return key

    def scalar(self, value: np.generic) -> Json:
        """A NumPy scalar: as a number where JSON holds it exactly, else as an array without axes."""
        if value.dtype.kind == "U" or (value.dtype.kind in "biuf" and value.dtype.itemsize <= 8):
            return {"type": "scalar", "dtype": value.dtype.str, "value": value.item()}
        if value.dtype.kind not in container.KINDS:
            raise unstorable(value, self.where)
        return {"type": "scalar", "array": self.keep(np.asarray(value))}

    def strings(self, values: np.ndarray) -> Json:
        """Strings of any length as one run of UTF-8 bytes and the end of each."""
        if odd := [value for value in values if type(value) is not str]:
            raise unstorable(odd[0], f"{self.where} (an array of objects)")
        encoded = [value.encode("utf-8", "surrogatepass") for value in values]
        ends = np.cumsum([len(part) for part in encoded], dtype=np.int64)
        return {"array": self.keep(np.frombuffer(b"".join(encoded), np.uint8)), "ends": self.keep(ends)}

    def arguments(self, value: Any) -> Json:
        """A penalty or solver by its name and the arguments that build it, arrays as lists of numbers."""
        arguments = {one.name: plain(getattr(value, one.name)) for one in dataclasses.fields(value)}
        return {"name": type(value).__name__, "arguments": self.encode(arguments)}

    def guest(self, value: Any) -> Json:
        """A SciPy sparse matrix or a pandas DataFrame, recognised without importing what is not in use."""
        import scipy.sparse as sp

        if sp.issparse(value) and value.ndim == 2:
            rows = value.tocsr()
            csr = container.CSR(rows.data, rows.indices, rows.indptr, rows.shape)
            matrix = isinstance(value, sp.spmatrix)
            return {"type": "sparse", "format": value.format, "matrix": matrix, "array": self.keep(csr)}
        if type(value).__module__.startswith("pandas") and type(value).__name__ == "DataFrame":
            return self.frame(value)
        raise unstorable(value, self.where)

    def frame(self, frame: Any) -> Json:
        """A DataFrame column by column; the index is another column."""
        names, index = frame.columns, frame.index
        if names.nlevels > 1 or index.nlevels > 1 or not all(type(name) is str for name in names):
            raise ModelFileError(
                f"{self.where} is a DataFrame with labels on several levels or labels that are not strings."
            )
        is_range = type(index).__name__ == "RangeIndex"
        rows = [index.start, index.stop, index.step] if is_range else self.column(index)
        columns = [self.column(frame.iloc[:, place]) for place in range(frame.shape[1])]
        labels = {"names": list(names), "index": rows, "index_name": self.encode(index.name)}
        return {"type": "frame", "columns": columns, **labels}

    def column(self, column: Any) -> Json:
        """The values of a column or index, and whether pandas keeps them under its string dtype."""
        if str(column.dtype) in ("str", "string"):
            return {"strings": str(column.dtype), "values": self.encode(np.asarray(column, dtype=object))}
        is_plain = isinstance(column.dtype, np.dtype)
        return {"values": self.encode(column.to_numpy() if is_plain else column.dtype)}  # a dtype is refused by name


def plain(value: Any) -> Any:
    """An argument without arrays: a sparse matrix becomes its entries."""
    if hasattr(value, "tocoo"):
        coo = value.tocoo()
        return {"shape": list(coo.shape), "entries": [part.tolist() for part in (coo.data, coo.row, coo.col)]}
    return value.tolist() if isinstance(value, np.ndarray) else value


def unstorable(value: Any, where: str) -> ModelFileError:
    """The refusal of a value by the name of its type."""
    kind = type(value)
    named = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return ModelFileError(f"{where} is or holds a {named}, which a .pw file cannot hold; it holds {STORABLE}.")
