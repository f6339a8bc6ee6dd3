"""Promises of the shop's tables, each broken once."""

import pytest

from acme_assets_tests.support.pipeline import day
from acme_assets_tests.support.shop import BEST, FILES, Shop
from acme_platform.checks.builtin import checks
from acme_platform.ledger.check_results import SHOULD
from acme_platform.registry import catalog

COUNTS = (
    (
        "agg_public_holiday",
        "agg_public_holiday_holds_every_holiday_order",
        "update analytics.agg_public_holiday set tt_order_hol_jul = 1",
    ),
    (
        "agg_public_holiday",
        "agg_public_holiday_knows_every_date",
        "delete from staging.shop_dim_dates where calendar_dt = '2024-01-02'",
    ),
    (
        "agg_shipments",
        "agg_shipments_and_the_rest_are_all",
        "update analytics.agg_shipments set tt_late_shipments = 4",
    ),
)


def test_a_wrong_count_breaks_its_promise(shop: Shop) -> None:
    shop.deliver(day(31), **BEST)
    shop.fill(day(31))

    for table, promise, change in COUNTS:
        assert shop.pipeline.breaks(f"analytics.{table}", promise, day(31), change), promise


def test_answers_made_of_snapshots_of_different_days_are_red(shop: Shop) -> None:
    """The orders of the 6th came, and their reviews and shipments did not."""
    shop.deliver(day(5))
    shop.pipeline.deliver("orders", day(6), FILES["orders"])
    shop.fill(day(5), day(6))

    for table in ("agg_public_holiday", "agg_shipments", "best_performing_product"):
        assert shop.pipeline.red(f"analytics.{table}", day(5)) == set()
        assert shop.pipeline.red(f"analytics.{table}", day(6)) == {"shop_snapshots_are_of_one_day"}


UNKNOWN = {
    "shop_orders": {"shop_orders_of_unknown_customers", "shop_orders_of_unknown_products"},
    "shop_reviews": {"shop_reviews_of_unknown_products"},
    "shop_shipments": {"shop_shipments_of_unknown_orders"},
    "shop_dim_customers": {"shop_customers_of_unknown_addresses"},
}


def test_a_key_that_leads_nowhere_is_a_warning_on_the_table_that_holds_it(shop: Shop) -> None:
    shop.deliver(
        day(5),
        orders="""
            order_id | customer_id | order_date | product_id | unit_price | quantity | total_price
            1        | 7           | 2024-01-03 | 8          | 2.50       | 4        | 10.00
        """,
        reviews="""
            review | product_id
            3      | 9
        """,
        shipment_deliveries="""
            shipment_id | order_id | shipment_date | delivery_date
            1           | 10       |               |
        """,
        dim_customers="""
            customer_id | customer_name | postal_code
            1           | Ann           | 00108
            2           | Bob           |
        """,
    )
    shop.fill(day(5))

    for table, promises in UNKNOWN.items():
        assert shop.pipeline.red(f"staging.{table}", day(5)) == promises
        warnings = {check.name for check in checks(catalog.table(f"staging.{table}")) if check.severity == SHOULD}
        assert promises <= warnings


DIMENSIONS = (
    ("shop_dim_addresses", "shop_dim_addresses_are_trimmed", "postal_code = postal_code || ' '"),
    ("shop_dim_products", "shop_dim_products_differ_by_name", "product_name = 'Oak Chair'"),
    ("shop_dim_dates", "shop_dim_dates_agree_with_the_calendar", "day_of_the_week_num = 1"),
    ("shop_dim_dates", "shop_dim_dates_agree_with_the_calendar", "year_num = year_num + 1"),
)


def test_a_wrong_dimension_breaks_its_promise(shop: Shop) -> None:
    shop.deliver(
        day(5),
        dim_products="""
            product_id | product_category | product_name
            10         | Chairs           | Oak Chair
            11         | Chairs           | Ash Chair
        """,
    )
    shop.fill(day(5))

    for table, promise, change in DIMENSIONS:
        statement = f"update staging.{table} set {change}"  # noqa: S608  # both are texts of this test
        assert shop.pipeline.breaks(f"staging.{table}", promise, day(5), statement), change


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("shipped", "delivered", "broken"),
    [
        ("2024-01-03", "2024-01-03", False),
        ("", "2024-01-04", True),
        ("2024-01-05", "2024-01-04", True),
        ("2024-01-02", "", True),
    ],
)
def test_a_shipment_that_goes_back_in_time_is_a_warning(
    shop: Shop,
    shipped: str,
    delivered: str,
    broken: bool,
) -> None:
    """The order was placed on the 3rd."""
    shipment = f"shipment_id | order_id | shipment_date | delivery_date\n1 | 1 | {shipped} | {delivered}"
    shop.deliver(day(5), shipment_deliveries=shipment)
    shop.fill(day(5))

    assert shop.pipeline.red("staging.shop_shipments", day(5)) == (
        {"shop_shipments_in_order_of_time"} if broken else set()
    )


def test_a_total_that_is_not_price_times_quantity_is_a_warning(shop: Shop) -> None:
    shop.deliver(day(5), orders=FILES["orders"].replace("10.00", "10.01"))
    shop.fill(day(5))

    assert shop.pipeline.red("staging.shop_orders", day(5)) == {"shop_orders_total_is_price_times_quantity"}
