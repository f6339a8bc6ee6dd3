"""The log of a table in the lake: by which anybody's tools read the table, in the format of the settings.

Belongs here: what a log promises, which format it has, bringing it in line with the ledger. Not here: the formats
(`delta_log.py`, `iceberg_log.py`), which parts a table has, which the ledger says (`ledger/parts/lake_parts.py`).

A kill between the ledger and the log leaves the log behind, until somebody follows again.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Protocol

from acme_platform.engine.parts.columns import schema_of
from acme_platform.engine.parts.files import TableFiles, folder
from acme_platform.engine.parts.part_file import raw_schema
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.engine import DELTA
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import Warehouse, lock


class LakeLog(Protocol):
    """The log at the address of a table, for one look: what another process commits later is seen by the next one."""

    @property
    def url(self) -> str:
        """Of the table."""

    @property
    def version(self) -> int | None:
        """The number of the newest commit, one's own included; None where there is none."""

    @property
    def paths(self) -> Mapping[str, tuple[str, int]]:
        """Path below the table's address -> day and bytes, of each file that it shows."""

    def follow(self, parts: Iterable[LakePart], run_id: str) -> bool:
        """Show these parts and no others, by one commit or none; whether there was one.

        Whoever calls holds the table's lock.
        """


@contextmanager
def lake_log(files: TableFiles, warehouse: Warehouse, table: Table) -> Iterator[LakeLog]:
    """That of the table, in the format of the settings; the libraries of the other one are not imported."""
    types = raw_schema(table.sql.shape.names) if table.layer.is_loaded else schema_of(table)
    if files.format == DELTA:
        from acme_platform.engine.parts.delta_log import DeltaLog  # noqa: PLC0415

        yield DeltaLog(files.url, folder(table), types, table.day_column)
        return
    from acme_platform.engine.parts.iceberg_log import IcebergLog, open_catalog  # noqa: PLC0415

    with open_catalog(warehouse) as catalog:
        yield IcebergLog(files.url, folder(table), types, table.day_column, catalog)


@dataclass(frozen=True)
class Shown:
    """What everybody else's tools find of a table."""

    format: str
    address: str
    version: int | None
    files: int
    bytes: int

    @property
    def facts(self) -> dict[str, Any]:
        """For the page of the asset."""
        return {
            "table_format": self.format,
            "table_location": self.address,
            "table_version": self.version or 0,
            "table_files": self.files,
            "table_bytes": self.bytes,
        }


def follow(files: TableFiles, warehouse: Warehouse, table: Table, run_id: str) -> Shown:
    """Show everybody what the ledger says of the table now."""
    application = f"{run_id[:8]} {table.full_name} log"
    with warehouse.transaction(application) as cursor, lake_log(files, warehouse, table) as log:
        lock(cursor, f"{table.full_name} log")
        parts = lake_parts.parts(cursor, table.full_name)
        log.follow(parts, run_id)
        return Shown(files.format, log.url, log.version, len(parts), sum(part.bytes for part in parts))
