"""A small fitted result of every kind, made when it is asked for and kept."""

import functools
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd

import partwise
from partwise import apps, datasets, report

TEXTS = [
    "dogs chase cats and cats flee",
    "cats fear dogs and barking",
    "barking dogs chase the cat",
    "taxes rise with the budget",
    "the budget cuts taxes again",
    "parliament votes on the budget and taxes",
]
TITLES = [f"title {i}" for i in range(len(TEXTS))]


def matrix():
    table = datasets.ratings_5x4()
    return partwise.NMF(2, random_state=0).fit(table), table


def batches():
    table = datasets.ratings_5x4()
    return partwise.MiniBatchNMF(2, random_state=0, max_iter=200).fit(table), table


def topics():
    return apps.topics.TopicModel(2, lang="en", min_df=1).fit(TEXTS, names=TITLES), None


def images():
    lcd = datasets.make_lcd_digits()
    return apps.images.parts(lcd.X, 7, size=lcd.extra["image_shape"]), None


def image_model():
    return images()[0].model, datasets.make_lcd_digits().X


def ratings():
    return apps.ratings.Recommender(3, tune=False).fit(datasets.make_ratings().extra["table"]), None


def purchases():
    model = apps.ratings.Recommender(3, implicit=True, tune=False)
    return model.fit(datasets.make_ratings().extra["table"]), None


def sound():
    rate = 4000
    time = np.arange(rate) / rate
    wave = np.r_[np.sin(2 * np.pi * 220 * time), np.sin(2 * np.pi * 660 * time)] / 2
    return apps.audio.separate(wave, 2, rate=rate, window=512, hop=128), None


def programs():
    made = datasets.make_cells(120, 200, 3)
    table = pd.DataFrame(made.X.toarray(), index=made.row_names, columns=made.feature_names)
    return apps.programs.programs(table, 3, runs=2), None


def signatures():
    made = datasets.make_mutations(40)
    truth = pd.DataFrame(made.H, index=made.component_names, columns=made.feature_names)
    counts = pd.DataFrame(made.X, columns=made.feature_names)
    return apps.programs.signatures(counts, 5, reference=truth, n_init=2), None


def given_signatures():
    made = datasets.make_mutations(10)
    truth = pd.DataFrame(made.H, index=made.component_names, columns=made.feature_names)
    return apps.programs.refit(pd.DataFrame(made.X, columns=made.feature_names), truth), None


def spectra():
    rng = np.random.default_rng(0)
    pure = rng.dirichlet(np.full(12, 0.5), 3)
    cube = (rng.dirichlet(np.full(3, 0.4), 60) @ pure).reshape(6, 10, 12)
    return apps.spectra.unmix(cube, 3, reference=pure), None


def signals():
    made = datasets.make_signals()
    model = partwise.NMF(3, random_state=0, max_iter=2000)
    return apps.signals.unmix(made.X[:300], 3, sources=made.W[:300], model=model), made.X[:300]


MAKERS = {
    make.__name__: functools.cache(make)
    for make in (
        matrix,
        batches,
        topics,
        images,
        image_model,
        ratings,
        purchases,
        sound,
        programs,
        signatures,
        given_signatures,
        spectra,
        signals,
    )
}
"""Name -> a function that gives a fitted model and the data to show it on."""


@functools.cache
def written(name):
    """The report of a kind, made once for all tests of a process: what `write` returns, and the bytes of the page."""
    model, data = MAKERS[name]()
    with tempfile.TemporaryDirectory() as folder:
        found = report.write(model, Path(folder) / "x.html", data)
        return found, found.path.read_bytes()
