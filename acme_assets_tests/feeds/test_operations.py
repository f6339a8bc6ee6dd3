"""The operations feed, from an operational database to Redis, over tables that a reader can check by hand."""

import re
from datetime import timedelta
from typing import Any, cast

import pytest

from acme_assets_tests.support import drawn
from acme_assets_tests.support.origin import Origin
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.checks.builtin import checks
from acme_platform.day import today
from acme_platform.errors import MendInput
from acme_platform.registry import catalog
from acme_platform.schema.ddl import ensure
from acme_platform.serving.question import question


@pytest.fixture
def story(origin: Origin) -> Origin:
    """Two days. Order 3 was PENDING and COMPLETED within the first; order 5 has no customer, order 6 no date.

    Items 11..13 belong to order 1, item 14 to order 2, item 15 to an order that nobody knows.
    """
    origin.customers(Ann=1, Bob=2, Cat=3)
    origin.order(1, "2024-01-01 08:00", customer=1, due="2024-01-11")
    origin.order(2, "2024-01-01 09:00", "PROCESSING", customer=2, due="2024-01-11")
    origin.order(3, "2024-01-01 10:00", customer=3, due="2024-01-11")
    origin.order(4, "2024-01-01 11:00", customer=1, due="2024-01-12")
    origin.item(11, 1, product=7, quantity=2, at="2024-01-01 08:00")
    origin.item(12, 1, product=7, quantity=3, at="2024-01-01 08:00")
    origin.item(13, 1, product=8, quantity=0, at="2024-01-01 08:00")
    origin.item(14, 2, product=9, quantity=5, at="2024-01-01 09:00")
    origin.item(15, 99, product=9, quantity=1, at="2024-01-01 09:00")
    origin.extract(day(1), "in the morning")
    origin.order(3, "2024-01-01 12:00", "COMPLETED")
    origin.fill(day(1), "run 1")
    origin.order(1, "2024-01-02 08:00", "COMPLETED")
    origin.order(5, "2024-01-02 09:00", customer=None, due="2024-01-12")
    origin.order(6, "2024-01-02 10:00", customer=9)
    origin.order(7, "2024-01-02 11:00", "ON HOLD", customer=2, due="2024-01-13")
    origin.fill(day(2), "run 2")
    return origin


def found(origin: Origin, source: str, drawing: str) -> None:
    drawn.expect(origin.ask(f"select {', '.join(drawn.columns(drawing))} from {source}"), drawing)  # noqa: S608


def red(origin: Origin, number: int, layer: str = "") -> dict[str, int]:
    """Check -> broken rows of the day, of the checks that find some, those of missing deliveries left out."""
    broken = {}
    with origin.services.open_warehouse().transaction("test") as cursor:
        for table in catalog.feed("operations").tables:
            for check in checks(table) if layer in table.layer.name else ():
                if check.name != "something_delivered" and (count := check.on(cursor, table, day(number)).broken_rows):
                    broken[check.name] = count
    return broken


@pytest.mark.slow
def test_every_version_stays_and_the_last_of_a_day_is_the_one_as_of_it(story: Origin) -> None:
    found(
        story,
        "staging.operations_orders where order_id in (1, 3)",
        """
        order_id | day        | status    | valid_to
        1        | 2024-01-01 | PENDING   | 2024-01-02
        1        | 2024-01-02 | COMPLETED |
        3        | 2024-01-01 | PENDING   | 2024-01-01
        3        | 2024-01-01 | COMPLETED |
        """,
    )


def test_open_orders_per_delivery_date_and_status_as_of_each_day(story: Origin) -> None:
    """ON HOLD is a status that the table of statuses lacks: whatever is not COMPLETED is open."""
    found(
        story,
        "analytics.open_orders_agg",
        """
        day        | delivery_date | status     | order_count | total_open
        2024-01-01 | 2024-01-11    | PENDING    | 1           | 2
        2024-01-01 | 2024-01-11    | PROCESSING | 1           | 2
        2024-01-01 | 2024-01-12    | PENDING    | 1           | 1
        2024-01-02 | 2024-01-11    | PROCESSING | 1           | 1
        2024-01-02 | 2024-01-12    | PENDING    | 2           | 2
        2024-01-02 | 2024-01-13    | ON HOLD    | 1           | 1
        """,
    )


def test_pending_items_are_those_of_pending_orders(story: Origin) -> None:
    """Order 1 is completed on the second day, and its items are pending no more."""
    found(
        story,
        "analytics.order_items_pending_agg",
        """
        day        | product_id | item_count | quantity
        2024-01-01 | 7          | 2          | 5
        2024-01-01 | 8          | 1          | 0
        """,
    )


@pytest.mark.slow
def test_pending_orders_per_customer(story: Origin) -> None:
    """Customer 9 is unknown and has no name; the order of nobody is in no row."""
    found(
        story,
        "analytics.customer_pending_orders_agg",
        """
        day        | customer_id | customer_name | order_count
        2024-01-01 | 1           | Ann           | 2
        2024-01-02 | 1           | Ann           | 1
        2024-01-02 | 9           |               | 1
        """,
    )


@pytest.mark.slow
def test_the_questions_answer_with_ties_to_the_earlier_date_and_the_lower_id(story: Origin) -> None:
    answers: dict[str, list[dict[str, Any]]] = {
        name: cast(
            "list[dict[str, Any]]", question(name).ask(story.services.open_warehouse(), day(2), {}).to_dict("records")
        )
        for name in ("open_orders", "top_dates", "pending_items", "top_customers")
    }
    drawn.expect(answers["top_dates"], "place|delivery_date|total_open\n1|2024-01-12|2\n2|2024-01-11|1\n3|2024-01-13|1")
    drawn.expect(answers["top_customers"], "place|customer_id|order_count\n1|1|1\n2|9|1")
    assert [row["delivery_date"].day for row in answers["open_orders"]] == [11, 12, 13]
    assert answers["pending_items"] == []


@pytest.mark.slow
def test_redis_holds_the_newest_day(story: Origin) -> None:
    redis = story.services.open_redis()
    assert {str(key): redis.hgetall(key) for key in redis.scan_iter("open_orders:*")} == {
        "open_orders:2024-01-11": {"PROCESSING": "1"},
        "open_orders:2024-01-12": {"PENDING": "2"},
        "open_orders:2024-01-13": {"ON HOLD": "1"},
    }
    assert redis.zrange("top_dates", 0, -1, withscores=True) == [
        ("2024-01-11", 1.0), ("2024-01-13", 1.0), ("2024-01-12", 2.0)
    ]  # fmt: skip
    assert redis.zrange("top_customers", 0, -1, withscores=True) == [("1", 1.0), ("9", 1.0)]


@pytest.mark.slow
def test_the_defects_of_the_source_are_shown_and_nothing_is_red_that_must_not_be(story: Origin) -> None:
    """Of the first day's orders 3 and 4 have no item, and of the second's all but order 1."""
    assert red(story, 1) == {"operations_orders_without_items": 2, "operations_items_without_orders": 1}
    assert red(story, 2) == {
        "operations_orders_without_items": 3,
        "operations_open_orders_without_delivery_date": 1,
        "operations_pending_orders_without_customer": 2,
        "operations_statuses_are_known": 1,
    }


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("breaking", "promise"),
    [
        (
            "update analytics.open_orders_agg set order_count = 2 where status = 'ON HOLD'",
            "open_orders_agg_sums_to_staged_orders",
        ),
        ("update analytics.open_orders_agg set total_open = 9", "open_orders_agg_sums_to_staged_orders"),
        (
            "insert into analytics.order_items_pending_agg values ('2024-01-02', 7, 1, 1)",
            "order_items_pending_agg_sums_to_staged_items",
        ),
        ("delete from analytics.customer_pending_orders_agg", "customer_pending_orders_agg_sums_to_staged_orders"),
        ("delete from analytics.top_dates where place = 2", "top_dates_are_the_top"),
        ("update analytics.top_dates set total_open = 7 where place = 1", "top_dates_are_the_top"),
        ("delete from analytics.top_customers where place = 1", "top_customers_are_the_top"),
        ("update analytics.top_customers set customer_id = 2 where place = 1", "top_customers_are_the_top"),
    ],
)  # fmt: skip
def test_each_promise_turns_red_when_it_is_broken(story: Origin, breaking: str, promise: str) -> None:
    before = red(story, 2, "analytics")
    with story.services.open_warehouse().transaction("test") as cursor:
        cursor.execute(breaking)

    assert promise in red(story, 2, "analytics").keys() - before.keys()


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("table", "promise", "change"),
    [
        ("customers", "operations_customers_exist_on_their_day", "created_at = '2024-01-03'"),
        ("products", "operations_products_share_no_barcode", "barcode = '1'"),
        ("order_items", "operations_items_change_after_they_came_to_be", "created_at = updated_at + interval '1 ms'"),
    ],
)
def test_an_impossible_row_of_staging_breaks_its_promise(story: Origin, table: str, promise: str, change: str) -> None:
    story.run(
        "insert into operations.products (product_id, product_name, barcode, created_at)"
        " values (7, 'Oak', '1', '2024-01-01'), (8, 'Ash', '2', '2024-01-01')"
    )
    story.fill(day(1), "run 3")

    statement = f"update staging.operations_{table} set {change}"  # noqa: S608  # both are texts of this test
    assert Pipeline(story.services).breaks(f"staging.operations_{table}", promise, day(1), statement)


@pytest.mark.slow
@pytest.mark.parametrize("table", ["analytics.open_orders_agg", "staging.operations_orders"])
def test_what_is_told_to_type_after_a_change_of_a_table_works_with_the_views_above_it(
    story: Origin, table: str
) -> None:
    """A live view reads its own table and staging; it is there again once its table is filled."""
    with story.services.open_warehouse().transaction("test") as cursor:
        cursor.execute(f"alter table {table} add note text")
        with pytest.raises(MendInput) as refused:
            ensure(cursor, catalog.table(table))
    assert "analytics.open_orders_agg_union" in refused.value.next_step

    (statement,) = re.findall("acme psql -c '(.*?)'", refused.value.next_step)
    with story.services.open_warehouse().transaction("test") as cursor:
        cursor.execute(statement)
    story.fill(day(2), "run 3", "staging", "analytics")

    assert story.ask("select count(*) > 0 as answers from analytics.open_orders_agg_union") == [{"answers": True}]


def test_a_day_and_its_past_are_answered_by_one_view(origin: Origin) -> None:
    """The past as it was filled, today as staging stands at the moment of the question."""
    yesterday, now = today() - timedelta(days=1), today()
    origin.order(1, f"{yesterday} 08:00", due="2024-02-01")
    origin.order(2, f"{yesterday} 09:00", due="2024-02-01")
    origin.fill(yesterday, "run 1")
    origin.order(1, f"{now} 00:00", "COMPLETED")
    origin.fill(now, "run 2", "raw", "staging")

    assert origin.ask("select * from analytics.open_orders_agg where day = current_date") == []
    found(origin, "analytics.open_orders_agg_history", f"day|order_count\n{yesterday}|2")
    found(origin, "analytics.open_orders_agg_today", f"day|order_count\n{now}|1")
    found(origin, "analytics.open_orders_agg_union", f"day|order_count\n{yesterday}|2\n{now}|1")
