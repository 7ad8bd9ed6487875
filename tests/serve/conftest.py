"""Small models of every kind that is served, and a client of each."""

import functools

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

import partwise
from partwise.apps.ratings import Recommender
from partwise.apps.topics import TopicModel
from partwise.datasets import make_ratings, ratings_5x4

TEXTS = [
    "dogs chase cats and cats flee",
    "cats fear dogs and barking",
    "barking dogs chase the cat",
    "taxes rise with the budget",
    "the budget cuts taxes again",
    "parliament votes on the budget and taxes",
]


def matrix():
    return partwise.NMF(2, random_state=0).fit(ratings_5x4())


def batches():
    return partwise.MiniBatchNMF(2, random_state=0, max_iter=200).fit(np.asarray(ratings_5x4()))


def topics():
    return TopicModel(2, lang="en", min_df=1).fit(TEXTS, names=[f"title {i}" for i in range(len(TEXTS))])


def ratings():
    return Recommender(3, tune=False).fit(make_ratings().extra["table"])


def purchases():
    return Recommender(3, implicit=True, tune=False).fit(make_ratings().extra["table"])


def empty_names():
    table = pd.DataFrame(np.eye(3) + 1, columns=["<script>alert(1)</script>", "", "\u202e水"])
    return partwise.NMF(1, random_state=0, beta_loss="kullback-leibler").fit(table)


MAKERS = {one.__name__: one for one in (matrix, batches, topics, ratings, purchases, empty_names)}


@functools.cache
def model_of(name):
    return MAKERS[name]()


@pytest.fixture
def client():
    """A client of a model by its name, which answers 500 for what raises."""

    def of(name, **options):
        served = partwise.serve.app(model_of(name), **options)
        return TestClient(served, raise_server_exceptions=False, base_url="http://127.0.0.1")

    return of
