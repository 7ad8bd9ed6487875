"""Options that several verbs share, and the kinds of values they take."""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable
from typing import Any

import click

from partwise.cli.refusals import VERBOSITY, blaming
from partwise.cli.voice import Voice

__all__ = [
    "LOSSES",
    "ByteSize",
    "Number",
    "beta",
    "data",
    "fitting",
    "folder",
    "model",
    "model_file",
    "plots",
    "report",
    "threads",
    "views",
    "voice",
]

LOSSES = {"frobenius": 2.0, "kullback-leibler": 1.0, "itakura-saito": 0.0}
ALIASES = {"kl": "kullback-leibler", "is": "itakura-saito"}
ORIENTATIONS = {"rows": "samples-first", "columns": "features-first"}
BYTES = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9}
UNITS = {"": 1.0, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0}


class Loss(click.ParamType):
    """A loss by name, short name, or the number of its beta-divergence."""

    name = "loss"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str | float:
        """The long name, or a float."""
        name = ALIASES.get(str(value).lower(), str(value).lower())
        if name in LOSSES:
            return name
        try:
            number = float(name)
        except ValueError:
            number = math.nan
        if not math.isfinite(number):
            self.fail(f"{value!r} is no loss. Use frobenius, kullback-leibler (kl), itakura-saito (is) or a number.")
        return number


class Duration(click.ParamType):
    """Seconds, from 90, 60s, 2m or 1h."""

    name = "time"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Seconds, above 0."""
        match = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*(\w*)", str(value).strip().lower())
        seconds = float(match[1]) * UNITS.get(match[2], 0.0) if match else 0.0
        if not 0 < seconds < math.inf:
            self.fail(f"{value!r} is no time. Write 60s, 2m, 1h, or a number of seconds above 0.")
        return seconds


class Orientation(click.ParamType):
    """What a row of the file is."""

    name = "orientation"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The long name."""
        name = ORIENTATIONS.get(str(value), str(value))
        if name not in ORIENTATIONS.values():
            self.fail(f"{value!r} is no orientation. Use samples-first (or rows), or features-first (or columns).")
        return name


class Size(click.ParamType):
    """A whole number of components."""

    name = "n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """At least 1."""
        text = str(value).strip()
        if not text.isdecimal() or int(text) < 1:
            self.fail(f"{value!r} is no number of components. Give one whole number, at least 1, such as -k 10.")
        return int(text)


class Number(click.FloatRange):
    """A finite number in a range."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Click lets NaN pass: it is not outside of any range."""
        number = super().convert(value, param, ctx)
        if not math.isfinite(number):
            self.fail(f"{value!r} is not finite. Give a number, such as 0.5.", param, ctx)
        return number


class ByteSize(click.ParamType):
    """A size of a file, from 5MB, 800kB or a number of bytes."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """Bytes, at least 1."""
        match = re.fullmatch(r"(\d+\.?\d*|\.\d+)\s*([kmg]?)b?", str(value).strip().lower())
        size = float(match[1]) * BYTES[match[2]] if match else 0.0
        if not 1 <= size < math.inf:
            self.fail(f"{value!r} is no size of a file. Write 5MB, 800kB, or a number of bytes above 0.")
        return int(size)


def model_file(command: Callable) -> Callable:
    """The argument MODEL; what cannot be done with its values is told of the file."""

    @click.argument("model")
    @functools.wraps(command)
    def reading(model: str, **options: Any) -> Any:
        with blaming(model):
            return command(model=model, **options)

    return reading


def beta(loss: str | float) -> float:
    """The number of a loss."""
    return LOSSES[loss] if isinstance(loss, str) else loss


def together(*decorators: Callable) -> Callable:
    """Several decorators as one, the first one outermost (and first in the help)."""
    return lambda command: functools.reduce(lambda inner, decorate: decorate(inner), reversed(decorators), command)


SOLVERS = ("auto", "cd", "bpp", "mu", "mue", "scd", "pg", "admm")
INITS = ("auto", "nnsvdlrc", "nndsvd", "nndsvda", "nndsvdar", "random")

threads = click.option(
    "--threads", type=click.IntRange(min=1), help="Threads; default: what the environment grants. Never alters results."
)


def fitting(loss: str = "frobenius", n_init: int = 1, max_iter: int = 1000, tol: float = 1e-4) -> Callable:
    """What decides the model, with the defaults of a verb."""
    return together(
        click.option("-k", "--components", type=Size(), metavar="N", help="Number of components (parts). Required."),
        click.option("--loss", type=Loss(), default=loss, show_default=True, help="Also kl, is, or a number (beta)."),
        click.option("--solver", type=click.Choice(SOLVERS), default="auto", show_default=True, help="How to fit."),
        click.option("--init", type=click.Choice(INITS), default="auto", show_default=True, help="Where to start."),
        click.option(
            "--n-init",
            type=click.IntRange(min=1),
            default=n_init,
            show_default=True,
            help="Starts to choose the best of.",
        ),
        click.option(
            "--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="For random starts."
        ),
        click.option(
            "--max-iter", type=click.IntRange(min=1), default=max_iter, show_default=True, help="Most iterations."
        ),
        click.option("--max-time", type=Duration(), metavar="TIME", help="Most time for the fit: 60s, 2m, 1h."),
        click.option("--tol", type=Number(min=0), default=tol, show_default=True, help="When it has converged."),
        click.option("--force", is_flag=True, help="Allow -k above the smaller side of the matrix."),
        click.option("--strict", is_flag=True, help="Exit with 4 if the fit has not converged."),
        threads,
    )


model = fitting()
"""What decides the model."""


def data(negatives: tuple[str, ...] = ("error", "clip", "shift", "drop")) -> Callable:
    """How a file becomes a matrix; ``negatives`` are the treatments that the verb knows."""
    return together(
        click.option("--orient", type=Orientation(), default="samples-first", show_default=True, help=ORIENT_HELP),
        click.option(
            "--negatives",
            type=click.Choice(negatives),
            default="error",
            show_default=True,
            help=f"Below 0: {', '.join(NEGATIVES[name] for name in negatives)}.",
        ),
        click.option(
            "--missing", type=click.Choice(("skip", "error", "zero")), default="skip", show_default=True, help=MISSING
        ),
    )


ORIENT_HELP = "What rows of the file are: samples-first (rows) or features-first (columns)."
NEGATIVES = {
    "error": "refuse (error)",
    "clip": "set to 0 (clip)",
    "shift": "raise the column to 0 (shift)",
    "drop": "leave out the row (drop)",
}
MISSING = "Empty cells: leave them out of the fit (skip), refuse them, or count them as zeros."


def folder(help_text: str) -> Callable:
    """``--out DIR``."""
    return click.option("-o", "--out", metavar="DIR", help=help_text)


plots = click.option("--plots", metavar="DIR", help="Draw pictures of the result (.png) into this folder.")
report = click.option("--report", metavar="FILE", help="Write a page about the result: an .html file for any browser.")
views = together(plots, report)
"""Ways to see a result; `pages.prepare_views` before the fit, `pages.write_report` after it."""


def voice(command: Callable) -> Callable:
    """``--json``, ``-q`` and ``-v``, handed to the verb as one ``voice`` that already listens to the library."""

    @click.option("--json", is_flag=True, help="One JSON object on stdout; text for people goes to stderr.")
    @click.option("-q", "--quiet", is_flag=True, help="Only errors.")
    @click.option("-v", "--verbose", count=True, help="The library's log; -vv: tracebacks too.")
    @click.pass_context
    @functools.wraps(command)
    def speaking(ctx: click.Context, /, *args: Any, json: bool, quiet: bool, verbose: int, **options: Any) -> Any:
        ctx.meta[VERBOSITY] = verbose
        speaker = Voice(json, quiet, verbose)
        with speaker.listening():
            return command(*args, voice=speaker, **options)

    return speaking
