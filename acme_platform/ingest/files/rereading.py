"""Rereading: whether a file that was refused while it was read would be taken now.

Belongs here: reading it once more without keeping anything. Not here: loading it (`load.py`).

Its lines never came into raw, so nothing but the file itself can say it; and reading it costs less than a run that
fails again.
"""

from acme_platform.errors import RefusedFile
from acme_platform.ingest.csv.compression import CHUNK, decompressed
from acme_platform.ingest.csv.reject import Reject
from acme_platform.ingest.csv.screen import Screen
from acme_platform.lake import Lake, LakeObject
from acme_platform.model.table import Table
from acme_platform.model.tolerance import Tolerance


def would_be_read(lake: Lake, table: Table, file: LakeObject, tolerance: Tolerance) -> bool:
    """Whether the screen lets it through, by the columns and the tolerance of now."""
    try:
        with lake.open(file) as raw:
            screen = Screen(
                decompressed(raw, file.key),
                file=file.key,
                columns=table.sql.shape.names,
                marker=b"rejected",
                reject=_forget,
                tolerance=tolerance,
            )
            while screen.read(CHUNK):
                pass
    except RefusedFile:
        return False
    return True


def _forget(reject: Reject) -> None:
    del reject
