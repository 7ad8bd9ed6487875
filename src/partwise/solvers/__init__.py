"""Solvers: each turns one kind of statistic into better rows of a factor.

``cd`` is `HALS`, ``mu`` is `MU` (or `LeeSeung`), ``mue`` is `MUE`, ``bpp`` is `BPP`, ``scd`` is `SCD`, ``pg`` is
`PG`, ``admm`` is `AOADMM`. Names become objects in `partwise.engine.problem`, which knows the loss.
"""

from partwise.solvers.admm import AOADMM
from partwise.solvers.bpp import BPP
from partwise.solvers.hals import HALS
from partwise.solvers.mu import MU, MUE, LeeSeung
from partwise.solvers.pg import PG
from partwise.solvers.scd import SCD

__all__ = ["AOADMM", "BPP", "HALS", "MU", "MUE", "PG", "SCD", "LeeSeung"]
