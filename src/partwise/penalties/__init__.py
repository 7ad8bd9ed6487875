"""Penalties and constraints on one factor; several on one factor are a `Sum`."""

from partwise.penalties.box import Box
from partwise.penalties.elastic import L1, L2, Elastic
from partwise.penalties.sums import Sum, for_new_rows, total

NAMES = {penalty.__name__: penalty for penalty in (Box, Elastic, L1, L2)}
"""The penalties by name: what a model file may hold."""

__all__ = ["L1", "L2", "NAMES", "Box", "Elastic", "Sum", "for_new_rows", "total"]
