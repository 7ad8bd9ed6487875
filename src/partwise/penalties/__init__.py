"""Penalties on one factor: `Elastic` (L1 and L2, as scikit-learn scales them)."""

from partwise.penalties.elastic import Elastic

__all__ = ["Elastic"]
