"""Which answers a correction changed is mailed once, when it went through the feed; a day that grows is no news.

A real SMTP server takes the mails; days are filled as a run fills them.
"""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from acme_assets_tests.support.mailbox import mailbox
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.day import ONE_DAY
from acme_platform.differences.corrections import record
from acme_platform.differences.difference import Difference
from acme_platform.model.table import Steady
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.triggers.alerts import tell_changed

CUSTOMERS = """
    customer_id | customer_name | country
    1           | Ann           | Norway
    2           | Bob           | Chile
"""
ORDERS = """
    order_id | customer_id | order_date | amount
    101      | 1           | 2024-01-01 | 10.00
    102      | 1           | 2024-01-01 | 20.00
"""
#: order 102 costs more
CORRECTED = ORDERS.replace("20.00", "25.00")


def filled(pipeline: Pipeline, orders: str, *numbers: int) -> None:
    for number in numbers:
        pipeline.deliver("customers", day(number), CUSTOMERS)
        pipeline.deliver("orders", day(number), orders)
    pipeline.fill(*(day(number) for number in numbers), layers=("raw", "staging", "analytics"))


def corrected(services: Services, of_day: date, table: str = "analytics.customer_orders", *, rows: int = 1) -> None:
    """As if a filling had just changed so many rows of the day, once it stood."""
    with services.open_warehouse().transaction("test") as cursor:
        record(cursor, catalog.table(table), of_day, "run", Difference(rows, 0, 0))


def elapse(services: Services, **long: int) -> None:
    """As if everything that is known of corrections had happened that much longer ago."""
    with services.open_warehouse().transaction("test") as cursor:
        for column in ("corrected_at", "told_at"):
            cursor.execute(f"update ledger.corrections set {column} = {column} - %s", (timedelta(**long),))  # noqa: S608  # names of a test


def look(services: Services) -> list[str]:
    """Subjects of what one look mails."""
    return [subject for subject, _ in tell_changed(services, FEED)]


def test_a_correction_is_mailed_with_rows_columns_and_the_command_that_shows_more(pipeline: Pipeline) -> None:
    """Ann's 10 + 20 became 10 + 25 as of both days, and Norway's, and her place among the customers who paid most."""
    services = pipeline.services
    filled(pipeline, ORDERS, 1, 2)
    filled(pipeline, CORRECTED, 1, 2)
    elapse(services, minutes=6)

    with mailbox() as box:
        services.settings = replace(services.settings, smtp_url=box.url, alert_to=("anna@acme.example",))
        assert look(services) == ["[acme] answers of sales changed: 3 tables, 2 days"]

    (mail,) = box.mails
    assert mail["To"] == "anna@acme.example"
    text = str(mail.get_content()).replace("\r\n", "\n")
    assert (
        "analytics.customer_orders of 2024-01-01..2024-01-02: 0 rows added, 0 removed, 2 changed (order_amount 2)\n"
        "  more: acme diff analytics.customer_orders --delivery 2024-01-01\n"
    ) in text
    assert "analytics.sales_by_country of 2024-01-01..2024-01-02: 0 rows added, 0 removed, 2 changed" in text
    assert "staging." not in text


def test_a_correction_that_changed_nothing_is_not_mailed(pipeline: Pipeline) -> None:
    filled(pipeline, ORDERS, 1)
    filled(pipeline, ORDERS, 1)
    elapse(pipeline.services, minutes=6)
    assert look(pipeline.services) == []


def test_it_is_told_once_and_the_next_correction_of_the_day_again(services: Services) -> None:
    corrected(services, day(1))
    elapse(services, minutes=6)
    assert len(look(services)) == 1
    elapse(services, hours=2)
    assert look(services) == []

    corrected(services, day(1))
    elapse(services, minutes=6)
    assert len(look(services)) == 1


def test_it_waits_until_the_correction_went_through_but_no_longer_than_an_hour(services: Services) -> None:
    corrected(services, day(1))
    assert look(services) == []
    elapse(services, minutes=4)
    corrected(services, day(2))
    elapse(services, minutes=4)
    assert look(services) == []
    elapse(services, minutes=53)
    corrected(services, day(3))
    assert look(services) == ["[acme] answers of sales changed: 1 table, 3 days"]


def test_what_comes_within_the_hour_after_a_mail_is_told_after_it(services: Services) -> None:
    corrected(services, day(1))
    elapse(services, minutes=6)
    look(services)
    corrected(services, day(2))
    elapse(services, minutes=30)
    assert look(services) == []
    elapse(services, minutes=31)
    assert look(services) == ["[acme] answers of sales changed: 1 table, 1 day"]


def test_a_day_that_is_not_over_grows_which_is_no_news(services: Services) -> None:
    corrected(services, datetime.now(UTC).date())
    elapse(services, minutes=6)
    assert look(services) == []


@pytest.mark.parametrize(("minutes", "is_told"), [(59, False), (61, True)])
def test_a_day_of_a_steady_feed_grows_until_what_came_last_is_read(
    services: Services, minutes: int, *, is_told: bool
) -> None:
    feed, today = replace(FEED, fresh=Steady(minutes=60)), datetime.now(UTC).replace(hour=0, minute=0, second=0)
    corrected(services, today.date() - 3 * ONE_DAY)
    with services.open_warehouse().transaction("test") as cursor:
        at = today - 2 * ONE_DAY + timedelta(minutes=minutes)
        cursor.execute("update ledger.corrections set corrected_at = %s", (at,))
    assert bool(list(tell_changed(services, feed))) is is_told


def test_a_mail_names_the_first_twenty_and_counts_the_others(services: Services) -> None:
    """Every second day, so that none stand together."""
    for number in range(1, 31, 2):
        corrected(services, day(number))
        corrected(services, day(number), "analytics.sales_by_country")
    elapse(services, minutes=6)
    ((_, text),) = tell_changed(services, FEED)
    assert text.count("more: acme diff") == 20
    assert "and 10 more" in text
