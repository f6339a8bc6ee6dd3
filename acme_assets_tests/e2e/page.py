"""The Dagster UI as a person uses it: where things are, and the gestures that take more than one click.

Belongs here: addresses, roles and words of Dagster's pages, which may change with its version. Not here: what a test
expects to read there.

The released UI has neither test ids nor stable class names; addresses, roles and visible words hold.
"""

import re
import shutil
from dataclasses import dataclass, field
from datetime import date

from playwright.sync_api import ConsoleMessage, Locator, Page, Request, Response, expect

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
#: a page polls every few seconds, on a busy machine later
PATIENCE_MS = 20_000
LAYERS = {"raw", "staging", "analytics", "cache"}
#: of the nodes that the graph draws: place, size and the lines of text; of its edges: the curve
DRAWN = """() => ({
    nodes: [...document.querySelectorAll('svg foreignObject')].map(node => ({
        box: ['x', 'y', 'width', 'height'].map(name => Number(node.getAttribute(name))),
        lines: node.firstElementChild.innerText.split('\\n')})),
    edges: [...document.querySelectorAll('path[marker-end]')].map(edge => edge.getAttribute('d'))})"""
#: the arrowhead of an edge, which ends before its node begins
ARROW = 10


@dataclass(frozen=True)
class Node:
    """An asset in the drawn graph."""

    name: str
    x: float
    y: float
    width: float
    height: float

    def ends(self, x: float, y: float) -> bool:
        return x == self.x + self.width and self.y <= y <= self.y + self.height

    def begins(self, x: float, y: float) -> bool:
        return 0 <= self.x - x <= ARROW and self.y <= y <= self.y + self.height


@dataclass
class Ui:
    """One window of the browser. It remembers what a page should never do."""

    page: Page
    address: str
    secrets: list[str] = field(repr=False)
    #: requests to other machines, errors of the pages, passwords in what they were sent
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.set_default_timeout(PATIENCE_MS)
        self.page.on("request", self._leaves)
        self.page.on("response", self._tells)
        self.page.on("console", self._logs)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))

    def open(self, path: str) -> None:
        """Go there and wait until the page has asked everything that it wants to know."""
        self.page.goto(self.address + path)
        self.page.wait_for_load_state("networkidle")

    def sees(self, words: str | re.Pattern[str]) -> None:
        """Wait until the words stand on the page, or in the dialog that covers it."""
        expect(self.shown).to_contain_text(words, use_inner_text=True, timeout=PATIENCE_MS)

    @property
    def shown(self) -> Locator:
        dialog = self.page.get_by_role("dialog")
        return dialog if dialog.count() else self.page.locator("body")

    def click(self, button: str) -> None:
        self.page.get_by_role("button", name=button).first.click()

    def materialize(self, button: str, first: date, last: date) -> None:
        """Press the button, write the days into the dialog and launch."""
        self.click(button)
        dialog = self.page.get_by_role("dialog")
        days = dialog.get_by_role("textbox").first
        days.fill(f"[{first}...{last}]")
        days.press("Enter")
        dialog.get_by_role("button", name=re.compile(r"^Launch (backfill|1 run)$")).click()
        expect(dialog).to_have_count(0)

    def edges(self) -> set[tuple[str, str]]:
        """(from, to) of every arrow between two assets of the graph."""
        self.page.locator("path[marker-end]").first.wait_for(state="attached")
        drawn = self.page.evaluate(DRAWN)
        nodes = [Node(_name(one["lines"]), *one["box"]) for one in drawn["nodes"]]
        return {_ends(nodes, [float(number) for number in re.findall(r"[\d.]+", curve)]) for curve in drawn["edges"]}

    def _leaves(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.complaints.append(f"asks {request.url}")

    def _tells(self, response: Response) -> None:
        """Only answers of Dagster's interface; its program text holds no secret of ours."""
        if response.url.endswith("/graphql") and any(secret in response.text() for secret in self.secrets):
            self.complaints.append(f"{self.page.url} is told a password")

    def _logs(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.complaints.append(f"logs {message.text}")


def _name(lines: list[str]) -> str:
    """Layer and name: the node says only the name, and the layer among its kinds."""
    (layer,) = LAYERS.intersection(lines)
    return f"{layer}/{lines[0]}"


def _ends(nodes: list[Node], curve: list[float]) -> tuple[str, str]:
    (source,) = [node.name for node in nodes if node.ends(*curve[:2])]
    (target,) = [node.name for node in nodes if node.begins(*curve[-2:])]
    return source, target
