"""scikit-learn's callbacks (version 1.9 and later); before that, estimators have no ``set_callbacks``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks  # type: ignore[assignment]
except ImportError:  # scikit-learn < 1.9

    class CallbackSupportMixin:  # type: ignore[no-redef]
        """Nothing to support."""

    def with_callbacks(method: Callable) -> Callable:  # type: ignore[misc]
        """The method itself."""
        return method


class FitTask:
    """The root task of one fit and its iterations, told to whatever callbacks the estimator has.

    Parameters
    ----------
    estimator : estimator
    X : array-like
        What the callbacks are told the estimator was fitted on.
    max_iter : int
        Number of iterations expected.
    """

    def __init__(self, estimator: Any, X: Any, max_iter: int) -> None:
        self.estimator, self.X = estimator, X
        self.root = None
        if getattr(estimator, "_skl_callbacks", None) or hasattr(estimator, "_parent_callback_ctx"):
            self.root = estimator._init_callback_context(max_subtasks=max_iter)
            self.root.call_on_fit_task_begin(estimator=estimator, X=X)

    def iteration(self, attributes: Callable[[], dict[str, Any]]) -> bool:
        """Tell of one finished iteration; True if a callback asks to stop.

        ``attributes`` gives the fitted attributes so far; it is only called if a callback wants them.
        """
        if self.root is None:
            return False
        task = self.root.subcontext(task_name="iteration")
        task.call_on_fit_task_begin(estimator=self.estimator, X=self.X)
        return bool(task.call_on_fit_task_end(estimator=self.estimator, X=self.X, reconstruction_attributes=attributes))

    def end(self, attributes: Callable[[], dict[str, Any]]) -> None:
        """Tell that the fit is finished."""
        if self.root is not None:
            self.root.call_on_fit_task_end(estimator=self.estimator, X=self.X, reconstruction_attributes=attributes)
