"""``partwise signatures``: a catalogue of mutations into signatures and exposures, named after a reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.voice import Voice

if TYPE_CHECKING:
    from partwise.apps.programs import Catalogue, Signatures

__all__ = ["signatures"]

FILES = ("signatures.tsv", "exposures.tsv", "run.toml")

WORDS = {"fractional=True takes": "--fractional takes", "refit(source, fixed)": "--fixed FILE"}
"""Of the library -> of the command line."""


@click.command()
@click.argument("source")
@options.fitting(loss="kullback-leibler", n_init=20, max_iter=2000, tol=1e-5)
@click.option("--reference", metavar="FILE", help="Known signatures to name the found ones after, such as COSMIC's.")
@click.option("--fixed", metavar="FILE", help="Known signatures to fit instead of learning any; no -k.")
@click.option("--fractional", is_flag=True, help="Take numbers that are not whole, such as rescaled counts.")
@options.views
@options.folder("Where to write signatures.tsv, exposures.tsv, matches.tsv and the model; default: NAME-signatures.")
@options.voice
def signatures(source: str, voice: Voice, **chosen: Any) -> None:
    """Learn the mutational signatures of a catalogue, and how many mutations each made in each sample.

    SOURCE is a .tsv or .csv file with the 96 channels of single-base substitutions (A[C>A]A ...) in rows or columns, in
    any order. Writes signatures.tsv, exposures.tsv, matches.tsv (with --reference), model.pw and run.toml.
    """
    from partwise.apps.programs import as_catalogue, as_reference
    from partwise.apps.programs.mutations import check_samples
    from partwise.cli.components import output_folder
    from partwise.cli.counts import as_flags, poisson_model
    from partwise.cli.fit import check_size, ending
    from partwise.cli.pages import prepare_views, write_report
    from partwise.cli.run import fingerprints

    check_wanted(chosen)
    prepare_views(chosen, voice)
    model = None if chosen["fixed"] else poisson_model(chosen, voice)
    tables = {name: chosen[name] for name in ("reference", "fixed") if chosen[name] is not None}
    with as_flags(WORDS):
        for path in tables.values():
            as_reference(path)
        catalogue = as_catalogue(source, fractional=chosen["fractional"])
        if model is not None:
            check_samples(catalogue)
    if model is not None:
        check_size(chosen["components"], catalogue.counts.shape, chosen["force"])
    chosen["out"] = chosen["out"] or f"{re.sub(r'[.].*', '', Path(source).name) or 'catalogue'}-signatures"
    folder = output_folder(chosen["out"], FILES, voice)
    sha256 = fingerprints({"source": source, **tables}, voice)

    found, seconds = learn(catalogue, model, tables, chosen["fractional"], voice)
    for note in found.notes:
        voice.note(note)
    files = write(folder, found, {"source": source, **chosen}, sha256)
    files |= draw(chosen["plots"], found)
    files |= write_report(voice, chosen["report"], found, sha256=sha256["source"])
    report(voice, found, folder, files, seconds, {"source": source, **chosen})
    if model is not None:
        ending(model, chosen["strict"])


def check_wanted(chosen: dict[str, Any]) -> None:
    """Either a number of signatures to learn, or known ones to fit."""
    from partwise.cli.fit import check_size_given

    if chosen["fixed"] is None:
        return check_size_given(chosen["components"])
    if chosen["components"] is not None:
        raise click.UsageError(
            "-k and --fixed exclude each other: signatures are either learned (-k N) or given (--fixed FILE).",
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


def report(
    voice: Voice, found: Signatures, folder: Path, files: dict[str, str], seconds: float, chosen: dict[str, Any]
) -> None:
    """What came out, for people and for machines."""
    from partwise.cli.fit import quality, tell_starts, tell_stop
    from partwise.cli.pages import inside, views_too

    voice.say(found.info())
    if found.model is not None:
        voice.say(f"Seed {chosen['seed']}.")
        tell_stop(voice, found.model, seconds)
        tell_starts(voice, found.model)
    voice.say()
    table = found.to_frame()
    rows = [
        [str(name), f"{row['share']:.1%}", str(row["samples"]), str(row["channel"]), *partners(row)]
        for name, row in table.iterrows()
    ]
    beside = ["one to one", "cosine", "nearest", "cosine"] if found.matches is not None else []
    voice.table(["signature", "share", "samples", "strongest", *beside], rows, right=(1, 2, 5, 7))
    voice.say(f"\nWrote {inside(folder, files)} to {folder}{views_too(chosen)}")
    voice.result(
        {
            "verb": "signatures",
            "samples": len(found.counts),
            "mutations": float(found.counts.to_numpy().sum()),
            "cosine": float(found.cosines.mean()),
            "gap": found.gap,
            **({} if found.model is None else quality(found.model, seconds)),
            "signatures": [{"signature": name, **row} for name, row in table.to_dict(orient="index").items()],
            "options": chosen,
            "files": files,
        }
    )


def partners(row: Any) -> list[str]:
    """The known signatures beside a found one."""
    if "nearest" not in row:
        return []
    own = [row["reference"] or "-", f"{row['cosine']:.3f}" if row["reference"] else "-"]
    return [*own, str(row["nearest"]), f"{row['nearest_cosine']:.3f}"]
