"""Raw rows in the lake, of tables that are read from a database: what landed in PostgreSQL becomes a part of the lake.

Belongs here: the answers of the lake to a reading. Not here: what a reading asks (`ingest/database/raw_rows.py`).

    source ──► a table of PostgreSQL, less what raw holds ──► part, one a reading, table and day ──► dropped
    parts of a day ──► at each sixteenth reading they become one (`compaction.py`)

What a reading has to know of raw is lent to PostgreSQL in a temporary table: rows of a few days or of a few keys. Only
who compares a whole table anew (`resync.py`) is lent all of raw.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
import pyarrow.dataset as pads
from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.engine.parts.copying import copy_batches, save
from acme_platform.engine.parts.files import TableFiles, folder
from acme_platform.engine.parts.parquet_output import write_rows
from acme_platform.engine.parts.part_file import PROVENANCE, raw_schema
from acme_platform.engine.parts.reshaping import has, reshaped
from acme_platform.ingest.database.raw_rows import ALL, Wanted
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import name, names
from acme_platform.warehouse.partition import Part

HELD = "pg_temp.held"


@dataclass(frozen=True)
class InLake:
    """Parts of the lake, as a reading wants raw."""

    files: TableFiles

    def next_row(self, cursor: Cursor, table: Table, day: date) -> int:
        parts = lake_parts.parts(cursor, table.full_name, day, day)
        return 1 + max((self.files.greatest(part, "row_number") for part in parts), default=0)

    def held(self, cursor: Cursor, table: Table, wanted: Wanted = ALL) -> sql.Composable:
        """A temporary table like raw; of many keys the condition is a set, which the files are filtered by."""
        cursor.execute(sql.SQL("drop table if exists {}").format(name(HELD)))
        cursor.execute(
            sql.SQL("create temporary table {} (like {}) on commit drop").format(
                sql.Identifier(HELD.partition(".")[2]), name(table.full_name)
            )
        )
        parts = lake_parts.parts(cursor, table.full_name)
        if wanted.days is not None:
            parts = [part for part in parts if part.day in set(wanted.days)]
        types = raw_schema(table.sql.shape.names)
        batches = self._rows(parts, types, _condition(cursor, table, wanted))
        copy_batches(cursor, name(HELD), types.names, batches)
        cursor.execute(sql.SQL("analyze {}").format(name(HELD)))
        return name(HELD)

    def show(self, cursor: Cursor, table: Table, part: Part, day: date) -> None:
        columns = table.sql.shape.names
        select = sql.SQL("select {}, extra::text from {} order by row_number").format(
            names([*columns, *(column for column in PROVENANCE if column != "extra")]), name(part.full_name)
        )
        path = _path(table, day, part.delivery_id)
        with self.files.open_output(path) as output:
            save(cursor, select, raw_schema(columns), output)
        self._tell(cursor, table, day, part.delivery_id, path)

    def merge(self, cursor: Cursor, table: Table, day: date, delivery_id: int, before: Sequence[int]) -> int:
        parts = [
            part for part in lake_parts.parts(cursor, table.full_name, day, day) if part.delivery_id in set(before)
        ]
        parts.sort(key=lambda part: part.delivery_id or 0)
        types = raw_schema(table.sql.shape.names)
        path = _path(table, day, delivery_id)
        with self.files.open_output(path) as output:
            write_rows(output, types, _handed_over(self._rows(parts, types), delivery_id))
        lake_parts.remove_deliveries(cursor, before)
        return self._tell(cursor, table, day, delivery_id, path)

    def settle(self, cursor: Cursor, landed: Iterable[Part]) -> None:
        for part in landed:
            part.drop(cursor)

    def _rows(
        self, parts: Iterable[LakePart], types: pa.Schema, condition: pads.Expression | None = None
    ) -> Iterator[pa.RecordBatch]:
        """Also of parts that were written when the table's file declared other columns: nothing of them is lost."""
        for part in parts:
            if has(self.files, part, types):
                yield from self.files.scanned([part], types, condition)
            else:
                rows = pa.Table.from_batches(reshaped(self.files, part, types), types)
                yield from (rows if condition is None else rows.filter(condition)).to_batches()

    def _tell(self, cursor: Cursor, table: Table, day: date, delivery_id: int, path: str) -> int:
        rows, size = self.files.measured(path)
        lake_parts.add(cursor, table.full_name, [LakePart(day, path, rows, size, delivery_id)])
        return rows


def _path(table: Table, day: date, delivery_id: int) -> str:
    return f"{folder(table)}/{day}-{delivery_id}.parquet"


def _condition(cursor: Cursor, table: Table, wanted: Wanted) -> pads.Expression | None:
    """Times as PostgreSQL prints them sort as text, in the order of code points."""
    if wanted.since is not None:
        changed_at = pads.field(table.changed_at)
        return (changed_at >= str(wanted.since)) | changed_at.is_null()
    if wanted.keys is None:
        return None
    cursor.execute(wanted.keys)
    return pads.field(table.key[0]).isin(pa.array(sorted({key for (key,) in cursor if key is not None}), pa.string()))


def _handed_over(batches: Iterable[pa.RecordBatch], delivery_id: int) -> Iterator[pa.RecordBatch]:
    """Rows of another delivery; each still says how it was read, as `file`."""
    for batch in batches:
        place = batch.schema.get_field_index("delivery_id")
        numbers = pa.repeat(pa.scalar(delivery_id, pa.int64()), len(batch))
        yield batch.set_column(place, batch.schema.field(place), numbers)
