"""Alerts: who is told of what is wrong with a feed, once an incident, and what the mail says.

A real SMTP server takes the mails; the ledger is that of real runs, or drawn (`drawn_ledger.py`).
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import dagster as dg
import pytest
from dagster import DagsterEventType

from acme_assets_tests.support.days import TORN, deliver, deliver_customers, deliver_orders, deliver_torn, settle
from acme_assets_tests.support.drawn_ledger import WHOLE, DrawnLedger
from acme_assets_tests.support.mailbox import Mailbox, mailbox
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_assets_tests.support.ticking import Platform
from acme_platform.errors import TryAgain
from acme_platform.ledger import failures
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.triggers.alerts import failed_runs, tell


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as opened:
        yield opened


@pytest.fixture
def platform(services: Services, instance: dg.DagsterInstance, box: Mailbox) -> Platform:
    services.settings = replace(services.settings, smtp_url=box.url, alert_to=("anna@acme.example",))
    return Platform(services, instance)


def look(services: Services, now: datetime | None = None) -> list[str]:
    """Subjects of what one look mails."""
    return [subject for subject, _ in tell(services, FEED, now or datetime.now(UTC))]


def elapse(services: Services, **long: int) -> None:
    """As if everything that is known of incidents had happened that much longer ago."""
    with services.open_warehouse().transaction("test") as cursor:
        for column in ("opened_at", "told_at", "gone_at", "closed_at"):
            cursor.execute(f"update ledger.incidents set {column} = {column} - %s", (timedelta(**long),))  # noqa: S608


def text(mail: EmailMessage) -> str:
    body = mail.get_body()
    assert body
    return str(body.get_content())


def fails(services: Services, number: int, error: Exception, run: str = "run") -> None:
    table = catalog.table("analytics.customer_orders")
    failures.attempt(services.open_warehouse(), table, run).failed([day(number)], error)


def test_a_refused_file_is_mailed_with_where_why_and_the_next_command(platform: Platform, box: Mailbox) -> None:
    deliver_customers(platform.services, 1)
    deliver_torn(platform.services, 1)
    platform.launch(platform.arrivals().run_requests or [])

    platform.tick("alerts")

    (mail,) = box.mails
    assert mail["To"] == "anna@acme.example"
    assert mail["Subject"] == "[acme] raw.sales_orders of 2024-01-01 failed"
    assert "sales/orders/2024-01-01.csv" in text(mail)
    assert "acme deliver sales orders FILE --day 2024-01-01" in text(mail)


def test_two_refused_files_of_a_day_are_one_incident_that_names_both(platform: Platform, box: Mailbox) -> None:
    services = platform.services
    deliver_customers(services, 1)
    for part in "ab":
        settle(services, Pipeline(services).deliver("orders", day(1), TORN, part=part))
    platform.launch(platform.arrivals().run_requests or [])

    platform.tick("alerts")

    (mail,) = box.mails
    assert mail["Subject"] == "[acme] raw.sales_orders of 2024-01-01 failed"
    assert "sales/orders/2024-01-01/a.csv" in text(mail)
    assert "sales/orders/2024-01-01/b.csv" in text(mail)


@pytest.mark.slow
def test_an_incident_is_one_mail_whatever_the_ticks_and_the_attempts(platform: Platform, box: Mailbox) -> None:
    deliver_customers(platform.services, 1)
    for _ in range(3):
        deliver_torn(platform.services, 1)
        platform.launch(platform.arrivals().run_requests or [])
        platform.tick("alerts")
        elapse(platform.services, hours=2)
    assert len(box.mails) == 1


@pytest.mark.slow
def test_it_is_told_when_it_is_over_and_has_been_for_a_while(platform: Platform, box: Mailbox) -> None:
    deliver_customers(platform.services, 1)
    deliver_torn(platform.services, 1)
    platform.launch(platform.arrivals().run_requests or [])
    platform.tick("alerts")
    deliver_orders(platform.services, 1)
    platform.launch(platform.arrivals().run_requests or [])

    platform.tick("alerts")
    assert len(box.mails) == 1
    elapse(platform.services, minutes=6)
    platform.tick("alerts")
    platform.tick("alerts")

    assert [mail["Subject"] for mail in box.mails[1:]] == ["[acme] sales recovered"]
    assert "raw.sales_orders of 2024-01-01" in text(box.mails[1])


def test_what_comes_up_within_the_hour_is_told_together_after_it(services: Services) -> None:
    for number, expected in ((1, ["[acme] analytics.customer_orders of 2024-01-01 failed"]), (2, []), (3, [])):
        fails(services, number, ValueError("too large"))
        assert look(services) == expected
    elapse(services, minutes=61)
    assert look(services) == ["[acme] analytics.customer_orders of 2024-01-02 failed and 1 more of sales"]


def test_what_may_pass_by_itself_is_told_when_it_failed_three_times(services: Services) -> None:
    for run, expected in (("one", 0), ("two", 0), ("three", 1), ("four", 0)):
        fails(services, 1, TryAgain("Redis is away"), run)
        assert len(look(services)) == expected


def test_a_red_must_is_told_also_without_a_failed_run_and_a_red_should_is_not(services: Services) -> None:
    ledger = DrawnLedger(services)
    ledger.built(f"1: {WHOLE}")
    ledger.red("orders", 1, "should")
    now = datetime.now(UTC)
    assert look(services, now) == []
    ledger.red("orders", 1)
    assert look(services, now) == ["[acme] staging.sales_orders of 2024-01-01, a_check is red"]


def test_a_check_that_is_computed_anew_is_neither_over_nor_new(services: Services) -> None:
    ledger = DrawnLedger(services)
    ledger.built(f"1: {WHOLE}")
    ledger.red("orders", 1)
    look(services)
    ledger.built("1: orders")
    assert look(services) == []
    ledger.red("orders", 1)
    elapse(services, hours=2)
    assert look(services) == []


@pytest.mark.parametrize(
    ("built", "now", "is_late"),
    [
        ("2024-01-02 05:00", "2024-01-02 23:00", False),
        ("2024-01-02 05:00", "2024-01-03 07:59", False),
        ("2024-01-02 05:00", "2024-01-03 08:00", True),
        ("2024-01-02 21:00", "2024-01-03 08:00", False),
    ],
)
def test_a_feed_is_late_when_its_deadline_passed_without_it(
    services: Services, built: str, now: str, is_late: bool
) -> None:
    """Sales is due at eight, from the evening before; what follows a late table is not told beside it."""
    DrawnLedger(services).built("1: raw_orders orders")
    with services.open_warehouse().transaction("test") as cursor:
        cursor.execute("update ledger.builds set built_at = %s", (f"{built}+00",))
    arrived = look(services, datetime.fromisoformat(f"{now}+00:00"))
    assert arrived == (["[acme] raw.sales_orders is late"] if is_late else [])


def test_a_feed_that_was_never_used_is_not_late(services: Services) -> None:
    assert look(services) == []


@pytest.mark.slow
def test_a_cache_that_stays_behind_is_told_after_ten_minutes(platform: Platform, box: Mailbox) -> None:
    deliver(platform.services, 1)
    platform.launch(platform.arrivals().run_requests or [])
    platform.services.open_redis().flushdb()
    assert look(platform.services) == []
    elapse(platform.services, minutes=11)
    assert look(platform.services) == ["[acme] cache.country is behind"]
    assert "acme run --select cache/country --days 2024-01-01" in text(box.mails[0])


# runs that leave nothing in the warehouse


def crashed(platform: Platform, **tags: str) -> None:
    """A run whose worker died, seen by the sensor as the daemon shows it."""
    run = dg.DagsterRun(
        "__ASSET_JOB",
        tags={"dagster/partition": str(day(1)), **tags},
        asset_selection=frozenset({asset_key("raw.sales_orders")}),
    )
    platform.instance.add_run(run)
    platform.instance.report_run_failed(run, "the worker was killed")
    (record,) = platform.instance.get_records_for_run(run.run_id, of_type=DagsterEventType.RUN_FAILURE).records
    event = record.event_log_entry.dagster_event
    assert event is not None
    context = dg.build_run_status_sensor_context(
        "failed_runs", event, platform.instance, run, resources={"services": platform.services}
    )
    failed_runs()(context.for_run_failure())


def test_a_run_that_was_killed_is_told_and_over_when_its_day_is_filled(platform: Platform, box: Mailbox) -> None:
    crashed(platform)
    platform.tick("alerts")
    assert [mail["Subject"] for mail in box.mails] == ["[acme] a run of sales of 2024-01-01 failed"]
    assert "the worker was killed" in text(box.mails[0])
    assert "acme run --days 2024-01-01" in text(box.mails[0])
    DrawnLedger(platform.services).built(f"1: {WHOLE}")
    platform.tick("alerts")
    assert [mail["Subject"] for mail in box.mails[1:]] == ["[acme] sales recovered"]


def test_a_run_of_no_feed_is_told_by_its_own_name(platform: Platform, box: Mailbox) -> None:
    crashed(platform, **{"acme/feed": "housekeeping"})
    platform.tick("alerts")
    (mail,) = box.mails
    assert mail["Subject"] == "[acme] a run of housekeeping of 2024-01-01 failed"
    assert "acme doctor" in text(mail)


def test_a_run_that_is_tried_again_is_told_after_its_last_attempt(platform: Platform, box: Mailbox) -> None:
    crashed(platform, **{"dagster/will_retry": "true"})
    platform.tick("alerts")
    assert box.mails == []
    crashed(platform)
    platform.tick("alerts")
    assert len(box.mails) == 1


# the way of a mail


def test_without_a_server_or_an_address_nothing_is_mailed(platform: Platform, box: Mailbox) -> None:
    told = platform.services.settings
    for number, settings in enumerate((replace(told, smtp_url=None), replace(told, alert_to=())), start=1):
        quiet = Services(settings)
        fails(quiet, number, ValueError("too large"))
        assert len(look(quiet)) == 1
        elapse(quiet, hours=2)
        quiet.open_warehouse().close()
    assert box.mails == []


def test_a_mail_that_no_server_took_is_sent_when_one_does(platform: Platform, box: Mailbox) -> None:
    services = platform.services
    fails(services, 1, ValueError("too large"))
    away = Services(replace(services.settings, smtp_url="smtp://127.0.0.1:1"))
    with pytest.raises(TryAgain, match=r"127\.0\.0\.1:1"):
        look(away)
    away.open_warehouse().close()
    assert len(look(services)) == len(box.mails) == 1
