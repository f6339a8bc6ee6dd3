"""The shop's counts of a day, holiday orders and shipments: drawn files in, counts that were worked out by hand."""

from acme_assets_tests.support.pipeline import day
from acme_assets_tests.support.shop import BEST, Shop, dates, orders
from acme_platform.serving.question import question

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
    shop.fill(day(5), accepts_rejects=True)

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
    warehouse = shop.pipeline.services.open_warehouse()

    for name in ("agg_public_holiday", "agg_shipments", "best_performing_product"):
        (answer,) = question(name).ask(warehouse, day(31), {}).to_dict("records")
        assert answer["ingestion_date"] == day(31)
    assert answer["product_name"] == "Copper Lamp"
