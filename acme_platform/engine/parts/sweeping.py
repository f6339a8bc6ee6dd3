"""Sweeping: files of tables in the lake that the ledger does not name are taken away, when nobody reads them any more.

A day that is filled again leaves the files of before, one that fails leaves what it wrote so far. Readers of others
may be at them, and a log of Delta can be read as of an earlier time: so they stay for a week.

Belongs here: which files go. Not here: when (`triggers/housekeeping.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from acme_platform.engine.parts.files import FileFact, TableFiles, folder
from acme_platform.engine.parts.ownership import own
from acme_platform.engine.parts.sorted_keys import ENDING, keys_folder, part_of
from acme_platform.ledger.parts import lake_parts
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import Warehouse

KEPT = timedelta(days=7)
#: folders of logs, which their own libraries keep in order
LOGS = ("/_delta_log/", "/metadata/")


@dataclass(frozen=True)
class Swept:
    """What was taken away."""

    files: int = 0
    bytes: int = 0


def sweep(files: TableFiles, warehouse: Warehouse, tables: Iterable[Table], now: datetime | None = None) -> Swept:
    """Take away what no table needs. Raises MendInput where the tables belong to another platform."""
    own(files, warehouse)
    before = (now or datetime.now(UTC)) - KEPT
    # Listed before the ledger is asked: what is written and named in between is younger than a week.
    there = list(_files(files, tables))
    with warehouse.transaction("sweep of the lake") as cursor:
        lake_parts.forget_replaced(cursor)
        named = lake_parts.paths(cursor)
    gone = [file for file, part in there if part not in named and file.changed_at < before]
    for file in gone:
        files.delete(file.path)
    return Swept(len(gone), sum(file.bytes for file in gone))


def _files(files: TableFiles, tables: Iterable[Table]) -> Iterator[tuple[FileFact, str]]:
    """Rows of our tables and their indexes, each with the path of its part; never what somebody else put there."""
    for table in tables:
        for place in (folder(table), f"{folder(table)}_superseded"):
            for file in files.below(place):
                if file.path.endswith(".parquet") and not any(log in file.path for log in LOGS):
                    yield file, file.path
        for file in files.below(keys_folder(table)):
            if file.path.endswith(ENDING):
                yield file, part_of(table, file.path)
