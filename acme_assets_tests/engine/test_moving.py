"""A feed moves to the other engine and back: the same rows, nothing computed anew, no delivery again."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acme_assets.sample import write_sample
from acme_assets_tests.support.origin import FEED as OPERATIONS
from acme_assets_tests.support.origin import Origin
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.day import Days
from acme_platform.errors import MendInput, TryAgain
from acme_platform.ledger.parts import lake_parts
from acme_platform.materialize import moving
from acme_platform.model.engine import POSTGRESQL, SPARK, all_on
from acme_platform.model.table import Feed
from acme_platform.registry import catalog
from acme_platform.services import Services

DAYS = [day(number) for number in (1, 2, 3)]
#: a feed of versions, and one of snapshots
FEEDS = ("sales", "bookings")


@pytest.fixture
def moved(services: Services, engine_url: str, tmp_path: Path) -> Services:
    settings = replace(services.settings, engine_url=engine_url, tables_url=(tmp_path / "tables").as_uri())
    return replace(services, settings=settings)


def seen(services: Services, feed: Feed) -> dict[str, list[dict[str, Any]]]:
    """Rows of PostgreSQL, with the days on which versions end; and what the ledger says of them."""
    pipeline = Pipeline(services, feed)
    tables = [table.full_name for table in feed.tables if table.layer.name in ("raw", "staging", "analytics")]
    rows = {name: sorted(pipeline.ask(f"select * from {name}"), key=repr) for name in tables}  # noqa: S608
    builds = "select table_name, day, row_count, change, run_id from ledger.builds order by 1, 2"
    return {
        **rows,
        "builds": pipeline.ask(builds),
        "deliveries": pipeline.ask("select * from ledger.deliveries order by 1"),
    }


def deliver(feed: str, first: int, last: int, folder: Path) -> None:
    write_sample(feed, Days(day(first), day(last)), rows=200, seed=4, dirty=0.02, to=folder / "lake")


@pytest.mark.few(1)
@pytest.mark.parametrize("name", FEEDS)
def test_there_and_back_all_is_as_it_was(moved: Services, tmp_path: Path, name: str) -> None:
    feed, pipeline = catalog.feed(name), Pipeline(moved, catalog.feed(name))
    deliver(name, 1, 3, tmp_path)
    pipeline.fill(*DAYS, layers=("raw", "staging", "analytics"), accepts_rejects=True)
    before = seen(moved, feed)
    with all_on(SPARK):
        assert moving.move(moved, feed, lambda _: None)
        raw = next(table for table in feed.tables if table.layer.is_loaded)
        assert pipeline.ask(f"select count(*) as n from {raw.full_name}") == [{"n": 0}]  # noqa: S608
        with moved.open_warehouse().transaction("test") as cursor:
            assert sum(part.rows for part in lake_parts.parts(cursor, raw.full_name)) == len(before[raw.full_name])
        assert moving.move(moved, feed, lambda _: None) == []
    with all_on(POSTGRESQL):
        assert moving.move(moved, feed, lambda _: None)
    assert seen(moved, feed) == before


@pytest.mark.slow
def test_what_was_read_from_a_database_moves_too(origin: Origin, engine_url: str, tmp_path: Path) -> None:
    """Changes of a day, of which some end on it; and the next change is read where the rows are."""
    settings = replace(origin.services.settings, engine_url=engine_url, tables_url=(tmp_path / "tables").as_uri())
    moved = replace(origin.services, settings=settings)
    other = Origin(moved, origin.database)
    other.reads(origin.url, None)
    origin.customers(Ann=1, Bob=2)
    origin.order(1, "2024-01-01 08:00", customer=1, due="2024-01-11")
    origin.order(2, "2024-01-01 09:00", customer=2, due="2024-01-11")
    other.fill(day(1), "run 1", "raw", "staging", "analytics")
    origin.order(1, "2024-01-01 12:00", "COMPLETED")
    origin.order(2, "2024-01-02 09:00", "ON HOLD")
    for number in (1, 2):
        other.fill(day(number), f"run of {number}", "raw", "staging", "analytics")
    before = seen(moved, OPERATIONS)
    with all_on(SPARK):
        assert moving.move(moved, OPERATIONS, lambda _: None)
    with all_on(POSTGRESQL):
        assert moving.move(moved, OPERATIONS, lambda _: None)
    assert seen(moved, OPERATIONS) == before
    assert any(row["valid_to"] == row["day"] for row in before["staging.operations_orders"])
    with all_on(SPARK):
        moving.move(moved, OPERATIONS, lambda _: None)
        origin.order(2, "2024-01-02 10:00", "COMPLETED")
        other.fill(day(2), "on spark", "raw", "staging", "analytics")
        open_orders = "select * from analytics.open_orders_agg where day = '2024-01-02'"
        assert other.ask(open_orders) == []


@pytest.mark.slow
def test_a_moved_feed_goes_on_as_if_it_had_always_been_there(moved: Services, tmp_path: Path) -> None:
    """A day that corrects another one, and a new one, on either engine."""
    feed, pipeline = catalog.feed("sales"), Pipeline(moved)
    deliver("sales", 1, 2, tmp_path)
    pipeline.fill(*DAYS[:2], layers=("raw", "staging", "analytics"), accepts_rejects=True)
    layers = ("raw", "staging", "analytics")
    with all_on(SPARK):
        moving.move(moved, feed, lambda _: None)
        deliver("sales", 3, 3, tmp_path)
        write_sample("sales", Days(day(2), day(2)), rows=150, seed=9, dirty=0, to=tmp_path / "lake")
        pipeline.fill(*DAYS, layers=layers, accepts_rejects=True)
    on_spark = {
        name: sorted(pipeline.ask(f"select * from {name}"), key=repr)  # noqa: S608
        for name in ("analytics.customer_orders", "analytics.sales_by_country")
    }
    moving.move(moved, feed, lambda _: None)
    pipeline.forget()
    pipeline.change("truncate ledger.engines, ledger.lake_parts")
    pipeline.fill(*DAYS, layers=layers, accepts_rejects=True)
    for name, rows in on_spark.items():
        assert rows == sorted(pipeline.ask(f"select * from {name}"), key=repr)  # noqa: S608
        assert rows


def test_a_feed_that_stands_elsewhere_is_neither_filled_nor_checked(moved: Services, tmp_path: Path) -> None:
    pipeline = Pipeline(moved)
    deliver("sales", 1, 1, tmp_path)
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"), accepts_rejects=True)
    with all_on(SPARK):
        with pytest.raises(MendInput, match="stands in PostgreSQL") as refused:
            pipeline.fill(day(1), layers=("analytics",))
        assert "acme engine move sales" in refused.value.next_step
        with pytest.raises(MendInput, match="stands in PostgreSQL"):
            pipeline.fill(day(1), layers=("raw",))


def test_a_day_filled_meanwhile_is_not_lost(moved: Services, tmp_path: Path) -> None:
    """A run that began before the feed was declared anew ends amid the move."""
    pipeline, feed = Pipeline(moved), catalog.feed("sales")
    deliver("sales", 1, 2, tmp_path)
    pipeline.fill(day(1), layers=("raw", "staging"), accepts_rejects=True)
    told: list[str] = []

    def fill_another(table: str) -> None:
        if not told:
            with all_on(POSTGRESQL):
                pipeline.fill(day(2), layers=("raw",), accepts_rejects=True)
        told.append(table)

    with all_on(SPARK):
        with pytest.raises(TryAgain, match="was filled while it was moved"):
            moving.move(moved, feed, fill_another)
        moving.move(moved, feed, lambda _: None)
        with moved.open_warehouse().transaction("test") as cursor:
            assert {part.day for part in lake_parts.parts(cursor, "raw.sales_orders")} == {day(1), day(2)}
