"""Pictures of fitted models: functions that take ``ax=None`` and return Axes.

matplotlib is imported when the first picture is drawn (extra ``plot``). Nothing here changes global settings; the
colours can be told apart by the colour-blind. A function with several panels takes ``axes=None`` and returns an array.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from partwise.plot.audio import activations, piano_roll, spectrogram, templates
    from partwise.plot.canvas import save
    from partwise.plot.cells import heatmap
    from partwise.plot.curves import convergence, errors_by_size, scree
    from partwise.plot.factors import directions, factor_heatmaps, fit_heatmaps, similarity
    from partwise.plot.images import build_up, growth, lee_seung, methods, rebuilt, strongest
    from partwise.plot.programs import exposure_bars, program_genes, signature_bars, usage_bars
    from partwise.plot.ratings import long_tail, metric_bars, predicted_cells, taste_cards, user_profile
    from partwise.plot.sheets import montage
    from partwise.plot.spectra import abundance_maps, endmembers
    from partwise.plot.topics import document_topics, top_words, topic_similarity, topics_over_time

_HOMES = {
    "audio": ("activations", "piano_roll", "spectrogram", "templates"),
    "canvas": ("save",),
    "cells": ("heatmap",),
    "curves": ("convergence", "errors_by_size", "scree"),
    "factors": ("directions", "factor_heatmaps", "fit_heatmaps", "similarity"),
    "images": ("build_up", "growth", "lee_seung", "methods", "rebuilt", "strongest"),
    "programs": ("exposure_bars", "program_genes", "signature_bars", "usage_bars"),
    "ratings": ("long_tail", "metric_bars", "predicted_cells", "taste_cards", "user_profile"),
    "sheets": ("montage",),
    "spectra": ("abundance_maps", "endmembers"),
    "topics": ("document_topics", "top_words", "topic_similarity", "topics_over_time"),
}
"""Module -> the public names that it holds."""

__all__ = [
    "abundance_maps",
    "activations",
    "build_up",
    "convergence",
    "directions",
    "document_topics",
    "endmembers",
    "errors_by_size",
    "exposure_bars",
    "factor_heatmaps",
    "fit_heatmaps",
    "growth",
    "heatmap",
    "lee_seung",
    "long_tail",
    "metric_bars",
    "methods",
    "montage",
    "piano_roll",
    "predicted_cells",
    "program_genes",
    "rebuilt",
    "save",
    "scree",
    "signature_bars",
    "similarity",
    "spectrogram",
    "strongest",
    "taste_cards",
    "templates",
    "top_words",
    "topic_similarity",
    "topics_over_time",
    "usage_bars",
    "user_profile",
]


def __getattr__(name: str) -> Any:
    for module, names in _HOMES.items():
        if name in names:
            return getattr(importlib.import_module(f"partwise.plot.{module}"), name)
    raise AttributeError(f"module 'partwise.plot' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
