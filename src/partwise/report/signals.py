"""Hidden signals of plain mixtures."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.errors import DataError
from partwise.report.overview import remarks
from partwise.report.result import Choice, Result
from partwise.report.spectra import curves

__all__ = ["gather"]

TIMES = 4_000
"""Points of a curve; of more every second, third ... is shown."""


def gather(found: Any, data: Any = None, W: Any = None) -> Result:
    """Signals in time, and how loud each is in each mixture; ``data`` are the mixtures, drawn behind them."""
    n, k = found.signals.shape
    mixtures = None if data is None else as_mixtures(data, (n, found.mixing.shape[1]))
    correlations = found.correlations
    return Result(
        kind="signals",
        title=f"{k} signals of {found.mixing.shape[1]:,} mixtures",
        words="signal moment mixture",
        model=found.model,
        H=found.mixing,
        labels=[name.replace("_", " ") for name in found.names],
        features=[f"mixture {j}" for j in range(found.mixing.shape[1])],
        W=found.signals,
        items=[f"time {i}" for i in range(n)],
        X=None if mixtures is None else mixtures - (0 if found.baseline is None else found.baseline),
        facts=[
            ("signals", k),
            ("mixtures", found.mixing.shape[1]),
            ("relative error", f"{found.error:.3g}"),
            ("values", n),
        ],
        warnings=remarks(found),
        measures=None
        if correlations is None
        else [[("correlation with the true signal", round(float(r), 4))] for r in correlations],
        cells=False,
        views=lambda choice: views(found, mixtures, choice),
    )


def as_mixtures(data: Any, shape: tuple[int, int]) -> np.ndarray:
    """The mixtures that the signals were found in."""
    X = np.asarray(data, dtype=np.float64)
    if X.shape != shape:
        raise DataError(f"data has the shape {X.shape}, but the signals are of mixtures of shape {shape}.")
    return X


def views(found: Any, mixtures: np.ndarray | None, choice: Choice) -> dict[str, Any]:
    """The signals as curves."""
    step = int(np.ceil(len(found.signals) / TIMES))
    axis = np.arange(0, len(found.signals), step)
    behind = None if mixtures is None or not choice.text else mixtures[::step].T
    names = [f"mixture {j}" for j in range(found.mixing.shape[1])]
    return {"curves": curves(axis, "time", "value", found.signals[::step].T, behind, names)}
