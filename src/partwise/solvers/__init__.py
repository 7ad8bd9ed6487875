"""Solvers: each turns one kind of statistic into better rows of a factor.

``cd`` is `HALS`, ``mu`` is `MU` (or `LeeSeung`), ``mue`` is `MUE`, ``bpp`` is `BPP`, ``scd`` is `SCD`, ``pg`` is
`PG`, ``admm`` is `AOADMM`; on weighted data ``cd`` is `RowHALS` and ``bpp`` is `RowBPP`. ``sgd`` is `SGD`, which
updates both factors at every cell and so takes no statistic. Names become objects in `partwise.engine.problem`, which
knows the loss.
"""

from partwise.solvers.admm import AOADMM
from partwise.solvers.bpp import BPP
from partwise.solvers.hals import HALS
from partwise.solvers.mu import MU, MUE, LeeSeung
from partwise.solvers.pg import PG
from partwise.solvers.row_hals import RowBPP, RowHALS
from partwise.solvers.scd import SCD
from partwise.solvers.sgd import SGD

__all__ = ["AOADMM", "BPP", "HALS", "MU", "MUE", "PG", "SCD", "SGD", "LeeSeung", "RowBPP", "RowHALS"]
