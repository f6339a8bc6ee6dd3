"""Readings by time, as their tests make and look at them: orders with a clock of their own, and what was found of them.

Belongs here: making and asking. Not here: what must hold.
"""

from typing import Any

from acme_assets_tests.support.origin import ORDERS, Origin
from acme_platform.checks.builtin import checks
from acme_platform.day import ONE_DAY, today
from acme_platform.registry import catalog

ITEMS = catalog.table("raw.operations_order_items")
YESTERDAY, TOMORROW = today() - ONE_DAY, today() + ONE_DAY
MIDNIGHT = f"timestamp '{today()} 00:00:00'"


def place(origin: Origin, order_id: int, written: str, zone: str = "UTC") -> None:
    """An order by a session of that zone; `written` is what stands in updated_at, empty for the default."""
    column, value = (", updated_at", f", {written}") if written else ("", "")
    origin.run(
        f"set local timezone = '{zone}'; insert into operations.orders (order_id, customer_id, status{column})"  # noqa: S608
        f" values ({order_id}, 1, 'PENDING'{value})"
    )


def read(origin: Origin, run: str) -> None:
    origin.extract(today(), run)


def versions(origin: Origin) -> list[tuple[Any, ...]]:
    query = "select order_id, day, status from raw.operations_orders order by order_id::int, day, row_number"
    return [tuple(row.values()) for row in origin.ask(query)]


def found(origin: Origin, table: str = "raw.operations_orders") -> dict[str, int]:
    with origin.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("select kind, row_count from ledger.discrepancies where table_name = %s", (table,))
        return dict(cursor.fetchall())


def verdict(origin: Origin, table: Any = ORDERS) -> tuple[int, list[dict[str, Any]]]:  # noqa: ANN401
    """Of the check that tells: how many broken rows, and the first of them."""
    (check,) = [promise_check for promise_check in checks(table) if promise_check.name == "cursor_sees_every_change"]
    with origin.services.open_warehouse().transaction("test") as cursor:
        on_day = check.on(cursor, table, today())
        return on_day.broken_rows, on_day.sample
