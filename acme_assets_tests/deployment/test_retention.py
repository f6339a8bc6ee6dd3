"""Retention: what is forgotten, and that Dagster says the same of every day and check before and after it."""

import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

import dagster as dg
import pytest
from dagster import DagsterRunStatus, RunsFilter
from dagster._core.definitions.assets.graph.base_asset_graph import BaseAssetGraph
from dagster._core.definitions.run_request import InstigatorType
from dagster._core.execution.backfill import BulkActionStatus, PartitionBackfill
from dagster._core.scheduler.instigation import TickData, TickStatus
from dagster._core.storage.dagster_run import FINISHED_STATUSES
from dagster._core.storage.partition_status_cache import AssetStatusCacheValue, get_and_update_asset_status_cache_value

from acme_assets_tests.support.days import deliver_orders, deliver_torn, one, span
from acme_platform.build import build
from acme_platform.config.settings import Settings
from acme_platform.day import Days
from acme_platform.deployment.compute_logs import forget_output
from acme_platform.deployment.instance import instance as opened
from acme_platform.deployment.run_retention import Purged, Retention
from acme_platform.orchestration.partitions import daily
from acme_platform.runs import Runner
from acme_platform.services import Services

#: enough to tell: each run writes all that it says into a database
TABLES = ("raw.sales_orders", "staging.sales_orders")
#: tables of Dagster's storage that grow with every run or tick, and who keeps them short
SHORT = {
    "runs": "retention",
    "run_tags": "with their runs",
    "event_logs": "retention",
    "asset_event_tags": "with their events",
    "asset_check_executions": "retention",
    "bulk_actions": "retention",
    "backfill_tags": "with their backfills",
    "job_ticks": "dagster.yaml",
    "asset_daemon_asset_evaluations": "housekeeping",
    "concurrency_slots": "taken and given back",
    "pending_steps": "taken and given back",
}
#: that have a row for each asset, sensor, kind of daemon, selection of tables
BOUNDED = {
    *(
        "alembic_version",
        "asset_keys",
        "concurrency_limits",
        "daemon_heartbeats",
        "dynamic_partitions",
        "instance_info",
    ),
    *("instigators", "jobs", "kvs", "secondary_indexes", "snapshots"),
}


@dataclass
class History:
    """The sales feed, materialized through an instance in a database of the test's own."""

    services: Services
    instance: dg.DagsterInstance

    def deliver(self, *numbers: int, orders: int = 1) -> None:
        for number in numbers:
            deliver_orders(self.services, number, orders=orders)

    def run(self, days: Days, *tables: str) -> bool:
        """As `acme run` does it."""
        return self.runner.run(tables or TABLES, days).success

    @cached_property
    def runner(self) -> Runner:
        return Runner(self.services, self.instance)

    def age(self, days: int) -> None:
        """Make everything that is there older."""
        for table, columns in {
            "runs": ("create_timestamp", "update_timestamp"),
            "event_logs": ("timestamp",),
            "asset_check_executions": ("create_timestamp", "evaluation_event_timestamp"),
            "bulk_actions": ("timestamp",),
        }.items():
            moved = ", ".join(f"{column} = {column} - make_interval(days => %(days)s)" for column in columns)
            self.ask(f"update {table} set {moved} returning 1", days=days)  # noqa: S608  # texts of a test

    def purge(self, *, days: int = 30, runs: int = 500) -> Purged:
        return Retention(self.services.open_storage(), datetime.now(UTC) - timedelta(days=days), runs).purge()

    def said(self) -> dict[str, Any]:
        """What the UI shows of each table: its days, also counted anew, what each of them held, its checks."""
        keys = {dg.AssetKey(table.split(".")) for table in TABLES}
        checks = [key for key in self.graph.asset_check_keys if key.asset_key in keys]
        verdicts = self.instance.event_log_storage.get_latest_asset_check_execution_by_key(checks)
        return {
            **{table: self._said(dg.AssetKey(table.split("."))) for table in TABLES},
            "checks": {key: (one.status, one.evaluation) for key, one in verdicts.items()},
        }

    @cached_property
    def graph(self) -> BaseAssetGraph[Any]:
        return build(self.services.settings, self.services).resolve_asset_graph()

    def _said(self, key: dg.AssetKey) -> tuple[object, ...]:
        partitions = daily(self.services.settings.first_day)
        as_cached = get_and_update_asset_status_cache_value(self.instance, key, partitions)
        self.instance.wipe_asset_cached_status([key])
        anew = get_and_update_asset_status_cache_value(self.instance, key, partitions)
        events = self.instance.event_log_storage.get_latest_storage_id_by_partition(
            key, dg.DagsterEventType.ASSET_MATERIALIZATION
        )
        newest = self.instance.get_latest_materialization_event(key)
        return (
            [_days(one, partitions) for one in (as_cached, anew)],
            events,
            newest and newest.asset_materialization,
            self.instance.get_materialized_partitions(key),
        )

    def runs(self, since: datetime | None = None) -> set[str]:
        return {run.run_id for run in self.instance.get_runs(RunsFilter(created_after=since))}

    def rows(self, table: str) -> int:
        ((count,),) = self.ask(f"select count(*) from {table}")  # noqa: S608  # a text of a test
        return int(count)

    def ask(self, statement: str, **values: object) -> list[Any]:
        with self.services.open_storage().transaction("test") as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall()


def _days(cached: AssetStatusCacheValue | None, partitions: dg.PartitionsDefinition[str]) -> tuple[set[str], set[str]]:
    """(materialized, failed)"""
    if cached is None:
        return set(), set()
    return (
        set(cached.deserialize_materialized_partition_subsets(partitions).get_partition_keys()),
        set(cached.deserialize_failed_partition_subsets(partitions).get_partition_keys()),
    )


@pytest.fixture
def history(settings: Settings, dagster_url: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[History]:
    for name in ("DAGSTER_HOME", "ACME_HOME", "ACME_DAGSTER_URL"):
        monkeypatch.setenv(name, "")  # so that they are put back
    services = Services(replace(settings, dagster_url=dagster_url))
    with (
        closing(services.open_warehouse()),
        closing(services.open_redis()),
        closing(services.open_storage()),
        opened(services) as made,
    ):
        yield History(services, made)


@pytest.mark.slow
def test_dagster_says_the_same_of_every_day_and_check_after_old_runs_are_gone(history: History) -> None:
    """Three days of one run, one of them corrected in a run as old; and a fourth day of raw, which is young."""
    history.deliver(1, 2, 3)
    assert history.run(span(1, 3))
    history.deliver(2, orders=4)
    assert history.run(one(2))
    history.age(40)
    history.deliver(4)
    assert history.run(one(4), "raw.sales_orders")
    before = history.said()
    young = history.runs(since=datetime.now(UTC) - timedelta(days=1))
    assert len(young) == 1

    purged = history.purge()

    assert history.said() == before
    assert before["staging.sales_orders"][0][1] == ({f"2024-01-0{number}" for number in (1, 2, 3)}, set())
    assert {key.asset_key for key in before["checks"]} == {dg.AssetKey(table.split(".")) for table in TABLES}
    assert history.runs() == young
    assert purged.runs == 2
    old = "select dagster_event_type, count(*) from event_logs where not run_id = any(%(young)s) group by 1"
    assert history.ask(old, young=[*young]) == [("ASSET_MATERIALIZATION", len(TABLES) * 3)]
    assert history.ask("select count(*) from asset_event_tags where not event_id in (select id from event_logs)") == [
        (0,)
    ]
    assert history.purge() == Purged()


@pytest.mark.slow
def test_what_was_kept_of_a_run_that_is_gone_goes_when_the_day_is_filled_again(history: History) -> None:
    history.deliver(1)
    history.run(one(1))
    history.age(40)
    history.purge()
    history.deliver(1, orders=2)
    history.run(one(1))
    before, (run,) = history.said(), history.runs()

    assert history.purge().events == len(TABLES)

    assert history.said() == before
    assert history.ask("select distinct run_id from event_logs") == [(run,)]
    assert history.ask("select distinct run_id from asset_check_executions") == [(run,)]


@pytest.mark.slow
def test_of_runs_that_succeed_all_day_the_newest_of_each_feed_are_kept(history: History) -> None:
    """Somebody's own runs are none of the feed's."""
    feeds = [
        history.instance.add_run(dg.DagsterRun("a", tags={"acme/feed": "x"}, status=DagsterRunStatus.SUCCESS))
        for _ in range(5)
    ]
    failed = history.instance.add_run(dg.DagsterRun("a", tags={"acme/feed": "x"}, status=DagsterRunStatus.FAILURE))
    own = history.instance.add_run(dg.DagsterRun("a", status=DagsterRunStatus.SUCCESS))

    assert history.purge(runs=2).runs == 3

    assert history.runs() == {run.run_id for run in (*feeds[3:], failed, own)}


@pytest.mark.slow
def test_a_run_that_is_not_finished_is_never_touched(history: History) -> None:
    unfinished = [status.value for status in DagsterRunStatus if status not in FINISHED_STATUSES]
    for status in unfinished:
        run = history.instance.add_run(dg.DagsterRun("a"))
        history.ask(
            "update runs set status = %(status)s where run_id = %(run)s returning 1", status=status, run=run.run_id
        )
    history.age(1000)

    assert history.purge(runs=1) == Purged()

    assert history.rows("runs") == len(unfinished)


@pytest.mark.slow
def test_a_run_that_failed_is_kept_until_its_days_are_filled(history: History) -> None:
    history.deliver(1)
    deliver_torn(history.services, 2)
    assert not history.run(span(1, 2))
    (failed,) = history.runs()
    history.age(40)
    events, before = history.rows("event_logs"), history.said()

    assert history.purge() == Purged()

    assert history.said() == before
    assert before["raw.sales_orders"][0][1] == ({"2024-01-01"}, {"2024-01-02"})
    assert history.rows("event_logs") == events

    history.deliver(2)
    assert history.run(span(1, 2))
    history.purge()
    assert failed not in history.runs()


def test_backfills_go_with_their_runs_and_hold_them_while_under_way(history: History) -> None:
    for status in (BulkActionStatus.REQUESTED, BulkActionStatus.COMPLETED_SUCCESS):
        history.instance.add_backfill(
            PartitionBackfill(status.value.lower(), status, from_failure=False, tags={"a": "b"}, backfill_timestamp=0.0)
        )
        history.instance.add_run(
            dg.DagsterRun("a", tags={"dagster/backfill": status.value.lower()}, status=DagsterRunStatus.SUCCESS)
        )
    history.age(40)

    assert history.purge().runs == 1

    assert history.ask("select key from bulk_actions") == [("requested",)]
    assert history.ask("select distinct backfill_id from backfill_tags") == [("requested",)]


def test_every_table_of_dagsters_storage_is_known(history: History) -> None:
    """A new one, or one with runs in it that had none, has to be looked at when Dagster is upgraded."""
    tables = history.ask(
        "select relname::text from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"
    )
    assert {table for (table,) in tables} == SHORT.keys() | BOUNDED
    of_runs = history.ask(
        "select table_name::text from information_schema.columns"
        " where column_name in ('run_id', 'event_id', 'backfill_id')"
    )
    assert {table for (table,) in of_runs} <= SHORT.keys()


@pytest.mark.slow
def test_what_runs_printed_goes_with_them_and_what_ticks_logged_with_the_ticks(history: History) -> None:
    history.deliver(1, 2)
    history.run(one(1))
    history.age(40)
    history.run(one(2))
    folder = Path(history.instance.storage_directory())
    tick = history.instance.create_tick(
        TickData("origin", "sales_refresh", InstigatorType.SENSOR, TickStatus.SKIPPED, time.time())
    )
    kept, gone = (folder / "__repository__" / "sales_refresh" / f"{number}.err" for number in (tick.tick_id, 77777))
    for file in (kept, gone):
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("Prefetching")
    assert {path.name for path in folder.iterdir()} == history.runs() | {"__repository__"}

    history.purge()
    assert forget_output(history.instance, history.services.open_storage()) == 2

    assert {path.name for path in folder.iterdir()} == history.runs() | {"__repository__"}
    assert len(history.runs()) == 1
    assert kept.exists()
    assert not gone.exists()
