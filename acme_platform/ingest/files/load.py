"""Loading a day of a raw table: its files from the lake, each by one COPY into a table of its own, then all at once.

Belongs here: the order of events and its transactions. Not here: reading CSV (`screen.py`), the lake, the ledger's SQL.

    files of the day ──► one transaction a file: create + COPY … FREEZE + rejects + ledger "landed"   (in parallel)
                     ──► one transaction: attach them all, drop what they replace, ledger "visible"

A kill between the two leaves landed files that nobody sees; the next run takes them as they are. So a failed part is
retried alone, and a reader sees the day before or the day after, never half of it.

A delivery that staging has read and a new file replaces is kept beside the table, in *standby*, until staging has read
the new one. When too much of the new one cannot be read, it is refused and the old one comes back (`refusal.py`).
"""

import secrets
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.errors import OurBug, RefusedFile, TooManyRejects, TryAgain
from acme_platform.ingest.csv.compression import decompressed
from acme_platform.ingest.csv.reject import Reject
from acme_platform.ingest.csv.screen import EmptyFile, Screen
from acme_platform.ingest.files.news import news_of
from acme_platform.ingest.files.routing import files_of
from acme_platform.lake import Lake, LakeObject
from acme_platform.ledger import builds, deliveries, quarantine
from acme_platform.ledger.parts.raw_parts import RawParts, raw_parts
from acme_platform.model.table import Table
from acme_platform.model.tolerance import ANYTHING, USUAL, Tolerance, rule
from acme_platform.registry import catalog, remedies
from acme_platform.schema.ddl import ensure
from acme_platform.warehouse.connection import Warehouse, lock, lock_day
from acme_platform.warehouse.partition import Part

#: measured on two cores: a third connection brings nothing, the CPU is the bound
PARALLEL = 2


@dataclass(frozen=True)
class Written:
    """What became of the rows of one delivery: what the file holds, and what of it is in the part."""

    rows: int
    rejected: int
    kept: int
    checksum: str


#: writes the part of one delivery, wherever it reads the file
Writer = Callable[[Cursor, Table, deliveries.Reading, Lake, Callable[[Reject], None], Tolerance], Written]


def into_warehouse(
    cursor: Cursor,
    table: Table,
    reading: deliveries.Reading,
    lake: Lake,
    reject: Callable[[Reject], None],
    tolerance: Tolerance,
) -> Written:
    """A partition of PostgreSQL, not yet attached."""
    marker, columns, file = secrets.token_hex(8), table.sql.shape.names, reading.file.key
    with lake.open(reading.file) as raw:
        source = decompressed(raw, file)
        screen = Screen(source, file=file, columns=columns, marker=marker.encode(), reject=reject, tolerance=tolerance)
        part = Part(table.name, reading.delivery_id)
        kept = part.copy(cursor, columns, screen, marker)
        part.stamp(cursor, reading.day, file, screen.header.extra)
    return Written(screen.rows, screen.rejected, kept, source.checksum)


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
    write: Writer = into_warehouse
    #: files at a time, each with a connection
    parallel: int = PARALLEL

    def load(self, day: date) -> Loaded:
        """Bring the day in line with the lake. Raises RefusedFile after reading every file that can be read."""
        files = files_of(self.lake, self.feed, self.table, day)
        with self._transaction() as cursor:
            if ensure(cursor, self.table):
                self._drop_standby(cursor)
            news = news_of(cursor, self.table, day, files)
            readings = self._readings(cursor, day, news.fresh)
            refused = deliveries.refused_under(cursor, self.table.full_name, day, self._rules)
        self._read_all(readings, refused, others=len(news.fresh) < len(news.wanted))
        with self._transaction() as cursor:
            return self._show(cursor, day, news.wanted, len(news.fresh))

    def _readings(self, cursor: Cursor, day: date, fresh: list[LakeObject]) -> list[deliveries.Reading]:
        accepted = deliveries.accepted(cursor, self.table.full_name)
        return [
            deliveries.Reading(
                number,
                self.table.full_name,
                day,
                file,
                self.run_id,
                self.run_id if self.tolerance == ANYTHING else accepted.get((file.key, file.etag)),
            )
            for number, file in zip(deliveries.new_ids(cursor, len(fresh)), fresh, strict=True)
        ]

    @property
    def _parts(self) -> RawParts:
        return raw_parts(self.table)

    def _transaction(self) -> AbstractContextManager[Cursor]:
        return self.warehouse.transaction(f"{self.run_id[:8]} {self.table.full_name}")

    @property
    def _rules(self) -> list[str]:
        """Under which staging would judge what is read now."""
        return [rule(staging, self.tolerance) for staging in catalog.downstream(self.table.full_name)]

    def _read_all(
        self, readings: list[deliveries.Reading], refused: dict[tuple[str, str], tuple[str, bool]], *, others: bool
    ) -> None:
        """`refused` are files that staging would refuse again, why, and whether a person may accept them."""

        def read(reading: deliveries.Reading) -> RefusedFile | None:
            again = refused.get((reading.file.key, reading.file.etag))
            return self._refuse_again(reading, *again) if again else self._read_or_refuse(reading)

        with ThreadPoolExecutor(self.parallel, thread_name_prefix="load") as pool:
            refusals = [refusal for refusal in pool.map(read, readings) if refusal]
        beside_full_ones = others or len(refusals) < len(readings)
        if broken := [refusal for refusal in refusals if not (beside_full_ones and isinstance(refusal, EmptyFile))]:
            rejects_only = all(isinstance(refusal, TooManyRejects) for refusal in broken)
            mend = remedies.mend_refused(self.table.full_name, readings[0].day, may_be_accepted=rejects_only)
            kind = TooManyRejects if rejects_only else RefusedFile
            raise kind("; ".join(refusal.message for refusal in broken), f"mend the file, then {mend}")

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
        file = reading.file.key
        with self._transaction() as cursor:
            tolerance = ANYTHING if reading.accepted_by else self.tolerance
            written = self.write(cursor, self.table, reading, self.lake, rejects, tolerance)
            if written.kept != written.rows - written.rejected:
                raise OurBug(f"{file}: {written.rows} rows, {written.rejected} rejected, yet {written.kept} loaded")
            rejects.copy_to(cursor)
            if not self.lake.unchanged(reading.file):
                raise TryAgain(f"{file} changed while it was read")
            counts = deliveries.Counts(written.rows, written.rejected, written.checksum)
            deliveries.record_loaded(cursor, reading, counts)

    def _show(self, cursor: Cursor, day: date, wanted: set[tuple[str, str]], read: int) -> Loaded:
        """Attach what landed, drop what it replaces; a file that left the lake keeps its rows."""
        lock(cursor, self.table.full_name)
        lock_day(cursor, self.table.full_name, day)
        known = deliveries.deliveries(cursor, self.table.full_name, day)
        # Two runs may have read the same file: the last one of each name is taken, once.
        newest = {
            delivery.file: delivery.delivery_id
            for delivery in known
            if delivery.state == "landed" and delivery.identity in wanted
        }
        others = [delivery for delivery in known if delivery.delivery_id not in newest.values()]
        outdated = self._stand_by(
            cursor, [delivery for delivery in others if self._gives_way(delivery, newest, wanted)]
        )
        for old in outdated:
            self._parts.drop(cursor, old)
        for new in newest.values():
            self._parts.attach(cursor, new, day)
        deliveries.retire(cursor, outdated)
        quarantine.forget_files(cursor, outdated)
        deliveries.show(cursor, newest.values())
        files, rows, rejected = deliveries.totals(cursor, self.table.full_name, day)
        changed = bool(newest or outdated) or builds.built_by(cursor, self.table.full_name, day) is None
        builds.built(cursor, self.table.full_name, day, rows=rows - rejected, run_id=self.run_id, changed=changed)
        return Loaded(rows - rejected, rejected, files, read)

    def _gives_way(self, delivery: deliveries.Delivery, newest: Collection[str], wanted: set[tuple[str, str]]) -> bool:
        """Whether what landed takes the place of this delivery.

        A refused file that left the lake is over when something else comes in: it was mended under another name.
        """
        if delivery.state == "standby":
            return False
        is_gone = delivery.state == "refused" and bool(newest) and delivery.file not in {file for file, _ in wanted}
        return (
            delivery.state == "landed" or delivery.file in newest or is_gone or self._overruled(delivery.file, newest)
        )

    def _stand_by(self, cursor: Cursor, replaced: list[deliveries.Delivery]) -> list[int]:
        """Keep what staging stands on, out of the table; returns the others, which nobody will miss."""
        staged = [delivery.delivery_id for delivery in replaced if delivery.state == "visible" and delivery.is_staged]
        attached = self._parts.existing(cursor, staged)
        for old in attached:
            self._parts.detach(cursor, old)
        deliveries.stand_by(cursor, attached)
        return [delivery.delivery_id for delivery in replaced if delivery.delivery_id not in attached]

    def _drop_standby(self, cursor: Cursor) -> None:
        """The raw table was dropped and made anew, perhaps of other columns: all of its days are read again."""
        for old in deliveries.retire_standby(cursor, self.table.full_name):
            self._parts.drop(cursor, old)

    def _overruled(self, file: str, newest: Collection[str]) -> bool:
        """A day stands on its dated names or on the object that is overwritten, never on both."""
        return bool(newest) and (file == self.table.object) != (self.table.object in newest)
