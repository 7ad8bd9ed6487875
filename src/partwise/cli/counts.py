"""What the verbs of counts share: a model for Poisson counts, and the library's words as options."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

from partwise.cli import options
from partwise.cli.refusals import BAD_DATA, Refusal
from partwise.cli.voice import Voice
from partwise.errors import DataError, MissingFileError

__all__ = ["as_flags", "poisson_model"]


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
