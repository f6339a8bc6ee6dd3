"""Gaps: days of a table that should be there and are not, and why each of them is not.

Belongs here: finding them in the ledger. Not here: files that nobody has loaded yet (`inventory.py`), showing them
(`standing_check.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from psycopg2.extensions import cursor

from acme_assets import catalog, ledger, verdict
from acme_assets.failed_day import failed_days
from acme_assets.table import Table


@dataclass(frozen=True)
class Gap:
    """A day that the table lacks, or has in an older version than the one that could not be loaded or filled."""

    day: date
    why: str
    is_refused: bool = False


def gaps(at: cursor, table: Table) -> list[Gap]:
    """Oldest first."""
    missing = {gap.day: gap for gap in _missing(at, table)}
    failed = {one.day: Gap(one.day, one.message.partition("\n")[0]) for one in failed_days(at, table)}
    refused = {gap.day: gap for gap in _refused(at, table)}
    return [gap for _, gap in sorted((missing | failed | refused).items())]


def mend(table: Table, found: list[Gap]) -> str:
    """The command that brings the first of them; the others follow in the same way."""
    first = found[0].day
    if found[0].is_refused:
        feed = next(feed.name for feed in catalog.feeds().values() if table in feed.tables)
        return f"acme deliver {feed} {table.delivered} FILE --day {first}"
    return f"acme run --select {table.full_name.replace('.', '/')} --days {first}"


def _missing(at: cursor, table: Table) -> Iterator[Gap]:
    """Days that a table upstream has and this one lacks; a cache holds the newest one only."""
    upstream = {name: ledger.builds(at, name).keys() for name in table.upstream}
    wanted = set().union(*upstream.values())
    if table.layer == "cache":
        wanted = {max(wanted)} if wanted else set()
    lacking = wanted - ledger.builds(at, table.full_name).keys()
    blocked = verdict.blocked(at, table, lacking)
    for day in lacking:
        without = [name for name, days in upstream.items() if day not in days]
        if day in blocked:
            yield Gap(day, "waits: a `must` check is red on what it reads")
        else:
            yield Gap(day, f"waits for {' and '.join(without)}" if without else "missing")


def _refused(at: cursor, table: Table) -> Iterator[Gap]:
    at.execute(
        "select day, string_agg(file || ': ' || reason, '; ' order by file) from ledger.deliveries"
        " where table_name = %s and state = 'refused' group by day",
        (table.full_name,),
    )
    return (Gap(day, f"refused: {why}", is_refused=True) for day, why in at.fetchall())
