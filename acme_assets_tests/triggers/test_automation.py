"""Automation: what the conditions of the assets ask for, from drawn ledgers, and what becomes of days that fail."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date

import dagster as dg
import pytest
from dagster._core.definitions.declarative_automation.serialized_objects import AutomationConditionEvaluation

from acme_assets_tests.support.days import deliver, deliver_orders, one, span
from acme_assets_tests.support.drawn_ledger import DELIVERED, WHOLE, DrawnLedger
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_assets_tests.support.ticking import Platform, days
from acme_platform.build import build
from acme_platform.errors import TryAgain
from acme_platform.ledger import failures as failed_day
from acme_platform.ledger.staleness import outlook
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services
from acme_platform.transform.analytics import answer

TABLES = [table.full_name for table in FEED.tables]


def conditions(services: Services, instance: dg.DagsterInstance) -> dict[str, set[date]]:
    """Table -> the days for which Dagster finds its condition true."""
    found = dg.evaluate_automation_conditions(
        build(services.settings, services), instance, dg.AssetSelection.groups(FEED.name)
    )
    return {name: _days(found.get_requested_partitions(asset_key(name))) for name in TABLES}


def _days(keys: Iterable[str | None]) -> set[date]:
    return {date.fromisoformat(str(key)) for key in keys}


def due(services: Services) -> dict[str, set[date]]:
    with services.open_warehouse().transaction("test") as cursor:
        feed_outlook = outlook(cursor, FEED, services.settings.first_day)
    return {name: feed_outlook.due(name) for name in TABLES}


def corrected(ledger: DrawnLedger) -> None:
    ledger.built(f"1..5: {WHOLE}\n2: raw_orders")


def red(ledger: DrawnLedger) -> None:
    ledger.built("1..5: raw_customers raw_orders customers orders")
    ledger.red("orders", 3)


def half_filled(ledger: DrawnLedger) -> None:
    ledger.built(f"1..3: {DELIVERED}\n5: {WHOLE}\n4: raw_orders orders")


@pytest.mark.parametrize("draw", [corrected, red, half_filled])
def test_the_conditions_ask_for_what_is_due_and_for_nothing_else(
    services: Services, instance: dg.DagsterInstance, draw: Callable[[DrawnLedger], None]
) -> None:
    """`acme run` fills what is due, the sensor what the conditions ask for: there is one rule."""
    draw(DrawnLedger(services))
    assert conditions(services, instance) == due(services) != {name: set() for name in TABLES}


def test_nothing_is_asked_for_while_a_run_of_the_feed_is_under_way(
    services: Services, instance: dg.DagsterInstance
) -> None:
    corrected(DrawnLedger(services))
    instance.add_run(dg.DagsterRun("__ASSET_JOB", status=dg.DagsterRunStatus.STARTED))
    assert conditions(services, instance) == {name: set() for name in TABLES}


def test_the_ui_hears_on_how_many_days_each_fact_holds(services: Services, platform: Platform) -> None:
    """Staging of orders: day 2 is stale and it is its turn; nothing is blocked."""
    corrected(DrawnLedger(services))

    evaluations = platform.refresh().automation_condition_evaluations

    (orders,) = (evaluation for evaluation in evaluations if evaluation.key == asset_key("staging.sales_orders"))
    assert dict(leaves(orders)) == {
        "run_of_feed_under_way": 0,
        "stale": 1,
        "blocked_by_check": 0,
        "resting_after_failure": 0,
        "its_turn": 1,
        "following": 0,
    }


def leaves(evaluation: AutomationConditionEvaluation[dg.AssetKey]) -> Iterator[tuple[str, int]]:
    """Names of the facts, and on how many days each holds."""
    if not evaluation.child_evaluations:
        yield str(evaluation.condition_snapshot.name), evaluation.true_subset.size
    for child in evaluation.child_evaluations:
        yield from leaves(child)


# failures


def failing(monkeypatch: pytest.MonkeyPatch, number: int, error: Exception) -> None:
    """From now on customer_orders of that day fails so."""

    def fails(*given: object) -> int:
        if given[2] == day(number) and given[1] == catalog.table("analytics.customer_orders"):
            raise error
        return answer(*given)  # type: ignore[arg-type]  # as they came

    monkeypatch.setattr("acme_platform.materialize.own_layers.answer", fails)


@pytest.mark.slow
def test_a_day_that_fails_for_good_is_not_tried_again_until_something_it_reads_changes(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of three days the second fails; the run that was asked for three fails, the next one has what it left."""
    deliver(platform.services, 1, 2, 3)
    failing(monkeypatch, 2, KeyError("customer_id"))
    assert platform.launch(platform.arrivals().run_requests or []) == [False]

    asked = platform.refresh()
    assert days(asked) == [one(1), one(3)]
    assert platform.launch(asked.run_requests or []) == [True, True]
    assert [days(platform.refresh()) for _ in range(5)] == [[]] * 5

    monkeypatch.undo()
    assert days(platform.refresh()) == []
    deliver_orders(platform.services, 2, orders=2)
    assert platform.launch(platform.arrivals().run_requests or []) == [True]
    assert days(platform.refresh()) == [one(3)]


@pytest.mark.slow
def test_files_whose_loading_fails_for_good_are_tried_once_and_a_newer_file_again(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> None:
        raise KeyError("column")

    deliver(platform.services, 1)
    with monkeypatch.context() as broken:
        broken.setattr("acme_platform.ingest.files.load.Loader.load", fails)
        assert platform.launch(platform.arrivals().run_requests or []) == [False]
        left = [platform.arrivals() for _ in range(3)]
    assert [days(tick) for tick in left] == [[]] * 3
    assert left[0].skip_message == "2024-01-01 failed for good: see its last run, then acme run --days 2024-01-01"

    deliver_orders(platform.services, 1, orders=2)
    assert platform.launch(platform.arrivals().run_requests or []) == [True]


def test_new_sql_is_a_reason_to_try_again(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    deliver(platform.services, 1)
    failing(monkeypatch, 1, KeyError("customer_id"))
    platform.launch(platform.arrivals().run_requests or [])
    monkeypatch.undo()
    with platform.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("update ledger.failures set code_version = 'of the day before'")

    assert days(platform.refresh()) == [one(1)]


@pytest.mark.parametrize(("failures", "pause"), [(1, 60), (2, 120), (3, 240), (9, 3600)])
def test_what_may_pass_by_itself_is_tried_again_after_a_pause_that_doubles(
    services: Services, failures: int, pause: int
) -> None:
    ledger, table = DrawnLedger(services), catalog.table("cache.country")
    ledger.built("1: raw_customers raw_orders customers orders answers countries top")
    for number in range(failures):
        failed_day.attempt(services.open_warehouse(), table, f"run {number}").failed(
            [day(1)], TryAgain("Redis was not ready")
        )

    ledger.expect("")
    ledger.elapse(pause - 5)
    ledger.expect("")
    ledger.elapse(10)
    ledger.expect("1: redis")


def test_retries_of_one_run_are_one_attempt(services: Services) -> None:
    made = failed_day.attempt(services.open_warehouse(), catalog.table("cache.country"), "one run")
    for _ in range(4):
        made.failed([day(1)], TryAgain("Redis was not ready"))
    assert Pipeline(services).ask("select attempts from ledger.failures") == [{"attempts": 1}]


def test_a_day_that_was_filled_in_the_end_has_not_failed(services: Services) -> None:
    ledger, table = DrawnLedger(services), catalog.table("cache.country")
    ledger.built(f"1: {WHOLE}")
    failed_day.attempt(services.open_warehouse(), table, "run").failed([day(1)], KeyError("key"))
    with services.open_warehouse().transaction("test") as cursor:
        (found,) = failed_day.failed_days(cursor, table)
        assert (found.day, found.message, found.passes) == (day(1), "KeyError: 'key'", False)
    ledger.built("1: redis")
    with services.open_warehouse().transaction("test") as cursor:
        assert failed_day.failed_days(cursor, table) == []


@pytest.mark.slow
def test_a_run_that_a_red_check_stopped_is_not_asked_for_while_it_is_red(platform: Platform, runner: Runner) -> None:
    """A check of another run: somebody takes a row out of staging of day 1, then day 2 comes."""
    deliver(platform.services, 1)
    platform.launch(platform.arrivals().run_requests or [])
    with platform.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("delete from staging.sales_orders")
    Pipeline(platform.services).check("staging.sales_orders", day(1))
    deliver(platform.services, 2)
    assert platform.launch(platform.arrivals().run_requests or []) == [False]

    assert [days(platform.refresh()) for _ in range(4)] == [[]] * 4

    assert runner.run(("staging.sales_orders",), one(1)).success
    assert days(platform.refresh()) == [span(1, 2)]
