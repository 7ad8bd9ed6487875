"""Components for people: their size, the columns that make them up, and the files they go into."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from partwise.cli.voice import Voice

__all__ = [
    "component_names",
    "default_folder",
    "feature_names",
    "output_folder",
    "shares",
    "tell_components",
    "top_features",
]


def component_names(k: int) -> list[str]:
    """``component_0`` and so on, counted as in ``components_``."""
    return [f"component_{q}" for q in range(k)]


def feature_names(model: Any) -> list[str]:
    """The names that the model was fitted with, or scikit-learn's ``x0, x1, ...``."""
    names = getattr(model, "feature_names_in_", None)
    return [f"x{j}" for j in range(model.components_.shape[1])] if names is None else [str(name) for name in names]


def shares(W: np.ndarray, H: np.ndarray) -> list[float]:
    """The part of the mass of W H that each component carries."""
    mass = W.sum(axis=0, dtype=np.float64) * H.sum(axis=1, dtype=np.float64)
    return (mass / (mass.sum() or 1.0)).tolist()


def top_features(weights: np.ndarray, names: Sequence[str], top: int) -> list[dict[str, Any]]:
    """The heaviest features of one component, heaviest first; none of weight 0."""
    order = np.argsort(-weights, kind="stable")[:top]
    return [{"feature": names[j], "weight": float(weights[j])} for j in order if weights[j] > 0]


def tell_components(voice: Voice, components: list[dict[str, Any]], heading: str = "top columns") -> None:
    """A line per component."""
    with_share = all("share" in found for found in components)
    rows = [
        [
            str(found["component"]),
            *([f"{found['share']:.1%}"] if with_share else []),
            ", ".join(part["feature"] for part in found["top"]) or "(zero)",
        ]
        for found in components
    ]
    voice.table(["component", *(["share"] if with_share else []), heading], rows, right=(0, 1) if with_share else (0,))


def default_folder(source: str, ending: str) -> str:
    """Where a run goes unless it is told: a folder in the working one, called after the file without its suffix.

    Examples
    --------
    >>> default_folder("data/counts.csv.gz", "nmf"), default_folder("a.npz:X", "nmf"), default_folder("faces/", "parts")
    ('counts-nmf', 'a-X-nmf', 'faces-parts')
    """
    name = Path(os.path.abspath(source)).name
    stem = re.sub(r"(\.[A-Za-z]\w*)(\.gz)?(:([^:]+))?$", lambda m: f"-{m[4]}" if m[4] else "", name)
    return f"{stem}-{ending}"


def output_folder(path: str, files: Sequence[str], voice: Voice) -> Path:
    """The folder ``path``, made if need be and known to be writable; says which of ``files`` it will replace."""
    import tempfile

    folder = Path(path)
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryFile(dir=folder):
        pass
    found = [name for name in files if (folder / name).exists()]
    if found:
        voice.note(f"{folder} holds {', '.join(found)} already; replaced at the end.")
    return folder
