"""The stage of a rehearsal: the platform's clients in one transaction that is taken back at its end.

Belongs here: clients that leave no trace. Not here: what is rehearsed (`rehearsal.py`).

What a plan asks is what a run asks, by the same functions. They open transactions: here these are parts of one, in
which each table sees what was pretended of those before it. Redis and the lake are read only.
"""

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg2
from psycopg2 import errors
from psycopg2.extensions import connection

from acme_platform.cursor import Cursor
from acme_platform.errors import TryAgain
from acme_platform.model.table import Table
from acme_platform.services import Services
from acme_platform.serving.drift_monitor import DriftMonitor
from acme_platform.serving.redis_keyspace import NOBODY, Keyspace, Watermark
from acme_platform.warehouse.connection import Warehouse, translated

#: a plan stands in nobody's way for long, and waits as long for a run that fills what it looks at
WAIT = "5s"


class Busy(Exception):  # a state, and no error of the day that is asked about
    """A run holds what the plan looks at."""


class StageWarehouse(Warehouse):
    """Every transaction is a part of one."""

    def __init__(self, url: str, opened: connection) -> None:
        super().__init__(url)
        self._opened = opened
        self._depth = 0

    @contextmanager
    def transaction(self, application: str) -> Generator[Cursor]:
        """What fails in it is taken back alone."""
        del application
        self._depth += 1
        part = f"part_{self._depth}"
        try:
            with self._opened.cursor() as cursor:
                cursor.execute(f"savepoint {part}")
                try:
                    yield cursor
                except BaseException:
                    cursor.execute(f"rollback to savepoint {part}")
                    raise
                finally:
                    cursor.execute(f"release savepoint {part}")
        except errors.LockNotAvailable as error:
            raise Busy from error
        except psycopg2.Error as error:
            raise translated(error, self.address) from error
        finally:
            self._depth -= 1


@dataclass(frozen=True)
class PretendedKeyspace(Keyspace):
    """Says that it holds what was pretended of it."""

    mark: Watermark = NOBODY

    def watermark(self) -> Watermark:
        return self.mark


class PretendedMonitor(DriftMonitor):
    """What was pretended is as it should be."""

    def differs(self, cursor: Cursor, keyspace: Keyspace, seconds: float | None = None) -> bool:
        del cursor, keyspace, seconds
        return False


class Stage(Services):
    """The clients of a rehearsal."""

    def __init__(self, services: Services, warehouse: StageWarehouse) -> None:
        vars(self).update(vars(services))
        self._stage_warehouse = warehouse
        self._marks: dict[str, Watermark] = {}

    def open_warehouse(self) -> Warehouse:
        return self._stage_warehouse

    def pretend(self, table: Table, mark: Watermark) -> None:
        """From now on Redis is said to hold that."""
        self._marks[table.full_name] = mark

    def keyspace(self, table: Table) -> Keyspace:
        keyspace = super().keyspace(table)
        if mark := self._marks.get(table.full_name):
            return PretendedKeyspace(keyspace.client, keyspace.name, keyspace.pattern, keyspace.sorted, mark=mark)
        return keyspace

    def monitor(self, table: Table) -> DriftMonitor:
        return PretendedMonitor(table) if table.full_name in self._marks else super().monitor(table)


@contextmanager
def stage(services: Services) -> Iterator[Stage]:
    """Clients whose every change of the warehouse is taken back at the end."""
    warehouse = services.open_warehouse()
    try:
        with warehouse.transaction("acme plan") as cursor:
            cursor.execute("select set_config('lock_timeout', %s, true)", (WAIT,))
            try:
                yield Stage(services, StageWarehouse(warehouse.url, cursor.connection))
            finally:
                cursor.connection.rollback()
    except Busy as error:
        raise TryAgain(
            "a run is filling what the plan looks at", "type it again when acme status shows no run"
        ) from error
