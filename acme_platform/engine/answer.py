"""Answers from the lake: a day of an analytics table, computed by Spark, kept as a part and copied to PostgreSQL.

Belongs here: filling one day of one table. Not here: the views that its select reads (`reading.py`), words of
PostgreSQL that Spark lacks (`dialect.py`).

People and everything that follows (caches, exports, questions) ask PostgreSQL, where a day changes at once.
"""

import secrets
from collections.abc import Callable
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.differences.replacing import replace
from acme_platform.engine.dialect import handed_over
from acme_platform.engine.parts.columns import schema_of
from acme_platform.engine.parts.copying import copy_parts
from acme_platform.engine.parts.files import folder
from acme_platform.engine.reading import Reading
from acme_platform.engine.recasting import Recasting
from acme_platform.engine.spark import Spark, as_declared
from acme_platform.ledger import builds, check_results
from acme_platform.ledger.parts import lake_parts
from acme_platform.ledger.parts.lake_parts import LakePart
from acme_platform.model.table import Table
from acme_platform.schema.ddl import ensure
from acme_platform.transform.live_views import ensure_views, newest
from acme_platform.warehouse.connection import Warehouse, lock, name
from acme_platform.warehouse.written_sql import written_in

#: tells others of the parts that the table has now
Followed = Callable[[Cursor, Table], None]


def answer(spark: Spark, warehouse: Warehouse, table: Table, day: date, run_id: str) -> int:
    """Fill the day, whatever it held before; returns its rows. Raises BlockedByCheck over a red `must` upstream."""
    with warehouse.transaction(f"{run_id[:8]} {table.full_name}") as cursor:
        is_new = ensure(cursor, table)
        if table.live:
            ensure_views(cursor, table, newest)
        lock(cursor, table.lock(day))
        check_results.refuse_red(cursor, table, day)
        Recasting(spark, cursor, table).follow()
        # Read before the data: a change that slips in between is seen again as newer, never missed.
        seen = builds.newest_changes(cursor, table, day)
        parts = _compute(spark, cursor, table, day)
        lake_parts.remove_days(cursor, table.full_name, [day])
        lake_parts.add(cursor, table.full_name, parts)
        rows = _receive(spark, cursor, table, parts)
        with written_in(table.sql, f"{table.full_name} of {day}"):
            replace(cursor, table, day, run_id, rows, is_new=is_new)
        builds.built(cursor, table.full_name, day, rows=rows, run_id=run_id, seen=seen, version=table.code_version)
        return rows


def _compute(spark: Spark, cursor: Cursor, table: Table, day: date) -> list[LakePart]:
    path = f"{folder(table)}/{day}-{secrets.token_hex(6)}"
    assert table.sql.query  # noqa: S101  # an answer has a select
    answered = Reading(spark, cursor, table, day).statement(handed_over(table.sql.query))
    spark.write(f"select {as_declared(schema_of(table))} from ({answered}) as answer", path)  # noqa: S608  # its own select
    return [LakePart(day, *written) for written in spark.files.written(path)]


def _receive(spark: Spark, cursor: Cursor, table: Table, parts: list[LakePart]) -> int:
    """The rows of the parts in the temporary table `answer`; returns how many.

    COPY into a table with indexes takes three times as long as into this one, so it does not go there at once.
    """
    cursor.execute(sql.SQL("create temporary table answer (like {}) on commit drop").format(name(table.full_name)))
    return copy_parts(spark.files, cursor, sql.Identifier("answer"), list(table.columns), parts)
