"""A change log staged bit by bit is the one staged whole."""

from dataclasses import dataclass
from datetime import date

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acme_assets_tests.support.origin import FEED, Origin
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_platform.materialize.fill import fill
from acme_platform.registry import catalog

RAW, ITEMS = catalog.table("raw.operations_order_items"), catalog.table("staging.operations_order_items")
DAYS = [day(4), day(5), day(6)]


@dataclass(frozen=True)
class Change:
    """An item is written; a negative quantity is none, and the row goes to the quarantine."""

    item: int
    on: date
    hour: int
    quantity: int


changes = st.builds(Change, st.integers(1, 3), st.sampled_from(DAYS), st.integers(0, 3), st.sampled_from([-1, 0, 1, 2]))
readings = st.lists(st.tuples(st.lists(changes, max_size=4), st.sampled_from(DAYS)), min_size=2, max_size=7)


def write(origin: Origin, *written: Change) -> None:
    with origin.write() as cursor:
        for written_row in written:
            cursor.execute(
                "insert into operations.order_items"
                " (order_item_id, order_id, product_id, quanity, created_at, updated_at)"
                " values (%(item)s, 1, 1, %(quantity)s, '2024-01-01', %(time)s) on conflict (order_item_id) do update"
                " set quanity = excluded.quanity, updated_at = excluded.updated_at",
                {
                    "item": written_row.item,
                    "quantity": written_row.quantity,
                    "time": f"{written_row.on} {written_row.hour:02}:00",
                },
            )


def read(origin: Origin, on: date, run: int) -> None:
    origin.extract(on, f"run {run}", RAW.full_name)
    fill(origin.services, FEED, ITEMS, on, f"run {run}")


def state(origin: Origin) -> list[list[dict[str, object]]]:
    """Every version, every rejected row, and what the ledger says of them."""
    ask = Pipeline(origin.services).ask
    name = {"table": ITEMS.full_name}
    return [
        ask("select * from staging.operations_order_items order by order_item_id, day, updated_at"),
        ask("select day, row_number, reason from quarantine.rows where table_name = %(table)s order by 1, 2", name),
        ask("select day, row_count from ledger.builds where table_name = %(table)s order by 1", name),
        ask("select day, rows_kept, rows_rejected from ledger.deliveries where state = 'visible' order by 1, 2, 3"),
    ]


@pytest.mark.slow
@pytest.mark.parametrize("many", [3, 16])
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(happened=readings)
def test_bit_by_bit_is_the_same_as_whole(
    origin: Origin, monkeypatch: pytest.MonkeyPatch, many: int, happened: list[tuple[list[Change], date]]
) -> None:
    """Also where the parts of a day are made one in between."""
    monkeypatch.setattr("acme_platform.ingest.database.compaction.MANY", many)
    pipeline = Pipeline(origin.services)
    pipeline.forget()
    pipeline.change("truncate ledger.staged, ledger.watermarks, ledger.pulses")
    origin.run("truncate operations.order_items")
    for run, (written, on) in enumerate(happened):
        write(origin, *written)
        read(origin, on, run)
    bit_by_bit = state(origin)

    pipeline.change("truncate ledger.staged")
    for on in sorted({on for _, on in happened}):
        fill(origin.services, FEED, ITEMS, on, "whole")

    assert state(origin) == bit_by_bit
    for on in {on for _, on in happened}:
        assert pipeline.red(ITEMS.full_name, on) == set()


def staged_whole(origin: Origin, on: date) -> bool:
    """Whether the next filling of the day mends what somebody falsified in a row that stands already."""
    pipeline = Pipeline(origin.services)
    pipeline.change("update staging.operations_order_items set quantity = quantity + 100 where order_item_id = 2")
    fill(origin.services, FEED, ITEMS, on, "again")
    return not pipeline.ask("select order_item_id from staging.operations_order_items where quantity >= 100")


def test_what_stands_is_left_alone(origin: Origin) -> None:
    """A day late in the evening has a million rows, and half a minute for a hundred new ones."""
    write(origin, Change(1, day(5), 1, 1), Change(2, day(5), 1, 1))
    read(origin, day(5), 1)
    write(origin, Change(3, day(5), 2, 1))
    origin.extract(day(5), "run 2", RAW.full_name)

    assert not staged_whole(origin, day(5))
    Pipeline(origin.services).expect("staging.operations_order_items order by 1", "order_item_id\n1\n2\n3")


@pytest.mark.parametrize(
    "happened",
    [
        "delete from staging.operations_order_items where order_item_id = 1",
        "update ledger.staged set code_version = 'of another SQL file'",
        "delete from raw.operations_order_items where order_item_id = '1'",
    ],
)
def test_a_day_that_is_not_as_it_was_left_is_staged_whole(origin: Origin, happened: str) -> None:
    write(origin, Change(1, day(5), 1, 1), Change(2, day(5), 1, 1))
    read(origin, day(5), 1)
    Pipeline(origin.services).change(happened)

    assert staged_whole(origin, day(5))
