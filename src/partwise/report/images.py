"""Parts of pictures."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.report.encode import quantised
from partwise.report.overview import percent, remarks
from partwise.report.result import Choice, Result
from partwise.report.saved import of_saved

__all__ = ["gather"]

PIXELS = 2_000_000
"""Of all pictures that are embedded."""


def gather(found: Any, data: Any = None, W: Any = None) -> Result:
    """Parts with their pictures, or a model of parts and the pictures of ``data``."""
    return of_saved(found, data, W, result="Parts", learned=learned, alone=alone, again=again)


def again(model: Any, data: Any, W: Any) -> Any:
    """The parts of a model, in pictures of the size that it knows."""
    from partwise.apps.images import Parts, encode
    from partwise.apps.images.flatten import alike

    pictures = alike(data, tuple(model.image_shape_), model.image_top_)
    return Parts(model, pictures, encode(model, pictures) if W is None else np.asarray(W), names_of(model))


def names_of(model: Any) -> tuple[str, ...]:
    """The parts of a model that was saved."""
    names = model.field_.get("names") or [f"part_{q}" for q in range(len(model.components_))]
    return tuple(names)


def learned(found: Any) -> Result:
    """Parts and pictures."""
    table = found.to_frame()
    height, width = found.pictures.size
    parts, stack = found.components, found.pictures.stack
    return Result(
        kind="images",
        title=f"{len(parts)} parts of {len(stack):,} pictures",
        words="part picture pixel",
        model=found.model,
        H=parts.reshape(len(parts), -1),
        labels=[name.replace("_", " ") for name in found.names],
        features=pixel_names(height, width),
        W=found.W,
        items=found.pictures.names,
        X=stack.reshape(len(stack), -1),
        shares=found.shares,
        facts=[
            ("parts", len(parts)),
            ("pictures", len(stack)),
            ("relative error", f"{found.error:.4g}"),
            ("size", f"{height} x {width}"),
            ("sparseness of parts (Hoyer)", round(float(table["sparseness"].mean()), 3)),
        ],
        warnings=remarks(found),
        notices=list(found.pictures.notes),
        measures=[
            [("sparseness (Hoyer)", round(float(row["sparseness"]), 3)), ("black pixels", percent(row["black"]))]
            for _, row in table.iterrows()
        ],
        cells=False,
        views=lambda choice: pictures(parts, stack, choice),
    )


def alone(model: Any) -> Result:
    """Parts without a picture."""
    from partwise.apps.images import decode

    parts = decode(model, np.eye(len(model.components_)))
    height, width = model.image_shape_
    return Result(
        kind="images",
        title=f"{len(parts)} parts of pictures",
        words="part picture pixel",
        model=model,
        H=parts.reshape(len(parts), -1),
        labels=[name.replace("_", " ") for name in names_of(model)],
        features=pixel_names(height, width),
        facts=[("parts", len(parts)), ("size", f"{height} x {width}")],
        views=lambda choice: pictures(parts, np.zeros((0, height, width)), choice),
    )


def pixel_names(height: int, width: int) -> list[str]:
    """Row and column of every pixel, from 0."""
    return [f"{i}, {j}" for i in range(height) for j in range(width)]


def pictures(parts: np.ndarray, stack: np.ndarray, choice: Choice) -> dict[str, Any]:
    """The parts, and as many of the pictures as there is room for."""
    height, width = parts.shape[1:]
    room = max(1, int(PIXELS * choice.room) // (height * width)) if choice.text else 0
    n = len(choice.items)
    shown = np.unique(np.linspace(0, n - 1, min(room, n)).round().astype(int)) if n and room else np.zeros(0, int)
    originals = np.rint(255 * np.clip(stack[choice.items[shown]], 0, 1)).astype(np.uint8)
    return {
        "pictures": {
            "height": height,
            "width": width,
            "channels": 1,
            "parts": quantised(parts.reshape(len(parts), -1)),
            "shown": shown,
            "originals": originals.reshape(len(shown), height * width),
            "top": 1.0,
        }
    }
