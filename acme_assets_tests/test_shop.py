"""The shop's answers: drawn files in, answers that were worked out by hand."""

import pytest

from acme_assets import catalog
from acme_assets.question import question
from acme_assets.services import Services
from acme_assets_tests.pipeline import Pipeline, day
from acme_assets_tests.shop import FEED, FILES, Shop, dates, orders


@pytest.fixture
def shop(services: Services) -> Shop:
    return Shop(Pipeline(services, FEED))


HOLIDAYS = {
    "dim_dates": dates(
        ("2023-01-05", False),  # Thursday, a day too early for the twelve months that end on 5 January 2024
        ("2023-01-06", False),  # Friday, the first of these months
        ("2023-12-23", False),  # Saturday: no work, yet no holiday
        ("2023-12-25", False),  # Monday
        ("2023-12-27", True),  # Wednesday, people work
        ("2024-01-01", False),  # Monday
        ("2024-01-05", False),  # Friday, the day itself
        ("2024-01-08", False),  # Monday after it
    ),
    "orders": orders(
        (1, "2023-01-05", 1),
        (2, "2023-01-06", 1),
        (3, "2023-12-25", 1),
        (4, "2023-12-25", 1),
        (5, "2023-12-23", 1),
        (6, "2023-12-27", 1),
        (7, "2024-01-01", 1),
        (8, "2024-01-05", 1),
        (9, "2024-01-08", 1),
    ),
}


def test_holiday_orders_are_those_of_the_twelve_months_that_end_with_the_day(shop: Shop) -> None:
    """January: orders 2, 7 and 8, of two years; December: 3 and 4; nothing else is a holiday within the months."""
    shop.deliver(day(5), **HOLIDAYS)
    shop.fill(day(5))

    shop.pipeline.expect(
        "analytics.agg_public_holiday",
        """
        ingestion_date | tt_order_hol_jan | tt_order_hol_feb | tt_order_hol_jul | tt_order_hol_nov | tt_order_hol_dec
        2024-01-05     | 3                | 0                | 0                | 0                | 2
        """,
    )
    assert shop.pipeline.red("analytics.agg_public_holiday", day(5)) == set()


def test_the_twelve_months_move_with_the_day(shop: Shop) -> None:
    """As of 8 January the sixth of the year before is too old, and order 9 is in."""
    shop.deliver(day(5), **HOLIDAYS)
    shop.fill(day(5), day(8))

    shop.pipeline.expect(
        "analytics.agg_public_holiday",
        """
        ingestion_date | tt_order_hol_jan | tt_order_hol_dec
        2024-01-05     | 3                | 2
        2024-01-08     | 3                | 2
        """,
    )


SHIPMENTS = {
    "orders": orders(
        (1, "2024-01-10", 1),
        (2, "2024-01-10", 1),
        (3, "2024-01-10", 1),
        (4, "2024-01-16", 1),
        (5, "2024-01-17", 1),
        (6, "2024-01-10", 1),
        (7, "2024-01-10", 1),
    ),
    "dim_dates": dates(("2024-01-10", True), ("2024-01-16", True), ("2024-01-17", True)),
    "shipment_deliveries": """
        shipment_id | order_id | shipment_date | delivery_date
        11          | 1        | 2024-01-16    |
        12          | 2        | 2024-01-15    |
        13          | 3        | 2024-01-16    | 2024-01-20
        14          | 4        |               |
        15          | 5        |               |
        16          | 6        |               | 2024-01-20
        17          | 99       |               |
        18          | 7        | 2024-01-25    |
    """,
}


def test_late_is_from_the_sixth_day_on_and_undelivered_from_the_fifteenth(shop: Shop) -> None:
    """As of the 31st. Late: 11 (6 days after) and 18 (15 days); not 12 (5 days), not 13 (delivered).

    Undelivered: 14 (ordered 15 days ago); not 15 (14 days), not 16 (delivered, though never shipped), and nobody knows
    when the order of 17 was placed.
    """
    shop.deliver(day(31), **SHIPMENTS)
    shop.fill(day(31))

    shop.pipeline.expect(
        "analytics.agg_shipments",
        """
        ingestion_date | tt_late_shipments | tt_undelivered_items
        2024-01-31     | 2                 | 1
        """,
    )
    assert shop.pipeline.red("analytics.agg_shipments", day(31)) == set()


def test_a_day_without_delivery_answers_as_of_itself_from_the_snapshot_before(shop: Shop) -> None:
    """Delivered on the 30th, when 14 was 14 days old and nothing was undelivered yet."""
    shop.deliver(day(30), **SHIPMENTS)
    shop.fill(day(30), day(31))

    shop.pipeline.expect(
        "analytics.agg_shipments",
        """
        ingestion_date | tt_late_shipments | tt_undelivered_items
        2024-01-30     | 2                 | 0
        2024-01-31     | 2                 | 1
        """,
    )


def test_an_order_that_the_next_snapshot_lacks_is_gone_and_history_stays(shop: Shop) -> None:
    shop.deliver(day(30), **SHIPMENTS)
    shop.deliver(day(31), **SHIPMENTS | {"orders": orders((1, "2024-01-10", 1))})
    shop.fill(day(30), day(31))

    shop.pipeline.expect(
        "analytics.agg_shipments",
        """
        ingestion_date | tt_late_shipments
        2024-01-30     | 2
        2024-01-31     | 1
        """,
    )


BEST = {
    "reviews": """
        review | product_id
        5      | 1
        5      | 1
        1      | 1
        5      | 2
        2      | 2
        5      | 2
        5      | 3
        5      | 3
        2      | 3
        5      | 4
        5      | 4
    """,
    "dim_products": """
        product_id | product_category | product_name
        1          | Lamps            | Birch Lamp
        2          | Lamps            | Copper Lamp
        3          | Chairs           | Birch Chair
        4          | Chairs           | Linen Chair
    """,
    "dim_dates": dates(("2024-01-01", False), ("2024-01-02", True), ("2024-01-03", True)),
    "orders": orders(
        (1, "2024-01-02", 2),
        (2, "2024-01-02", 2),
        (3, "2024-01-01", 2),
        (4, "2024-01-01", 2),
        (5, "2024-01-03", 2),
        (6, "2024-01-03", 1),
        (7, "2024-01-03", 1),
        (8, "2024-01-03", 1),
    ),
    "shipment_deliveries": """
        shipment_id | order_id | shipment_date | delivery_date
        1           | 1        | 2024-01-07    | 2024-01-09
        2           | 2        | 2024-01-08    |
        3           | 3        | 2024-01-02    | 2024-01-03
        4           | 4        | 2024-01-02    |
        5           | 5        |               |
        6           | 6        | 2024-01-20    |
    """,
}


def test_the_best_product_has_most_reviews_then_most_points_then_the_lower_number(shop: Shop) -> None:
    """Products 1, 2 and 3 have three reviews, 2 and 3 twelve points, 1 eleven. So it is 2.

    Its orders: two on the 1st, a holiday, and two on the 2nd: the earlier. Its shipments: 1 and 3 are early (5 days and
    1 day, delivered), 2 is late, 4 and 5 are neither: 66.67 and 33.33 percent. The late one of product 1 is not its.
    """
    shop.deliver(day(31), **BEST)
    shop.fill(day(31))

    shop.pipeline.expect(
        "analytics.best_performing_product",
        """
        product_name | most_ordered_day | is_public_holiday | tt_review_points
        Copper Lamp  | 2024-01-01       | True              | 12
        """,
    )
    shop.pipeline.expect(
        "analytics.best_performing_product",
        """
        pct_early_shipments | pct_late_shipments
        66.67               | 33.33
        """,
    )
    shop.pipeline.expect(
        "analytics.best_performing_product",
        """
        pct_one_star_review | pct_two_star_review | pct_three_star_review | pct_four_star_review | pct_five_star_review
        0.00                | 33.33               | 0.00                  | 0.00                 | 66.67
        """,
    )
    assert shop.pipeline.red("analytics.best_performing_product", day(31)) == set()


def test_a_best_product_that_nobody_ordered_has_no_busiest_day_and_no_shares(shop: Shop) -> None:
    nobody = {"orders": orders((8, "2024-01-03", 1)), "shipment_deliveries": FILES["shipment_deliveries"]}
    shop.deliver(day(31), **BEST | nobody)
    shop.fill(day(31))

    shop.pipeline.expect(
        "analytics.best_performing_product",
        """
        product_name | most_ordered_day | is_public_holiday | pct_early_shipments | pct_late_shipments
        Copper Lamp  |                  |                   |                     |
        """,
    )
    assert shop.pipeline.red("analytics.best_performing_product", day(31)) == set()


def test_equal_reviews_are_not_repetitions(shop: Shop) -> None:
    """A review has no number. Two that say the same are two."""
    same = """
        review | product_id
        5      | 1
        5      | 1
    """
    shop.deliver(day(5), reviews=same)
    shop.fill(day(5))

    shop.pipeline.expect("analytics.best_performing_product", "tt_review_points\n10")
    shop.pipeline.expect("(select count(*) from quarantine.rows) as rejected", "count\n0")


def test_what_cannot_be_read_is_kept_with_its_reason(shop: Shop) -> None:
    shop.deliver(
        day(5),
        reviews="""
            review | product_id
            6      | 1
            five   | 1
            4      |
            3      | 1
        """,
        shipment_deliveries="""
            shipment_id | order_id | shipment_date | delivery_date
            1           | 1        | 2024-02-30    |
            2           | 1        |               |
            2           | 1        | 2024-01-04    |
        """,
    )
    shop.fill(day(5))

    shop.pipeline.expect(
        "quarantine.rows",
        """
        table_name             | row_number | reason
        staging.shop_reviews   | 1          | breaks the rule points between 1 and 5
        staging.shop_reviews   | 2          | points is not a whole number: 'five'
        staging.shop_reviews   | 3          | product_id is missing
        staging.shop_shipments | 1          | shipment_date is not a date like 2024-01-31: '2024-02-30'
        staging.shop_shipments | 2          | comes again later in the day, in row 3 of {file}
        """.replace("{file}", "shop/shipment_deliveries/2024-01-05.csv"),
    )
    assert shop.pipeline.red("staging.shop_reviews", day(5)) == set()


def test_each_answer_is_a_question_of_its_name(shop: Shop) -> None:
    shop.deliver(day(31), **BEST)
    shop.fill(day(31))
    warehouse = shop.pipeline.services.warehouse

    for name in ("agg_public_holiday", "agg_shipments", "best_performing_product"):
        (answer,) = question(name).ask(warehouse, day(31), {}).to_dict("records")
        assert answer["ingestion_date"] == day(31)
    assert answer["product_name"] == "Copper Lamp"


def test_redis_holds_the_best_product_of_the_newest_day_in_one_hash(shop: Shop) -> None:
    shop.deliver(day(31), **BEST)
    shop.fill(day(31))
    shop.pipeline.fill_table("cache.best_product", day(31))

    found = shop.pipeline.services.redis.hgetall("best_product")

    assert found == {
        "ingestion_date": "2024-01-31",
        "product_name": "Copper Lamp",
        "most_ordered_day": "2024-01-01",
        "is_public_holiday": "true",
        "tt_review_points": "12",
        "pct_one_star_review": "0.00",
        "pct_two_star_review": "33.33",
        "pct_three_star_review": "0.00",
        "pct_four_star_review": "0.00",
        "pct_five_star_review": "66.67",
        "pct_early_shipments": "66.67",
        "pct_late_shipments": "33.33",
    }


# promises, each broken once

BROKEN = [
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
]


@pytest.mark.parametrize(("table", "promise", "change"), BROKEN)
def test_a_wrong_count_breaks_its_promise(shop: Shop, table: str, promise: str, change: str) -> None:
    shop.deliver(day(31), **BEST)
    shop.fill(day(31))
    assert shop.pipeline.red(f"analytics.{table}", day(31)) == set()

    shop.pipeline.change(change)

    assert promise in shop.pipeline.red(f"analytics.{table}", day(31))


@pytest.mark.parametrize(
    "change",
    [
        "delete from analytics.best_performing_product",
        "update analytics.best_performing_product set product_id = 1, tt_review_points = 11",
        "update analytics.best_performing_product set product_id = 3",
        "update analytics.best_performing_product set product_id = 4, tt_review_points = 10",
        "update analytics.best_performing_product set tt_review_points = 24",
        "update analytics.best_performing_product set pct_five_star_review = 100",
        "update analytics.best_performing_product set pct_late_shipments = 66.67",
    ],
)
def test_another_product_or_other_shares_are_not_the_best(shop: Shop, change: str) -> None:
    shop.deliver(day(31), **BEST)
    shop.fill(day(31))

    shop.pipeline.change(change)

    assert shop.pipeline.red("analytics.best_performing_product", day(31)) == {"best_performing_product_is_the_best"}


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
        assert promises <= set(catalog.table(f"staging.{table}").should)


@pytest.mark.parametrize(
    ("table", "promise", "change"),
    [
        ("shop_dim_addresses", "shop_dim_addresses_are_trimmed", "postal_code = postal_code || ' '"),
        ("shop_dim_products", "shop_dim_products_differ_by_name", "product_name = 'Oak Chair'"),
        ("shop_dim_dates", "shop_dim_dates_agree_with_the_calendar", "day_of_the_week_num = 1"),
        ("shop_dim_dates", "shop_dim_dates_agree_with_the_calendar", "year_num = year_num + 1"),
    ],
)
def test_a_wrong_dimension_breaks_its_promise(shop: Shop, table: str, promise: str, change: str) -> None:
    shop.deliver(
        day(5),
        dim_products="""
            product_id | product_category | product_name
            10         | Chairs           | Oak Chair
            11         | Chairs           | Ash Chair
        """,
    )
    shop.fill(day(5))

    statement = f"update staging.{table} set {change}"  # noqa: S608  # both are texts of this test
    assert shop.pipeline.breaks(f"staging.{table}", promise, day(5), statement)


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
