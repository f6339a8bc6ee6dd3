"""Reshaping: parts of a raw table that were written when its file declared other columns.

Belongs here: giving a day's parts the columns of today. Not here: the same for a table of PostgreSQL
(`schema/evolution.py`).

A column that is declared later takes what `extra` kept of it, and one that is no longer declared goes there: so nothing
that was delivered is lost, and no delivery comes again. It happens when staging reads the day.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pyarrow as pa

from acme_platform.cursor import Cursor
from acme_platform.engine.parts.files import TableFiles, folder
from acme_platform.engine.parts.parquet_output import write_rows
from acme_platform.engine.parts.part_file import raw_schema
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table


@dataclass(frozen=True)
class Reshaping:
    """Of one raw table, whose lock is held."""

    files: TableFiles
    cursor: Cursor
    table: Table

    def followed(self, parts: Sequence[LakePart]) -> list[LakePart]:
        """The parts with the columns that the table's file declares; those that have them are as they were."""
        wanted = raw_schema(self.table.sql.shape.names)
        return [part if has(self.files, part, wanted) else self._rewritten(part, wanted) for part in parts]

    def _rewritten(self, part: LakePart, wanted: pa.Schema) -> LakePart:
        path = f"{folder(self.table)}/{part.day}-{part.delivery_id}-{secrets.token_hex(3)}.parquet"
        with self.files.open_output(path) as output:
            write_rows(output, wanted, reshaped(self.files, part, wanted))
        rows, size = self.files.measured(path)
        written = replace(part, path=path, rows=rows, bytes=size)
        lake_parts.replace(self.cursor, self.table.full_name, part, [written])
        return written


def has(files: TableFiles, part: LakePart, wanted: pa.Schema) -> bool:
    """Whether the part has these columns and no others."""
    return set(files.columns(part)) == set(wanted.names)


def reshaped(files: TableFiles, part: LakePart, wanted: pa.Schema) -> Iterator[pa.RecordBatch]:
    """Its rows with the columns that are wanted."""
    return (_reshaped(batch, wanted) for batch in files.batches(part, files.columns(part)))


def _reshaped(batch: pa.RecordBatch, wanted: pa.Schema) -> pa.RecordBatch:
    """Titles of delivered columns are told apart without regard to case."""
    extras = [json.loads(text) if text else {} for text in batch.column("extra").to_pylist()]
    for column in set(batch.schema.names) - set(wanted.names):
        for extra, value in zip(extras, batch.column(column).to_pylist(), strict=True):
            extra.update({} if value is None else {column: value})
    taken = {
        column: pa.array([_taken(extra, column) for extra in extras], pa.string())
        for column in set(wanted.names) - set(batch.schema.names)
    }
    rest = pa.array([json.dumps(extra) if extra else None for extra in extras], pa.string())
    columns = {name: batch.column(name) for name in batch.schema.names} | taken | {"extra": rest}
    return pa.RecordBatch.from_arrays([columns[name] for name in wanted.names], schema=wanted)


def _taken(extra: dict[str, str], column: str) -> str | None:
    title = next(_titles(extra, column), None)
    return None if title is None else extra.pop(title)


def _titles(extra: dict[str, str], column: str) -> Iterator[str]:
    return (title for title in extra if title.lower() == column.lower())
