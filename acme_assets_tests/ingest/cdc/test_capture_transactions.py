"""Transactions of a capture: large ones, prepared ones, and what was rolled back within them."""

import tracemalloc
from pathlib import Path

import pytest

from acme_assets_tests.support.capturing import Captured, change, delete, insert
from acme_platform.day import today

MANY = (
    "insert into operations.orders (order_id, customer_id, status)"
    " select n, n, 'PENDING' from generate_series(1, {}) as n"
)

NEWEST = (
    "select count(*) as there, count(*) filter (where status = 'COMPLETED') as completed from"
    " (select distinct on (order_id) * from raw.operations_orders order by order_id, row_number desc) as newest"
    " where deleted_at is null"
)
SWALLOWED = f"do $$ begin {insert(3)}; {insert(3)}; exception when others then null; end $$"


@pytest.mark.slow
@pytest.mark.parametrize(
    "rows", [100_000, pytest.param(1_000_000, marks=pytest.mark.slow)], ids=["100,000 rows", "1,000,000 rows"]
)
def test_a_large_transaction_comes_whole_in_bounded_memory(captured: Captured, rows: int) -> None:
    """A tenth of it is changed and some of it goes in the same transaction, as a nightly job does."""
    captured.extract(today(), "run 1")
    captured.run(
        f"{MANY.format(rows)};"  # noqa: S608
        f" update operations.orders set status = 'COMPLETED', updated_at = clock_timestamp()"
        f" where order_id <= {rows // 10}; delete from operations.orders where order_id > {rows - 100}"
    )
    # the most memory is counted from here on
    Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    before = kilobytes("VmRSS")
    assert captured.extract(today(), "run 2").rows == rows + rows // 10 + 100
    assert kilobytes("VmHWM") - before < 64 << 10
    assert captured.ask(NEWEST) == [{"there": rows - 100, "completed": rows // 10}]


def kilobytes(what: str) -> int:
    said = Path("/proc/self/status").read_text(encoding="ascii")
    return int(said.split(f"{what}:")[1].split()[0])


@pytest.mark.slow
def test_a_large_transaction_whose_values_were_not_sent_comes_in_bounded_memory(captured: Captured) -> None:
    """What has to be completed is noted beside the rows, not kept in mind."""
    captured.run(
        "alter table operations.orders alter status set storage external",
        "insert into operations.orders (order_id, status) select n, repeat('x', 2100) from generate_series(1, 3000) n",
    )
    captured.extract(today(), "run 1")
    captured.run("update operations.orders set customer_id = 7", "update operations.orders set customer_id = 8")
    tracemalloc.start()
    assert captured.extract(today(), "run 2").new == 6000
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert most < 8 << 20
    assert captured.differences() == []


def test_a_prepared_transaction_comes_when_it_is_committed_and_not_before(captured: Captured) -> None:
    captured.extract(today(), "run 1")
    with captured.source.session("test") as opened, opened.cursor() as cursor:
        cursor.execute("set default_transaction_read_only = off")
        for name, number in (("kept", 1), ("dropped", 2)):
            cursor.execute("begin")
            cursor.execute(insert(number))
            cursor.execute(f"prepare transaction '{name}'")
    captured.run(insert(3))
    captured.extract(today(), "run 2")
    assert [number for number, _, _ in captured.statuses()] == [3]
    captured.alone("commit prepared 'kept'", "rollback prepared 'dropped'")
    captured.extract(today(), "run 3")

    assert [number for number, _, _ in captured.statuses()] == [3, 1]
    assert captured.differences() == []


def test_what_was_rolled_back_within_a_transaction_never_comes(captured: Captured) -> None:
    """Subtransactions in each other, and an error that a function swallowed."""
    captured.extract(today(), "run 1")
    with captured.write() as cursor:
        cursor.execute(insert(1))
        cursor.execute("savepoint outer_one")
        cursor.execute(change(1, "LOST"))
        cursor.execute("savepoint inner_one")
        cursor.execute(insert(2))
        cursor.execute("release inner_one")
        cursor.execute("rollback to outer_one")
        cursor.execute(SWALLOWED)
        cursor.execute(insert(4))
        cursor.execute(delete(1))
    captured.extract(today(), "run 2")

    assert captured.statuses() == [(1, "PENDING", False), (4, "PENDING", False), (1, None, True)]
