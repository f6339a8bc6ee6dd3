"""Copying: rows between the lake and PostgreSQL, a batch at a time, as CSV that COPY reads and writes.

Belongs here: both directions. Not here: which rows (`answer.py`, `appeal.py`, `reading.py`).
"""

import io
import tempfile
from collections.abc import Iterable, Iterator
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.csv as pacsv
from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.engine.parts.files import TableFiles
from acme_platform.engine.parts.parquet_output import write_rows
from acme_platform.engine.parts.part_file import BLOCK
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.warehouse.connection import name, names

#: an empty text is quoted, and so no null; times are told with their zone
WRITTEN = pacsv.WriteOptions(include_header=False, quoting_style="needed")
#: PostgreSQL's spelling of flags and of null
READ = {
    "null_values": [""],
    "strings_can_be_null": True,
    "quoted_strings_can_be_null": False,
    "true_values": ["t"],
    "false_values": ["f"],
}


def copy_parts(
    files: TableFiles, cursor: Cursor, target: sql.Composable, columns: list[str], parts: Iterable[LakePart]
) -> int:
    """Put these columns of the parts' rows into a table of PostgreSQL; returns how many."""
    return sum(copy_batches(cursor, target, columns, files.batches(part, columns)) for part in parts)


def copy_rows(cursor: Cursor, table_name: str, rows: pa.Table) -> int:
    """Put rows into a table; returns how many."""
    return copy_batches(cursor, name(table_name), rows.column_names, iter(rows.to_batches()))


def copy_batches(cursor: Cursor, target: sql.Composable, columns: list[str], batches: Iterator[pa.RecordBatch]) -> int:
    """Put rows into these columns of a table; returns how many."""
    copy = sql.SQL("copy {} ({}) from stdin (format csv)").format(target, names(columns))
    cursor.copy_expert(copy, cast("BinaryIO", _AsCsv(batches)), size=1 << 18)
    return int(cursor.rowcount)


def fetch(cursor: Cursor, select: sql.Composable, schema: pa.Schema) -> pa.Table:
    """The rows of a select, which end in memory: few."""
    output = io.BytesIO()
    cursor.copy_expert(sql.SQL("copy ({}) to stdout (format csv, header)").format(select), output)
    output.seek(0)
    convert = pacsv.ConvertOptions(column_types=schema, **READ)
    table = pacsv.read_csv(output, parse_options=pacsv.ParseOptions(newlines_in_values=True), convert_options=convert)
    return table.select(schema.names).cast(schema)


def save(cursor: Cursor, select: sql.Composable, schema: pa.Schema, output: "pa.NativeFile") -> None:
    """The rows of a select as a Parquet file, in constant memory; its columns are those of the schema, in its order."""
    cursor.execute(sql.SQL("select max(octet_length(one::text)) from ({}) as one").format(select))
    (longest,) = cursor.fetchone() or (None,)
    with tempfile.TemporaryFile() as file:
        cursor.copy_expert(sql.SQL("copy ({}) to stdout (format csv)").format(select), file)
        file.seek(0)
        write_rows(output, schema, _read(file, schema, longest) if longest is not None else ())


def _read(file: BinaryIO, schema: pa.Schema, longest: int) -> Iterator[pa.RecordBatch]:
    """What COPY wrote, a batch at a time; `longest` is the size of a row, in bytes."""
    batches: Iterator[pa.RecordBatch] = pacsv.open_csv(
        file,
        # A row has to fit in a block; quotes, of which it may consist, are doubled.
        read_options=pacsv.ReadOptions(column_names=schema.names, block_size=max(BLOCK, 2 * longest)),
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(column_types=schema, **READ),
    )
    return batches


class _AsCsv:
    """Batches as the bytes of a file that COPY reads."""

    def __init__(self, batches: Iterator[pa.RecordBatch]) -> None:
        self._batches = batches
        self._ready = memoryview(b"")

    def read(self, size: int) -> bytes:
        while not self._ready:
            batch = next(self._batches, None)
            if batch is None:
                return b""
            output = io.BytesIO()
            pacsv.write_csv(batch, output, WRITTEN)
            self._ready = output.getbuffer()
        given, self._ready = self._ready[:size], self._ready[size:]
        return bytes(given)
