"""The shop's best product: which one it is, what is said of it, and that nothing else passes for it."""

from acme_assets_tests.support.pipeline import day
from acme_assets_tests.support.shop import BEST, FILES, Shop, orders


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


def test_redis_holds_the_best_product_of_the_newest_day_in_one_hash(shop: Shop) -> None:
    shop.deliver(day(31), **BEST)
    shop.fill(day(31))
    shop.pipeline.fill_table("cache.best_product", day(31))

    found = shop.pipeline.services.open_redis().hgetall("best_product")

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


#: another product, one that has as many reviews, wrong points, wrong shares
NOT_THE_BEST = (
    "delete from analytics.best_performing_product",
    "update analytics.best_performing_product set product_id = 1, tt_review_points = 11",
    "update analytics.best_performing_product set product_id = 3",
    "update analytics.best_performing_product set product_id = 4, tt_review_points = 10",
    "update analytics.best_performing_product set tt_review_points = 24",
    "update analytics.best_performing_product set pct_five_star_review = 100",
    "update analytics.best_performing_product set pct_late_shipments = 66.67",
)


def test_another_product_or_other_shares_are_not_the_best(shop: Shop) -> None:
    shop.deliver(day(31), **BEST)
    shop.fill(day(31))
    table, promise = "analytics.best_performing_product", "best_performing_product_is_the_best"

    assert [one for one in NOT_THE_BEST if not shop.pipeline.breaks(table, promise, day(31), one)] == []
