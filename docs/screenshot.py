"""Take the README's picture of the asset graph: `python -m docs.screenshot`, by hand, when the graph has changed.

The platform is a new one, its days the last two weeks and its deliveries clean, so that every day is there and every
check has passed. The demo's days lie years back and are dirty on purpose.
"""

import tempfile
from datetime import timedelta
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from acme_assets_tests.e2e.page import CHROMIUM
from acme_assets_tests.e2e.platform import Platform, started
from acme_platform.day import Days, today

PICTURE = Path(__file__).with_name("asset-graph.png")
#: room for the panels beside the graph, which is then 1400 wide; narrower, its nodes show nothing but their names
WINDOW = ViewportSize(width=2040, height=1100)
#: the feed whose tables are shown; all 59 at once are too small to be read
OPENED = "sales"
FILES = ("bookings", "interactions", "sales", "shop")
FORTNIGHT = Days(today() - timedelta(days=13), today())
MARGIN = 12


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, started(Path(folder) / "home", FORTNIGHT.first) as platform:
        platform.stop_sensors()
        _fill(platform)
        with sync_playwright() as playwright, playwright.chromium.launch(executable_path=CHROMIUM) as browser:
            _take(browser.new_page(viewport=WINDOW), platform.address)
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


def _fill(platform: Platform) -> None:
    samples = [("sample", feed, "--days", FORTNIGHT, "--rows", 1000) for feed in (*FILES, "operations")]
    for words in (*samples, ("run", "--days", FORTNIGHT, "--select", "*")):
        done = platform.acme(*words)
        if done.returncode:
            raise SystemExit(done.stderr)


def _take(page: Page, address: str) -> None:
    """Only the graph: every feed's box, the tables of one feed, and a margin around them."""
    page.goto(f"{address}/asset-groups")
    page.locator("svg foreignObject").get_by_text(OPENED, exact=True).first.dblclick()
    page.mouse.move(0, 0)
    page.get_by_text("100% filled").first.wait_for()
    page.wait_for_function("() => !document.body.innerText.includes('fetching statuses')")
    boxes = [box for node in page.locator("svg foreignObject").all() if (box := node.bounding_box())]
    left, top = min(box["x"] for box in boxes), min(box["y"] for box in boxes)
    right, bottom = max(box["x"] + box["width"] for box in boxes), max(box["y"] + box["height"] for box in boxes)
    page.screenshot(
        path=PICTURE,
        clip={
            "x": left - MARGIN,
            "y": top - MARGIN,
            "width": right - left + 2 * MARGIN,
            "height": bottom - top + 2 * MARGIN,
        },
    )


if __name__ == "__main__":
    main()
