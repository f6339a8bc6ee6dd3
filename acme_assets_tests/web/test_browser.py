"""`acme serve` in a real browser: asked by its form, light and dark, on a phone."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, ViewportSize, expect, sync_playwright

from acme_assets_tests.e2e.page import CHROMIUM
from acme_assets_tests.web.served import BIG, RED, Served

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed"),
]
PHONE = ViewportSize(width=390, height=844)
#: what the browser logs of a page that says that there is none
MISSING = "the server responded with a status of 404"


@pytest.fixture
def page(served: Served) -> Iterator[Page]:
    """A phone that complains when a page logs an error or asks another machine."""
    complaints: list[str] = []
    address = f"http://127.0.0.1:{served.port}"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM)
        window = browser.new_context(base_url=address, viewport=PHONE, accept_downloads=True)
        opened = window.new_page()
        opened.on("console", lambda message: complaints.append(message.text))
        opened.on("pageerror", lambda error: complaints.append(str(error)))
        opened.on(
            "request", lambda request: None if request.url.startswith(address) else complaints.append(request.url)
        )
        yield opened
        browser.close()
    assert [complaint for complaint in complaints if MISSING not in complaint] == []


def test_a_question_is_asked_by_its_form_and_its_file_taken(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="country_spenders").click()
    page.get_by_label("country").fill("Norway")
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_role("cell", name="<script>alert(1)</script>")).to_be_visible()

    with page.expect_download() as taken:
        page.get_by_role("link", name="CSV").click()
    assert taken.value.path().read_text().count("\n") == 3
    page.get_by_label("Day").fill(str(RED))
    page.get_by_role("button", name="Ask").click()
    expect(page.get_by_text("red: customer_orders_sum_to_staged_orders")).to_be_visible()


@pytest.mark.parametrize(
    "path",
    ["/", "/api", f"/questions/customer_orders?day={BIG}", "/questions/top_paying_customers", "/questions/nothing"],
)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone_and_can_be_read_by_night(page: Page, path: str, scheme: str) -> None:
    page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of the two that it takes
    page.goto(path)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]
    ink, paper = page.evaluate(
        "['color', 'backgroundColor'].map(name => getComputedStyle(document.body)[name].match(/\\d+/g).map(Number))"
    )
    assert (sum(ink) > sum(paper)) == (scheme == "dark")
    assert abs(sum(ink) - sum(paper)) > 500
