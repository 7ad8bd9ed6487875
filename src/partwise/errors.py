"""What partwise raises and warns with, so that a caller can tell our refusals from accidents.

Every message names the thing, the value, the rule and the way out. Each error is also the built-in exception that
scikit-learn or Python would raise in its place, so code that catches ``ValueError`` keeps working. This room knows
nothing of the others.
"""

import difflib
import os
from pathlib import Path
from typing import Self

__all__ = [
    "ColumnError",
    "DataError",
    "DataWarning",
    "DeadComponentWarning",
    "IncompatibleError",
    "MissingExtraError",
    "MissingFileError",
    "ModelFileError",
    "PartwiseError",
]


class PartwiseError(Exception):
    """Base of every error that partwise raises on purpose.

    Examples
    --------
    >>> from partwise.errors import DataError, PartwiseError
    >>> try:
    ...     raise DataError("X.csv is empty.")
    ... except PartwiseError as error:
    ...     print(error)
    X.csv is empty.
    """


class IncompatibleError(PartwiseError, ValueError):
    """A loss, solver, penalty or storage cannot work with another; found before data are read.

    Examples
    --------
    >>> from partwise import NMF
    >>> from partwise.errors import IncompatibleError
    >>> try:
    ...     NMF(1, solver="cd", beta_loss=1).fit([[1.0, 2.0]])
    ... except IncompatibleError:
    ...     print("refused before the data are read")
    refused before the data are read
    """


class DataError(PartwiseError, ValueError):
    """The data break a rule: unreadable file, non-numeric cell, wrong number of dimensions.

    Examples
    --------
    >>> from partwise import NMF
    >>> from partwise.errors import DataError
    >>> try:
    ...     NMF(1).fit([[1.0, -2.0]])
    ... except DataError:
    ...     print("refused")
    refused
    """


class ColumnError(DataError):
    """A column that was named, or is needed, does not exist.

    Examples
    --------
    >>> import pandas as pd
    >>> from partwise.apps.ratings import read_ratings
    >>> read_ratings(pd.DataFrame({"user": ["Ann"], "item": ["Alien"]}), rating="stars")
    Traceback (most recent call last):
        ...
    partwise.errors.ColumnError: ...
    """


class ModelFileError(PartwiseError, ValueError):
    """A model file (``.pw``) cannot be read or written.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> from partwise import load
    >>> from partwise.errors import ModelFileError
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "model.pw"
    ...     _ = file.write_text("not a model", encoding="utf-8")
    ...     try:
    ...         load(file)
    ...     except ModelFileError:
    ...         print("refused")
    refused
    """


class MissingFileError(PartwiseError, FileNotFoundError):
    """A file or folder that was named does not exist.

    Examples
    --------
    >>> from partwise.errors import MissingFileError
    >>> print(MissingFileError.at("no-such-folder/X.csv"))
    no-such-folder/X.csv does not exist (there is no folder no-such-folder).
    """

    @classmethod
    def at(cls, path: str | os.PathLike[str]) -> Self:
        """Build the error for a missing ``path``, with the file names of its folder that look alike."""
        path = Path(path)
        if not path.parent.is_dir():
            return cls(f"{path} does not exist (there is no folder {path.parent}).")
        try:
            neighbours = sorted(os.listdir(path.parent))
        except OSError:  # a folder may be entered but not listed
            neighbours = []
        by_lower = {name.lower(): name for name in neighbours}
        close = difflib.get_close_matches(path.name.lower(), by_lower, n=3)
        if not close:
            return cls(f"{path} does not exist.")
        return cls(f"{path} does not exist. Did you mean {' or '.join(by_lower[name] for name in close)}?")


class MissingExtraError(PartwiseError, ImportError):
    """An optional library is not installed.

    Examples
    --------
    >>> from partwise.errors import MissingExtraError
    >>> print(MissingExtraError.for_task("Reading .parquet", "parquet"))
    Reading .parquet needs the parquet extra: pip install "partwise[parquet]".
    """

    @classmethod
    def for_task(cls, task: str, extra: str) -> Self:
        """Build the error for a ``task`` ("Reading .parquet") that needs ``extra`` ("parquet")."""
        return cls(f'{task} needs the {extra} extra: pip install "partwise[{extra}]".')


class DeadComponentWarning(UserWarning):
    """A component became zero during the fit and explains nothing.

    Examples
    --------
    >>> from partwise.errors import DeadComponentWarning
    >>> issubclass(DeadComponentWarning, UserWarning)
    True
    """


class DataWarning(UserWarning):
    """The data can be used, but probably mean something else than they say.

    Examples
    --------
    >>> from partwise.errors import DataWarning
    >>> issubclass(DataWarning, UserWarning)
    True
    """
