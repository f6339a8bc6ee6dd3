"""One platform and one browser for all tests; a fresh window for each."""

from collections.abc import Generator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from acme_assets_tests.e2e.page import CHROMIUM, Ui
from acme_assets_tests.e2e.platform import Platform, started
from acme_platform.day import today

#: Dagster's dialog shows the last 90 days unless told otherwise
DAYS = timedelta(days=27)
OUTCOME = pytest.StashKey[bool]()


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """`acme up`, with its sensors stopped: they would materialize a delivered day before anybody clicked."""
    with started(tmp_path_factory.mktemp("e2e") / "home", today() - DAYS) as running:
        running.stop_sensors()
        yield running


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Not for the session: Playwright keeps an event loop running in this thread, in which Dagster could start none."""
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


@pytest.fixture
def ui(platform: Platform, browser: Browser, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Ui]:
    """A window, wide enough that the nodes of the graph say more than their names.

    When a test fails, `failure.png` in its temporary folder shows what it saw last. No test may leave this machine, be
    told a password or make a page log an error.
    """
    with browser.new_context(viewport={"width": 2200, "height": 1100}) as window:
        opened = Ui(window.new_page(), platform.address, platform.passwords())
        yield opened
        if not request.node.stash.get(OUTCOME, True):  # a test that ended before its call, too
            opened.page.screenshot(path=tmp_path / "failure.png")
        assert opened.complaints == []


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let the window know how its test ended."""
    report = yield
    if report.when == "call":
        item.stash[OUTCOME] = report.passed
    return report
