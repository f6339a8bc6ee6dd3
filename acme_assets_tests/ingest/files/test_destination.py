"""Destinations: which table takes an object, and as which day."""

from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from acme_assets_tests.support.pipeline import day
from acme_assets_tests.support.shop import FILES, Shop, moment
from acme_platform.day import ONE_DAY, today
from acme_platform.errors import MendInput
from acme_platform.ingest.files import inventory
from acme_platform.ingest.files.routing import place
from acme_platform.lake import LakeObject

FIRST = date(2024, 1, 1)
ORDERS = "orders_data/orders.csv"


def seen(key: str, changed: datetime) -> LakeObject:
    return LakeObject(key, 1, "etag", changed)


def look(shop: Shop) -> inventory.Inventory:
    services = shop.pipeline.services
    with services.open_warehouse().transaction("test") as cursor:
        return inventory.take(cursor, services.lake, services.settings.first_day)


def test_a_dated_name_says_its_day_whenever_it_was_written() -> None:
    placed = place(seen("shop/orders/2024-01-05.csv", moment(day(20))), FIRST)

    assert (placed.table.full_name, placed.day) == ("raw.shop_orders", day(5))


def test_an_overwritten_object_belongs_to_the_utc_day_of_its_last_change() -> None:
    """Half past midnight of the 6th in a zone two hours ahead is half past ten in the evening of the 5th."""
    ahead = timezone(timedelta(hours=2))
    changed = datetime(2024, 1, 6, 0, 30, tzinfo=ahead)

    assert place(seen(ORDERS, changed), FIRST).day == day(5)
    assert place(seen(ORDERS, datetime(2024, 1, 6, tzinfo=UTC)), FIRST).day == day(6)


@pytest.mark.parametrize(
    ("key", "changed", "why"),
    [
        (ORDERS, datetime(2023, 12, 31, tzinfo=UTC), "its day 2023-12-31 lies outside 2024-01-01.."),
        (ORDERS, datetime.now(UTC) + ONE_DAY, f"its day {today() + ONE_DAY} lies outside"),
        ("orders_data/refunds.csv", moment(day(5)), "does not have the shape"),
        ("shop/refunds/2024-01-05.csv", moment(day(5)), "the feed shop takes orders and reviews and"),
        ("harbour/orders/2024-01-05.csv", moment(day(5)), "there is no feed 'harbour'"),
    ],
)
def test_what_belongs_nowhere_is_refused_with_the_reason(key: str, changed: datetime, why: str) -> None:
    with pytest.raises(MendInput) as refused:
        place(seen(key, changed), FIRST)

    assert why in refused.value.message


def test_a_day_takes_the_object_of_its_own_day_only(shop: Shop) -> None:
    shop.overwrite("orders", FILES["orders"], moment(day(5)))

    assert shop.pipeline.fill_table("raw.shop_orders", day(4)).rows == 0
    assert shop.pipeline.fill_table("raw.shop_orders", day(5)).rows == 1
    assert shop.pipeline.fill_table("raw.shop_orders", day(6)).rows == 0


def test_every_day_of_an_overwritten_object_stays_as_it_was(shop: Shop) -> None:
    """The 5th was 10.00, the 6th is 20.00; a second run of the 5th finds nothing of its day and changes nothing."""
    shop.overwrite("orders", FILES["orders"], moment(day(5)))
    shop.pipeline.fill_table("raw.shop_orders", day(5))
    shop.overwrite("orders", FILES["orders"].replace("10.00", "20.00"), moment(day(6)))
    shop.pipeline.fill_table("raw.shop_orders", day(6))
    shop.pipeline.fill_table("raw.shop_orders", day(5))

    shop.pipeline.expect(
        "raw.shop_orders",
        """
        day        | file                   | total_price
        2024-01-05 | orders_data/orders.csv | 10.00
        2024-01-06 | orders_data/orders.csv | 20.00
        """,
    )


def test_an_object_that_changes_twice_in_a_day_replaces_its_day(shop: Shop) -> None:
    shop.overwrite("orders", FILES["orders"], moment(day(5), 6))
    shop.pipeline.fill_table("raw.shop_orders", day(5))
    shop.overwrite("orders", FILES["orders"].replace("10.00", "20.00"), moment(day(5), 18))
    shop.pipeline.fill_table("raw.shop_orders", day(5))

    shop.pipeline.expect("raw.shop_orders", "day | total_price\n2024-01-05 | 20.00")


def test_a_dated_file_corrects_a_day_that_was_read_from_the_object(shop: Shop) -> None:
    """Never both: the rows would count twice. And never back, though the object is still there."""
    shop.overwrite("reviews", FILES["reviews"], moment(day(5)))
    shop.pipeline.fill_table("raw.shop_reviews", day(5))
    shop.pipeline.deliver("reviews", day(5), FILES["reviews"].replace("3  ", "4  "))
    corrected = "file | review\nshop/reviews/2024-01-05.csv | 4"

    for _ in range(2):
        shop.pipeline.fill_table("raw.shop_reviews", day(5))
        shop.pipeline.expect("raw.shop_reviews", corrected)
    assert shop.pipeline.red("raw.shop_reviews", day(5)) == set()
    assert (look(shop).waiting, look(shop).withdrawn) == ([], [])


def test_the_object_takes_a_day_whose_dated_file_left_the_lake(shop: Shop) -> None:
    key = shop.pipeline.deliver("reviews", day(5), FILES["reviews"])
    shop.pipeline.fill_table("raw.shop_reviews", day(5))
    (shop.pipeline.services.settings.home / "lake" / key).unlink()
    shop.overwrite("reviews", FILES["reviews"].replace("3  ", "4  "), moment(day(5)))
    shop.pipeline.fill_table("raw.shop_reviews", day(5))

    shop.pipeline.expect("raw.shop_reviews", "file | review\norders_data/reviews.csv | 4")


def test_the_inventory_says_of_an_object_which_day_waits_for_it(shop: Shop) -> None:
    shop.overwrite("reviews", FILES["reviews"], moment(day(5)))
    shop.pipeline.put("orders_data/readme.txt", b"x")

    (waiting,) = look(shop).waiting

    assert (waiting.table_name, waiting.day, waiting.key) == ("raw.shop_reviews", day(5), "orders_data/reviews.csv")
    assert list(look(shop).strange) == ["orders_data/readme.txt"]
