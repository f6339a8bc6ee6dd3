"""`acme demo`: the whole platform in one go, a chapter a feed, from what arrives to the answers.

Belongs here: which feeds, days and sizes, and the order of the story. Not here: showing what a feed came to
(`chapter.py`).
"""

import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from acme_assets.company import FINANCE
from acme_platform.cli.run import materialize
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command
from acme_platform.config import first_day
from acme_platform.config.settings import Settings
from acme_platform.config.source_setting import URL
from acme_platform.day import ONE_DAY, Days, today
from acme_platform.lake.filename import parse_key

if TYPE_CHECKING:
    from acme_assets.sample.output import Compression
    from acme_platform.runs import Runner
    from acme_platform.services import Services

LENGTH = 14
#: the day of the week whose orders are corrected a week after they came: one of any two weeks, with days behind it
CORRECTED = 1
DIRTY = 0.002
ORDERS = 300
ODDITIES = """\
Odd as the real source: all items of a day go to the customer's first order, so nine orders of ten are empty, which a
check says; few items are pending; one may be ordered 999 times. Today's orders come by themselves, with `make up`."""


@dataclass(frozen=True)
class Chapter:
    """A feed that arrives as files: how many rows a day of its main table, in how many parts, packed how."""

    feed: str
    rows: int
    parts: int = 1
    compress: "Compression" = "none"


SALES = Chapter("sales", rows=5_000)
FILES = (
    SALES,
    Chapter("interactions", rows=1_000, parts=3, compress="gzip"),
    Chapter("bookings", rows=1_000, compress="gzip"),
    Chapter("shop", rows=1_000),
)


@dataclass(frozen=True)
class Story:
    """The days that are told, and the one with which the feeds began: another one where the demo is told again later.

    What a day delivers follows from the day, but for the first one, on which sales sends all customers there are. What
    is answered as of a day also follows from how many days came before it.
    """

    days: Days
    begun: date

    @property
    def corrected(self) -> Days:
        day = next(day for day in self.days if day.weekday() == CORRECTED)
        return Days(day, day)

    @property
    def over(self) -> Days:
        """Without today, on which orders are still placed."""
        return Days(self.days.first, self.days.last - ONE_DAY)


def two_weeks(settings: Settings) -> Story:
    """Up to today; a new home begins with them."""
    days = Days(today() - timedelta(days=LENGTH - 1), today())
    first_day.begin(settings.home, days.first)
    return Story(days, first_day.begun(settings.home) or days.first)


def demo() -> None:
    """Let the last two weeks of every feed arrive, materialize all of it, and show the answers. Ends by itself.

    Run it again on the same day and it gives the same answers; on a later day it goes on with the days that came since.
    What it made stays for the other commands and for `acme up`.
    """
    # Dagster takes half a second to import
    from acme_platform.deployment.instance import instance  # noqa: PLC0415
    from acme_platform.runs import Runner  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    story = two_weeks(Settings.from_env())
    services = Services(Settings.from_env())
    console.title("Five feeds, two weeks of each: what arrives, what becomes of it, and the answers")
    console.say(f"everything lives below {services.settings.home}; the first start of the servers takes a moment")
    with instance(services) as opened:
        runner = Runner(services, opened)
        good = [_told(runner, services, story, number, chapter) for number, chapter in enumerate(FILES, 1)]
        good.append(_operations(runner, services, story.over, len(FILES) + 1))
    _next()
    if not all(good):
        raise typer.Exit(1)


def _told(runner: "Runner", services: "Services", story: Story, number: int, chapter: Chapter) -> bool:
    from acme_assets.commands.chapter import heading, outcome  # noqa: PLC0415

    heading(number, chapter.feed)
    deliver(services, chapter, story, story.days)
    good = _materialized(runner, services, chapter.feed, story.days)
    if chapter is SALES:
        console.title(f"The orders of {story.corrected} come again, corrected; what was made of them follows")
        deliver(services, chapter, story, story.corrected, seed=2, tables=("orders",))
        good &= _materialized(runner, services, chapter.feed, story.corrected)
    outcome(services, chapter.feed, story.days.last)
    return good


def _operations(runner: "Runner", services: "Services", days: Days, number: int) -> bool:
    """The days up to yesterday: the sensor of `acme up` reads on from there, not through years without orders."""
    from acme_assets.commands.chapter import heading, outcome  # noqa: PLC0415
    from acme_assets.sample import operations  # noqa: PLC0415
    from acme_platform import embedded  # noqa: PLC0415
    from acme_platform.warehouse.connection import Warehouse  # noqa: PLC0415

    heading(number, "operations")
    finance = services.settings.source("finance")
    if finance.url:
        console.say(f"left out: {finance.variable(URL)} names a real database, which is no place for a demo")
        return True
    database = Warehouse(embedded.stand_in(services.settings, FINANCE).owner_url)
    operations.prepare(database)
    new = sum(operations.fill(database, days, rows=ORDERS, seed=1).values())
    console.say(f"{days}: {ORDERS} orders a day in the database {database.address}, {new:,} of them new")
    console.say(ODDITIES)
    good = _materialized(runner, services, "operations", days)
    outcome(services, "operations", days.last)
    return good


def deliver(
    services: "Services",
    chapter: Chapter,
    story: Story,
    days: Days,
    *,
    seed: int = 1,
    tables: tuple[str, ...] = (),
) -> None:
    """Generate these days of the story and deliver them, of all tables unless some are named."""
    # numpy takes a tenth of a second to import
    from acme_assets.sample import write_sample  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder)
        files = write_sample(
            chapter.feed,
            days,
            rows=chapter.rows,
            seed=seed,
            dirty=DIRTY,
            to=to,
            parts=chapter.parts,
            compress=chapter.compress,
            since=story.begun,
        )
        wanted = [file for file in files if not tables or parse_key(file.key).table in tables]
        for file in wanted:
            with (to / file.key).open("rb") as content:
                services.lake.put(file.key, content)
    rows = sum(file.rows for file in wanted)
    console.say(
        f"{days}: {console.count(len(wanted), 'file')}, {console.count(rows, 'row')} into {services.settings.lake_url}"
    )


def _materialized(runner: "Runner", services: "Services", feed: str, days: Days) -> bool:
    return all(outcome.success for outcome in materialize(runner, services, f"group:{feed}", days))


def _next() -> None:
    console.title("Next")
    proposed = (
        ("make up", "the same platform with the Dagster UI; drop a file into the lake and watch it travel"),
        (". .venv/bin/activate", "once a terminal, and then:"),
        ("acme query country_spenders --param country=Norway", "another answer; acme query --list names them all"),
        ("acme rejects sales", "every row that could not be read, and why"),
        ("acme export --all", "every answer as a CSV file"),
        ("acme status", "what is there, what is missing"),
    )
    console.proposals(proposed)


COMMAND = Command(demo, examples=("acme demo",))
