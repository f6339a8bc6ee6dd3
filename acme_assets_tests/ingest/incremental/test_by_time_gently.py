"""Reading by time is gentle to a large source, and survives its clock, its zone and raw tables that go or change."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acme_assets_tests.ingest.incremental.readings import (
    MIDNIGHT,
    TOMORROW,
    found,
    place,
    read,
    verdict,
    versions,
)
from acme_assets_tests.support.changing import edited
from acme_assets_tests.support.origin import FEED, ORDERS, Origin
from acme_platform.day import today
from acme_platform.ingest.incremental.by_time import ByTime
from acme_platform.triggers.source_changes import look

# gently


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_a_large_table_is_compared_in_a_round_of_several_readings_which_the_sensor_asks_for(origin: Origin) -> None:
    origin.run(
        "insert into operations.orders (order_id, customer_id, status, updated_at)"  # noqa: S608
        f" select n, 1, 'PENDING', {MIDNIGHT} from generate_series(1, 20) as n"
    )
    read(origin, "run 1")
    asked = set()
    for number in range(2, 20):
        if not (wanted := look(origin.services, FEED)).days:
            break
        asked.add(wanted.since)
        read(origin, f"run {number}")
    assert len(asked) == number - 2 > 2
    assert origin.ask("select rounds::int from ledger.comparisons where table_name = 'raw.operations_orders'") == [
        {"rounds": 1}
    ]
    assert (len(versions(origin)), found(origin)) == (20, {})


@pytest.mark.slow
@pytest.mark.usefixtures("small")
def test_of_a_large_table_the_greatest_keys_are_compared_at_once_and_the_others_at_the_close_of_the_day(
    origin: Origin,
) -> None:
    origin.run(
        "insert into operations.orders (order_id, customer_id, status, updated_at)"  # noqa: S608
        f" select n, 1, 'PENDING', {MIDNIGHT} from generate_series(1, 20) as n"
    )
    readings = iter(range(1, 100))
    for _ in range(12):
        read(origin, f"run {next(readings)}")
    origin.run("update operations.orders set status = 'COMPLETED' where order_id in (2, 20)")
    place(origin, 21, "timestamp '2021-06-01'")
    for _ in range(3):
        read(origin, f"run {next(readings)}")
    assert [order for order, _, status in versions(origin) if status == "COMPLETED"] == ["20"]
    assert found(origin) == {"changed without a new time": 1, "older than the first day": 1}

    with origin.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("update ledger.comparisons set began = began - 1")
    for _ in range(8):
        read(origin, f"run {next(readings)}")
    assert [order for order, _, status in versions(origin) if status == "COMPLETED"] == ["2", "20"]
    assert len(versions(origin)) == 23


def test_a_reading_that_is_cut_off_finds_the_same_again(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was found, what was told and how far was compared stand in the transaction that shows the rows."""
    read(origin, "run 1")
    place(origin, 1, "timestamp '2021-06-01'")
    show = ByTime._show

    def cut(self: ByTime, at: Any, landed: Any) -> None:  # noqa: ANN401
        show(self, at, landed)
        if landed.is_found:
            raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(ByTime, "_show", cut)
        with pytest.raises(KeyboardInterrupt):
            read(origin, "run 2")
    assert (versions(origin), found(origin)) == ([], {})
    read(origin, "run 3")
    assert versions(origin) == [("1", today(), "PENDING")]
    assert found(origin) == {"older than the first day": 1}


def test_what_raw_lost_is_found_again(origin: Origin) -> None:
    """What it was known to hold says nothing of a day that was taken back."""
    place(origin, 1, "timestamp '2021-06-01'")
    place(origin, 2, f"timestamp '{TOMORROW}'")
    read(origin, "run 1")
    with origin.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("truncate raw.operations_orders; update ledger.deliveries set state = 'replaced'")
    read(origin, "run 2")

    assert versions(origin) == [("1", today(), "PENDING"), ("2", today(), "PENDING")]


@pytest.mark.parametrize(
    "changes",
    [
        ["alter table operations.orders drop constraint orders_pkey"],
        [
            "alter table operations.orders alter order_id drop identity",
            "alter table operations.orders alter order_id type text",
        ],
        [
            "revoke all on operations.orders from current_user",
            "grant select (order_id, order_date, delivery_date, customer_id) on operations.orders to current_user",
            "grant select (status, updated_at, updated_by, created_at) on operations.orders to current_user",
            "grant select (created_by), insert on operations.orders to current_user",
        ],
    ],
    ids=["no index", "no number", "no right to see who wrote a row"],
)
def test_a_table_that_cannot_be_compared_gently_is_read_and_that_it_is_not_compared_is_told(
    origin: Origin, changes: list[str]
) -> None:
    """Nothing was found, for nobody looked: that is no pass."""
    place(origin, 1, MIDNIGHT)
    origin.run(*changes)
    read(origin, "run 1")

    assert versions(origin) == [("1", today(), "PENDING")]
    assert found(origin) == {"not compared": 0}
    rows, (first,) = verdict(origin)
    assert (rows, first["found"]) == (1, "not compared")
    assert "orders" in first["why"]


def test_a_restored_source_has_other_transactions_and_lacks_nothing(origin: Origin) -> None:
    for number in range(1, 50):
        place(origin, number, MIDNIGHT)
    read(origin, "run 1")
    origin.run(
        "create table copied as table operations.orders", "truncate operations.orders",
        "insert into operations.orders select * from copied",
    )  # fmt: skip
    read(origin, "run 2")

    assert (len(versions(origin)), found(origin)) == (49, {})


# clocks


def test_a_source_whose_clock_is_ahead_is_read_all_day(origin: Origin) -> None:
    """It takes today for complete before today is over here."""
    read(origin, "run 1")
    with origin.services.open_warehouse().transaction("test") as cursor:
        cursor.execute(
            "update ledger.watermarks set complete_to = %s", (datetime.combine(TOMORROW, datetime.min.time()),)
        )
    place(origin, 1, "")

    assert look(origin.services, FEED).days == [today()]


def test_times_that_no_calendar_here_knows_stop_no_look(origin: Origin) -> None:
    for number, written in enumerate(("infinity", "-infinity", "20000-01-01", "0044-03-15 BC"), 1):
        place(origin, number, f"timestamp '{written}'")

    assert look(origin.services, FEED).days == [today()]
    read(origin, "run 1")
    assert look(origin.services, FEED).days == []


def test_the_sensor_asks_for_no_days_for_the_sake_of_a_row_that_is_older_than_the_first(origin: Origin) -> None:
    place(origin, 1, "timestamp '2021-06-01'")
    place(origin, 2, f"timestamp '{today() - timedelta(days=4)} 12:00'")

    assert len(look(origin.services, FEED).days) == 5


def test_the_source_is_asked_for_its_time_in_utc_whatever_zone_it_is_set_to(origin: Origin) -> None:
    database = origin.url.rpartition("/")[2]
    origin.run(f"alter database {database} set timezone = 'Asia/Tokyo'")
    with origin.source.snapshot("test") as snapshot:
        assert abs(snapshot.moment.now - datetime.now(UTC).replace(tzinfo=None)) < timedelta(minutes=5)


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "America/New_York"])
def test_a_source_in_another_zone_loses_nothing(origin: Origin, zone: str) -> None:
    """Inserts and updates by its own now(), of sessions that never say a zone."""
    database = origin.url.rpartition("/")[2]
    origin.run(f"alter database {database} set timezone = '{zone}'")
    origin.database.close()
    for number in range(1, 4):
        origin.run(
            f"insert into operations.orders (order_id, customer_id, status) values ({number}, 1, 'PENDING')",  # noqa: S608
            "update operations.orders set status = status || '+', updated_at = now()",
        )
        read(origin, f"run {number}")
    latest = {order: status for order, _, status in versions(origin)}

    assert latest == {"1": "PENDING+++", "2": "PENDING++", "3": "PENDING+"}


# raw tables that go or change


@pytest.mark.slow
@pytest.mark.parametrize("table", [ORDERS.full_name, "raw.operations_customers"])
def test_a_raw_table_that_was_dropped_is_read_anew_and_what_its_cursor_hides_is_found_again(
    origin: Origin, table: str
) -> None:
    origin.customers(Ann=1)
    read(origin, "run 1")
    place(origin, 1, "timestamp 'infinity'")
    place(origin, 2, "now() - interval '30 s'")
    read(origin, "run 2")
    before, told = versions(origin), found(origin)
    with origin.services.open_warehouse().transaction("test") as cursor:
        cursor.execute(f"drop table {table} cascade")
    read(origin, "run 3")

    assert (versions(origin), told) == (before, {"at no time": 1, "behind the cursor": 1})
    # Read anew, nothing is behind: the whole day is read. What belongs to no day is found, and told once.
    assert found(origin) == ({"at no time": 1} if table == ORDERS.full_name else told)
    assert origin.ask("select customer_name from raw.operations_customers") == [{"customer_name": "Ann"}]


@pytest.mark.parametrize("source", ["operations.orders", "operations.customers"])
def test_a_raw_table_that_follows_its_file_is_read_on_by_the_same_run(origin: Origin, source: str) -> None:
    """Readers in other threads would wait for the table that theirs is altering."""
    table = next(one for one in FEED.extracted if one.source == source)
    origin.run(f"alter table {source} add note text")
    origin.customers(Ann=1)
    origin.order(1, f"{today()} 00:00")
    read(origin, "run 1")
    origin.customers(Ben=2)
    origin.run(f"update {source} set note = 'urgent'")  # noqa: S608
    origin.order(2, f"{today()} 00:00")
    with edited(table.full_name, ("updated_at ", "note text, -- what was noted\n    updated_at ")):
        read(origin, "run 2")

    assert {row["note"] for row in origin.ask(f"select note from {table.full_name}")} >= {"urgent"}  # noqa: S608
