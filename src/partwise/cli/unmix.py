"""``partwise unmix``: mixed spectra into pure ones, and how much of each is where."""

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
    from partwise.apps.spectra import Unmixing

__all__ = ["unmix"]

FILES = ("endmembers.csv", "abundances.csv", "model.pw", "run.toml")

IN_WORDS = replaced({'method="minimum-volume"': "--minimum-volume"})
"""Of the library -> of the command line."""


@click.command()
@file_or_stdin("source")
@options.fitting(max_iter=3000, tol=1e-5)
@click.option("--sum-to-one", is_flag=True, help="Abundances of a mixture are shares of a whole.")
@click.option("--minimum-volume", is_flag=True, help="Of all fits, the one whose spectra span least; sums are one.")
@click.option("--volume", type=options.Number(0, min_open=True), default=1e-4, show_default=True, help="Its weight.")
@click.option("--reference", metavar="FILE", help="Known spectra (rows) on the same channels to name the found after.")
@options.views
@options.folder("Where to write endmembers.csv, abundances.csv, maps.npz and the model; default: NAME-unmixed.")
@options.voice
def unmix(source: str, voice: Voice, **chosen: Any) -> None:
    """Find the pure spectra of mixtures, and the abundance of each in every mixture.

    SOURCE is a .csv, .tsv or .xlsx table (- is one on standard input) with mixtures in rows and channels in columns, or
    an .npy or .npz array of shape (mixtures, channels) or (height, width, channels). Writes endmembers.csv,
    abundances.csv, maps.npz (of a cube) and model.pw.
    """
    from partwise.apps.spectra import adopt, as_scene
    from partwise.cli.components import default_folder, output_folder
    from partwise.cli.fit import check_size, check_size_given, ending, new_model, refuse_wrong_pair, run_fit
    from partwise.cli.pages import prepare_views, write_report
    from partwise.cli.run import fingerprints

    check_size_given(chosen["components"])
    prepare_views(chosen, voice)
    model = ruled(new_model(chosen, voice), [[1.0, 1.0], [1.0, 1.0]], chosen)
    refuse_wrong_pair(model)
    tables = {} if chosen["reference"] is None else {"reference": chosen["reference"]}
    with as_flags(IN_WORDS):
        scene = as_scene(source)
        known = as_scene(chosen["reference"], least=1) if tables else None
    for note in scene.notes:
        voice.note(note)
    check_size(chosen["components"], scene.X.shape, chosen["force"])
    ruled(model, scene.X, chosen)
    chosen["out"] = chosen["out"] or default_folder(source, "unmixed")
    folder = output_folder(chosen["out"], FILES, voice)
    sha256 = fingerprints({"source": source, **tables}, voice)

    W, seconds = run_fit(model, scene.X, None, voice)
    found = adopt(scene, model, W)
    found = found if known is None else found.compared(known)
    files = write(folder, found, {"source": source, **chosen}, sha256)
    files |= draw(chosen["plots"], found)
    files |= write_report(voice, chosen["report"], found, sha256=sha256["source"])
    asked = {"source": source, **chosen}
    report(voice, found, Outcome("unmix", "endmember", model, seconds, found.to_frame(), folder, files, asked))
    ending(model, chosen["strict"])


def ruled(model: Any, X: Any, chosen: dict[str, Any]) -> Any:
    """The model with the constraints that the options ask for; the weight of the volume is relative to X."""
    import numpy as np

    from partwise.apps.spectra.learning import rules

    method = "minimum-volume" if chosen["minimum_volume"] else "nmf"
    return model.set_params(**rules(np.asarray(X), chosen["sum_to_one"], method, chosen["volume"]))


# ------------------------------------------------------------------ after


def write(folder: Path, found: Unmixing, chosen: dict[str, Any], sha256: dict[str, str]) -> dict[str, str]:
    """Every file whole or not at all, run.toml last: name -> path."""
    from partwise.cli.run import write_frame, write_run
    from partwise.io import write_table

    names = list(found.endmembers.index)
    write_table(folder / "endmembers.csv", found.endmembers.to_numpy(), names, found.scene.channels)
    write_table(folder / "abundances.csv", found.abundances.to_numpy(), found.scene.names, names)
    more = []
    if found.scene.shape is not None:
        write_maps(folder / "maps.npz", found)
        more.append("maps.npz")
    if found.matches is not None:
        write_frame(folder / "matches.csv", found.matches)
        more.append("matches.csv")
    found.save(folder / "model.pw")
    result = {"stop_reason": found.model.stop_reason_, "lack_of_fit": found.lack_of_fit}
    write_run(folder / "run.toml", "unmix", chosen, sha256, result)
    return {name: str(folder / name) for name in (*FILES[:2], *more, *FILES[2:])}


def write_maps(path: Path, found: Unmixing) -> None:
    """The maps as one array (n_components, height, width), and their names."""
    import io

    import numpy as np

    from partwise.cli.run import write_whole

    buffer = io.BytesIO()
    np.savez_compressed(buffer, values=found.maps, row_names=np.array(found.endmembers.index, dtype=str))
    write_whole(path, buffer.getvalue())


def draw(directory: str | None, found: Unmixing) -> dict[str, str]:
    """The pictures of ``--plots``: file name -> path."""
    from partwise import plot
    from partwise.cli.pictures import draw_all

    drawn: dict[str, Any] = {"endmembers": lambda: plot.endmembers(found)}
    if found.scene.shape is not None:
        drawn["maps"] = lambda: plot.abundance_maps(found)
    return draw_all(directory, drawn)


def report(voice: Voice, found: Unmixing, out: Outcome) -> None:
    """What came out, for people and for machines."""
    text = IN_WORDS(found.info())
    beside = ["nearest known", "angle (rad)"] if found.matches is not None else []
    columns = ["share", "purest in", "peak", *beside]
    out.tell(voice, f"{text}\nSeed {out.chosen['seed']}.", columns, cells, right=(1, 5))
    out.hand_over(voice, {"shape": list(found.scene.X.shape), "lack_of_fit": found.lack_of_fit})


def cells(row: Any) -> list[Any]:
    """What is told of a pure spectrum, and the known one beside it."""
    own = [f"{row['share']:.1%}", row["purest"], row["peak"]]
    if "reference" not in row:
        return own
    return [*own, row["reference"], f"{row['angle']:.3f}"] if row["reference"] else [*own, "-", "-"]
