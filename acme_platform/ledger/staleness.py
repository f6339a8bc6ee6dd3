"""Staleness: which days of which tables are older than what they were made of.

Belongs here: comparing builds in the ledger, and turning the answer into work. Not here: starting runs
(`automation.py`).

It finds whatever the reason: a corrected or late day makes the later answers stale, a refused file leaves the days
around it unfinished, a click in the UI filled one table only. Three kinds of days are no work: those that a red `must`
check blocks; those that failed for good, as long as nothing that they read changes; and those that would be refused,
because they lack something or are no days of ours (`readiness.py`).
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.day import Days, ours, spans
from acme_platform.ledger import check_results, failures
from acme_platform.ledger.filled_days import filled_days, newest_day, ready_days
from acme_platform.ledger.reads import read_by, reads
from acme_platform.model.layer import Layer
from acme_platform.model.table import Feed, Table
from acme_platform.registry import catalog

#: built days of the table whose {upstream} is newer than what they saw of it
SAME_DAY = (
    "select build.day from ledger.builds as build join ledger.builds as upstream on upstream.day = build.day"
    " where build.table_name = %(table)s and upstream.table_name = %(upstream)s"
    " and upstream.change > coalesce((build.seen ->> %(upstream)s)::bigint, 0)"
)
#: built days of the table that read a version of {upstream} which changed after them. In one pass over the days: with a
#: look back from each of them a tick over 1,000 days took a second
HISTORY = (
    "with upstream as (select day, change from ledger.builds where table_name = %(upstream)s),"
    " build as (select day, seen from ledger.builds where table_name = %(table)s),"
    " days as (select day, seen, max(change) over (order by day) as newest from upstream full join build using (day))"
    " select day from days where seen is not null and coalesce((seen ->> %(upstream)s)::bigint, 0) < newest"
)


TableDays = dict[str, set[date]]


@dataclass(frozen=True)
class Outlook:
    """What one look at the ledger says of a feed: facts about days, by the full name of each table."""

    #: missing, or older than what they were made of
    stale: TableDays
    #: a `must` check is red on something that they read
    blocked: TableDays
    #: their last attempt failed, for good and nothing that they read has changed since, or a moment ago
    resting: TableDays
    #: those on which the first layer that is behind has work. One layer at a time: a corrected day of staging makes the
    #: answers of a whole year stale, but only that one day of staging is filled again
    turn: set[date]
    #: made of what is filled in this turn, and of nothing missing: they are filled in the same run
    following: TableDays
    #: caches that Redis does not hold as their table says; no check, no failure and no turn is in the way of that
    differing: TableDays = field(default_factory=dict)

    def due(self, table: str, *, is_busy: bool = False) -> set[date]:
        """The days of the table to fill now: the one rule, for `acme run` and for Dagster's automation.

        Beside runs of the feed, while it `is_busy`, only Redis is given what it lost: an answer reads many days, and
        some of them may be filled just now.
        """
        lost = self.differing.get(table, set())
        return lost if is_busy else self.ready(table) & self.turn | self.following[table] | lost

    def ready(self, table: str) -> set[date]:
        return self.stale[table] - self.blocked[table] - self.resting[table]


@dataclass(frozen=True)
class Work:
    """Tables to fill again over a range of days."""

    days: Days
    tables: tuple[str, ...]


def outlook(cursor: Cursor, feed: Feed, first_day: date, differing: TableDays | None = None) -> Outlook:
    """Look at every table of the feed; `differing` is what a look at Redis found, see `cache_lag.py`."""
    stale = {table.full_name: _stale(cursor, table, first_day) for table in feed.tables}
    days = set().union(*stale.values())
    blocked = {table.full_name: check_results.blocked(cursor, table, days) for table in feed.tables}
    resting = {table.full_name: failures.resting(cursor, table) for table in feed.tables}
    feed_outlook = Outlook(stale, blocked, resting, set(), {name: set() for name in stale}, differing or {})
    ready: dict[Layer, set[date]] = {}
    for table in feed.tables:
        ready.setdefault(table.layer, set()).update(feed_outlook.ready(table.full_name))
    feed_outlook.turn.update(next((days for days in ready.values() if days), ()))
    built = _built(cursor, feed_outlook.turn)
    for day in feed_outlook.turn:
        for name in _following(feed_outlook, built, day):
            feed_outlook.following[name].add(day)
    return feed_outlook


def _following(feed_outlook: Outlook, built: Set[tuple[str, date]], day: date) -> Iterator[str]:
    """What is not stale on the day, and made of tables that are about to be filled and of nothing missing."""
    filled: set[str] = set()
    for name in feed_outlook.stale:
        upstream = catalog.table(name).upstream
        follows = filled.intersection(upstream) and all(
            source in filled or (source, day) in built for source in upstream
        )
        if day in feed_outlook.ready(name):
            filled.add(name)
        elif follows and day not in feed_outlook.blocked[name]:
            filled.add(name)
            yield name


def _built(cursor: Cursor, days: Set[date]) -> set[tuple[str, date]]:
    """What is filled on these days; of the thousands of others nothing is asked."""
    cursor.execute("select table_name, day from ledger.builds where day = any(%s)", (list(days),))
    return set(cursor.fetchall())


def work(
    cursor: Cursor, feed: Feed, first_day: date, longest: int | None = None, differing: TableDays | None = None
) -> list[Work]:
    """The fewest ranged runs that bring the first stale layer of the feed, and what follows, up to date.

    What is stale after that is found when this is asked again.
    """
    feed_outlook = outlook(cursor, feed, first_day, differing)
    return ranged({table.full_name: feed_outlook.due(table.full_name) for table in feed.tables}, longest)


def ranged(due: TableDays, longest: int | None = None) -> list[Work]:
    """Days of tables as the fewest runs: neighbouring days that need the same tables are one."""
    alike: dict[tuple[str, ...], set[date]] = {}
    for day in set().union(*due.values()):
        alike.setdefault(tuple(name for name, days in due.items() if day in days), set()).add(day)
    works = [Work(days, tables) for tables, these in alike.items() for days in spans(these, longest)]
    return sorted(works, key=lambda stale_work: stale_work.days)


def reason(cursor: Cursor, stale_work: Work) -> int:
    """The newest change among what the work reads and does not fill itself: after another one it is other work."""
    query = "select coalesce(max(change), 0) from ledger.builds where not table_name = any(%(filled)s) and {}"
    days = {"filled": list(stale_work.tables), "first": stale_work.days.first, "last": stale_work.days.last}
    cursor.execute(
        sql.SQL(query).format(reads("builds", "%(first)s", "%(last)s")),
        {**read_by(*map(catalog.table, stale_work.tables)), **days},
    )
    ((change,),) = cursor.fetchall()
    return int(change)


def stale_days(cursor: Cursor, table: Table, first_day: date) -> set[date]:
    """Days of the table that should be filled, or filled again, without those that a red check blocks."""
    stale = _stale(cursor, table, first_day)
    return stale - check_results.blocked(cursor, table, stale)


def _stale(cursor: Cursor, table: Table, first_day: date) -> set[date]:
    """Missing, or older than what they were made of. A day waits until all that it reads is there."""
    older = {day for upstream in table.same_day for day in _days(cursor, SAME_DAY, table, upstream)}
    older |= {day for upstream in table.history for day in _days(cursor, HISTORY, table, upstream)}
    days = filled_days(cursor, table.upstream, older) | ready_days(cursor, table)
    if table.layer.holds_one_day:
        days &= {newest_day(cursor, table.upstream)}
    return ours(days, first_day)


def _days(cursor: Cursor, query: str, table: Table, upstream: str) -> list[date]:
    cursor.execute(query, {"table": table.full_name, "upstream": upstream})
    return [day for (day,) in cursor]
