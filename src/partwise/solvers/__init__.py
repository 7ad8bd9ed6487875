"""Solvers: each turns one kind of statistic into better rows of a factor.

``cd`` is `HALS`, ``mu`` is `MU` (or `LeeSeung`), ``mue`` is `MUE`, ``bpp`` is `BPP`, ``scd`` is `SCD`; on weighted data
``cd`` is `RowHALS` and ``bpp`` is `RowBPP`. Names become objects in `partwise.engine.problem`, which knows the loss.
"""

from partwise.solvers.bpp import BPP
from partwise.solvers.hals import HALS
from partwise.solvers.mu import MU, MUE, LeeSeung
from partwise.solvers.row_hals import RowBPP, RowHALS
from partwise.solvers.scd import SCD

__all__ = ["BPP", "HALS", "MU", "MUE", "SCD", "LeeSeung", "RowBPP", "RowHALS"]
