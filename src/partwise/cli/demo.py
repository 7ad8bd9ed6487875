"""``partwise demo``: four novels, cut into 193 chapters, come apart again; then pictures, ratings and sound."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.voice import Voice

if TYPE_CHECKING:
    import pandas as pd

    from partwise.apps.topics import TopicModel

__all__ = ["demo"]

FILES = ("themes.csv", "chapters.csv", "model.pw", "run.toml")
THEMES, TOP = 4, 8


@click.command()
@click.option("--seed", type=click.IntRange(0, 2**32 - 1), default=0, show_default=True, help="For random starts.")
@options.plots
@options.report
@options.folder("Write themes.csv, chapters.csv, model.pw and run.toml there; default: write nothing.")
@options.voice
def demo(seed: int, plots: str | None, report: str | None, out: str | None, voice: Voice) -> None:
    """Take four novels apart, then pictures, ratings and sound.

    The chapters of four novels are mixed; nobody tells the factorization which chapter is from which book. It finds
    four themes, and they turn out to be the books. Then: the cells of a display, the tastes behind ratings of films,
    the keys of a piano. Each is one call of `partwise.apps`, and one verb for files of your own.
    """
    began = perf_counter()
    from partwise.apps.topics import TopicModel
    from partwise.cli.components import output_folder
    from partwise.cli.fit import ending, quality, run_fit
    from partwise.cli.pages import prepare_views
    from partwise.cli.pictures import tell_drawn
    from partwise.cli.topic_files import pictures_of
    from partwise.datasets import load_novels_text

    prepare_views({"plots": plots, "report": report}, voice)
    folder = output_folder(out, FILES, voice) if out is not None else None
    texts = load_novels_text()
    model = TopicModel(THEMES, lang="en", random_state=seed)
    X = model.prepare(texts["text"].tolist(), chapters_of(texts))
    W, seconds = run_fit(model.model_, X, None, voice)
    found = findings(model.adopt(W), texts)
    tell(voice, found, model, seconds, seed)
    pictures = pictures_of(model)
    other = tour(voice, seed, pictures)
    if folder is not None:
        write(folder, model, seed)
        voice.say(f"\nWrote {', '.join(FILES)} to {folder}")
    if report is not None:
        write_page(voice, report, model, texts)
    tell_drawn(voice, plots, pictures)
    voice.say(f"\nThe whole took {perf_counter() - began:.1f} s. {hint(folder)}")
    result = {"verb": "demo", "seed": seed, "shape": list(X.shape), **found, **quality(model.model_, seconds), **other}
    voice.result(result)
    ending(model.model_, strict=False)


def tour(voice: Voice, seed: int, pictures: dict[str, Any]) -> dict[str, Any]:
    """The other fields, after the texts; what each found. Each adds what can be drawn of it to ``pictures``."""
    from partwise.cli.tour import parts_stop, recommend_stop, separate_stop

    stops = {"parts": parts_stop, "recommend": recommend_stop, "separate": separate_stop}
    return {name: stop(voice, seed, pictures) for name, stop in stops.items()}


def findings(model: TopicModel, texts: pd.DataFrame) -> dict[str, Any]:
    """Themes with their top words and shares, the count of chapters by book and theme, and their agreement."""
    from sklearn.metrics import normalized_mutual_info_score

    from partwise.cli.components import shares, top_features

    H, terms = model.components_, model.terms_.tolist()
    themes = [
        {"component": q, "share": part, "top": top_features(H[q], terms, TOP)}
        for q, part in enumerate(shares(model.document_topics_, H))
    ]
    books = {
        book: [int(((texts["title"] == book) & (model.topics_ == q)).sum()) for q in range(len(H))]
        for book in dict.fromkeys(texts["title"])
    }
    nmi = float(normalized_mutual_info_score(texts["title"], model.topics_))
    return {"components": themes, "books": books, "nmi": nmi}


def tell(voice: Voice, found: dict[str, Any], model: TopicModel, seconds: float, seed: int) -> None:
    """The findings, for people."""
    from partwise.cli.components import tell_components
    from partwise.cli.fit import tell_stop

    voice.say(
        f"{len(model.document_names_)} chapters of {len(found['books'])} novels, {len(model.terms_):,} words (tf-idf), "
        f"mixed. {THEMES} themes, seed {seed} (the start used here is the same for every seed):\n"
    )
    tell_components(voice, found["components"], "top words")
    voice.say("\nWhich theme is strongest in how many chapters of which book?\n")
    rows = [[book, *(str(count) if count else "." for count in counts)] for book, counts in found["books"].items()]
    numbers = range(1, THEMES + 1)
    voice.table(["book", *(f"theme {q - 1}" for q in numbers)], rows, right=tuple(numbers))
    voice.say(f"\nAgreement of theme and book: NMI {found['nmi']:.3f} (1 is perfect, 0 is chance)")
    tell_stop(voice, model.model_, seconds)


def write(folder: Path, model: TopicModel, seed: int) -> None:
    """themes.csv (a line per word), chapters.csv (a line per chapter), the model and run.toml."""
    from partwise.cli.run import write_run
    from partwise.io import write_table

    themes = [f"theme_{q}" for q in range(THEMES)]
    write_table(folder / "themes.csv", model.components_.T, model.terms_.tolist(), themes)
    write_table(folder / "chapters.csv", model.document_topics_, model.document_names_.tolist(), themes)
    model.save(folder / "model.pw")
    result = {"stop_reason": model.model_.stop_reason_, "n_iter": model.model_.n_iter_}
    write_run(folder / "run.toml", "demo", {"seed": seed, "out": str(folder)}, {}, result)


def write_page(voice: Voice, path: str, model: TopicModel, texts: pd.DataFrame) -> None:
    """The report: the themes, and which chapter of which book is made of which."""
    from partwise.apps.topics import Documents
    from partwise.cli.pages import write_report

    read = Documents(texts["text"].tolist(), model.document_names_.tolist(), None, None)
    books, title = {"book": texts["title"].tolist()}, f"{THEMES} themes of {len(texts)} chapters"
    write_report(voice, path, model, read, W=model.document_topics_, groups=books, title=title)
    voice.say(f"\nWrote {path}: open it in a browser")


def chapters_of(texts: pd.DataFrame) -> list[str]:
    """Book and number of every chapter."""
    return [f"{title}, chapter {n}" for title, n in zip(texts["title"], texts["chapter"], strict=True)]


def hint(folder: Path | None) -> str:
    """What to try next."""
    if folder is None:
        return "Next: partwise demo --out demo (keeps the tables and the model), or partwise topics YOUR.csv -k 5"
    return f"Next: partwise show {folder / 'model.pw'}, or partwise topics YOUR.csv -k 5"
