"""Reading by time: what the cursor cannot see is found by comparison, read, and told; nothing is read twice."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from acme_assets_tests.support import drawn
from acme_assets_tests.support.changing import edited
from acme_assets_tests.support.origin import FEED, ORDERS, Origin
from acme_platform.checks.builtin import checks
from acme_platform.day import ONE_DAY, today
from acme_platform.ingest.incremental import ranges
from acme_platform.ingest.incremental.by_time import ByTime
from acme_platform.registry import catalog
from acme_platform.triggers.source_changes import look

ITEMS = catalog.table("raw.operations_order_items")
YESTERDAY, TOMORROW = today() - ONE_DAY, today() + ONE_DAY
MIDNIGHT = f"timestamp '{today()} 00:00:00'"


def place(origin: Origin, order_id: int, written: str, zone: str = "UTC") -> None:
    """An order by a session of that zone; `written` is what stands in updated_at, empty for the default."""
    column, value = (", updated_at", f", {written}") if written else ("", "")
    origin.run(
        f"set local timezone = '{zone}'; insert into operations.orders (order_id, customer_id, status{column})"  # noqa: S608
        f" values ({order_id}, 1, 'PENDING'{value})"
    )


def read(origin: Origin, run: str) -> None:
    origin.extract(today(), run)


def versions(origin: Origin) -> list[tuple[Any, ...]]:
    query = "select order_id, day, status from raw.operations_orders order by order_id::int, day, row_number"
    return [tuple(row.values()) for row in origin.ask(query)]


def found(origin: Origin, table: str = "raw.operations_orders") -> dict[str, int]:
    with origin.services.warehouse.transaction("test") as cursor:
        cursor.execute("select kind, row_count from ledger.discrepancies where table_name = %s", (table,))
        return dict(cursor.fetchall())


def verdict(origin: Origin, table: Any = ORDERS) -> tuple[int, list[dict[str, Any]]]:  # noqa: ANN401
    """Of the check that tells: how many broken rows, and the first of them."""
    (check,) = [one for one in checks(table) if one.name == "cursor_sees_every_change"]
    with origin.services.warehouse.transaction("test") as cursor:
        on_day = check.on(cursor, table, today())
        return on_day.broken_rows, on_day.sample


CLOCKS = """
    order | written                   | zone              | kind
    2     | timestamp '2021-06-01'    | UTC               | older than the first day
    3     | timestamp '0044-03-15 BC' | UTC               | older than the first day
    4     | timestamp '-infinity'     | UTC               | at no time
    5     | timestamp 'infinity'      | UTC               | at no time
    6     | timestamp '20000-01-01'   | UTC               | ahead of the clock
    7     | now() + interval '1 day'  | UTC               | ahead of the clock
    8     | now() + interval '40 day' | UTC               | ahead of the clock
    9     | now() - interval '30 s'   | UTC               | behind the cursor
    10    | now() - interval '10 day' | UTC               | behind the cursor
    11    |                           | America/New_York  | behind the cursor
    12    | now()                     | Pacific/Pago_Pago | behind the cursor
"""
TOLD = """
    kind                     | rows
    older than the first day | 2
    at no time               | 2
    ahead of the clock       | 3
    behind the cursor        | 4
"""


@pytest.mark.parametrize("at_first", [True, False], ids=["before the first reading", "between two readings"])
def test_rows_of_other_clocks_come_with_the_day_of_the_reading_and_are_told(origin: Origin, *, at_first: bool) -> None:
    """Before the first reading nothing is behind: that reads the whole day, and the days before it are its sensor's."""
    rows = [row for row in drawn.rows(CLOCKS) if not at_first or row["kind"] != "behind the cursor"]
    told = {row["kind"]: int(row["rows"]) for row in drawn.rows(TOLD)}
    if at_first:
        del told["behind the cursor"]
    else:
        read(origin, "run 1")
    for row in rows:
        place(origin, int(row["order"]), row["written"], row["zone"])
    read(origin, "run 2")
    once = versions(origin)
    read(origin, "run 3")

    assert versions(origin) == once == [(row["order"], today(), "PENDING") for row in rows]
    assert found(origin) == told


@pytest.mark.slow
def test_without_the_comparison_these_rows_are_lost(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: the tests above can fail."""
    monkeypatch.setattr(ByTime, "_find", lambda *_: [])
    read(origin, "run 1")
    place(origin, 1, "timestamp 'infinity'")
    place(origin, 2, "now() - interval '30 s'")
    read(origin, "run 2")

    assert versions(origin) == []


CHANGES = """
    order | changed to                                                      | status    | kind
    1     | status = 'COMPLETED'                                            | COMPLETED | changed without a new time
    2     | status = 'COMPLETED', updated_at = now() - interval '5 hours'   | COMPLETED | behind the cursor
    3     | status = 'COMPLETED', updated_at = now() - interval '5 days'    | COMPLETED | behind the cursor
    4     | status = 'COMPLETED', updated_at = now() + interval '5 days'    | COMPLETED | ahead of the clock
    5     | status = 'COMPLETED', updated_at = '2021-06-01'                 | COMPLETED | older than the first day
    6     | status = 'COMPLETED', updated_at = now()                        | COMPLETED |
    7     | status = status                                                 | PENDING   |
"""


@pytest.mark.slow
@pytest.mark.parametrize("first", [today(), YESTERDAY], ids=["of today", "of yesterday"])
def test_a_change_of_a_row_that_was_read_is_the_current_state_whatever_its_time_says(
    origin: Origin, first: date
) -> None:
    """And what was touched and says the same is no version."""
    rows = drawn.rows(CHANGES)
    for row in rows:
        origin.order(int(row["order"]), f"{first} 00:00:01")
    origin.fill(YESTERDAY, "run 0", "raw", "staging")
    origin.fill(today(), "run 1", "raw", "staging")
    for row in rows:
        origin.run(f"update operations.orders set {row['changed to']} where order_id = {row['order']}")  # noqa: S608
    origin.fill(today(), "run 2", "raw", "staging")
    once = versions(origin)
    origin.fill(today(), "run 3", "raw", "staging")

    assert versions(origin) == once
    assert len(once) == 2 * len(rows) - 1
    assert found(origin) == Counter(row["kind"] for row in rows if row["kind"])
    current = origin.ask("select order_id, status from staging.operations_orders where valid_to is null order by 1")
    assert [(str(row["order_id"]), row["status"]) for row in current] == [(row["order"], row["status"]) for row in rows]


@pytest.mark.slow
def test_a_row_that_goes_back_to_an_earlier_version_is_read_again(origin: Origin) -> None:
    """As from a backup: raw holds this very row, and a later one of its key."""
    origin.order(1, f"{YESTERDAY} 10:00")
    origin.extract(YESTERDAY, "run 0")
    read(origin, "run 1")
    origin.order(1, f"{today()} 00:00", "COMPLETED")
    read(origin, "run 2")
    origin.order(1, f"{YESTERDAY} 10:00")
    read(origin, "run 3")
    read(origin, "run 4")

    assert versions(origin) == [
        ("1", YESTERDAY, "PENDING"), ("1", today(), "COMPLETED"), ("1", today(), "PENDING")
    ]  # fmt: skip


def test_an_hour_that_comes_twice_is_read_twice(origin: Origin) -> None:
    """A writer whose clock is set back writes 01:30 after 01:50: behind what was read."""
    origin.order(1, f"{today()} 00:00:50")
    read(origin, "run 1")
    origin.order(2, f"{today()} 00:00:30")
    origin.order(1, f"{today()} 00:00:40", "COMPLETED")
    read(origin, "run 2")

    assert [(order, status) for order, _, status in versions(origin)] == [
        ("1", "PENDING"), ("1", "COMPLETED"), ("2", "PENDING")
    ]  # fmt: skip


def test_rows_that_are_gone_are_told_once_and_stay(origin: Origin) -> None:
    for number in (1, 2, 3):
        place(origin, number, MIDNIGHT)
    read(origin, "run 1")
    origin.run("delete from operations.orders where order_id in (1, 3)")
    read(origin, "run 2")
    read(origin, "run 3")

    assert len(versions(origin)) == 3
    assert found(origin) == {"gone from the source": 2}
    assert verdict(origin) == (
        2,
        [
            {"found": "gone from the source", "rows": 2, "key": key, "updated_at": None, "why": None}
            for key in ("1", "3")
        ],
    )


@pytest.mark.slow
def test_items_are_compared_as_orders_are_and_the_check_names_the_first_rows(origin: Origin) -> None:
    read(origin, "run 1")
    origin.item(7, 1, product=1, quantity=1, at="2021-06-01")
    read(origin, "run 2")

    assert found(origin, ITEMS.full_name) == {"older than the first day": 1}
    told = {
        "found": "older than the first day",
        "rows": 1,
        "key": "7",
        "updated_at": "2021-06-01 00:00:00",
        "why": None,
    }
    assert verdict(origin, ITEMS) == (1, [told])
    assert verdict(origin) == (0, [])


@pytest.mark.slow
def test_a_day_that_is_read_by_its_time_later_leaves_what_was_found_where_it_is(origin: Origin) -> None:
    """In one day and not in two: the day of the reading."""
    origin.extract(YESTERDAY, "run 0")
    read(origin, "run 1")
    place(origin, 1, f"timestamp '{YESTERDAY} 12:00'")
    read(origin, "run 2")
    finish(origin)
    origin.extract(YESTERDAY, "run 3")

    assert versions(origin) == [("1", today(), "PENDING")]


def test_a_row_of_tomorrow_comes_today_and_not_again_tomorrow(origin: Origin, monkeypatch: pytest.MonkeyPatch) -> None:
    read(origin, "run 1")
    place(origin, 1, f"timestamp '{TOMORROW} 12:00'")
    read(origin, "run 2")
    here = today()
    for module in ("database.extract", "incremental.by_time"):
        monkeypatch.setattr(f"acme_platform.ingest.{module}.today", lambda: TOMORROW)
    origin.extract(TOMORROW, "run 3")

    assert versions(origin) == [("1", here, "PENDING")]


def test_a_row_of_later_today_comes_by_the_cursor_and_is_told(origin: Origin) -> None:
    """As from a writer in a zone east of UTC, in the morning."""
    place(origin, 1, "now() + interval '2 min'")
    read(origin, "run 1")
    read(origin, "run 2")

    assert (versions(origin), found(origin)) == ([("1", today(), "PENDING")], {"ahead of the clock": 1})


@pytest.mark.slow
def test_a_late_commit_of_yesterday_is_left_to_the_day_that_is_still_read(origin: Origin) -> None:
    """It is no other clock: yesterday's next reading brings it, and nobody is told."""
    origin.extract(YESTERDAY, "run 0")
    finish(origin, "23:00")
    place(origin, 1, f"timestamp '{YESTERDAY} 23:30'")
    read(origin, "run 1")
    assert versions(origin) == []
    origin.extract(YESTERDAY, "run 2")
    read(origin, "run 3")

    assert versions(origin) == [("1", YESTERDAY, "PENDING")]
    assert found(origin) == {}


@pytest.mark.slow
def test_days_that_nobody_asked_for_do_not_come_with_the_first_reading_of_today(origin: Origin) -> None:
    """They are no other clock's: the sensor asks for them, each as itself."""
    place(origin, 1, f"timestamp '{today() - timedelta(days=3)} 12:00'")
    read(origin, "run 1")
    read(origin, "run 2")

    assert (versions(origin), found(origin)) == ([], {})
    origin.extract(today() - timedelta(days=3), "run 3")
    read(origin, "run 4")
    assert versions(origin) == [("1", today() - timedelta(days=3), "PENDING")]


def finish(origin: Origin, reached: str = "24:00") -> None:
    """How far yesterday was read."""
    with origin.services.warehouse.transaction("test") as cursor:
        cursor.execute(
            "update ledger.watermarks set complete_to = day + %s::interval where day = %s", (reached, YESTERDAY)
        )


# gently


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ranges and budgets of a table that one reading cannot compare: two keys, four rows, six in a later round."""
    monkeypatch.setattr(ranges, "BITS", 1)
    monkeypatch.setattr(ranges, "AT_ONCE", 4)
    monkeypatch.setattr(ranges, "IN_A_ROUND", 6)


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

    with origin.services.warehouse.transaction("test") as cursor:
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
    with origin.services.warehouse.transaction("test") as cursor:
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
    with origin.services.warehouse.transaction("test") as cursor:
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
    with origin.services.warehouse.transaction("test") as cursor:
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
