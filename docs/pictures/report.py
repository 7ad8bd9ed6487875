"""Draw docs/pictures/report-*.png: every view of the report of every field, on data that are shipped or planted.

``python docs/pictures/report.py [FOLDER] [KIND ...]``; it needs playwright, pillow and a chromium on the path. The page
that ``partwise serve`` gives is KIND ``ask``; it needs the extra serve.
"""

import io
import shutil
import sys
import tempfile
import threading
from pathlib import Path

import numpy as np
import pandas as pd

from partwise import NMF, apps, datasets, report

HERE = Path(__file__).parent
SIZE = {"width": 1280, "height": 800}
COLOURS = 64
SHOWN = {"pictures": "pictures/6", "ratings": "ratings/4", "components": "components/1", "items": "items/7"}
"""Views that are more telling when something is chosen in them."""


def matrix():
    table = datasets.ratings_7x5()
    return NMF(2, random_state=0).fit(table), table, {}


def topics():
    novels = datasets.load_novels_text()
    model = apps.topics.topics(novels, 8, text="text", lang="en")
    chapter = novels.groupby("title").cumcount() + 1
    return model, None, {"time": chapter.tolist(), "every": 5, "groups": {"novel": novels["title"].tolist()}}


def images():
    digits = datasets.load_digits()
    return apps.images.parts(digits.X[:600], 16, size=digits.extra["image_shape"]), None, {}


def ratings():
    table = datasets.make_ratings().extra["table"]
    return apps.ratings.Recommender(3, tune=False).fit(table), None, {}


def sound():
    mix = datasets.load_piano_mix()
    return apps.audio.separate(mix.extra["wave"], 4, rate=int(mix.extra["rate"]), window=1024, hop=256), None, {}


def programs():
    made = datasets.make_cells(300, 400, 4)
    table = pd.DataFrame(made.X.toarray(), index=made.row_names, columns=made.feature_names)
    return apps.programs.programs(table, 4, runs=3), None, {}


def signatures():
    made = datasets.make_mutations(60)
    truth = pd.DataFrame(made.H, index=made.component_names, columns=made.feature_names)
    counts = pd.DataFrame(made.X, index=made.row_names, columns=made.feature_names)
    return apps.programs.signatures(counts, 5, reference=truth), None, {}


def spectra():
    """A scene of three minerals, each on a side of its own."""
    axis = np.arange(400, 2500, 20)
    pure = np.stack([0.2 + np.exp(-(((axis - centre) / 250.0) ** 2)) for centre in (700, 1400, 2100)])
    y, x = np.mgrid[:40, :60] / 60
    shares = np.stack([x, y, np.maximum(1 - x - y, 0)], axis=-1) ** 2
    cube = (shares / shares.sum(axis=2, keepdims=True)).reshape(-1, 3) @ pure
    names = [f"row {i}, column {j}" for i in range(40) for j in range(60)]
    scene = apps.spectra.Scene(cube, tuple(names), tuple(map(str, axis)), (40, 60), "scene")
    return apps.spectra.unmix(scene, 3, method="minimum-volume"), None, {}


def signals():
    time = np.linspace(0, 4, 400)
    sources = np.stack([1 + np.sin(5 * time), 1 + np.sign(np.sin(9 * time)), (2 * time) % 1], axis=1)
    mixing = np.array([[1.0, 0.3, 0.2], [0.2, 1.0, 0.4], [0.4, 0.1, 1.0]])
    return apps.signals.unmix(sources @ mixing, 3), sources @ mixing, {}


KINDS = (matrix, topics, images, ratings, sound, programs, signatures, spectra, signals)


def shot(page, view: str) -> bytes:
    """A view as PNG, when its charts stand."""
    page.evaluate("address => { location.hash = address; }", f"#/{view}")
    page.wait_for_timeout(400)
    return page.screenshot(type="png", animations="disabled")


def small(picture: bytes, path: Path) -> None:
    """With a palette: a third of the size."""
    from PIL import Image

    image = Image.open(io.BytesIO(picture)).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(path, optimize=True)


def draw(browser, make, folder: Path, work: Path) -> None:
    """All views of one field."""
    model, data, options = make()
    file = work / f"{make.__name__}.html"
    report.write(model, file, data, **options)
    context = browser.new_context(offline=True, viewport=SIZE, device_scale_factor=1)
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-ready]")
    links = page.locator("nav a").evaluate_all("all => all.map(a => a.getAttribute('href').slice(2))")
    for view in links:
        small(shot(page, SHOWN.get(view, view)), folder / f"report-{make.__name__}-{view}.png")
    context.close()


def ask(browser, folder: Path) -> None:
    """The view of questions that a served page has, with a text answered."""
    from partwise import serve
    from partwise.serve import door, web

    with door.listen("127.0.0.1", 0, None) as listening:
        server = web.server(serve.app(topics()[0], hosts=door.names_of(listening)))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
        thread.start()
        page = browser.new_page(viewport=SIZE)
        page.goto(f"{door.url_of(listening)}#/ask")
        page.wait_for_selector("html[data-ready]")
        page.locator("textarea").first.fill("a submarine under the ice of the sea")
        page.get_by_role("button", name="Ask", exact=True).first.click()
        page.locator(".answer svg").first.wait_for()
        small(page.screenshot(type="png", animations="disabled"), folder / "serve-ask.png")
        page.close()
        server.should_exit = True
        thread.join()


def main(folder: str = str(HERE), *kinds: str) -> None:
    """Draw them, or say what is missing."""
    program = shutil.which("chromium")
    if program is None:
        sys.exit("no chromium on the path: the pictures stay as they are (apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as work:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        for make in KINDS:
            if not kinds or make.__name__ in kinds:
                draw(browser, make, Path(folder), Path(work))
        if not kinds or "ask" in kinds:
            ask(browser, Path(folder))
        browser.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
