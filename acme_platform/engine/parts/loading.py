"""Loading into the lake: the part of one delivery of a raw table, beside what `ingest/files/load.py` does.

Belongs here: where the part is and what the ledger keeps of it. Not here: writing it (`part_file.py`), having a cluster
write it (`session/delivering.py`).
"""

from collections.abc import Callable
from dataclasses import dataclass

from acme_platform.cursor import Cursor
from acme_platform.engine.parts.files import TableFiles, folder
from acme_platform.engine.parts.part_file import PartFile
from acme_platform.ingest.csv.compression import decompressed
from acme_platform.ingest.csv.reject import Reject
from acme_platform.ingest.files.load import Written
from acme_platform.lake import Lake
from acme_platform.ledger.deliveries import Reading
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table
from acme_platform.model.tolerance import Tolerance


@dataclass(frozen=True)
class IntoLake:
    """A writer of parts, as the loader wants it."""

    files: TableFiles

    def __call__(
        self,
        cursor: Cursor,
        table: Table,
        reading: Reading,
        lake: Lake,
        reject: Callable[[Reject], None],
        tolerance: Tolerance,
    ) -> Written:
        path = f"{place(table, reading)}.parquet"
        with lake.open(reading.file) as raw, self.files.open_output(path) as output:
            source = decompressed(raw, reading.file.key)
            screen = part_file(table, reading, tolerance).write(source, output, reject)
        rows, size = self.files.measured(path)
        lake_parts.add(cursor, table.full_name, [LakePart(reading.day, path, rows, size, reading.delivery_id)])
        return Written(screen.rows, screen.rejected, rows, source.checksum)


def place(table: Table, reading: Reading) -> str:
    """Of a delivery's part, without its ending."""
    return f"{folder(table)}/{reading.day}-{reading.delivery_id}"


def part_file(table: Table, reading: Reading, tolerance: Tolerance) -> PartFile:
    return PartFile(table.sql.shape.names, reading.day, reading.delivery_id, reading.file.key, tolerance)
