"""A real server: many at once get what one alone gets, and nothing that fits the document is an error of ours."""

import threading
from concurrent.futures import ThreadPoolExecutor

import httpx2
import hypothesis
import numpy as np
import pytest
import schemathesis
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

import partwise
from tests.report.models import TEXTS

from .conftest import model_of, serving


def questions(name, count):
    """Different questions to a model."""
    rng = np.random.default_rng(0)
    if name == "topics":
        words = " ".join(TEXTS).split()
        return [("transform", {"texts": [" ".join(rng.choice(words, 6)), " ".join(words[i:])]}) for i in range(count)]
    if name == "ratings":
        items = model_of(name).items_.tolist()
        return [("recommend", {"ratings": {items[i % 40]: 1 + i % 3}, "n": 5}) for i in range(count)]
    return [("transform", {"rows": rng.random((1 + i % 7, 4)).tolist()}) for i in range(count)]


@pytest.mark.parametrize("name, count", [("matrix", 200), ("topics", 50), ("ratings", 50)])
def test_two_hundred_at_once_get_what_each_alone_gets(name, count):
    asked = questions(name, count)
    with serving(model_of(name)) as url, httpx2.Client(base_url=url, timeout=60) as client:

        def ask(question):
            path, body = question
            found = client.post(f"/api/{path}", json=body)
            assert found.status_code == 200, found.text
            return found.content

        alone = [ask(question) for question in asked]
        start = threading.Barrier(50)

        def together(place):
            if place < 50:
                start.wait()
            return ask(asked[place])

        with ThreadPoolExecutor(50) as pool:
            assert list(pool.map(together, range(count))) == alone
    assert len(set(alone)) > 10


def test_the_server_hides_its_name_and_refuses_a_foreign_one():
    with serving(model_of("matrix")) as url:
        found = httpx2.get(url)
        assert found.status_code == 200 and "server" not in found.headers
        assert httpx2.get(url, headers={"host": "evil.example"}).status_code == 421


def test_a_body_that_never_ends_is_refused_by_a_real_server():
    with serving(model_of("matrix"), max_body=1000) as url:
        endless = (b" " * 100 for _ in range(1000))
        found = httpx2.post(f"{url}api/transform", content=endless, headers={"content-type": "application/json"})
        assert found.status_code == 413


CHECKS = [
    schemathesis.checks.not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
FEW = hypothesis.settings(
    max_examples=6,
    derandomize=True,
    database=None,
    deadline=None,
    phases=[hypothesis.Phase.generate],
    suppress_health_check=list(hypothesis.HealthCheck),
)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
@pytest.mark.parametrize("name", ["matrix", "topics", "ratings"])
def test_no_question_that_the_document_describes_or_forbids_is_an_error_of_ours(name, mode):
    """Schemathesis invents questions from the document, right ones and wrong ones."""
    served = partwise.serve.app(model_of(name), max_batch=20)
    schema = schemathesis.openapi.from_asgi("/openapi.json", served)
    operations = [one.ok() for one in schema.get_all_operations()]
    asked = [one for one in operations if mode == GenerationMode.POSITIVE or one.method == "post"]
    assert len(asked) >= 2
    for operation in asked:

        @FEW
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def ask(case):
            case.call_and_validate(checks=CHECKS)

        ask()
