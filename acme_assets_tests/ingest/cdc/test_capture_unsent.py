"""Values that were not sent: what lies outside its row and did not change is completed, wherever it is kept.

Orders 1 and 2 have notes, a column that the platform does not declare, and statuses, one that it does; both lie outside
their rows.
"""

import pytest

from acme_assets_tests.support.capturing import Captured, change, delete
from acme_assets_tests.support.logical import Logical
from acme_platform.day import today

TOUCH = "update operations.orders set customer_id = coalesce(customer_id, 0) + 1 where order_id = {}"
MOVE = "update operations.orders set order_id = {} where order_id = {}"
NEWEST = (
    "select order_id::int as order_id, left(status, 1) || length(status) as status, left(extra ->> 'notes', 1)"
    " || length(extra ->> 'notes') as notes from (select distinct on (order_id) * from raw.operations_orders"
    " order by order_id, day desc, row_number desc) as newest where deleted_at is null order by 1"
)
EVERY = NEWEST.replace("distinct on (order_id) ", "").replace("order by order_id, day desc, row_number desc", "")


def large(number: int, status: str, notes: str) -> str:
    values = f"{number}, repeat('{status}', 9000), repeat('{notes}', 9000)"
    return f"insert into operations.orders (order_id, status, notes) values ({values})"  # noqa: S608


def renote(number: int, notes: str) -> str:
    return f"update operations.orders set notes = repeat('{notes}', 9000) where order_id = {number}"  # noqa: S608


def prepared(captured: Captured) -> None:
    captured.run(
        "alter table operations.orders add notes text",
        "alter table operations.orders alter notes set storage external, alter status set storage external",
        large(1, "a", "b"),
        large(2, "c", "d"),
    )


def newest(captured: Captured) -> list[tuple[int, str, str]]:
    """(order, status, notes), each as its first letter and its length."""
    return [(row["order_id"], row["status"], row["notes"]) for row in captured.ask(NEWEST)]


ONE, TWO = (1, "a9000", "b9000"), (2, "c9000", "d9000")

#: name -> what happens in one reading, and what stands then
ROWS = {
    "touched": ([TOUCH.format(1)], [ONE, TWO]),
    "touched again and again": ([TOUCH.format(1)] * 3, [ONE, TWO]),
    "in one transaction": (["; ".join([TOUCH.format(1), TOUCH.format(2), TOUCH.format(1)])], [ONE, TWO]),
    "notes changed, status not": ([renote(1, "n")], [(1, "a9000", "n9000"), TWO]),
    "notes changed, then touched": ([renote(1, "n"), TOUCH.format(1)], [(1, "a9000", "n9000"), TWO]),
    "another key": ([MOVE.format(7, 1)], [TWO, (7, "a9000", "b9000")]),
    "another key, then touched": ([MOVE.format(7, 1), TOUCH.format(7)], [TWO, (7, "a9000", "b9000")]),
    "another key twice": ([MOVE.format(7, 1), MOVE.format(8, 7)], [TWO, (8, "a9000", "b9000")]),
    "another key and back": ([MOVE.format(7, 1), MOVE.format(1, 7)], [ONE, TWO]),
    "keys exchanged": (
        [MOVE.format(9, 1), MOVE.format(1, 2), MOVE.format(2, 9), TOUCH.format(1)],
        [(1, "c9000", "d9000"), (2, "a9000", "b9000")],
    ),
    "keys exchanged in one transaction": (
        ["; ".join([MOVE.format(9, 1), MOVE.format(1, 2), TOUCH.format(1), MOVE.format(2, 9)])],
        [(1, "c9000", "d9000"), (2, "a9000", "b9000")],
    ),
    "the old key taken by a new row": (
        [MOVE.format(7, 1), large(1, "e", "f"), TOUCH.format(7), TOUCH.format(1)],
        [(1, "e9000", "f9000"), TWO, (7, "a9000", "b9000")],
    ),
    "deleted and made again": (
        [delete(1), large(1, "e", "f"), TOUCH.format(1)],
        [(1, "e9000", "f9000"), TWO],
    ),
    "a key that was another row's": (
        [delete(2), MOVE.format(2, 1), TOUCH.format(2)],
        [(2, "a9000", "b9000")],
    ),
    "a column added between": (
        [TOUCH.format(1), "alter table operations.orders add more text", TOUCH.format(1), MOVE.format(7, 1)],
        [TWO, (7, "a9000", "b9000")],
    ),
}  # fmt: skip


@pytest.mark.few(1)
@pytest.mark.parametrize("case", ROWS)
def test_a_value_that_was_not_sent_is_the_one_of_the_row_before(captured: Captured, case: str) -> None:
    """Declared or not, under another key or not, whatever else happens in the same reading, and in the next one."""
    happens, stands = ROWS[case]
    prepared(captured)
    captured.extract(today(), "run 1")
    captured.run(*happens)
    captured.extract(today(), "run 2")

    assert newest(captured) == stands
    assert captured.differences() == []
    captured.run(*(TOUCH.format(number) for number, _, _ in stands))
    captured.extract(today(), "run 3")
    assert newest(captured) == stands
    assert [row for row in captured.ask(EVERY) if row["status"] is None or row["notes"] is None] == []


@pytest.mark.slow
@pytest.mark.parametrize("identity", ["full", "default"])
def test_a_row_that_was_never_changed_since_the_copy_has_its_values(
    captured: Captured, logical: Logical, identity: str
) -> None:
    """Of the first copy, of one anew, and behind a restart."""
    prepared(captured)
    captured.run(f"alter table operations.orders replica identity {identity}")
    captured.extract(today(), "run 1")
    captured.begin_anew()
    captured.extract(today(), "run 2")
    captured.run(TOUCH.format(1))
    logical.restart()
    captured.run(MOVE.format(7, 2))
    captured.extract(today(), "run 3")

    assert newest(captured) == [ONE, (7, "c9000", "d9000")]


@pytest.mark.slow
def test_a_value_that_nobody_knows_is_refused_and_copied_anew(captured: Captured) -> None:
    prepared(captured)
    captured.extract(today(), "run 1")
    with captured.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("delete from raw.operations_orders where order_id = '1'")
    captured.run(TOUCH.format(1), TOUCH.format(2))

    refused = captured.refused()
    assert "did not send notes of 1 updates of operations.orders" in refused.message
    captured.mend(refused)
    assert newest(captured) == [ONE, TWO]


@pytest.mark.slow
def test_a_column_that_was_declared_since_is_found_where_it_was_kept(captured: Captured) -> None:
    prepared(captured)
    captured.extract(today(), "run 1")
    with captured.services.open_warehouse().transaction("test") as cursor:
        cursor.execute("update raw.operations_orders set extra = extra || jsonb_build_object('status', status)")
        cursor.execute("update raw.operations_orders set status = null")
    captured.run(TOUCH.format(1))
    captured.extract(today(), "run 2")

    assert newest(captured)[0] == ONE


@pytest.mark.slow
def test_a_null_is_no_value_that_was_not_sent(captured: Captured) -> None:
    prepared(captured)
    captured.extract(today(), "run 1")
    captured.run("update operations.orders set notes = null where order_id = 1", change(1, "PENDING"))
    captured.extract(today(), "run 2")

    assert [(row["status"], row["notes"]) for row in captured.ask(NEWEST)] == [("P7", None), ("c9000", "d9000")]
