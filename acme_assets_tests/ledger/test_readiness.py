"""Readiness: a day of a table is filled only from what stands, whoever asks."""

import shlex
from datetime import date
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterEventType

from acme_assets_tests.support.days import SALES, deliver, deliver_customers, deliver_orders, deliver_torn, one, span
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.day import Days
from acme_platform.errors import BlockedByCheck, NotReady
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.runs import Outcome, Runner
from acme_platform.transform.staging import stage
from acme_platform.triggers.alerts import failed_runs
from acme_platform.triggers.new_files import look

ORDERS, CUSTOMERS = "staging.sales_orders", "staging.sales_customers"


def run(runner: Runner, selection: str, days: Days) -> Outcome:
    return runner.run(runner.select(selection), days)


def typed(runner: Runner, command: str) -> list[Outcome]:
    """What `acme run …` of an advice does, with what follows it."""
    words = shlex.split(command)
    assert words[:3] == ["acme", "run", "--select"]
    first, _, last = words[words.index("--days") + 1].partition("..")
    days = Days(date.fromisoformat(first), date.fromisoformat(last or first))
    outcomes = [run(runner, words[3], days)]
    return outcomes + [runner.run(tables, stale) for tables, stale in runner.refreshes()]


def advice(message: str) -> str:
    return message.partition("next: ")[2]


# what was never filled


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("table", "lacks"),
    [
        ("staging/sales_orders", "raw.sales_orders"),
        ("analytics/customer_orders", "staging.sales_customers"),
        ("analytics/sales_by_country", "analytics.customer_orders"),
        ("analytics/top_paying_customers", "analytics.customer_orders"),
        ("cache/country", "analytics.sales_by_country"),
    ],
)
def test_a_day_whose_source_was_never_filled_is_refused_by_name_and_the_advised_command_fills_it(
    runner: Runner, sold: Pipeline, table: str, lacks: str
) -> None:
    before = sold.hashes()

    outcome = run(runner, table, one(3))

    assert not outcome.success
    ((name, message),) = outcome.errors
    assert name == table.replace("/", ".")
    assert f"{name} of 2024-01-03 waits: {lacks} of 2024-01-03 was never filled" in message
    assert sold.built(name) == {1, 2}
    assert sold.hashes() == before

    assert all(outcome.success for outcome in typed(runner, advice(message)))

    assert sold.built(name) == {1, 2, 3}


@pytest.mark.slow
def test_what_was_refused_is_due_by_itself_when_the_lacking_day_is_there(runner: Runner, sold: Pipeline) -> None:
    """It is no failure that rests: nothing of it stands in the ledger."""
    assert not run(runner, "analytics/customer_orders", one(3)).success
    assert sold.ask("select * from ledger.failures") == []

    outcomes = typed(runner, "acme run --select 'key:\"raw/sales_*\"' --days 2024-01-03")

    assert all(outcome.success for outcome in outcomes)
    assert sold.built("analytics.sales_by_country") == {1, 2, 3}


@pytest.mark.slow
def test_a_refused_launch_is_no_incident(runner: Runner, sold: Pipeline) -> None:
    """Who launched it has read why; the mail would name a command that is refused again."""
    outcome = run(runner, "analytics/sales_by_country", one(3))

    failed_run(runner, outcome.run_id)

    assert sold.ask("select * from ledger.incidents") == []


def failed_run(runner: Runner, run_id: str) -> None:
    """What the sensor `failed_runs` sees of it."""
    (record,) = runner.instance.get_records_for_run(run_id, of_type=DagsterEventType.RUN_FAILURE).records
    event, failed = record.event_log_entry.dagster_event, runner.instance.get_run_by_id(run_id)
    assert event
    assert failed
    context = dg.build_run_status_sensor_context(
        "failed_runs", event, runner.instance, failed, resources={"services": runner.services}
    )
    failed_runs()(context.for_run_failure())


@pytest.mark.slow
def test_a_range_stops_only_at_the_days_that_are_not_ready(runner: Runner, sold: Pipeline) -> None:
    sold.change("delete from ledger.builds where table_name = 'analytics.sales_by_country'")

    outcome = run(runner, "analytics/sales_by_country", span(1, 3))

    assert sold.built("analytics.sales_by_country") == {1, 2}
    assert "1 of 3 days failed, the others are done" in outcome.errors[0][1]


@pytest.mark.slow
@pytest.mark.usefixtures("sold")
def test_where_a_file_was_refused_the_advice_is_to_deliver_it_again(runner: Runner) -> None:
    deliver_torn(runner.services, 3)
    run(runner, "raw/sales_orders", one(3))

    ((_, message),) = run(runner, "analytics/customer_orders", one(3)).errors

    assert "sales/orders/2024-01-03.csv" in message
    assert "acme deliver sales orders FILE --day 2024-01-03" in advice(message)


@pytest.mark.slow
def test_where_a_red_check_holds_the_lacking_day_up_the_check_is_named(sold: Pipeline) -> None:
    sold.fill(day(3), layers=("raw",))
    sold.change("delete from raw.sales_orders where day = '2024-01-03'")
    sold.check("raw.sales_orders", day(3))

    with pytest.raises(BlockedByCheck, match=r"rows_accounted_for is red on raw\.sales_orders of 2024-01-03"):
        sold.fill_table("analytics.customer_orders", day(3))


# what was dropped by hand


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("dropped", "table"),
    [
        ("raw.sales_orders", "staging.sales_orders"),
        ("staging.sales_orders", "analytics.customer_orders"),
        ("analytics.customer_orders", "analytics.sales_by_country"),
        ("analytics.sales_by_country", "cache.country"),
    ],
)
def test_a_table_that_was_dropped_is_not_read_as_an_empty_one_and_comes_back_with_all_its_days(
    runner: Runner, sold: Pipeline, dropped: str, table: str
) -> None:
    sold.change(f"drop table {dropped} cascade")

    outcome = run(runner, f'key:"{table.replace(".", "/")}"', one(2))
    if outcome.success:  # it stands: nothing was read
        with pytest.raises(NotReady) as refused:
            sold.fill_table(table, day(2))
        message = str(refused.value)
    else:
        ((_, message),) = outcome.errors
    assert f"{dropped} is gone" in message
    assert sold.hashes()["country:USA"]["order_amount"] == "20.00"

    assert all(outcome.success for outcome in typed(runner, advice(message)))

    layer, name = dropped.split(".")
    days = {row["day"].day for row in sold.ask(f"select distinct day from {layer}.{name}")}  # noqa: S608  # ours
    assert days == ({2} if layer == "raw" else {1, 2})
    assert sold.built(dropped) == days


@pytest.mark.slow
def test_a_raw_table_that_was_dropped_is_news_to_the_sensor(runner: Runner, sold: Pipeline) -> None:
    sold.change("drop table raw.sales_orders cascade")
    assert run(runner, "raw/sales_orders", one(2)).success

    arrived = look(runner.services, FEED)

    assert day(1) in arrived.days
    assert day(2) not in arrived.days


# days before it that raw holds and staging lacks


@pytest.mark.slow
def test_an_earlier_day_that_raw_holds_is_staged_before_an_answer_reads_past_it(runner: Runner, sold: Pipeline) -> None:
    """Given day 2 corrected and day 3 new, both in raw; day 2 of staging was never filled."""
    sold.change(
        "delete from staging.sales_orders where day = '2024-01-02'",
        "delete from ledger.builds where table_name = 'staging.sales_orders' and day = '2024-01-02'",
    )
    sold.fill(day(3), layers=("raw", "staging"))

    outcome = run(runner, "analytics/customer_orders", one(3))

    assert outcome.success
    sold.expect(
        "analytics.customer_orders where customer_id = 1 and day = '2024-01-03'",
        """
        order_count | order_amount
        3           | 30.00
        """,
    )
    shown = runner.instance.get_materialized_partitions(asset_key(ORDERS))
    assert "2024-01-02" in shown


@pytest.mark.slow
def test_an_earlier_day_that_cannot_be_staged_is_remembered_as_failed_and_stops_nobody(
    sold: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As any day that fails for good: it is told, it waits for a reason, and the days around it go on."""

    def failing(*given: Any) -> Any:  # noqa: ANN401  # as they came
        if given[2] == day(2):
            raise KeyError("amount")
        return stage(*given)

    sold.fill(day(3), layers=("raw", "staging"))
    sold.change("delete from ledger.builds where table_name = 'staging.sales_orders' and day = '2024-01-02'")
    monkeypatch.setattr("acme_platform.materialize.own_layers.stage", failing)

    sold.fill_table("analytics.customer_orders", day(3))

    assert sold.ask("select table_name, day from ledger.failures") == [{"table_name": ORDERS, "day": day(2)}]
    attempts = sold.ask("select attempts from ledger.failures")
    sold.fill_table("analytics.customer_orders", day(3))
    assert sold.ask("select attempts from ledger.failures") == attempts


@pytest.mark.slow
def test_a_day_that_a_red_check_of_raw_holds_back_stops_itself_only(sold: Pipeline) -> None:
    sold.fill(day(3), layers=("raw", "staging"))
    sold.change(
        "delete from raw.sales_orders where day = '2024-01-02'",
        "delete from ledger.builds where table_name = 'staging.sales_orders' and day = '2024-01-02'",
    )
    sold.check("raw.sales_orders", day(2))

    sold.fill_table("analytics.customer_orders", day(3))

    assert sold.built(ORDERS) == {1, 3}


@pytest.mark.slow
def test_days_that_nobody_delivered_lack_nothing(runner: Runner) -> None:
    """Deltas come when they come: the first day is the third, and there is none between it and the fifth."""
    deliver(runner.services, 3, 5)
    assert run(runner, SALES, one(3)).success
    assert run(runner, SALES, one(5)).success
    assert Pipeline(runner.services).hashes()["country:USA"]["order_amount"] == "20.00"


@pytest.mark.slow
def test_a_day_without_a_file_has_the_answers_of_the_day_before(runner: Runner, sold: Pipeline) -> None:
    """The whole feed is asked for a day on which nothing came: that is an answer, and nothing is lacking."""
    assert run(runner, SALES, span(3, 4)).success
    assert sold.built("analytics.sales_by_country") == {1, 2, 3, 4}
    assert sold.hashes()["country:USA"]["order_amount"] == "30.00"


@pytest.mark.slow
def test_a_refused_day_is_not_lacking(runner: Runner) -> None:
    deliver(runner.services, 1, 3)
    deliver_customers(runner.services, 2)
    deliver_torn(runner.services, 2)
    run(runner, SALES, span(1, 3))
    outcomes = [runner.run(tables, stale) for tables, stale in runner.refreshes()]

    assert all(outcome.success for outcome in outcomes)
    assert Pipeline(runner.services).built("analytics.customer_orders") == {1, 3}


@pytest.mark.slow
def test_what_is_due_is_never_what_would_be_refused(runner: Runner, sold: Pipeline) -> None:
    """An answer that is stale because of one table waits for the other one, which is not there."""
    sold.change(
        "delete from ledger.builds where table_name = 'staging.sales_customers' and day = '2024-01-02'",
        "delete from ledger.builds where table_name = 'raw.sales_customers' and day = '2024-01-02'",
    )
    deliver_orders(runner.services, 2, orders=5)
    sold.fill(day(2), layers=())
    sold.fill_table("raw.sales_orders", day(2))
    sold.fill_table(ORDERS, day(2))

    assert list(runner.refreshes()) == []
