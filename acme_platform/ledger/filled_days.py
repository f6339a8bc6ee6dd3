"""Filled days: of which days everything is there that somebody reads, and which of them is the newest.

Belongs here: these answers, for sensors, commands, checks and questions alike. Not here: which of the days are red
(`check_results.py`) or stale (`staleness.py`).
"""

from collections.abc import Iterable
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.day import today
from acme_platform.errors import UsageError
from acme_platform.model.table import Table

#: days on which every one of the tables was filled
FILLED = sql.SQL(
    "select day from ledger.builds where table_name = any(%(tables)s)"
    " and (%(days)s::date[] is null or day = any(%(days)s)) group by day"
    " having count(*) = cardinality(%(tables)s::text[])"
)


class NeverFilled(UsageError):
    """A question has no answer as of that day, or none at all: an empty one would say that there is nothing."""


def filled_days(cursor: Cursor, table_names: Iterable[str], days: Iterable[date] | None = None) -> set[date]:
    """Days, of those given or of all, on which every one of the tables was filled."""
    cursor.execute(FILLED, _of(table_names, days))
    return {day for (day,) in cursor}


def ready_days(cursor: Cursor, table: Table) -> set[date]:
    """Days on which everything that the table reads was filled, and the table was not."""
    query = sql.SQL("{} except select day from ledger.builds where table_name = %(table)s").format(FILLED)
    cursor.execute(query, {**_of(table.upstream), "table": table.full_name})
    return {day for (day,) in cursor}


def newest_day(cursor: Cursor, table_names: Iterable[str]) -> date | None:
    """The newest of them, not after today: what a cache of the tables should hold, and a question about them asks."""
    query = sql.SQL("select max(day) from ({}) as filled where day <= %(today)s").format(FILLED)
    cursor.execute(query, {**_of(table_names), "today": today()})
    ((day,),) = cursor.fetchall()
    return day if isinstance(day, date) else None


def _of(table_names: Iterable[str], days: Iterable[date] | None = None) -> dict[str, list[str] | list[date] | None]:
    return {"tables": list(table_names), "days": None if days is None else list(days)}
