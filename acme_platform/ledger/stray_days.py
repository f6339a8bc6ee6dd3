"""Stray days: what is there of days that are none of ours, before the first day or after today.

They come from another clock, an earlier first day, or from before there was a rule (`readiness.py`). Nothing fills or
reads them any more, and `acme wipe` takes them back.

Belongs here: finding what the ledger knows of days. Not here: taking it back (`wipe.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.day import ONE_DAY, Days, spans, today
from acme_platform.model.table import Table

#: whatever the ledger knows of a day; what it holds no build of is without rows
HELD = """
select table_name, day, max(rows) from (
    select table_name, day, row_count as rows from ledger.builds
    union all select table_name, day, 0 from ledger.deliveries where state <> 'replaced'
    union all select table_name, day, 0 from ledger.failures
    union all select table_name, day, 0 from ledger.verdicts
    union all select table_name, day, 0 from ledger.refreshes
) as known where table_name = any(%(tables)s) and day between %(first)s and %(last)s
group by table_name, day order by day, table_name
"""


@dataclass(frozen=True)
class Held:
    """A day of a table of which something is there."""

    table_name: str
    day: date
    rows: int


def held(cursor: Cursor, tables: Iterable[Table], days: Days) -> list[Held]:
    """What is there of the days, oldest first."""
    names = [table.full_name for table in tables]
    cursor.execute(HELD, {"tables": names, "first": days.first, "last": days.last})
    return [Held(*row) for row in cursor]


def stray_days(cursor: Cursor, tables: Iterable[Table], first_day: date) -> list[Days]:
    """Days of the tables that are none of ours, and of which something is there."""
    every = tuple(tables)
    days_held = [
        *held(cursor, every, Days(date.min, first_day - ONE_DAY)),
        *held(cursor, every, Days(today() + ONE_DAY, date.max)),
    ]
    return spans(held_day.day for held_day in days_held)
