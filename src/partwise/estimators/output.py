"""Tables out: ``set_output`` for ``inverse_transform``, which scikit-learn leaves to the estimator."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils._set_output import ADAPTERS_MANAGER, _get_output_config


def in_original_features(estimator: Any, values: np.ndarray, weights: Any) -> Any:
    """``values`` as the table that ``set_output(transform=...)`` asked for, or as they are.

    Columns are the names seen in fit (else ``x0, x1, ...``); the index of ``weights`` is kept where it has one.
    """
    wanted = _get_output_config("transform", estimator)["dense"]
    if wanted == "default":
        return values
    names = getattr(estimator, "feature_names_in_", None)
    names = [f"x{j}" for j in range(values.shape[1])] if names is None else list(names)
    table = ADAPTERS_MANAGER.adapters[wanted].create_container(values, values, columns=names)
    if hasattr(weights, "index") and hasattr(table, "set_axis"):
        table = table.set_axis(weights.index, axis=0)
    return table
