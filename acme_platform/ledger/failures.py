"""Failed days: days of tables whose last attempt failed, and which of them are worth another one.

Belongs here: `ledger.failures`. Not here: days that a red check blocks (`check_results.py`), refused files
(`deliveries.py`), the retries within a run (`assets.py`).

What failed for good waits for a reason: another version of something that it reads, or of its own SQL. What may pass by
itself, an outage of Redis, is tried again after a pause that doubles. A day leaves when it is filled (`ledger.built`).
"""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.errors import BlockedByCheck, NotReady, RefusedFile, TryAgain, said
from acme_platform.ledger.reads import read_by, reads
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import Warehouse

#: the first pause; the longest is an hour, so that an outage of a day costs some thirty runs
PAUSE_SECONDS, LONGEST_PAUSE_SECONDS = 60, 3600


@dataclass(frozen=True)
class FailedDay:
    """What came of the last attempt to fill a day of a table."""

    table_name: str
    day: date
    message: str
    run_id: str
    #: it is tried again without anybody's help
    passes: bool
    #: runs in a row that ended so
    attempts: int


@dataclass(frozen=True)
class Attempt:
    """A run about to fill days of a table, and the newest change of the ledger then: later ones are new reasons."""

    warehouse: Warehouse
    table: Table
    run_id: str
    change: int

    def failed(self, days: Iterable[date], error: Exception) -> None:
        """Remember the days, but for what the ledger tells anyway: a file that was refused, a check that is red, a day
        that is not there.
        """
        if isinstance(error, (RefusedFile, BlockedByCheck, NotReady)):
            return
        with (
            suppress(TryAgain),
            self.warehouse.transaction(f"{self.run_id[:8]} {self.table.full_name} failed") as cursor,
        ):
            self._record(cursor, list(days), error)

    def _record(self, cursor: Cursor, days: list[date], error: Exception) -> None:
        """Retries of one run are one attempt."""
        cursor.execute(
            "insert into ledger.failures as known (table_name, day, change, code_version, message, run_id, passes)"
            " select %(table)s, day, %(change)s, %(version)s, %(message)s, %(run)s, %(passes)s"
            " from unnest(%(days)s::date[]) as day"
            " on conflict (table_name, day) do update set change = excluded.change,"
            " code_version = excluded.code_version, message = excluded.message, run_id = excluded.run_id,"
            " attempts = known.attempts + (known.run_id <> excluded.run_id)::integer, passes = excluded.passes,"
            " failed_at = excluded.failed_at",
            {
                "table": self.table.full_name,
                "days": days,
                "change": self.change,
                "version": self.table.code_version,
                "message": said(error),
                "run": self.run_id,
                "passes": isinstance(error, TryAgain),
            },
        )


def attempt(warehouse: Warehouse, table: Table, run_id: str) -> Attempt:
    """To be made before the first day is filled."""
    with warehouse.transaction(f"{run_id[:8]} {table.full_name}") as cursor:
        cursor.execute("select last_value from ledger.changes")
        ((change,),) = cursor.fetchall()
    return Attempt(warehouse, table, run_id, int(change))


def failed_days(cursor: Cursor, *tables: Table) -> list[FailedDay]:
    """All of them, oldest first."""
    cursor.execute(
        "select table_name, day, message, run_id, passes, attempts from ledger.failures where table_name = any(%s)"
        " order by day, table_name",
        ([table.full_name for table in tables],),
    )
    return [FailedDay(*row) for row in cursor]


def runs_in_vain(cursor: Cursor, tables: Iterable[Table]) -> set[str]:
    """Runs in which a day of the tables failed for good, and that nobody has filled since."""
    cursor.execute(
        "select distinct run_id from ledger.failures where table_name = any(%s) and not passes",
        ([table.full_name for table in tables],),
    )
    return {run_id for (run_id,) in cursor}


def resting(cursor: Cursor, table: Table) -> set[date]:
    """The failed days that are left alone: nothing changed for those that failed for good, or it is too soon."""
    query = (
        "select day from ledger.failures where table_name = %(table)s and case when passes then"
        "  clock_timestamp() < failed_at + make_interval(secs => least(%(pause)s * 2 ^ (attempts - 1), %(longest)s))"
        " else code_version = %(version)s and not exists (select from ledger.builds"
        "  where builds.change > failures.change and {}) end"
    )
    cursor.execute(
        sql.SQL(query).format(reads("builds", "failures.day")),
        {
            **read_by(table),
            "table": table.full_name,
            "pause": PAUSE_SECONDS,
            "longest": LONGEST_PAUSE_SECONDS,
            "version": table.code_version,
        },
    )
    return {day for (day,) in cursor}
