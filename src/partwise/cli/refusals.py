"""From an exception to one line and an exit code. Nothing here computes."""

from __future__ import annotations

import contextlib
import errno
import traceback
from collections.abc import Iterator

import click

from partwise.errors import (
    ColumnError,
    IncompatibleError,
    MissingExtraError,
    MissingFileError,
    ModelFileError,
    PartwiseError,
)

__all__ = ["BAD_DATA", "BUG", "INTERRUPTED", "NOT_CONVERGED", "USAGE", "Refusal", "blaming", "exit_code", "refusing"]

BUG, USAGE, BAD_DATA, NOT_CONVERGED, INTERRUPTED = 1, 2, 3, 4, 130

VERBOSITY = "partwise.verbosity"
"""Where a verb leaves its ``-v`` count in ``ctx.meta``."""

CODES: tuple[tuple[type[BaseException], int], ...] = (
    (KeyboardInterrupt, INTERRUPTED),
    (MissingFileError, USAGE),
    (ColumnError, USAGE),
    (MissingExtraError, USAGE),
    (IncompatibleError, USAGE),
    (OSError, USAGE),
    (ValueError, BAD_DATA),
)
"""The first class that fits decides; anything else is a bug of ours."""


class Refusal(click.ClickException):
    """One line for the user, and how the process ends."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code  # pyright: ignore[reportAttributeAccessIssue]  click declares it for the class


@contextlib.contextmanager
def refusing(ctx: click.Context) -> Iterator[None]:
    """Raise what goes wrong inside as a `Refusal`; the traceback is shown only after ``-vv``."""
    try:
        yield
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except (Exception, KeyboardInterrupt) as error:
        if ctx.meta.get(VERBOSITY, 0) >= 2:
            click.echo("".join(traceback.format_exception(error)), err=True)
        code = exit_code(error)
        raise Refusal(in_one_line(error, code), code) from None


@contextlib.contextmanager
def blaming(path: str) -> Iterator[None]:
    """Tell as a finding about the model file in ``path`` what its values make impossible: a stranger may have set them.

    Findings of the library pass, and so does what has nothing to do with values.
    """
    try:
        yield
    except PartwiseError:
        raise
    except (ArithmeticError, AttributeError, LookupError, TypeError) as error:
        raise ModelFileError(
            f"{path} holds values that no fit leaves there ({type(error).__name__}: {error}). It is damaged or was not "
            "written by partwise; use a copy, or fit and save again (-vv tells more)."
        ) from error


def exit_code(error: BaseException) -> int:
    """How the process ends after ``error``."""
    return next((code for kind, code in CODES if isinstance(error, kind)), BUG)


def in_one_line(error: BaseException, code: int) -> str:
    """The finding, and the way out where the exception does not name one."""
    text = " ".join(str(error).split())
    if code == INTERRUPTED:
        return "Interrupted before there was a result to save."
    if isinstance(error, MemoryError):
        return f"Not enough memory ({text or 'no size given'}). Use float32 or a sparse file, or fewer components."
    if isinstance(error, OSError) and error.strerror:
        where = f"{error.filename}: " if error.filename else ""
        hint = " Choose another place with --out." if error.errno in CANNOT_WRITE else ""
        return f"{where}{error.strerror}.{hint}"
    if code == BUG:
        return f"{type(error).__name__}: {text}. This should not happen; repeat with -vv and report what it prints."
    return text


CANNOT_WRITE = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOSPC, errno.ENOTDIR, errno.EEXIST)
