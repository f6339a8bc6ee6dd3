"""Loading a day of a raw table: its files from the lake, each by one COPY into a table of its own, then all at once.

Belongs here: the order of events and its transactions. Not here: reading CSV (`screen.py`), the lake, the ledger's SQL.

    files of the day ──► one transaction a file: create + COPY … FREEZE + rejects + ledger "landed"   (in parallel)
                     ──► one transaction: attach them all, drop what they replace, ledger "visible"

A kill between the two leaves landed files that nobody sees; the next run takes them as they are. So a failed part is
retried alone, and a reader sees the day before or the day after, never half of it.
"""

import secrets
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import date

from psycopg2.extensions import cursor

from acme_assets import ledger, quarantine, remedy
from acme_assets.ddl import ensure
from acme_assets.decompress import decompressed
from acme_assets.destination import files_of
from acme_assets.errors import OurBug, RefusedFile, TryAgain
from acme_assets.lake import Lake
from acme_assets.part import Part, existing
from acme_assets.screen import EmptyFile, Screen
from acme_assets.table import Table
from acme_assets.warehouse import Warehouse, lock

#: measured on two cores: a third connection brings nothing, the CPU is the bound
PARALLEL = 2


@dataclass(frozen=True)
class Loaded:
    """What a day of a raw table holds after its load."""

    rows: int
    rejected: int
    files: int
    #: files read by this load; the others stood there already
    read: int


@dataclass(frozen=True)
class Loader:
    """Loads days of one raw table of a feed."""

    warehouse: Warehouse
    lake: Lake
    feed: str
    table: Table
    run_id: str

    def load(self, day: date) -> Loaded:
        """Bring the day in line with the lake. Raises RefusedFile after reading every file that can be read."""
        found = {(one.key, one.etag): one for one in files_of(self.lake, self.feed, self.table, day)}
        with self._transaction() as at:
            ensure(at, self.table)
            known = ledger.deliveries(at, self.table.full_name, day)
            stands = existing(at, self.table.name, [one.delivery_id for one in known])
            there = {one.identity for one in known if one.delivery_id in stands}
            fresh = [one for identity, one in found.items() if identity not in there]
            readings = [
                ledger.Reading(number, self.table.full_name, day, one, self.run_id)
                for number, one in zip(ledger.new_ids(at, len(fresh)), fresh, strict=True)
            ]
        self._read_all(readings, others=len(fresh) < len(found))
        with self._transaction() as at:
            return self._show(at, day, set(found), len(fresh))

    def _transaction(self) -> AbstractContextManager[cursor]:
        return self.warehouse.transaction(f"{self.run_id[:8]} {self.table.full_name}")

    def _read_all(self, readings: list[ledger.Reading], *, others: bool) -> None:
        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="load") as pool:
            refusals = [refusal for refusal in pool.map(self._read_or_refuse, readings) if refusal]
        beside_full_ones = others or len(refusals) < len(readings)
        if broken := [one for one in refusals if not (beside_full_ones and isinstance(one, EmptyFile))]:
            again = remedy.deliver(self.table.full_name, readings[0].day)
            raise RefusedFile("; ".join(one.message for one in broken), f"mend the file, then {again}")

    def _read_or_refuse(self, reading: ledger.Reading) -> RefusedFile | None:
        """None when the file landed, else why it was refused, which the ledger then knows."""
        with closing(quarantine.Rejects(reading)) as rejects:
            try:
                self._read(reading, rejects)
            except RefusedFile as refusal:
                with self._transaction() as at:
                    quarantine.forget_files(at, ledger.refuse(at, reading, refusal.message))
                    rejects.copy_to(at)
                return refusal
        return None

    def _read(self, reading: ledger.Reading, rejects: quarantine.Rejects) -> None:
        file = reading.found.key
        with self._transaction() as at, self.lake.open(reading.found) as raw:
            stream = decompressed(raw, file)
            marker = secrets.token_hex(8)
            columns = self.table.sql.shape.names
            screen = Screen(stream, file=file, columns=columns, marker=marker.encode(), reject=rejects)
            part = Part(self.table.name, reading.delivery_id)
            kept = part.copy(at, columns, screen, marker)
            if kept != screen.rows - screen.rejected:
                raise OurBug(f"{file}: {screen.rows} rows, {screen.rejected} rejected, yet {kept} loaded")
            part.stamp(at, reading.day, file, screen.header.extra)
            rejects.copy_to(at)
            if not self.lake.unchanged(reading.found):
                raise TryAgain(f"{file} changed while it was read", "the run is tried again by itself")
            ledger.land(at, reading, ledger.Counts(screen.rows, screen.rejected, stream.checksum))

    def _show(self, at: cursor, day: date, wanted: set[tuple[str, str]], read: int) -> Loaded:
        """Attach what landed, drop what it replaces; a file that left the lake keeps its rows."""
        lock(at, self.table.full_name)
        known = ledger.deliveries(at, self.table.full_name, day)
        # Two runs may have read the same file: the last one of each name is taken, once.
        newest = {one.file: one.delivery_id for one in known if one.state == "landed" and one.identity in wanted}
        outdated = [
            one.delivery_id
            for one in known
            if (one.state == "landed" or one.file in newest or self._overruled(one.file, newest))
            and one.delivery_id not in newest.values()
        ]
        for old in outdated:
            Part(self.table.name, old).drop(at)
        for new in newest.values():
            Part(self.table.name, new).attach(at, self.table.full_name, day)
        ledger.retire(at, outdated)
        quarantine.forget_files(at, outdated)
        ledger.show(at, newest.values())
        files, rows, rejected = ledger.totals(at, self.table.full_name, day)
        changed = bool(newest or outdated) or ledger.built_by(at, self.table.full_name, day) is None
        ledger.built(at, self.table.full_name, day, rows=rows - rejected, run_id=self.run_id, changed=changed)
        return Loaded(rows - rejected, rejected, files, read)

    def _overruled(self, file: str, newest: Collection[str]) -> bool:
        """A day stands on its dated names or on the object that is overwritten, never on both."""
        return bool(newest) and (file == self.table.object) != (self.table.object in newest)
