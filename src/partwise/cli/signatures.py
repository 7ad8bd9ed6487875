"""``partwise signatures``: a catalogue of mutations into signatures and exposures, named after a reference."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.outcome import Outcome
from partwise.cli.stdin import file_or_stdin
from partwise.cli.voice import Voice
from partwise.cli.words import as_flags, replaced

if TYPE_CHECKING:
    from partwise.apps.programs import Catalogue, Signatures

__all__ = ["signatures"]

FILES = ("signatures.tsv", "exposures.tsv", "run.toml")

NUMBERS = ("share", "samples", "stability", "lowest", "cosine")
"""Columns of the listing that are numbers."""

IN_WORDS = replaced({"fractional=True takes": "--fractional takes", "refit(source, fixed)": "--fixed FILE"})
"""Of the library -> of the command line."""


@click.command()
@file_or_stdin("source")
@options.fitting(loss="kullback-leibler", n_init=20, max_iter=2000, tol=1e-5)
@click.option("--reference", metavar="FILE", help="Known signatures to name the found ones after, such as COSMIC's.")
@click.option("--fixed", metavar="FILE", help="Known signatures to fit instead of learning any; no -k.")
@click.option("--fractional", is_flag=True, help="Take numbers that are not whole, such as rescaled counts.")
@click.option(
    "--bootstrap", type=click.IntRange(min=2), metavar="N", help="Draw the mutations N times again: what comes back?"
)
@options.views
@options.folder("Where to write signatures.tsv, exposures.tsv, matches.tsv and the model; default: NAME-signatures.")
@options.voice
def signatures(source: str, voice: Voice, **chosen: Any) -> None:
    """Learn the mutational signatures of a catalogue, and how many mutations each made in each sample.

    SOURCE is a .tsv, .csv or .xlsx file, or - for standard input, with the 96 channels of single-base substitutions
    (A[C>A]A ...) in rows or columns, in any order. Writes signatures.tsv, exposures.tsv, matches.tsv (with
    --reference), model.pw and run.toml.
    """
    from partwise.apps.programs import as_catalogue, as_reference
    from partwise.apps.programs.mutations import check_samples
    from partwise.cli.components import default_folder, output_folder
    from partwise.cli.counts import poisson_model
    from partwise.cli.fit import check_size, ending
    from partwise.cli.pages import prepare_views, write_report
    from partwise.cli.run import fingerprints

    check_wanted(chosen)
    prepare_views(chosen, voice)
    model = None if chosen["fixed"] else poisson_model(chosen, voice)
    tables = {name: chosen[name] for name in ("reference", "fixed") if chosen[name] is not None}
    with as_flags(IN_WORDS):
        for path in tables.values():
            as_reference(path)
        catalogue = as_catalogue(source, fractional=chosen["fractional"])
        if model is not None:
            check_samples(catalogue)
    if model is not None:
        check_size(chosen["components"], catalogue.counts.shape, chosen["force"])
    chosen["out"] = chosen["out"] or default_folder(source, "signatures")
    folder = output_folder(chosen["out"], FILES, voice)
    sha256 = fingerprints({"source": source, **tables}, voice)

    found, seconds = learn(catalogue, model, tables, chosen["fractional"], voice)
    if chosen["bootstrap"] is not None:
        found = found.resampled(chosen["bootstrap"], chosen["seed"])
    for note in found.notes:
        voice.note(note)
    files = write(folder, found, {"source": source, **chosen}, sha256)
    files |= draw(chosen["plots"], found)
    files |= write_report(voice, chosen["report"], found, sha256=sha256["source"])
    asked = {"source": source, **chosen}
    table = found.to_frame()
    report(voice, found, Outcome("signatures", "signature", found.model, seconds, table, folder, files, asked))
    if model is not None:
        ending(model, chosen["strict"])


def check_wanted(chosen: dict[str, Any]) -> None:
    """Either a number of signatures to learn, or known ones to fit."""
    from partwise.cli.fit import check_size_given

    if chosen["fixed"] is None:
        return check_size_given(chosen["components"])
    for name, flag in (("components", "-k"), ("bootstrap", "--bootstrap")):
        if chosen[name] is not None:
            raise click.UsageError(
                f"{flag} and --fixed exclude each other: signatures are either learned (-k N) or given (--fixed FILE).",
                click.get_current_context(),
            )
    return None


def learn(
    catalogue: Catalogue, model: Any, tables: dict[str, str], fractional: bool, voice: Voice
) -> tuple[Signatures, float]:
    """Signatures and exposures, and the seconds."""
    from partwise.apps.programs import refit
    from partwise.apps.programs.mutations import adopt_signatures
    from partwise.cli.fit import run_fit

    if model is None:
        found = refit(catalogue, tables["fixed"], fractional=fractional)
        return (found.compared(tables["reference"]) if "reference" in tables else found), 0.0
    W, seconds = run_fit(model, catalogue.counts.to_numpy(), None, voice)
    return adopt_signatures(catalogue, model, W, tables.get("reference")), seconds


# ------------------------------------------------------------------ after


def write(folder: Path, found: Signatures, chosen: dict[str, Any], sha256: dict[str, str]) -> dict[str, str]:
    """Every file whole or not at all, run.toml last: name -> path."""
    from partwise.cli.run import write_frame, write_run

    tables = {
        "signatures.tsv": found.signatures.rename_axis("MutationType"),
        "exposures.tsv": found.exposures.rename_axis("sample"),
    }
    if found.matches is not None:
        tables["matches.tsv"] = found.matches
    for name, table in tables.items():
        write_frame(folder / name, table, sep="\t")
    result: dict[str, Any] = {"cosine": float(found.cosines.mean())}
    if found.model is not None:
        found.save(folder / "model.pw")
        result |= {"stop_reason": found.model.stop_reason_, "n_iter": found.model.n_iter_}
    write_run(folder / "run.toml", "signatures", chosen, sha256, result)
    names = [*tables, *(["model.pw"] if found.model is not None else []), "run.toml"]
    return {name: str(folder / name) for name in names}


def draw(directory: str | None, found: Signatures) -> dict[str, str]:
    """The pictures of ``--plots``: file name -> path."""
    from partwise import plot
    from partwise.cli.pictures import draw_all

    drawn = {"signatures": lambda: plot.signature_bars(found), "exposures": lambda: plot.exposure_bars(found)}
    return draw_all(directory, drawn)


def report(voice: Voice, found: Signatures, out: Outcome) -> None:
    """What came out, for people and for machines."""
    text = found.info() if found.model is None else f"{found.info()}\nSeed {out.chosen['seed']}."
    again = [] if found.stability is None else ["stability", "lowest"]
    beside = [] if found.matches is None else ["one to one", "cosine", "nearest", "cosine"]
    columns = ["share", "samples", "strongest", *again, *beside]
    numbers = [place for place, name in enumerate(columns, 1) if name in NUMBERS]
    out.tell(voice, text, columns, cells, right=numbers)
    mutations, cosine = float(found.counts.to_numpy().sum()), float(found.cosines.mean())
    out.hand_over(voice, {"samples": len(found.counts), "mutations": mutations, "cosine": cosine, "gap": found.gap})


def cells(row: Any) -> list[Any]:
    """What is told of a signature, how well it comes back, and the known ones beside it."""
    own = [f"{row['share']:.1%}", row["samples"], row["channel"]]
    own += [f"{row[name]:.2f}" for name in ("stability", "lowest") if name in row]
    if "nearest" not in row:
        return own
    partner = [row["reference"] or "-", f"{row['cosine']:.3f}" if row["reference"] else "-"]
    return [*own, *partner, row["nearest"], f"{row['nearest_cosine']:.3f}"]
