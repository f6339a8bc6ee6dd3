"""What people ask to preview: answers by name, or all whose SQL was edited, of days or of the newest one.

Belongs here: which tables and days that means, and a transaction of which nothing is left. Not here: computing and
comparing (`preview.py`), printing (`cli/changes/`).
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.day import Days
from acme_platform.differences.preview import Preview, Stage, edited
from acme_platform.errors import UsageError
from acme_platform.ledger.filled_days import newest_day
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.warehouse.connection import Warehouse


@contextmanager
def rehearsal(warehouse: Warehouse) -> Iterator[Cursor]:
    """A transaction that is rolled back, whatever ends it."""
    with warehouse.transaction("acme preview") as cursor:
        try:
            yield cursor
        finally:
            cursor.connection.rollback()


def chosen(cursor: Cursor, words: Sequence[str]) -> list[Table]:
    """The answers of these names, in the order in which they read each other; without a name all that were edited."""
    named = [_answer(word) for word in words]
    return [table for table in catalog.tables().values() if table in named] if named else edited(cursor)


def previews(cursor: Cursor, tables: Sequence[Table], days: Days | None, shown: int) -> Iterator[Preview]:
    """Of the days; unset, of the newest on which everything that they read is there."""
    for day in days or [_newest(cursor, tables)]:
        yield from Stage(cursor, shown).previews(tables, day)


def _answer(word: str) -> Table:
    table = catalog.table(word)
    if not table.layer.is_answer:
        raise UsageError(
            f"{table.full_name} is no answer: previews are computed from the staging that stands",
            "acme plan says what its edit means",
        )
    return table


def _newest(cursor: Cursor, tables: Sequence[Table]) -> date:
    """Of what the tables read, and none of them makes."""
    made = {table.full_name for table in tables}
    read = {source for table in tables for source in table.upstream} - made
    if day := newest_day(cursor, sorted(read)):
        return day
    raise UsageError(
        f"there is no day on which all of {', '.join(sorted(read))} was filled",
        "acme status shows which days there are; name one of them",
    )
