"""Extraction: a day of an operational database into raw, beside psql with the same rows in a file."""

from dataclasses import dataclass
from pathlib import Path

from acme_assets.company import FINANCE
from acme_assets.sample import operations
from acme_platform import embedded
from acme_platform.day import Days
from acme_platform.ingest.incremental.by_time import ByTime
from acme_platform.registry import catalog
from acme_platform.warehouse.connection import Warehouse
from benchmarks.bench import FIRST_DAY, Bench
from benchmarks.measure import Clock, forget_peak, peak_megabytes
from benchmarks.platform import Platform
from benchmarks.scenario import Outcome, Promise, Scenario, sides

FEED = catalog.feed("operations")
ITEMS = catalog.table("raw.operations_order_items")


@dataclass
class Extract:
    """A side: the day of all four tables, of which the order items are by far the largest."""

    platform: Platform
    peak: float = 0.0

    def __call__(self) -> float:
        self.platform.forget()
        self.platform.execute("truncate ledger.watermarks")
        services = self.platform.services
        forget_peak()
        with Clock() as clock:
            first_day, source = services.settings.first_day, services.source(FEED.source)
            ByTime(services.open_warehouse(), source, FEED, "benchmark", first_day).extract(FIRST_DAY, ITEMS)
        self.peak = peak_megabytes()
        return clock.seconds


@dataclass
class CopyFiles:
    """A side: the same rows of all four tables from files into bare tables of text, one after the other."""

    platform: Platform
    files: dict[str, Path]

    def __call__(self) -> float:
        self.platform.forget()
        for table in FEED.extracted:
            self.platform.bare_table(table.name, ", ".join(f"{column} text" for column in table.sql.shape.names))
        with Clock() as clock:
            for name, file in self.files.items():
                self.platform.psql(f"\\copy bare.{name} from '{file}' with (format csv)")
        return clock.seconds


def beside_psql(bench: Bench) -> Outcome:
    platform = bench.platform("extraction")
    source = Warehouse(embedded.stand_in(bench.settings, FINANCE).owner_url)
    with source.transaction("benchmark") as cursor:
        # A day that has orders is left as it is, be they those of another scale.
        cursor.execute("drop schema if exists operations cascade")
    operations.prepare(source)
    orders = bench.scale.extracted // operations.ITEMS
    operations.fill(source, Days(FIRST_DAY, FIRST_DAY), rows=orders, seed=1)
    ours = Extract(platform)
    ours()
    rows = {table.name: platform.one(f"select count(*) from {table.full_name}") for table in FEED.extracted}
    pairs = bench.alternate(ours, CopyFiles(platform, _files(bench, platform)))
    total = sum(rows.values())
    note = f"{rows[ITEMS.name]:,} of {total:,} rows are order items"
    return Outcome(
        pairs.speed, sides(pairs, "extraction", "psql \\copy", total), len(pairs.ours), ours.peak, notes=(note,)
    )


def _files(bench: Bench, platform: Platform) -> dict[str, Path]:
    files = {}
    for table in FEED.extracted:
        file = bench.samples / f"{table.name}.csv"
        file.parent.mkdir(parents=True, exist_ok=True)
        columns = ", ".join(table.sql.shape.names)
        platform.psql(f"\\copy (select {columns} from {table.full_name}) to '{file}' with (format csv)")
        files[table.name] = file
    return files


SCENARIOS = (
    Scenario(
        "extraction",
        "operational database → raw",
        "psql \\copy of the same rows from files",
        Promise("at least", 1.2, 1.5),
        beside_psql,
    ),
)
