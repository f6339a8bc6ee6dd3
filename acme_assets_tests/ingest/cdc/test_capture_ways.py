"""Ways into raw: capture, reading by time and a new copy give the same answers, also one after the other."""

from typing import Any

import pytest

from acme_assets_tests.support.capturing import Captured, change, insert
from acme_assets_tests.support.origin import FEED
from acme_platform.day import today


@pytest.mark.slow
def test_both_ways_in_give_the_same_answers(captured: Captured) -> None:
    """Of the same history, read in several steps: what stands in analytics does not tell how it came there."""
    steps = [
        [
            insert(1),
            insert(2),
            "insert into operations.order_items (order_item_id, order_id, product_id, quanity) values (1, 1, 7, 3)",
        ],
        [change(1, "PROCESSING"), insert(3), change(2, "COMPLETED")],
        [
            change(1, "PENDING"),
            change(3, "REPROCESSING"),
            "update operations.orders set delivery_date = current_date, customer_id = 5",
        ],
    ]
    for number, statements in enumerate(steps):
        captured.run(*statements)
        captured.fill(today(), f"capture {number}", "raw", "staging", "analytics")
    by_capture = answers(captured)
    forget(captured)
    captured.reads(captured.url)
    captured.fill(today(), "by time", "raw", "staging", "analytics")

    assert answers(captured) == by_capture
    assert all(by_capture.values())


def answers(captured: Captured) -> dict[str, list[dict[str, Any]]]:
    tables = [table for table in FEED.tables if table.layer.name == "analytics"]
    return {table.name: captured.ask(f"select * from {table.full_name} order by 1, 2") for table in tables}  # noqa: S608


def forget(captured: Captured) -> None:
    """As if nothing had been read."""
    with captured.services.open_warehouse().transaction("test") as cursor:
        for table in FEED.tables:
            cursor.execute(f"drop table if exists {table.full_name} cascade")
        cursor.execute("truncate ledger.deliveries, ledger.builds, ledger.verdicts, ledger.watermarks, ledger.captures")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["by time", "anew"])
def test_a_day_that_was_captured_in_several_readings_is_kept_when_it_is_read_in_another_way(
    captured: Captured, how: str
) -> None:
    captured.extract(today(), "run 1")
    expected = captured.history()[:2]
    captured.extract(today(), "run 2")
    captured.run(insert(3))
    captured.extract(today(), "run 3")
    captured.run(change(3, "COMPLETED"), insert(4))
    if how == "by time":
        captured.reads(captured.url)
    else:
        captured.slot().drop()
        captured.begin_anew()
    captured.extract(today(), "run 4")

    assert sorted(captured.statuses(), key=str) == sorted(
        [
            *expected,
            (1, "PROCESSING", False),
            (2, None, True),
            (3, "PENDING", False),
            (3, "COMPLETED", False),
            (4, "PENDING", False),
        ],
        key=str,
    )


@pytest.mark.slow
def test_what_vanished_while_there_was_no_slot_is_gone_from_the_answers(captured: Captured) -> None:
    """A new copy ends what it lacks, once."""
    captured.run(insert(1), insert(2))
    captured.fill(today(), "run 1", "raw", "staging")
    captured.run("truncate operations.orders", insert(2), insert(3))
    captured.begin_anew()
    captured.fill(today(), "run 2", "raw", "staging")

    assert captured.current() == {2: "PENDING", 3: "PENDING"}
    assert [order for order, _, gone in captured.statuses() if gone] == [1]
    captured.begin_anew()
    captured.fill(today(), "run 3", "raw", "staging")
    assert [order for order, _, gone in captured.statuses() if gone] == [1]
