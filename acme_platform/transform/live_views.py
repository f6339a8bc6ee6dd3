"""Live views: what a table answers for today, computed at the moment of the question.

    analytics.<table>_history    the filled days before today
    analytics.<table>_today      the table's own select for today, over staging as it stands
    analytics.<table>_union      both

The select is the one of the table's SQL file, so that no definition is written twice.

Where staging is in the lake, no view of PostgreSQL can compute over it. There today says what the newest filled day
says: each reading of a source ends with the answers of its day, and until another one comes staging holds no version
that these have not seen. So the same versions are valid today, provided that the select asks of the day which versions
are valid, and nothing else (`registry/live_fault.py` refuses others). Publishing the versions themselves would keep all
of staging in PostgreSQL a second time, which a feed on Spark has outgrown.

Belongs here: making the views. Not here: filling the table (`analytics.py`, `engine/answer.py`).
"""

from collections.abc import Callable

from psycopg2 import sql
from psycopg2.extensions import AsIs

from acme_platform.cursor import Cursor
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import lock, name, names

TODAY = "(now() at time zone 'UTC')::date"


def computed(table: Table) -> sql.Composable:
    """The answers of `%(day)s`, over staging as it stands."""
    return sql.SQL(table.sql.select)


def newest(table: Table) -> sql.Composable:
    """The answers of the newest filled day up to `%(day)s`, as those of that day."""
    day = sql.Identifier(table.day_column)
    others = [column for column in table.sql.shape.names if column != table.day_column]
    return sql.SQL(
        "select {others}, %(day)s as {day} from {table} where {day} = (select max(day) from ledger.builds"
        " where table_name = {name} and day <= %(day)s)"
    ).format(others=names(others), day=day, table=name(table.full_name), name=sql.Literal(table.full_name))


def ensure_views(cursor: Cursor, table: Table, answers: Callable[[Table], sql.Composable] = computed) -> None:
    """Create the views, and again after a change of the SQL file, whose version is their comment."""
    version = f"of {table.sql.where}, version {table.code_version}{', of its newest day' if answers is newest else ''}"
    if _comment(cursor, f"{table.full_name}_union") == version:
        return
    lock(cursor, "ddl")
    history, today, union = (name(f"{table.full_name}_{part}") for part in ("history", "today", "union"))
    columns = names(table.sql.shape.names)
    for view in (union, today, history):
        cursor.execute(sql.SQL("drop view if exists {}").format(view))
    of_today = sql.SQL("create view {} as select {} from ({}) as computed").format(today, columns, answers(table))
    cursor.execute(of_today, {"day": AsIs(TODAY)})
    cursor.execute(
        sql.SQL("create view {} as select {} from {} where {} < {}").format(
            history, columns, name(table.full_name), sql.Identifier(table.day_column), sql.SQL(TODAY)
        )
    )
    cursor.execute(
        sql.SQL("create view {} as select {} from {} union all select {} from {}").format(
            union, columns, history, columns, today
        )
    )
    cursor.execute(sql.SQL("comment on view {} is %s").format(union), (version,))


def _comment(cursor: Cursor, view: str) -> str | None:
    cursor.execute("select obj_description(to_regclass(%s), 'pg_class')", (view,))
    ((comment,),) = cursor.fetchall()
    return comment  # type: ignore[no-any-return]
