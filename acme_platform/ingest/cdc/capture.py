"""Capture: every insert, update and delete of another database, in the order of the commits, into the same raw tables.

    first time     slot ──► its snapshot, copied as `extract.py` copies days ──► the slot's place
    from then on   log from the place on ──► parts by table and day, deletes too ──► the new place     (one transaction)
                   then the slot is moved on, so that the source may forget what is kept here
    anew           slot ──► its snapshot, compared with what raw knows (`resync.py`) ──► the slot's place

A crash before the end of the transaction leaves rows and place as they were. A crash behind it leaves a slot that
lags; what it tells again is passed over by its place in the log. So nothing is lost, and nothing comes twice.

The place moves only where all that capture stands on was examined behind the last change, and is as it was when the
place moved last: publication, tables, slot, server. Else changes may be lacking: the reading refuses, and
`acme recapture` copies anew.

A change belongs to the day (UTC) of its commit, and `updated_at` stays as the source wrote it. So a day of the past
never changes, and of two versions the one that was committed later is the newer one. A change that left `updated_at`
as it was, which a reading by time does not see, is a version as any other. Staging holds one version of a row, a day
and an `updated_at`: the later one. The other goes to the quarantine with this reason. So does one without any.

A deleted row is a row of raw too: its key, and the time of the commit as `deleted_at`.

Belongs here: the way from the slot to raw. Not here: the slot (`replication_slot.py`), messages (`pgoutput.py`), what
the source must have (`rules.py`), small tables, which are copied whole in either way (`extract.py`).
"""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date, datetime, time
from functools import cached_property

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.day import ONE_DAY, today
from acme_platform.errors import MendInput
from acme_platform.ingest.cdc import positions
from acme_platform.ingest.cdc.change_buffer import Spool, Spools
from acme_platform.ingest.cdc.facts import Facts
from acme_platform.ingest.cdc.pgoutput import lsn, lsn_text
from acme_platform.ingest.cdc.positions import Known
from acme_platform.ingest.cdc.replication_slot import Slot
from acme_platform.ingest.cdc.resync import Resync
from acme_platform.ingest.cdc.rules import RECAPTURE, altered, lacking, refusal, slot_faults
from acme_platform.ingest.cdc.unsent import complete
from acme_platform.ingest.database.extract import Extracted, Extraction, Landed, Stretch
from acme_platform.ingest.database.source import OVERLAP, Moment, Snapshot
from acme_platform.lake import LakeObject
from acme_platform.ledger import builds, deliveries, watermarks
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import lock
from acme_platform.warehouse.partition import Part

#: so much log that says nothing of our tables is worth a reading, for until then the source keeps it
RETAINED = 64 << 20


@dataclass(frozen=True)
class WholeDay(Stretch):
    """A day of a first copy. What is older than the first day counts on it, what has no time yet or one to come, today:
    the log tells of what changes, so what is left out now may never come.
    """

    first_day: date = date.min

    def _range(self) -> sql.Composable:
        column = sql.Identifier(self.table.changed_at)
        bounds = []
        if self.day > self.first_day:
            bounds.append(sql.SQL("{} >= {}").format(column, sql.Literal(datetime.combine(self.day, time()))))
        if self.day < today():
            bounds.append(sql.SQL("{} < {}").format(column, sql.Literal(datetime.combine(self.day + ONE_DAY, time()))))
        where = sql.SQL(" and ").join(bounds) if bounds else sql.SQL("true")
        return sql.SQL("{} or {} is null").format(where, column) if self.day == today() else where


@dataclass(frozen=True)
class Capture(Extraction):
    """Reads what has changed of the feed's large tables, whichever day is asked for."""

    #: what is older counts on it
    first_day: date

    @cached_property
    def slot(self) -> Slot:
        return Slot(self.source, self.source.slot)

    @property
    def captured(self) -> dict[str, Table]:
        """The source's name of it -> the table."""
        return {table.source: table for table in self.feed.changing}

    def extract(self, day: date, table: Table) -> Extracted:
        try:
            extracted = super().extract(day, table)
        except MendInput as error:
            with self._transaction("refused") as cursor:
                positions.refuse(cursor, self.feed.name, error)
            raise
        self.confirm()
        return extracted

    def pulse(self) -> str:
        """Another one, too, when anything that capture stands on was touched: then a reading has to look at it."""
        facts = self.slot.facts(self.captured)
        return f"{super().pulse()} slot {facts.retained // RETAINED if facts.slot else 'missing'} {facts.digest}"

    def confirm(self) -> None:
        """Tell the slot how far the warehouse has come."""
        with self._transaction("confirm") as cursor:
            known = positions.known(cursor, self.feed.name, self.slot.name)
        facts = self.slot.facts(())
        if known and not list(slot_faults(facts, self.slot.name, known.place)) and known.place > _confirmed(facts):
            self.slot.advance(known.place)

    def _made(self, tables: Sequence[Table], cursor: Cursor) -> None:
        """Raw without its table has lost what the place stands for."""
        if any(table.changed_at for table in tables):
            positions.forget_places(cursor, [self.feed.name])

    def _read(self, cursor: Cursor, day: date) -> list[Landed]:
        landed: list[Landed] = []
        if not (known := positions.known(cursor, self.feed.name, self.slot.name)):
            known, landed = self._begin(cursor)
        pulse = self.pulse()
        now, changes = self._take(cursor, known)
        landed += changes
        with self.source.snapshot(f"acme {self.feed.name}") as snapshot:
            small = [table for table in self.feed.extracted if not table.changed_at]
            landed += self._copy(cursor, snapshot, day, small)
        self._mark_complete(cursor, day, now - OVERLAP)
        watermarks.remember_pulse(cursor, self.feed.name, pulse)
        return landed

    # the first time, and anew

    def _begin(self, cursor: Cursor) -> tuple[Known, list[Landed]]:
        """A new slot, and a copy of what the source held at its beginning."""
        facts = self.slot.prepare(self.captured)
        self._claim(facts)
        landed: list[Landed] = []
        with self.slot.create() as start:
            now = datetime.fromisoformat(self.slot.facts(()).told["now"])
            snapshot = Snapshot(self.source, Moment(now, now), start.snapshot)
            for table in self.captured.values():
                if deliveries.loaded_days(cursor, [table.full_name]):
                    landed += self._resync(table).run(cursor, snapshot, now)
                else:
                    landed += [
                        copied for day in self._days(table) for copied in self._copy(cursor, snapshot, day, [table])
                    ]
        known = Known(start.place, facts, None)
        self._keep(cursor, known)
        return known, landed

    def _claim(self, facts: Facts) -> None:
        """Take the slot's name for this warehouse, before there is a slot: what is left of a copy that was cut off is
        ours to drop, and what was there before is not.
        """
        with self._transaction("claim") as cursor:
            ours = positions.claimed(cursor, self.feed.name, facts.told["system"])
            if facts.slot and (self.slot.name not in ours or facts.slot["database"] != facts.told["here"]):
                raise MendInput(
                    f"the slot {self.slot.name} of {self.source.address} is somebody else's: this warehouse never read"
                    " from it",
                    f"set {self.source.slot_variable} to a new name, or, if nobody reads from it, there:"
                    f" select pg_drop_replication_slot('{self.slot.name}')",
                )
            positions.claim(cursor, self.feed.name, self.slot.name, facts)
        for slot in {*ours, self.slot.name}:
            Slot(self.source, slot).drop()

    def _days(self, table: Table) -> Iterator[date]:
        """The first day and today, which hold what is older and newer, and every day between that has rows."""
        first = min(self.first_day, today())
        yield first
        since = datetime.combine(first + ONE_DAY, time())
        while (oldest := self.source.oldest(table.source, table.changed_at, since)) and oldest.date() < today():
            yield oldest.date()
            since = datetime.combine(oldest.date() + ONE_DAY, time())
        if first < today():
            yield today()

    def _stretch(self, cursor: Cursor, table: Table, day: date) -> Stretch:
        made = super()._stretch(cursor, table, day)
        if not table.changed_at:
            return made
        since = datetime.combine(day, time())
        return WholeDay(table, day, made.delivery_id, since, made.in_raw, first_day=self.first_day)

    def _show(self, cursor: Cursor, landed: Landed) -> None:
        """A day of which a first copy brought nothing is none that was read."""
        if landed.part or not landed.stretch.table.changed_at:
            super()._show(cursor, landed)

    def _columns(self, table: Table) -> tuple[list[str], list[tuple[str, str]]]:
        """Without those that no change will bring: they would stand still."""
        declared, extra = super()._columns(table)
        if table.changed_at:
            sent = [title for title, _ in extra if title in self._sent[table.source]]
            extra = [(title, f"extra column {number}") for number, title in enumerate(sent, 1)]
        return declared, extra

    @cached_property
    def _sent(self) -> dict[str, list[str]]:
        return {table.name: table.sent for table in self.slot.facts(self.captured).tables}

    def _resync(self, table: Table) -> Resync:
        return Resync(table, *self._columns(table), self.first_day, self.run_id, self.raw_rows)

    # from then on

    def _examine(self, facts: Facts, known: Known) -> None:
        """Whether everything since the place is in the log, and will be told."""
        faults = [
            *lacking(facts, self.slot.name, self.captured, self.source.slot_variable),
            *(altered(known.facts, facts) if known.facts else ()),
            *slot_faults(facts, self.slot.name, known.place),
        ]
        if faults:
            first = any(fault.statement or fault.action for fault in faults)
            said = f"changes of {self.source.address} since {lsn_text(known.place)} may be lacking"
            raise refusal(said, faults, f"then {RECAPTURE}" if first else RECAPTURE)

    def _take(self, cursor: Cursor, known: Known) -> tuple[datetime, list[Landed]]:
        """Bring in what was committed since the place, and remember the new one."""
        before = self.slot.facts(self.captured)
        self._examine(before, known)
        expected = known.facts or before
        with closing(Spools(self.source.address, self.captured, known, expected, self._newest(cursor))) as spools:
            for message in self.slot.messages():
                spools.take(message)
            spools.finish(_confirmed(before))
            after = self.slot.facts(self.captured)
            self._examine(after, replace(known, facts=expected))
            landed = [self._load_changes(cursor, spool) for spool in spools.filled]
        place = max(spools.place, before.written if before.is_readable else 0)
        self._keep(cursor, Known(place, after, spools.last_commit))
        return datetime.fromisoformat(before.told["now"]), landed

    def _keep(self, cursor: Cursor, known: Known) -> None:
        positions.keep(cursor, self.feed.name, known)

    def _newest(self, cursor: Cursor) -> date:
        """The newest day that has changes: what comes now was committed behind them."""
        days = [day for _, day in deliveries.loaded_days(cursor, [table.full_name for table in self.captured.values()])]
        return min(max([*days, self.first_day]), today())

    def _load_changes(self, cursor: Cursor, spool: Spool) -> Landed:
        """A part of its own, behind those that the day has."""
        table, day = spool.table, spool.day
        lock(cursor, table.full_name)
        (delivery_id,) = deliveries.new_ids(cursor, 1)
        part = Part(table.name, delivery_id)
        extra = [(title, f"extra column {number}") for number, title in enumerate(spool.extra, 1)]
        spool.rewind()
        first_row = self.raw_rows.next_row(cursor, table, day)
        part.receive(cursor, [*table.sql.shape.names, *(column for _, column in extra)], spool, first_row)
        if unsent := spool.unsent:
            complete(cursor, self.raw_rows, table, part, unsent, dict(extra), first_row, self.source.address)
        part.stamp(cursor, day, table.source, extra)
        file = LakeObject(table.source, spool.size, spool.checksum, datetime.combine(day, time()))
        reading = deliveries.Reading(delivery_id, table.full_name, day, file, self.run_id)
        deliveries.record_loaded(cursor, reading, deliveries.Counts(spool.rows, 0, spool.checksum))
        self.raw_rows.show(cursor, table, part, day)
        deliveries.show(cursor, [delivery_id])
        self._built(cursor, table, day, changed=True)
        stretch = Stretch(table, day, delivery_id, datetime.combine(day, time()))
        return Landed(stretch, part, spool.rows, spool.rows)

    def _mark_complete(self, cursor: Cursor, day: date, complete_to: datetime) -> None:
        """The day holds all that was committed until then, be it nothing."""
        for table in self.captured.values():
            self._built(cursor, table, day, changed=False)
            watermarks.move(cursor, table.full_name, day, complete_to)

    def _built(self, cursor: Cursor, table: Table, day: date, *, changed: bool) -> None:
        rows = deliveries.totals(cursor, table.full_name, day)[1]
        builds.built(cursor, table.full_name, day, rows=rows, run_id=self.run_id, changed=changed)


def _confirmed(facts: Facts) -> int:
    """How far the source knows that the warehouse has come."""
    return lsn((facts.slot or {}).get("confirmed_flush_lsn") or "0/0")
