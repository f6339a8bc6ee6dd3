"""Raw rows of tables that are read from a database: what raw holds of them, and how what landed comes into it.

Belongs here: what a reading asks of raw, and the answers of PostgreSQL's own tables. Not here: which rows a reading
brings (`extract.py`), the answers of tables in the lake (`engine/parts/raw_rows.py`).

Rows always land in a table of PostgreSQL, beside which raw is held to find out what is new. So both engines take the
same rows for news. Where raw is in the lake, that table lives as long as its reading.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Protocol

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.model.table import Table
from acme_platform.warehouse import partition
from acme_platform.warehouse.connection import name
from acme_platform.warehouse.partition import Part


@dataclass(frozen=True)
class Wanted:
    """Which rows of raw a statement is about, which says so itself: by this raw may leave out others."""

    days: Sequence[date] | None = None
    #: by their time of change, or without one
    since: datetime | None = None
    #: a select of texts, among which is what the first column of the key says
    keys: sql.Composable | None = None


ALL = Wanted()


class RawRows(Protocol):
    """Of the raw tables of one feed."""

    def next_row(self, cursor: Cursor, table: Table, day: date) -> int:
        """The number for the next row of a day that grows."""

    def held(self, cursor: Cursor, table: Table, wanted: Wanted = ALL) -> sql.Composable:
        """What a statement reads as raw, until the next call: all rows that are wanted, and maybe others."""

    def show(self, cursor: Cursor, table: Table, part: Part, day: date) -> None:
        """The rows that landed are rows of raw, as soon as the ledger shows their delivery."""

    def merge(self, cursor: Cursor, table: Table, day: date, delivery_id: int, before: Sequence[int]) -> int:
        """The rows of these deliveries are those of another one, numbers kept; returns how many."""

    def settle(self, cursor: Cursor, landed: Iterable[Part]) -> None:
        """The reading is over: nobody looks at what landed any more."""


class InWarehouse:
    """Tables of PostgreSQL, to which a part that landed is attached."""

    def next_row(self, cursor: Cursor, table: Table, day: date) -> int:
        return partition.next_row(cursor, table.full_name, day)

    def held(self, cursor: Cursor, table: Table, wanted: Wanted = ALL) -> sql.Composable:
        del cursor, wanted
        return name(table.full_name)

    def show(self, cursor: Cursor, table: Table, part: Part, day: date) -> None:
        part.attach(cursor, table.full_name, day)

    def merge(self, cursor: Cursor, table: Table, day: date, delivery_id: int, before: Sequence[int]) -> int:
        columns = table.sql.shape.names
        whole = Part(table.name, delivery_id)
        whole.create(cursor, columns, first_row=1)
        whole.stamp(cursor, day, table.source, ())
        rows = 0
        for part in (Part(table.name, old) for old in before):
            rows += whole.take_over(cursor, part, columns)
            part.drop(cursor)
        whole.attach(cursor, table.full_name, day)
        return rows

    def settle(self, cursor: Cursor, landed: Iterable[Part]) -> None:
        """Nothing: what landed is part of raw."""


IN_WAREHOUSE = InWarehouse()
