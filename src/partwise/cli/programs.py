"""``partwise programs``: counts of genes in cells into programs, usages and top genes."""

from __future__ import annotations

import warnings
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.outcome import Outcome
from partwise.cli.stdin import file_or_stdin
from partwise.cli.voice import Voice
from partwise.cli.words import as_flags, replaced

if TYPE_CHECKING:
    from partwise.apps.programs import Programs
    from partwise.io import Cells

__all__ = ["programs"]

FILES = ("usages.csv", "spectra.csv", "top_genes.csv", "programs.csv", "model.pw", "run.toml")

IN_WORDS = replaced(
    {
        "fractional=True takes": "--fractional takes",
        'orient="': "--orient ",
        '" if wrong': " if wrong",
        "layer=": "--layer ",
        "runs=": "--runs ",
        "density=": "--density ",
        "a larger density": "a larger --density",
    }
)
"""Of the library -> of the command line."""


@click.command()
@file_or_stdin("source")
@options.fitting(loss="kullback-leibler")
@click.option(
    "--genes", type=click.IntRange(min=2), default=2000, show_default=True, help="Most variable genes to fit."
)
@click.option("--layer", metavar="NAME", help="Layer of an .h5ad that holds counts (or X, raw); default: counts, or X.")
@click.option("--orient", type=options.Orientation(), help="What rows of a table are; default: guessed, and told.")
@click.option("--runs", type=click.IntRange(min=1), default=5, show_default=True, help="Fits, to tell what is stable.")
@click.option(
    "--density",
    type=options.Number(0, min_open=True),
    metavar="DISTANCE",
    help="Take the consensus of the runs (as cNMF), of components this near to others, such as 0.5; --runs 20 or more.",
)
@click.option("--fractional", is_flag=True, help="Take numbers that are not whole.")
@click.option("--h5ad", is_flag=True, help="Write programs.h5ad too, with obsm, varm and uns (extra: omics).")
@options.views
@options.folder("Where to write usages.csv, spectra.csv, top_genes.csv and the model; default: NAME-programs.")
@options.voice
def programs(source: str, voice: Voice, **chosen: Any) -> None:
    """Learn the programs of genes in single cells, and how much each cell uses them.

    SOURCE holds raw counts: an .h5ad file (extra: omics), a folder of 10x Genomics, or a .tsv, .csv, .npz, .mtx or
    .xlsx table (- is one on standard input). Writes usages.csv (rows sum to 1), spectra.csv, top_genes.csv,
    programs.csv, model.pw and run.toml.
    """
    from partwise.apps.programs.expression import adopt_programs, agreed, checked_cells
    from partwise.cli.components import default_folder, output_folder
    from partwise.cli.counts import poisson_model
    from partwise.cli.fit import check_size, check_size_given, ending
    from partwise.cli.pages import prepare_views, write_report
    from partwise.cli.run import fingerprints

    check_size_given(chosen["components"])
    prepare_views(chosen, voice)
    model = poisson_model(chosen, voice)
    if chosen["runs"] > 1 and chosen["init"] == "auto":
        model.set_params(init="random")
    with as_flags(IN_WORDS):
        cells, fitted, notes = checked_cells(read(source, chosen), None, chosen["genes"], chosen["fractional"])
    for note in notes:
        voice.note(IN_WORDS(note))
    check_size(chosen["components"], (cells.X.shape[0], len(fitted)), chosen["force"])
    chosen["out"] = chosen["out"] or default_folder(source, "programs")
    folder = output_folder(chosen["out"], FILES, voice)
    sha256 = fingerprints({"source": source}, voice)

    X = cells.X[:, fitted]
    (best, W, others), seconds = learn(model, X, chosen["runs"], voice)
    if chosen["density"] is not None:
        with as_flags(IN_WORDS):
            best, W, others, note = agreed(best, X, others, chosen["density"])
        voice.note(note)
    found = adopt_programs(cells, fitted, best, W, others, [])
    files = write(folder, found, {"source": source, **chosen}, sha256)
    files |= draw(chosen["plots"], found)
    files |= write_report(voice, chosen["report"], found, sha256=sha256["source"])
    asked = {"source": source, **chosen}
    report(voice, found, Outcome("programs", "program", found.model, seconds, found.to_frame(), folder, files, asked))
    ending(best, chosen["strict"])


def read(source: str, chosen: dict[str, Any]) -> Cells:
    """The counts; what ``--h5ad`` needs is looked for before anything is computed."""
    from partwise.io import read_cells
    from partwise.io.cells import anndata

    if chosen["h5ad"]:
        anndata()
    return read_cells(source, layer=chosen["layer"], orient=chosen["orient"])


def learn(model: Any, X: Any, runs: int, voice: Voice) -> tuple[tuple[Any, Any, list], float]:
    """The best of several runs, and the seconds of all."""
    from partwise.apps.programs.expression import replicates
    from partwise.cli.progress import watch
    from partwise.estimators import NotConvergedWarning

    watch(model, voice)
    warnings.simplefilter("ignore", NotConvergedWarning)  # told in the command line's own words
    began = perf_counter()
    return replicates(model, X, runs), perf_counter() - began


# ------------------------------------------------------------------ after


def write(folder: Path, found: Programs, chosen: dict[str, Any], sha256: dict[str, str]) -> dict[str, str]:
    """Every file whole or not at all, run.toml last: name -> path."""
    from partwise.cli.run import write_frame, write_run
    from partwise.io import write_table

    write_table(folder / "usages.csv", found.usages.to_numpy(), found.cells.cells, list(found.usages))
    write_table(folder / "spectra.csv", found.spectra.to_numpy(), list(found.spectra.index), found.cells.genes)
    write_frame(folder / "top_genes.csv", found.top_genes(100), index=False)
    write_frame(folder / "programs.csv", found.to_frame().drop(columns="genes"))
    found.save(folder / "model.pw")
    names: list[str] = list(FILES)
    if chosen["h5ad"]:
        found.to_anndata().write_h5ad(folder / "programs.h5ad")
        names.append("programs.h5ad")
    result = {"stop_reason": found.model.stop_reason_, "n_iter": found.model.n_iter_}
    write_run(folder / "run.toml", "programs", chosen, sha256, result)
    return {name: str(folder / name) for name in names}


def draw(directory: str | None, found: Programs) -> dict[str, str]:
    """The pictures of ``--plots``: file name -> path."""
    from partwise import plot
    from partwise.cli.pictures import draw_all

    drawn = {"usages": lambda: plot.usage_bars(found), "top_genes": lambda: plot.program_genes(found)}
    return draw_all(directory, drawn)


def report(voice: Voice, found: Programs, out: Outcome) -> None:
    """What came out, for people and for machines."""
    chosen = out.chosen
    kind = "The best" if chosen["density"] is None else "The consensus"
    text = f"{found.info()}\n{kind} of {chosen['runs']} runs, seeds from {chosen['seed']}."
    out.tell(voice, text, ("share", "cells", "stability", "top genes"), cells, right=(1, 2, 3))
    facts = {"cells": len(found.usages), "genes": found.spectra.shape[1], "genes_fitted": len(found.fitted)}
    out.hand_over(voice, facts)


def cells(row: Any) -> tuple[Any, ...]:
    """What is told of a program."""
    return f"{row['share']:.1%}", row["cells"], f"{row['stability']:.2f}", ", ".join(row["genes"][:8])
