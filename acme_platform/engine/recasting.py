"""Recasting: parts of versions or answers that were written when the table's file declared other columns or types.

Belongs here: giving all parts of a table the types of today, at once. Not here: which changes a table can follow
(`schema/evolution.py`), parts of raw, which are text (`parts/reshaping.py`).

PostgreSQL does the same when it alters a table that holds rows: a new column has its default in them, a wider type
holds what was there. All parts are written anew in one transaction, so that one of them tells of all.
"""

import secrets
from dataclasses import dataclass, replace

import pyarrow as pa
from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.engine.parts.columns import schema_of
from acme_platform.engine.parts.files import folder
from acme_platform.engine.spark import Spark, spark_type
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table

DEFAULTS = """
select attname, pg_get_expr(adbin, adrelid) from pg_attrdef
join pg_attribute on attrelid = adrelid and attnum = adnum where adrelid = %s::regclass
"""


@dataclass(frozen=True)
class Recasting:
    """Of one table, whose lock is held."""

    spark: Spark
    cursor: Cursor
    table: Table

    def follow(self) -> None:
        """Write parts of older columns and types anew; nothing where they are those of the file."""
        parts = lake_parts.parts(self.cursor, self.table.full_name)
        if not parts or self._agrees(there := self.spark.files.schema(parts[0])):
            return
        select = self._select(there)
        for part in parts:
            self._rewrite(part, there, select)

    def _agrees(self, there: pa.Schema) -> bool:
        """Only numbers are stored by their width; a text is a text."""
        return all(
            field.name in there.names and (not _is_number(field.type) or there.field(field.name).type == field.type)
            for field in schema_of(self.table)
        )

    def _select(self, there: pa.Schema) -> str:
        wanted = schema_of(self.table)
        places = [column for column in there.names if column not in self.table.columns and column in PLACES]
        kept = [f"cast(`{field.name}` as {spark_type(field.type)})" for field in wanted if field.name in there.names]
        names = [field.name for field in wanted if field.name in there.names]
        new = {field.name: self._default(field) for field in wanted if field.name not in there.names}
        columns = [f"{value} as `{column}`" for column, value in [*zip(names, kept, strict=True), *new.items()]]
        return ", ".join([*columns, *places])

    def _default(self, field: pa.Field) -> str:
        """As PostgreSQL gives it to rows that were there."""
        self.cursor.execute(DEFAULTS, (self.table.full_name,))
        if field.name not in (defaults := dict(self.cursor.fetchall())):
            return f"cast(null as {spark_type(field.type)})"
        self.cursor.execute(sql.SQL("select ({})::text").format(sql.SQL(defaults[field.name])))
        ((text,),) = self.cursor.fetchall()
        escaped = str(text).replace("\\", "\\\\").replace("'", "\\'")
        return f"cast('{escaped}' as {spark_type(field.type)})"

    def _rewrite(self, part: LakePart, there: pa.Schema, select: str) -> None:
        known = pa.schema([field for field in there if field.name in self.table.columns or field.name in PLACES])
        self.spark.show("older", [part], known)
        path = f"{folder(self.table)}/{part.day}-{secrets.token_hex(6)}"
        self.spark.write(f"select {select} from older", path)  # noqa: S608  # names of columns
        written = [
            replace(part, path=where, rows=rows, bytes=size) for where, rows, size in self.spark.files.written(path)
        ]
        lake_parts.replace(self.cursor, self.table.full_name, part, written)


#: which delivered row a version is of
PLACES = ("delivery_id", "row_number")


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(kind) or pa.types.is_integer(kind))
