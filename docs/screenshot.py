"""Take the pictures of the asset graph, a page of `acme docs` and an answer: `python -m docs.screenshot`.

When one of them changed. They show what `acme demo` and then `acme up` leave in a new home, nothing else.
"""

import os
import subprocess
import tempfile
from pathlib import Path

from playwright.sync_api import Page, ViewportSize, sync_playwright

from acme_assets_tests.e2e.page import CHROMIUM
from acme_assets_tests.e2e.platform import started
from acme_assets_tests.support.demonstration import ACME, acme
from acme_platform.config.first_day import first_day
from acme_platform.deployment.processes import free_port

HERE = Path(__file__).parent
PICTURE, PAGE, ANSWER = HERE / "asset-graph.png", HERE / "page.png", HERE / "answer.png"
#: room for the panels beside the graph, which is then 1400 wide; narrower, its nodes show nothing but their names
WINDOW = ViewportSize(width=2040, height=1100)
READER = ViewportSize(width=1180, height=860)
#: the feed whose tables are shown; all 59 at once are too small to be read
OPENED = "sales"
QUESTION = "interactions_per_day"
MARGIN = 12


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        told = acme(home, "demo")
        if told.returncode:
            raise SystemExit(told.stderr)
        with (
            started(home, first_day(home)) as platform,
            sync_playwright() as playwright,
            playwright.chromium.launch(executable_path=CHROMIUM) as browser,
        ):
            _take(browser.new_page(viewport=WINDOW), platform.address)
            _take_page(browser.new_page(viewport=READER), home, Path(folder) / "docs")
            _take_answer(browser.new_page(viewport=READER), home)
    for picture in (PICTURE, PAGE, ANSWER):
        print(f"{picture}: {picture.stat().st_size:,} bytes")


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


def _take_page(page: Page, home: Path, folder: Path) -> None:
    """Its upper part: what the table is, its graph and its columns."""
    done = acme(home, "docs", "--to", str(folder))
    if done.returncode:
        raise SystemExit(done.stderr)
    page.goto((folder / "table-analytics.customer_orders.html").as_uri())
    page.screenshot(path=PAGE)


def _take_answer(page: Page, home: Path) -> None:
    """Of `acme serve`, with its chart."""
    port = str(free_port())
    environment = {"PATH": os.environ["PATH"], "ACME_HOME": str(home)}
    with subprocess.Popen([ACME, "serve", "--port", port], env=environment, stdout=subprocess.PIPE) as serving:
        if serving.stdout:
            serving.stdout.readline()
        page.goto(f"http://127.0.0.1:{port}/questions/{QUESTION}")
        page.screenshot(path=ANSWER)
        serving.terminate()


if __name__ == "__main__":
    main()
