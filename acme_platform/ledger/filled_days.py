"""Filled days: of which days everything is there that somebody reads, and which of them is the newest.

Belongs here: both answers, for sensors, commands, checks and questions alike. Not here: which of them are red
(`check_results.py`) or stale (`staleness.py`).
"""

from collections.abc import Iterable
from datetime import date

from psycopg2.extensions import cursor

from acme_platform.day import today


def filled_days(at: cursor, table_names: Iterable[str], days: Iterable[date] | None = None) -> set[date]:
    """Days, of those given or of all, on which every one of the tables was filled."""
    tables = list(table_names)
    at.execute(
        "select day from ledger.builds where table_name = any(%(tables)s)"
        " and (%(days)s::date[] is null or day = any(%(days)s)) group by day having count(*) = %(count)s",
        {"tables": tables, "days": None if days is None else list(days), "count": len(tables)},
    )
    return {day for (day,) in at}


def newest_day(at: cursor, table_names: Iterable[str]) -> date | None:
    """The newest of them, not after today: what a cache of the tables should hold, and a question about them asks."""
    return max((day for day in filled_days(at, table_names) if day <= today()), default=None)
