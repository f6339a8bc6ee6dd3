"""Copied rows: days of a table of PostgreSQL as parts of the lake, and back, without computing anything anew.

Belongs here: the rows of one table. Not here: what else moves, and when the other engine lets go (`moving.py`).
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.engine.copies.lake_rows import VALID_TO, LakeRows
from acme_platform.engine.parts.columns import schema_of
from acme_platform.engine.parts.copying import copy_batches, save
from acme_platform.engine.parts.files import TableFiles, folder
from acme_platform.engine.parts.part_file import raw_schema
from acme_platform.engine.superseded import ended_schema, list_name
from acme_platform.ledger.deliveries import Delivery
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import name, names
from acme_platform.warehouse.partition import Part


@dataclass(frozen=True)
class CopiedRows:
    """Of one table."""

    files: TableFiles
    cursor: Cursor
    table: Table

    def forget_parts(self) -> None:
        """The lake holds nothing of the table from now on; its files go with the next sweep."""
        for table_name in (self.table.full_name, list_name(self.table)):
            lake_parts.forget_table(self.cursor, table_name)

    def delivery_to_lake(self, delivery_id: int, day: date) -> None:
        """The part of one delivery of a raw table."""
        source = Part(self.table.name, delivery_id).full_name
        self._to_lake(self.table.full_name, source, raw_schema(self.table.sql.shape.names), day, delivery_id)

    def day_to_lake(self, day: date) -> None:
        """A day of versions or answers; what no question as of a day finds is a part of its own."""
        if self.table.keep != "changes":
            self._to_lake(self.table.full_name, self._of_day(day, sql.SQL("true")), schema_of(self.table), day)
            return
        passing = sql.SQL("{} is not distinct from {}").format(sql.Identifier(VALID_TO), sql.Literal(day))
        for condition, is_passing in ((passing, True), (sql.SQL("not ({})").format(passing), False)):
            rows = self._of_day(day, condition)
            self._to_lake(self.table.full_name, rows, schema_of(self.table), day, is_passing=is_passing)

    def _of_day(self, day: date, condition: sql.Composable) -> sql.Composable:
        column = sql.Identifier(self.table.day_column)
        return sql.SQL("{} where {} = {} and {}").format(
            name(self.table.full_name), column, sql.Literal(day), condition
        )

    def ends_to_lake(self, day: date) -> None:
        """Which version is followed by which: what PostgreSQL says in each of them is a list in the lake."""
        if VALID_TO not in self.table.columns or self.table.keep == "snapshot":
            return
        ended = sql.SQL("(select *, day as closed_day, {0} as by_day from {1} where {0} > day) as ended").format(
            sql.Identifier(VALID_TO), name(self.table.full_name)
        )
        self._to_lake(list_name(self.table), ended, ended_schema(self.table), day)

    def _to_lake(
        self,
        table_name: str,
        source: str | sql.Composable,
        schema: pa.Schema,
        day: date,
        delivery_id: int | None = None,
        *,
        is_passing: bool = False,
    ) -> None:
        rows = name(source) if isinstance(source, str) else source
        path = f"{folder(self.table)}{table_name.removeprefix(self.table.full_name).replace('.', '_')}/{day}-"
        path += f"{delivery_id or secrets.token_hex(6)}.parquet"
        with self.files.open_output(path) as output:
            save(self.cursor, sql.SQL("select {} from {}").format(names(schema.names), rows), schema, output)
        written, size = self.files.measured(path)
        if written or delivery_id:
            lake_parts.add(self.cursor, table_name, [LakePart(day, path, written, size, delivery_id, is_passing)])

    def delivery_to_warehouse(self, delivery: Delivery, parts: list[LakePart]) -> None:
        """The partition of one delivery of a raw table."""
        delivered, day = list(self.table.sql.shape.names), parts[0].day
        made = Part(self.table.name, delivery.delivery_id)
        made.create(self.cursor, [*delivered, "carried"], first_row=1)
        for part in parts:
            batches = self.files.batches(part, [*delivered, "row_number", "extra"])
            copy_batches(self.cursor, name(made.full_name), [*delivered, "row_number", "carried"], batches)
        made.stamp(self.cursor, day, delivery.file, [])
        self.cursor.execute(
            sql.SQL("update {0} set extra = carried::jsonb where carried is not null").format(name(made.full_name))
        )
        self.cursor.execute(sql.SQL("alter table {} drop carried").format(name(made.full_name)))
        if delivery.state == "visible":
            made.attach(self.cursor, self.table.full_name, day)

    def rows_to_warehouse(self) -> None:
        """All days of versions."""
        LakeRows(self.files, self.cursor, self.table).copy_to(
            self.cursor, name(self.table.full_name), list(self.table.columns)
        )

    def days(self) -> Iterator[date]:
        """Of a table of PostgreSQL."""
        column = sql.Identifier(self.table.day_column)
        self.cursor.execute(sql.SQL("select distinct {} from {} order by 1").format(column, name(self.table.full_name)))
        return (day for (day,) in self.cursor.fetchall())
