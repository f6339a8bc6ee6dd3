"""SQL that fails is its file's to mend, whatever of it fails: told with the table, the day, the file and what to do."""

import pytest

from acme_assets_tests.support.changing import edited
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.differences.preview import Stage
from acme_platform.errors import MendInput
from acme_platform.registry import catalog
from acme_platform.warehouse.written_sql import WrongSql

CUSTOMERS = """
customer_id | customer_name | country
1           | Ann           | USA
2           | Ben           | USA
"""
#: Ben has none
ORDERS = """
order_id | customer_id | order_date | amount
101      | 1           | 2024-01-01 | 10.00
"""
ORDERED, COUNT, AMOUNT = (
    "analytics.customer_orders",
    "coalesce(spent.order_count, 0)",
    "coalesce(spent.order_amount, 0)",
)


@pytest.fixture
def staged(pipeline: Pipeline) -> Pipeline:
    pipeline.deliver("customers", day(1), CUSTOMERS)
    pipeline.deliver("orders", day(1), ORDERS)
    pipeline.fill(day(1), layers=("raw", "staging"))
    return pipeline


#: an edit, what is said, and what to do
BROKEN = [
    ((COUNT, "spent.order_count"), 'null value in column "order_count"', "give the column a value"),
    ((COUNT, "1 / coalesce(spent.order_count, 0)"), "division by zero", "divide by nullif"),
    ((AMOUNT, "10::numeric ^ 17"), "numeric field overflow", "take a wider type"),
    ((COUNT, "customers.customer_name::bigint"), 'invalid input syntax for type bigint: "Ann"', "away from the cast"),
    (("    customers.customer_id,", "    1 as customer_id,"),
     "Key (day, customer_id)=(2024-01-01, 1)", "give each key once"),
    ((COUNT, "count_of_none"), 'column "count_of_none" does not exist', "mend sql/analytics/customer_orders.sql"),
    ((COUNT, "(select generate_series(1, 2))"), "more than one row returned by a subquery", "mend sql/analytics"),
    (("bigint not null,          -- orders", "bigint not null check (order_count > 0), -- orders"),
     'violates check constraint "customer_orders_order_count_check"', "or change the rule"),
]  # fmt: skip


def test_answers_that_fail_name_table_day_file_and_what_to_do(staged: Pipeline) -> None:
    for edit, says, next_step in BROKEN:
        with edited(ORDERED, edit), pytest.raises(WrongSql) as failed:
            staged.fill_table(ORDERED, day(1))
        assert failed.value.message.startswith("analytics.customer_orders of 2024-01-01: ")
        assert says in failed.value.message
        assert "sql/analytics/customer_orders.sql" in failed.value.message
        assert next_step in failed.value.next_step
        assert "Ben" not in failed.value.message


def test_a_type_that_is_not_there_is_the_files(staged: Pipeline) -> None:
    with (
        edited(ORDERED, ("order_count bigint", "order_count bigin")),
        pytest.raises(MendInput, match='type "bigin" does not exist'),
    ):
        staged.fill_table(ORDERED, day(1))


def test_staging_that_fails_is_the_files(staged: Pipeline) -> None:
    broken = ("    amount\nfrom", "    (1 / (amount::numeric - 10))::text as amount\nfrom")
    with (
        edited("staging.sales_orders", broken),
        pytest.raises(WrongSql, match=r"staging\.sales_orders of 2024-01-01: division by zero"),
    ):
        staged.fill_table("staging.sales_orders", day(1))


def test_a_cache_that_fails_is_the_files(staged: Pipeline) -> None:
    staged.fill(day(1), layers=("analytics",))
    for edit, says in (
        (("users_counts,\n    order_amount\nfrom", "null as users_counts,\n    order_amount\nfrom"), "users_counts"),
        (("'country:' || country as key", "'country:' || users_counts / 0 as key"), "division by zero"),
    ):
        with edited("cache.country", edit), pytest.raises(WrongSql, match=f"cache.country of 2024-01-01: .*{says}"):
            staged.fill_table("cache.country", day(1))
    assert staged.hashes() == {}


def test_a_preview_of_what_fails_says_the_same(staged: Pipeline) -> None:
    broken = (COUNT, "1 / coalesce(spent.order_count, 0)")
    with (
        edited(ORDERED, broken),
        pytest.raises(WrongSql, match=r"customer_orders of 2024-01-01: division by zero"),
        staged.services.open_warehouse().transaction("test") as cursor,
    ):
        list(Stage(cursor, 1).previews([catalog.table(ORDERED)], day(1)))
