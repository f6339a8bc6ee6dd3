"""Analytics: a day's answers, computed by the table's own select.

Belongs here: filling one day of an analytics table in one transaction. Not here: staging, Redis.
"""

from collections.abc import Callable
from contextlib import nullcontext
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.ledger import check_results, deliveries
from acme_platform.model.table import Table
from acme_platform.schema.ddl import ensure, indexed_later
from acme_platform.transform.live_views import ensure_views
from acme_platform.warehouse.connection import Warehouse, lock, name, names
from acme_platform.warehouse.temp_tables import compute


def answer(
    warehouse: Warehouse, table: Table, day: date, run_id: str, publish: Callable[[Cursor], None] | None = None
) -> int:
    """Fill the day, whatever it held before; returns its rows. Raises BlockedByCheck over a red `must` upstream.

    `publish` takes the rows elsewhere before anybody sees them here: where it fails, the day was not filled.
    """
    with warehouse.transaction(f"{run_id[:8]} {table.full_name}") as cursor:
        is_new = ensure(cursor, table)
        if table.live:
            ensure_views(cursor, table)
        lock(cursor, table.lock(day))
        check_results.refuse_red(cursor, table, day)
        # Read before the data: a change that slips in between is seen again as newer, never missed.
        seen = deliveries.newest_changes(cursor, table, day)
        rows = _replace(cursor, table, day, is_new=is_new)
        if publish:
            publish(cursor)
        deliveries.built(cursor, table.full_name, day, rows=rows, run_id=run_id, seen=seen, version=table.code_version)
        return rows


def _replace(cursor: Cursor, table: Table, day: date, *, is_new: bool) -> int:
    """Give the day its answer; returns the rows. Computed first: an insert would leave its select to one process."""
    full_name = name(table.full_name)
    cursor.execute(
        sql.SQL("delete from {} where {} = %(day)s").format(full_name, sql.Identifier(table.day_column)), {"day": day}
    )
    rows = compute(cursor, "answer", sql.SQL(table.sql.select), {"day": day})
    columns = names(table.sql.query.named_selects)  # type: ignore[union-attr]
    with indexed_later(cursor, table) if is_new else nullcontext():
        cursor.execute(
            sql.SQL("insert into {} ({columns}) select {columns} from answer").format(full_name, columns=columns)
        )
    return rows
