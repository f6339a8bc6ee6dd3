"""The status: what is there, missing, stale, red, refused and quarantined, day by day as a test made it."""

from contextlib import closing
from dataclasses import replace

import dagster as dg
import pytest

from acme_assets import catalog, failed_day
from acme_assets import instance as dagster_instance
from acme_assets.day import Days
from acme_assets.run import Runner
from acme_assets.services import Services
from acme_assets.settings import Settings
from acme_assets.status import TableState, status
from acme_assets_tests.days import deliver, deliver_orders, deliver_torn
from acme_assets_tests.pipeline import Pipeline, day


@pytest.fixture(autouse=True)
def dagsters_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening Dagster's instance sets them for the process; here they go with the test."""
    for name in ("DAGSTER_HOME", "ACME_HOME", "ACME_DAGSTER_URL"):
        monkeypatch.setenv(name, "")


@pytest.fixture
def runner(services: Services, instance: dg.DagsterInstance) -> Runner:
    return Runner(services, instance)


def table(name: str, services: Services) -> TableState:
    (found,) = (one for one in status(services).tables if one.table == name)
    return found


def spans(*days: tuple[int, int]) -> list[Days]:
    return [Days(day(first), day(last)) for first, last in days]


def test_every_table_of_an_empty_platform_is_there_and_empty(services: Services) -> None:
    """Nothing is missing where nothing was delivered."""
    found = status(services)

    assert [one.table for one in found.tables] == list(catalog.tables())
    assert {(one.newest_day, one.days, one.rows, len(one.missing + one.stale)) for one in found.tables} == {
        (None, 0, None, 0)
    }
    assert found.runs == []


def test_filled_days_are_counted_with_the_rows_of_the_newest(services: Services, pipeline: Pipeline) -> None:
    """Two days, three orders on the second one."""
    deliver(services, 2)
    deliver(services, 3, orders=3)
    pipeline.fill(day(2), day(3))
    found = table("raw.sales_orders", services)

    assert (found.feed, found.newest_day, found.days, found.rows) == ("sales", day(3), 2, 3)
    assert all(not one.missing and not one.stale for one in status(services).tables)


def test_delivered_days_are_missing_in_raw_and_loaded_days_downstream(services: Services, pipeline: Pipeline) -> None:
    """Each layer misses what the one before it has; a cache only ever the newest day."""
    deliver(services, 2, 3, 5, 6)
    assert table("raw.sales_orders", services).missing == spans((2, 3), (5, 6))
    assert table("staging.sales_orders", services).missing == []

    pipeline.fill(day(2), day(3), layers=("raw", "staging", "analytics"))
    assert table("raw.sales_orders", services).missing == spans((5, 6))
    assert table("cache.country", services).missing == spans((3, 3))


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


def test_rejected_files_and_rows_are_counted(services: Services, pipeline: Pipeline, runner: Runner) -> None:
    """One file refused, and of another one row that staging cannot read."""
    deliver_torn(services, 2)
    runner.run(("raw.sales_orders",), Days(day(2), day(2)))
    deliver(services, 3)
    deliver_orders(services, 3, amount="ten")
    pipeline.fill(day(3))

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


def test_failed_days_and_the_age_of_caches_are_told(services: Services, pipeline: Pipeline) -> None:
    deliver(services, 2)
    pipeline.fill(day(2))
    made = failed_day.attempt(services.warehouse, catalog.table("staging.sales_orders"), "run")
    made.failed([day(3), day(4)], KeyError("key"))
    services.redis.flushdb()

    (age,) = (one for one in status(services).caches if one.table == "cache.country")

    assert table("staging.sales_orders", services).failed == spans((3, 4))
    assert (age.day, age.behind_since) == (day(2), None)
    assert age.trouble == "Redis was emptied or changed since the refresh of 2024-01-02"


@dg.job
def endless() -> None:
    """Its run is said to be under way, and never run."""


def test_runs_under_way_and_sensors_are_those_of_the_ui(settings: Settings, dagster_url: str) -> None:
    """Both come from Dagster's instance; a sensor that no daemon has seen is on, and has never looked."""
    services = Services(replace(settings, dagster_url=dagster_url))
    with closing(services.warehouse), dagster_instance.instance(services) as opened:
        opened.create_run_for_job(endless, status=dg.DagsterRunStatus.STARTED, tags={"dagster/partition": "2024-01-02"})
        found = status(services)

    assert [(run.state, run.days) for run in found.runs] == [("started", Days(day(2), day(2)))]
    sales = [one for one in found.sensors if one.name.startswith("sales_")]
    assert [(one.name, one.stopped, one.looked_at) for one in sales] == [
        ("sales_arrivals", False, None),
        ("sales_refresh", False, None),
    ]


def test_servers_of_the_environment_are_external(services: Services) -> None:
    """With an address and whether something answers there."""
    found = status(services).servers

    assert {(one.name, one.kind, one.running) for one in found} == {
        ("warehouse", "external", True),
        ("dagster", "external", True),
        ("redis", "external", True),
    }
