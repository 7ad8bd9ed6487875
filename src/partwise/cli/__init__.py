"""The command line, ``partwise VERB``: reads files, says what it inferred, computes with the public API, writes files.

A verb lives in its own module and is imported when it is called; what it needs beyond click is imported inside it, so
that ``partwise --help`` answers at once. Results go to stdout, notes and errors to stderr; with ``--json`` stdout holds
one JSON object and the human text goes to stderr.

Exit codes: 0 done, 2 usage, 3 bad data, 4 not converged under ``--strict``, 130 interrupted (1: a bug, or no memory).
"""

from __future__ import annotations

import difflib
import importlib
import io
import sys
from typing import Any

import click

from partwise.cli.refusals import refusing

__all__ = ["Verbs", "cli", "main"]

VERBS = {
    "demo": "Take four novels apart, then pictures, ratings and sound.",
    "fit": "Factorize a matrix file into W, H and a model.",
    "topics": "Find the topics of texts: each a few words.",
    "recommend": "Recommend items to users, from ratings or purchases.",
    "apply": "Find the parts of a model in new rows.",
    "parts": "Learn the parts of pictures.",
    "separate": "Take a sound apart into stems that sum to it.",
    "programs": "Learn the programs of genes in single cells.",
    "signatures": "Learn the mutational signatures of a catalogue.",
    "unmix": "Find the pure spectra of mixtures.",
    "show": "Tell what a model file holds.",
    "report": "Write a page about a model that opens in any browser.",
    "serve": "Serve a model to a browser and to programs, until Ctrl+C.",
    "doctor": "Tell what this installation computes with.",
}
"""Name -> help in one line; the verb is the function of that name in the module of that name."""


class Verbs(click.Group):
    """A group that imports a verb when it is called, and tells every error in one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The verbs, in the order of a first acquaintance."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the verb; an unknown one is refused with the names that look alike."""
        if cmd_name in VERBS:
            return getattr(importlib.import_module(f"partwise.cli.{cmd_name}"), cmd_name)
        if not ctx.resilient_parsing and not cmd_name.startswith("-"):
            near = difflib.get_close_matches(cmd_name, VERBS, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            ctx.fail(f"There is no verb {cmd_name!r}.{hint} Verbs: {', '.join(VERBS)}.")
        return None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run, and turn what goes wrong into one line and an exit code."""
        with refusing(ctx):
            return super().invoke(ctx)


def show_version(ctx: click.Context, param: click.Parameter, wanted: bool) -> None:
    """Print the version and stop."""
    if not wanted or ctx.resilient_parsing:
        return
    from partwise.cli.run import versions

    click.echo(f"partwise {versions()['partwise']}")
    ctx.exit()


@click.group(
    cls=Verbs,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    subcommand_metavar="VERB [OPTIONS]...",
)
@click.option("--config", metavar="RUN.TOML", help="Repeat the run that wrote this file; options after VERB override.")
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=show_version, help="Print it.")
@click.pass_context
def cli(ctx: click.Context, config: str | None) -> None:
    """Non-negative matrix factorization: a table becomes a few parts, and every row a recipe of parts.

    Begin with `partwise demo`, then `partwise fit YOUR.csv -k 5`. `partwise VERB --help` tells more.
    """
    if config is not None:
        from partwise.cli.run import replay

        replay(ctx, config)
    elif ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


def main() -> None:
    """Entry point of the command ``partwise``."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                errors="backslashreplace"
            )  # a name that the terminal's encoding lacks must not end the run
    cli.main(prog_name="partwise")
