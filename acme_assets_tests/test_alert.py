"""Alerts: who is told of a failed run, once an incident, and what the mail says."""

from collections.abc import Iterator
from dataclasses import replace

import dagster as dg
import pytest
from dagster import DagsterEventType

from acme_assets.alert import failure_mail
from acme_assets.day import Days
from acme_assets.describe import asset_key
from acme_assets.partitions import range_tags
from acme_assets.run import Runner
from acme_assets.sensor import REASON
from acme_assets.services import Services
from acme_assets_tests.days import deliver_customers, deliver_torn
from acme_assets_tests.mailbox import Mailbox, mailbox
from acme_assets_tests.pipeline import day

ORDERS = "raw.sales_orders"


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as opened:
        yield opened


@pytest.fixture
def runner(services: Services, instance: dg.DagsterInstance, box: Mailbox) -> Runner:
    services.settings = replace(services.settings, smtp_url=box.url, alert_to=("anna@acme.example",))
    deliver_customers(services, 1)
    deliver_torn(services, 1)
    return Runner(services, instance)


def fail(runner: Runner, **tags: str) -> dg.DagsterRun:
    """A run that fails, for its file is torn."""
    result = runner._job.execute_in_process(  # with tags of a sensor
        instance=runner.instance,
        asset_selection=[asset_key(ORDERS)],
        tags={**range_tags(Days(day(1), day(1))), **tags},
        raise_on_error=False,
    )
    assert not result.success
    return result.dagster_run


def tell(runner: Runner, run: dg.DagsterRun) -> None:
    """Let the sensor see the failed run, as the daemon does."""
    (record,) = runner.instance.get_records_for_run(run.run_id, of_type=DagsterEventType.RUN_FAILURE).records
    event = record.event_log_entry.dagster_event
    assert event is not None
    stored = runner.instance.get_run_by_id(run.run_id)
    assert stored is not None
    context = dg.build_run_status_sensor_context(
        "failure_mail", event, runner.instance, stored, resources={"services": runner.services}
    )
    failure_mail()(context.for_run_failure())


def test_a_failed_run_is_mailed_with_what_failed_why_and_the_next_command(runner: Runner, box: Mailbox) -> None:
    tell(runner, fail(runner))
    (mail,) = box.mails
    assert mail["To"] == "anna@acme.example"
    assert mail["Subject"] == "[acme] raw.sales_orders of 2024-01-01 failed"
    body = mail.get_body()
    assert body is not None
    text = body.get_content()
    assert "sales/orders/2024-01-01.csv" in text
    assert "acme deliver sales orders FILE --day 2024-01-01" in text
    assert "acme run --days 2024-01-01" in text


def test_the_same_reason_is_one_incident(runner: Runner, box: Mailbox) -> None:
    """A sensor asks three times for what failed."""
    for run in [fail(runner, **{REASON: "the-file"}) for _ in range(3)]:
        tell(runner, run)
    assert len(box.mails) == 1
    tell(runner, fail(runner, **{REASON: "another-file"}))
    assert len(box.mails) == 2


def test_a_run_that_is_tried_again_is_told_after_its_last_attempt(runner: Runner, box: Mailbox) -> None:
    tell(runner, fail(runner, **{REASON: "killed", "dagster/will_retry": "true"}))
    assert box.mails == []
    tell(runner, fail(runner, **{REASON: "killed"}))
    assert len(box.mails) == 1


def test_without_a_server_or_an_address_nothing_is_mailed(runner: Runner, box: Mailbox) -> None:
    run = fail(runner)
    for unset in ({"smtp_url": None}, {"alert_to": ()}):
        quiet = Services(replace(runner.services.settings, **unset))
        tell(Runner(quiet, runner.instance), run)
        quiet.warehouse.close()
    assert box.mails == []


def test_a_mail_server_that_comes_back_in_time_gets_the_mail(
    runner: Runner, box: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Dagster calls the sensor once a failed run: what is not sent then is never sent."""
    away = replace(runner.services.settings, smtp_url="smtp://127.0.0.1:1")
    runner.services.settings = away
    mailer = runner.services.mailer
    assert mailer is not None
    monkeypatch.setattr("acme_assets.alert.time.sleep", lambda _: object.__setattr__(mailer, "url", box.url))
    tell(runner, fail(runner))
    assert len(box.mails) == 1
