"""Parquet as we write it: which encoding a column has, how many rows lie together.

Belongs here: everything that writes a part itself. Not here: parts that the engine writes (`session/connect.py`).
"""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

#: of text and numbers, a third of the size; zstd is half of that, for a third more time
COMPRESSION = "lz4"
#: bytes in memory that become one row group: with one for each 256 KB of CSV, writing and reading took a third longer
GROUP = 8 << 20
#: few values a part, which a dictionary holds once
FEW_VALUES = ("day", "delivery_id", "file", "extra")
#: one more with each row
COUNTED = "row_number"


def write_rows(output: "pa.NativeFile", schema: pa.Schema, batches: Iterable[pa.RecordBatch]) -> None:
    """Write batches of that schema as one Parquet file, in constant memory."""
    with pq.ParquetWriter(
        output,
        schema,
        compression=COMPRESSION,
        use_dictionary=[column for column in FEW_VALUES if column in schema.names],
        column_encoding={COUNTED: "DELTA_BINARY_PACKED"} if COUNTED in schema.names else None,
    ) as writer:
        for group in _grouped(batches):
            writer.write_table(pa.Table.from_batches(group, schema))


def _grouped(batches: Iterable[pa.RecordBatch]) -> Iterator[list[pa.RecordBatch]]:
    group: list[pa.RecordBatch] = []
    size = 0
    for batch in batches:
        group.append(batch)
        size += batch.nbytes
        if size >= GROUP:
            yield group
            group, size = [], 0
    if group:
        yield group
