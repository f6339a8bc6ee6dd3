"""Staleness: which days of which tables are older than what they were made of.

Belongs here: comparing builds in the ledger, and turning the answer into work. Not here: starting runs (`sensor.py`).

It finds whatever the reason: a corrected or late day makes the later answers stale, a refused file leaves the days
around it unfinished, a click in the UI filled one table only. A day that a red `must` check blocks is no work.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from psycopg2.extensions import cursor

from acme_assets import catalog, ledger, verdict
from acme_assets.day import Days, spans
from acme_assets.table import Feed, Table

#: built days of the table whose {upstream} is newer than what they saw of it
SAME_DAY = (
    "select build.day from ledger.builds as build join ledger.builds as upstream on upstream.day = build.day"
    " where build.table_name = %(table)s and upstream.table_name = %(upstream)s"
    " and upstream.change > coalesce((build.seen ->> %(upstream)s)::bigint, 0)"
)
#: built days of the table that read a version of {upstream} which changed after them
HISTORY = (
    "with upstream as (select day, max(change) over (order by day) as change from ledger.builds"
    "  where table_name = %(upstream)s), build as (select day, seen from ledger.builds where table_name = %(table)s)"
    " select day from build where coalesce((seen ->> %(upstream)s)::bigint, 0)"
    "  < (select max(change) from upstream where upstream.day <= build.day)"
)
#: days that the table lacks and everything it reads has: around a refused file a day waits until all of it is there
MISSING = (
    "select day from ledger.builds where table_name = any(%(upstreams)s) group by day"
    " having count(*) = cardinality(%(upstreams)s::text[])"
    " except select day from ledger.builds where table_name = %(table)s"
)


@dataclass(frozen=True)
class Work:
    """Tables to fill again over a range of days."""

    days: Days
    tables: tuple[str, ...]
    #: number of the feed's newest change: the same work after another change is other work
    newest_change: int


def stale_days(at: cursor, table: Table) -> set[date]:
    """Days of the table that should be filled, or filled again, without those that a red check blocks."""
    found = {day for upstream in table.same_day for day in _days(at, SAME_DAY, table, upstream)}
    found |= {day for upstream in table.history for day in _days(at, HISTORY, table, upstream)}
    found |= set(_days(at, MISSING, table))
    if table.layer == "cache":
        found &= set(_newest(at, table))
    return found - verdict.blocked(at, table, found)


def work(at: cursor, feed: Feed, longest: int | None = None) -> list[Work]:
    """The fewest ranged runs that bring the first stale layer of the feed, and what follows, up to date.

    One layer at a time: a corrected day of staging makes the answers of a whole year stale, but only that one day of
    staging is filled again. What is stale after that is found when this is asked again.
    """
    stale = {table.full_name: stale_days(at, table) for table in feed.tables}
    built = {name: set(ledger.builds(at, name)) for table in feed.tables for name in table.upstream}
    first = next((catalog.table(name).layer for name, days in stale.items() if days), "")
    alike: dict[tuple[str, ...], set[date]] = {}
    for day in {day for name, days in stale.items() if catalog.table(name).layer == first for day in days}:
        alike.setdefault(tuple(_affected(stale, built, day)), set()).add(day)
    at.execute("select coalesce(max(change), 0) from ledger.builds where table_name = any(%s)", (list(stale),))
    (change,) = at.fetchone() or (0,)
    found = [Work(days, tables, change) for tables, these in alike.items() for days in spans(these, longest)]
    return sorted(found, key=lambda one: one.days)


def _affected(stale: dict[str, set[date]], built: dict[str, set[date]], day: date) -> Iterator[str]:
    """Tables that are stale on the day, and what is made of them and of nothing missing, in the feed's order."""
    affected: set[str] = set()
    for name, days in stale.items():
        upstream = catalog.table(name).upstream
        follows = affected.intersection(upstream) and all(one in affected or day in built[one] for one in upstream)
        if day in days or follows:
            affected.add(name)
            yield name


def _days(at: cursor, query: str, table: Table, upstream: str = "") -> list[date]:
    at.execute(query, {"table": table.full_name, "upstream": upstream, "upstreams": list(table.upstream)})
    return [day for (day,) in at]


def _newest(at: cursor, table: Table) -> list[date]:
    at.execute("select max(day) from ledger.builds where table_name = any(%s)", (list(table.upstream),))
    return [day for (day,) in at if day]
