"""Mutational signatures."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.report.encode import quantised
from partwise.report.matrix import refuse_data
from partwise.report.overview import remarks
from partwise.report.result import Choice, Result, printable

__all__ = ["gather"]


def gather(found: Any, data: Any = None, W: Any = None) -> Result:
    """Signatures over the 96 channels, and exposures."""
    refuse_data(found, data)
    n, k = found.exposures.shape
    table, mutations = found.to_frame(), found.counts.to_numpy()
    H = found.signatures.to_numpy().T
    return Result(
        kind="signatures",
        title=f"{k} signatures of {n:,} samples",
        words="signature sample channel",
        model=found.model,
        H=H,
        labels=[str(name) for name in found.signatures],
        features=[str(name) for name in found.signatures.index],
        W=found.exposures.to_numpy(),
        items=[str(name) for name in found.exposures.index],
        X=mutations,
        shares=table["share"].to_numpy(),
        facts=[
            ("signatures", k),
            ("samples", n),
            ("mutations", f"{mutations.sum():,.0f}"),
            ("mean cosine of rebuilt samples", round(float(found.cosines.mean()), 4)),
        ],
        warnings=remarks(found),
        notices=list(found.notes),
        measures=[measures(row) for _, row in table.iterrows()],
        views=lambda choice: channels(found, H, choice),
    )


def measures(row: Any) -> list[tuple[str, Any]]:
    """About one signature, with the known ones beside it."""
    known = [] if not row.get("nearest") else [(f"cosine to {row['nearest']}", round(float(row["nearest_cosine"]), 3))]
    return [("exposed samples", int(row["samples"])), ("strongest channel", str(row["channel"])), *known]


def channels(found: Any, H: np.ndarray, choice: Choice) -> dict[str, Any]:
    """Bars in their fixed order, coloured by the change of base."""
    names = [str(name) for name in found.signatures.index]
    part: dict[str, Any] = {"names": names, "groups": [name[2:5] for name in names], "weights": quantised(H)}
    if found.matches is not None:
        rows = found.matches.itertuples(index=False)
        part["matches"] = [[printable(row.nearest), float(row.nearest_cosine)] for row in rows]
    return {"channels": part}
