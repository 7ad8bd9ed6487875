"""Draw docs/pictures/readme.png from data that are shipped: ``python docs/readme_picture.py``."""

import sys
import textwrap
from pathlib import Path

import matplotlib.pyplot as plt

from partwise import plot
from partwise.apps.images import parts
from partwise.apps.topics import topics
from partwise.datasets import load_digits, load_novels_text

PICTURE = Path(__file__).with_name("pictures") / "readme.png"


def draw(file: Path = PICTURE) -> None:
    """Sixteen parts of 1797 digits, and beside them the themes of four novels."""
    digits = load_digits()
    strokes = parts(digits.X, 16, size=digits.extra["image_shape"])
    table = load_novels_text()
    novels = topics(table, 4, text="text", lang="en")
    figure = plt.figure(figsize=(10, 3.1), dpi=110, layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 3.2))
    plot.montage(strokes.components, left.subplots())
    left.suptitle("digits: 16 strokes", fontsize=11)
    axes = right.subplots(1, 4)
    plot.top_words(novels, n=6, axes=axes)
    for topic, ax in enumerate(axes):
        of_topic = table["title"][novels.get_document_info()["Topic"].to_numpy() == topic]
        ax.set_title(textwrap.fill(of_topic.mode()[0], 16), fontsize=9)
    right.suptitle("193 chapters of four novels: 4 themes", fontsize=11)
    figure.savefig(file, metadata={"Software": None})
    plt.close(figure)


if __name__ == "__main__":
    draw(*map(Path, sys.argv[1:]))
