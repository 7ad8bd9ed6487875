"""``partwise demo``: four novels, cut into 193 chapters, come apart again; then pictures, ratings and sound."""

from __future__ import annotations

from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click

from partwise.cli import options
from partwise.cli.voice import Voice

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

__all__ = ["TFIDF", "demo"]

FILES = ("themes.csv", "chapters.csv", "model.pw", "run.toml")
THEMES, TOP = 4, 8
WORD = r"\b[a-zA-Z][a-zA-Z]+\b"
TFIDF = {"sublinear_tf": True, "stop_words": "english", "token_pattern": WORD, "min_df": 3, "max_df": 0.5}
"""Settings of scikit-learn's TfidfVectorizer: words of two or more letters, in 3 chapters to half of them."""


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
    from partwise.cli.components import output_folder
    from partwise.cli.pages import prepare_views
    from partwise.cli.pictures import fit_pictures, tell_drawn
    from partwise.datasets import load_novels_text
    from partwise.estimators import NMF

    prepare_views({"plots": plots, "report": report}, voice)
    folder = output_folder(out, FILES, voice) if out is not None else None
    texts = load_novels_text()
    words, X = tfidf(texts["text"])
    model: Any = NMF(random_state=seed).set_params(n_components=THEMES)
    W, seconds = fitted(model, X, words, voice)
    found = findings(model, W, words, texts)
    tell(voice, found, model, X.shape, seconds, seed)
    pictures = fit_pictures(model)
    other = tour(voice, seed, pictures)
    if folder is not None:
        write(folder, model, W, words, texts, seed)
        voice.say(f"\nWrote {', '.join(FILES)} to {folder}")
    if report is not None:
        write_page(voice, report, model, W, X, words, texts)
    tell_drawn(voice, plots, pictures)
    voice.say(f"\nThe whole took {perf_counter() - began:.1f} s. {hint(folder)}")
    leave(
        model,
        voice,
        {"verb": "demo", "seed": seed, "shape": list(X.shape), **found, **fit_quality(model, seconds), **other},
    )


def tour(voice: Voice, seed: int, pictures: dict[str, Any]) -> dict[str, Any]:
    """The other fields, after the texts; what each found. Each adds what can be drawn of it to ``pictures``."""
    from partwise.cli.tour import parts_stop, recommend_stop, separate_stop

    stops = {"parts": parts_stop, "recommend": recommend_stop, "separate": separate_stop}
    return {name: stop(voice, seed, pictures) for name, stop in stops.items()}


def leave(model: Any, voice: Voice, found: dict[str, Any]) -> None:
    """Hand over the JSON object; an interrupted fit ends with its own exit code."""
    from partwise.cli.fit import ending

    voice.result(found)
    ending(model, strict=False)


def tfidf(texts: Any) -> tuple[list[str], Any]:
    """The words, and how much each says about each text: (1 + log count) times rarity, rows of length 1."""
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(**TFIDF)
    X = vectorizer.fit_transform(texts)
    return vectorizer.get_feature_names_out().tolist(), X


def fitted(model: Any, X: Any, words: list[str], voice: Voice) -> tuple[np.ndarray, float]:
    """W, and the seconds of the fit."""
    from partwise.cli.fit import run_fit

    return run_fit(model, X, words, voice)


def fit_quality(model: Any, seconds: float) -> dict[str, Any]:
    """How well it fits, for machines."""
    from partwise.cli.fit import quality

    return quality(model, seconds)


def findings(model: Any, W: np.ndarray, words: list[str], texts: pd.DataFrame) -> dict[str, Any]:
    """Themes with their top words and shares, the count of chapters by book and theme, and their agreement."""
    from sklearn.metrics import normalized_mutual_info_score

    from partwise.cli.components import shares, top_features

    H, strongest = model.components_, W.argmax(axis=1)
    themes = [
        {"component": q, "share": part, "top": top_features(H[q], words, TOP)} for q, part in enumerate(shares(W, H))
    ]
    books = {
        book: [int(((texts["title"] == book) & (strongest == q)).sum()) for q in range(len(H))]
        for book in dict.fromkeys(texts["title"])
    }
    return {
        "components": themes,
        "books": books,
        "nmi": float(normalized_mutual_info_score(texts["title"], strongest)),
    }


def tell(voice: Voice, found: dict[str, Any], model: Any, shape: Any, seconds: float, seed: int) -> None:
    """The findings, for people."""
    from partwise.cli.components import tell_components
    from partwise.cli.fit import tell_stop

    voice.say(
        f"{shape[0]} chapters of {len(found['books'])} novels, {shape[1]:,} words (tf-idf), mixed. "
        f"{len(found['components'])} themes, seed {seed} (the start used here is the same for every seed):\n"
    )
    tell_components(voice, found["components"], "top words")
    voice.say("\nWhich theme is strongest in how many chapters of which book?\n")
    rows = [[book, *(str(count) if count else "." for count in counts)] for book, counts in found["books"].items()]
    numbers = range(1, len(found["components"]) + 1)
    voice.table(["book", *(f"theme {q - 1}" for q in numbers)], rows, right=tuple(numbers))
    voice.say(f"\nAgreement of theme and book: NMI {found['nmi']:.3f} (1 is perfect, 0 is chance)")
    tell_stop(voice, model, seconds)


def write(folder: Path, model: Any, W: np.ndarray, words: list[str], texts: pd.DataFrame, seed: int) -> None:
    """themes.csv (a line per word), chapters.csv (a line per chapter), the model and run.toml."""
    from partwise.cli.run import write_run
    from partwise.io import write_table
    from partwise.persist import save

    themes = [f"theme_{q}" for q in range(W.shape[1])]
    write_table(folder / "themes.csv", model.components_.T, words, themes)
    write_table(folder / "chapters.csv", W, chapters_of(texts), themes)
    save(model, folder / "model.pw")
    result = {"stop_reason": model.stop_reason_, "n_iter": model.n_iter_}
    write_run(folder / "run.toml", "demo", {"seed": seed, "out": str(folder)}, {}, result)


def write_page(voice: Voice, path: str, model: Any, W: np.ndarray, X: Any, words: list[str], texts: Any) -> None:
    """The report: the themes, and which chapter of which book is made of which."""
    from partwise.cli.pages import write_report
    from partwise.io import Matrix

    matrix = Matrix(X, tuple(chapters_of(texts)), tuple(words), Path("novels"), ())
    books = {"book": texts["title"].tolist()}
    write_report(voice, path, model, matrix, W=W, groups=books, title=f"{W.shape[1]} themes of {len(texts)} chapters")
    voice.say(f"\nWrote {path}: open it in a browser")


def chapters_of(texts: pd.DataFrame) -> list[str]:
    """Book and number of every chapter."""
    return [f"{title}, chapter {n}" for title, n in zip(texts["title"], texts["chapter"], strict=True)]


def hint(folder: Path | None) -> str:
    """What to try next."""
    if folder is None:
        return "Next: partwise demo --out demo (keeps the tables and the model), or partwise fit YOUR.csv -k 5"
    return f"Next: partwise show {folder / 'model.pw'}, or partwise fit YOUR.csv -k 5"
