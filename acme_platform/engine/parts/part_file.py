"""A part of a raw table in the lake: one delivered file as Parquet, its rows as text with their provenance.

Belongs here: from the screen to the file, wherever that runs. Not here: the screen, which rows count.
"""

import json
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from acme_platform.engine.parts.parquet_output import write_rows
from acme_platform.ingest.csv.line_blocks import Readable
from acme_platform.ingest.csv.reject import Reject
from acme_platform.ingest.csv.screen import Screen
from acme_platform.model.tolerance import Tolerance

#: columns of every raw table beside the delivered ones
PROVENANCE = {
    "day": pa.date32(),
    "delivery_id": pa.int64(),
    "file": pa.string(),
    "row_number": pa.int64(),
    "extra": pa.string(),
}
#: bytes that are parsed at a time
BLOCK = 4 << 20


@dataclass(frozen=True)
class PartFile:
    """What becomes of one delivery of a raw table."""

    columns: tuple[str, ...]
    day: date
    delivery_id: int
    file: str
    tolerance: Tolerance

    def write(self, source: Readable, output: "pa.NativeFile", reject: Callable[[Reject], None]) -> Screen:
        """Screen the source into the output; returns the screen with its counts. Raises RefusedFile as it does."""
        marker = secrets.token_hex(8)
        screen = Screen(
            source,
            file=self.file,
            columns=self.columns,
            marker=marker.encode(),
            reject=reject,
            tolerance=self.tolerance,
        )
        write_rows(output, self.schema, self._batches(screen, marker))
        return screen

    @property
    def schema(self) -> pa.Schema:
        return raw_schema(self.columns)

    def _batches(self, screen: Screen, marker: str) -> Iterator[pa.RecordBatch]:
        header = screen.header
        place = 1
        for batch in _parsed(screen, header.in_file_order):
            numbers = pa.array(np.arange(place, place + len(batch)))
            place += len(batch)
            rows = self._with_provenance(batch, numbers, dict(header.extra))
            # a broken row comes as a marker, which takes its number
            yield rows.filter(pc.not_equal(batch.column(0), marker).fill_null(True)) if screen.rejected else rows

    def _with_provenance(self, batch: pa.RecordBatch, numbers: pa.Array, extra: dict[str, str]) -> pa.RecordBatch:
        count = len(batch)
        provenance = {
            "day": pa.repeat(pa.scalar(self.day, pa.date32()), count),
            "delivery_id": pa.repeat(pa.scalar(self.delivery_id, pa.int64()), count),
            "file": pa.repeat(self.file, count),
            "row_number": numbers,
            "extra": _as_json(batch, extra),
        }
        return pa.RecordBatch.from_arrays(
            [*(batch.column(column) for column in self.columns), *provenance.values()], schema=self.schema
        )


def raw_schema(columns: Iterable[str]) -> pa.Schema:
    """Of a raw table in the lake: what was delivered is text."""
    return pa.schema([*((column, pa.string()) for column in columns), *PROVENANCE.items()])


class _Stream:
    """The screen as pyarrow wants a file."""

    closed = False

    def __init__(self, screen: Screen) -> None:
        self._screen = screen
        self._first = screen.read(BLOCK)

    @property
    def is_empty(self) -> bool:
        """A header alone, which pyarrow takes for no CSV."""
        return not self._first

    def read(self, size: int = -1) -> bytes:
        if not self._first:
            return self._screen.read(size)
        end = len(self._first) if size < 0 else size
        given, self._first = self._first[:end], self._first[end:]
        return given

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return False

    def writable(self) -> bool:
        return False

    def close(self) -> None:
        """Whoever opened the source closes it."""


def _parsed(screen: Screen, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """As COPY reads CSV: all is text, an empty value without quotes is null, one with quotes is an empty text."""
    stream = _Stream(screen)
    if stream.is_empty:
        return iter(())
    batches: Iterator[pa.RecordBatch] = pacsv.open_csv(
        pa.PythonFile(stream, mode="r"),
        read_options=pacsv.ReadOptions(column_names=list(columns), block_size=BLOCK, use_threads=False),
        parse_options=pacsv.ParseOptions(newlines_in_values=True),
        convert_options=pacsv.ConvertOptions(
            column_types=dict.fromkeys(columns, pa.string()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )
    return batches


def _as_json(batch: pa.RecordBatch, extra: dict[str, str]) -> pa.Array:
    """Undeclared columns, which are kept beside the declared ones; null in a file that has none."""
    if not extra:
        return pa.nulls(len(batch), pa.string())
    values = zip(*(batch.column(column).to_pylist() for column in extra.values()), strict=True)
    return pa.array(
        json.dumps({title: value for title, value in zip(extra, row, strict=True) if value is not None})
        for row in values
    )
