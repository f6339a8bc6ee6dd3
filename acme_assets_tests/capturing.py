"""An operational database that is read by capture, as a test sees it: statements on it, and what came of them.

Belongs here: what the tests of capture share. Not here: the server (`logical.py`), expectations.
"""

from datetime import date
from typing import Any

from acme_assets.day import today
from acme_assets.slot import Slot
from acme_assets_tests.origin import Origin

SLOT = "acme_test"
ORDERS = "select order_id, status, updated_at, deleted_at from raw.operations_orders order by delivery_id, row_number"
CURRENT = (
    "select order_id, status from staging.operations_orders where day <= '{day}'"
    " and (valid_to is null or valid_to > '{day}') order by 1"
)


def insert(number: int, status: str = "PENDING") -> str:
    return f"insert into operations.orders (order_id, status) values ({number}, '{status}')"  # noqa: S608


def change(number: int, status: str) -> str:
    values = f"status = '{status}', updated_at = clock_timestamp()"
    return f"update operations.orders set {values} where order_id = {number}"  # noqa: S608


def delete(number: int) -> str:
    return f"delete from operations.orders where order_id = {number}"  # noqa: S608


class Captured(Origin):
    """With a slot of its own."""

    def statuses(self) -> list[tuple[Any, ...]]:
        """(order, status, was deleted) of every version in raw, in its order."""
        return [(int(row["order_id"]), row["status"], bool(row["deleted_at"])) for row in self.ask(ORDERS)]

    def current(self, on: date | None = None) -> dict[int, str]:
        """Order -> status, as staging has it for that day, today unless said otherwise."""
        return {row["order_id"]: row["status"] for row in self.ask(CURRENT.format(day=on or today()))}

    def history(self) -> list[tuple[Any, ...]]:
        """Let four changes happen; what `statuses` says when they have come."""
        self.run(insert(1), insert(2), change(1, "PROCESSING"), delete(2))
        return [(1, "PENDING", False), (2, "PENDING", False), (1, "PROCESSING", False), (2, None, True)]

    def slot(self) -> Slot:
        return Slot(self.services.source, SLOT)

    def place(self) -> str:
        """How far the platform has read, by its own ledger."""
        return str(self.ask("select place from ledger.captures")[0]["place"])

    def confirmed(self) -> int:
        """How far it has read, by what it told the source."""
        state = self.slot().state()
        assert state
        return state.confirmed

    def begin_anew(self) -> None:
        with self.services.warehouse.transaction("test") as at:
            at.execute("update ledger.captures set place = null")
