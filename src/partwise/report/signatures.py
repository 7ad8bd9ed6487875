"""Mutational signatures: a result, or its saved model with or without samples."""

from __future__ import annotations

from typing import Any

import numpy as np

from partwise.report.encode import quantised
from partwise.report.matrix import solved
from partwise.report.overview import remarks
from partwise.report.result import Choice, Result, printable
from partwise.report.saved import of_saved

__all__ = ["gather"]


def gather(found: Any, data: Any = None, W: Any = None) -> Result:
    """Signatures with their samples, or a model of signatures and the samples of ``data``."""
    return of_saved(found, data, W, result="Signatures", learned=learned, alone=alone, again=again)


def again(model: Any, data: Any, W: Any) -> Any:
    """The signatures of a model in other samples."""
    from partwise.apps.programs import as_catalogue
    from partwise.apps.programs.mutations import adopt_signatures

    catalogue = as_catalogue(data)
    weights = solved(model, catalogue.counts.to_numpy()) if W is None else np.asarray(W)
    return adopt_signatures(catalogue, model, weights)


def alone(model: Any) -> Result:
    """Signatures without a sample."""
    from partwise.apps.programs.channels import CHANNELS

    sums = model.components_.sum(axis=1, keepdims=True)
    H = model.components_ / np.where(sums > 0, sums, 1)
    names = list(CHANNELS)
    return Result(
        kind="signatures",
        title=f"{len(H)} signatures",
        words="signature sample channel",
        model=model,
        H=H,
        labels=[f"S{q + 1}" for q in range(len(H))],
        features=names,
        shares=sums.ravel() / (sums.sum() or 1.0),
        facts=[("signatures", len(H)), ("channels", len(names))],
        views=lambda choice: {"channels": bars(names, H)},
    )


def learned(found: Any) -> Result:
    """Signatures over the 96 channels, and exposures."""
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


def bars(names: list[str], H: np.ndarray) -> dict[str, Any]:
    """A signature's bars, and the change of base that each counts."""
    return {"names": names, "groups": [name[2:5] for name in names], "weights": quantised(H)}


def channels(found: Any, H: np.ndarray, choice: Choice) -> dict[str, Any]:
    """Bars in their fixed order, coloured by the change of base."""
    names = [str(name) for name in found.signatures.index]
    part = bars(names, H)
    if found.matches is not None:
        rows = found.matches.itertuples(index=False)
        part["matches"] = [[printable(row.nearest), float(row.nearest_cosine)] for row in rows]
    return {"channels": part}
