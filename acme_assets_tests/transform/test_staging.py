"""Staging: versions of keys over days, whatever the order in which days are filled and filled again."""

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import BlockedByCheck

BOTH = ("raw", "staging")


def deliver(pipeline: Pipeline, number: int, drawing: str, part: str = "") -> None:
    """Orders drawn as `order_id | amount`, all of customer 7."""
    titles, *lines = [line for line in drawing.splitlines() if line.strip()]
    cells = [f"{titles} | customer_id | order_date", *(f"{line} | 7 | 2024-01-01" for line in lines)]
    pipeline.deliver("orders", day(number), "\n".join(cells), part=part)


def test_the_last_row_of_a_repeated_key_wins_and_the_others_are_quarantined(pipeline: Pipeline) -> None:
    deliver(pipeline, 1, "order_id | amount\n1 | 1.00\n2 | 1.00\n1 | 2.00\n1 | 3.00")
    pipeline.fill(day(1), layers=BOTH)
    pipeline.expect("staging.sales_orders", "order_id | amount\n1 | 3.00\n2 | 1.00")
    pipeline.expect(
        "quarantine.rows",
        """
        row_number | reason
        1          | comes again later in the day, in row 4 of sales/orders/2024-01-01.csv
        3          | comes again later in the day, in row 4 of sales/orders/2024-01-01.csv
        """,
    )


def test_an_unreadable_row_does_not_win_over_a_readable_one(pipeline: Pipeline) -> None:
    deliver(pipeline, 1, "order_id | amount\n1 | 1.00\n1 | much")
    pipeline.fill(day(1), layers=BOTH)
    pipeline.expect("staging.sales_orders", "order_id | amount\n1 | 1.00")


def test_of_several_parts_the_last_by_name_wins_also_when_an_earlier_one_was_corrected(pipeline: Pipeline) -> None:
    """So that a day filled again from the same files is the same day."""
    deliver(pipeline, 1, "order_id | amount\n1 | 1.00", part="a")
    deliver(pipeline, 1, "order_id | amount\n1 | 2.00", part="b")
    pipeline.fill(day(1), layers=BOTH)
    deliver(pipeline, 1, "order_id | amount\n1 | 9.00", part="a")
    pipeline.fill(day(1), layers=BOTH)
    pipeline.expect("staging.sales_orders", "order_id | amount\n1 | 2.00")
    pipeline.expect(
        "quarantine.rows",
        """
        file                          | reason
        sales/orders/2024-01-01/a.csv | comes again later in the day, in row 1 of sales/orders/2024-01-01/b.csv
        """,
    )


HISTORY = """
order_id | day        | valid_to   | amount
1        | 2024-01-01 | 2024-01-03 | 1.00
1        | 2024-01-03 | 2024-01-04 | 1.30
1        | 2024-01-04 |            | 1.40
2        | 2024-01-02 |            | 2.20
3        | 2024-01-01 | 2024-01-04 | 3.10
3        | 2024-01-04 |            | 3.40
"""


@pytest.mark.parametrize("order", [(1, 2, 3, 4), (4, 3, 2, 1), (3, 1, 4, 2), (1, 2, 3, 4, 2, 2, 1)], ids=str)
def test_a_version_lasts_until_the_next_delivery_of_its_key_in_whatever_order_days_come(
    pipeline: Pipeline, order: tuple[int, ...]
) -> None:
    deliver(pipeline, 1, "order_id | amount\n1 | 1.00\n3 | 3.10")
    deliver(pipeline, 2, "order_id | amount\n2 | 2.20")
    deliver(pipeline, 3, "order_id | amount\n1 | 1.30")
    deliver(pipeline, 4, "order_id | amount\n1 | 1.40\n3 | 3.40")
    pipeline.fill(*map(day, order), layers=BOTH)
    pipeline.expect("staging.sales_orders", HISTORY)


def test_a_key_that_a_corrected_day_lacks_gives_its_predecessor_back(pipeline: Pipeline) -> None:
    deliver(pipeline, 1, "order_id | amount\n1 | 1.00")
    deliver(pipeline, 2, "order_id | amount\n1 | 2.00\n2 | 2.00")
    deliver(pipeline, 3, "order_id | amount\n1 | 3.00")
    pipeline.fill(day(1), day(2), day(3), layers=BOTH)
    deliver(pipeline, 2, "order_id | amount\n2 | 2.50")
    pipeline.fill(day(2), layers=BOTH)
    pipeline.expect(
        "staging.sales_orders",
        """
        order_id | day        | valid_to   | amount
        1        | 2024-01-01 | 2024-01-03 | 1.00
        1        | 2024-01-03 |            | 3.00
        2        | 2024-01-02 |            | 2.50
        """,
    )


def test_a_day_filled_twice_is_the_same_day(pipeline: Pipeline) -> None:
    deliver(pipeline, 1, "order_id | amount\n1 | 1.00\n1 | 2.00\n3 | x")
    pipeline.fill(day(1), layers=BOTH)
    once = pipeline.ask("select * from staging.sales_orders"), pipeline.ask("select * from raw.sales_orders")
    pipeline.fill(day(1), layers=BOTH)
    again = pipeline.ask("select * from staging.sales_orders"), pipeline.ask("select * from raw.sales_orders")
    assert again == once
    pipeline.expect("quarantine.rows", "row_number\n1\n3")


def test_a_day_without_delivery_is_a_day_without_rows(pipeline: Pipeline) -> None:
    pipeline.fill(day(1), layers=BOTH)
    assert pipeline.fill_table("staging.sales_orders", day(1)).rows == 0
    assert pipeline.red("staging.sales_orders", day(1)) == set()


def test_a_red_must_of_raw_stops_staging_of_that_day_only(pipeline: Pipeline) -> None:
    for number in (1, 2):
        deliver(pipeline, number, "order_id | amount\n1 | 1.00")
    pipeline.fill(day(1), day(2), layers=("raw",))
    pipeline.change("delete from raw.sales_orders where day = '2024-01-01'")
    assert pipeline.red("raw.sales_orders", day(1)) == {"rows_accounted_for", "something_delivered"}
    with pytest.raises(BlockedByCheck, match=r"rows_accounted_for is red on raw\.sales_orders of 2024-01-01"):
        pipeline.fill_table("staging.sales_orders", day(1))
    pipeline.fill_table("staging.sales_orders", day(2))


def test_a_late_day_looks_for_the_later_versions_of_a_key_by_the_key(pipeline: Pipeline) -> None:
    """Statistics from before the later days came say that there are none: each row was looked for among all of them."""
    for number in (1, 2, 3, 4):
        deliver(pipeline, number, "\n".join(["order_id | amount", *(f"{key} | {number}.00" for key in range(1, 1001))]))
    pipeline.fill(day(1), day(3), day(4), layers=BOTH)
    before = read_by_index(pipeline)
    pipeline.fill(day(2), layers=BOTH)
    assert read_by_index(pipeline) - before < 20 * 1000


def read_by_index(pipeline: Pipeline) -> int:
    """Entries of the indexes of orders that were read so far, counted once the session has told."""
    pipeline.ask("select pg_stat_force_next_flush()")
    (found,) = pipeline.ask(
        "select sum(idx_tup_read)::int as entries from pg_stat_user_indexes where relname = 'sales_orders'"
    )
    return int(found["entries"])
