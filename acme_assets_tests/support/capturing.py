"""An operational database that is read by capture, as a test sees it: statements on it, and what came of them.

Belongs here: what the tests of capture share. Not here: the server (`logical.py`), expectations.
"""

import re
from datetime import date
from typing import Any

import pytest

from acme_assets_tests.support.origin import FEED, Origin
from acme_platform.day import today
from acme_platform.errors import MendInput
from acme_platform.ingest.cdc.pgoutput import lsn
from acme_platform.ingest.cdc.positions import forget_places
from acme_platform.ingest.cdc.replication_slot import Slot

SLOT = "acme_test"
TABLES = {table.source: table for table in FEED.changing}
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
        return Slot(self.source, SLOT)

    def place(self) -> str:
        """How far the platform has read, by its own ledger."""
        return str(self.ask("select place from ledger.captures")[0]["place"])

    def confirmed(self) -> int:
        """How far it has read, by what it told the source."""
        slot = self.slot().facts(()).slot
        assert slot
        return lsn(slot["confirmed_flush_lsn"])

    def alone(self, *statements: str) -> None:
        """What wants no transaction around it."""
        for statement in statements:
            with self.source.session("test") as opened, opened.cursor() as cursor:
                cursor.execute("set default_transaction_read_only = off")
                cursor.execute(statement)

    def refused(self, run: str = "refused") -> MendInput:
        """What the next reading says that refuses; it must leave raw and the place as they are."""
        before = self.place(), self.statuses()
        with pytest.raises(MendInput) as said:
            self.extract(today(), run)
        assert (self.place(), self.statuses()) == before
        return said.value

    def mend(self, refused: MendInput, run: str = "mended") -> None:
        """Do what it says next: the statements there, then `acme recapture`, as far as it is not the command line."""
        there = re.search("as its administrator: (.*); then acme recapture$", refused.next_step)
        self.run(*(there[1].split("; ") if there else ()))
        assert refused.next_step.endswith("acme recapture")
        with self.services.open_warehouse().transaction("test") as cursor:
            forget_places(cursor, [FEED.name])
        self.extract(today(), run)

    def differences(self) -> list[tuple[Any, ...]]:
        """Rows of all captured tables that the source has otherwise than the newest version in raw, or not at all."""
        found: list[tuple[Any, ...]] = []
        for table in TABLES.values():
            columns = ", ".join(name for name in table.sql.shape.names if name != "deleted_at")
            with self.write() as cursor:
                cursor.execute(f"select {columns.replace(', ', '::text, ')}::text from {table.source}")  # noqa: S608
                there = set(cursor.fetchall())
            newest = (
                f"select {columns} from (select distinct on ({table.key[0]}) * from {table.full_name}"  # noqa: S608
                f" order by {table.key[0]}, day desc, row_number desc) as newest where deleted_at is null"
            )
            found += there ^ {tuple(row.values()) for row in self.ask(newest)}
        return found

    def begin_anew(self) -> None:
        with self.services.open_warehouse().transaction("test") as cursor:
            cursor.execute("update ledger.captures set place = null")
