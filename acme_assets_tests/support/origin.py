"""The operational database as a test sees it: a database of its own, its tables, and statements on them.

Belongs here: what the tests of the operations feed share. Not here: expectations.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from acme_assets.company import COMPANY
from acme_assets_tests.support.databases import database
from acme_platform.config.source_setting import SourceSetting
from acme_platform.cursor import Cursor
from acme_platform.day import ONE_DAY, today
from acme_platform.ingest.database.extract import Extracted
from acme_platform.ingest.database.source import Source
from acme_platform.materialize.extraction import reading
from acme_platform.materialize.fill import fill
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.warehouse.connection import Warehouse, rows

FEED = catalog.feed("operations")
ORDERS = catalog.table("raw.operations_orders")


@dataclass(frozen=True)
class Origin:
    """The operational database behind one test's services."""

    services: Services
    database: Warehouse

    @property
    def source(self) -> Source:
        """As the platform reads it."""
        return self.services.source(FEED.source)

    @property
    def url(self) -> str:
        return self.source.url

    def reads(self, url: str, capture: str | None = None) -> None:
        """The settings name that database from now on."""
        sources = {FEED.source: SourceSetting(FEED.source, url, capture)}
        self.services.settings = replace(self.services.settings, sources=sources)

    def create(self) -> None:
        with self.write() as cursor:
            cursor.execute((COMPANY.sql / "source/operations.sql").read_text())

    @contextmanager
    def write(self) -> Iterator[Cursor]:
        """One transaction on the operational database."""
        with self.database.transaction("test writer") as cursor:
            yield cursor

    def run(self, *statements: str) -> None:
        """Each in a transaction of its own."""
        for statement in statements:
            with self.write() as cursor:
                cursor.execute(statement)

    def order(self, order_id: int, at: str, status: str = "PENDING", customer: int | None = 1, due: str = "") -> None:
        """An order as it stands after a change at that time."""
        with self.write() as cursor:
            cursor.execute(
                "insert into operations.orders (order_id, order_date, delivery_date, customer_id, status, updated_at)"
                " values (%(id)s, %(at)s::date, nullif(%(due)s, '')::date, %(customer)s, %(status)s, %(at)s)"
                " on conflict (order_id) do update set status = excluded.status, updated_at = excluded.updated_at",
                {"id": order_id, "at": at, "due": due, "customer": customer, "status": status},
            )

    def item(self, item_id: int, order_id: int, product: int, quantity: int, at: str) -> None:
        self.run(
            "insert into operations.order_items"  # noqa: S608
            " (order_item_id, order_id, product_id, quanity, updated_at, created_at)"
            f" values ({item_id}, {order_id}, {product}, {quantity}, '{at}', '{at}')"
        )

    def customers(self, **names: int) -> None:
        for name, number in names.items():
            self.run(
                "insert into operations.customers (customer_id, customer_name, created_at, updated_at)"  # noqa: S608
                f" values ({number}, '{name}', '2024-01-01', '2024-01-01')"
            )

    def end_readers(self) -> None:
        """End every session of the platform on the operational database, as a restart would."""
        self.run(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name like 'acme %'"
        )

    def extract(self, day: date, run: str, table: str = "raw.operations_orders") -> Extracted:
        return reading(self.services, FEED, run).extract(day, catalog.table(table))

    def fill(self, day: date, run: str, *layers: str) -> None:
        """Fill the day in every table, as one run does."""
        for table in FEED.tables:
            if not layers or table.layer.name in layers:
                fill(self.services, FEED, table, day, run)

    def ask(self, query: str) -> list[dict[str, Any]]:
        """Of the warehouse."""
        with self.services.open_warehouse().transaction("test") as cursor:
            return rows(cursor, query)


def completed_today(origin: Origin) -> Origin:
    """Yesterday two orders were open; today one of them was completed, and today's answers were not filled yet."""
    now, yesterday = today(), today() - ONE_DAY
    origin.order(1, f"{yesterday} 08:00", due="2024-02-01")
    origin.order(2, f"{yesterday} 09:00", due="2024-02-01")
    origin.fill(yesterday, "run 1")
    origin.order(1, f"{now} 00:00", "COMPLETED")
    origin.fill(now, "run 2", "raw", "staging")
    return origin


@contextmanager
def operational(server: str, services: Services, capture: str | None = None) -> Iterator[Origin]:
    """A database of that server with the tables of the operations feed, which the settings name."""
    with database(server, "template1") as url, closing(Warehouse(url)) as opened:
        made = Origin(services, opened)
        made.reads(url, capture)
        made.create()
        yield made
