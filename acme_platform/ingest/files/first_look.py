"""A first look at a file that is about to be delivered: whether it can be unpacked, and its header is the table's.

Belongs here: what can be told from the first block. Not here: the rows, which the load judges (`load.py`).
"""

from typing import BinaryIO

from acme_platform.ingest.csv.compression import decompressed
from acme_platform.ingest.csv.screen import Screen
from acme_platform.model.table import Table
from acme_platform.model.tolerance import USUAL


def refuse_header(raw: BinaryIO, file: str, table: Table) -> None:
    """Raise the RefusedFile that the load would raise before its first row."""
    Screen(
        decompressed(raw, file),
        file=file,
        columns=table.sql.shape.names,
        marker=b"",
        reject=lambda _: None,
        tolerance=USUAL,
    )
