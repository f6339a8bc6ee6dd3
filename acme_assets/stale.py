"""Staleness: which days of which tables are older than what they were made of.

Belongs here: comparing builds in the ledger, and turning the answer into work. Not here: starting runs (`sensor.py`).

It finds whatever the reason: a corrected or late day makes the later answers stale, a refused file leaves the days
around it unfinished, a click in the UI filled one table only. A day that a red `must` check blocks is no work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from psycopg2.extensions import cursor

from acme_assets import catalog, verdict
from acme_assets.day import Days, spans
from acme_assets.table import Feed, Table

#: days of {upstream} that are newer than what the same day of the table saw, or that the table lacks
SAME_DAY = (
    "select upstream.day from ledger.builds as upstream left join ledger.builds as build"
    " on build.table_name = %(table)s and build.day = upstream.day where upstream.table_name = %(upstream)s"
    " and upstream.change > coalesce((build.seen ->> %(upstream)s)::bigint, 0)"
)
#: built days that read a version which changed after them, and days of {upstream} that the table lacks
HISTORY = (
    "with upstream as (select day, max(change) over (order by day) as change from ledger.builds"
    "  where table_name = %(upstream)s), build as (select day, seen from ledger.builds where table_name = %(table)s)"
    " select day from build where coalesce((seen ->> %(upstream)s)::bigint, 0)"
    "  < (select max(change) from upstream where upstream.day <= build.day)"
    " union select day from upstream where not exists (select from build where build.day = upstream.day)"
)


@dataclass(frozen=True)
class Work:
    """Tables to fill again over a range of days."""

    days: Days
    tables: tuple[str, ...]
    #: number of the feed's newest change: the same work after another change is other work
    newest_change: int


def stale_days(at: cursor, table: Table) -> set[date]:
    """Days of the table that should be filled again, without those that a red check blocks."""
    found = {day for upstream in table.same_day for day in _days(at, SAME_DAY, table, upstream)}
    found |= {day for upstream in table.history for day in _days(at, HISTORY, table, upstream)}
    if table.layer == "cache":
        found &= set(_newest(at, table))
    return found - verdict.blocked(at, table, found)


def work(at: cursor, feed: Feed, longest: int | None = None) -> list[Work]:
    """The fewest ranged runs that bring the first stale layer of the feed, and what follows, up to date.

    One layer at a time: a corrected day of staging makes the answers of a whole year stale, but only that one day of
    staging is filled again. What is stale after that is found when this is asked again.
    """
    stale = {table.full_name: stale_days(at, table) for table in feed.tables}
    first = next((catalog.table(name).layer for name, days in stale.items() if days), "")
    ranges = spans((day for name, days in stale.items() if catalog.table(name).layer == first for day in days), longest)
    at.execute("select coalesce(max(change), 0) from ledger.builds where table_name = any(%s)", (list(stale),))
    (change,) = at.fetchone() or (0,)
    return [Work(days, tuple(_affected(stale, days)), change) for days in ranges]


def _affected(stale: dict[str, set[date]], days: Days) -> Iterator[str]:
    """Tables with a stale day in the range and everything made of them, in the feed's order."""
    affected = {name for name, found in stale.items() if any(day in days for day in found)}
    for name in stale:
        if name in affected or affected.intersection(catalog.table(name).upstream):
            affected.add(name)
            yield name


def _days(at: cursor, query: str, table: Table, upstream: str) -> list[date]:
    at.execute(query, {"table": table.full_name, "upstream": upstream})
    return [day for (day,) in at]


def _newest(at: cursor, table: Table) -> list[date]:
    at.execute("select max(day) from ledger.builds where table_name = any(%s)", (list(table.upstream),))
    return [day for (day,) in at if day]
