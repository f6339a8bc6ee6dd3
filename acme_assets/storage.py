"""Dagster's storage in PostgreSQL, with connections that are kept.

Belongs here: how Dagster reaches its database. Not here: `deploy/dagster.yaml`, which names this class.

Dagster's own class opens a connection for every statement, so that no process holds one; that is two to three for each
event, and 3 ms of both sides' processor time each. Two weeks of the shop, 900 events, took 31 s with it and 18 s
without; a run that a sensor starts is mostly events, too.
"""

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any

from dagster._serdes import ConfigurableClassData
from dagster_postgres import DagsterPostgresStorage
from dagster_postgres.utils import pg_url_from_config
from sqlalchemy import create_engine

#: an event is written inside one connection that asks over another one; threads of the daemon take more
KEPT = 2


class KeepingStorage(DagsterPostgresStorage):
    """The same tables and statements. A connection that a restarted server has cut is noticed and replaced.

    They go with the instance that is closed: the code server opens one for each tick of a sensor.
    """

    def __init__(self, postgres_url: str, inst_data: ConfigurableClassData | None = None) -> None:
        super().__init__(postgres_url, inst_data=inst_data)
        self._closing = ExitStack()
        keeping: list[Any] = [self._run_storage, self._event_log_storage, self._schedule_storage]
        for storage in keeping:
            engine = create_engine(
                postgres_url, isolation_level="AUTOCOMMIT", pool_size=KEPT, max_overflow=-1, pool_pre_ping=True
            )
            # Dagster, pinned to one version, has no other way in. Its instances close their events last.
            storage._engine = engine
            self._closing.callback(engine.dispose)
        events: Any = self._event_log_storage
        self._closing.callback(events.dispose)
        events.dispose = self._closing.close

    @classmethod
    def from_config_value(
        cls, inst_data: ConfigurableClassData | None, config_value: Mapping[str, Any]
    ) -> "KeepingStorage":
        return cls(pg_url_from_config(config_value), inst_data)
