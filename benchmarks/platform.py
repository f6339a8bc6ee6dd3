"""The platform as a scenario meets it: a database, a lake and a Redis database of its own, on the bench's servers.

Belongs here: delivering files, filling days, emptying everything; and bare tables for psql beside it.
Not here: measuring.
"""

import os
import subprocess
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from psycopg2.extensions import parse_dsn

from acme_platform.embedded import wheel
from acme_platform.ledger import builds
from acme_platform.materialize.fill import fill
from acme_platform.materialize.machinery import Filled
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.warehouse.connection import rows

RUN = "benchmark"
SALES = catalog.feed("sales")
LAYERS = ("raw", "staging", "analytics", "cache", "raw_files", "bare")
#: psql's names for what libpq's variables call otherwise
VARIABLES = {"dbname": "PGDATABASE"}


@dataclass(frozen=True)
class Platform:
    """One warehouse with its lake and its Redis database."""

    services: Services

    def deliver(self, table: str, day: date, *files: Path) -> None:
        """Put files into the lake, as parts of the day where there are more than one; linked, not copied."""
        folder = Path(self.services.settings.lake_url) / "sales" / table
        for number, file in enumerate(files, 1):
            ending = "".join(file.suffixes)
            place = folder / (f"{day}/part-{number:04}{ending}" if len(files) > 1 else f"{day}{ending}")
            place.parent.mkdir(parents=True, exist_ok=True)
            place.unlink(missing_ok=True)
            place.hardlink_to(file)

    def fill(self, full_name: str, day: date) -> Filled:
        return fill(self.services, SALES, catalog.table(full_name), day, RUN)

    def fill_feed(self, day: date, *layers: str) -> None:
        """Every table of the sales feed in these layers, in the order of the feed."""
        for table in SALES.tables:
            if table.layer.name in layers:
                fill(self.services, SALES, table, day, RUN)

    def built(self, full_name: str, day: date, count: int) -> None:
        """Tell the ledger of rows that a scenario put into a table itself."""
        with self.services.open_warehouse().transaction("benchmark") as cursor:
            builds.built(cursor, full_name, day, rows=count, run_id=RUN)

    def execute(self, *statements: str) -> None:
        with self.services.open_warehouse().transaction("benchmark") as cursor:
            for statement in statements:
                cursor.execute(statement)

    def one(self, query: str) -> int:
        """The single number that the query answers."""
        with self.services.open_warehouse().transaction("benchmark") as cursor:
            cursor.execute(query)
            (number,) = cursor.fetchone() or (0,)
            return int(number)

    def forget(self) -> None:
        """Empty the warehouse, the lake and Redis."""
        with self.services.open_warehouse().transaction("benchmark") as cursor:
            relations = rows(
                cursor,
                "select schemaname, tablename from pg_tables where schemaname = any(%(all)s)",
                {"all": list(LAYERS)},
            )
            for row in relations:
                cursor.execute(f'drop table if exists {row["schemaname"]}."{row["tablename"]}" cascade')
            cursor.execute(
                "truncate ledger.deliveries, ledger.builds, ledger.verdicts, ledger.refreshes, quarantine.rows,"
                " ledger.lake_parts, ledger.engines"
            )
        self.services.open_redis().flushdb()
        for file in Path(self.services.settings.lake_url).rglob("*.csv*"):
            file.unlink()

    def bare_table(self, name: str, columns: str) -> None:
        """An empty table without anything but its columns."""
        self.execute(
            "create schema if not exists bare",
            f"drop table if exists bare.{name}",
            f"create table bare.{name} ({columns})",
        )

    def psql(self, command: str) -> None:
        """One command of psql's own; the password travels in its environment."""
        address = parse_dsn(self.services.attach().warehouse_url)
        variables = {VARIABLES.get(key, f"PG{key.upper()}"): value for key, value in address.items()}
        subprocess.run(
            [str(wheel.postgresql("psql")), "-X", "-q", "-v", "ON_ERROR_STOP=1", "-c", command],
            env=os.environ | variables,
            check=True,
        )
