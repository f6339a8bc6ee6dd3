"""Reading by time: what changed since the cursor, and, with today, what no cursor can see.

    cursor       rows whose `updated_at` lies between the last reading and the end of the day
    comparison   rows that another clock or zone wrote, that carry `infinity`, that are older than the first day, or
                 that were changed without a new time: they differ from what raw was known to hold (`comparison.py`)

What the comparison finds comes with the day of the reading, whatever its `updated_at` says, which stays as the source
wrote it. When it was changed nobody knows, only that it had not been when this table was last compared; so the current
state is right at once, and no answer of the past changes behind its reader's back. A reading of the day that its time
says finds it in raw and leaves it there.

Belongs here: which rows a reading brings. Not here: how they come into raw (`extract.py`), finding what no cursor sees.
Tables that are read whole need no comparison: each reading compares all of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from acme_platform.cursor import Cursor
from acme_platform.day import today
from acme_platform.ingest.database.copy_pipe import rows_of
from acme_platform.ingest.database.extract import Extraction, Landed
from acme_platform.ingest.database.source import Reader, Snapshot
from acme_platform.ingest.incremental import ranges
from acme_platform.ingest.incremental.comparison import Comparison
from acme_platform.ledger import discrepancies, watermarks
from acme_platform.warehouse.partition import Part

#: behind the source's name, in `file` of raw and of the ledger
NOTE = " by comparison"
BUSY = f"a reading with more than {ranges.AT_ONCE:,} new rows leaves it to the next one"


@dataclass(frozen=True)
class ByTime(Extraction):
    """Reads days by the time of change. Rows that belong to none of them come with today."""

    #: older rows are in no day
    first_day: date

    def unfinished(self, cursor: Cursor) -> str:
        return ranges.under_way(cursor, [table.full_name for table in self.feed.changing])

    def _read(self, cursor: Cursor, day: date) -> list[Landed]:
        pulse = self.pulse()
        with self.source.snapshot(f"acme {self.feed.name}") as snapshot:
            landed = self._copy(cursor, snapshot, day, self.feed.extracted)
            landed += self._find(cursor, snapshot, day, landed)
        for table in self.feed.watermarked:
            watermarks.move(cursor, table.full_name, day, snapshot.moment.complete_to)
        watermarks.remember_pulse(cursor, self.feed.name, pulse)
        return landed

    def _find(self, cursor: Cursor, snapshot: Snapshot, day: date, landed: Sequence[Landed]) -> list[Landed]:
        """A day of the past was read whole by its time: all that it could lack is of other times."""
        if day != today():
            return []
        compared = (self._compare(cursor, snapshot, fresh) for fresh in landed if fresh.stretch.table.changed_at)
        return [share for share in compared if share]

    def _compare(self, cursor: Cursor, snapshot: Snapshot, fresh: Landed) -> Landed | None:
        table, day = fresh.stretch.table, fresh.stretch.day
        if fresh.new > ranges.AT_ONCE:
            ranges.put_off(cursor, table.full_name, day)
            discrepancies.remember_uncompared(cursor, table.full_name, day, BUSY)
            return None
        with snapshot.reader(f"acme {table.source} comparison") as reader:
            comparison = Comparison(cursor, reader, table, day, self.first_day, snapshot.moment, self.raw_rows)
            if why := comparison.why_not():
                discrepancies.remember_uncompared(cursor, table.full_name, day, why)
                return None
            keys = comparison.keys_to_read(fresh.part)
            lacking = self._read_keys(cursor, reader, comparison, keys) if keys else None
            comparison.remember()
            return lacking

    def _read_keys(self, cursor: Cursor, reader: Reader, comparison: Comparison, keys: list[int | str]) -> Landed:
        """The rows of these keys that raw lacks, as a part of today."""
        stretch = replace(self._stretch(cursor, comparison.table, comparison.day), note=NOTE)
        part = Part(stretch.table.name, stretch.delivery_id)
        declared, extra = self._columns(stretch.table)
        query = stretch.selecting([*declared, *(title for title, _ in extra)], comparison.having(keys))
        first_row = self.raw_rows.next_row(cursor, stretch.table, stretch.day)
        with rows_of(reader, query, f"{self.source.address} {stretch.table.source}") as rows:
            read = part.receive(cursor, [*declared, *(column for _, column in extra)], rows, first_row)
        if not (new := comparison.keep_lacking(part)):
            part.drop(cursor)
            return Landed(stretch, None, read, is_found=True)
        self._complete(cursor, stretch, part, rows, new, extra)
        lacking = Landed(stretch, part, read, new, is_found=True)
        self._show(cursor, lacking)
        return lacking
