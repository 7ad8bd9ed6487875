"""The page that a server gives, in a browser that reaches no other: its boxes ask, and show what comes."""

import contextlib
import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe

from .conftest import MAKERS, model_of, serving


@contextlib.contextmanager
def opened(browser, name, **options):
    """The page at its view of questions; nothing else may have been asked for, and nothing gone wrong."""
    with serving(model_of(name), **options) as url, contextlib.closing(browser.new_context()) as context:
        page, asked, complaints = context.new_page(), [], []
        context.route(lambda address: not address.startswith(url), lambda route: route.abort())
        page.on("request", lambda request: asked.append(request.url.removeprefix(url)))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(f"{url}#/ask")
        page.wait_for_selector("html[data-ready]")
        yield page
        assert all(re.fullmatch(r"|favicon.ico|#/.*|api/\w+", one) for one in asked)
        assert complaints == []


def ask(page, title, text=None):
    """The answer below a box, after a click."""
    box = page.locator("section", has=page.get_by_role("heading", name=title, exact=True))
    if text is not None:
        box.locator("input, textarea").fill(text)
    box.locator(".answer").evaluate("place => place.replaceChildren()")  # the last answer
    box.get_by_role("button", name="Ask", exact=True).click()
    box.locator(".answer > *").first.wait_for()
    return box.locator(".answer")


def test_a_new_text_gets_its_topics_and_the_documents_like_it(browser):
    model = model_of("topics")
    with opened(browser, "topics") as page:
        found = ask(page, "The topics of a text", "barking dogs chase cats")
        first = model.topic_labels_[model.topic_shares(["barking dogs chase cats"])[0].argmax()]
        assert found.locator("svg a").first.get_attribute("aria-label") == f"{first}: 100 %"
        rows = ask(page, "The documents most like a text", "taxes").locator("tbody th").all_inner_texts()
        assert rows == model.similar_documents(text="taxes", n=10).index.tolist()
        assert "made of no topic" in ask(page, "The topics of a text", "zebra").inner_text()


def test_a_row_by_names_gets_its_components_and_a_wrong_one_the_reason(browser):
    with opened(browser, "matrix") as page:
        row = json.dumps({"Item1": 5, "Item2": 3})
        assert "component 1" in ask(page, "The components of a row", row).inner_text()
        for bad, reason in [
            ('{"Item9": 1}', "no feature 'Item9'"),
            ('{"Item1": -1}', "at least 0"),
            ("{", "in JSON at"),
        ]:
            assert reason in ask(page, "The components of a row", bad).inner_text()


def test_a_user_gets_recommendations_with_their_reasons(browser):
    model = model_of("ratings")
    with opened(browser, "ratings") as page:
        found = ask(page, "What to recommend to a user", "user001").locator("tbody tr")
        wanted = model.recommend("user001", 10)
        assert found.locator("th").all_inner_texts() == wanted["item"].tolist()
        assert found.locator("td:last-child").all_inner_texts() == wanted["because"].tolist()
        assert "<img" in ask(page, "The items most like an item", "<img src=x onerror=hacked>").inner_text()
        assert page.locator("main img").count() == 0


def test_axe_finds_no_serious_fault_in_the_questions(browser):
    with opened(browser, "topics") as page:
        ask(page, "The topics of a text")
        faults = Axe().run(page).response["violations"]
        assert [fault["id"] for fault in faults if fault["impact"] in ("serious", "critical")] == []


@pytest.mark.parametrize("name", MAKERS)
def test_the_example_in_every_box_is_answered(name, client):
    from partwise.serve.table import routes_of

    forms = {"text": str, "name": str, "texts": lambda typed: [typed], "rows": lambda typed: [json.loads(typed)]}
    boxes = [(one.path, one.box) for one in routes_of(model_of(name), 9) if one.box]
    assert len(boxes) == 2
    for path, box in boxes:
        found = client(name).post(path, json={box.field: forms[box.form](box.example)})
        assert found.status_code == 200, found.text
