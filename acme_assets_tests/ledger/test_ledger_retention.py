"""What the ledger and the quarantine forget, and that forgetting changes nothing of what is there."""

from typing import Any

import pytest

from acme_assets_tests.support.days import SETTLED, deliver, deliver_orders, deliver_torn, settle
from acme_assets_tests.support.pipeline import Pipeline, day
from acme_assets_tests.support.ticking import Platform, days
from acme_platform.deployment.ledger_retention import Forgotten, forget
from acme_platform.services import Services

ORDERS = "sales/orders/2024-01-01.csv"
NOTHING = Forgotten(0, 0, 0)
BROKEN = """
    order_id | customer_id | order_date | amount
    101      | 1           | 2024-01-01 | 10.00
    102      | 1           | tomorrow   | 10.00
"""
#: tables of the ledger that grow with time, and those that grow with the data
OLD = {"deliveries", "incidents"}
LASTING = {
    *("builds", "captures", "comparisons", "discrepancies", "engines", "failures", "pulses", "ranges", "refreshes"),
    *("lake_parts", "platform", "shapes", "staged", "unplaced", "verdicts", "watermarks"),
    *("corrections", "sql_texts"),
}


def purge(services: Services) -> Forgotten:
    return forget(services.open_warehouse(), services.lake, services.settings)


def age(pipeline: Pipeline) -> None:
    """As if all that is known had happened a year before."""
    for table, columns in {
        "ledger.deliveries": ("recorded_at",),
        "quarantine.rows": ("quarantined_at",),
        "ledger.incidents": ("opened_at", "closed_at"),
    }.items():
        moved = ", ".join(f"{column} = {column} - interval '1 year'" for column in columns)
        pipeline.change(f"update {table} set {moved}")  # noqa: S608  # texts of a test


def counted(pipeline: Pipeline) -> dict[str, int]:
    return {
        row["state"]: row["n"] for row in pipeline.ask("select state, count(*) as n from ledger.deliveries group by 1")
    }


def everything(pipeline: Pipeline) -> list[dict[str, Any]]:
    return pipeline.ask("select * from ledger.deliveries order by delivery_id")


def test_the_same_delivery_is_never_loaded_again_however_old_it_is(platform: Platform, pipeline: Pipeline) -> None:
    deliver(pipeline.services, 1, 2)
    pipeline.fill(day(1), day(2), layers=("raw",))
    age(pipeline)
    before = everything(pipeline)

    assert purge(pipeline.services) == NOTHING

    assert days(platform.arrivals()) == []
    pipeline.fill(day(1), day(2), layers=("raw",))
    assert everything(pipeline) == before


def test_what_was_replaced_is_forgotten_and_comes_back_as_any_other_correction(
    platform: Platform, pipeline: Pipeline
) -> None:
    """A correction that is taken back: the file has the content and the time that it had at first."""
    deliver(pipeline.services, 1)
    pipeline.fill(day(1), layers=("raw",))
    deliver_orders(pipeline.services, 1, orders=3)
    pipeline.fill(day(1), layers=("raw",))
    assert counted(pipeline) == {"visible": 2, "replaced": 1}
    assert purge(pipeline.services) == NOTHING
    age(pipeline)

    assert purge(pipeline.services) == Forgotten(deliveries=1, rejects=0, incidents=0)

    assert counted(pipeline) == {"visible": 2}
    deliver_orders(pipeline.services, 1)
    settle(pipeline.services, ORDERS, SETTLED * 2)
    assert len(days(platform.arrivals())) == 1
    pipeline.fill(day(1), layers=("raw",))
    pipeline.expect("raw.sales_orders", "order_id\n101")


def test_rejects_of_what_raw_holds_stay_so_that_every_row_is_accounted_for(pipeline: Pipeline) -> None:
    deliver(pipeline.services, 1)
    pipeline.deliver("orders", day(1), BROKEN)
    pipeline.fill(day(1), layers=("raw", "staging"))
    age(pipeline)

    assert purge(pipeline.services) == NOTHING

    assert len(pipeline.ask("select from quarantine.rows where day = '2024-01-01'")) == 1
    assert not pipeline.red("raw.sales_orders", day(1))
    assert not pipeline.red("staging.sales_orders", day(1))


@pytest.mark.slow
def test_a_refused_file_is_not_tried_again_while_it_stands_in_the_lake(platform: Platform, pipeline: Pipeline) -> None:
    refuse(platform)
    age(pipeline)

    assert purge(pipeline.services).deliveries == 0

    assert counted(pipeline) == {"refused": 1}
    assert days(platform.arrivals()) == []
    assert purge(pipeline.services) == NOTHING


@pytest.mark.slow
def test_a_refused_file_that_left_the_lake_is_forgotten(platform: Platform, pipeline: Pipeline) -> None:
    refuse(platform)
    (pipeline.services.settings.home / "lake" / ORDERS).unlink()
    assert purge(pipeline.services) == NOTHING
    age(pipeline)

    assert purge(pipeline.services).deliveries == 1

    assert counted(pipeline) == {}


def refuse(platform: Platform) -> None:
    deliver_torn(platform.services, 1)
    assert platform.launch(platform.arrivals().run_requests or []) == [False]


def test_rejects_of_a_refused_file_are_kept_for_as_long_as_it_takes_to_mend_it(pipeline: Pipeline) -> None:
    pipeline.change(
        "insert into ledger.deliveries (delivery_id, table_name, day, file, size, etag, state, run_id)"
        " values (1000, 'raw.sales_orders', '2024-01-01', 'x', 1, 'x', 'refused', 'run')",
        "insert into quarantine.rows (table_name, day, delivery_id, file, row_number, reason, record, run_id)"
        " values ('raw.sales_orders', '2024-01-01', 1000, 'x', 1, 'torn', 'a,b', 'run')",
    )
    assert purge(pipeline.services).rejects == 0
    age(pipeline)
    assert purge(pipeline.services).rejects == 1


def test_incidents_are_forgotten_when_they_are_over(pipeline: Pipeline) -> None:
    pipeline.change(
        "insert into ledger.incidents (feed, kind, subject, message, mend, closed_at)"
        " values ('sales', 'red', 'over', '', '', clock_timestamp()), ('sales', 'red', 'open', '', '', null)"
    )
    assert purge(pipeline.services) == NOTHING
    age(pipeline)
    assert purge(pipeline.services).incidents == 1
    pipeline.expect("ledger.incidents", "subject\nopen")


def test_every_table_of_the_ledger_is_known(pipeline: Pipeline) -> None:
    """A new one that grows with time has to be kept short; one that grows with the data has to be said so."""
    rows = pipeline.ask("select tablename from pg_tables where schemaname = 'ledger'")
    assert {row["tablename"] for row in rows} == OLD | LASTING
