"""A feed as a test walks it: text into the lake, days filled layer by layer, tables read back.

Belongs here: what tests of several layers share. Not here: Dagster, and expectations, which stand in the tests.
"""

import gzip
import io
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

import zstandard

from acme_assets_tests.support import drawn
from acme_platform.checks.builtin import checks
from acme_platform.config.settings import PROJECT, Settings
from acme_platform.ledger import check_results
from acme_platform.ledger.check_results import Verdict
from acme_platform.materialize.fill import fill
from acme_platform.materialize.machinery import Filled
from acme_platform.model.run_options import RunOptions
from acme_platform.model.table import Feed
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.warehouse.connection import rows

FEED = catalog.feed("sales")
RUN = "run-of-the-test"
PACK: dict[str, Callable[[bytes], bytes]] = {".csv": bytes, ".csv.gz": gzip.compress, ".csv.zst": zstandard.compress}
LAYERS = ("raw", "staging", "analytics", "cache")


def day(number: int) -> date:
    """A day of January 2024."""
    return date(2024, 1, number)


def environment(settings: Settings) -> dict[str, str]:
    """What a child process needs in order to work with the same servers and lake."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(PROJECT),
        "ACME_HOME": str(settings.home),
        "ACME_LAKE_URL": settings.lake_url,
        "ACME_FIRST_DAY": str(settings.first_day),
        "ACME_WAREHOUSE_URL": settings.warehouse_url or "",
        "ACME_DAGSTER_URL": settings.dagster_url or "",
        "ACME_REDIS_URL": settings.redis_url or "",
    }


@dataclass(frozen=True)
class Pipeline:
    """The feed, sales unless said otherwise, over one test's servers."""

    services: Services
    feed: Feed = FEED

    def deliver(self, table: str, day: date, content: str | bytes, *, part: str = "", ending: str = ".csv") -> str:
        """Put a drawn table, or bytes as they are, into the lake; returns the key."""
        plain = drawn.to_csv(content) if isinstance(content, str) else content
        key = f"{self.feed.name}/{table}/{day}{f'/{part}' if part else ''}{ending}"
        return self.put(key, PACK[ending](plain))

    def put(self, key: str, content: bytes) -> str:
        self.services.lake.put(key, io.BytesIO(content))
        return key

    def fill(self, *days: date, layers: tuple[str, ...] = LAYERS, accepts_rejects: bool = False) -> None:
        """Fill the days in the order given, table after table, as one ranged run does."""
        for table in self.feed.tables:
            for filled_day in days if table.layer.name in layers else ():
                fill(self.services, self.feed, table, filled_day, RUN, RunOptions(accepts_rejects=accepts_rejects))

    def fill_table(self, full_name: str, day: date, run_id: str = RUN, *, accepts_rejects: bool = False) -> Filled:
        options = RunOptions(accepts_rejects=accepts_rejects)
        return fill(self.services, self.feed, catalog.table(full_name), day, run_id, options)

    def check(self, full_name: str, day: date) -> dict[str, Verdict]:
        """Run every check that selects from the warehouse, and keep the verdicts as a run does."""
        table = catalog.table(full_name)
        with self.services.open_warehouse().transaction("test") as cursor:
            verdicts = [check.on(cursor, table, day) for check in checks(table)]
            for verdict in verdicts:
                check_results.record(cursor, verdict, RUN)
        return {verdict.check: verdict for verdict in verdicts}

    def red(self, full_name: str, day: date) -> set[str]:
        """Names of the checks that find something."""
        return {name for name, verdict in self.check(full_name, day).items() if verdict.is_broken}

    def breaks(self, full_name: str, check: str, day: date, statement: str) -> bool:
        """Whether the check finds nothing before the statement and something after it, which is then undone."""
        table = catalog.table(full_name)
        (promise,) = [promise_check for promise_check in checks(table) if promise_check.name == check]
        with self.services.open_warehouse().transaction("test") as cursor:
            before = promise.on(cursor, table, day)
            cursor.execute(statement)
            after = promise.on(cursor, table, day)
            cursor.connection.rollback()
        return after.is_broken and not before.is_broken

    def ask(self, query: str, parameters: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        with self.services.open_warehouse().transaction("test") as cursor:
            return rows(cursor, query, parameters or {})

    def change(self, *statements: str) -> None:
        """Break or mend the warehouse by hand."""
        with self.services.open_warehouse().transaction("test") as cursor:
            for statement in statements:
                cursor.execute(statement)

    def expect(self, source: str, drawing: str) -> None:
        """`source` is a table, with a `where` if need be; only the drawn columns matter."""
        columns = ", ".join(drawn.columns(drawing))
        drawn.expect(self.ask(f"select {columns} from {source}"), drawing)  # noqa: S608  # both are texts of a test

    def forget(self) -> None:
        """Empty the warehouse and Redis; the lake stays."""
        tables = self.ask(
            "select schemaname, tablename from pg_tables where schemaname = any(%(all)s)",
            {"all": [*LAYERS, "raw_files"]},
        )
        drops = [f'drop table if exists {row["schemaname"]}."{row["tablename"]}" cascade' for row in tables]
        kept = "ledger.deliveries, ledger.builds, ledger.verdicts, ledger.refreshes, quarantine.rows"
        self.change(*drops, f"truncate {kept}")
        self.services.open_redis().flushdb()

    def built(self, table: str) -> set[int]:
        """The days that the table holds, as numbers of their month."""
        rows = self.ask("select day from ledger.builds where table_name = %(table)s", {"table": table})
        return {row["day"].day for row in rows}

    def hashes(self, pattern: str = "country:*") -> dict[str, dict[str, str]]:
        """Every hash of the cache as Redis holds it."""
        keys = map(str, self.services.open_redis().scan_iter(pattern))
        return {
            key: {str(field): str(value) for field, value in self.services.open_redis().hgetall(key).items()}
            for key in keys
        }
