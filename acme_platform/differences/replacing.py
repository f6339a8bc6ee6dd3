"""Replacing: a day of answers takes the place of the one that stands, row by row where few of them differ.

Belongs here: which rows are written. Not here: computing them (`transform/analytics.py`, `engine/answer.py`).

A correction changes few answers. To write all of them again costs their indexes and their log, and leaves as many dead
rows: a million answers of which one in a hundred differed took 7.3 s that way, and take 2.8, both with comparing them.
"""

from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.differences.corrections import note
from acme_platform.model.table import Table
from acme_platform.schema.ddl import indexed_later
from acme_platform.warehouse.connection import name, names

#: the others stay where at most one row in so many differs
FEW = 5


def replace(cursor: Cursor, table: Table, day: date, run_id: str, rows: int, *, is_new: bool) -> None:
    """Let the temporary table `answer`, of so many rows, be what the table says of the day."""
    key = [column for column in table.sql.shape.key if column != table.day_column]
    columns = table.sql.query.named_selects  # type: ignore[union-attr]  # of an answer
    difference = note(cursor, table, day, run_id, name(table.full_name), sql.Identifier("answer"))
    if difference and key and difference.rows * FEW <= rows:
        _change(cursor, table, day, key, columns)
    else:
        _take_place(cursor, table, day, columns, is_new=is_new)


def _change(cursor: Cursor, table: Table, day: date, key: Sequence[str], columns: Sequence[str]) -> None:
    """By what was compared just now, the temporary table `different`."""
    full_name, same = name(table.full_name), _same(key)
    cursor.execute(
        sql.SQL('delete from {} as stands using different where stands.{} = %(day)s and {} and "is before"').format(
            full_name, sql.Identifier(table.day_column), same
        ),
        {"day": day},
    )
    cursor.execute(
        sql.SQL('insert into {} ({}) select {} from answer as stands join different on {} where "is after"').format(
            full_name, names(columns), names(columns, of="stands"), same
        )
    )


def _same(key: Sequence[str]) -> sql.Composed:
    return sql.SQL(" and ").join(sql.SQL("stands.{0} = different.{0}").format(sql.Identifier(column)) for column in key)


def _take_place(cursor: Cursor, table: Table, day: date, columns: Sequence[str], *, is_new: bool) -> None:
    full_name = name(table.full_name)
    cursor.execute(
        sql.SQL("delete from {} where {} = %(day)s").format(full_name, sql.Identifier(table.day_column)), {"day": day}
    )
    with indexed_later(cursor, table) if is_new else nullcontext():
        cursor.execute(
            sql.SQL("insert into {} ({columns}) select {columns} from answer").format(full_name, columns=names(columns))
        )
