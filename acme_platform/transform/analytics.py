"""Analytics: a day's answers, computed by the table's own select.

Belongs here: filling one day of an analytics table in one transaction. Not here: staging, Redis.
"""

from collections.abc import Callable
from datetime import date

from psycopg2 import sql

from acme_platform.cursor import Cursor
from acme_platform.differences.replacing import replace
from acme_platform.ledger import builds, check_results
from acme_platform.model.table import Table
from acme_platform.schema.ddl import ensure
from acme_platform.transform.live_views import ensure_views
from acme_platform.warehouse.connection import Warehouse, lock
from acme_platform.warehouse.temp_tables import compute
from acme_platform.warehouse.written_sql import written_in


def answer(
    warehouse: Warehouse, table: Table, day: date, run_id: str, publish: Callable[[Cursor], None] | None = None
) -> int:
    """Fill the day, whatever it held before; returns its rows. Raises BlockedByCheck over a red `must` upstream.

    `publish` takes the rows elsewhere before anybody sees them here: where it fails, the day was not filled.
    """
    with warehouse.transaction(f"{run_id[:8]} {table.full_name}") as cursor:
        is_new = ensure(cursor, table)
        if table.live:
            with written_in(table.sql, f"the views of {table.full_name}"):
                ensure_views(cursor, table)
        lock(cursor, table.lock(day))
        check_results.refuse_red(cursor, table, day)
        # Read before the data: a change that slips in between is seen again as newer, never missed.
        seen = builds.newest_changes(cursor, table, day)
        with written_in(table.sql, f"{table.full_name} of {day}"):
            # computed first: an insert would leave its select to one process
            rows = compute(cursor, "answer", sql.SQL(table.sql.select), {"day": day})
            replace(cursor, table, day, run_id, rows, is_new=is_new)
        if publish:
            publish(cursor)
        builds.built(cursor, table.full_name, day, rows=rows, run_id=run_id, seen=seen, version=table.code_version)
        return rows
