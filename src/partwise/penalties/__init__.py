"""Penalties and constraints on one factor; several on one factor are a `Sum`."""

from partwise.penalties.box import Box
from partwise.penalties.constraints import Hoyer, Simplex, UnitNorm
from partwise.penalties.elastic import L1, L2, Elastic
from partwise.penalties.structure import Decorrelation, Exclusive, Graph, Group, Smooth
from partwise.penalties.sums import Sum, for_new_rows, total
from partwise.penalties.volume import ARD, MinimumVolume

BY_NAME = {
    penalty.__name__: penalty
    for penalty in (
        Elastic,
        L1,
        L2,
        Box,
        Exclusive,
        Decorrelation,
        Group,
        Smooth,
        Graph,
        MinimumVolume,
        ARD,
        Simplex,
        UnitNorm,
        Hoyer,
    )
}
"""The penalties by name: what a model file may hold, and the table of docs/choosing.md."""

__all__ = [
    "ARD",
    "BY_NAME",
    "Box",
    "L1",
    "L2",
    "Decorrelation",
    "Elastic",
    "Exclusive",
    "Graph",
    "Group",
    "Hoyer",
    "MinimumVolume",
    "Simplex",
    "Smooth",
    "Sum",
    "UnitNorm",
    "for_new_rows",
    "total",
]
