"""Delivering: who screens the loader's files. The workers of a job do, one task each; else this process.

Belongs here: the choice, and what the step does where workers screen, which is the ledger's part. Not here: what a
worker does (`screening.py`), what this process does (`parts/loading.py`).

The file is the one that the ledger knows: whether it still is, the loader asks when the part is there.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from acme_platform.cursor import Cursor
from acme_platform.engine.parts.files import TableFiles
from acme_platform.engine.parts.loading import IntoLake, part_file, place
from acme_platform.engine.session.job import Job
from acme_platform.engine.session.screening import Task
from acme_platform.errors import TryAgain
from acme_platform.ingest.csv.reject import Reject
from acme_platform.ingest.files.load import Loader, Written
from acme_platform.lake import Lake
from acme_platform.ledger.deliveries import Reading
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table
from acme_platform.model.tolerance import Tolerance

#: files that are asked for at a time: a connection of PostgreSQL each; what the cluster has no core for waits there
AT_ONCE = 16


@dataclass(frozen=True)
class OnWorkers:
    """A writer of parts, as the loader wants it."""

    job: Job
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
        part = part_file(table, reading, tolerance)
        made = self.job.screen(Task(lake.uri(reading.file.key), part, self.files.url, place(table, reading)))
        for rejected in made.rejects:
            reject(rejected)
        if made.refusal:
            raise made.refusal
        if made.trouble:
            raise TryAgain(
                f"a worker of {self.job.url} could not screen {reading.file.key}: {made.trouble}",
                "workers reach the lake and the tables at the addresses of the step",
            )
        written = LakePart(reading.day, made.path, made.kept, made.bytes, reading.delivery_id)
        lake_parts.add(cursor, table.full_name, [written])
        return Written(made.rows, made.rejected, made.kept, made.checksum)


def loader(job: Job | None, files: TableFiles) -> Callable[..., Loader]:
    """A loader whose files become parts."""
    if job:
        return partial(Loader, write=OnWorkers(job, files), parallel=AT_ONCE)
    return partial(Loader, write=IntoLake(files))
