"""Messages of the library in the words of the command line: its arguments as options."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Mapping

from partwise.cli.refusals import Refusal, exit_code
from partwise.errors import DataError

__all__ = ["as_flags", "flags", "replaced"]

Wording = Callable[[str], str]


def replaced(words: Mapping[str, str]) -> Wording:
    """A function that replaces phrases of the library by those of the command line.

    Examples
    --------
    >>> replaced({"runs=": "--runs "})("Try runs=20.")
    'Try --runs 20.'
    """

    def wording(message: str) -> str:
        for ours, theirs in words.items():
            message = message.replace(ours, theirs)
        return message

    return wording


def flags(*names: str) -> Wording:
    """A function that writes the arguments of these names as options.

    Examples
    --------
    >>> say = flags("text", "min_df", "item")
    >>> say('Did you mean text="Body"? Try min_df=2, or give item=.')
    'Did you mean --text Body? Try --min-df 2, or give --item.'
    """
    pattern = re.compile(rf"""\b({"|".join(names)})=(?:"([^"]*)"|'([^']*)'|(-?\w*))""")

    def option(found: re.Match[str]) -> str:
        return f"--{found[1].replace('_', '-')} {found[2] or found[3] or found[4] or ''}".rstrip()

    return lambda message: pattern.sub(option, message)


@contextlib.contextmanager
def as_flags(wording: Wording) -> Iterator[None]:
    """Say what the library refuses in the words of the command line."""
    try:
        yield
    except DataError as error:
        raise Refusal(wording(str(error)), exit_code(error)) from None
