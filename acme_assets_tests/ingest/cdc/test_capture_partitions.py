"""A partitioned source: changes come under its own name, and rows that come or go with a partition are not missed."""

import pytest

from acme_assets_tests.support.capturing import Captured, change, delete, insert
from acme_platform.day import today
from acme_platform.errors import MendInput

MAKE = (
    "alter table operations.orders rename to shape",
    "create table operations.orders (like operations.shape, primary key (order_id)) partition by range (order_id)",
    "create table operations.orders_a partition of operations.orders for values from (0) to (10)",
    "create table operations.orders_b partition of operations.orders for values from (10) to (20)",
)
APART = (
    "create table operations.orders_c (like operations.orders including all)",
    "insert into operations.orders_c (order_id, status) values (21, 'PENDING')",
)
ATTACH = "alter table operations.orders attach partition operations.orders_c for values from (20) to (30)"
DETACH = "alter table operations.orders detach partition operations.orders_b"


def begun(captured: Captured) -> None:
    captured.run(*MAKE, insert(1), insert(2), insert(11))
    captured.extract(today(), "run 1")


def test_changes_of_partitions_come_under_the_name_of_the_whole(captured: Captured) -> None:
    """Also of one that is made meanwhile, and of a row that moves to another one."""
    begun(captured)
    captured.run(
        change(1, "COMPLETED"),
        delete(11),
        "create table operations.orders_c partition of operations.orders for values from (20) to (30)",
        insert(21),
        "update operations.orders set order_id = 12, status = 'PROCESSING' where order_id = 2",
    )
    captured.extract(today(), "run 2")

    assert captured.differences() == []


#: name -> what happens, and what is said
UNTOLD = {
    "a filled partition comes": ([*APART, ATTACH], "got the partition operations.orders_c, and its rows with it"),
    "made, filled and attached at once": (["; ".join([*APART, ATTACH])], "got the partition operations.orders_c"),
    "a partition goes": ([DETACH], "lost the partition operations.orders_b"),
    "a partition is dropped": (["drop table operations.orders_b"], "lost the partition operations.orders_b"),
    "a partition is away for a while": (
        [
            DETACH,
            "update operations.orders_b set status = 'COMPLETED'",
            "alter table operations.orders attach partition operations.orders_b for values from (10) to (20)",
        ],
        "operations.orders_b was no partition of operations.orders for a while",
    ),
    "a partition is emptied": (["truncate operations.orders_b"], "orders_b of operations.orders was truncated"),
    "all of it is emptied": (["truncate operations.orders"], "operations.orders was truncated|orders_a of"),
    "not logged for a while": (
        [
            "alter table operations.orders_b set unlogged",
            "update operations.orders_b set status = 'COMPLETED'",
            "alter table operations.orders_b set logged",
        ],
        "orders_b of operations.orders was truncated or rewritten",
    ),
}


@pytest.mark.few(1)
@pytest.mark.parametrize("case", UNTOLD)
def test_rows_that_come_or_go_without_a_change_are_refused_and_copied_anew(captured: Captured, case: str) -> None:
    happens, said = UNTOLD[case]
    begun(captured)
    captured.run(*happens)

    refused = captured.refused()
    assert any(part in refused.message for part in said.split("|")), refused.message
    captured.mend(refused)
    assert captured.differences() == []


def test_a_partition_that_names_its_rows_otherwise_is_refused(captured: Captured) -> None:
    """What is logged is what the partition says, not what the whole table does."""
    begun(captured)
    captured.run(
        "create unique index by_time on operations.orders_b (order_id, status)",
        "alter table operations.orders_b alter status set not null",
        "alter table operations.orders_b replica identity using index by_time",
    )

    refused = captured.refused()
    assert "the partition operations.orders_b has another replica identity" in refused.message
    captured.mend(refused)
    assert captured.differences() == []


def test_tables_that_inherit_are_refused_for_their_changes_come_under_other_names(captured: Captured) -> None:
    captured.run("create table operations.old_orders () inherits (operations.orders)", insert(1))

    with pytest.raises(MendInput, match=r"inherit from it \(operations\.old_orders") as refused:
        captured.extract(today(), "run 1")
    assert "unset ACME_SOURCE_FINANCE_CAPTURE" in str(refused.value)
