"""Freshness: by when each table has to be filled, as Dagster judges it."""

import asyncio
from datetime import UTC, datetime, timedelta

import dagster as dg
import pytest
from dagster._core.definitions.freshness import FreshnessState
from dagster._core.definitions.freshness_evaluator import FRESHNESS_EVALUATORS_BY_POLICY_TYPE
from dagster._core.loader import LoadingContextForTest
from dagster._core.test_utils import freeze_time

from acme_platform.build import build
from acme_platform.config.settings import Settings
from acme_platform.registry import catalog
from acme_platform.services import Services


def moment(day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2024, 1, day, hour, minute, tzinfo=UTC)


def state(settings: Settings, instance: dg.DagsterInstance, table: str, filled: datetime, now: datetime) -> str:
    """What Dagster's daemon would say at `now` of a table that was last filled at `filled`."""
    key = dg.AssetKey(table.split("."))
    node = build(settings).resolve_asset_graph().get(key)
    with freeze_time(filled):
        instance.report_runless_asset_event(dg.AssetMaterialization(key, partition="2024-01-01"))
    assert node.freshness_policy
    judge = FRESHNESS_EVALUATORS_BY_POLICY_TYPE[type(node.freshness_policy)]()
    with freeze_time(now):
        found: FreshnessState = asyncio.run(judge.evaluate_freshness(LoadingContextForTest(instance), node))
    return str(found.value)


def test_every_table_has_a_deadline(services: Services) -> None:
    graph = build(services.settings, services).resolve_asset_graph()
    assert all(graph.get(key).freshness_policy for key in graph.get_all_asset_keys())
    assert len(graph.get_all_asset_keys()) == len(catalog.tables())


@pytest.mark.few(2)
@pytest.mark.parametrize(
    ("filled", "now", "said"),
    [
        (moment(2, 3), moment(2, 9), "PASS"),
        (moment(1, 21), moment(2, 9), "PASS"),
        # yesterday's, which came late
        (moment(1, 10), moment(2, 7, 59), "PASS"),
        (moment(1, 10), moment(2, 8, 1), "FAIL"),
        (moment(2, 8, 30), moment(2, 8, 31), "PASS"),
    ],
)
def test_a_table_of_files_is_filled_between_eight_in_the_evening_and_eight_in_the_morning(
    settings: Settings, instance: dg.DagsterInstance, filled: datetime, now: datetime, said: str
) -> None:
    assert state(settings, instance, "cache.country", filled, now) == said


@pytest.mark.parametrize(("minutes", "said"), [(29, "PASS"), (31, "WARN"), (59, "WARN"), (60, "FAIL")])
def test_a_table_of_the_operational_database_is_stale_after_an_hour(
    settings: Settings, instance: dg.DagsterInstance, minutes: int, said: str
) -> None:
    later = moment(1, 12 + minutes // 60, minutes % 60)
    assert state(settings, instance, "cache.open_orders", moment(1, 12), later) == said


@pytest.mark.few(1)
@pytest.mark.parametrize("table", ["cache.country", "cache.open_orders"])
@pytest.mark.parametrize("now", [moment(2, 7, 59), moment(2, 8, 1), moment(2, 21)])
def test_dagster_calls_late_what_everybody_else_calls_late(
    settings: Settings, instance: dg.DagsterInstance, table: str, now: datetime
) -> None:
    """A minute on either side of the moment that a feed's declaration says."""
    limit = catalog.feed_with(table).fresh.late_before(now)
    found = [state(settings, instance, table, limit + timedelta(minutes=one), now) for one in (-1, 1)]
    assert found in (["FAIL", "PASS"], ["FAIL", "WARN"])
