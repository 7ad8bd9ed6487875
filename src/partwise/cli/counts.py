"""What the verbs of counts share: a model for Poisson counts."""

from __future__ import annotations

from typing import Any

from partwise.cli import options
from partwise.cli.voice import Voice

__all__ = ["poisson_model"]


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
