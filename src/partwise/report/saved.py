"""A result of an application, its saved model with data, or that model alone: what its module is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from partwise.report.matrix import check_fitted, refuse_data
from partwise.report.result import Result

__all__ = ["of_saved"]


def of_saved(
    found: Any,
    data: Any,
    W: Any,
    *,
    result: str,
    learned: Callable[[Any], Result],
    alone: Callable[[Any], Result],
    again: Callable[[Any, Any, Any], Any],
) -> Result:
    """What an application boils down to.

    Parameters
    ----------
    found : result of the application, or the fitted estimator that was saved from one
    data : what the application takes, or None
        For an estimator; a result holds its data.
    W : array-like or None
        The weights of ``data``, where they are known.
    result : str
        The class of a result.
    learned : from a result
    alone : from an estimator without data
    again : from an estimator, data and W to a result

    Raises
    ------
    DataError
        If a result is given other data, or the estimator was not fitted.
    """
    if type(found).__name__ == result:
        refuse_data(found, data)
        return learned(found)
    check_fitted(found)
    return alone(found) if data is None else learned(again(found, data, W))
