"""A replay: days are filled again whose rejects would be judged otherwise than they were.

Belongs here: which days of which tables, over all feeds. Not here: filling them (`runs.py`), printing
(`cli/replaying.py`).

    a value that staging rejected    raw keeps the row: the day of staging, where its SQL is another one than then
    a broken line, a refused file    the lake keeps the file: the day of raw and of staging, where the file is another
                                     one than then, or the same would be taken now

Everything else that rejects depend on is the same, so they would be the same, too: those days are left alone. That
makes a second replay do nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.day import Days
from acme_platform.ingest.files import inventory
from acme_platform.ingest.files.rereading import would_be_read
from acme_platform.ledger.rejected import Places, Refused, days_with_rejects, judged_otherwise, refused
from acme_platform.ledger.staleness import TableDays
from acme_platform.model.table import Table
from acme_platform.model.tolerance import rule
from acme_platform.registry import catalog
from acme_platform.services import Services


def with_neighbours(tables: Sequence[str]) -> list[str]:
    """These tables of raw and staging, each with the other side of it, in the catalog's order."""
    delivered = [table for table in catalog.tables().values() if table.layer.is_delivered]
    pairs = [(source, table.full_name) for table in delivered for source in table.upstream]
    chosen = {name for pair in pairs if {*pair} & {*tables} for name in pair} | {*tables}
    return [table.full_name for table in delivered if table.full_name in chosen]


def due(services: Services, tables: Sequence[str], days: Days | None) -> TableDays:
    """Table -> days to fill again, of these tables of raw and staging; none where nothing would be otherwise."""
    with services.open_warehouse().transaction("acme rejects --replay") as cursor:
        found: TableDays = {name: set() for name in tables}
        for name, day in _reread(cursor, services, tables, days):
            for table in (name, *(staging.full_name for staging in catalog.downstream(name))):
                found.setdefault(table, set()).add(day)
        for name in tables:
            if catalog.table(name).layer.keeps_versions:
                found[name] |= {day for day in judged_otherwise(cursor, catalog.table(name)) if _is_asked(day, days)}
    return {name: chosen for name, chosen in found.items() if chosen}


def _is_asked(day: date, days: Days | None) -> bool:
    return days is None or day in days


def _reread(cursor: Cursor, services: Services, tables: Sequence[str], days: Days | None) -> Iterator[tuple[str, date]]:
    """(raw table, day) of which a file is another one than it was, or would be taken as it is."""
    raw = [name for name in tables if catalog.table(name).delivered]
    files = [file for file in refused(cursor, raw) if _is_asked(file.day, days)]
    rejected = {pair for pair in days_with_rejects(cursor, raw) if _is_asked(pair[1], days)}
    rejected |= {(file.table_name, file.day) for file in files}
    if not rejected:
        return
    there = inventory.take(cursor, services.lake, services.settings.first_day)
    yield from {(file.table_name, file.day) for file in there.waiting} & rejected
    standing = {(file.table_name, file.key) for file in there.refused}
    for file in files:
        if (file.table_name, file.file) in standing and _is_taken(services, file):
            yield file.table_name, file.day


def _is_taken(services: Services, file: Refused) -> bool:
    """Whether the file, as it stands in the lake, would be judged by another rule, or be read at all."""
    table = catalog.table(file.table_name)
    feed = catalog.feed_with(table.full_name)
    if file.rule:
        return file.rule not in _rules(table)
    found = services.lake.stat(file.file)
    return found is not None and would_be_read(services.lake, table, found, feed.tolerance)


def _rules(table: Table) -> list[str]:
    tolerance = catalog.feed_with(table.full_name).tolerance
    return [rule(staging, tolerance) for staging in catalog.downstream(table.full_name)]


@dataclass(frozen=True)
class Became:
    """What became of a table's rejects."""

    back: int
    stay: int
    new: int


def became(before: Places, after: Places) -> dict[str, Became]:
    """Table -> counts, of the tables that have or had any."""
    counts: dict[str, list[int]] = {}
    for place in {**before, **after}:
        was, now = before.get(place, set()), after.get(place, set())
        of_table = counts.setdefault(place[0], [0, 0, 0])
        for number, rows in enumerate((was - now, was & now, now - was)):
            of_table[number] += len(rows)
    return {table: Became(*of_table) for table, of_table in sorted(counts.items())}
