"""Pure spectra of mixtures, and where they are: a result, or its saved model with or without mixtures."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.errors import DataError
from partwise.report.encode import quantised
from partwise.report.matrix import solved
from partwise.report.overview import remarks
from partwise.report.result import Choice, Result
from partwise.report.saved import of_saved

__all__ = ["axis_of", "curves", "gather"]

OBSERVED = 20
"""Mixtures that are drawn behind the pure spectra."""
PIXELS = 60_000
"""Of a map; of a larger scene every second, third ... pixel is shown."""


def gather(found: Any, data: Any = None, W: Any = None) -> Result:
    """Endmembers with their mixtures, or a model of endmembers and the mixtures of ``data``."""
    return of_saved(found, data, W, result="Unmixing", learned=learned, alone=alone, again=again)


def again(model: Any, data: Any, W: Any) -> Any:
    """The pure spectra of a model in other mixtures."""
    from partwise.apps.spectra import adopt, as_scene

    scene = as_scene(data, least=1)
    p = model.components_.shape[1]
    if scene.X.shape[1] != p:
        raise DataError(f"{scene.source} has {scene.X.shape[1]:,} channels, the model {p:,}: bring them together.")
    return adopt(scene, model, solved(model, scene.X) if W is None else np.asarray(W))


def alone(model: Any) -> Result:
    """Pure spectra without a mixture."""
    H = np.asarray(model.components_)
    channels = model.field_["channels"]
    axis, name = axis_of(channels)
    return Result(
        kind="spectra",
        title=f"{len(H)} pure spectra",
        words="endmember mixture channel",
        model=model,
        H=H,
        labels=[f"endmember {q}" for q in range(len(H))],
        features=channels,
        facts=[("endmembers", len(H)), ("channels", len(channels))],
        measures=[[("highest at", channels[j])] for j in H.argmax(axis=1).tolist()],
        views=lambda choice: {"curves": curves(axis, name, "value", H)},
    )


def learned(found: Any) -> Result:
    """Endmembers, abundances and, of a scene, their maps."""
    scene, table = found.scene, found.to_frame()
    (n, p), k = scene.X.shape, len(found.endmembers)
    H, W = found.endmembers.to_numpy(), found.abundances.to_numpy()
    matched = found.matches is not None
    return Result(
        kind="spectra",
        title=f"{k} pure spectra of {n:,} mixtures",
        words="endmember mixture channel",
        model=found.model,
        H=H,
        labels=[str(name).replace("_", " ") for name in found.endmembers.index],
        features=scene.channels,
        W=W,
        items=scene.names,
        X=scene.X,
        shares=table["share"].to_numpy(),
        facts=[
            ("endmembers", k),
            ("mixtures", n),
            ("lack of fit", f"{found.lack_of_fit:.2%}"),
            ("channels", p),
            *([] if scene.shape is None else [("scene", f"{scene.shape[0]} x {scene.shape[1]}")]),
        ],
        warnings=remarks(found),
        notices=[*scene.notes, *thinned(scene.shape)],
        measures=[
            [("purest in", row["purest"]), ("highest at", row["peak"]), *(known(row) if matched else [])]
            for _, row in table.iterrows()
        ],
        cells=False,
        views=lambda choice: views(scene, H, W, choice),
    )


def known(row: Any) -> list[tuple[str, Any]]:
    """The known spectrum beside a found one."""
    return [(f"angle to {row['reference']} (rad)", round(float(row["angle"]), 4))] if row["reference"] else []


def stride(shape: tuple[int, int]) -> int:
    """Every how many pixels of a scene are shown."""
    return int(np.ceil(np.sqrt(max(1.0, shape[0] * shape[1] / PIXELS))))


def thinned(shape: tuple[int, int] | None) -> list[str]:
    """That pixels were left out, if some were."""
    step = 1 if shape is None else stride(shape)
    return [] if step == 1 else [f"The maps show every pixel in {step} of each row and column."]


def views(scene: Any, H: np.ndarray, W: np.ndarray, choice: Choice) -> dict[str, Any]:
    """Curves, and maps of a scene."""
    axis, name = axis_of(scene.channels)
    found = {"curves": curves(axis, name, "value", H, scene.X if choice.text else None, scene.names)}
    if scene.shape is not None:
        step = stride(scene.shape)
        maps = W.T.reshape(-1, *scene.shape)[:, ::step, ::step]
        height, width = maps.shape[1:]
        values = quantised(maps.reshape(len(maps), -1))
        found["maps"] = {"height": height, "width": width, "values": values, "name": "abundance"}
    return found


def axis_of(channels: Any) -> tuple[np.ndarray, str]:
    """The numbers that channels are called by, or else their places.

    Examples
    --------
    >>> axis_of(("400", "410"))[0].tolist(), axis_of(("red", "blue"))
    ([400.0, 410.0], (array([0, 1]), 'channel'))
    """
    try:
        numbers = np.array([float(name) for name in channels])
    except ValueError:
        return np.arange(len(channels)), "channel"
    return (numbers, "channel") if np.isfinite(numbers).all() else (np.arange(len(channels)), "channel")


def curves(
    axis: np.ndarray, axis_name: str, value_name: str, values: np.ndarray, observed: Any = None, names: Any = ()
) -> dict[str, Any]:
    """Components as curves, and a few of what was observed behind them, at equal distances."""
    part: dict[str, Any] = {"axis": axis, "axis_name": axis_name, "value_name": value_name, "values": quantised(values)}
    if observed is not None:
        places = np.unique(np.linspace(0, len(observed) - 1, min(OBSERVED, len(observed))).round().astype(int))
        shown = [str(names[i]) for i in places.tolist()]
        part["observed"] = {"names": shown, "values": quantised(np.maximum(observed[places], 0))}
    return part
