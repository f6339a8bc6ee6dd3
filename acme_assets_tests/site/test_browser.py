"""The pages in a real browser, opened from disk: on a phone and on a desk, light and dark."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from acme_assets_tests.e2e.page import CHROMIUM

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed"),
]
#: one of each kind, with a picture and a graph where there is one
LOOKED_AT = (
    "index.html",
    "feed-sales.html",
    "table-analytics.customer_orders.html",
    "table-staging.sales_orders.html",
    "question-sales_by_country.html",
    "question-top_products.html",
)
PHONE, DESK = 390, 1280
#: red, green and blue of what a page stands on, from 0 to 255
GROUND = "getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM)
        yield launched
        launched.close()


def opened(browser: Browser, width: int, scheme: str, complaints: list[str]) -> Page:
    """A window without a network, which remembers what a page should never do."""
    window = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True)  # type: ignore[arg-type]  # a word
    page = window.new_page()
    page.on("request", lambda asked: complaints.append(asked.url) if not asked.url.startswith("file://") else None)
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return page


def test_a_person_reads_and_searches_the_pages_from_disk(browser: Browser, pages: Path) -> None:
    """Filled once, looked at four times."""
    complaints: list[str] = []
    for width in (PHONE, DESK):
        for scheme in ("light", "dark"):
            page = opened(browser, width, scheme, complaints)
            for name in LOOKED_AT:
                page.goto((pages / name).as_uri())
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (name, width)
                assert (max(page.evaluate(GROUND)) < 64) == (scheme == "dark"), (name, scheme)
            _search(page)
            _follow_the_graph(page, pages)
    assert [complaint for complaint in complaints if not complaint.startswith("data:")] == []


def _search(page: Page) -> None:
    """By a table's name, by the name of a column, and by nothing that is there."""
    box, found = page.get_by_role("searchbox"), page.locator("#found li")
    box.fill("top_pay")
    expect(found.first).to_contain_text("top_paying_customers")
    box.fill("registered_customers")
    expect(found.filter(has_text="analytics.sales_by_country")).to_be_visible()
    box.fill("no such thing")
    expect(page.locator("#found")).to_contain_text("Nothing is called that")
    box.fill("analytics.sales_by_country")
    box.press("Enter")
    expect(page.get_by_role("heading", level=1)).to_have_text("analytics.sales_by_country")


def _follow_the_graph(page: Page, pages: Path) -> None:
    """From an answer to the table that it is made of; the picture of its question is there, too."""
    page.locator("svg.graph a", has_text="customer_orders").first.click()
    expect(page.get_by_role("heading", level=1)).to_have_text("analytics.customer_orders")
    expect(page.locator("figure svg")).to_be_visible()
    page.goto((pages / "question-sales_by_country.html").as_uri())
    expect(page.locator("figure svg").get_by_text("Norway").first).to_be_visible()
