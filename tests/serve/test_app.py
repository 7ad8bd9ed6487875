"""What is answered equals what the model says; what is refused is refused with a status and a reason."""

import base64
import copy
import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor

import anyio
import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

import partwise
from partwise import report
from partwise.datasets import ratings_5x4
from partwise.errors import DataError
from partwise.serve import web
from partwise.serve.table import routes_of

from .conftest import MAKERS, model_of

JSON = {"content-type": "application/json"}
X = np.asarray(ratings_5x4(), dtype=float)


# What is answered


@pytest.mark.parametrize("name", MAKERS)
def test_the_page_is_the_report_of_the_model_with_its_questions(name, client):
    found, model = client(name).get("/"), model_of(name)
    boxes = [{"path": one.path[1:], **dataclasses.asdict(one.box)} for one in routes_of(model, 9) if one.box]
    assert found.text == report.render(report.summarize(model) | {"live": boxes})
    assert found.headers["content-type"] == "text/html; charset=utf-8"


@pytest.mark.parametrize("name", ["matrix", "batches"])
def test_weights_of_rows_are_those_of_transform_to_the_last_bit(name, client):
    found = client(name).post("/api/transform", json={"rows": X.tolist()}).json()
    bare = copy.copy(model_of(name))
    vars(bare).pop("feature_names_in_", None)
    assert found["weights"] == bare.transform(X).tolist()
    assert found["components"] == ["component 0", "component 1"]


def test_rows_by_the_names_of_features_are_rows_with_zeros(client):
    served = client("matrix")
    by_name = served.post("/api/transform", json={"rows": [{"Item4": 1, "Item1": 5.0}, [4, 0, 0, 1]]}).json()
    by_place = served.post("/api/transform", json={"rows": [[5, 0, 0, 1], [4, 0, 0, 1]]}).json()
    np.testing.assert_allclose(by_name["weights"], by_place["weights"], rtol=1e-12)


def test_null_is_a_cell_that_nobody_knows(client):
    found = client("matrix").post("/api/transform", json={"rows": [[5, None, 0, 1]]}).json()
    model = model_of("matrix")
    expected = model.transform(type(ratings_5x4())([[5, np.nan, 0, 1]], columns=model.feature_names_in_))
    assert found["weights"] == np.asarray(expected).tolist()


def test_offsets_of_a_fit_are_added_to_rows(client):
    model = partwise.NMF(1, random_state=0).fit(X)
    model.offset_ = np.array([2.0, 0, 0, 0])
    served = TestClient(partwise.serve.app(model))
    expected = model.transform(X[:1]).tolist()
    assert served.post("/api/transform", json={"rows": [[X[0, 0] - 2, *X[0, 1:]]]}).json()["weights"] == expected
    refused = served.post("/api/transform", json={"rows": [[-3, 0, 0, 0]]})
    assert refused.status_code == 422 and "Negative values" in refused.json()["error"]


def test_features_that_are_alike_are_those_with_a_small_angle_between_their_weights(client):
    found = client("matrix").post("/api/similar", json={"feature": "Item1", "n": 4}).json()["similar"]
    H = model_of("matrix").components_
    unit = H / np.linalg.norm(H, axis=0)
    assert [one["name"] for one in found] == [f"Item{j + 1}" for j in np.argsort(-(unit[:, 0] @ unit))]
    np.testing.assert_allclose([one["cosine"] for one in found], sorted(unit[:, 0] @ unit, reverse=True))


def test_topics_of_texts_and_documents_that_are_alike(client):
    served, model = client("topics"), model_of("topics")
    texts = ["a dog chases a cat", "", "no such word as zebra"]
    found = served.post("/api/transform", json={"texts": texts}).json()
    assert found == {"components": model.topic_labels_, "weights": model.transform(texts).tolist()}
    near = served.post("/api/similar", json={"document": "title 0", "n": 2}).json()["similar"]
    assert near == [{"name": k, "cosine": v} for k, v in model.similar_documents("title 0", 2).items()]
    near = served.post("/api/similar", json={"text": "the budget", "n": 1}).json()["similar"]
    assert near[0]["cosine"] == pytest.approx(1)


@pytest.mark.parametrize("name", ["ratings", "purchases"])
def test_recommendations_are_those_of_the_model(name, client):
    served, model = client(name), model_of(name)
    found = served.post("/api/recommend", json={"user": "user001", "n": 3}).json()["recommendations"]
    assert found == model.recommend("user001", 3).to_dict("records")
    items = {model.items_[0]: 5, model.items_[1]: 1}
    found = served.post("/api/recommend", json={"ratings": items, "filter_seen": False}).json()["recommendations"]
    assert found == model.recommend(ratings=items, filter_seen=False).to_dict("records")
    near = served.post("/api/similar", json={"item": model.items_[0], "n": 2}).json()["similar"]
    assert near == [{"name": k, "cosine": v} for k, v in model.similar_items(model.items_[0], 2).items()]
    assert served.post("/api/similar", json={"user": "user001"}).json()["similar"][0]["name"] == "user001"


def test_an_application_can_be_mounted_in_another(client):
    outer = Starlette(routes=[Mount("/nmf", partwise.serve.app(model_of("matrix"), token="secret"))])
    served = TestClient(outer)
    assert served.get("/nmf/healthz").json() == {"status": "ok"}
    assert served.get("/nmf/openapi.json").status_code == 401
    assert served.get("/nmf/", headers={"authorization": "Bearer secret"}).text.startswith("<!doctype html>")


def test_serving_leaves_the_model_as_it_was(client):
    model = matrix = MAKERS["matrix"]()
    before = {name: repr(value) for name, value in vars(model).items()}
    TestClient(partwise.serve.app(matrix)).post("/api/transform", json={"rows": X.tolist()})
    assert {name: repr(value) for name, value in vars(model).items()} == before


# What is refused


BAD = [
    ("matrix", "{}", 422, "rows is missing."),
    ("matrix", "[]", 422, "The body is a list; it must be an object."),
    ("matrix", "", 400, "The body is no JSON"),
    ("matrix", '{"rows": [[1,2,3,4]]', 400, "The body is no JSON"),
    ("matrix", b'{"rows": "\xff"}', 400, "The body is no JSON"),
    ("matrix", "[" * 100_000, 400, "The body is no JSON"),
    ("matrix", '{"rows": ' + "9" * 5000 + "}", 400, "The body is no JSON"),
    ("matrix", '{"rows": [[1,2,3,4]], "rows": [[4,3,2,1]]}', 400, "The body is no JSON: an object has 'rows' twice."),
    ("matrix", '{"rows": [{"Item1": 1, "Item1": 2}]}', 400, "The body is no JSON: an object has 'Item1' twice."),
    ("matrix", '{"rows": [], "rowz": 1}', 422, "rows has 0 entries; it must have at least 1."),
    ("matrix", '{"rows": [[1,2,3,4]], "rowz": 1}', 422, "The body has 'rowz', which is not known here. Known: rows."),
    ("matrix", '{"rows": {"a": 1}}', 422, "rows is an object; it must be a list."),
    ("matrix", '{"rows": [[1,2,3]]}', 422, "rows[0] has 3 entries; it must have exactly 4."),
    ("matrix", '{"rows": [[1,2,3,4], 5]}', 422, "rows[1] is a whole number; it must be a list or an object."),
    ("matrix", '{"rows": [[1,2,3,"4"]]}', 422, "rows[0][3] is a string; it must be a number or null."),
    ("matrix", '{"rows": [[1,2,3,true]]}', 422, "rows[0][3] is true or false; it must be a number or null."),
    ("matrix", '{"rows": [[1,2,3,-0.5]]}', 422, "rows[0][3] is -0.5; it must be at least 0."),
    ("matrix", '{"rows": [[1,2,3,NaN]]}', 422, "rows[0][3] is nan; it must be a finite number."),
    ("matrix", '{"rows": [[1,2,3,1e999]]}', 422, "rows[0][3] is inf; it must be a finite number."),
    ("matrix", '{"rows": [[1,2,3,1' + "0" * 400 + "]]}", 422, "rows[0][3] is 1000"),
    ("matrix", '{"rows": [{"Item1": "5"}]}', 422, "rows[0]['Item1'] is a string"),
    ("matrix", '{"rows": [{"Item9": 5}]}', 422, "The model has no feature 'Item9'. Its first is 'Item1'."),
    ("matrix", json.dumps({"rows": [[1, 2, 3, 4]] * 1001}), 422, "rows has 1,001 entries; it must have at most 1,000."),
    ("batches", '{"rows": [[1,2,3,null]]}', 422, "rows[0][3] is null; it must be a number."),
    ("topics", '{"texts": [7]}', 422, "texts[0] is a whole number; it must be a string."),
    ("topics", '{"texts": "a text"}', 422, "texts is a string; it must be a list."),
    ("topics", '{"rows": [[1]]}', 422, "texts is missing."),
]


@pytest.mark.parametrize("name, body, status, reason", BAD, ids=range(len(BAD)))
def test_a_bad_body_of_a_transform_is_refused_with_the_name_of_the_thing(name, body, status, reason, client):
    found = client(name).post("/api/transform", content=body, headers=JSON)
    assert (found.status_code, found.json()["error"][: len(reason)]) == (status, reason)


BAD_QUESTIONS = [
    ("matrix", "similar", {"feature": "Item9"}, "The model has no feature 'Item9'"),
    ("matrix", "similar", {"feature": "Item1", "n": 0}, "n is 0; it must be at least 1."),
    ("matrix", "similar", {"feature": "Item1", "n": 1001}, "n is 1001; it must be at most 1,000."),
    ("matrix", "similar", {"feature": "Item1", "n": 1.5}, "n is a number; it must be a whole number."),
    ("matrix", "similar", {"feature": "Item1", "n": True}, "n is true or false; it must be a whole number."),
    ("topics", "similar", {"document": "title"}, "No document is named 'title'. Did you mean"),
    ("topics", "similar", {}, "The body must have one of document and text."),
    ("topics", "similar", {"document": "title 0", "text": ""}, "The body must have one of document and text."),
    ("ratings", "recommend", {"user": "nobody"}, "User nobody is not in the model."),
    ("ratings", "recommend", {"user": "user001", "ratings": {}}, "The body must have one of user and ratings."),
    ("ratings", "recommend", {"ratings": {}}, "The model knows none of the 0 items"),
    ("ratings", "recommend", {"ratings": {"nothing": 3}}, "Item nothing is not in the model."),
    ("ratings", "recommend", {"ratings": {"item001": -3}}, "ratings['item001'] is -3; it must be at least 0."),
    ("ratings", "recommend", {"user": None}, "user is null; it must be a string or a whole number."),
    ("ratings", "similar", {"item": ["item001"]}, "item is a list; it must be a string or a whole number."),
    ("ratings", "similar", {"item": "\udc80"}, "Item \udc80 is not in the model."),
]


@pytest.mark.parametrize("name, path, body, reason", BAD_QUESTIONS, ids=range(len(BAD_QUESTIONS)))
def test_a_bad_question_is_refused_with_the_name_of_the_thing(name, path, body, reason, client):
    found = client(name).post(f"/api/{path}", content=json.dumps(body), headers=JSON)
    assert (found.status_code, found.json()["error"][: len(reason)]) == (422, reason)


def test_what_a_model_cannot_do_is_not_there(client):
    found = client("matrix").post("/api/recommend", json={"user": "a"})
    assert found.status_code == 404
    assert found.json()["error"].startswith("There is no /api/recommend. This model answers at /, /healthz")
    assert client("ratings").post("/api/transform", json={"rows": [[1]]}).status_code == 404


def test_the_method_is_part_of_the_question(client):
    found = client("matrix").get("/api/transform")
    assert (found.status_code, found.headers["allow"]) == (405, "POST")
    assert found.json() == {"error": "/api/transform does not answer GET, but POST."}
    assert client("matrix").post("/", json={}).status_code == 405


@pytest.mark.parametrize("media", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_a_body_that_is_not_declared_as_json_is_not_read(media, client):
    """So that no form of a foreign web page is a question."""
    found = client("matrix").post("/api/transform", content=b'{"rows": []}', headers={"content-type": media})
    assert found.status_code == 415 and "Content-Type: application/json" in found.json()["error"]


@pytest.mark.parametrize("in_parts", [False, True], ids=["declared", "streamed"])
def test_a_large_body_is_refused(in_parts, client):
    parts = [b'{"rows": [', b"[1,1,1,1]," * 50, b"[1,1,1,1]]}"]
    content = iter(parts) if in_parts else b"".join(parts)
    found = client("matrix", max_body=500).post("/api/transform", content=content, headers=JSON)
    assert found.status_code == 413 and "more than the 500 bytes" in found.json()["error"]


def test_a_length_of_thousands_of_digits_is_a_large_body(client):
    found = client("matrix").post("/api/transform", content=b"{}", headers={**JSON, "content-length": "9" * 5000})
    assert found.status_code == 413


def test_a_body_that_comes_too_slowly_is_refused(client, monkeypatch):
    monkeypatch.setattr(web, "PATIENCE", 0.05)

    async def receive():
        await anyio.sleep(60)

    async def ask():
        sent = []
        scope = {"type": "http", "method": "POST", "path": "/api/transform", "query_string": b"", "root_path": ""}
        scope["headers"] = [(b"host", b"localhost"), (b"content-type", b"application/json")]

        async def send(message):
            sent.append(message)

        await partwise.serve.app(model_of("matrix"))(scope, receive, send)
        return sent

    with ThreadPoolExecutor(1) as pool:  # a browser of another test may have a loop in this thread
        start, body = pool.submit(anyio.run, ask).result()
    assert start["status"] == 408 and b"more than 0.05 seconds" in body["body"]


def test_a_name_of_a_million_letters_is_not_sent_back(client):
    found = client("ratings").post("/api/recommend", json={"user": "x" * 1_000_000})
    assert found.status_code == 422 and len(found.content) < 1100


def test_an_answer_that_is_no_number_is_refused(client):
    model = MAKERS["matrix"]()
    model.components_ = model.components_ * 1e-300
    found = TestClient(partwise.serve.app(model)).post("/api/transform", json={"rows": [[1e300] * 4]})
    assert found.status_code == 422 and "beyond the largest number" in found.json()["error"]


@pytest.mark.filterwarnings("ignore::partwise.NotConvergedWarning")
def test_a_signed_model_says_that_it_cannot_transform():
    model = partwise.NMF(2, random_state=0, solver=partwise.SGD(signed=True), max_iter=20).fit(X)
    found = TestClient(partwise.serve.app(model)).post("/api/transform", json={"rows": [[1, 2, 3, 4]]})
    assert found.status_code == 409 and "signed" in found.json()["error"]


def test_a_bug_says_nothing_of_the_inside(monkeypatch):
    model = MAKERS["matrix"]()
    monkeypatch.setattr(type(model), "transform", lambda self, X: 1 / 0)
    served = TestClient(partwise.serve.app(model), raise_server_exceptions=False)
    found = served.post("/api/transform", json={"rows": [[1, 2, 3, 4]]})
    assert found.status_code == 500
    assert found.json() == {"error": "This should not happen. The log of the server tells more."}
    assert found.headers["x-content-type-options"] == "nosniff"


def test_a_model_that_was_never_fitted_is_not_served():
    with pytest.raises(DataError, match="Fit it first"):
        partwise.serve.app(partwise.NMF(2))


# Who may ask


def basic(password):
    return "Basic " + base64.b64encode(f"me:{password}".encode()).decode()


@pytest.mark.parametrize(
    "given, status",
    [
        (None, 401),
        ("Bearer wrong", 401),
        ("Bearer secret2", 401),
        ("Bearer", 401),
        ("secret", 401),
        (basic("wrong"), 401),
        ("Basic !!", 401),
        ("Bearer \xe9", 401),
        ("Bearer secret", 200),
        ("bearer secret", 200),
        (basic("secret"), 200),
    ],
)
def test_a_token_opens_the_door(given, status, client):
    headers = {} if given is None else {"authorization": given.encode("latin-1")}
    served = client("matrix", token="secret")
    for path in ("/", "/openapi.json"):
        assert served.get(path, headers=headers).status_code == status
    assert served.get("/nothing", headers=headers).status_code == (404 if status == 200 else 401)
    found = served.post("/api/transform", json={"rows": [[1, 2, 3, 4]]}, headers=headers)
    assert found.status_code == status and ("www-authenticate" in found.headers) == (status == 401)
    assert served.get("/healthz").status_code == 200


@pytest.mark.parametrize("token", ["", "two words", "é", "a\nb"])
def test_a_token_that_no_header_carries_is_refused(token):
    with pytest.raises(DataError, match="A token is made of"):
        partwise.serve.app(model_of("matrix"), token=token)


@pytest.mark.parametrize(
    "host, status",
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8000", 200),
        ("LOCALHOST:1", 200),
        ("localhost.", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example", 421),
        ("localhost:80@evil.example", 421),
        ("", 421),
    ],
)
def test_a_foreign_name_in_the_host_header_is_refused(host, status, client):
    served = client("matrix", hosts=["localhost", "127.0.0.1"])
    assert served.get("/healthz", headers={"host": host}).status_code == status


@pytest.mark.parametrize("path", ["/", "/healthz", "/api/transform", "/nothing"])
def test_every_answer_forbids_to_keep_it_to_guess_its_type_and_to_frame_it(path, client):
    headers = client("matrix").get(path).headers
    assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert "access-control-allow-origin" not in headers and "server" not in headers


def test_the_page_may_connect_to_its_own_server_alone(client):
    assert "connect-src &#39;self&#39;;" in client("matrix").get("/").text
    assert "connect-src &#39;none&#39;;" in report.render(report.summarize(model_of("matrix")))
