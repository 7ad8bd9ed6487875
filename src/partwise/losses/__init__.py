"""Losses by name: ``LOSSES[name]`` or any float is a beta-divergence."""

from partwise.losses.beta import Beta
from partwise.losses.weighted import WeightedBeta

NAMES = {"frobenius": 2.0, "kullback-leibler": 1.0, "itakura-saito": 0.0}


def as_beta(beta_loss: str | float) -> float:
    """The number beta of a name that scikit-learn knows, or the number itself.

    Examples
    --------
    >>> as_beta("kullback-leibler")
    1.0
    """
    return NAMES[beta_loss] if isinstance(beta_loss, str) else float(beta_loss)


__all__ = ["NAMES", "Beta", "WeightedBeta", "as_beta"]
