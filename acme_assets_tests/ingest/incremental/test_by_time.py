"""Reading by time: what the cursor cannot see is found by comparison, read, and told; nothing is read twice."""

from collections import Counter
from datetime import date, timedelta

import pytest

from acme_assets_tests.ingest.incremental.readings import (
    ITEMS,
    MIDNIGHT,
    TOMORROW,
    YESTERDAY,
    found,
    place,
    read,
    verdict,
    versions,
)
from acme_assets_tests.support import drawn
from acme_assets_tests.support.origin import Origin
from acme_platform.day import today
from acme_platform.ingest.incremental.by_time import ByTime

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
    with origin.services.open_warehouse().transaction("test") as cursor:
        cursor.execute(
            "update ledger.watermarks set complete_to = day + %s::interval where day = %s", (reached, YESTERDAY)
        )
