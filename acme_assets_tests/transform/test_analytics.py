"""The sales feed's answers, as of a day, on examples worked out by hand."""

import pytest

from acme_assets_tests.support.pipeline import Pipeline, day

CUSTOMERS = """
customer_id | customer_name | country
1           | Ann           | USA
2           | Ben           | USA
3           | Ann           | Peru
4           | Cleo          | Cote d'Ivoire
5           | Dan           | Peru
"""
ORDERS = """
order_id | customer_id | order_date | amount
101      | 1           | 2023-12-30 | 10.00
102      | 1           | 2024-01-01 | 5.50
103      | 3           | 2024-01-01 | 20.10
104      | 3           | 2024-01-01 | 0.20
105      | 4           | 2024-01-01 | 20.30
106      | 99          | 2024-01-01 | 1000.00
"""


@pytest.fixture
def sold(pipeline: Pipeline) -> Pipeline:
    """Day 1 as drawn above; on day 2 customer 3 moves and customer 2 buys, on day 3 an order is corrected."""
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.deliver("customers", day(2), "customer_id | customer_name | country\n3 | Ann | USA")
    pipeline.deliver("orders", day(2), "order_id|customer_id|order_date|amount\n107 | 2 | 2024-01-02 | 7.77")
    pipeline.deliver("orders", day(3), "order_id|customer_id|order_date|amount\n105 | 4 | 2024-01-01 | 0.00")
    pipeline.fill(day(1), day(2), day(3), layers=("raw", "staging", "analytics"))
    return pipeline


def test_customers_count_by_number_never_by_name_and_none_is_zero(sold: Pipeline) -> None:
    """Order 106 names a customer nobody delivered: it is in no answer, and a warning shows it."""
    sold.expect(
        "analytics.customer_orders where day = '2024-01-01'",
        """
        customer_id | customer_name | country       | order_count | order_amount
        1           | Ann           | USA           | 2           | 15.50
        2           | Ben           | USA           | 0           | 0.00
        3           | Ann           | Peru          | 2           | 20.30
        4           | Cleo          | Cote d'Ivoire | 1           | 20.30
        5           | Dan           | Peru          | 0           | 0.00
        """,
    )
    assert sold.red("analytics.customer_orders", day(1)) == {"sales_orders_of_unknown_customers"}


def test_a_country_counts_buyers_and_everyone_registered(sold: Pipeline) -> None:
    sold.expect(
        "analytics.sales_by_country",
        """
        day        | country       | users_counts | registered_customers | order_amount
        2024-01-01 | USA           | 1            | 2                    | 15.50
        2024-01-01 | Peru          | 1            | 2                    | 20.30
        2024-01-01 | Cote d'Ivoire | 1            | 1                    | 20.30
        2024-01-02 | USA           | 3            | 3                    | 43.57
        2024-01-02 | Peru          | 0            | 1                    | 0.00
        2024-01-02 | Cote d'Ivoire | 1            | 1                    | 20.30
        2024-01-03 | USA           | 3            | 3                    | 43.57
        2024-01-03 | Peru          | 0            | 1                    | 0.00
        2024-01-03 | Cote d'Ivoire | 1            | 1                    | 0.00
        """,
    )


def test_the_top_three_paid_most_and_of_equals_the_lower_number_stands_first(sold: Pipeline) -> None:
    sold.expect(
        "analytics.top_paying_customers",
        """
        day        | place | customer_id | customer_name | order_amount
        2024-01-01 | 1     | 3           | Ann           | 20.30
        2024-01-01 | 2     | 4           | Cleo          | 20.30
        2024-01-01 | 3     | 1           | Ann           | 15.50
        2024-01-02 | 1     | 3           | Ann           | 20.30
        2024-01-02 | 2     | 4           | Cleo          | 20.30
        2024-01-02 | 3     | 1           | Ann           | 15.50
        2024-01-03 | 1     | 3           | Ann           | 20.30
        2024-01-03 | 2     | 1           | Ann           | 15.50
        2024-01-03 | 3     | 2           | Ben           | 7.77
        """,
    )


def test_customers_without_orders_are_never_among_the_top(pipeline: Pipeline) -> None:
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), "order_id|customer_id|order_date|amount\n1 | 5 | 2024-01-01 | 0.00")
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"))
    pipeline.expect("analytics.top_paying_customers", "place | customer_id | order_amount\n1 | 5 | 0.00")


def test_a_day_filled_later_answers_as_it_would_have_then(sold: Pipeline) -> None:
    """The day takes nothing that was delivered after it."""
    asked = "select * from analytics.customer_orders where day = '2024-01-01' order by customer_id"
    before = sold.ask(asked)
    sold.change("delete from analytics.customer_orders")
    sold.fill(day(1), layers=("analytics",))
    assert sold.ask(asked) == before


def test_sums_are_exact(pipeline: Pipeline) -> None:
    """Ten times 0.1 is 1, and twelve digits before the point keep the two behind it."""
    tenths = "".join(f"\n{number} | 1 | 2024-01-01 | 0.10" for number in range(1, 11))
    large = "\n11 | 2 | 2024-01-01 | 999999999999.99\n12 | 2 | 2024-01-01 | 999999999999.98"
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), f"order_id|customer_id|order_date|amount{tenths}{large}")
    pipeline.fill(day(1), layers=("raw", "staging", "analytics"))
    pipeline.expect("analytics.sales_by_country where country = 'USA'", "order_amount\n2000000000000.97")
    pipeline.expect("analytics.customer_orders where customer_id = 1", "order_amount\n1.00")
