"""`acme demo`: the whole platform in one go, from generated deliveries to answers."""

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from acme_assets.cli import console
from acme_assets.cli.command import Command
from acme_assets.cli.run import materialize
from acme_assets.day import Days
from acme_assets.filename import parse_key
from acme_assets.settings import Settings

if TYPE_CHECKING:
    from acme_assets.run import Runner
    from acme_assets.sample.output import Compression
    from acme_assets.services import Services

DAYS = Days(date(2024, 3, 1), date(2024, 3, 14))
PLAIN = Days(date(2024, 3, 1), date(2024, 3, 7))
#: the second week comes compressed, as senders do once files grow
COMPRESSED = Days(date(2024, 3, 8), date(2024, 3, 14))
CORRECTED = Days(date(2024, 3, 5), date(2024, 3, 5))
ROWS = 5_000
SHOWN = 5


def demo() -> None:
    """Generate two weeks of deliveries, materialize all of it, and show the answers. Ends by itself.

    Run it again and it gives the same answers. What it made stays for the other commands and for `acme up`.
    """
    # Dagster takes half a second to import
    from acme_assets.instance import instance  # noqa: PLC0415
    from acme_assets.run import Runner  # noqa: PLC0415
    from acme_assets.services import Services  # noqa: PLC0415

    services = Services(Settings.from_env())
    console.title(f"Two weeks of deliveries, {DAYS}, into {services.settings.lake_url}")
    _deliver(services)
    console.title("Every table of every day, in one run")
    with instance(services) as opened:
        runner = Runner(services, opened)
        good = _materialized(runner, services, DAYS)
        console.title(f"The orders of {CORRECTED} come again, corrected; later answers follow")
        _put(services, CORRECTED, seed=2, tables=("orders",))
        good &= _materialized(runner, services, CORRECTED)
    _show(services)
    if not good:
        raise typer.Exit(1)


def _deliver(services: "Services") -> None:
    _put(services, PLAIN, seed=1)
    _put(services, COMPRESSED, seed=1, compress="gzip")


def _put(
    services: "Services",
    days: Days,
    *,
    seed: int,
    compress: "Compression" = "none",
    tables: tuple[str, ...] = ("customers", "orders"),
) -> None:
    """Generate the whole story and deliver these days of it."""
    # numpy takes a tenth of a second to import
    from acme_assets.sample import write_sample  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        to = Path(folder)
        files = write_sample("sales", DAYS, rows=ROWS, seed=seed, dirty=0.002, to=to, parts=3, compress=compress)
        wanted = [one for one in files if (named := parse_key(one.key)).day in days and named.table in tables]
        for one in wanted:
            with (to / one.key).open("rb") as content:
                services.lake.put(one.key, content)
    rows = sum(one.rows for one in wanted)
    console.say(f"{days}: {console.count(len(wanted), 'file')}, {console.count(rows, 'row')}")


def _materialized(runner: "Runner", services: "Services", days: Days) -> bool:
    return all(outcome.success for outcome in materialize(runner, services, "*", days))


def _show(services: "Services") -> None:
    _answers(services)
    _rejects(services)
    _redis(services)
    console.title("Next")
    for command, what in (
        ("make up", "the same platform with the Dagster UI; drop a file into the lake and watch it travel"),
        ("acme query country_spenders --param country=Norway", "another answer; acme query --list names them all"),
        ("acme rejects sales", "every row that could not be read, and why"),
        ("acme status", "what is there, what is missing"),
    ):
        console.say(f"  {command:<52} {what}")


def _answers(services: "Services") -> None:
    # pandas takes a fifth of a second to import
    from acme_assets.question import questions  # noqa: PLC0415

    for name, asked in questions().items():
        answer = asked.ask(services.warehouse, DAYS.last, {})
        console.title(f"{name}, as of {DAYS.last}: {asked.meaning}")
        console.show(list(answer.columns), answer.head(SHOWN).itertuples(index=False, name=None))
        if len(answer) > SHOWN:
            console.say(f"… and {len(answer) - SHOWN:,} more rows")


def _rejects(services: "Services") -> None:
    from acme_assets import catalog  # noqa: PLC0415
    from acme_assets.rejected import rejected  # noqa: PLC0415

    with services.warehouse.transaction("acme demo") as at:
        count, rows = rejected(at, list(catalog.tables()), None, SHOWN)
    console.title(f"What could not be read: {count} rows in quarantine")
    console.show(("table", "day", "file", "row", "reason", "record"), rows)


def _redis(services: "Services") -> None:
    from acme_assets import catalog  # noqa: PLC0415

    for table in catalog.tables().values():
        if table.keys:
            keyspace = services.keyspace(table)
            keys = sorted(keyspace.keys())
            console.title(f"What Redis holds: {len(keys)} keys {table.keys}")
            console.show(("key", "fields"), [(key, fields) for key, fields in keyspace.hashes(keys[:SHOWN])])


COMMAND = Command(demo, examples=("acme demo",))
