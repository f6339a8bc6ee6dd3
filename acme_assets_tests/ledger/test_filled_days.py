"""Filled days: on which days everything is there that somebody reads, and which of them is the newest."""

from datetime import date

from acme_assets_tests.support.drawn_ledger import DrawnLedger
from acme_assets_tests.support.pipeline import RUN, day
from acme_platform.ledger import builds
from acme_platform.ledger.filled_days import filled_days, newest_day, ready_days
from acme_platform.registry import catalog
from acme_platform.services import Services

TWO = ["analytics.sales_by_country", "analytics.top_paying_customers"]


def test_a_day_is_filled_when_all_that_is_read_was_and_the_newest_is_one_of_them(services: Services) -> None:
    """Of two tables one is a day ahead; a cache of both holds the day that both have."""
    DrawnLedger(services).built("1..2: countries top\n3: countries")
    with services.open_warehouse().transaction("test") as cursor:
        assert filled_days(cursor, TWO) == {day(1), day(2)}
        assert filled_days(cursor, TWO, [day(2), day(3)]) == {day(2)}
        assert filled_days(cursor, TWO, []) == filled_days(cursor, []) == set()
        assert newest_day(cursor, TWO) == day(2)
        assert newest_day(cursor, TWO[:1]) == day(3)
        assert newest_day(cursor, []) is None


def test_a_day_is_ready_when_it_waits_for_nothing_but_itself(services: Services) -> None:
    DrawnLedger(services).built("1..3: countries\n2: redis")
    with services.open_warehouse().transaction("test") as cursor:
        assert ready_days(cursor, catalog.table("cache.country")) == {day(1), day(3)}
        assert ready_days(cursor, catalog.table("raw.sales_orders")) == set()


def test_a_day_after_today_is_never_the_newest(services: Services) -> None:
    DrawnLedger(services).built("1: countries")
    with services.open_warehouse().transaction("test") as cursor:
        builds.built(cursor, TWO[0], date(2999, 1, 1), rows=1, run_id=RUN)
        assert newest_day(cursor, TWO[:1]) == day(1)
