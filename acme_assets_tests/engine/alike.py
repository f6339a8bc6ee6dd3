"""The same statement on PostgreSQL and on Spark, over the same few rows.

Belongs here: the rows, and asking both. Not here: statements.
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime

import psycopg2
import pyarrow as pa
import sqlglot
from psycopg2 import sql
from sqlglot import exp

from acme_platform.cursor import Cursor
from acme_platform.engine.dialect import spark_sql, understood
from acme_platform.engine.parts.columns import schema
from acme_platform.engine.parts.copying import fetch
from acme_platform.engine.spark import Spark
from acme_platform.model.sql_file import DIALECT

DAY = date(2024, 3, 1)
TYPES = {
    "id": "bigint", "g": "text", "n": "integer", "b": "bigint", "d": "numeric(14,2)", "s": "text", "dt": "date",
    "ts": "timestamp with time zone", "f": "boolean", "extra": "jsonb",
}  # fmt: skip
#: ties, nulls, an empty text, letters beyond ASCII, the last day of February, numbers that no floating one holds
ROWS = """
(1, 'a', 7, 7, 7.25, 'Anna', '2024-01-31', '2024-01-31 23:30:00+00', true),
(2, 'a', -7, 2, -2.50, 'bert', '2024-02-29', '2024-02-29 00:00:00.123456+00', false),
(3, 'b', null, null, null, null, null, null, null),
(4, 'b', 2, 9007199254740993, 0.01, 'Ärger', '2023-12-31', '2023-12-31 12:00:00+00', true),
(5, null, 3, -4, 100.00, '', '2024-03-01', '2024-03-01 01:02:03+00', null),
(6, 'B', 0, 0, 2.50, 'a_b%c|d', '2024-03-31', '2024-03-31 10:00:00+00', false)
"""
NAME = "staging.thing"
Rows = list[tuple[object, ...]]


@dataclass(frozen=True)
class Both:
    """Two engines that hold the rows."""

    cursor: Cursor
    spark: Spark
    rows: pa.Table

    def postgresql(self, statement: str) -> Rows:
        self.cursor.execute(statement, {"day": DAY, "table": NAME})
        return [tuple(map(_plain, row)) for row in self.cursor.fetchall()]

    def on_spark(self, statement: str) -> Rows:
        """Columns need names that differ: an answer is taken apart by them."""
        rows = self.asked(spark_sql(parsed(statement), DAY, NAME, {NAME: "thing"}, "sql/x.sql"))
        return [tuple(map(_plain, row.values())) for row in rows.to_pylist()]

    def asked(self, statement: str) -> pa.Table:
        """In a session that may be another one since a statement failed."""
        self.spark.give("thing", self.rows)
        return self.spark.ask(statement)


def parsed(statement: str) -> exp.Query:
    tree = sqlglot.parse_one(statement.replace("%%", "%"), read=DIALECT)
    assert isinstance(tree, exp.Query)
    return understood(tree, {NAME: TYPES})


def _plain(value: object) -> object:
    return value.astimezone(UTC) if isinstance(value, datetime) else value


@contextmanager
def both(warehouse_url: str, spark: Spark) -> Iterator[Both]:
    columns = sql.SQL(", ").join(sql.SQL(f"{name} {kind}") for name, kind in TYPES.items())
    with closing(psycopg2.connect(warehouse_url)) as connection, connection.cursor() as cursor:
        connection.autocommit = True
        cursor.execute("set time zone 'UTC'")
        cursor.execute(sql.SQL("create table staging.thing ({})").format(columns))
        cursor.execute(f"insert into staging.thing values {ROWS}")  # noqa: S608  # a text of a test
        cursor.execute("update staging.thing set extra = %s where id = 1", ('{"x": 1, "y": 2}',))
        cursor.execute("update staging.thing set extra = %s where id = 2", ('{"y": 3}',))
        cursor.execute("begin")
        rows = fetch(cursor, sql.SQL("select * from staging.thing"), schema(TYPES))
        cursor.execute("commit")
        yield Both(cursor, spark, rows)
