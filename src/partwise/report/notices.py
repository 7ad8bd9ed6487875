"""What a report says aloud: what was left out of it, and what it gives away."""

from __future__ import annotations

from partwise.report.items import characters
from partwise.report.overview import words
from partwise.report.result import Choice, Result

__all__ = ["notices"]

OWN = {"topics": "the texts themselves", "images": "the pictures themselves", "sound": "the sound itself"}
"""What cannot be unseen."""


def notices(found: Result, choice: Choice) -> list[str]:
    """What was left out, and what the file gives away."""
    _, _, one, many, _, features = words(found)
    said = []
    n = 0 if found.W is None else len(found.W)
    if found.W is None:
        said.append(
            "The data were not given: there are no items, and the shares are those of the sums of the components. "
            "Give the data to see them."
        )
    if len(choice.items) < n:
        said.append(
            f"{len(choice.items):,} of {n:,} {many} are shown: those that stand for the {words(found)[1]}, and others "
            f"at equal distances. Shares, time and classes count all {many}."
        )
    if len(choice.features) < found.H.shape[1]:
        said.append(f"{len(choice.features):,} of {found.H.shape[1]:,} {features} are shown: the heaviest.")
    if found.texts is not None and choice.text:
        limit = characters(choice)
        long = sum(len(found.texts[i]) > limit for i in choice.items.tolist())
        if long:
            said.append(f"{f'1 {one} is' if long == 1 else f'{long:,} {many} are'} cut after {limit:,} characters.")
    said.append(private(found, choice))
    return said


def private(found: Result, choice: Choice) -> str:
    """What a reader of the file can see of the data."""
    if found.W is None:
        return "This file holds the names of the features; share it with those who may see them."
    own = OWN.get(found.kind, "") if choice.text and (found.texts is not None or found.kind != "topics") else ""
    held = f"{own}, names and numbers" if own else "names and numbers"
    return f"This file holds your data ({held}); share it with those who may see them."
