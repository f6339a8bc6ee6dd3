"""A database delivers nothing that could be refused: a day of too many unreadable rows stays as it was, and fails."""

import pytest

from acme_assets_tests.support.origin import FEED, Origin
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.errors import MendInput, RefusedFile
from acme_platform.materialize.fill import fill
from acme_platform.model.run_options import RunOptions
from acme_platform.registry import catalog

RAW, ITEMS = "raw.operations_order_items", "staging.operations_order_items"


def write(origin: Origin, first: int, last: int, quantity: int, hour: int) -> None:
    origin.run(
        "insert into operations.order_items (order_item_id, order_id, product_id, quanity, updated_at, created_at)"  # noqa: S608
        f" select n, 1, 1, {quantity}, '2024-01-05 {hour:02}:00', '2024-01-01' from generate_series({first}, {last}) n"
    )


def read(origin: Origin, run: str, *, accepts_rejects: bool = False) -> None:
    origin.extract(day(5), run, RAW)
    fill(origin.services, FEED, catalog.table(ITEMS), day(5), run, RunOptions(accepts_rejects=accepts_rejects))


def counted(origin: Origin) -> tuple[int, int]:
    """Rows of staging, and in the quarantine."""
    (row,) = origin.ask(
        f"select (select count(*) from {ITEMS}) as kept, (select count(*) from quarantine.rows) as rejected"  # noqa: S608
    )
    return row["kept"], row["rejected"]


def test_a_day_keeps_what_stood_until_its_share_falls(origin: Origin) -> None:
    """Twenty bad rows are a few; 21 of 121 are too many, and 21 of 2,121 are less than 1 %."""
    write(origin, 1, 100, 1, 1)
    read(origin, "run 1")
    write(origin, 101, 121, -1, 2)
    for run in ("run 2", "run 3"):
        with pytest.raises(MendInput) as failed:
            read(origin, run)
        assert not isinstance(failed.value, RefusedFile)
        assert f"{ITEMS} of 2024-01-05 stays as it was: operations.order_items: 21 of its 121" in failed.value.message
        assert "--select staging/operations_order_items --days 2024-01-05 --accept-rejects" in failed.value.next_step
        assert counted(origin) == (100, 21)
    write(origin, 122, 2121, 1, 3)
    read(origin, "run 4")
    assert counted(origin) == (2100, 21)
    assert Pipeline(origin.services).red(ITEMS, day(5)) == set()


def test_a_person_accepts_the_day_as_it_is_and_later_readings_are_judged_by_themselves(origin: Origin) -> None:
    write(origin, 1, 30, -1, 1)
    with pytest.raises(MendInput, match="not one of its 30 rows is good"):
        read(origin, "run 1")
    read(origin, "run 2", accepts_rejects=True)
    assert counted(origin) == (0, 30)
    write(origin, 31, 40, 1, 2)
    read(origin, "run 3")
    assert counted(origin) == (10, 30)
    write(origin, 41, 70, -1, 3)
    with pytest.raises(MendInput, match="30 of its 70 rows cannot be read"):
        read(origin, "run 4")
    assert counted(origin) == (10, 60)
