"""The status: what is there, missing, stale, red, refused and quarantined, day by day as a test made it."""

from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import dagster as dg
import pytest

from acme_assets_tests.support.days import deliver, deliver_orders, deliver_torn
from acme_assets_tests.support.drawn_ledger import DrawnLedger
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.deployment import instance as dagster_instance
from acme_platform.deployment.feed_runs import feed_of
from acme_platform.ledger import failures
from acme_platform.monitoring.feed_status import FeedState, feed_states
from acme_platform.monitoring.sensor_status import SensorState
from acme_platform.monitoring.status import RunState, Status, TableState, status
from acme_platform.orchestration.asset_metadata import asset_key
from acme_platform.registry import catalog
from acme_platform.runs import Runner
from acme_platform.services import Services

NOON = datetime(2024, 1, 9, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def dagsters_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening Dagster's instance sets them for the process; here they go with the test."""
    for name in ("DAGSTER_HOME", "ACME_HOME", "ACME_DAGSTER_URL"):
        monkeypatch.setenv(name, "")


def table(name: str, services: Services) -> TableState:
    (table_state,) = (table_state for table_state in status(services).tables if table_state.table == name)
    return table_state


def spans(*days: tuple[int, int]) -> list[Days]:
    return [Days(day(first), day(last)) for first, last in days]


def test_every_table_of_an_empty_platform_is_there_and_empty(services: Services) -> None:
    """Nothing is missing where nothing was delivered."""
    seen = status(services)

    assert [table_state.table for table_state in seen.tables] == list(catalog.tables())
    assert {
        (table_state.newest_day, table_state.days, table_state.rows, len(table_state.missing + table_state.stale))
        for table_state in seen.tables
    } == {(None, 0, None, 0)}
    assert seen.runs == []


def test_filled_days_are_counted_with_the_rows_of_the_newest(services: Services, pipeline: Pipeline) -> None:
    """Two days, three orders on the second one."""
    deliver(services, 2)
    deliver(services, 3, orders=3)
    pipeline.fill(day(2), day(3))
    table_state = table("raw.sales_orders", services)

    assert (table_state.feed, table_state.newest_day, table_state.days, table_state.rows) == ("sales", day(3), 2, 3)
    assert all(not table_state.missing and not table_state.stale for table_state in status(services).tables)


def test_a_day_of_which_nothing_came_is_filled_and_not_delivered(services: Services, pipeline: Pipeline) -> None:
    deliver(services, 2)
    pipeline.fill(day(2), day(3))
    (sales,) = [feed_state for feed_state in feed_states(status(services)) if feed_state.feed == "sales"]

    assert (sales.delivered, sales.answered) == (day(2), day(3))


@pytest.mark.slow
def test_delivered_days_are_missing_in_raw_and_loaded_days_downstream(services: Services, pipeline: Pipeline) -> None:
    """Each layer misses what the one before it has; a cache only ever the newest day."""
    deliver(services, 2, 3, 5, 6)
    assert table("raw.sales_orders", services).missing == spans((2, 3), (5, 6))
    assert table("staging.sales_orders", services).missing == []

    pipeline.fill(day(2), day(3), layers=("raw", "staging", "analytics"))
    assert table("raw.sales_orders", services).missing == spans((5, 6))
    assert table("cache.country", services).missing == spans((3, 3))


@pytest.mark.slow
def test_a_corrected_day_is_stale_first_in_raw_and_then_in_every_later_answer(
    services: Services, pipeline: Pipeline
) -> None:
    """The day's file differs from what was loaded; then the answers of that day and of later days differ."""
    deliver(services, 2, 3, 4)
    pipeline.fill(day(2), day(3), day(4))
    deliver_orders(services, 3, amount="99.00")
    assert table("raw.sales_orders", services).stale == spans((3, 3))

    pipeline.fill(day(3), layers=("raw", "staging"))
    assert table("raw.sales_orders", services).stale == []
    assert table("analytics.customer_orders", services).stale == spans((3, 4))
    assert table("analytics.customer_orders", services).missing == []


@pytest.mark.slow
def test_rejected_files_and_rows_are_counted(services: Services, pipeline: Pipeline, runner: Runner) -> None:
    """One file refused, and of another one row that staging cannot read, its only one, which a person accepted."""
    deliver_torn(services, 2)
    runner.run(("raw.sales_orders",), Days(day(2), day(2)))
    deliver(services, 3)
    deliver_orders(services, 3, amount="ten")
    pipeline.fill(day(3), accepts_rejects=True)

    assert table("raw.sales_orders", services).refused_files == 1
    assert table("raw.sales_orders", services).missing == []
    assert table("staging.sales_orders", services).quarantined_rows == 1


def test_broken_checks_are_counted_by_what_they_stop(services: Services, pipeline: Pipeline) -> None:
    """A changed sum breaks a `must`; orders of a customer whom nobody knows break a `should`."""
    pipeline.deliver("customers", day(2), "customer_id | customer_name | country\n2 | Bob | Norway")
    deliver_orders(services, 2)
    pipeline.fill(day(2))
    pipeline.check("analytics.customer_orders", day(2))
    before = table("analytics.customer_orders", services)
    pipeline.change("update analytics.customer_orders set order_amount = order_amount + 1")
    pipeline.check("analytics.customer_orders", day(2))
    after = table("analytics.customer_orders", services)

    assert (before.red_must, before.broken_should) == (0, 1)
    assert (after.red_must, after.broken_should) == (1, 1)


@pytest.mark.slow
def test_failed_days_and_the_age_of_caches_are_told(services: Services, pipeline: Pipeline) -> None:
    deliver(services, 2)
    pipeline.fill(day(2))
    made = failures.attempt(services.open_warehouse(), catalog.table("staging.sales_orders"), "run")
    made.failed([day(3), day(4)], KeyError("key"))
    services.open_redis().flushdb()

    (age,) = (cache for cache in status(services).caches if cache.table == "cache.country")

    assert table("staging.sales_orders", services).failed == spans((3, 4))
    assert (age.day, age.behind_since) == (day(2), None)
    assert age.trouble == "Redis was emptied or changed since the refresh of 2024-01-02"


@dg.job
def endless() -> None:
    """Its run is said to be under way, and never run."""


@pytest.mark.slow
def test_runs_under_way_and_sensors_are_those_of_the_ui(settings: Settings, dagster_url: str) -> None:
    """Both come from Dagster's instance; a sensor that no daemon has seen is on, and has never looked."""
    services = Services(replace(settings, dagster_url=dagster_url))
    with closing(services.open_warehouse()), dagster_instance.instance(services) as opened:
        opened.create_run_for_job(endless, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "2024-01-02"})
        seen = status(services)

    assert [(run.feed, run.state, run.days) for run in seen.runs] == [(None, "started", Days(day(2), day(2)))]
    sales = [sensor_state for sensor_state in seen.sensors if sensor_state.name.startswith("sales_")]
    assert [(sensor_state.name, sensor_state.stopped, sensor_state.looked_at) for sensor_state in sales] == [
        ("sales_arrivals", False, None),
        ("sales_refresh", False, None),
    ]


def test_servers_of_the_environment_are_external(services: Services) -> None:
    """With an address and whether something answers there."""
    servers = status(services).servers

    assert {(server.name, server.kind, server.running) for server in servers} == {
        ("warehouse", "external", True),
        ("dagster", "external", True),
        ("redis", "external", True),
    }


def feed_state(name: str, services: Services) -> FeedState:
    (state,) = (state for state in feed_states(status(services)) if state.feed == name)
    return state


def test_a_feed_without_anything_has_a_line_and_nothing_in_it(services: Services) -> None:
    states = feed_states(status(services))
    assert [state.feed for state in states] == list(catalog.feeds())
    assert {
        (state.delivered, state.answered, len(state.missing), len(state.behind), state.queued) for state in states
    } == {(None, None, 0, 0, 0)}


def test_a_feed_is_what_its_tables_are_together(services: Services, pipeline: Pipeline) -> None:
    """Day 4 is loaded and not answered, day 5 waits in the lake, day 3 is red, and Redis was emptied.

    Day 7 failed in one table and day 8 in two.
    """
    deliver(services, 2, 3, 4, 5)
    pipeline.fill(day(2), day(3))
    pipeline.fill(day(4), layers=("raw",))
    orders, answers = catalog.table("staging.sales_orders"), catalog.table("analytics.customer_orders")
    failures.attempt(services.open_warehouse(), orders, "run").failed([day(7), day(8)], KeyError("key"))
    failures.attempt(services.open_warehouse(), answers, "run").failed([day(8)], KeyError("key"))
    DrawnLedger(services).red("answers", 3)
    services.open_redis().flushdb()

    state = feed_state("sales", services)

    assert (state.delivered, state.answered) == (day(4), day(3))
    assert (state.missing, state.failed, state.stale) == (spans((4, 5)), spans((7, 8)), [])
    assert (state.red_must, state.behind) == (1, named("cache"))


def test_answers_are_there_when_all_of_them_are(services: Services) -> None:
    *first, last = named("analytics")
    ledger = DrawnLedger(services)
    ledger.built(f"2: raw_orders raw_customers orders customers {' '.join(first)} {last}\n3: {' '.join(first)}")
    assert feed_state("sales", services).answered == day(2)
    ledger.built(f"3: {last}")
    assert feed_state("sales", services).answered == day(3)


def named(layer: str) -> list[str]:
    """Full names of the sales feed's tables of the layer."""
    return [table.full_name for table in catalog.feed("sales").tables if table.layer.name == layer]


def run(state: str, feed: str) -> RunState:
    return RunState("run", feed, state, None, NOON)


def sensor(minute: int | None, *, stopped: bool = False, outcome: str = "") -> SensorState:
    looked_at = None if minute is None else NOON.replace(minute=minute)
    return SensorState(f"sales_{minute}", "sales", stopped, looked_at, outcome)


def test_runs_and_sensors_of_a_feed_are_counted_and_those_of_others_are_not(services: Services) -> None:
    runs = [run("queued", "sales"), run("queued", "sales"), run("started", "sales"), run("queued", "shop")]
    sensors = [sensor(3), sensor(1, stopped=True), sensor(2, outcome="failure"), SensorState("inventory", None)]
    (table,) = (table_state for table_state in status(services).tables if table_state.table == "raw.sales_orders")

    (state,) = feed_states(Status([], [table], [], runs, sensors))

    assert (state.queued, state.under_way) == (2, 1)
    assert (state.looked_at, state.idle) == (NOON.replace(minute=1), ["sales_1", "sales_2"])


def test_a_sensor_that_never_looked_is_the_one_to_know_of(services: Services) -> None:
    (table,) = (table_state for table_state in status(services).tables if table_state.table == "raw.sales_orders")
    (state,) = feed_states(Status([], [table], [], [], [sensor(1), sensor(None)]))
    assert state.looked_at is None


def test_a_run_belongs_to_the_feed_of_its_sensor_or_of_the_tables_that_were_chosen() -> None:
    def of(*keys: str, **tags: str) -> str | None:
        found = feed_of(dg.DagsterRun("job", tags=tags, asset_selection=frozenset(map(asset_key, keys))))
        return found.name if found else None

    assert of(**{"acme/feed": "shop"}) == "shop"
    assert of("staging.sales_orders", "cache.country") == "sales"
    assert of("no.such_table") is None
    assert of() is None
