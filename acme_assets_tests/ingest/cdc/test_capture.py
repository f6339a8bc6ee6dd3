"""Change data capture: every committed change comes, in the order of the commits, and counts in the answers."""

import tracemalloc
from contextlib import closing
from datetime import date

import psycopg2
import pytest

from acme_assets_tests.embedded.homes import until
from acme_assets_tests.support.capturing import ORDERS, Captured, change, delete, insert
from acme_assets_tests.support.origin import FEED
from acme_platform.day import today
from acme_platform.triggers.source_changes import look


@pytest.mark.slow
def test_every_change_comes_in_the_order_of_the_commits(captured: Captured) -> None:
    captured.extract(today(), "run 1")
    captured.run(insert(1), insert(2), change(1, "PROCESSING"), delete(2), change(1, "COMPLETED"))

    assert captured.extract(today(), "run 2").new == 5
    assert captured.statuses() == [
        (1, "PENDING", False),
        (2, "PENDING", False),
        (1, "PROCESSING", False),
        (2, None, True),
        (1, "COMPLETED", False),
    ]


def test_transactions_that_interleave_come_whole_and_those_rolled_back_never(captured: Captured) -> None:
    captured.extract(today(), "run 1")
    url = captured.url
    with (
        closing(psycopg2.connect(url)) as early,
        closing(psycopg2.connect(url)) as late,
        early.cursor() as first,
        late.cursor() as second,
    ):
        first.execute(insert(1))
        second.execute(insert(2))
        captured.run(insert(3))
        first.execute(insert(4))
        captured.extract(today(), "run 2")
        assert captured.statuses() == [(3, "PENDING", False)]
        second.execute("savepoint one")
        second.execute(insert(5))
        second.execute("rollback to one")
        late.commit()
        first.execute(change(3, "COMPLETED"))
        early.commit()
        first.execute(insert(6))
        early.rollback()
    captured.extract(today(), "run 3")

    assert [(order, status) for order, status, _ in captured.statuses()] == [
        (3, "PENDING"),
        (2, "PENDING"),
        (1, "PENDING"),
        (4, "PENDING"),
        (3, "COMPLETED"),
    ]


def test_the_first_time_copies_what_is_there_and_goes_on_without_gap_or_overlap(captured: Captured) -> None:
    """Also of what happens between the snapshot and the end of the copy."""
    captured.order(1, "2024-01-01 10:00")
    captured.order(2, "2024-01-03 10:00")
    captured.extract(today(), "run 1")
    captured.run(insert(3))
    captured.extract(today(), "run 2")

    assert captured.ask("select order_id, day::text from raw.operations_orders order by 1") == [
        {"order_id": "1", "day": "2024-01-01"},
        {"order_id": "2", "day": "2024-01-03"},
        {"order_id": "3", "day": str(today())},
    ]


@pytest.mark.parametrize("identity", ["default", "full"])
def test_a_row_that_gets_another_key_ends_under_the_old_one(captured: Captured, identity: str) -> None:
    captured.run(f"alter table operations.orders replica identity {identity}", insert(1))
    captured.extract(today(), "run 1")
    captured.run("update operations.orders set order_id = 7, updated_at = clock_timestamp()")
    captured.fill(today(), "run 2", "raw", "staging")

    assert captured.current() == {7: "PENDING"}


@pytest.mark.slow
def test_any_text_comes_as_it_is(captured: Captured) -> None:
    captured.extract(today(), "run 1")
    odd = "a\tb\\N\nc\r\\.\né€"
    with captured.write() as cursor:
        cursor.execute("insert into operations.orders (order_id, status) values (1, %s), (2, null), (3, '')", (odd,))
    captured.extract(today(), "run 2")

    assert [row["status"] for row in captured.ask(ORDERS)] == [odd, None, ""]


def test_a_large_value_that_was_not_sent_is_the_one_before(captured: Captured) -> None:
    """PostgreSQL leaves it out of an update that does not touch it."""
    large = "select string_agg(md5(n::text), '') from generate_series(1, 500) as n"
    captured.run(f"insert into operations.orders (order_id, status) values (1, ({large}))", insert(2))  # noqa: S608
    captured.extract(today(), "run 1")
    captured.run(*("update operations.orders set customer_id = coalesce(customer_id, 0) + 1",) * 2)
    captured.extract(today(), "run 2")

    rows = captured.ask("select customer_id, length(status) as length from raw.operations_orders where order_id = '1'")
    assert sorted((row["customer_id"] or "", row["length"]) for row in rows) == [
        ("", 16000),
        ("1", 16000),
        ("2", 16000),
    ]


def test_columns_that_come_are_carried(captured: Captured) -> None:
    captured.extract(today(), "run 1")
    captured.run(insert(1), "alter table operations.orders add priority text", insert(2))
    captured.run("update operations.orders set priority = 'high' where order_id = 2")
    captured.extract(today(), "run 2")

    found = [
        row["extra"] for row in captured.ask("select extra from raw.operations_orders order by delivery_id, row_number")
    ]
    assert found == [None, {}, {"priority": "high"}]


@pytest.mark.slow
def test_memory_does_not_grow_with_the_changes(captured: Captured) -> None:
    captured.extract(today(), "run 1")
    captured.run(
        "insert into operations.orders (order_id, customer_id, status)"
        " select n, n, 'PENDING' from generate_series(1, 50000) as n"
    )
    tracemalloc.start()
    assert captured.extract(today(), "run 2").rows == 50_000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 8 << 20


# versions and deletes


@pytest.mark.slow
def test_a_deleted_order_is_in_no_answer_from_that_day_on_and_stays_in_the_history(captured: Captured) -> None:
    captured.order(1, "2024-01-01 10:00")
    captured.order(2, "2024-01-01 10:00")
    captured.extract(today(), "run 1")
    captured.run(delete(1))
    for day in (date(2024, 1, 1), today()):
        captured.fill(day, f"run of {day}", "raw", "staging")

    assert captured.current() == {2: "PENDING"}
    assert captured.current(date(2024, 1, 1)) == {1: "PENDING", 2: "PENDING"}
    captured.run(insert(1, "PROCESSING"))
    captured.fill(today(), "run 3", "raw", "staging")
    assert captured.current() == {1: "PROCESSING", 2: "PENDING"}


@pytest.mark.slow
def test_a_change_that_left_updated_at_as_it_was_counts_and_what_it_replaced_is_in_the_quarantine(
    captured: Captured,
) -> None:
    captured.extract(today(), "run 1")
    captured.run(insert(1), "update operations.orders set status = 'COMPLETED'")
    captured.fill(today(), "run 2", "raw", "staging")

    assert captured.current() == {1: "COMPLETED"}
    (rejected,) = captured.ask("select reason, record from quarantine.rows where table_name like 'staging%'")
    assert "comes again later in the day, in row 2" in rejected["reason"]
    assert "PENDING" in rejected["record"]


# when


@pytest.mark.slow
def test_every_change_asks_for_today(captured: Captured) -> None:
    captured.extract(today(), "run 1")
    assert look(captured.services, FEED).days == []
    for number, statement in enumerate((insert(1), "update operations.orders set status = 'COMPLETED'", delete(1))):
        captured.run(statement, "select pg_stat_force_next_flush()")
        assert look(captured.services, FEED).days == [today()]
        captured.extract(today(), f"run {number + 2}")
        assert look(captured.services, FEED).days == []


@pytest.mark.slow
def test_the_slot_moves_on_where_only_others_write(captured: Captured) -> None:
    """Unless the log's end is not on the disk at that moment, where autovacuum writes; then with the next reading."""
    captured.extract(today(), "run 1")
    before = captured.confirmed()
    captured.run("create table public.other as select n from generate_series(1, 10000) as n")

    def moved() -> bool:
        captured.extract(today(), "run 2")
        return captured.confirmed() > before

    until(moved, 10)
