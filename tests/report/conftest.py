"""Summaries of every kind, made by hand from planted numbers as src/partwise/report/README.md documents them."""

import io
import wave

import numpy as np
import pytest

from partwise.report import quantised

TOPICS = {
    "battery life": "battery charge hour life last charger power drain plug full overnight standby",
    "screen & colour": "screen display colour bright pixel glass scratch contrast panel sun finger glare",
    "delivery": "delivery box arrive late courier parcel door package week track wrong return",
    "price": "price cheap money worth value cost pay offer sale bargain dear budget",
}


def planted(rng, n, k, p, names=None):
    """W, H with one strong block of features to each component, and the names of the features."""
    H = rng.random((k, p)) * 0.15
    for component, block in enumerate(np.array_split(np.arange(p), k)):
        H[component, block] += np.sort(rng.gamma(2.0, 1.0, len(block)))[::-1]
    W = rng.dirichlet(np.full(k, 0.3), n) * rng.gamma(5.0, 1.0, (n, 1))
    return W, H, names or [f"feature {place}" for place in range(p)]


def cells_of(X, kept=12):
    """The largest ``kept`` features of each row, as CSR."""
    places = np.argsort(-X, axis=1, kind="stable")[:, :kept]
    return {
        "start": np.arange(len(X) + 1) * places.shape[1],
        "feature": places.ravel(),
        "value": np.take_along_axis(X, places, axis=1).ravel(),
    }


def cosines(H):
    unit = H / np.linalg.norm(H, axis=1, keepdims=True)
    return unit @ unit.T


def base(kind, words, W, H, features, *, title, labels=None, items=None):
    """All that every kind has."""
    (n, k), rng = W.shape, np.random.default_rng(7)
    mass = H.sum(axis=1)
    mixture = W * mass
    share = mixture.sum(axis=0) / mixture.sum()
    angle = np.linspace(0, 2 * np.pi, k, endpoint=False)
    places = np.column_stack([np.cos(angle), np.sin(angle)])
    part = mixture / mixture.sum(axis=1, keepdims=True)
    iteration = np.arange(0, 60, 3)
    singular, plural = words[::2], words[1::2]
    return {
        "schema": 1,
        "kind": kind,
        "title": title,
        "words": dict(zip(("component", "item", "feature"), singular, strict=True))
        | dict(zip(("components", "items", "features"), plural, strict=True)),
        "overview": {
            "facts": [[words[1], k], [words[3], n], ["explained", "61 %"], ["loss", "Frobenius"], ["iterations", 57]],
            "stop_reason": "The objective fell by less than 1e-4 of its first value in an iteration.",
            "converged": True,
            "warnings": [],
            "provenance": [
                ["partwise", "0.1.0"],
                ["numpy", "2.4.6"],
                ["seed", 0],
                ["sha256 of the input", "5f3a" * 16],
            ],
        },
        "components": [
            {
                "label": labels[c] if labels else f"{words[0]} {c}",
                "share": share[c],
                "mass": mass[c],
                "items": np.argsort(-part[:, c], kind="stable")[:8],
                "measures": [["stability", 0.91]],
            }
            for c in range(k)
        ],
        "similarity": cosines(H),
        "features": {"names": features, "weights": H, "total": len(features)},
        "items": {
            "names": items or [f"{words[2]} {place}" for place in range(n)],
            "weights": quantised(W),
            "total": n,
            "explained": rng.uniform(0.3, 0.9, n),
            "cells": cells_of(np.maximum(W @ H + rng.normal(0, 0.1, (n, H.shape[1])), 0)),
        },
        "map": {"components": places, "items": part @ places + rng.normal(0, 0.05, (n, 2))},
        "convergence": {
            "iteration": iteration,
            "objective": 40 + 60 * np.exp(-iteration / 8),
            "kkt": np.exp(-iteration / 9),
            "name": "half the squared error",
        },
        "notices": ["This file embeds your data: whoever has it can read them."],
    }


def topics(n=120, texts=None):
    rng, labels = np.random.default_rng(0), list(TOPICS)
    vocabulary = [word for words in TOPICS.values() for word in words.split()]
    W, H, _ = planted(rng, n, len(TOPICS), len(vocabulary))
    summary = base(
        "topics",
        ("topic", "topics", "document", "documents", "word", "words"),
        W,
        H,
        vocabulary,
        title="Reviews of a telephone",
        labels=labels,
    )
    X = rng.poisson(W @ H)
    written = [" ".join(np.repeat(vocabulary, row)[rng.permutation(row.sum())][:40]) for row in X]
    written[: len(texts or [])] = texts or []
    share = rng.dirichlet(np.full(len(labels), 3.0), 12)
    return summary | {
        "items": summary["items"]
        | {"texts": written, "details": {"columns": ["stars"], "rows": [[1 + place % 5] for place in range(n)]}},
        "time": {
            "name": "month",
            "periods": [f"2026-{month:02d}" for month in range(1, 13)],
            "shares": share,
            "counts": rng.integers(5, 30, 12),
        },
        "groups": [{"name": "country", "names": ["de", "fr", "it"], "shares": share[:3], "counts": [50, 40, 30]}],
    }


def images():
    rng, (height, width, k, n) = np.random.default_rng(1), (12, 10, 6, 40)
    y, x = np.mgrid[:height, :width]
    centres = rng.uniform([1, 1], [height - 1, width - 1], (k, 2))
    H = np.stack([np.exp(-((y - a) ** 2 + (x - b) ** 2) / 6).ravel() for a, b in centres])
    W = rng.gamma(0.8, 0.5, (n, k))
    pixels = [f"row {a}, column {b}" for a in range(height) for b in range(width)]
    words = ("part", "parts", "picture", "pictures", "pixel", "pixels")
    shown = np.arange(0, n, 2)
    return base("images", words, W, H, pixels, title="Blobs") | {
        "pictures": {
            "height": height,
            "width": width,
            "channels": 1,
            "parts": quantised(H),
            "shown": shown,
            "originals": np.rint(255 * np.clip(W @ H, 0, 1))[shown].astype(np.uint8),
            "top": 1.0,
        }
    }


def ratings():
    rng, k, n = np.random.default_rng(2), 3, 60
    films = [f"{word} {place}" for word in ("Space film", "Love story", "Cartoon") for place in range(1, 9)]
    W, H, _ = planted(rng, n, k, len(films))
    order = np.argsort(-H, axis=1)
    cards = [
        {
            "top": [[int(f), float(H[c, f])] for f in order[c, :5]],
            "bottom": [[int(f), float(H[c, f])] for f in order[c, -5:]],
        }
        for c in range(k)
    ]
    users = [
        {
            "item": user,
            "ratings": [[int(f), int(rng.integers(1, 6))] for f in rng.permutation(len(films))[:6]],
            "recommended": [
                [int(f), 4.5 - 0.2 * place, f"Because of {films[f - 1]}, which you gave 5."]
                for place, f in enumerate(rng.permutation(np.arange(1, len(films)))[:5])
            ],
        }
        for user in range(0, n, 4)
    ]
    words = ("taste", "tastes", "user", "users", "film", "films")
    summary = base("ratings", words, W, H, films, title="Ratings of films")
    return summary | {"ratings": {"cards": cards, "users": users, "scale": [1, 5]}}


def tone(rate, seconds, *frequencies):
    """A WAV file, read back by the browser's own decoder."""
    time = np.arange(int(rate * seconds)) / rate
    samples = sum(np.sin(2 * np.pi * frequency * time) for frequency in frequencies) / len(frequencies)
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes((samples * 2**14).astype("<i2").tobytes())
    return file.getvalue()


def sound():
    rng, k, frames, bins, rate = np.random.default_rng(3), 3, 200, 129, 8000
    frequencies, times = np.linspace(0, rate / 2, bins), np.arange(frames) * 0.01
    W = np.maximum(np.sin(np.arange(frames)[:, None] / np.array([5, 9, 14]) + np.arange(k)), 0) + 0.01
    pitches = np.array([262, 392, 523])
    H = np.stack([np.exp(-((frequencies - pitch) ** 2) / 2000) for pitch in pitches]) + 1e-4
    words = ("sound", "sounds", "moment", "moments", "frequency", "frequencies")
    power = 10 * np.log10(W @ H + rng.random((frames, bins)) * 1e-5)
    names = ["C4", "G4", "C5"]
    return base("sound", words, W, H, [f"{f:.0f} Hz" for f in frequencies], title="Three tones", labels=names) | {
        "sound": {
            "rate": rate,
            "seconds": 2.0,
            "mix": tone(rate, 2.0, *pitches),
            "stems": [
                {"name": names[c], "wav": tone(rate, 2.0, pitches[c]), "components": [c], "share": 1 / 3}
                for c in range(k)
            ],
            "times": times,
            "frequencies": frequencies,
            "spectrogram": np.rint(255 * np.clip((power - power.max() + 80) / 80, 0, 1)).astype(np.uint8),
            "depth": 80,
            "activations": quantised(W.T),
            "notes": [[0.3 * i, 0.3 * i + 0.25, [60, 67, 72][i % 3], names[i % 3], i % 3] for i in range(6)],
        }
    }


def programs():
    rng = np.random.default_rng(4)
    W, H, genes = planted(rng, 90, 4, 60, [f"GENE{place}" for place in range(60)])
    share = rng.dirichlet(np.full(4, 0.7), 5)
    kinds = ["B cell", "T cell", "monocyte", "NK cell", "platelet"]
    words = ("program", "programs", "cell", "cells", "gene", "genes")
    return base("programs", words, W, H, genes, title="Blood") | {
        "groups": [{"name": "cell type", "names": kinds, "shares": share, "counts": [30, 20, 20, 15, 5]}]
    }


def signatures():
    rng, changes = np.random.default_rng(5), ["C>A", "C>G", "C>T", "T>A", "T>C", "T>G"]
    names = [f"{a}[{change}]{b}" for change in changes for a in "ACGT" for b in "ACGT"]
    H = rng.dirichlet(np.full(96, 0.15), 3)
    W = rng.gamma(2.0, 200.0, (25, 3))
    words = ("signature", "signatures", "sample", "samples", "channel", "channels")
    return base("signatures", words, W, H, names, title="Mutations") | {
        "channels": {
            "names": names,
            "groups": [change for change in changes for _ in range(16)],
            "weights": H,
            "matches": [["SBS1", 0.98], ["SBS5", 0.88], None],
        }
    }


def spectra():
    rng, height, width = np.random.default_rng(6), 20, 30
    axis = np.linspace(400, 2500, 80)
    H = np.stack([0.2 + np.exp(-(((axis - centre) / 300) ** 2)) for centre in (700, 1400, 2100)])
    y, x = np.mgrid[:height, :width] / 30
    W = np.stack([x, y, np.maximum(1 - x - y, 0)], axis=-1).reshape(-1, 3) + rng.random((height * width, 3)) * 0.05
    pixels = [f"row {place // width}, column {place % width}" for place in range(height * width)]
    words = ("material", "materials", "pixel", "pixels", "band", "bands")
    summary = base("spectra", words, W, H, [f"{a:.0f} nm" for a in axis], title="A scene", items=pixels)
    return summary | {
        "curves": {"axis": axis, "axis_name": "wavelength (nm)", "value_name": "reflectance", "values": H},
        "maps": {"height": height, "width": width, "values": quantised(W.T), "name": "abundance"},
    }


def signals():
    time = np.linspace(0, 4, 160)
    sources = np.stack([1 + np.sin(5 * time), 1 + np.sign(np.sin(9 * time)), (time * 2) % 1])
    mixing = np.array([[1.0, 0.3, 0.2], [0.2, 1.0, 0.4], [0.4, 0.1, 1.0]])
    words = ("source", "sources", "moment", "moments", "microphone", "microphones")
    names = ["left", "middle", "right"]
    return base("signals", words, sources.T + 0.0, mixing, names, title="Three speakers") | {
        "curves": {
            "axis": time,
            "axis_name": "seconds",
            "value_name": "strength",
            "values": sources,
            "observed": {"names": names, "values": (sources.T @ mixing).T},
        }
    }


def matrix():
    """The least that a summary may hold, with all optional keys absent."""
    W, H, features = planted(np.random.default_rng(8), 30, 3, 12)
    summary = base("matrix", ("component", "components", "row", "rows", "column", "columns"), W, H, features, title="X")
    summary = {key: value for key, value in summary.items() if key not in ("similarity", "map", "convergence")}
    summary["overview"] |= {"stop_reason": None, "converged": False, "warnings": ["Stopped after 10 iterations."]}
    summary["items"] = {key: summary["items"][key] for key in ("names", "weights", "total")}
    for component in summary["components"]:
        del component["items"], component["measures"]
    return summary


EXAMPLES = {
    make.__name__: make for make in (matrix, topics, images, ratings, sound, programs, signatures, spectra, signals)
}


@pytest.fixture(params=EXAMPLES)
def summary(request):
    """A summary of each kind in turn."""
    return EXAMPLES[request.param]()


@pytest.fixture(scope="session")
def example():
    """The function that makes the summary of a kind, by the name of the kind."""
    return EXAMPLES
