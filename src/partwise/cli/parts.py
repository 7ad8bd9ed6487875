"""``partwise parts``: a folder or stack of pictures into parts that are pictures, and a recipe for every picture."""

from __future__ import annotations

import io
import re
import warnings
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.outcome import Outcome
from partwise.cli.voice import Voice

if TYPE_CHECKING:
    import numpy as np

    from partwise.apps.images import Comparison, Parts
    from partwise.io import Pictures

__all__ = ["parts"]

FILES = ("parts.png", "encodings.csv", "reconstructions.png", "model.pw", "run.toml")
SHOWN = 10
"""Pictures on the sheet of reconstructions."""
ZOOM = 96
"""A tile of a sheet is magnified to about so many pixels, so that small pictures can be seen."""


class PictureSize(click.ParamType):
    """Height and width in pixels."""

    name = "size"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """``HEIGHTxWIDTH``, both at least 1."""
        sides = re.fullmatch(r"\s*0*([1-9]\d*)\s*[x×]\s*0*([1-9]\d*)\s*", str(value).lower())
        if sides is None:
            self.fail(f"{value!r} is no size. Give height x width in pixels, such as 64x48.")
        return f"{sides[1]}x{sides[2]}"


@click.command()
@click.argument("source")
@options.model
@click.option(
    "--size", type=PictureSize(), metavar="HxW", help="Height x width to bring pictures to; the shape of flat rows."
)
@click.option(
    "--resize", type=click.Choice(("crop", "stretch")), help="How pictures of another size are brought to it."
)
@click.option("--mask", metavar="FILE", help="A picture of that size: where it is black, pixels do not count.")
@click.option(
    "--negatives", type=click.Choice(("error", "clip")), default="error", show_default=True, help="Values below 0."
)
@click.option(
    "--sparse", type=options.Number(0, 1, max_open=True), help="Least Hoyer sparseness of a part, such as 0.6."
)
@click.option("--compare", is_flag=True, help="Set PCA and vector quantization (k-means) beside the parts.")
@options.views
@options.folder("Where to write the parts, recipes, reconstructions and the model; default: NAME-parts.")
@options.voice
def parts(source: str, voice: Voice, **chosen: Any) -> None:
    """Learn the parts of pictures, and what every picture is made of.

    SOURCE is a folder of pictures (.png, .jpg, .tif and others), a .tif or .gif of several pages, or an .npz or .npy
    array of shape (n, height, width), (n, height, width, 3) or (n, pixels). Pictures become grey, 0 to 1. Writes
    parts.png, encodings.csv (a row per picture), the rebuilt pictures, model.pw and run.toml.
    """
    from partwise.apps.images import check_collection, compare
    from partwise.cli.components import default_folder, output_folder
    from partwise.cli.fit import check_size, check_size_given, ending, new_model, refuse_wrong_pair
    from partwise.cli.pages import prepare_views, write_report
    from partwise.cli.run import fingerprints

    check_size_given(chosen["components"])
    prepare_views(chosen, voice)
    model = sparse_enough(new_model(chosen, voice), chosen["sparse"])
    refuse_wrong_pair(model)
    pictures = read(source, chosen, voice)
    check_collection(pictures)
    mask = read_mask(chosen["mask"], pictures.size)
    height, width = pictures.size
    check_size(chosen["components"], (len(pictures.stack), height * width), chosen["force"])
    chosen["out"] = chosen["out"] or default_folder(source, "parts")
    folder = output_folder(chosen["out"], FILES, voice)
    sha256 = fingerprints({"source": source, **({"mask": chosen["mask"]} if mask is not None else {})}, voice)

    found, seconds = learn(pictures, mask, model, voice)
    beside = compare(found, random_state=chosen["seed"]) if chosen["compare"] else None
    files = write(folder, found, Path(source).is_dir(), {"source": source, **chosen}, sha256)
    files |= draw(chosen["plots"], found, beside)
    files |= write_report(voice, chosen["report"], found, sha256=sha256["source"])
    asked = {"source": source, **chosen}
    report(voice, found, beside, Outcome("parts", "part", found.model, seconds, found.to_frame(), folder, files, asked))
    ending(found.model, chosen["strict"])


# ------------------------------------------------------------------ before


def sparse_enough(model: Any, sparseness: float | None) -> Any:
    """The model, whose parts must be as sparse as was asked for."""
    if sparseness is not None:
        import partwise

        model.set_params(penalty_H=partwise.penalties.Hoyer(sparseness))
    return model


def read(source: str, chosen: dict[str, Any], voice: Voice) -> Pictures:
    """The pictures, with every guess told."""
    from partwise.io import read_pictures

    height, _, width = (chosen["size"] or "").partition("x")
    size = (int(height), int(width)) if width else None
    pictures = read_pictures(source, size=size, resize=chosen["resize"], negatives=chosen["negatives"])
    for note in pictures.notes:
        voice.note(note)
    black = [name for name, picture in zip(pictures.names, pictures.stack, strict=True) if not picture.any()]
    if black:
        what = (
            f"1 picture is black ({black[0]})" if len(black) == 1 else f"{len(black)} pictures are black ({black[0]})"
        )
        voice.note(f"{pictures.source}: {what}; black is made of no part.")
    return pictures


def read_mask(path: str | None, size: tuple[int, int]) -> np.ndarray | None:
    """The mask as one picture."""
    import numpy as np

    from partwise.errors import DataError
    from partwise.io import as_pictures, read_pictures
    from partwise.io.read import read_array

    if path is None:
        return None
    if Path(path).suffix.lower() in (".npy", ".npz"):
        array, _, _ = read_array(path)
        return np.asarray(as_pictures(array[None] if array.ndim == 2 else array, source=path).stack[0])
    mask = read_pictures(path)
    if len(mask.stack) != 1 or mask.size != size:
        raise DataError(
            f"{path} holds {len(mask.stack)} pictures of {mask.size[0]} x {mask.size[1]}; a mask is one picture of "
            f"{size[0]} x {size[1]} (height x width), black where pixels do not count."
        )
    return mask.stack[0]


# ------------------------------------------------------------------ the fit


def learn(pictures: Pictures, mask: Any, model: Any, voice: Voice) -> tuple[Parts, float]:
    """The parts, and the seconds of the fit."""
    from partwise.apps import images
    from partwise.cli.progress import watch
    from partwise.estimators import NotConvergedWarning

    watch(model, voice)
    warnings.simplefilter("ignore", NotConvergedWarning)  # told in the command line's own words
    began = perf_counter()
    found = images.parts(pictures, mask=mask, model=model)
    return found, perf_counter() - began


# ------------------------------------------------------------------ after


def write(folder: Path, found: Parts, one_by_one: bool, chosen: dict[str, Any], sha256: dict[str, str]) -> dict:
    """Every file whole or not at all; run.toml last. A folder comes back as a folder, a stack as a stack."""
    from partwise.cli.run import write_run
    from partwise.io import write_table

    write_sheet(folder / "parts.png", found.components)
    write_sheet(folder / "reconstructions.png", pairs(found), columns=min(SHOWN, len(found.W)))
    write_table(folder / "encodings.csv", found.W, found.pictures.names, found.names)
    rebuilt = write_folder(folder / "rebuilt", found) if one_by_one else write_stack(folder / "rebuilt.npz", found)
    found.save(folder / "model.pw")
    result = {"stop_reason": getattr(found.model, "stop_reason_", ""), "error": found.error}
    write_run(folder / "run.toml", "parts", chosen, sha256, result)
    return {name: str(folder / name) for name in FILES} | {rebuilt.name: str(rebuilt)}


def pairs(found: Parts) -> np.ndarray:
    """The first pictures, and below them what their parts make of them."""
    import numpy as np

    return np.concatenate([found.pictures.stack[:SHOWN], found.rebuilt[:SHOWN]])


def write_sheet(path: Path, stack: np.ndarray, columns: int | None = None) -> None:
    """Many pictures as one .png, small ones magnified by a whole number."""
    import numpy as np

    from partwise.apps.images import tiled
    from partwise.cli.run import write_whole
    from partwise.io import png_bytes

    zoom = max(1, ZOOM // max(stack.shape[1:]))
    large = np.repeat(np.repeat(stack, zoom, axis=1), zoom, axis=2)
    write_whole(path, png_bytes(tiled(large, columns, gap=max(2, zoom))))


def write_folder(folder: Path, found: Parts) -> Path:
    """A .png for every picture, under its own name."""
    from partwise.cli.run import write_whole
    from partwise.io import png_bytes

    for name, picture in zip(found.pictures.names, found.rebuilt, strict=True):
        path = folder / (name if name.lower().endswith(".png") else f"{name}.png")
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, png_bytes(picture))
    return folder


def write_stack(path: Path, found: Parts) -> Path:
    """One array (n, height, width) of 0 to 1, float32, and the names."""
    import numpy as np

    from partwise.cli.run import write_whole

    buffer = io.BytesIO()
    np.savez_compressed(buffer, values=found.rebuilt.astype(np.float32), row_names=np.array(found.pictures.names))
    write_whole(path, buffer.getvalue())
    return path


def draw(directory: str | None, found: Parts, beside: Comparison | None) -> dict[str, str]:
    """The pictures of ``--plots``: file name -> path."""
    from partwise import plot
    from partwise.cli.pictures import draw_all

    typical = int(found.W.sum(axis=1).argmax())
    drawn = {
        "montage": lambda: plot.montage(found.components, titles=found.names),
        "equation": lambda: plot.lee_seung(found, typical),
        "build_up": lambda: plot.build_up(found, typical),
        "rebuilt": lambda: plot.rebuilt(found, range(min(8, len(found.W)))),
        "similarity": lambda: plot.similarity(found.model, components=found.names),
        "convergence": lambda: plot.convergence(found.model),
    }
    if beside is not None:
        drawn["methods"] = lambda: plot.methods(beside)
    return draw_all(directory, drawn)


def report(voice: Voice, found: Parts, beside: Comparison | None, out: Outcome) -> None:
    """What came out, for people and for machines."""
    text = f"{found.info()}  (seed {out.chosen['seed']})"
    out.tell(voice, text, ("share", "sparseness", "black", "strongest in"), cells, right=(1, 2, 3))
    if beside is not None:
        tell_comparison(voice, beside)
    facts = {"pictures": len(found.W), "size": list(found.pictures.size), "error": found.error}
    out.hand_over(voice, {**facts, "comparison": None if beside is None else beside.table.to_dict(orient="index")})


def cells(row: Any) -> tuple[Any, ...]:
    """What is told of a part."""
    return f"{row['share']:.1%}", f"{row['sparseness']:.2f}", f"{row['black']:.0%}", row["strongest"]


def tell_comparison(voice: Voice, beside: Comparison) -> None:
    """PCA, NMF and VQ, a line each."""
    voice.say("\nThe same pictures by PCA (nearest, with parts that cancel) and VQ (one prototype each):\n")
    rows = [
        [str(name), f"{row['error']:.4f}", f"{row['sparseness']:.2f}", f"{row['negative']:.0%}", f"{row['used']:.1f}"]
        for name, row in beside.table.iterrows()
    ]
    voice.table(["method", "error", "sparseness", "negative", "parts used"], rows, right=(1, 2, 3, 4))
