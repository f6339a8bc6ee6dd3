"""The negative controls of this part: what cannot turn red proves nothing."""

import pytest

from acme_assets_tests.resilience.generations import COUNTRIES, Deliveries
from acme_assets_tests.resilience.reader import Reader
from acme_assets_tests.support.pipeline import Pipeline


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("statement", "place"),
    [
        ("update raw.sales_orders set amount = '99' where order_id = '1001'", "raw of 2024-01-01"),
        ("delete from raw.sales_orders where order_id = '1001'", "raw of 2024-01-01"),
        ("update staging.sales_orders set amount = 99 where order_id = 2001", "staging of 2024-01-02"),
        ("delete from staging.sales_orders where order_id = 2001", "staging of 2024-01-02"),
        ("delete from analytics.customer_orders where customer_id = 7", "customers of 2024-01-01"),
        ("update analytics.customer_orders set order_amount = 99 where customer_id = 7", "customers of 2024-01-01"),
        ("delete from analytics.sales_by_country where country = 'Peru'", "countries of 2024-01-01"),
        ("update analytics.sales_by_country set order_amount = 1 where country = 'Peru'", "countries of 2024-01-01"),
    ],
)
def test_the_reader_sees_a_mixture_where_there_is_one_and_the_truth_is_missed(
    filled: Deliveries, statement: str, place: str
) -> None:
    """The negative control: what cannot turn red proves nothing."""
    Pipeline(filled.services).change(statement)
    reader = Reader(filled.services)
    reader.look()
    assert place in " ".join(reader.faults)
    assert filled.found() != filled.truth()


@pytest.mark.parametrize("half", ["one key gone", "one field changed"])
def test_the_reader_sees_half_of_redis(filled: Deliveries, half: str) -> None:
    key = f"country:{COUNTRIES[0]}"
    redis = filled.services.open_redis()
    redis.delete(key) if half == "one key gone" else redis.hset(key, "order_amount", "1.00")
    reader = Reader(filled.services)
    reader.look()
    assert [fault.partition(":")[0] for fault in reader.faults] == ["redis"]
    assert filled.found() != filled.truth()


def test_the_truth_is_missed_where_a_row_is_there_twice(filled: Deliveries) -> None:
    """A staging row of another day, and a raw row as a second file."""
    Pipeline(filled.services).change(
        "insert into staging.sales_orders select order_id, day + 2, valid_to, customer_id, order_date, amount"
        " from staging.sales_orders where order_id = 1001"
    )
    assert filled.found()["staging"] != filled.truth()["staging"]


@pytest.mark.parametrize("price", ["1.00", "7.00"])
def test_the_reader_sees_an_older_answer_after_a_newer_one(filled: Deliveries, price: str) -> None:
    """Of every row of a table, so that it is no mixture."""
    reader, pipeline = Reader(filled.services), Pipeline(filled.services)
    reader.look()
    assert reader.faults == []
    pipeline.change(f"update raw.sales_orders set amount = '{price}' where day = '2024-01-03'")  # noqa: S608  # of a test
    reader.look()
    back = ["raw of 2024-01-03: 1.00 after 3.00"]
    assert reader.faults == (back if price == "1.00" else [])


def test_a_sum_that_no_deliveries_make_is_no_possible_answer(filled: Deliveries) -> None:
    """Of ten customers at 1, 2 and 3 a day; and at 5 on the last one."""
    assert filled.possible() == {"60.00"}
    filled.deliver(3, 5)
    assert filled.possible() == {"60.00", "80.00"}
