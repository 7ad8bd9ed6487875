"""The 96 channels of single-base substitutions, however a table spells and orders them."""

from __future__ import annotations

import re
from collections.abc import Iterable

__all__ = ["CHANGES", "CHANNELS", "channel"]

CHANGES = ("C>A", "C>G", "C>T", "T>A", "T>C", "T>G")
"""Substitutions by the pyrimidine of the pair."""

CHANNELS = tuple(f"{left}[{change}]{right}" for change in CHANGES for left in "ACGT" for right in "ACGT")
"""By change, then by the left and the right neighbour: the order of COSMIC's pictures."""

COMPLEMENT = str.maketrans("ACGT", "TGCA")

SPELLINGS = tuple(
    re.compile(pattern)
    for pattern in (
        r"(?P<left>[ACGT])\[(?P<old>[ACGT])>(?P<new>[ACGT])\](?P<right>[ACGT])",  # A[C>A]G
        r"(?P<left>[ACGT])(?P<old>[ACGT])(?P<right>[ACGT])>(?P=left)(?P<new>[ACGT])(?P=right)",  # ACG>AAG
        r"(?P<old>[ACGT])>(?P<new>[ACGT])[ ,:;|_.-]+(?P<left>[ACGT])(?:(?P=old)|[._-])(?P<right>[ACGT])",  # C>A:ACG
    )
)


def channel(name: str) -> str | None:
    """Spell a channel as ``A[C>A]G``, by the pyrimidine of the pair; None if the name is no channel.

    Examples
    --------
    >>> from partwise.apps.programs.channels import channel
    >>> [channel(name) for name in ("A[C>A]G", "ACG>AAG", "C>A:ACG", "C>A A.G", "c[g>t]t", "C>A")]
    ['A[C>A]G', 'A[C>A]G', 'A[C>A]G', 'A[C>A]G', 'A[C>A]G', None]
    """
    text = str(name).strip().upper()
    found = next((match for spelling in SPELLINGS if (match := spelling.fullmatch(text))), None)
    if found is None or found["old"] == found["new"]:
        return None
    left, old, new, right = (found[part] for part in ("left", "old", "new", "right"))
    if old in "AG":
        left, old, new, right = (base.translate(COMPLEMENT) for base in (right, old, new, left))
    return f"{left}[{old}>{new}]{right}"


def recognised(names: Iterable[str]) -> list[str | None]:
    """The channel of each name."""
    return [channel(name) for name in names]
