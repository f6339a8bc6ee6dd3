"""`acme sample`: generated deliveries."""

import time
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from acme_assets.company import FINANCE
from acme_platform.cli.terminal import console
from acme_platform.cli.terminal.command import Command, DaysOption
from acme_platform.config.settings import Settings
from acme_platform.config.source_setting import URL
from acme_platform.day import Days, outside, refuse_outside
from acme_platform.errors import UsageError
from acme_platform.lake import open_lake
from acme_platform.lake.folder import FolderLake

if TYPE_CHECKING:
    from acme_assets.sample import SampleFile


def sample(
    feed: Annotated[str, typer.Argument(metavar="FEED", help="A feed with a generator, such as sales.")],
    *,
    days: DaysOption,
    rows: Annotated[int, typer.Option(min=1, help="Rows a day of the feed's main table (sales: orders).")] = 10_000,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    dirty: Annotated[float, typer.Option(metavar="SHARE", help="Share of the rows to make wrong, 0 to 0.5.")] = 0,
    parts: Annotated[int, typer.Option(min=1, help="Files a day of the main table.")] = 1,
    gzip: Annotated[bool, typer.Option("--gzip", help="Compress the files.")] = False,
    to: Annotated[Path | None, typer.Option(metavar="DIR", file_okay=False, help="Unset: the lake's folder.")] = None,
) -> None:
    """Write deliveries like those of a real feed: any size, the same again for the same arguments.

    The files get the names under which the platform finds them. Files of the same names are replaced. The feed
    operations is no file: its rows go into the embedded finance_db, and days that have orders there are left alone.
    """
    if feed == "operations":
        _into_database(days, rows, seed)
        return
    # numpy takes a tenth of a second to import
    from acme_assets.sample import write_sample  # noqa: PLC0415

    folder = to or _lake_folder()
    started = time.monotonic()
    with console.counting("rows written") as progress:
        files = write_sample(
            feed,
            days,
            rows=rows,
            seed=seed,
            dirty=dirty,
            to=folder,
            parts=parts,
            compress="gzip" if gzip else "none",
            progress=progress,
        )
    _report(files, folder, time.monotonic() - started)
    if to is None and not outside(days, Settings.from_env().first_day):
        console.say(f"next: acme run --days {days}")


def _into_database(days: Days, rows: int, seed: int) -> None:
    # psycopg2 is not needed to write files
    from acme_assets.sample import operations  # noqa: PLC0415
    from acme_platform import embedded  # noqa: PLC0415
    from acme_platform.warehouse.connection import Warehouse  # noqa: PLC0415

    settings = Settings.from_env()
    refuse_outside(days, settings.first_day)
    finance = settings.source("finance")
    if finance.url:
        raise UsageError(
            f"{finance.variable(URL)} names a real database, and samples are written to the embedded one only",
            "unset it for this command",
        )
    database, started = Warehouse(embedded.stand_in(settings, FINANCE).owner_url), time.monotonic()
    operations.prepare(database, seed)
    with console.counting("rows written") as progress:
        written = operations.fill(database, days, rows=rows, seed=seed, progress=progress)
    console.show(("day", "orders", "items"), [(str(day), n, n * operations.ITEMS) for day, n in written.items()])
    console.say(f"{sum(written.values()):,} orders in {time.monotonic() - started:.1f} s in {database.address}")
    console.say(f"next: acme run --days {days} --select group:operations")


def _lake_folder() -> Path:
    url = Settings.from_env().lake_url
    lake = open_lake(url)
    if not isinstance(lake, FolderLake):
        raise UsageError(
            f"the lake is {url}, and samples are written to a folder",
            "name one with --to DIR, then put its files into the lake with `acme deliver`",
        )
    return lake.root


def _report(files: "list[SampleFile]", folder: Path, seconds: float) -> None:
    tables: dict[str, list[int]] = defaultdict(list)
    for file in files:
        tables["/".join(file.key.split("/")[:2])].append(file.rows)
    console.show(("table", "files", "rows"), [(table, len(rows), sum(rows)) for table, rows in tables.items()])
    total = sum(file.rows for file in files)
    console.say(f"{total:,} rows in {seconds:.1f} s ({total / seconds:,.0f} rows a second) below {folder}")


COMMAND = Command(
    sample,
    examples=(
        "acme sample sales --days today-13..today",
        "acme sample sales --days 2024-01-02 --rows 1000000 --parts 8 --gzip --seed 7",
        "acme sample sales --days 2024-01-02 --dirty 0.01 --to /tmp/deliveries",
        "acme sample operations --days yesterday --rows 5000",
    ),
)
