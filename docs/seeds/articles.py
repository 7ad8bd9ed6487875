"""Figures of 20,000 articles on ten planted topics, at the size of the slides."""

from functools import cache

import numpy as np
import scipy.sparse as sp
from sklearn.preprocessing import normalize

from partwise import NMF
from partwise.apps.topics import similar
from partwise.datasets import make_articles


@cache
def articles():
    """The articles, their ten topics as found, and the weights of all articles."""
    planted = make_articles()
    model = NMF(n_components=10)
    W = model.fit_transform(planted.X)
    of = (normalize(planted.H) @ normalize(model.components_).T).argmax(axis=1)
    return planted, model, W, normalize(model.components_)[of]


def error_of_articles() -> list[float]:
    """Relative error of ten topics."""
    planted, model, _, _ = articles()
    return [model.reconstruction_err_ / sp.linalg.norm(planted.X)]


def lowest_cosine() -> list[float]:
    """Of the planted topics and those found."""
    planted, _, _, found = articles()
    return [float((normalize(planted.H) * found).sum(axis=1).min())]


def top_words() -> list[float]:
    """Percent of the ten heaviest words of the planted topics that are among those found."""
    planted, _, _, found = articles()
    top, ours = (np.argsort(-normalize(H), axis=1)[:, :10] for H in (planted.H, found))
    return [100 * float(np.mean([np.isin(a, b).mean() for a, b in zip(top, ours, strict=True)]))]


def neighbours() -> list[float]:
    """Mean planted cosine of 500 articles and the five nearest to each."""
    planted, _, W, _ = articles()
    picked = np.random.default_rng(0).choice(len(W), 500, replace=False)
    angles, unit = normalize(W), normalize(planted.W)
    cosines = angles[picked] @ angles.T
    cosines[np.arange(500), picked] = -1
    near = np.argpartition(-cosines, 5, axis=1)[:, :5]
    return [float(np.mean([(unit[j] @ unit[i]).mean() for i, j in zip(picked, near, strict=True)]))]


def with_itself() -> list[float]:
    """How far the similarity of an article with itself is from 1."""
    W = articles()[2][:50]
    return [max(abs(1 - similar(W, i)[i]) for i in range(50))]
