"""Write the support table of docs/choosing.md from the pairing rule: ``python docs/support_table.py``."""

from pathlib import Path

import numpy as np

from partwise import penalties
from partwise.engine.problem import SOLVERS, fits, solver_of
from partwise.interfaces import Rows
from partwise.losses import Beta, WeightedBeta

PAGE = Path(__file__).with_name("choosing.md")
BEGIN, END = "<!-- support table: written by docs/support_table.py -->", "<!-- end of the support table -->"

LOSSES = {
    "Frobenius": Beta(2.0),
    "Frobenius, cells missing or weighted": WeightedBeta(2.0),
    "Kullback-Leibler": Beta(1.0),
    "Kullback-Leibler, weighted": WeightedBeta(1.0),
    "other beta, weighted or not": Beta(0.0),
}

EXAMPLES = {
    "none": penalties.Elastic(),
    "alpha_W, alpha_H": penalties.Elastic(1.0, 1.0),
    "L1": penalties.L1(1.0),
    "L1, k weights": penalties.L1([1.0, 2.0]),
    "L2": penalties.L2(1.0),
    "L2, k weights": penalties.L2([1.0, 2.0]),
    "L2 with a mean": penalties.L2(1.0, mean=1.0),
    "Exclusive": penalties.Exclusive(1.0),
    "Decorrelation": penalties.Decorrelation(1.0),
    "Group": penalties.Group(1.0),
    "Smooth": penalties.Smooth(1.0),
    "Graph": penalties.Graph(1.0, np.eye(2)),
    "MinimumVolume": penalties.MinimumVolume(1.0),
    "ARD, l1": penalties.ARD(1.0, 1.0),
    "ARD, l2": penalties.ARD(1.0, 1.0, norm="l2"),
    "Box, fixed_W, fixed_H": penalties.Box(0.0, 1.0),
    "Simplex": penalties.Simplex(),
    "UnitNorm": penalties.UnitNorm(),
    "Hoyer": penalties.Hoyer(0.5),
}
"""A line of the table each; a test sees to it that no penalty is forgotten."""


def table() -> str:
    """The table as Markdown: which solvers take a penalty, for each loss."""
    lines = [" | ".join(["penalty", *LOSSES]), " | ".join(["---"] * (1 + len(LOSSES)))]
    for name, penalty in EXAMPLES.items():
        lines.append(" | ".join([name, *(solvers(loss, penalty) for loss in LOSSES.values())]))
    lines.append(" | ".join(["*storage*", *(storage(loss) for loss in LOSSES.values())]))
    return "\n".join(f"| {line} |" for line in lines)


def solvers(loss: Beta | WeightedBeta, penalty: object) -> str:
    """The solvers that go with a loss and a penalty."""
    return " ".join(name for name in SOLVERS if fits(loss, solver_of(name, loss), penalty)) or "-"


def storage(loss: Beta | WeightedBeta) -> str:
    """Where X may lie, and which solvers read a sparse X by stored entries only."""
    sparse = "dense, sparse"
    direct = [name for name in SOLVERS if solver_of(name, loss).needs is Rows and Rows in loss.offers]
    return f"{sparse} ({' '.join(direct)} on stored entries)" if direct else sparse


def written(page: str) -> str:
    """The page with the table as it should be."""
    before, rest = page.split(BEGIN)
    return before + BEGIN + "\n" + table() + "\n" + END + rest.split(END)[1]


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
