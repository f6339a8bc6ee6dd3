"""Extraction: a day of every table of another database, from one snapshot, into raw tables as files would go.

Belongs here: what is read, what becomes of it, and in which transactions. Not here: the source (`source.py`), bytes
(`copy_pipe.py`), parts (`partition.py`).

    source, one snapshot ──► one transaction a table: COPY ──► part, less what raw holds of the day  (in parallel)
                         ──► one transaction: attach the parts, compact many, move the watermarks

A version belongs to the day of its `updated_at`. A reading adds a part with the versions that raw has not seen yet.
Their numbers follow those of the day. Of two versions the one that was seen later is the newer one, whatever their
times say: a transaction that began earlier may commit last. So reading a stretch again is harmless, and the watermark
moves in the transaction that shows the rows.

Any other way into these tables keeps the same promise. One transaction holds a part a day and table, numbered on
(`part.next_row`), told to the ledger and compacted (`compaction.py`), and the mark of where the next one begins.

A row without a time of change belongs to no day. It comes with today, and staging sets it aside with that reason.

A table that is read whole is a snapshot of the day. Of a past day it takes the rows that existed then, as they are now:
what they looked like, the source no longer knows. A copy that is in raw already is left alone. Of a table that does not
say when its rows came to be it takes all.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, time

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.day import ONE_DAY, today
from acme_platform.errors import MendInput
from acme_platform.ingest.database.compaction import compact
from acme_platform.ingest.database.copy_pipe import Pipe, rows_of
from acme_platform.ingest.database.raw_rows import IN_WAREHOUSE, RawRows, Wanted
from acme_platform.ingest.database.source import Snapshot, Source
from acme_platform.lake import LakeObject
from acme_platform.ledger import builds, deliveries, discrepancies, quarantine, watermarks
from acme_platform.ledger.parts.raw_parts import raw_parts
from acme_platform.model.table import Feed, Table
from acme_platform.schema.ddl import ensure
from acme_platform.warehouse.connection import Warehouse, lock, name
from acme_platform.warehouse.partition import Part

#: when a row was deleted, which only capture knows (`capture.py`): a column of raw that the source need not have
DELETED_AT = "deleted_at"


@dataclass(frozen=True)
class Extracted:
    """What a day of a raw table holds after a reading; `read` rows came out of the source, `new` of them were new."""

    rows: int
    read: int = 0
    new: int = 0
    #: of the new ones those that only a comparison with the source saw
    found: int = 0


@dataclass(frozen=True)
class Stretch:
    """One table's share of a reading."""

    table: Table
    day: date
    delivery_id: int
    #: from which time of change on, which means something only where versions are read
    since: datetime
    #: what raw holds of the day: of a copy the last one, else any part
    in_raw: deliveries.Delivery | None = None
    #: how the rows were found, where not by their time
    note: str = ""

    @property
    def file(self) -> str:
        """What stands as `file` beside each row."""
        return f"{self.table.source}{self.note}"

    @property
    def is_settled(self) -> bool:
        """A copy of a past day: the source can only say less about that day now."""
        return self.in_raw is not None and not self.table.changed_at and self.day < today()

    def query(self, columns: Sequence[str]) -> sql.Composed:
        """A range of one table, in no order."""
        return self.selecting(columns, self._range())

    def _range(self) -> sql.Composable:
        end = datetime.combine(self.day + ONE_DAY, time())
        where: sql.Composable = sql.SQL("true")
        if self.table.changed_at:
            column = sql.Identifier(self.table.changed_at)
            where = sql.SQL("{} >= {} and {} < {}").format(column, sql.Literal(self.since), column, sql.Literal(end))
            if self.day == today():
                where = sql.SQL("{} or {} is null").format(where, column)
        elif self.table.created_at and self.day < today():
            where = sql.SQL("coalesce({} < {}, true)").format(sql.Identifier(self.table.created_at), sql.Literal(end))
        return where

    def selecting(self, columns: Sequence[str], where: sql.Composable) -> sql.Composed:
        read = [
            sql.SQL("null::text" if column == DELETED_AT else "{}").format(sql.Identifier(column)) for column in columns
        ]
        return sql.SQL("select {} from {} where {}").format(sql.SQL(", ").join(read), name(self.table.source), where)


@dataclass(frozen=True)
class Landed:
    """A stretch that was read; `part` is None when it changes nothing."""

    stretch: Stretch
    part: Part | None
    read: int = 0
    new: int = 0
    #: by a comparison, and not by the cursor
    is_found: bool = False


@dataclass(frozen=True)
class Extraction(ABC):
    """A way into another database, as whoever fills a day and whoever looks for changes knows it.

    Which rows a reading brings is for each way to say: by time (`by_time.py`), or by capture (`capture.py`). How they
    come into raw stands here.
    """

    warehouse: Warehouse
    source: Source
    feed: Feed
    run_id: str
    #: where raw stands
    raw_rows: RawRows = field(default=IN_WAREHOUSE, kw_only=True)

    def extract(self, day: date, table: Table) -> Extracted:
        """Read the day of every table of the feed, unless this run did so for another one; returns this table's."""
        self._make_ready()
        with self._transaction("extract") as cursor:
            self._lock(cursor)
            done = builds.built_by(cursor, table.full_name, day) == self.run_id
            landed = [] if done else self._read(cursor, day)
            self._compact(cursor, landed)
            self.raw_rows.settle(cursor, [share.part for share in landed if share.part])
            mine = [share for share in landed if (share.stretch.table, share.stretch.day) == (table, day)]
            return Extracted(
                rows=deliveries.totals(cursor, table.full_name, day)[1],
                read=sum(share.read for share in mine),
                new=sum(share.new for share in mine),
                found=sum(share.new for share in mine if share.is_found),
            )

    @abstractmethod
    def _read(self, cursor: Cursor, day: date) -> list[Landed]:
        """Bring into raw what the source has for the day, and move the watermarks, all in this transaction."""

    def unfinished(self, cursor: Cursor) -> str:
        """What a reading has left to the next one, though the source may not change; empty where nothing is."""
        del cursor
        return ""

    def _make_ready(self) -> None:
        """Make the tables, or let them follow their files, in a transaction of its own.

        Readers in other threads would not see a table that is being made, and wait for ever for one being altered.
        """
        with self._transaction("tables") as cursor:
            self._lock(cursor)
            self._made([table for table in self.feed.extracted if ensure(cursor, table)], cursor)

    def _lock(self, cursor: Cursor) -> None:
        lock(cursor, f"extract {self.feed.name}")

    def _made(self, tables: Sequence[Table], cursor: Cursor) -> None:
        """These tables are new, or were dropped; the next reading finds out what they lack."""
        del tables, cursor

    def pulse(self) -> str:
        """How the source looks now; another text after every change."""
        return self.source.pulse({table.source: table.changed_at for table in self.feed.extracted})

    def _compact(self, cursor: Cursor, landed: Sequence[Landed]) -> None:
        """At the end, for it locks the table against the readings of other days."""
        for table, day in {(share.stretch.table, share.stretch.day): None for share in landed if share.part}:
            if table.changed_at:
                compact(cursor, table, day, self.run_id, self.raw_rows)

    def _transaction(self, what: str) -> AbstractContextManager[Cursor]:
        return self.warehouse.transaction(f"{self.run_id[:8]} {self.feed.name} {what}")

    def _copy(self, cursor: Cursor, snapshot: Snapshot, day: date, tables: Sequence[Table]) -> list[Landed]:
        stretches = [self._stretch(cursor, table, day) for table in tables]
        with ThreadPoolExecutor(len(stretches), thread_name_prefix="extract") as pool:
            landed = list(pool.map(lambda stretch: self._load(snapshot, stretch), stretches))
        for share in landed:
            self._show(cursor, share)
        return landed

    def _stretch(self, cursor: Cursor, table: Table, day: date) -> Stretch:
        visible = [
            delivery for delivery in deliveries.deliveries(cursor, table.full_name, day) if delivery.state == "visible"
        ]
        (delivery_id,) = deliveries.new_ids(cursor, 1)
        return Stretch(
            table,
            day,
            delivery_id,
            since=watermarks.read_on(cursor, table.full_name, day),
            in_raw=visible[-1] if visible else None,
        )

    def _load(self, snapshot: Snapshot, stretch: Stretch) -> Landed:
        if stretch.is_settled:
            return Landed(stretch, None)
        declared, extra = self._columns(stretch.table)
        part = Part(stretch.table.name, stretch.delivery_id)
        query = stretch.query([*declared, *(title for title, _ in extra)])
        with (
            snapshot.reader(f"acme {stretch.table.source}") as reader,
            self._transaction(stretch.table.name) as cursor,
        ):
            first_row = self.raw_rows.next_row(cursor, stretch.table, stretch.day) if stretch.in_raw else 1
            with rows_of(reader, query, f"{self.source.address} {stretch.table.source}") as rows:
                read = part.receive(cursor, [*declared, *(column for _, column in extra)], rows, first_row)
            if not (new := self._new(cursor, stretch, part, rows, read)):
                part.drop(cursor)
                return Landed(stretch, None, read)
            self._complete(cursor, stretch, part, rows, new, extra)
            return Landed(stretch, part, read, new)

    def _columns(self, table: Table) -> tuple[list[str], list[tuple[str, str]]]:
        """The declared columns, and title and invented name of each other one; MendInput names those that are gone."""
        there, declared = self.source.columns(table.source), table.sql.shape.names
        if gone := [column for column in declared if column not in there and column != DELETED_AT]:
            raise MendInput(
                f"the source {self.source.address} has no {', '.join(gone)} in {table.source} any more",
                f"bring it back, or take it out of {table.sql.where} and of what reads it",
            )
        others = [column for column in there if column not in declared]
        return list(declared), [(title, f"extra column {number}") for number, title in enumerate(others, 1)]

    def _new(self, cursor: Cursor, stretch: Stretch, part: Part, rows: Pipe, read: int) -> int:
        """How many rows of the part are news; what raw has seen leaves it."""
        table = stretch.table
        if not table.changed_at:
            return 0 if stretch.in_raw and rows.checksum == stretch.in_raw.etag else read
        days = discrepancies.days_with(cursor, table.full_name, stretch.day)
        if not stretch.in_raw and not days:
            return read
        columns = table.sql.shape.names
        days.append(stretch.day)
        held = self.raw_rows.held(cursor, table, Wanted(days, since=stretch.since))
        return read - part.forget(cursor, held, days, columns, table.changed_at, stretch.since)

    def _complete(
        self, cursor: Cursor, stretch: Stretch, part: Part, rows: Pipe, new: int, extra: list[tuple[str, str]]
    ) -> None:
        """Give the part its provenance, and tell the ledger."""
        table = stretch.table
        part.stamp(cursor, stretch.day, stretch.file, extra)
        file = LakeObject(stretch.file, rows.size, rows.checksum, datetime.combine(stretch.day, time()))
        reading = deliveries.Reading(stretch.delivery_id, table.full_name, stretch.day, file, self.run_id)
        deliveries.record_loaded(cursor, reading, deliveries.Counts(new, 0, rows.checksum))

    def _show(self, cursor: Cursor, landed: Landed) -> None:
        table, day = landed.stretch.table, landed.stretch.day
        lock(cursor, table.full_name)
        if landed.part:
            self._drop_replaced(cursor, landed)
            self.raw_rows.show(cursor, table, landed.part, day)
            deliveries.show(cursor, [landed.part.delivery_id])
        rows = deliveries.totals(cursor, table.full_name, day)[1]
        builds.built(cursor, table.full_name, day, rows=rows, run_id=self.run_id, changed=landed.part is not None)

    def _drop_replaced(self, cursor: Cursor, landed: Landed) -> None:
        """Drop what the part replaces: earlier copies, and what a reading left that did not come to its end."""
        table, mine = landed.stretch.table, landed.stretch.delivery_id
        outdated = [
            delivery.delivery_id
            for delivery in deliveries.deliveries(cursor, table.full_name, landed.stretch.day)
            if delivery.delivery_id != mine and not (table.changed_at and delivery.state == "visible")
        ]
        for old in outdated:
            raw_parts(table).drop(cursor, old)
        deliveries.retire(cursor, outdated)
        quarantine.forget_files(cursor, outdated)
