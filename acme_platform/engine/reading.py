"""Reading: a statement in PostgreSQL's words as Spark runs it for a day, with a view for every table that it names.

Belongs here: which view stands for which table. Not here: words that Spark lacks (`dialect.py`), which rows a day sees
(`as_of.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import pyarrow as pa
from psycopg2 import sql
from sqlglot import exp

from acme_platform.cursor import Cursor
from acme_platform.engine import as_of
from acme_platform.engine.dialect import spark_sql, understood
from acme_platform.engine.parts.columns import schema, schema_of
from acme_platform.engine.parts.copying import fetch
from acme_platform.engine.parts.part_file import raw_schema
from acme_platform.engine.spark import Spark
from acme_platform.engine.superseded import Superseded
from acme_platform.ledger.parts import lake_parts
from acme_platform.model import layer
from acme_platform.model.engine import SPARK
from acme_platform.model.layer import layer_of
from acme_platform.model.table import Table
from acme_platform.registry import catalog
from acme_platform.warehouse.connection import name


@dataclass(frozen=True)
class Reading:
    """Of one day of one table."""

    spark: Spark
    cursor: Cursor
    table: Table
    day: date

    def reads_lake(self, tree: exp.Query) -> bool:
        return any(_is_in_lake(full_name) for full_name in _names(tree))

    def statement(self, tree: exp.Query) -> str:
        """As Spark runs it; the views of its tables are made."""
        tree = understood(tree, {full_name: self._shape(full_name) for full_name in _names(tree)})
        tree, seen = as_of.resolved(tree, self.table.sql.where)
        views = {full_name: self._show(full_name, full_name in seen) for full_name in _names(tree)}
        return spark_sql(tree, self.day, self.table.full_name, views, self.table.sql.where)

    def _shape(self, full_name: str) -> Mapping[str, str]:
        known = catalog.tables().get(full_name)
        return known.columns if known else self._types(full_name)

    def _show(self, full_name: str, as_of_day: bool) -> str:  # of one caller
        """The name of a view of what the statement sees of the table."""
        full_name = full_name.removesuffix(as_of.SEEN)
        view = full_name.replace(".", "__") + ("__seen" if as_of_day else "")
        if _is_in_lake(full_name):
            self._show_parts(catalog.table(full_name), view, as_of_day=as_of_day)
        else:
            self.spark.give(view, self._fetched(full_name))
        return view

    def _show_parts(self, table: Table, view: str, *, as_of_day: bool) -> None:
        if not as_of_day:
            types = raw_schema(table.sql.shape.names) if table.layer.is_loaded else schema_of(table)
            self.spark.show(view, lake_parts.parts(self.cursor, table.full_name), types)
            return
        parts = lake_parts.parts(self.cursor, table.full_name, until=self.day)
        if table.keep == "snapshot":
            newest = max((part.day for part in parts), default=self.day)
            self.spark.show(view, [part for part in parts if part.day == newest], schema_of(table))
        else:
            lasting = [part for part in parts if not part.is_passing]
            Superseded(self.spark, self.cursor, table).show(view, self.day, lasting)

    def _fetched(self, full_name: str) -> pa.Table:
        """Rows of PostgreSQL: of the day where they have one, so few that they may travel."""
        types = self._types(full_name)
        select = sql.SQL("select {} from {}").format(sql.SQL(", ").join(map(sql.Identifier, types)), name(full_name))
        if column := self._day_column(full_name, types):
            select += sql.SQL(" where {} = {}").format(sql.Identifier(column), sql.Literal(self.day))
        return fetch(self.cursor, select, schema(types))

    def _day_column(self, full_name: str, types: dict[str, str]) -> str:
        if full_name.partition(".")[0] in layer.names():
            return catalog.table(full_name).day_column
        return "day" if "day" in types else ""

    def _types(self, full_name: str) -> dict[str, str]:
        self.cursor.execute(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 and not attisdropped order by attnum",
            (full_name,),
        )
        known = ((column, kind) for column, kind in self.cursor.fetchall() if not kind.endswith("[]"))
        return dict(known)


def _names(tree: exp.Query) -> set[str]:
    return {f"{node.db}.{node.name}" for node in tree.find_all(exp.Table) if node.db}


def _is_in_lake(full_name: str) -> bool:
    """Raw rows and versions of a feed on Spark, and its answers."""
    full_name = full_name.removesuffix(as_of.SEEN)
    if full_name.partition(".")[0] not in layer.names():
        return False
    is_computed = layer_of(full_name).is_delivered or layer_of(full_name).is_answer
    return is_computed and catalog.engine(full_name) == SPARK
