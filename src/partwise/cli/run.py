"""``run.toml``: what a run was asked for, on what, with which versions; and the way back from it.

Equal runs write equal bytes: no time, no host. Paths are kept relative to the file, so a folder can be moved.
"""

from __future__ import annotations

import json
import os
import platform
import re
import secrets
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from partwise.cli.refusals import USAGE, Refusal
from partwise.cli.stdin import STDIN, as_given
from partwise.cli.voice import Voice
from partwise.errors import MissingFileError

__all__ = ["Config", "fingerprints", "replay", "toml", "versions", "write_frame", "write_run", "write_whole"]

PATHS = (
    "data",
    "fixed",
    "labels",
    "mask",
    "matrix",
    "model",
    "new_user",
    "out",
    "plots",
    "reference",
    "report",
    "sound",
    "source",
    "stopwords",
    "templates",
    "texts",
    "titles",
    "truth",
)
"""Options that name files."""

CONFIG = "partwise.config"
"""Where the file of ``--config`` is kept in ``ctx.meta``."""

VERSIONED = ("partwise", "numpy", "scipy", "scikit-learn")

HEAD = "# Written by partwise. To repeat this run: partwise --config {name}\n"


@dataclass(frozen=True)
class Config:
    """A ``run.toml`` that was read: the verb, its options, the SHA-256 of its inputs, the versions it ran with."""

    path: Path
    verb: str
    options: dict[str, Any]
    sha256: dict[str, str]
    versions: dict[str, str]


def versions() -> dict[str, str]:
    """What computes here, by name."""
    found = {"python": platform.python_version()}
    for name in VERSIONED:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:  # run from a source tree
            found[name] = "not installed"
    return found


# ------------------------------------------------------------------ out


def write_run(
    path: Path, verb: str, options: Mapping[str, Any], sha256: Mapping[str, str], result: Mapping[str, Any]
) -> None:
    """Write ``path`` so that ``partwise --config path`` repeats the run.

    Parameters
    ----------
    path : Path
        Usually ``DIR/run.toml``.
    verb : str
    options : mapping
        All options as they were resolved; those that are None are left to their default.
    sha256 : mapping
        By option, the fingerprint of each input.
    result : mapping
        What came out, to compare with; must not depend on the clock.
    """
    given = {name: value for name, value in sorted(as_given(options).items()) if value is not None}
    kept = {name: portable(name, value, path.parent) for name, value in given.items()}
    tables = {"options": kept, "sha256": dict(sha256), "versions": versions(), "result": dict(result)}
    text = HEAD.format(name=path.name) + toml(
        {"verb": verb, **{name: table for name, table in tables.items() if table}}
    )
    write_whole(path, text.encode("utf-8", "replace"))


def portable(name: str, value: Any, folder: Path) -> Any:
    """A path relative to ``folder`` where there is such a path; everything else as it is."""
    if name not in PATHS or value == STDIN:
        return value
    if isinstance(value, list | tuple):
        return [portable(name, path, folder) for path in value]
    try:
        return Path(os.path.relpath(value, folder)).as_posix()
    except ValueError:  # another drive
        return str(Path(value).absolute())


def toml(table: Mapping[str, Any]) -> str:
    """TOML text of a table of numbers, strings, booleans, lists of these, and tables one level deep.

    Examples
    --------
    >>> print(toml({"verb": "fit", "options": {"tol": 1e-4, "force": False}}))
    verb = "fit"
    <BLANKLINE>
    [options]
    tol = 0.0001
    force = false
    <BLANKLINE>
    """
    lines = []
    for key, value in table.items():
        if isinstance(value, Mapping):
            lines += [
                "",
                f"[{toml_key(key)}]",
                *(f"{toml_key(name)} = {toml_value(part)}" for name, part in value.items()),
            ]
        else:
            lines.append(f"{toml_key(key)} = {toml_value(value)}")
    return "\n".join(lines) + "\n"


def toml_key(key: str) -> str:
    """A bare key where TOML allows one."""
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else toml_value(key)


def toml_value(value: Any) -> str:
    """One value. JSON's strings are TOML's, save for the character DEL."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    return json.dumps(str(value), ensure_ascii=False).replace("\x7f", "\\u007f")


def write_frame(path: Path, frame: Any, *, index: bool = True, sep: str = ",") -> None:
    """A DataFrame as text with ``sep`` between columns, whole or not at all."""
    write_whole(path, frame.to_csv(index=index, sep=sep, lineterminator="\n").encode("utf-8", "replace"))


def write_whole(path: Path, content: bytes) -> None:
    """Write a small file whole or not at all."""
    temporary = path.with_name(f".{secrets.token_hex(8)}.partwise-tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


# ------------------------------------------------------------------ back


def replay(ctx: click.Context, path: str) -> None:
    """Make the options of ``path`` the defaults of its verb; without a verb on the command line, run it."""
    config = read_config(Path(path))
    group = ctx.command
    command = None
    if isinstance(group, click.Group) and config.verb in group.list_commands(ctx):
        command = group.get_command(ctx, config.verb)
    if command is None:
        raise Refusal(f"{path}: this partwise has no verb {config.verb!r}. Upgrade: pip install -U partwise.", USAGE)
    if ctx.invoked_subcommand not in (None, config.verb):
        raise Refusal(f"{path} is a run of {config.verb!r}, not of {ctx.invoked_subcommand!r}.", USAGE)
    unknown = sorted(set(config.options) - {parameter.name for parameter in command.params})
    if unknown:
        raise Refusal(f"{path}: {config.verb} has no option {unknown[0]!r}. Correct or remove that line.", USAGE)
    ctx.meta[CONFIG] = config
    ctx.default_map = {config.verb: config.options}
    if ctx.invoked_subcommand is None:
        with command.make_context(config.verb, [], parent=ctx) as inner:
            command.invoke(inner)


def read_config(path: Path) -> Config:
    """Read a ``run.toml``; its paths become relative to where we are."""
    if not path.exists():
        raise MissingFileError.at(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refusal(f"{path} is no TOML file ({error}). Give the run.toml that a run wrote.", USAGE) from None
    tables = {name: content.get(name, {}) for name in ("options", "sha256", "versions")}
    if not isinstance(content.get("verb"), str) or not all(isinstance(table, dict) for table in tables.values()):
        raise Refusal(f'{path} describes no run: it needs verb = "fit" and a table [options].', USAGE)
    options = {name: located(name, value, path.parent) for name, value in tables["options"].items()}
    return Config(path, content["verb"], options, tables["sha256"], tables["versions"])


def located(name: str, value: Any, folder: Path) -> Any:
    """The inverse of `portable`."""
    if name not in PATHS or value == STDIN:
        return value
    if isinstance(value, list):
        return [located(name, path, folder) for path in value]
    return os.path.normpath(folder / str(value))


def fingerprints(paths: Mapping[str, str], voice: Voice) -> dict[str, str]:
    """SHA-256 of each input; in a repeated run, a note where input or versions are not those of the first."""
    from partwise.io import content_hash

    found = {name: content_hash(path) for name, path in paths.items()}
    config = click.get_current_context().meta.get(CONFIG)
    if config is None:
        return found
    for name, value in config.sha256.items():
        if name in found and found[name] != value:
            voice.note(f"{paths[name]} is not the file of that run (its SHA-256 differs); results may differ.")
    here = versions()
    changed = [f"{name} {old} -> {here[name]}" for name, old in config.versions.items() if here.get(name, old) != old]
    if changed:
        voice.note(f"versions differ from that run ({', '.join(changed)}); last digits may differ.")
    return found
