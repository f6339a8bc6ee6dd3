"""Two states of a table, row against row: days as they stand, and what a correction changed."""

from datetime import date
from time import monotonic
from typing import Any

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.differences.asked import of_days, of_delivery
from acme_platform.differences.difference import Difference
from acme_platform.errors import UsageError
from acme_platform.ledger.builds import forget_day
from acme_platform.model.engine import SPARK, all_on
from acme_platform.registry import catalog

CUSTOMERS = """
    customer_id | customer_name | country
    1           | Ann           | Norway
"""
FIRST = """
    order_id | customer_id | order_date | amount
    101      | 1           | 2024-01-01 | 10.00
    102      | 1           | 2024-01-01 | 20.00
    103      | 1           | 2024-01-01 | 30.00
"""
#: order 102 costs more, 103 is gone, 104 is new
CORRECTED = """
    order_id | customer_id | order_date | amount
    101      | 1           | 2024-01-01 | 10.00
    102      | 1           | 2024-01-01 | 25.00
    104      | 1           | 2024-01-01 | 40.00
"""
SECOND = """
    order_id | customer_id | order_date | amount
    101      | 1           | 2024-01-02 | 11.00
    105      | 1           | 2024-01-02 | 50.00
"""


@pytest.fixture
def filled(pipeline: Pipeline) -> Pipeline:
    """Two days; the first of them was corrected after the second had come."""
    for number, orders in ((1, FIRST), (2, SECOND)):
        pipeline.deliver("customers", day(number), CUSTOMERS)
        pipeline.deliver("orders", day(number), orders)
        pipeline.fill(day(number))
    pipeline.deliver("orders", day(1), CORRECTED)
    pipeline.fill(day(1), day(2))
    return pipeline


def days(pipeline: Pipeline, table: str, before: date, after: date, shown: int = 10) -> Difference:
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        return of_days(cursor, catalog.table(table), before, after, shown)


def delivery(pipeline: Pipeline, table: str, of: date | None = None) -> Difference:
    with pipeline.services.open_warehouse().transaction("test") as cursor:
        return of_delivery(cursor, catalog.table(table), of).difference


def cells(difference: Difference) -> list[tuple[Any, ...]]:
    """(kind, key, column, before, after) as text, without the values of rows that one side lacks."""
    return [
        (row.kind, *map(str, row.key.values()), column, str(before), str(after))
        for row in difference.sample
        for column, before, after in row.cells
        if row.kind == "changed"
    ]


def counts(difference: Difference) -> tuple[int, int, int]:
    return difference.added, difference.removed, difference.changed


def test_two_days_of_versions_are_what_was_valid_as_of_each(filled: Pipeline) -> None:
    """As of 1 January 101, 102, 104; as of 2 January 101 dearer, 105 new, and the others as they were."""
    difference = days(filled, "staging.sales_orders", day(1), day(2))

    assert counts(difference) == (1, 0, 1)
    assert dict(difference.columns) == {"order_date": 1, "amount": 1}
    assert cells(difference) == [
        ("changed", "101", "order_date", "2024-01-01", "2024-01-02"),
        ("changed", "101", "amount", "10.00", "11.00"),
    ]


def test_backwards_what_was_added_is_removed(filled: Pipeline) -> None:
    assert counts(days(filled, "staging.sales_orders", day(2), day(1))) == (0, 1, 1)


def test_two_days_of_answers_are_their_rows(filled: Pipeline) -> None:
    """Ann's orders: 10 + 25 + 40 as of 1 January, 11 + 25 + 40 + 50 as of 2 January."""
    difference = days(filled, "analytics.customer_orders", day(1), day(2))

    assert counts(difference) == (0, 0, 1)
    assert cells(difference) == [
        ("changed", "1", "order_count", "3", "4"),
        ("changed", "1", "order_amount", "75.00", "126.00"),
    ]


def test_a_delivery_is_the_day_before_and_after_its_last_correction(filled: Pipeline) -> None:
    difference = delivery(filled, "staging.sales_orders", day(1))

    assert counts(difference) == (1, 1, 1)
    assert dict(difference.columns) == {"amount": 1}
    assert cells(difference) == [("changed", "102", "amount", "20.00", "25.00")]
    assert [(row.kind, row.key["order_id"]) for row in difference.sample] == [
        ("added", 104),
        ("removed", 103),
        ("changed", 102),
    ]


def test_answers_of_later_days_keep_what_the_correction_made_of_them(filled: Pipeline) -> None:
    """As of 2 January it was 11 + 20 + 30 + 50 before the correction of 1 January."""
    difference = delivery(filled, "analytics.customer_orders")

    assert cells(difference) == [("changed", "1", "order_amount", "111.00", "126.00")]


def test_what_a_correction_changed_stands_beside_the_rows_of_the_filling(filled: Pipeline) -> None:
    filled.deliver("orders", day(2), SECOND.replace("50.00", "60.00"))
    filled.fill_table("raw.sales_orders", day(2), "run-2")
    staged = filled.fill_table("staging.sales_orders", day(2), "run-2")
    answered = filled.fill_table("analytics.customer_orders", day(2), "run-2")

    said = {"rows_added": 0, "rows_removed": 0, "rows_changed": 1}
    assert staged.metadata.items() >= (said | {"columns_changed": "amount 1"}).items()
    assert answered.metadata.items() >= (said | {"columns_changed": "order_amount 1"}).items()


def test_a_first_filling_is_no_correction(pipeline: Pipeline) -> None:
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.fill_table("raw.sales_customers", day(1))
    filled = pipeline.fill_table("staging.sales_customers", day(1))

    assert "rows_changed" not in filled.metadata
    with pytest.raises(UsageError, match=r"no correction of .* of 2024-01-01 is known"):
        delivery(pipeline, "staging.sales_customers", day(1))


def test_a_filling_that_says_the_same_leaves_the_correction_that_was(filled: Pipeline) -> None:
    before = delivery(filled, "staging.sales_orders", day(1)), delivery(filled, "analytics.customer_orders", day(1))
    filled.fill(day(1))

    again = delivery(filled, "staging.sales_orders", day(1)), delivery(filled, "analytics.customer_orders", day(1))
    assert again == before


def test_of_each_kind_so_many_rows_are_shown_and_all_are_counted(filled: Pipeline) -> None:
    filled.deliver("orders", day(3), FIRST)
    filled.fill(day(3))

    difference = days(filled, "staging.sales_orders", day(2), day(3), shown=1)
    assert counts(difference) == (1, 0, 2)
    assert [(row.kind, row.key["order_id"]) for row in difference.sample] == [("added", 103), ("changed", 101)]


@pytest.mark.parametrize(
    ("table", "before", "after", "says"),
    [
        ("analytics.customer_orders", day(1), day(9), "analytics.customer_orders of 2024-01-09 was never filled"),
        ("staging.sales_orders", day(1), day(1), "the same day twice"),
        ("raw.sales_orders", day(1), day(2), "no key that tells them apart"),
        ("cache.country", day(1), day(2), "holds its newest day only"),
    ],
)
def test_what_cannot_be_compared_is_refused_by_name(
    filled: Pipeline, table: str, before: date, after: date, says: str
) -> None:
    with pytest.raises(UsageError, match=says):
        days(filled, table, before, after)


def test_versions_of_a_feed_on_spark_are_refused_by_name_and_its_answers_compared(filled: Pipeline) -> None:
    with all_on(SPARK):
        with pytest.raises(UsageError, match="are a table of the lake") as refused:
            days(filled, "staging.sales_orders", day(1), day(2))
        with pytest.raises(UsageError, match="are a table of the lake"):
            delivery(filled, "staging.sales_orders")
        assert counts(days(filled, "analytics.customer_orders", day(1), day(2))) == (0, 0, 1)

    assert refused.value.next_step.endswith("acme diff analytics.customer_orders …")


def test_a_table_that_somebody_dropped_has_no_difference(filled: Pipeline) -> None:
    filled.change("drop table analytics.customer_orders cascade")

    with pytest.raises(UsageError, match="was never filled"):
        days(filled, "analytics.customer_orders", day(1), day(2))


def test_a_day_that_was_taken_back_was_never_corrected(filled: Pipeline) -> None:
    with filled.services.open_warehouse().transaction("test") as cursor:
        forget_day(cursor, "staging.sales_orders", day(1))

    with pytest.raises(UsageError, match="never filled"):
        delivery(filled, "staging.sales_orders", day(1))


@pytest.mark.slow
def test_a_million_rows_are_compared_in_seconds(filled: Pipeline) -> None:
    """Of a million customers each hundredth spent more on the next day, and ten are new."""
    filled.change(
        "truncate analytics.customer_orders",
        "insert into analytics.customer_orders select '2024-01-01', n, 'Customer ' || n, 'Norway', 1, n"
        " from generate_series(1, 1000000) as n",
        "insert into analytics.customer_orders select '2024-01-02', n, 'Customer ' || n, 'Norway', 1,"
        " n + (n % 100 = 0)::int from generate_series(1, 1000010) as n",
    )
    began = monotonic()
    difference = days(filled, "analytics.customer_orders", day(1), day(2))

    assert counts(difference) == (10, 0, 10_000)
    assert monotonic() - began < 30
