"""What came out of a verb that learns components: told to people, then handed to machines, the same way by each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from partwise.cli.voice import Voice

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["Outcome"]


@dataclass(frozen=True)
class Outcome:
    """A fit, and where its files are.

    Attributes
    ----------
    verb : str
    part : str
        What a component is called in this field: "program", "signature".
    model : fitted estimator, or None where nothing was fitted
    seconds : float
    table : DataFrame
        A row per component.
    folder : Path
    files : mapping
        Name -> path.
    chosen : mapping
        The options.
    """

    verb: str
    part: str
    model: Any
    seconds: float
    table: pd.DataFrame
    folder: Path
    files: Mapping[str, str]
    chosen: Mapping[str, Any]

    def tell(self, voice: Voice, text: str, columns: Sequence[str], cells: Any, right: Sequence[int]) -> None:
        """The text, how the fit went, and a line per component: its name and ``cells(row)``."""
        from partwise.cli.fit import tell_starts, tell_stop

        voice.say(text)
        if self.model is not None:
            tell_stop(voice, self.model, self.seconds)
            tell_starts(voice, self.model)
        voice.say()
        rows = [[str(name), *map(str, cells(row))] for name, row in self.table.iterrows()]
        voice.table([self.part, *columns], rows, right)

    def hand_over(self, voice: Voice, facts: Mapping[str, Any]) -> None:
        """Where the files are; and for machines the ``facts``, the fit, the components and the options."""
        from partwise.cli.fit import quality
        from partwise.cli.pages import inside, views_too

        chosen = dict(self.chosen)
        voice.say(f"\nWrote {inside(self.folder, self.files)} to {self.folder}{views_too(chosen)}")
        parts = [{self.part: name, **row} for name, row in self.table.to_dict(orient="index").items()]
        fit = {} if self.model is None else quality(self.model, self.seconds)
        found = {"verb": self.verb, **facts, **fit, f"{self.part}s": parts, "options": chosen, "files": self.files}
        voice.result(found)
