"""Small models of every kind that is served, a client of each, and a real server."""

import contextlib
import functools
import threading

import numpy as np
import pandas as pd
import pytest
from starlette.testclient import TestClient

import partwise
from partwise.serve import door, web
from tests.report import models


def empty_names():
    table = pd.DataFrame(np.eye(3) + 1, columns=["<script>alert(1)</script>", "", "\u202e水"])
    return partwise.NMF(1, random_state=0, beta_loss="kullback-leibler").fit(table)


MAKERS = {
    make.__name__: lambda make=make: make()[0]
    for make in (models.matrix, models.batches, models.topics, models.ratings, models.purchases)
} | {"empty_names": empty_names}


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


@contextlib.contextmanager
def serving(model, **options):
    """The URL of a server in a thread."""
    with door.listen("127.0.0.1", 0, None) as listening:
        running = web.server(partwise.serve.app(model, hosts=door.names_of(listening), **options))
        thread = threading.Thread(target=running.run, kwargs={"sockets": [listening]})
        thread.start()
        try:
            yield door.url_of(listening)
        finally:
            running.should_exit = True
            thread.join()
