"""Settings of the whole suite: under CI nothing may be skipped in silence, and random searches are repeatable.

With the environment variable CI set, a skipped test (or module) is a failure. The one exception is a reason that
starts with "pure build": tests of the native kernels have nothing to run without them. A test that may be skipped
on a contributor's machine says so with `pytest.skip(...)` as usual; it only has to run in CI.
"""

import os
import shutil
import sys

import hypothesis
import pytest

os.environ.setdefault("MPLBACKEND", "agg")  # pictures are drawn without a screen

UNDER_CI = os.environ.get("CI", "").lower() not in ("", "0", "false")

# Shared machines stall for longer than any deadline; under CI a failure must come back on the next run.
hypothesis.settings.register_profile("partwise", deadline=None, derandomize=UNDER_CI)
hypothesis.settings.load_profile("partwise")


def pytest_addoption(parser):
    parser.addoption("--every", type=int, default=1, metavar="N", help="run only every N-th test, of all rooms alike")


def pytest_collection_modifyitems(config, items):
    step = config.getoption("--every")
    config.hook.pytest_deselected(items=[item for place, item in enumerate(items) if place % step])
    items[:] = items[::step]


@pytest.fixture(autouse=True)
def _no_figure_is_left_open():
    """Close what a test has drawn: open figures add up, and matplotlib warns of many."""
    yield
    if "matplotlib.pyplot" in sys.modules:
        sys.modules["matplotlib.pyplot"].close("all")


@pytest.fixture(scope="session")
def browser():
    """One for all tests: a process can start only one playwright."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: install it to test the report (apt-get install chromium)")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        opened.close()


def _fail_unless_pure_build(report):
    """Turn a skip into a failure. An expected failure (xfail) is no skip: it ran."""
    if not UNDER_CI or not report.skipped or hasattr(report, "wasxfail"):
        return
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else str(report.longrepr)
    reason = reason.removeprefix("Skipped: ")
    if not reason.startswith("pure build"):
        report.outcome = "failed"
        report.longrepr = f"skipped, which counts as a failure under CI: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport():
    report = yield
    _fail_unless_pure_build(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report():
    report = yield
    _fail_unless_pure_build(report)
    return report
