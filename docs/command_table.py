"""The reference of the command line, as the commands themselves tell it."""

import click

from partwise.cli import cli


def page():
    """Every verb: what it does, how it is called, and a table of its options."""
    context = click.Context(cli, info_name="partwise")
    return "\n".join(verb(name, cli.get_command(context, name), context) for name in cli.list_commands(context))


def verb(name, command, parent):
    """The section of a verb."""
    context = click.Context(command, info_name=name, parent=parent)
    rows = [option(parameter, context) for parameter in command.params if isinstance(parameter, click.Option)]
    usage = " ".join(command.collect_usage_pieces(context))
    table = ["| option | |", "| --- | --- |", *rows]
    return "\n".join([f"## {name}\n", command.help, "", f"    partwise {name} {usage}\n", *table, ""])


def option(parameter, context):
    """The row of an option: its names, its values, and what it says of itself."""
    names, text = parameter.get_help_record(context)
    return "| `{}` | {} |".format(names.replace("|", "\\|"), " ".join(text.replace("|", "\\|").split()))
