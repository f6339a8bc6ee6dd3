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
from acme_platform.config.settings import Settings
from acme_platform.config.source_setting import URL
from acme_platform.day import ONE_DAY, Days, today
from acme_platform.lake.filename import parse_key

if TYPE_CHECKING:
    from acme_assets.sample.output import Compression
    from acme_platform.runs import Runner
    from acme_platform.services import Services

DAYS = Days(date(2024, 3, 1), date(2024, 3, 14))
PLAIN = Days(date(2024, 3, 1), date(2024, 3, 7))
#: the second week comes compressed, as senders do once files grow
COMPRESSED = Days(date(2024, 3, 8), date(2024, 3, 14))
CORRECTED = Days(date(2024, 3, 5), date(2024, 3, 5))
DIRTY = 0.002
ORDERS = 300


@dataclass(frozen=True)
class Chapter:
    """A feed that arrives as files: how many rows a day of its main table, in how many parts."""

    feed: str
    rows: int
    parts: int = 1


SALES = Chapter("sales", rows=5_000, parts=3)
FILES = (SALES, Chapter("interactions", rows=1_000), Chapter("bookings", rows=1_000), Chapter("shop", rows=1_000))


def demo() -> None:
    """Let two weeks of every feed arrive, materialize all of it, and show the answers. Ends by itself.

    Run it again and it gives the same answers. What it made stays for the other commands and for `acme up`.
    """
    # Dagster takes half a second to import
    from acme_platform.deployment.instance import instance  # noqa: PLC0415
    from acme_platform.runs import Runner  # noqa: PLC0415
    from acme_platform.services import Services  # noqa: PLC0415

    services = Services(Settings.from_env())
    console.title("Five feeds, two weeks of each: what arrives, what becomes of it, and the answers")
    console.say(f"everything lives below {services.settings.home}; the first start of the servers takes a moment")
    with instance(services) as opened:
        runner = Runner(services, opened)
        good = [_told(runner, services, number, chapter) for number, chapter in enumerate(FILES, 1)]
        good.append(_operations(runner, services, len(FILES) + 1))
    _next()
    if not all(good):
        raise typer.Exit(1)


def _told(runner: "Runner", services: "Services", number: int, chapter: Chapter) -> bool:
    from acme_assets.commands.chapter import heading, outcome  # noqa: PLC0415

    heading(number, chapter.feed)
    _put(services, chapter, PLAIN)
    _put(services, chapter, COMPRESSED, compress="gzip")
    good = _materialized(runner, services, chapter.feed, DAYS)
    if chapter is SALES:
        console.title(f"The orders of {CORRECTED} come again, corrected; what was made of them follows")
        _put(services, chapter, CORRECTED, seed=2, tables=("orders",))
        good &= _materialized(runner, services, chapter.feed, CORRECTED)
    outcome(services, chapter.feed, DAYS.last)
    return good


def _operations(runner: "Runner", services: "Services", number: int) -> bool:
    """The two weeks up to yesterday: the sensor of `acme up` reads on from there, not through years without orders."""
    from acme_assets.commands.chapter import heading, outcome  # noqa: PLC0415
    from acme_assets.sample import operations  # noqa: PLC0415
    from acme_platform import embedded  # noqa: PLC0415
    from acme_platform.warehouse.connection import Warehouse  # noqa: PLC0415

    heading(number, "operations")
    finance = services.settings.source("finance")
    if finance.url:
        console.say(f"left out: {finance.variable(URL)} names a real database, which is no place for a demo")
        return True
    days = Days(today() - timedelta(days=len(DAYS)), today() - ONE_DAY)
    database = Warehouse(embedded.stand_in(services.settings, FINANCE).owner_url)
    operations.prepare(database)
    new = sum(operations.fill(database, days, rows=ORDERS, seed=1).values())
    console.say(f"{days}: {ORDERS} orders a day in the database {database.address}, {new:,} of them new")
    good = _materialized(runner, services, "operations", days)
    outcome(services, "operations", days.last)
    return good


def _put(
    services: "Services",
    chapter: Chapter,
    days: Days,
    *,
    seed: int = 1,
    compress: "Compression" = "none",
    tables: tuple[str, ...] = (),
) -> None:
    """Generate the whole story and deliver these days of it, of all tables unless some are named."""
    # numpy takes a tenth of a second to import
    from acme_assets.sample import write_sample  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder)
        files = write_sample(
            chapter.feed,
            DAYS,
            rows=chapter.rows,
            seed=seed,
            dirty=DIRTY,
            to=to,
            parts=chapter.parts,
            compress=compress,
        )
        named = [(one, parse_key(one.key)) for one in files]
        wanted = [one for one, name in named if name.day in days and (not tables or name.table in tables)]
        for one in wanted:
            with (to / one.key).open("rb") as content:
                services.lake.put(one.key, content)
    rows = sum(one.rows for one in wanted)
    console.say(
        f"{days}: {console.count(len(wanted), 'file')}, {console.count(rows, 'row')} into {services.settings.lake_url}"
    )


def _materialized(runner: "Runner", services: "Services", feed: str, days: Days) -> bool:
    return all(outcome.success for outcome in materialize(runner, services, f"group:{feed}", days))


def _next() -> None:
    console.title("Next")
    for command, what in (
        ("make up", "the same platform with the Dagster UI; drop a file into the lake and watch it travel"),
        (". .venv/bin/activate", "once a terminal, and then:"),
        ("acme query country_spenders --param country=Norway", "another answer; acme query --list names them all"),
        ("acme rejects sales", "every row that could not be read, and why"),
        ("acme export --all", "every answer as a CSV file"),
        ("acme status", "what is there, what is missing"),
    ):
        console.say(f"  {command:<52} {what}")


COMMAND = Command(demo, examples=("acme demo",))
