"""Runs of assets and checks as Dagster keeps them: days, failures, attempts, and what a red check stops."""

from collections.abc import Iterator
from datetime import date
from typing import BinaryIO

import dagster as dg
import pytest
from dagster import DagsterEventType
from dagster._core.storage.partition_status_cache import AssetPartitionStatus

from acme_assets_tests.support.days import (
    SALES,
    deliver,
    deliver_customers,
    deliver_orders,
    deliver_torn,
    january,
    settle,
)
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.day import Days
from acme_platform.errors import OurBug, TryAgain
from acme_platform.lake import LakeObject
from acme_platform.lake.folder import FolderLake
from acme_platform.orchestration import assets
from acme_platform.orchestration.partitions import daily
from acme_platform.runs import Outcome, Runner
from acme_platform.services import Services
from acme_platform.transform.analytics import answer


def run(runner: Runner, first: int, last: int, selection: str = SALES) -> Outcome:
    return runner.run(runner.select(selection), Days(day(first), day(last)))


def key(full_name: str) -> dg.AssetKey:
    return dg.AssetKey(full_name.split("."))


def materialized(runner: Runner, full_name: str) -> set[int]:
    """Days of January that the UI shows as materialized."""
    return {
        date.fromisoformat(partition).day for partition in runner.instance.get_materialized_partitions(key(full_name))
    }


def failed(runner: Runner, full_name: str, last: int) -> set[int]:
    """Days of January that the UI shows in red."""
    shown = runner.instance.get_status_by_partition(
        key(full_name), [str(one) for one in january(1, last)], daily(runner.services.settings.first_day)
    )
    assert shown is not None
    return {date.fromisoformat(name).day for name, status in shown.items() if status == AssetPartitionStatus.FAILED}


def metadata(runner: Runner, full_name: str, number: int) -> dict[str, object]:
    """What the UI shows of a day: its newest materialization."""
    wanted = dg.AssetRecordsFilter(asset_key=key(full_name), asset_partitions=[str(day(number))])
    (record,) = runner.instance.fetch_materializations(wanted, limit=1).records
    assert record.asset_materialization is not None
    return {name: value.value for name, value in record.asset_materialization.metadata.items()}


def events(runner: Runner, outcome: Outcome, kind: DagsterEventType) -> list[dg.DagsterEvent]:
    records = runner.instance.get_records_for_run(outcome.run_id, of_type=kind).records
    return [event for record in records if (event := record.event_log_entry.dagster_event)]


def steps(runner: Runner, outcome: Outcome, kind: DagsterEventType) -> list[str | None]:
    return [event.step_key for event in events(runner, outcome, kind)]


def evaluation(runner: Runner, outcome: Outcome, check: str) -> dg.AssetCheckEvaluation:
    found = [
        event.asset_check_evaluation_data
        for event in events(runner, outcome, DagsterEventType.ASSET_CHECK_EVALUATION)
        if event.asset_check_evaluation_data.check_name == check
    ]
    (one,) = found
    return one


# days


@pytest.mark.slow
def test_each_day_of_a_range_shows_its_own_rows(runner: Runner) -> None:
    """One row count copied to every day would be wrong on all days but one."""
    for number, orders in ((1, 3), (2, 1), (3, 2)):
        deliver(runner.services, number, orders=orders)

    assert run(runner, 1, 3).success

    for name in ("raw.sales_orders", "staging.sales_orders"):
        assert [metadata(runner, name, number)["dagster/row_count"] for number in (1, 2, 3)] == [3, 1, 2]
    assert metadata(runner, "raw.sales_orders", 2)["files_read"] == 1
    assert [metadata(runner, "analytics.sales_by_country", number)["dagster/row_count"] for number in (1, 2, 3)] == [
        2,
        2,
        2,
    ]


@pytest.mark.slow
def test_a_quarantined_row_is_counted_on_its_day(runner: Runner) -> None:
    deliver(runner.services, 1, 2)
    drawing = """
        order_id | customer_id | order_date | amount
        201      | 1           | 2024-01-02 | 1.00
        202      | 1           | 2024-01-02 | much
    """
    settle(runner.services, Pipeline(runner.services).deliver("orders", day(2), drawing))

    run(runner, 1, 2, "+staging/sales_orders")

    shown = [metadata(runner, "staging.sales_orders", number) for number in (1, 2)]
    assert [(one["dagster/row_count"], one["rows_quarantined"]) for one in shown] == [(1, 0), (1, 1)]


def test_a_refused_day_costs_only_itself_and_the_run_fails_naming_the_file_and_the_next_command(
    runner: Runner,
) -> None:
    deliver(runner.services, *range(1, 10))
    torn = deliver_torn(runner.services, 7)

    outcome = run(runner, 1, 9, "raw/sales_orders")

    assert not outcome.success
    assert materialized(runner, "raw.sales_orders") == {1, 2, 3, 4, 5, 6, 8, 9}
    assert failed(runner, "raw.sales_orders", 9) == {7}
    assert metadata(runner, "raw.sales_orders", 9)["dagster/row_count"] == 1
    ((table, message),) = outcome.errors
    assert table == "raw.sales_orders"
    assert torn in message
    assert "1 of 9 days refused" in message
    assert "acme deliver sales orders FILE --day 2024-01-07" in message


def test_what_follows_a_refused_file_does_not_run_in_the_same_run(runner: Runner) -> None:
    deliver_customers(runner.services, 1)
    deliver_torn(runner.services, 1)

    outcome = run(runner, 1, 1)

    assert materialized(runner, "staging.sales_customers") == {1}
    assert materialized(runner, "staging.sales_orders") == set()
    assert materialized(runner, "analytics.customer_orders") == set()
    assert [table for table, _ in outcome.errors] == ["raw.sales_orders"]


# failures


class FailingLake(FolderLake):
    """Fails as often as told, then works."""

    def __init__(self, lake: FolderLake, failures: int, error: Exception) -> None:
        super().__init__(lake.root)
        self.failures, self.error, self.opened = failures, error, 0

    def open(self, found: LakeObject) -> BinaryIO:
        self.opened += 1
        if self.opened <= self.failures:
            raise self.error
        return super().open(found)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Attempts follow each other at once."""
    monkeypatch.setattr(assets, "RETRIES", assets.RETRIES._replace(delay=0.01))


def failing(services: Services, failures: int, error: Exception) -> FailingLake:
    assert isinstance(services.lake, FolderLake)
    services.lake = FailingLake(services.lake, failures, error)
    return services.lake


LOST = TryAgain("the connection was lost", "wait a little")


def test_attempts_wait_longer_each_time_and_not_all_equally_long() -> None:
    """Or everybody who lost a server comes back to it at the same moment."""
    assert assets.RETRIES.max_retries == 3
    assert (assets.RETRIES.backoff, assets.RETRIES.jitter) == (dg.Backoff.EXPONENTIAL, dg.Jitter.PLUS_MINUS)


@pytest.mark.usefixtures("impatient")
def test_what_passes_by_itself_is_tried_again_until_it_succeeds(runner: Runner) -> None:
    deliver(runner.services, 1, orders=4)
    lake = failing(runner.services, 2, LOST)

    outcome = run(runner, 1, 1, "raw/sales_orders")

    assert outcome.success
    assert lake.opened == 3
    assert steps(runner, outcome, DagsterEventType.STEP_RESTARTED) == ["raw__sales_orders"] * 2
    assert metadata(runner, "raw.sales_orders", 1)["dagster/row_count"] == 4


@pytest.mark.usefixtures("impatient")
def test_what_does_not_pass_fails_after_three_more_attempts_with_its_own_message(runner: Runner) -> None:
    deliver(runner.services, 1)
    lake = failing(runner.services, 99, LOST)

    outcome = run(runner, 1, 1, "raw/sales_orders")

    assert lake.opened == 4
    ((table, message),) = outcome.errors
    assert table == "raw.sales_orders"
    assert message == str(LOST)


@pytest.mark.usefixtures("impatient")
def test_a_refused_file_is_not_tried_again(runner: Runner) -> None:
    """The same bytes are refused again, later, behind the first message."""
    deliver_torn(runner.services, 1)
    lake = failing(runner.services, 0, LOST)

    outcome = run(runner, 1, 1, "raw/sales_orders")

    assert not outcome.success
    assert lake.opened == 1


@pytest.mark.usefixtures("impatient")
@pytest.mark.parametrize("error", [ZeroDivisionError("division by zero"), OurBug("two numbers differ", "report it")])
def test_a_bug_of_ours_is_called_one_and_not_tried_again(runner: Runner, error: Exception) -> None:
    deliver(runner.services, 1)
    lake = failing(runner.services, 99, error)

    outcome = run(runner, 1, 1, "raw/sales_orders")

    assert lake.opened == 1
    ((_, message),) = outcome.errors
    assert str(error) in message
    assert message.startswith("our bug: ")


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_a_bug_costs_only_its_own_day(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Day 3 of customer_orders fails, those around it are done: the UI says so."""
    deliver(runner.services, 1, 2, 3, 4)

    def answer_until_the_third(*given: object) -> int:
        if given[2] == day(3):
            raise KeyError("customer_id")
        return answer(*given)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr("acme_platform.materialize.own_layers.answer", answer_until_the_third)

    outcome = run(runner, 1, 4)

    assert [table for table, _ in outcome.errors] == ["analytics.customer_orders"]
    assert materialized(runner, "analytics.customer_orders") == {1, 2, 4}
    assert metadata(runner, "analytics.customer_orders", 2)["dagster/row_count"] == 2
    assert materialized(runner, "staging.sales_orders") == {1, 2, 3, 4}
    assert materialized(runner, "analytics.sales_by_country") == set()


# checks


def lose_a_row(runner: Runner, number: int) -> None:
    """What no run does: somebody deletes a row of raw, and rows in are no longer rows kept."""
    with runner.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("delete from raw.sales_orders where day = %s and row_number = 2", (day(number),))
        assert cursor.rowcount == 1


def test_a_red_must_stops_what_follows_and_shows_the_broken_day_and_row(runner: Runner) -> None:
    deliver(runner.services, 1, 2, 3, orders=2)
    assert run(runner, 1, 3, "raw/sales_orders").success
    lose_a_row(runner, 2)

    outcome = run(runner, 1, 3, "raw/sales_orders+")

    assert not outcome.success
    assert materialized(runner, "staging.sales_orders") == set()
    ((table, check, must, days),) = [(one.table, one.check, one.must, one.days) for one in outcome.broken]
    assert (table, check, must, days) == ("raw.sales_orders", "rows_accounted_for", True, ("2024-01-02: 1 row",))
    found = evaluation(runner, outcome, "rows_accounted_for")
    assert (found.passed, found.severity) == (False, dg.AssetCheckSeverity.ERROR)
    assert found.metadata["broken_days"].value == ["2024-01-02: 1 row"]
    shown = found.metadata["first_broken_rows"]
    assert isinstance(shown, dg.MarkdownMetadataValue)
    assert "sales/orders/2024-01-02.csv" in (shown.value or "")


@pytest.mark.slow
def test_a_red_must_blocks_later_runs_too_until_it_is_mended(runner: Runner) -> None:
    """Dagster's own blocking ends with the run: a click on what follows would go ahead over the red check."""
    deliver(runner.services, 1, orders=2)
    assert run(runner, 1, 1, 'key:"raw/*"').success
    lose_a_row(runner, 1)
    run(runner, 1, 1, "raw/sales_orders")

    outcome = run(runner, 1, 1, "staging/sales_orders")

    ((table, message),) = outcome.errors
    assert table == "staging.sales_orders"
    assert "rows_accounted_for is red on raw.sales_orders of 2024-01-01" in message
    assert "acme run --select raw/sales_orders --days 2024-01-01" in message
    assert steps(runner, outcome, DagsterEventType.STEP_RESTARTED) == []

    deliver_orders(runner.services, 1, orders=2)

    assert run(runner, 1, 1, "raw/sales_orders").success
    assert run(runner, 1, 1, "staging/sales_orders").success


@pytest.mark.slow
def test_a_broken_should_only_warns(runner: Runner) -> None:
    deliver(runner.services, 1)
    Pipeline(runner.services).deliver(
        "orders",
        day(2),
        """
        order_id | customer_id | order_date | amount
        201      | 1           | 2024-01-03 | 10.00
        202      | 1           | 2024-01-02 | 10.00
        """,
    )
    deliver_customers(runner.services, 2)

    outcome = run(runner, 1, 2)

    assert outcome.success
    assert [(one.check, one.must, one.days) for one in outcome.broken] == [
        ("sales_orders_not_from_the_future", False, ("2024-01-02: 1 row",))
    ]
    assert evaluation(runner, outcome, "sales_orders_not_from_the_future").severity == dg.AssetCheckSeverity.WARN
    assert materialized(runner, "cache.country") == {1, 2}


def test_a_check_that_cannot_be_computed_stops_what_follows(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    """No verdict is no green one."""

    def broken(*_: object) -> Iterator[None]:
        raise KeyError("reason")

    deliver(runner.services, 1)
    monkeypatch.setattr("acme_platform.checks.check.rows", broken)

    outcome = run(runner, 1, 1)

    assert materialized(runner, "raw.sales_orders") == {1}
    assert materialized(runner, "staging.sales_orders") == set()
    assert {message.splitlines()[0] for _, message in outcome.errors} == {"our bug: KeyError: 'reason'"}


@pytest.mark.slow
@pytest.mark.usefixtures("impatient")
def test_a_check_is_tried_again_when_the_world_was_not_ready(runner: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    failures = iter([LOST, LOST])

    def losing(*_: object) -> Iterator[tuple[str, dict[str, str]]]:
        if error := next(failures, None):
            raise error
        return iter(())

    deliver(runner.services, 1)
    monkeypatch.setattr("acme_platform.materialize.own_layers.differing", losing)

    assert run(runner, 1, 1).success
