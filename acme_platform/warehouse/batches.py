"""Batches: what is old is deleted some rows at a time, so that nobody waits for a long transaction.

Belongs here: going on until nothing is left. Not here: what is old (`run_retention.py`, `ledger_retention.py`).
"""

from collections.abc import Mapping

from acme_platform.warehouse.connection import Warehouse

ROWS_AT_ONCE = 20_000


def delete(database: Warehouse, statement: str, parameters: Mapping[str, object]) -> int:
    """How many rows went. The statement is to take at most `%(rows_at_once)s` of them, in a transaction of its own."""
    gone, rows = 0, ROWS_AT_ONCE
    while rows == ROWS_AT_ONCE:
        with database.transaction("acme retention") as cursor:
            cursor.execute(statement, {**parameters, "rows_at_once": ROWS_AT_ONCE})
            rows = cursor.rowcount
        gone += rows
    return gone
