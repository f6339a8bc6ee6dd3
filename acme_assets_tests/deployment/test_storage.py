"""Dagster's storage keeps its connections, and a cut one costs nothing."""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import dagster as dg
import psycopg2
import pytest
from dagster._core.storage.event_log import EventLogStorage
from sqlalchemy import event

from acme_platform.build import beta_allowed
from acme_platform.config.settings import PROJECT, Settings
from acme_platform.day import Days
from acme_platform.deployment.instance import environment
from acme_platform.deployment.run_tags import range_tags
from acme_platform.deployment.storage import KeepingStorage, RangedEventLog
from acme_platform.services import Services

JANUARY = dg.DailyPartitionsDefinition("2024-01-01", end_date="2024-02-01")
OTHERS = "from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"


@pytest.fixture
def storage(dagster_url: str) -> KeepingStorage:
    return KeepingStorage(dagster_url)


@pytest.fixture
def cursor(storage: KeepingStorage) -> Iterator[psycopg2.extensions.cursor]:
    with closing(psycopg2.connect(storage.postgres_url)) as connection, connection.cursor() as opened:
        connection.autocommit = True
        yield opened


def test_many_questions_are_one_connection(storage: KeepingStorage, cursor: psycopg2.extensions.cursor) -> None:
    for _ in range(5):
        storage.run_storage.get_runs()
    cursor.execute(f"select count(*) {OTHERS}")
    assert cursor.fetchall() == [(1,)]


def test_connections_that_the_server_cut_are_replaced(
    storage: KeepingStorage, cursor: psycopg2.extensions.cursor
) -> None:
    storage.run_storage.get_runs()
    cursor.execute(f"select pg_terminate_backend(pid, 5000) {OTHERS}")
    assert cursor.fetchall()
    assert storage.run_storage.get_runs() == []


@pytest.mark.parametrize(
    ("kind", "question"),
    [
        ("run_storage", "get_runs"),
        ("event_log_storage", "all_asset_keys"),
        ("schedule_storage", "all_instigator_state"),
    ],
)
def test_connections_of_the_webserver_are_replaced_too(
    storage: KeepingStorage, cursor: psycopg2.extensions.cursor, kind: str, question: str
) -> None:
    """Dagster gives its webserver other connections, with a timeout; after a restart the first page failed."""
    part: Any = getattr(storage, kind)
    ask: Callable[[], Iterable[object]] = getattr(part, question)
    part.optimize_for_webserver(statement_timeout=5000, pool_recycle=3600, max_overflow=20)
    ask()
    cursor.execute(f"select pg_terminate_backend(pid, 5000) {OTHERS}")
    assert cursor.fetchall()
    assert list(ask()) == []
    with part._engine.connect() as connection:
        assert connection.exec_driver_sql("show statement_timeout").scalar() == "5s"


@pytest.mark.slow
def test_what_the_webserver_holds_goes_with_it(storage: KeepingStorage, cursor: psycopg2.extensions.cursor) -> None:
    for part in (storage.run_storage, storage.event_log_storage, storage.schedule_storage):
        part.optimize_for_webserver(statement_timeout=5000, pool_recycle=3600, max_overflow=20)
    storage.run_storage.get_runs()
    storage.event_log_storage.all_asset_keys()
    storage.schedule_storage.all_instigator_state()
    storage.event_log_storage.dispose()
    assert others_are_gone(cursor)


def test_the_platform_uses_it(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in environment(Services(settings)).items():
        monkeypatch.setenv(name, value)
    with dg.DagsterInstance.from_config(str(Path(settings.home, "dagster"))) as opened:
        assert isinstance(opened.get_ref().storage, KeepingStorage)


@pytest.mark.slow
def test_an_instance_that_was_closed_holds_no_connection(
    settings: Settings, dagster_url: str, cursor: psycopg2.extensions.cursor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each tick opens one in the code server; an hour of them held 60 connections of the 200 that there are."""
    services = Services(replace(settings, dagster_url=dagster_url))
    for name, value in environment(services).items():
        monkeypatch.setenv(name, value)
    ticks = [dg.DagsterInstance.from_config(str(Path(settings.home, "dagster"))) for _ in range(3)]
    for opened in ticks:
        with opened:
            opened.get_runs()
            opened.all_instigator_state()
            opened.get_asset_keys()
    assert others_are_gone(cursor)


def others_are_gone(cursor: psycopg2.extensions.cursor) -> bool:
    """The server takes a moment to notice that a client has left."""
    for _ in range(100):
        cursor.execute(f"select count(*) {OTHERS} and backend_type = 'client backend'")
        if cursor.fetchall() == [(0,)]:
            return True
        time.sleep(0.1)
    return False


def statements(folder: Path, days: int) -> list[str]:
    """What a run over a range of two tables with a check sends to the events' database; all of it arrives."""

    with beta_allowed():

        @dg.asset(partitions_def=JANUARY, backfill_policy=dg.BackfillPolicy.single_run())
        def first(context: dg.AssetExecutionContext) -> None:
            for day in context.partition_keys:
                context.add_asset_metadata({"day": day}, partition_key=day)

        @dg.asset(partitions_def=JANUARY, backfill_policy=dg.BackfillPolicy.single_run(), deps=[first])
        def second() -> None:
            """Follows."""

    @dg.asset_check(asset=first)
    def good() -> dg.AssetCheckResult:
        return dg.AssetCheckResult(passed=True)

    wanted = {f"2024-01-{number:02}" for number in range(1, days + 1)}
    sent: list[str] = []
    with dg.DagsterInstance.from_config(str(folder)) as instance:
        # the storage of the instance is another object than the fixture, on the same database
        log = instance.event_log_storage
        assert isinstance(log, RangedEventLog)
        event.listen(log._engine, "before_cursor_execute", lambda *given: sent.append(f"{given[2]} {given[3]}"))
        done = dg.materialize(
            [first, second, good], instance=instance, tags=range_tags(Days(date(2024, 1, 1), date(2024, 1, days)))
        )
        for key in (first.key, second.key):
            assert instance.get_materialized_partitions(key) == wanted
            record = instance.get_asset_records([key])[0].asset_entry
            assert record.last_run_id == done.run_id
        planned = instance.all_logs(done.run_id, of_type=dg.DagsterEventType.ASSET_MATERIALIZATION_PLANNED)
        assert sorted(
            (str(one.get_dagster_event().asset_key), one.get_dagster_event().partition) for one in planned
        ) == sorted((str(key), day) for key in (first.key, second.key) for day in wanted)
        told = instance.fetch_materializations(first.key, limit=100).records
        assert {
            one.partition_key: one.asset_materialization and one.asset_materialization.metadata["day"].value
            for one in told
        } == {day: day for day in wanted}
    return sent


@pytest.fixture
def home(storage: KeepingStorage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder whose instance keeps its events in the fixture's database, which has all its tables."""
    monkeypatch.setenv("ACME_DAGSTER_URL", storage.postgres_url)
    shutil.copyfile(PROJECT / "acme_platform/deployment/dagster.yaml", tmp_path / "dagster.yaml")
    statements(tmp_path, 2)
    return tmp_path


@pytest.mark.slow
def test_the_events_of_a_long_range_are_as_many_writes_as_those_of_a_short_one(home: Path) -> None:
    short, long = (sum(statement.startswith("INSERT") for statement in statements(home, days)) for days in (3, 30))
    assert long == short


@pytest.mark.slow
def test_what_the_database_has_is_not_asked_at_each_event(home: Path) -> None:
    """The columns of one table twice: Dagster asks for two of them."""
    asked = Counter(statement for statement in statements(home, 3) if "pg_catalog" in statement)
    assert max(asked.values()) == 2


def verdicts(log: EventLogStorage[dg.DagsterInstance], key: dg.AssetCheckKey, run_id: str) -> list[str]:
    """How each execution of the check in that run stands."""
    executions = log.get_asset_check_execution_history(key, limit=100)
    return [execution.status.value for execution in executions if execution.run_id == run_id]


def test_a_check_of_a_range_is_planned_once_and_judged_once(home: Path) -> None:
    """Planned for each day, as Dagster does, it waits for ever for verdicts that never come."""
    with beta_allowed():

        @dg.asset(partitions_def=JANUARY, backfill_policy=dg.BackfillPolicy.single_run())
        def table() -> None:
            """A table of days."""

    names = ["one", "other"]
    keys = [dg.AssetCheckKey(table.key, name) for name in names]
    during: list[list[str]] = []

    @dg.multi_asset_check(specs=[dg.AssetCheckSpec(name, asset=table) for name in names])
    def checks(context: dg.AssetCheckExecutionContext) -> Iterator[dg.AssetCheckResult]:
        during.extend(verdicts(log, key, context.run.run_id) for key in keys)
        yield from (dg.AssetCheckResult(passed=True, asset_key=table.key, check_name=name) for name in names)

    with dg.DagsterInstance.from_config(str(home)) as instance:
        log = instance.event_log_storage
        week = Days(date(2024, 1, 1), date(2024, 1, 7))
        done = dg.materialize([table, checks], instance=instance, tags=range_tags(week))
        assert during == [["PLANNED"] for _ in names]
        assert [verdicts(log, key, done.run_id) for key in keys] == [["SUCCEEDED"] for _ in names]


def test_the_days_of_a_range_have_moments_of_their_own(home: Path) -> None:
    """In the milliseconds that the UI knows, in the order of days, also over two writes."""
    statements(home, 14)
    with dg.DagsterInstance.from_config(str(home)) as instance:
        told = instance.fetch_materializations(dg.AssetKey("first"), limit=14, ascending=False).records
    moments = [round(record.timestamp * 1000) for record in told]
    assert len(set(moments)) == 14
    assert moments == sorted(moments, reverse=True)
