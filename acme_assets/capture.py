"""Capture: every insert, update and delete of another database, in the order of the commits, into the same raw tables.

    first time     slot ──► its snapshot, copied as `extract.py` copies days ──► the slot's place
    from then on   log from the place on ──► parts by table and day, deletes too ──► the new place     (one transaction)
                   then the slot is moved on, so that the source may forget what is kept here

A crash before the end of the transaction leaves rows and place as they were; one behind it leaves a slot that lags, and
what it tells again is passed over by its place in the log. So nothing is lost, and nothing comes twice.

A change belongs to the day (UTC) of its commit, and `updated_at` stays as the source wrote it. So a day of the past
never changes, of two versions the one that was committed later is the newer one, and a change that left `updated_at`
as it was (which nobody sees who reads by it) is a version as any other. Two of one row, one day and one `updated_at`
cannot both stand in staging: the later one does, the other goes to the quarantine with this reason. So does one
without any.

A deleted row is a row of raw too: its key, and the time of the commit as `deleted_at`.

Belongs here: the way from the slot to raw. Not here: the slot (`slot.py`), messages (`pgoutput.py`), small tables,
which are copied whole in either way (`extract.py`).
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import date, datetime, time
from functools import cached_property
from typing import BinaryIO, cast

from psycopg2 import sql
from psycopg2.extensions import cursor

from acme_assets import ledger, watermark
from acme_assets.by_time import ByTime
from acme_assets.day import ONE_DAY, today
from acme_assets.ddl import ensure
from acme_assets.errors import MendInput
from acme_assets.extract import DELETED_AT, Extracted, Extraction, Landed, Stretch
from acme_assets.lake import LakeObject
from acme_assets.part import Part, next_row
from acme_assets.pgoutput import lsn, lsn_text
from acme_assets.pipe import rows_of
from acme_assets.services import Services
from acme_assets.slot import End, Slot
from acme_assets.source import OVERLAP, Moment, Snapshot
from acme_assets.spool import ANEW, Spool, Spools
from acme_assets.table import Feed, Table
from acme_assets.warehouse import lock, name

#: so much log that says nothing of our tables is worth a reading, for until then the source keeps it
RETAINED = 64 << 20


@dataclass(frozen=True)
class Capture(Extraction):
    """Reads what has changed of the feed's large tables, whichever day is asked for."""

    #: older rows are in no day
    first_day: date

    @cached_property
    def slot(self) -> Slot:
        return Slot(self.source, self.source.slot)

    @property
    def captured(self) -> dict[str, Table]:
        """The source's name of it -> the table."""
        return {table.source: table for table in self.feed.extracted if table.changed_at}

    def extract(self, day: date, table: Table) -> Extracted:
        extracted = super().extract(day, table)
        self.confirm()
        return extracted

    def pulse(self) -> str:
        state = self.slot.state()
        return f"{super().pulse()} slot {state.retained // RETAINED if state else 'missing'}"

    def confirm(self) -> None:
        """Tell the slot how far the warehouse has come."""
        with self._transaction("confirm") as at:
            place = self._place(at)
        state = self.slot.state()
        if place and state and place > state.confirmed:
            self.slot.advance(place)

    def _read(self, at: cursor, day: date) -> list[Landed]:
        landed: list[Landed] = []
        place = self._place(at)
        if place is None:
            place, landed = self._begin(at)
        pulse = self.pulse()
        end = self._checked_end(place)
        landed += self._take(at, place, end)
        with self.source.snapshot(f"acme {self.feed.name}") as snapshot:
            small = [table for table in self.feed.extracted if not table.changed_at]
            landed += self._copy(at, snapshot, day, small)
        self._vouch(at, day, end.now - OVERLAP)
        watermark.remember_pulse(at, self.feed.name, pulse)
        return landed

    # the first time

    def _begin(self, at: cursor) -> tuple[int, list[Landed]]:
        """A new slot, and a copy of what the source held at its beginning."""
        self.slot.prepare(list(self.captured))
        self._claim()
        landed = []
        with self.slot.create() as start:
            now = self.slot.end().now
            snapshot = Snapshot(self.source, Moment(now, now), start.snapshot)
            for table in self.captured.values():
                known = ledger.loaded_days(at, [table.full_name])
                for day in self._days(table):
                    landed += self._copy(at, snapshot, day, [table])
                if known:
                    landed += self._end_vanished(at, snapshot, table, now)
        self._keep(at, start.place)
        return start.place, landed

    def _claim(self) -> None:
        """Take the slot's name for this warehouse, before there is a slot: what is left of a copy that was cut off is
        ours to drop, and what was there before is not.
        """
        with self._transaction("claim") as at:
            at.execute("select slot from ledger.captures where feed = %s for update", (self.feed.name,))
            ours = [slot for (slot,) in at]
            if self.slot.name not in ours and self.slot.state():
                raise MendInput(
                    f"the slot {self.slot.name} of {self.source.address} is somebody else's: this warehouse never read"
                    " from it",
                    "set ACME_OPERATIONS_CAPTURE to a new name, or, if nobody reads from it, there:"
                    f" select pg_drop_replication_slot('{self.slot.name}')",
                )
            at.execute(
                "insert into ledger.captures (feed, slot) values (%s, %s)"
                " on conflict (feed) do update set slot = excluded.slot, place = null",
                (self.feed.name, self.slot.name),
            )
        for slot in {*ours, self.slot.name}:
            Slot(self.source, slot).drop()

    def _days(self, table: Table) -> Iterator[date]:
        """Every day of which the source has rows, as far as there are days."""
        since = datetime.combine(self.first_day, time())
        while (found := self.source.oldest(table.source, table.changed_at, since)) and found.date() <= today():
            yield found.date()
            since = datetime.combine(found.date() + ONE_DAY, time())

    def _end_vanished(self, at: cursor, snapshot: Snapshot, table: Table, now: datetime) -> list[Landed]:
        """Rows that raw knows, not as deleted, and the source has no longer: nothing told us when they went."""
        ensure(at, table)
        key = sql.Identifier(table.key)
        at.execute("drop table if exists pg_temp.there")
        at.execute(sql.SQL("create temporary table there ({} text) on commit drop").format(key))
        query = sql.SQL("select {} from {}").format(key, name(table.source))
        with snapshot.reader(f"acme {table.source}") as reader, rows_of(reader, query, table.source) as rows:
            at.copy_expert("copy there from stdin", cast("BinaryIO", rows))
        at.execute(
            sql.SQL(
                "select {key} from (select distinct on ({key}) {key}, {gone} from {raw}"
                " order by {key}, delivery_id desc, row_number desc) as newest"
                " where {gone} is null and {key} is not null"
                " and not exists (select from there where there.{key} = newest.{key})"
            ).format(key=key, gone=sql.Identifier(DELETED_AT), raw=name(table.full_name))
        )
        with closing(Spool(table, now.date(), ())) as spool:
            for (vanished,) in at:
                spool.add_delete({table.key: vanished.encode()}, str(now))
            return [self._land_changes(at, spool)] if spool.rows else []

    # from then on

    def _place(self, at: cursor) -> int | None:
        """What was committed before it is in raw; None before the first time, and for another slot."""
        at.execute("select place from ledger.captures where feed = %s and slot = %s", (self.feed.name, self.slot.name))
        places = [lsn(place) for (place,) in at if place]
        return places[0] if places else None

    def _keep(self, at: cursor, place: int) -> None:
        at.execute(
            "update ledger.captures set place = %s, read_at = clock_timestamp() where feed = %s",
            (lsn_text(place), self.feed.name),
        )

    def _checked_end(self, place: int) -> End:
        """The log's end, where the slot still has everything behind the place; MendInput where it has not."""
        state, end = self.slot.state(), self.slot.end()
        lost = f"the slot {self.slot.name} of {self.source.address} "
        if state is None:
            raise MendInput(f"{lost}is gone, and with it the changes since {lsn_text(place)}", ANEW)
        if state.is_lost:
            raise MendInput(
                f"{lost}lost its log (max_slot_wal_keep_size), and the changes since {lsn_text(place)}", ANEW
            )
        if state.confirmed > place:
            raise MendInput(
                f"{lost}stands at {lsn_text(state.confirmed)}: somebody else read what came after {lsn_text(place)}",
                ANEW,
            )
        if end.place < place:
            raise MendInput(
                f"the log of {self.source.address} ends before {lsn_text(place)}: it is another server, or an older"
                " state of it",
                ANEW,
            )
        return end

    def _take(self, at: cursor, place: int, end: End) -> list[Landed]:
        """Bring in what was committed since the place, and remember the new one."""
        with closing(Spools(self.source.address, self.captured, place)) as spools:
            for message in self.slot.messages():
                spools.take(message)
            landed = [self._land_changes(at, spool) for spool in spools.filled]
        self._keep(at, max(spools.place, end.place if end.is_readable else 0))
        return landed

    def _land_changes(self, at: cursor, spool: Spool) -> Landed:
        """A part of its own, behind those that the day has."""
        table, day = spool.table, spool.day
        ensure(at, table)
        lock(at, table.full_name)
        (delivery_id,) = ledger.new_ids(at, 1)
        part = Part(table.name, delivery_id)
        extra = [(title, f"extra column {number}") for number, title in enumerate(spool.extra, 1)]
        spool.rewind()
        first_row = next_row(at, table.full_name, day)
        part.receive(at, [*table.sql.shape.names, *(column for _, column in extra)], spool, first_row)
        for column, rows in spool.unsent.items():
            _complete(at, part, spool, column, [first_row + row - 1 for row in rows])
        part.stamp(at, day, table.source, extra)
        found = LakeObject(table.source, spool.size, spool.checksum, datetime.combine(day, time()))
        reading = ledger.Reading(delivery_id, table.full_name, day, found, self.run_id)
        ledger.land(at, reading, ledger.Counts(spool.rows, 0, spool.checksum))
        part.attach(at, table.full_name, day)
        ledger.show(at, [delivery_id])
        self._built(at, table, day, changed=True)
        stretch = Stretch(table, day, delivery_id, datetime.combine(day, time()))
        return Landed(stretch, part, spool.rows, spool.rows)

    def _vouch(self, at: cursor, day: date, complete_to: datetime) -> None:
        """The day holds all that was committed until then, be it nothing."""
        for table in self.captured.values():
            ensure(at, table)
            self._built(at, table, day, changed=False)
            watermark.move(at, table.full_name, day, complete_to)

    def _built(self, at: cursor, table: Table, day: date, *, changed: bool) -> None:
        rows = ledger.totals(at, table.full_name, day)[1]
        ledger.built(at, table.full_name, day, rows=rows, run_id=self.run_id, changed=changed)


def _complete(at: cursor, part: Part, spool: Spool, column: str, rows: Sequence[int]) -> None:
    """A value that was not sent is the one of the row's version before, the newest one that has it."""
    key = sql.Identifier(spool.table.key)
    at.execute(
        sql.SQL(
            "with wanted as (select {key}, row_number from {part} where row_number = any(%(rows)s)),"
            " known as (select {key}, {column} as value, delivery_id, row_number from {raw}"
            "  where {key} in (select {key} from wanted) union all"
            "  select {key}, {column}, %(delivery)s, row_number from {part} where row_number <> all(%(rows)s))"
            " update {part} as version set {column} = (select value from known where known.{key} = version.{key}"
            "  and (delivery_id, row_number) < (%(delivery)s, version.row_number)"
            "  order by delivery_id desc, row_number desc limit 1) where row_number = any(%(rows)s)"
        ).format(key=key, column=sql.Identifier(column), part=name(part.full_name), raw=name(spool.table.full_name)),
        {"rows": list(rows), "delivery": part.delivery_id},
    )


def reading(services: Services, feed: Feed, run_id: str) -> Extraction:
    """The way in that the settings chose."""
    if services.source.slot:
        return Capture(services.warehouse, services.source, feed, run_id, services.settings.first_day)
    return ByTime(services.warehouse, services.source, feed, run_id, services.settings.first_day)
