"""Parts of raw tables: showing, hiding and dropping the rows of one delivery, wherever they stand.

Belongs here: the same four acts for both engines. Not here: writing a part (`warehouse/partition.py`,
`engine/parts/part_file.py`), when each act happens (`ingest/files/load.py`, `transform/refusal.py`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from acme_platform.cursor import Cursor
from acme_platform.ledger.parts import lake_parts
from acme_platform.model.engine import SPARK
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.warehouse.partition import Part, existing


class RawParts(Protocol):
    """Of one raw table."""

    def existing(self, cursor: Cursor, delivery_ids: Iterable[int]) -> set[int]:
        """Those of the deliveries whose rows are there."""

    def attach(self, cursor: Cursor, delivery_id: int, day: date) -> None:
        """Make the rows part of the table."""

    def detach(self, cursor: Cursor, delivery_id: int) -> None:
        """Take the rows out of the table; they stay where they are."""

    def drop(self, cursor: Cursor, delivery_id: int) -> None:
        """The rows are gone."""


@dataclass(frozen=True)
class WarehouseParts:
    """A partition of PostgreSQL for each delivery."""

    table: Table

    def existing(self, cursor: Cursor, delivery_ids: Iterable[int]) -> set[int]:
        return existing(cursor, self.table.name, delivery_ids)

    def attach(self, cursor: Cursor, delivery_id: int, day: date) -> None:
        Part(self.table.name, delivery_id).attach(cursor, self.table.full_name, day)

    def detach(self, cursor: Cursor, delivery_id: int) -> None:
        Part(self.table.name, delivery_id).detach(cursor, self.table.full_name)

    def drop(self, cursor: Cursor, delivery_id: int) -> None:
        Part(self.table.name, delivery_id).drop(cursor)


@dataclass(frozen=True)
class LakeParts:
    """A file of the lake for each delivery; its rows are part of the table while the ledger calls it visible.

    What was read of a database, and not shown, may still be where it landed: in a table of PostgreSQL.
    """

    table: Table

    def existing(self, cursor: Cursor, delivery_ids: Iterable[int]) -> set[int]:
        return lake_parts.written(cursor, self.table.full_name, delivery_ids)

    def attach(self, cursor: Cursor, delivery_id: int, day: date) -> None:
        """Nothing: the state of the delivery says it."""

    def detach(self, cursor: Cursor, delivery_id: int) -> None:
        """Nothing: the state of the delivery says it."""

    def drop(self, cursor: Cursor, delivery_id: int) -> None:
        lake_parts.remove_deliveries(cursor, [delivery_id])
        if self.table.source:
            Part(self.table.name, delivery_id).drop(cursor)


def raw_parts(table: Table) -> RawParts:
    """Where the table's rows stand now."""
    return LakeParts(table) if catalog.engine(table.full_name) == SPARK else WarehouseParts(table)
