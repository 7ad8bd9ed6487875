"""One line of the table: what a seed shows, who proves that partwise does it, and the figures side by side."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

SIGNS = {"at most": "", "at least": "≥ ", "equal": "", "within": "≤ "}
"""Rule -> how the seed's figure is written. ``at most``: less is better; ``within``: a limit for rounding."""

PENDING = ("rank selection",)
"""Views that are not built yet."""


@dataclass(frozen=True)
class Figure:
    """The seed's numbers, how ours are computed, and when ours are worse.

    ``ours=None`` leaves the comparison to the tests that the row names: their data are fetched, or they take long.
    Numbers are compared and shown rounded to ``digits`` decimals, so that a page is the same on every machine.
    """

    what: str
    seed: Sequence[float]
    ours: Callable[[], Sequence[float]] | None = None
    rule: str = "at most"
    digits: int = 3

    def shown_seed(self) -> str:
        """The seed's side."""
        sign = SIGNS[self.rule]
        numbers = [f"{v:.0e}" if self.rule == "within" else f"{v:.{self.digits}f}" for v in self.seed]
        return f"{self.what}: {sign}{', '.join(numbers)}"

    def compared(self) -> tuple[str, bool]:
        """Our side, and whether it is worse."""
        if self.ours is None:
            return "no worse, says the test", False
        ours = [float(value) for value in self.ours()]
        if len(ours) != len(self.seed):
            raise ValueError(f"{self.what}: {len(ours)} numbers of ours for {len(self.seed)} of the seed")
        worse = any(self.worse(mine, theirs) for mine, theirs in zip(ours, self.seed, strict=True))
        if self.rule == "within":
            return f"{max(ours):.1e}: above" if worse else "held", worse
        return ", ".join(f"{abs(v) if round(v, self.digits) == 0 else v:.{self.digits}f}" for v in ours), worse

    def worse(self, mine: float, theirs: float) -> bool:
        """Whether a number of ours is worse than the seed's; what is no number is worse."""
        if self.rule == "within":
            return not mine <= theirs
        mine, theirs = round(mine, self.digits), round(theirs, self.digits)
        holds = {"at most": mine <= theirs, "at least": mine >= theirs, "equal": mine == theirs}
        return not holds[self.rule]


@dataclass(frozen=True)
class Row:
    """A row of a seed.

    ``by`` names tests (``tests/x.py::test_name``) and examples (``examples/plot_x.py``); ``pending`` what waits for a
    view that is not built yet; ``note`` a mistake of the seed, or what is different here.
    """

    id: str
    shows: str
    by: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    pending: str = ""
    note: str = ""
