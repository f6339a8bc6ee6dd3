"""What a plan says of a day: why it would be filled, what is expected of it, and what is in the way."""

from datetime import date

import pytest

from acme_assets_tests.support.days import TORN, deliver
from acme_assets_tests.support.pipeline import FEED, Pipeline, day
from acme_platform.day import Days
from acme_platform.errors import RefusedFile, TryAgain, UsageError
from acme_platform.ledger.check_results import MUST, Verdict, record
from acme_platform.model.run_options import RunOptions
from acme_platform.planning.asked import of_run, of_waiting, older_sql
from acme_platform.planning.plan import Plan
from acme_platform.registry import catalog
from acme_platform.services import Services
from acme_platform.warehouse.connection import lock

NAMES = tuple(table.full_name for table in FEED.tables)
SALES = {
    "raw.sales_customers",
    "raw.sales_orders",
    "staging.sales_customers",
    "staging.sales_orders",
    "analytics.customer_orders",
    "analytics.sales_by_country",
    "analytics.top_paying_customers",
    "cache.country",
}


@pytest.fixture
def filled(services: Services, pipeline: Pipeline) -> Pipeline:
    """Three days, each with checks."""
    deliver(services, 1, 2, 3, orders=2)
    pipeline.fill(day(1), day(2), day(3))
    for name in SALES - {"cache.country"}:
        for number in (1, 2, 3):
            pipeline.check(name, day(number))
    return pipeline


def plan(pipeline: Pipeline, first: int, last: int, *tables: str, force: bool = False) -> Plan:
    return of_run(pipeline.services, tables or NAMES, Days(day(first), day(last)), RunOptions(force=force))


def drawn(found: Plan) -> set[str]:
    """`table days: why` of each range, without the layers' long names."""
    return {f"{one.table} {one.days}: {one.why}" for one in found.ranges()}


def test_what_stands_is_not_planned(filled: Pipeline) -> None:
    found = plan(filled, 1, 3)

    assert (found.fillings, found.held) == ([], [])


def test_days_that_came_are_new_down_to_the_newest_in_redis(services: Services, pipeline: Pipeline) -> None:
    deliver(services, 1, 2, orders=2)

    assert drawn(plan(pipeline, 1, 2)) == {
        *(f"{name} 2024-01-01..2024-01-02: new" for name in SALES - {"cache.country"}),
        "cache.country 2024-01-02: new",
    }


def test_a_correction_is_followed_by_every_later_day(filled: Pipeline) -> None:
    filled.deliver("orders", day(2), "order_id | customer_id | order_date | amount\n201 | 1 | 2024-01-02 | 99.00")

    assert drawn(plan(filled, 2, 2)) == {
        "raw.sales_orders 2024-01-02: corrected",
        "staging.sales_orders 2024-01-02: corrected: raw.sales_orders",
        "analytics.customer_orders 2024-01-02..2024-01-03: corrected: staging.sales_orders",
        "analytics.sales_by_country 2024-01-02..2024-01-03: corrected: analytics.customer_orders",
        "analytics.top_paying_customers 2024-01-02..2024-01-03: corrected: analytics.customer_orders",
        "cache.country 2024-01-03: corrected: analytics.sales_by_country",
    }


def test_other_reasons_are_told_by_name(filled: Pipeline) -> None:
    filled.change(
        "update ledger.builds set code_version = 'older'"
        " where table_name = 'analytics.sales_by_country' and day = '2024-01-01'",
        "delete from ledger.builds where table_name = 'analytics.top_paying_customers' and day = '2024-01-02'",
    )
    with filled.services.open_warehouse().transaction("test") as cursor:
        record(cursor, Verdict("analytics.customer_orders", day(3), "adds_up", MUST, 1, []), "r")

    found = drawn(plan(filled, 1, 3, "analytics.customer_orders", "analytics.sales_by_country"))
    assert found >= {
        "analytics.sales_by_country 2024-01-01: older SQL",
        "analytics.top_paying_customers 2024-01-02: missing",
        "analytics.customer_orders 2024-01-03: red check: adds_up",
    }


def test_a_forced_day_is_filled_again_and_its_versions_say_the_same(filled: Pipeline) -> None:
    assert drawn(plan(filled, 2, 2, "staging.sales_orders", force=True)) == {"staging.sales_orders 2024-01-02: forced"}


def test_a_day_of_which_nothing_came_is_planned_as_empty(filled: Pipeline) -> None:
    found = plan(filled, 4, 4, "raw.sales_orders")

    assert "raw.sales_orders 2024-01-04: missing: no file of the day, 0 rows" in drawn(found)
    assert {one.rows for one in found.ranges() if one.table.endswith(".sales_orders")} == {0}


def test_what_a_day_lacks_is_held_back_by_name(filled: Pipeline) -> None:
    filled.deliver("orders", day(5), "order_id | customer_id | order_date | amount\n501 | 1 | 2024-01-02 | 9.00")
    found = plan(filled, 5, 5, "raw.sales_orders", "staging.sales_orders", "analytics.customer_orders")

    assert drawn(found) == {"raw.sales_orders 2024-01-05: new", "staging.sales_orders 2024-01-05: new"}
    (held,) = found.held
    assert (held.table, held.day) == ("analytics.customer_orders", day(5))
    assert "staging.sales_customers of 2024-01-05 was never filled" in held.why
    assert held.next_step.startswith("acme run --select")


def test_a_refused_file_holds_its_day_back_until_another_one_comes(filled: Pipeline) -> None:
    filled.deliver("orders", day(2), TORN)
    with pytest.raises(RefusedFile):
        filled.fill_table("raw.sales_orders", day(2))

    found = plan(filled, 2, 2)
    assert found.fillings == []
    assert [(held.table, held.why.partition(":")[0]) for held in found.held][:1] == [("raw.sales_orders", "refused")]
    assert "acme deliver sales orders" in found.held[0].next_step

    filled.deliver("orders", day(2), "order_id | customer_id | order_date | amount\n201 | 1 | 2024-01-02 | 99.00")
    assert ("staging.sales_orders", day(2)) in plan(filled, 2, 2).days


def test_a_red_check_holds_back_what_reads_its_table(filled: Pipeline) -> None:
    with filled.services.open_warehouse().transaction("test") as cursor:
        record(cursor, Verdict("raw.sales_orders", day(2), "whole", MUST, 1, []), "r")
    filled.change("delete from ledger.builds where table_name = 'staging.sales_orders' and day = '2024-01-02'")

    found = plan(filled, 2, 2)
    assert ("staging.sales_orders", day(2)) not in found.days
    assert (
        "the check whole is red on raw.sales_orders of 2024-01-02"
        in {held.table: held.why for held in found.held}["staging.sales_orders"]
    )


def test_rows_and_seconds_are_those_of_the_last_fillings(filled: Pipeline) -> None:
    filled.change(
        "update ledger.builds set row_count = 10 * extract(day from day), seconds = 2"
        " where table_name = 'raw.sales_orders'"
    )
    deliver(filled.services, 4, orders=2)

    (of_raw,) = [one for one in plan(filled, 4, 4).ranges() if one.table == "raw.sales_orders"]
    assert (of_raw.rows, of_raw.seconds) == (20, 2.0)


def test_a_table_without_history_says_nothing_of_rows(services: Services, pipeline: Pipeline) -> None:
    deliver(services, 1, orders=2)

    assert {(one.rows, one.seconds) for one in plan(pipeline, 1, 1).ranges()} == {(None, None)}


def test_planning_leaves_no_trace(filled: Pipeline) -> None:
    def trace() -> list[dict[str, object]]:
        return filled.ask("select table_name, day, change, run_id, built_at, seconds from ledger.builds order by 1, 2")

    before, in_redis = trace(), filled.hashes()
    deliver(filled.services, 4, orders=3)
    assert plan(filled, 1, 4, force=True).fillings

    assert trace() == before
    assert filled.hashes() == in_redis
    assert filled.ask("select count(*) as n from ledger.deliveries where day = '2024-01-04'") == [{"n": 0}]


def test_files_that_wait_are_what_the_platform_does_by_itself(filled: Pipeline) -> None:
    deliver(filled.services, 4, orders=3)
    found = of_waiting(filled.services, NAMES)

    assert found.days == {(name, day(4)) for name in SALES}


def test_days_of_an_older_sql_are_told_and_wait_for_a_person(filled: Pipeline) -> None:
    filled.change("update ledger.builds set code_version = 'older' where table_name = 'analytics.sales_by_country'")

    assert of_waiting(filled.services, NAMES).fillings == []
    ((table, days),) = older_sql(filled.services, NAMES)
    assert (table, days) == (catalog.table("analytics.sales_by_country"), [day(1), day(2), day(3)])


def test_days_that_are_none_of_ours_cannot_be_planned(services: Services) -> None:
    with pytest.raises(UsageError, match="before the first day"):
        of_run(services, NAMES, Days(date(2023, 12, 31), day(1)))


def test_a_plan_waits_for_no_run_that_fills_what_it_looks_at(filled: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("acme_platform.planning.stage.WAIT", "50ms")

    with filled.services.open_warehouse().transaction("a run") as cursor:
        lock(cursor, "staging.sales_orders")
        with pytest.raises(TryAgain, match="a run is filling what the plan looks at"):
            plan(filled, 1, 2)
