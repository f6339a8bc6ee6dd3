"""Loading a day of a raw table: its files from the lake, each by one COPY into a table of its own, then all at once.

Belongs here: the order of events and its transactions. Not here: reading CSV (`screen.py`), the lake, the ledger's SQL.

    files of the day ──► one transaction a file: create + COPY … FREEZE + rejects + ledger "landed"   (in parallel)
                     ──► one transaction: attach them all, drop what they replace, ledger "visible"

A kill between the two leaves landed files that nobody sees; the next run takes them as they are. So a failed part is
retried alone, and a reader sees the day before or the day after, never half of it.

What staging has read and a new file replaces is kept beside the table, in *standby*, until staging has read the new
one: when too much of that cannot be read, it is refused and the old one comes back (`refusal.py`).
"""

import secrets
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.errors import OurBug, RefusedFile, TooManyRejects, TryAgain
from acme_platform.ingest.csv.compression import decompressed
from acme_platform.ingest.csv.screen import EmptyFile, Screen
from acme_platform.ingest.files.routing import files_of
from acme_platform.lake import Lake, LakeObject
from acme_platform.ledger import deliveries, quarantine
from acme_platform.model.table import Table
from acme_platform.model.tolerance import ANYTHING, USUAL, Tolerance, rule
from acme_platform.registry import catalog, remedies
from acme_platform.schema.ddl import ensure
from acme_platform.warehouse.connection import Warehouse, lock, lock_day
from acme_platform.warehouse.partition import Part, existing

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
    #: of the feed, or ANYTHING: a person accepts the rejects of what is read
    tolerance: Tolerance = USUAL

    def load(self, day: date) -> Loaded:
        """Bring the day in line with the lake. Raises RefusedFile after reading every file that can be read."""
        found = {(one.key, one.etag): one for one in files_of(self.lake, self.feed, self.table, day)}
        with self._transaction() as cursor:
            if ensure(cursor, self.table):
                self._drop_standby(cursor)
            known = deliveries.deliveries(cursor, self.table.full_name, day)
            stands = existing(cursor, self.table.name, [one.delivery_id for one in known])
            there = {one.identity for one in known if one.delivery_id in stands and one.state != "standby"}
            fresh = [one for identity, one in found.items() if identity not in there]
            readings = self._readings(cursor, day, fresh)
            refused = deliveries.refused_under(cursor, self.table.full_name, day, self._rules)
        self._read_all(readings, refused, others=len(fresh) < len(found))
        with self._transaction() as cursor:
            return self._show(cursor, day, set(found), len(fresh))

    def _readings(self, cursor: Cursor, day: date, fresh: list[LakeObject]) -> list[deliveries.Reading]:
        accepted = deliveries.accepted(cursor, self.table.full_name)
        return [
            deliveries.Reading(
                number,
                self.table.full_name,
                day,
                one,
                self.run_id,
                self.run_id if self.tolerance == ANYTHING else accepted.get((one.key, one.etag)),
            )
            for number, one in zip(deliveries.new_ids(cursor, len(fresh)), fresh, strict=True)
        ]

    def _transaction(self) -> AbstractContextManager[Cursor]:
        return self.warehouse.transaction(f"{self.run_id[:8]} {self.table.full_name}")

    @property
    def _rules(self) -> list[str]:
        """Under which staging would judge what is read now."""
        return [rule(one, self.tolerance) for one in catalog.downstream(self.table.full_name)]

    def _read_all(
        self, readings: list[deliveries.Reading], refused: dict[tuple[str, str], tuple[str, bool]], *, others: bool
    ) -> None:
        """`refused` are files that staging would refuse again, why, and whether a person may accept them."""

        def read(reading: deliveries.Reading) -> RefusedFile | None:
            again = refused.get((reading.found.key, reading.found.etag))
            return self._refuse_again(reading, *again) if again else self._read_or_refuse(reading)

        with ThreadPoolExecutor(PARALLEL, thread_name_prefix="load") as pool:
            refusals = [refusal for refusal in pool.map(read, readings) if refusal]
        beside_full_ones = others or len(refusals) < len(readings)
        if broken := [one for one in refusals if not (beside_full_ones and isinstance(one, EmptyFile))]:
            rejects_only = all(isinstance(one, TooManyRejects) for one in broken)
            mend = remedies.mend_refused(self.table.full_name, readings[0].day, may_be_accepted=rejects_only)
            kind = TooManyRejects if rejects_only else RefusedFile
            raise kind("; ".join(one.message for one in broken), f"mend the file, then {mend}")

    def _refuse_again(self, reading: deliveries.Reading, reason: str, may_be_accepted: bool) -> RefusedFile:
        """Without reading it: raw would show it until staging refuses it once more."""
        with self._transaction() as cursor:
            deliveries.refuse_again(cursor, reading)
        return TooManyRejects(reason) if may_be_accepted else RefusedFile(reason)

    def _read_or_refuse(self, reading: deliveries.Reading) -> RefusedFile | None:
        """None when the file landed, else why it was refused, which the ledger then knows."""
        with closing(quarantine.Rejects(reading)) as rejects:
            try:
                self._read(reading, rejects)
            except RefusedFile as refusal:
                with self._transaction() as cursor:
                    too_many = isinstance(refusal, TooManyRejects)
                    earlier = deliveries.refuse(cursor, reading, refusal.message, too_many_rejects=too_many)
                    quarantine.forget_files(cursor, earlier)
                    rejects.copy_to(cursor)
                return refusal
        return None

    def _read(self, reading: deliveries.Reading, rejects: quarantine.Rejects) -> None:
        file = reading.found.key
        with self._transaction() as cursor, self.lake.open(reading.found) as raw:
            stream = decompressed(raw, file)
            marker = secrets.token_hex(8)
            columns = self.table.sql.shape.names
            tolerance = ANYTHING if reading.accepted_by else self.tolerance
            screen = Screen(
                stream, file=file, columns=columns, marker=marker.encode(), reject=rejects, tolerance=tolerance
            )
            part = Part(self.table.name, reading.delivery_id)
            kept = part.copy(cursor, columns, screen, marker)
            if kept != screen.rows - screen.rejected:
                raise OurBug(f"{file}: {screen.rows} rows, {screen.rejected} rejected, yet {kept} loaded")
            part.stamp(cursor, reading.day, file, screen.header.extra)
            rejects.copy_to(cursor)
            if not self.lake.unchanged(reading.found):
                raise TryAgain(f"{file} changed while it was read", "the run is tried again by itself")
            deliveries.land(cursor, reading, deliveries.Counts(screen.rows, screen.rejected, stream.checksum))

    def _show(self, cursor: Cursor, day: date, wanted: set[tuple[str, str]], read: int) -> Loaded:
        """Attach what landed, drop what it replaces; a file that left the lake keeps its rows."""
        lock(cursor, self.table.full_name)
        lock_day(cursor, self.table.full_name, day)
        known = deliveries.deliveries(cursor, self.table.full_name, day)
        # Two runs may have read the same file: the last one of each name is taken, once.
        newest = {one.file: one.delivery_id for one in known if one.state == "landed" and one.identity in wanted}
        others = [one for one in known if one.delivery_id not in newest.values()]
        outdated = self._stand_by(cursor, [one for one in others if self._gives_way(one, newest, wanted)])
        for old in outdated:
            Part(self.table.name, old).drop(cursor)
        for new in newest.values():
            Part(self.table.name, new).attach(cursor, self.table.full_name, day)
        deliveries.retire(cursor, outdated)
        quarantine.forget_files(cursor, outdated)
        deliveries.show(cursor, newest.values())
        files, rows, rejected = deliveries.totals(cursor, self.table.full_name, day)
        changed = bool(newest or outdated) or deliveries.built_by(cursor, self.table.full_name, day) is None
        deliveries.built(cursor, self.table.full_name, day, rows=rows - rejected, run_id=self.run_id, changed=changed)
        return Loaded(rows - rejected, rejected, files, read)

    def _gives_way(self, one: deliveries.Delivery, newest: Collection[str], wanted: set[tuple[str, str]]) -> bool:
        """Whether what landed takes the place of this delivery.

        A refused file that left the lake is over when something else comes in: it was mended under another name.
        """
        if one.state == "standby":
            return False
        is_gone = one.state == "refused" and bool(newest) and one.file not in {file for file, _ in wanted}
        return one.state == "landed" or one.file in newest or is_gone or self._overruled(one.file, newest)

    def _stand_by(self, cursor: Cursor, replaced: list[deliveries.Delivery]) -> list[int]:
        """Keep what staging stands on, out of the table; returns the others, which nobody will miss."""
        staged = [one.delivery_id for one in replaced if one.state == "visible" and one.is_staged]
        standing = existing(cursor, self.table.name, staged)
        for old in standing:
            Part(self.table.name, old).detach(cursor, self.table.full_name)
        deliveries.stand_by(cursor, standing)
        return [one.delivery_id for one in replaced if one.delivery_id not in standing]

    def _drop_standby(self, cursor: Cursor) -> None:
        """The raw table was dropped and made anew, perhaps of other columns: all of its days are read again."""
        for old in deliveries.retire_standby(cursor, self.table.full_name):
            Part(self.table.name, old).drop(cursor)

    def _overruled(self, file: str, newest: Collection[str]) -> bool:
        """A day stands on its dated names or on the object that is overwritten, never on both."""
        return bool(newest) and (file == self.table.object) != (self.table.object in newest)
