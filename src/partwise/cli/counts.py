"""What the verbs of counts share: a model for Poisson counts, and the library's words as options."""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Mapping
from time import perf_counter
from typing import TYPE_CHECKING, Any

from partwise.cli import options
from partwise.cli.refusals import BAD_DATA, Refusal
from partwise.cli.voice import Voice
from partwise.errors import DataError, MissingFileError

if TYPE_CHECKING:
    import numpy as np

__all__ = ["as_flags", "fitted", "poisson_model"]


def poisson_model(chosen: dict[str, Any], voice: Voice) -> Any:
    """The model of the options; for Kullback-Leibler coordinate descent unless told otherwise, as in the library."""
    from partwise.cli.fit import new_model, refuse_wrong_pair

    model = new_model(chosen, voice)
    if chosen["solver"] == "auto" and options.beta(chosen["loss"]) == 1:
        model.set_params(solver="scd")
    if chosen["init"] == "auto" and chosen["n_init"] > 1:
        model.set_params(init="random")
    refuse_wrong_pair(model)
    return model


def fitted(model: Any, X: Any, voice: Voice) -> tuple[np.ndarray, float]:
    """W and the seconds of a fit that shows its progress."""
    from partwise.cli.progress import watch
    from partwise.estimators import NotConvergedWarning

    watch(model, voice)
    warnings.simplefilter("ignore", NotConvergedWarning)  # told in the command line's own words
    began = perf_counter()
    return model.fit_transform(X), perf_counter() - began


@contextlib.contextmanager
def as_flags(words: Mapping[str, str]) -> Iterator[None]:
    """Say what the library refuses with ``words`` of the library replaced by those of the command line."""
    try:
        yield
    except MissingFileError:
        raise
    except DataError as error:
        text = str(error)
        for ours, theirs in words.items():
            text = text.replace(ours, theirs)
        raise Refusal(text, BAD_DATA) from None
