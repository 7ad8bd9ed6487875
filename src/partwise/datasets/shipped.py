"""Read the files that ship inside the package; knows neither what is in them nor their notices."""

from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


def arrays(file: str) -> dict[str, np.ndarray]:
    """Read every array of a shipped ``.npz`` file; pickles are refused."""
    with (
        files("partwise.datasets").joinpath("_data", file).open("rb") as source,
        np.load(source, allow_pickle=False) as parts,
    ):
        return dict(parts)


def table(file: str) -> "pd.DataFrame":
    """Read a shipped ``.csv.gz`` file."""
    import pandas as pd

    with files("partwise.datasets").joinpath("_data", file).open("rb") as source:
        return pd.read_csv(source, compression="gzip", encoding="utf-8", keep_default_na=False)
