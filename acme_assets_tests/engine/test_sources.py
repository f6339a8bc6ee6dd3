"""Both engines make the same of what a database says: by its times and by its log, late, deleted, unreadable, again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import pytest

from acme_assets_tests.engine.test_both_engines import seen_of
from acme_assets_tests.support.capturing import SLOT, Captured, change, delete, insert
from acme_assets_tests.support.changing import edited
from acme_assets_tests.support.databases import database
from acme_assets_tests.support.origin import FEED, ORDERS, Origin
from acme_assets_tests.support.pipeline import day
from acme_platform.day import Days, today
from acme_platform.embedded import Addresses
from acme_platform.engine.parts.files import TableFiles
from acme_platform.engine.parts.part_file import raw_schema
from acme_platform.ingest.cdc.positions import forget_places
from acme_platform.ingest.cdc.replication_slot import Slot
from acme_platform.ingest.database import compaction
from acme_platform.ledger.parts import lake_parts
from acme_platform.materialize.wipe import made_of, wipe
from acme_platform.services import Services

VERSIONS = ("raw", "staging")
ROWS = (*VERSIONS, "analytics")
VIEWS = [f"{table.full_name}_{view}" for table in FEED.tables if table.live for view in ("today", "history", "union")]


@dataclass(frozen=True)
class Twice:
    """One database that two warehouses read, each with an engine of its own."""

    postgresql: Origin
    spark: Origin
    monkeypatch: pytest.MonkeyPatch

    @property
    def origins(self) -> tuple[Origin, Origin]:
        return self.postgresql, self.spark

    @contextmanager
    def by(self, origin: Origin) -> Iterator[None]:
        with self.monkeypatch.context() as patched:
            patched.setenv("ACME_ENGINE", "spark" if origin is self.spark else "postgresql")
            yield

    def fill(self, filled_day: date, run: str, *layers: str) -> None:
        for origin in self.origins:
            with self.by(origin):
                origin.fill(filled_day, run, *(layers or VERSIONS))

    def agree(self, *days: date) -> dict[str, object]:
        """Whatever a person may see of these days is the same; returns it."""
        for answered_day in days:
            self.fill(answered_day, "run of the answers", "analytics")
        expected, found = (self._seen(origin, days) for origin in self.origins)
        for name, wanted in expected.items():
            assert found[name] == wanted, name
        return found

    def _seen(self, origin: Origin, days: tuple[date, ...]) -> dict[str, object]:
        with self.by(origin):
            seen: dict[str, object] = {
                table.full_name: seen_of(origin.services, table.full_name, days)
                for table in FEED.tables
                if table.layer.name in ROWS
            }
        views = {view: sorted((tuple(row.values()) for row in origin.ask(f"table {view}")), key=repr) for view in VIEWS}
        return seen | views | {"redis": self._cached(origin, max(days))}

    def _cached(self, origin: Origin, newest_day: date) -> dict[str, object]:
        """Both warehouses publish to the one Redis of the test, one after the other."""
        client = origin.services.open_redis()
        client.flushdb()
        with self.by(origin):
            origin.fill(newest_day, "run of the caches", "cache")
        keys = [str(key) for table in FEED.tables if table.keys for key in client.scan_iter(table.keys)]
        hashes = {key: client.hgetall(key) for key in keys if client.type(key) == "hash"}
        return hashes | {key: client.zrange(key, 0, -1, withscores=True) for key in keys if client.type(key) == "zset"}


@contextmanager
def second(
    first: Origin, engine_url: str, server: str, template: str, folder: Path, slot: str | None = None
) -> Iterator[Twice]:
    """The same database as another warehouse reads it, which has a slot of its own. Three parts of a day are many."""
    with database(server, template) as url, pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(compaction, "MANY", 3)
        settings = replace(first.services.settings, warehouse_url=url, engine_url=engine_url)
        services = Services(replace(settings, tables_url=(folder / "tables").as_uri()))
        other = Origin(services, first.database)
        other.reads(first.url, slot)
        yield Twice(first, other, monkeypatch)
        services.open_warehouse().close()


@pytest.fixture
def twice(
    origin: Origin, engine_url: str, servers: Addresses, warehouse_template: str, tmp_path: Path
) -> Iterator[Twice]:
    with second(origin, engine_url, servers.warehouse_url, warehouse_template, tmp_path) as made:
        yield made


@pytest.fixture
def captured_twice(
    captured: Captured, engine_url: str, servers: Addresses, warehouse_template: str, tmp_path: Path
) -> Iterator[Twice]:
    slot = f"{SLOT}_of_spark"
    with second(captured, engine_url, servers.warehouse_url, warehouse_template, tmp_path, slot) as made:
        yield made
        Slot(made.spark.source, slot).drop()


def begin(origin: Origin) -> None:
    """A day of orders and items, one of an order that nobody knows."""
    origin.customers(Ann=1, Bob=2, Cat=3)
    origin.order(1, "2024-01-01 08:00", customer=1, due="2024-01-11")
    origin.order(2, "2024-01-01 09:00", "PROCESSING", customer=2, due="2024-01-11")
    origin.order(3, "2024-01-01 10:00", customer=3, due="2024-01-11")
    origin.item(11, 1, product=7, quantity=2, at="2024-01-01 08:00")
    origin.item(12, 2, product=7, quantity=3, at="2024-01-01 08:00")
    origin.item(13, 99, product=8, quantity=0, at="2024-01-01 08:00")


def soil(origin: Origin, at: str) -> None:
    """Texts that CSV could mistake, orders without a status and at no time, less than no items."""
    origin.run(
        "insert into operations.orders (order_id, status, updated_at) values"  # noqa: S608
        f" (50, null, '{at}'), (51, 'PENDING', 'infinity'), (52, E'ON\n\\\\.\nHOLD, \"so\"', '{at}'),"
        f" (53, '  spaced ', '{at}'), (54, '', '{at}'), (55, 'PENDING', null)",
    )
    origin.item(14, 1, product=7, quantity=-3, at=at)


@pytest.mark.slow
def test_days_read_by_time_late_and_unreadable_and_again(twice: Twice) -> None:
    source = twice.postgresql
    begin(source)
    twice.fill(day(1), "run 1", "raw")
    source.order(3, "2024-01-01 12:00", "COMPLETED")
    twice.fill(day(1), "run 2")
    source.order(1, "2024-01-02 08:00", "COMPLETED")
    source.order(5, "2024-01-02 09:00", customer=None, due="2024-01-12")
    soil(source, "2024-01-02 08:00")
    source.order(2, "2024-01-03 11:00", customer=2)
    for number in (3, 2):
        twice.fill(day(number), f"run of {number}")
    source.order(5, "2024-01-01 23:00", "ON HOLD")
    twice.fill(day(1), "late run")
    twice.fill(today(), "run of today")
    source.run("update operations.orders set status = 'PROCESSING' where order_id = 5")
    twice.fill(today(), "compared")

    seen = twice.agree(day(2), today())
    assert len(quarantined(seen)) > 3
    assert seen["analytics.open_orders_agg_today"], "today has answers"
    assert seen["redis"], "the caches hold something"
    assert twice.spark.ask("select from raw.operations_orders") == [], "PostgreSQL holds what is in the lake"


def quarantined(seen: dict[str, object]) -> list[object]:
    of_table = seen["staging.operations_orders"]
    assert isinstance(of_table, dict)
    rejected: list[object] = of_table["quarantine"]
    return rejected


@pytest.mark.slow
def test_changes_captured_deleted_not_sent_and_compared_anew(captured_twice: Twice) -> None:
    source = captured_twice.postgresql
    begin(source)
    source.run("alter table operations.orders alter status set storage external", insert(60, "e" * 9000))
    captured_twice.fill(today(), "run 1")
    captured_twice.fill(day(1), "run 2")
    source.run(insert(61), insert(62), change(61, "PROCESSING"), delete(62), delete(2), change(61, "COMPLETED"))
    source.run("update operations.orders set customer_id = 3 where order_id = 60", "delete from operations.order_items")
    soil(source, str(today()))
    captured_twice.fill(today(), "run 3")
    source.run(insert(62), change(1, "ON HOLD"), "update operations.orders set order_id = 70 where order_id = 3")
    captured_twice.fill(today(), "run 4")
    unheard(captured_twice, change(61, "PENDING"), delete(1))
    captured_twice.fill(today(), "run 5")

    seen = captured_twice.agree(today())
    assert len(quarantined(seen)) > 1
    assert seen["redis"], "the caches hold something"


def unheard(twice: Twice, *statements: str) -> None:
    """What happens before the slots are made anew is found by comparing all of raw."""
    for origin in twice.origins:
        with origin.services.open_warehouse().transaction("test") as cursor:
            forget_places(cursor, [FEED.name])
    twice.postgresql.run(*statements)


def test_the_parts_of_a_day_stay_few_however_often_it_is_read(twice: Twice) -> None:
    with twice.by(twice.spark):
        for number in range(1, 8):
            twice.spark.order(number, f"2024-01-01 {number:02}:00")
            twice.spark.fill(day(1), f"run {number}", "raw")
            with twice.spark.services.open_warehouse().transaction("test") as cursor:
                parts = lake_parts.parts(cursor, ORDERS.full_name)
            assert sum(part.rows for part in parts) == number
            assert len(parts) < compaction.MANY


def test_a_column_that_is_declared_between_two_readings_is_kept_of_both(twice: Twice) -> None:
    """Also of the readings before it, which kept the column as an undeclared one, when parts become one."""
    source = twice.postgresql
    source.run("alter table operations.orders add note text")
    source.order(1, "2024-01-01 08:00")
    source.run("update operations.orders set note = 'urgent'")
    twice.fill(day(1), "run 1", "raw")
    with edited(ORDERS.full_name, ("updated_at ", "note text, -- what was noted\n    updated_at ")):
        for number in range(2, 2 + compaction.MANY):
            source.order(number, f"2024-01-01 08:0{number}")
            twice.fill(day(1), f"run {number}", "raw")
        with twice.spark.services.open_warehouse().transaction("test") as cursor:
            parts = lake_parts.parts(cursor, ORDERS.full_name)
        rows = TableFiles(twice.spark.services.settings.tables_url).scanned(parts, raw_schema(ORDERS.sql.shape.names))
        found = [(row["order_id"], row["note"], row["extra"]) for batch in rows for row in batch.to_pylist()]
        kept = twice.postgresql.ask("select order_id, note, extra::text from raw.operations_orders order by row_number")
    assert found == [tuple(row.values()) for row in kept]
    assert found[0] == ("1", "urgent", None)


@pytest.mark.slow
@pytest.mark.parametrize("number", [2, 1, 3])
def test_a_day_that_is_taken_back_is_as_if_it_had_never_been(twice: Twice, number: int) -> None:
    """The version before it is valid until the one behind it; what it deleted or changed is as it was before."""
    source = twice.postgresql
    begin(source)
    for changed_day, status in ((2, "PROCESSING"), (3, "ON HOLD")):
        source.order(1, f"2024-01-0{changed_day} 08:00", status)
        source.order(changed_day, f"2024-01-0{changed_day} 09:00", "COMPLETED")
    for filled_day in (1, 2, 3):
        twice.fill(day(filled_day), f"run {filled_day}")
    for origin in twice.origins:
        with twice.by(origin):
            wipe(origin.services, made_of(FEED.changing), Days(day(number), day(number)))
    twice.agree(day(3 if number < 3 else 2))


@pytest.mark.slow
@pytest.mark.parametrize("call", [5, 2, 1])
def test_a_run_that_dies_between_a_part_and_the_ledger_is_made_again(twice: Twice, call: int) -> None:
    """At the first part of staging, at the second and at the first one of raw."""
    begin(twice.postgresql)
    twice.fill(day(1), "run 1")
    twice.postgresql.order(1, "2024-01-01 12:00", "COMPLETED")
    twice.postgresql.item(15, 1, product=9, quantity=1, at="2024-01-01 12:00")
    with twice.by(twice.spark), twice.monkeypatch.context() as patched:
        patched.setattr(lake_parts, "add", dying(lake_parts.add, call))
        with pytest.raises(KeyboardInterrupt):
            twice.spark.fill(day(1), "run 2", *VERSIONS)
    twice.fill(day(1), "run 3")
    twice.agree(day(1))


def dying(method: Callable[..., None], call: int) -> Callable[..., None]:
    calls = iter(range(call - 1))

    def die(*arguments: object) -> None:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        method(*arguments)

    return die
