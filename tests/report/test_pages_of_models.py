"""From a fitted model of every kind to a page in a browser: nothing is asked for, nothing goes wrong."""

import pytest

from partwise import report

from .models import MAKERS, written
from .test_page import SECTIONS, Visit


def drawn(program, path):
    """Open every view of a page, which has a heading; returns the views, the requests and the complaints."""
    visit = Visit(program, path)
    links = visit.page.locator("nav a").evaluate_all("all => all.map(a => a.getAttribute('href').slice(2))")
    for view in [*links, "components/1", *(["items/2"] if "items" in links else [])]:
        assert visit.go(view).locator("main h1").inner_text().strip()
    requests, complaints = [one for one in visit.requests if one.startswith("http")], visit.complaints
    visit.context.close()
    return links, requests, complaints


@pytest.mark.parametrize("name", MAKERS)
def test_the_page_of_every_kind_opens_without_a_complaint(name, browser, tmp_path):
    found, page = written(name)
    (tmp_path / "x.html").write_bytes(page)
    links, requests, complaints = drawn(browser, tmp_path / "x.html")
    assert (requests, complaints) == ([], [])
    assert {"overview", "components", "items", "map"} <= set(links)
    assert set(SECTIONS) & set(found.summary) == set(SECTIONS) & set(links)


BARE = [("matrix", {}), ("image_model", {}), ("images", {"text": False}), ("sound", {"text": False})]


@pytest.mark.parametrize("name, options", BARE)
def test_a_page_without_data_or_without_text_opens_too(name, options, browser, tmp_path):
    model, data = MAKERS[name]()
    report.write(model, tmp_path / "x.html", data if options else None, **options)
    links, requests, complaints = drawn(browser, tmp_path / "x.html")
    assert (requests, complaints) == ([], []) and ("items" in links) == bool(options)
