"""What was rejected, as people ask for it: by table, by day, newest first, the whole number and the first rows."""

from collections.abc import Iterator

import pytest

from acme_assets_tests.support.loading import HEADER, load, orders
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.cursor import Cursor
from acme_platform.errors import RefusedFile
from acme_platform.ledger.rejected import Refused, refused, rejected

TABLES = ["raw.sales_orders", "staging.sales_orders"]


@pytest.fixture
def cursor(pipeline: Pipeline) -> Iterator[Cursor]:
    """Day 1 with two broken lines and two unreadable rows, day 2 with one; days 3 and 4 were refused, 4 is mended.

    A person accepted day 1.
    """
    pipeline.deliver("orders", day(1), orders(1) + b"broken\nbroken\n2,x,2024-01-01,1\n3,7,2024-02-30,1\n")
    pipeline.deliver("orders", day(2), orders(1) + b"5,x,2024-01-01,1\n")
    pipeline.fill(day(1), day(2), layers=("raw", "staging"), accepts_rejects=True)
    for number in (3, 4):
        pipeline.deliver("orders", day(number), HEADER + b"broken\n")
        with pytest.raises(RefusedFile):
            load(pipeline, number=number)
    pipeline.deliver("orders", day(4), orders(4))
    load(pipeline, number=4)
    with pipeline.services.open_warehouse().transaction("test") as opened:
        yield opened


def test_refused_files_are_those_not_mended_since(cursor: Cursor) -> None:
    (refusal,) = refused(cursor, TABLES)
    assert isinstance(refusal, Refused)
    assert (refusal.table_name, refusal.day, refusal.file) == (
        "raw.sales_orders",
        day(3),
        "sales/orders/2024-01-03.csv",
    )
    assert "not one of its 1 rows is good" in refusal.reason
    assert refused(cursor, TABLES, day(1)) == refused(cursor, ["raw.sales_customers"]) == []


def test_quarantined_rows_come_newest_day_first_in_the_order_of_the_file(cursor: Cursor) -> None:
    count, listed = rejected(cursor, TABLES, None, limit=10)
    assert (count, [row[:4] for row in listed]) == (6, [
        ("raw.sales_orders", day(3), "sales/orders/2024-01-03.csv", 1),
        ("staging.sales_orders", day(2), "sales/orders/2024-01-02.csv", 2),
        ("raw.sales_orders", day(1), "sales/orders/2024-01-01.csv", 2),
        ("raw.sales_orders", day(1), "sales/orders/2024-01-01.csv", 3),
        ("staging.sales_orders", day(1), "sales/orders/2024-01-01.csv", 4),
        ("staging.sales_orders", day(1), "sales/orders/2024-01-01.csv", 5),
    ])  # fmt: skip
    reason, record = listed[-1][4:]
    assert reason == "order_date is not a date like 2024-01-31: '2024-02-30'"
    assert record == '{"amount": "1", "order_id": "3", "order_date": "2024-02-30", "customer_id": "7"}'


def test_the_number_counts_all_and_the_limit_what_is_shown(cursor: Cursor) -> None:
    count, listed = rejected(cursor, TABLES, day(1), limit=3)
    assert (count, len(listed)) == (4, 3)
    assert rejected(cursor, ["raw.sales_customers"], None, limit=3) == (0, [])
