"""Draw docs/pictures/benchmarks.png from every JSON in docs/benchmarks: ``python docs/benchmarks_picture.py``."""

import json
import sys
from pathlib import Path

import matplotlib.pyplot as plt

HERE = Path(__file__).parent
PICTURE = HERE / "pictures" / "benchmarks.png"
COLOURS = {
    "sklearn": "#0072b2",
    "nmf-torch": "#e69f00",
    "torchnmf": "#cc79a7",
    "RcppML": "#009e73",
    "gensim": "#999999",
}
LOSSES = {2: "Frobenius", 1: "Kullback-Leibler", 0: "Itakura-Saito"}


def races(folder: Path) -> list[dict]:
    """Those that count, the losses together."""
    found = [race for path in sorted(folder.glob("*.json")) for race in json.loads(path.read_text("utf-8"))["races"]]
    return sorted((race for race in found if not race["lacking"]), key=lambda race: (race["beta"], race["dtype"]))


def library(name: str) -> str:
    """The library that a contestant belongs to."""
    return next((known for known in COLOURS if name.startswith(known)), name)


def draw(file: Path = PICTURE, folder: Path = HERE / "benchmarks") -> None:
    """A line for each race: how many times partwise's seconds everybody else took. Arrows are lower bounds."""
    found = races(folder)
    figure, ax = plt.subplots(figsize=(8, 0.8 + 0.3 * len(found)), dpi=110, layout="constrained")
    for line, race in enumerate(found):
        for row in race["rows"]:
            if row["name"] != "partwise" and row["ratio"]:
                marker, colour = ">" if row["bound"] else "o", COLOURS.get(library(row["name"]), "black")
                ax.plot(row["ratio"], line, marker, color=colour, markersize=7, alpha=0.8)
    names = [f"{race['workload']}, k={race['k']}, {LOSSES[race['beta']]}, {race['dtype']}" for race in found]
    ax.set(xscale="log", yticks=range(len(found)), yticklabels=names, xlabel="seconds, times those of partwise")
    ax.axvline(1, color="black", linewidth=2)
    ax.grid(axis="x", which="both", alpha=0.3)
    for name, colour in COLOURS.items():
        ax.plot([], [], "o", color=colour, label="scikit-learn" if name == "sklearn" else name)
    ax.plot([], [], ">", color="black", label="given up: at least this")
    figure.legend(loc="outside upper center", ncols=6, fontsize="small", frameon=False)
    figure.savefig(file, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    draw(*map(Path, sys.argv[1:]))
