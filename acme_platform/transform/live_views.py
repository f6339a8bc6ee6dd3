"""Live views: what a table answers for today, computed at the moment of the question.

    analytics.<table>_history    the filled days before today
    analytics.<table>_today      the table's own select for today, over staging as it stands
    analytics.<table>_union      both

The select is the one of the table's SQL file, so that no definition is written twice.

Belongs here: making the views. Not here: filling the table (`analytics.py`).
"""

from psycopg2 import sql
from psycopg2.extensions import AsIs

from acme_platform.cursor import Cursor
from acme_platform.model.table import Table
from acme_platform.warehouse.connection import lock, name, names

TODAY = "(now() at time zone 'UTC')::date"


def ensure_views(cursor: Cursor, table: Table) -> None:
    """Create the views, and again after a change of the SQL file, whose version is their comment."""
    version = f"of {table.sql.where}, version {table.code_version}"
    if _comment(cursor, f"{table.full_name}_union") == version:
        return
    lock(cursor, "ddl")
    history, today, union = (name(f"{table.full_name}_{part}") for part in ("history", "today", "union"))
    columns = names(table.sql.shape.names)
    for view in (union, today, history):
        cursor.execute(sql.SQL("drop view if exists {}").format(view))
    of_today = sql.SQL("create view {} as select {} from ({}) as computed").format(
        today, columns, sql.SQL(table.sql.select)
    )
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
