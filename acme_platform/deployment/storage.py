"""Dagster's storage in PostgreSQL, with connections that are kept, and the days of a range written together.

Belongs here: how Dagster reaches its database. Not here: `dagster.yaml`, which names this class.

Dagster's own class opens a connection for every statement, so that no process holds one; that is two to three for each
event, and 3 ms of both sides' processor time each. Two weeks of the shop, 900 events, took 31 s with it and 18 s
without; a run that a sensor starts is mostly events, too.

A range has two events for each day of each table, planned and materialized, and half of its time went into writing them
one by one. Dagster's class writes the latter together when an environment variable says so, and the former never.
"""

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import partial
from typing import Any

from dagster import AssetKey, DagsterEventType, EventLogEntry, serialize_value
from dagster_postgres import DagsterPostgresStorage, PostgresEventLogStorage
from dagster_postgres.utils import pg_url_from_config, set_pg_statement_timeout
from sqlalchemy import Connection, Engine, create_engine, event, select

from acme_platform.config.url_setting import faults
from acme_platform.deployment.dagster_private import (
    AssetCheckExecutionRecordStatus,
    AssetCheckExecutionsTable,
    AssetKeyTable,
    ConfigurableClassData,
    SqlEventLogStorageTable,
)
from acme_platform.errors import UsageError
from acme_platform.warehouse.connection import KEEPALIVE

#: an event is written inside one connection that asks over another one; threads of the daemon take more
KEPT = 2
#: events in one statement at most; of seven values each, and PostgreSQL takes 65,535
TOGETHER = 1000
MILLISECOND = 0.001
#: how Dagster ends its message about a step behind one that failed
NOT_EXECUTED = "Not executing."


class RangedEventLog(PostgresEventLogStorage):
    """The same events. Those that plan the days of a range are one statement, and one more for each table.

    So are those that plan checks. Our checks have no days of their own (`asset_checks.py`). Yet Dagster 1.13 made each
    wait for every day of the run, and then for none of them. 5,000 rows of the demo's two weeks waited for ever, beside
    the 414 that had their verdict.
    """

    def __init__(self, postgres_url: str) -> None:
        self._there: set[str] = set()
        self._last: dict[AssetKey, float] = {}
        super().__init__(postgres_url)

    def has_table(self, table_name: str) -> bool:
        """Dagster asks before each verdict; what its database has, it keeps."""
        return self._is_there(table_name, partial(super().has_table, table_name))

    def _has_asset_key_col_on_connection(self, conn: Connection, column_name: str) -> bool:
        """Asked at every step, at 4 ms."""
        ask = partial(super()._has_asset_key_col_on_connection, conn, column_name)
        return self._is_there(f"{AssetKeyTable.name}.{column_name}", ask)

    def _is_there(self, what: str, ask: Callable[[], bool]) -> bool:
        if what not in self._there and ask():
            self._there.add(what)
        return what in self._there

    def store_event(self, event: EventLogEntry) -> None:
        super().store_event(_calm(event))

    def unplan(self, run_id: str, assets: Sequence[AssetKey]) -> None:
        """Days of the assets that the run was to fill, and that wait instead."""
        events = SqlEventLogStorageTable
        waiting = events.c.id.in_(
            select(events.c.id).where(
                events.c.run_id == run_id,
                events.c.dagster_event_type == DagsterEventType.ASSET_MATERIALIZATION_PLANNED.value,
                events.c.asset_key.in_([asset.to_string() for asset in assets]),
            )
        )
        with self.index_connection() as connection:
            connection.execute(events.delete().where(waiting))

    def store_event_batch(self, events: Sequence[EventLogEntry]) -> None:
        days, checks = list(filter(_plans_a_day, events)), list(filter(_plans_a_check, events))
        if planned := [*days, *checks]:
            with self._connect() as connection:
                ids = [number for (number,) in connection.execute(self._inserting(planned))]
            self._plan_days(days, ids[: len(days)])
            self._plan_checks(checks, ids[len(days) :])
        if others := [self._apart(entry) for entry in events if not (_plans_a_day(entry) or _plans_a_check(entry))]:
            super().store_event_batch(others)

    def _apart(self, entry: EventLogEntry) -> EventLogEntry:
        """Materializations of an asset a millisecond apart: the UI takes those of one moment for one.

        Dagster makes those of a range at once. Of two weeks, the asset's page listed two days.
        """
        if entry.dagster_event_type is not DagsterEventType.ASSET_MATERIALIZATION:
            return entry
        asset = entry.get_dagster_event().asset_key
        assert asset is not None  # noqa: S101  # a materialization has one
        moment = self._last[asset] = max(entry.timestamp, self._last.get(asset, 0) + MILLISECOND)
        return entry._replace(timestamp=moment)

    def _plan_days(self, days: Sequence[EventLogEntry], ids: Sequence[int]) -> None:
        last = {entry.get_dagster_event().asset_key: (entry, number) for entry, number in zip(days, ids, strict=True)}
        with self.index_transaction() as connection:
            for entry, number in last.values():
                self._store_asset_event(connection, entry, number)

    def _plan_checks(self, checks: Sequence[EventLogEntry], ids: Sequence[int]) -> None:
        if checks:
            rows = [_waiting(entry, number) for entry, number in zip(checks, ids, strict=True)]
            with self.index_connection() as connection:
                connection.execute(AssetCheckExecutionsTable.insert().values(rows))

    def _inserting(self, events: Sequence[EventLogEntry]) -> Any:  # noqa: ANN401  # as untyped as the method it calls
        return self.prepare_insert_event_batch(events).returning(SqlEventLogStorageTable.c.id)


def _calm(event: EventLogEntry) -> EventLogEntry:
    """Dagster shouts of each table behind one that failed. Nothing is wrong with them."""
    if event.level == logging.ERROR and not event.is_dagster_event and event.user_message.endswith(NOT_EXECUTED):
        return event._replace(level=logging.INFO)
    return event


def _plans_a_day(event: EventLogEntry) -> bool:
    return event.dagster_event_type is DagsterEventType.ASSET_MATERIALIZATION_PLANNED


def _plans_a_check(event: EventLogEntry) -> bool:
    return event.dagster_event_type is DagsterEventType.ASSET_CHECK_EVALUATION_PLANNED


def _waiting(event: EventLogEntry, number: int) -> dict[str, object]:
    """The row of a check whose verdict is to come."""
    planned = event.get_dagster_event().asset_check_planned_data
    return {
        "asset_key": planned.asset_key.to_string(),
        "check_name": planned.check_name,
        "run_id": event.run_id,
        "execution_status": AssetCheckExecutionRecordStatus.PLANNED.value,
        "evaluation_event": serialize_value(event),
        "evaluation_event_timestamp": datetime.fromtimestamp(event.timestamp, UTC).replace(tzinfo=None),
        "evaluation_event_storage_id": number,
    }


class KeepingStorage(DagsterPostgresStorage):
    """The same tables. A connection that a restarted server has cut is noticed and replaced.

    They go with the instance that is closed: the code server opens one for each tick of a sensor.
    """

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._closing = ExitStack()
        self._event_log_storage = RangedEventLog(postgres_url)
        # Asked of every process that writes events, and of nothing that could be configured.
        os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", str(TOGETHER))
        keeping: list[Any] = [self._run_storage, self._event_log_storage, self._schedule_storage]
        for storage in keeping:
            self._keep(storage, max_overflow=-1)
            storage.optimize_for_webserver = partial(self._serve, storage)
        # Its instances close their events last.
        events: Any = self._event_log_storage
        self._closing.callback(events.dispose)
        events.dispose = self._closing.close

    def _keep(self, storage: Any, **pool: int) -> Engine:  # noqa: ANN401  # Dagster, pinned to one version, has no other way in
        engine = create_engine(
            self.postgres_url,
            isolation_level="AUTOCOMMIT",
            pool_size=KEPT,
            pool_pre_ping=True,
            connect_args={"connect_timeout": 10, **KEEPALIVE},
            **pool,
        )
        storage._engine = engine
        self._closing.callback(engine.dispose)
        return engine

    def _serve(self, storage: Any, statement_timeout: int, pool_recycle: int, max_overflow: int) -> None:  # noqa: ANN401  # as above
        """What Dagster does for its webserver, which would lose the look whether a kept connection is still one."""
        engine = self._keep(storage, pool_recycle=pool_recycle, max_overflow=max_overflow)
        event.listen(engine, "connect", lambda new, _: set_pg_statement_timeout(new, statement_timeout))

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "KeepingStorage":
        url = pg_url_from_config(config_value)
        # Containers hand it to Dagster as it is, and SQLAlchemy quotes what it cannot read.
        for fault in faults({"ACME_DAGSTER_URL": url}):
            raise UsageError(f"{fault.name} {fault.why}", fault.mend)
        return cls(url, inst_data)
