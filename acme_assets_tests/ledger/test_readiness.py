"""Readiness: a day of a table is filled only from what stands, and only if it is a day of ours, whoever asks."""

import shlex
from datetime import date, timedelta
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterEventType

from acme_assets_tests.support.days import SALES, deliver, deliver_customers, deliver_orders, deliver_torn, one, span
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.day import Days, today
from acme_platform.deployment.run_tags import RANGE_END, RANGE_START, tagged_days
from acme_platform.errors import AcmeError, BlockedByCheck, NotReady
from acme_platform.materialize.fill import ensure_filled
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.runs import Outcome, Runner
from acme_platform.services import Services
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


def built(pipeline: Pipeline, table: str) -> set[int]:
    return {
        row["day"].day
        for row in pipeline.ask("select day from ledger.builds where table_name = %(table)s", {"table": table})
    }


@pytest.fixture
def sold(runner: Runner) -> Pipeline:
    """Days 1 and 2 are filled down to Redis; the files of day 3 stand in the lake."""
    deliver(runner.services, 1, 2, 3)
    assert run(runner, SALES, span(1, 2)).success
    return Pipeline(runner.services)


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
    assert built(sold, name) == {1, 2}
    assert sold.hashes() == before

    assert all(outcome.success for outcome in typed(runner, advice(message)))

    assert built(sold, name) == {1, 2, 3}


@pytest.mark.slow
def test_what_was_refused_is_due_by_itself_when_the_lacking_day_is_there(runner: Runner, sold: Pipeline) -> None:
    """It is no failure that rests: nothing of it stands in the ledger."""
    assert not run(runner, "analytics/customer_orders", one(3)).success
    assert sold.ask("select * from ledger.failures") == []

    outcomes = typed(runner, "acme run --select 'key:\"raw/sales_*\"' --days 2024-01-03")

    assert all(outcome.success for outcome in outcomes)
    assert built(sold, "analytics.sales_by_country") == {1, 2, 3}


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

    assert built(sold, "analytics.sales_by_country") == {1, 2}
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
    assert built(sold, dropped) == days


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

    assert built(sold, ORDERS) == {1, 3}


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
    assert built(sold, "analytics.sales_by_country") == {1, 2, 3, 4}
    assert sold.hashes()["country:USA"]["order_amount"] == "30.00"


@pytest.mark.slow
def test_a_refused_day_is_not_lacking(runner: Runner) -> None:
    deliver(runner.services, 1, 3)
    deliver_customers(runner.services, 2)
    deliver_torn(runner.services, 2)
    run(runner, SALES, span(1, 3))
    outcomes = [runner.run(tables, stale) for tables, stale in runner.refreshes()]

    assert all(outcome.success for outcome in outcomes)
    assert built(Pipeline(runner.services), "analytics.customer_orders") == {1, 3}


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


# days that are none of ours

TOMORROW = today() + timedelta(days=1)
FAR, BEFORE = date(2030, 1, 1), date(2023, 12, 31)


def launched(runner: Runner, tags: dict[str, str], *names: str) -> list[str]:
    """A run as GraphQL starts one, with these tags; what its steps say."""
    job = runner._job(())  # what every entrance runs in the end
    result = job.execute_in_process(
        instance=runner.instance,
        asset_selection=[asset_key(name) for name in names],
        tags=tags,
        run_config={"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}},
        raise_on_error=False,
    )
    assert not result.success
    return [
        str(event.step_failure_data.user_failure_data.description)
        for event in result.all_events
        if event.is_step_failure and event.step_failure_data.user_failure_data
    ]


@pytest.mark.few(1)
@pytest.mark.parametrize("outside", [FAR, TOMORROW, BEFORE])
@pytest.mark.parametrize("table", ["raw.sales_orders", "analytics.sales_by_country", "cache.country"])
def test_a_day_that_is_none_is_refused_where_days_are_filled(sold: Pipeline, table: str, outside: date) -> None:
    with pytest.raises(NotReady) as refused:
        sold.fill_table(table, outside)

    assert f"{table} of {outside} is not filled" in refused.value.message
    assert f"acme wipe --days {outside}" in refused.value.next_step


@pytest.mark.slow
def test_a_day_that_is_none_is_refused_although_it_stands(sold: Pipeline) -> None:
    """Somebody filled it before there was this rule."""
    sold.change("update ledger.builds set day = '2030-01-01' where day = '2024-01-02'")
    for table in FEED.tables:
        with pytest.raises(NotReady):
            ensure_filled(sold.services, FEED, catalog.table(table.full_name), FAR, "run")


@pytest.mark.slow
def test_a_launch_with_the_tag_of_such_a_day_fills_nothing(runner: Runner, sold: Pipeline) -> None:
    """GraphQL takes any tag: a launch of 2030-01-01 succeeded, and Redis held that day for ever."""
    before = sold.hashes()

    said = launched(runner, {"dagster/partition": "2030-01-01"}, "raw.sales_orders")

    assert len(said) == 1
    assert "raw.sales_orders of 2030-01-01 is not filled: it ends after today" in said[0]
    assert sold.ask("select * from ledger.builds where day > '2024-01-02'") == []
    assert sold.ask("select * from ledger.failures") == []
    assert sold.hashes() == before


@pytest.mark.slow
def test_a_launch_of_a_range_that_ends_after_today_fills_no_day_of_it_that_is_none(
    runner: Runner, sold: Pipeline
) -> None:
    tags = {RANGE_START: str(today()), RANGE_END: "2030-01-01"}

    assert launched(runner, tags, "raw.sales_orders")

    assert sold.ask("select * from ledger.builds where day > %(today)s", {"today": today()}) == []
    assert sold.ask("select * from ledger.verdicts where day > %(today)s", {"today": today()}) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "tags",
    [
        {RANGE_START: "2024-01-05", RANGE_END: "2024-01-01"},
        {},
    ],
)
def test_a_launch_that_names_no_day_is_refused_in_words(runner: Runner, sold: Pipeline, tags: dict[str, str]) -> None:
    """What else is no day, Dagster itself refuses before there is a run."""
    (said,) = launched(runner, tags, "raw.sales_orders")

    assert said.startswith("this run names no day, or none that can be read")
    assert built(sold, "raw.sales_orders") == {1, 2}


def test_what_such_a_run_is_tagged_with_keeps_no_sensor_from_looking() -> None:
    """They ask every run that is under way for its days."""
    for tags in (
        {"dagster/partition": "latest"},
        {"dagster/partition": "20240102"},
        {RANGE_START: "2024-01-05", RANGE_END: "2024-01-01"},
        {RANGE_START: "2024-01-01"},
    ):
        assert tagged_days(tags) is None


@pytest.mark.slow
def test_a_check_of_a_day_that_is_none_leaves_no_verdict(runner: Runner, sold: Pipeline) -> None:
    job = runner._job(()).get_subset(
        asset_selection=set(),
        asset_check_selection={dg.AssetCheckKey(asset_key("raw.sales_orders"), "something_delivered")},
    )
    job.execute_in_process(instance=runner.instance, tags={"dagster/partition": "2030-01-01"}, raise_on_error=False)

    assert sold.ask("select * from ledger.verdicts where day = '2030-01-01'") == []


def test_a_day_of_today_is_one_of_ours(services: Services) -> None:
    deliver(services, 1)
    Pipeline(services).fill(day(1), today())


def test_being_refused_is_the_reader_s_to_mend() -> None:
    assert issubclass(NotReady, AcmeError)
    assert NotReady.exit_code == 1
